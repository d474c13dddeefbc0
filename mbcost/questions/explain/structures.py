"""Every network that a number can be about: implementations, classes, known mistakes and left-out parts, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, count_positions, join_scales
from mbcost.errors import MbcostError
from mbcost.questions.explain.costs import Weights
from mbcost.questions.mistakes.known import MISTAKES, Draft, mistake, row_changes
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import COUNTS, counts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
else:
    Array = Any

Sums = Mapping[Scale, Array]
"""Counts a position by scale; those of a single position are fixed."""
USUAL_CLASSES = (CLASSES, CLASSES + 1)
"""ImageNet's classes, and TF-slim's with the background."""
LARGEST = 2**53
"""Counts up to here are searched for: sums of them, some times over, stay far below the arrays' 2^63."""
OTHER_CLASSES = (1, 2, 3, 5, 10, 21, 91, 100, 101, 102, 120, 200)
"""Of data sets that such networks are often fitted to."""
LEFT_OUT: Mapping[str, tuple[str, tuple[str, ...], int]] = {
    "stem left out": ("the stem is left out", ("stem",), -1),
    "last convolution left out": ("the last convolution is left out", ("last_conv",), -1),
    "head left out": ("the head is left out", ("head",), -1),
    "classifier left out": ("the classifier is left out", ("classifier",), -1),
    "top left out": ("head and classifier are left out", ("head", "classifier"), -1),
    "last convolution and top left out": (
        "the last convolution and all behind it are left out", ("last_conv", "head", "classifier"), -1,
    ),
    "classifier counted twice": ("the classifier is counted twice", ("classifier",), 1),
}  # fmt: skip
"""Mistakes of counting: what one says of it, the rows that it is about, and how often more these are counted."""
ONE_QUANTITY = {"mult_adds": ", in mult-adds only", "params": ", in params only"}
"""How a left-out part is called that only one quantity misses."""


@dataclass(frozen=True)
class Structure:
    """A way to build and count a network, by the names of what it does."""

    implementation: str
    classes: int
    mistakes: tuple[str, ...] = ()
    """Names of `MISTAKES`, in the order in which they are made."""
    left_out: str | None = None
    """A name of `LEFT_OUT`."""
    only: str | None = None
    """The quantity that `left_out` is about, where it is not both."""
    other_classes: bool = False
    """Whether the number of classes is another than claimed."""

    @property
    def departures(self) -> tuple[str, ...]:
        """The names of its mistakes and left-out parts."""
        tail = ONE_QUANTITY.get(self.only or "", "")
        classes = ["other classes"] if self.other_classes else []
        return (*self.mistakes, *([] if self.left_out is None else [self.left_out + tail]), *classes)

    def says(self, spec: Spec) -> tuple[str, ...]:
        """What one says of it: a clause a departure."""
        tail = ONE_QUANTITY.get(self.only or "", "")
        return (
            *(mistake(name, spec).text for name in self.mistakes),
            *([] if self.left_out is None else [LEFT_OUT[self.left_out][0] + tail]),
            *([f"there are {self.classes} classes"] if self.other_classes else []),
        )

    def cost(self, spec: Spec, weights: Weights, choices: Choices) -> int:
        """The cost of what `choices` do not fix, in hundredths of a bit."""
        names = [mistake(name, spec).cost or name for name in self.mistakes]
        costs = [weights.cost("mistakes", name) for name in (*names, *filter(None, [self.left_out]))]
        costs += [weights.cost("mistakes", "second")] * max(0, len(costs) - 1)
        if self.only is not None and LEFT_OUT[self.left_out or ""][2] < 0:
            costs.append(weights.cost("mistakes", "of one quantity only"))
        if choices.implementation is None:
            costs.append(weights.cost("implementations", self.implementation))
        if self.other_classes:
            costs.append(weights.cost("classes", "other"))
        elif choices.classes is None:
            costs.append(weights.cost("classes", str(self.classes)))
        return sum(costs)

    def draft(self, spec: Spec) -> Draft:
        """What it is built from."""
        draft = Draft(spec, spec.implementation(self.implementation))
        for name in self.mistakes:
            draft = mistake(name, spec).make(draft)
        return draft


@dataclass(frozen=True)
class Choices:
    """What is fixed of a network, and what is tried."""

    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None
    mistakes: int = 1
    """How many can come together."""

    def keep(self, structure: Structure) -> Structure | None:
        """The structure as it is to be called under these choices; None where they rule it out."""
        if self.implementation not in (None, structure.implementation) or len(structure.departures) > self.mistakes:
            return None
        if self.classes in (None, structure.classes):
            return structure
        # Another number of classes than claimed is a mistake like others.
        usual = structure.classes in USUAL_CLASSES and not structure.departures and self.mistakes > 0
        return replace(structure, other_classes=True) if usual else None


@dataclass(frozen=True, eq=False)
class Stack:
    """The structures of one network at one alpha with their counts, one under the other."""

    structures: tuple[Structure, ...]
    scales: tuple[Scale, ...]
    mult_adds: Array
    """Structure x scale x count: counts a position, as far as mult-adds (and activations) go."""
    params: Array
    """Structure x count: the counts that parameters are made of."""

    def counts(self, quantity: str, resolution: tuple[int, int] | None) -> Array:
        """Structure x count, at `resolution`; parameters need none.

        Raises:
            MbcostError: the counts are too large for the arrays.
        """
        import numpy as np

        if quantity in ("params", "bytes"):
            return self.params
        assert resolution is not None, "mult-adds depend on the resolution"
        sizes = [count_positions(scale, resolution) for scale in self.scales]
        if max(sizes) * int(self.mult_adds.max()) * len(sizes) > LARGEST:
            raise MbcostError(f"a count at resolution {resolution[0]}x{resolution[1]} is too large to search for")
        areas = np.array(sizes, dtype=np.int64)
        totals: Array = np.einsum("ksc,s->kc", self.mult_adds, areas)
        return totals


def build_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Every structure of `spec` at `alpha`, those without departures in front.

    Raises:
        MbcostError: alpha is so small that no network can be built.
    """
    found = sorted(_structures(spec, alpha, choices), key=lambda each: bool(each[0].departures))
    scales = tuple(dict.fromkeys(scale for each in found for scale in each[1]))
    return _stacked(found, scales)


def _stacked(found: list[tuple[Structure, Sums, Sums]], scales: tuple[Scale, ...]) -> Stack:
    import numpy as np

    if any(sums[None].max() > LARGEST for _, *both in found for sums in both):
        raise MbcostError("a count of this network is too large to search for")
    places = {scale: place for place, scale in enumerate(scales)}
    mult_adds = np.zeros((len(found), len(scales), len(COUNTS)), dtype=np.int64)
    params = np.zeros((len(found), len(COUNTS)), dtype=np.int64)
    for number, (_, first, second) in enumerate(found):
        for scale, counts in first.items():
            mult_adds[number, places[scale]] = counts
        params[number] = second[None]
    return Stack(tuple(each[0] for each in found), scales, mult_adds, params)


def _structures(spec: Spec, alpha: float, choices: Choices) -> Iterator[tuple[Structure, Sums, Sums]]:
    """Each with its counts for mult-adds and for params."""
    channels = choices.in_channels or spec.channels
    for name in (choices.implementation,) if choices.implementation else spec.implementations:
        main = name in (choices.implementation, spec.default_implementation)
        for mistakes in _mistakes(spec, choices, main=main):
            plain = Structure(name, choices.classes or CLASSES, mistakes)
            draft = plain.draft(spec)
            if mistakes and draft == Structure(name, plain.classes, mistakes[:-1]).draft(spec):
                continue
            for classes in _classes(choices, plain=not mistakes):
                try:
                    blocks = draft.blocks(alpha, classes, channels)
                except MbcostError:
                    if not mistakes:
                        raise
                    continue
                more = choices.mistakes > len(mistakes) and classes not in OTHER_CLASSES
                for each, first, second in _counted(replace(plain, classes=classes), draft, blocks, with_parts=more):
                    if (kept := choices.keep(each)) is not None:
                        yield kept, first, second


def _classes(choices: Choices, *, plain: bool) -> tuple[int, ...]:
    if choices.classes is None:
        return USUAL_CLASSES + OTHER_CLASSES if plain else USUAL_CLASSES
    return tuple(dict.fromkeys((choices.classes, *USUAL_CLASSES))) if plain else (choices.classes,)


def _mistakes(spec: Spec, choices: Choices, *, main: bool) -> Iterator[tuple[str, ...]]:
    """None, each of them, and in a deep search pairs and changes of rows, in the main implementation."""
    yield ()
    if choices.mistakes:
        yield from ((name,) for name in MISTAKES)
    if choices.mistakes > 1 and main:
        yield from combinations(MISTAKES, 2)
        yield from ((name,) for name in row_changes(spec))


def _counted(
    structure: Structure, draft: Draft, blocks: tuple[Block, ...], *, with_parts: bool
) -> Iterator[tuple[Structure, Sums, Sums]]:
    """The structure as it is and, where asked, with a part left out of one count or both."""
    whole = _sum(blocks)
    yield structure, whole, whole
    roles = {role_of(draft.spec, block.stage) for block in blocks}
    for name, (_, parts, times) in LEFT_OUT.items() if with_parts else ():
        if roles.issuperset(parts):
            other = _without(whole, blocks, draft, parts, times)
            if times < 0:
                yield replace(structure, left_out=name), other, other
                yield replace(structure, left_out=name, only="params"), whole, other
            # What is counted twice is a slip of the sum, not of the model.
            yield replace(structure, left_out=name, only="mult_adds"), other, whole


def role_of(spec: Spec, stage: int) -> str | None:
    """What left-out parts are named by: the row's role, or `classifier`."""
    return "classifier" if spec.rows[stage].c == "k" else spec.role(stage)


def _without(whole: Sums, blocks: tuple[Block, ...], draft: Draft, parts: tuple[str, ...], times: int) -> Sums:
    """The counts with those of some blocks added `times` more; the scale of a block is that which it has in place."""
    other, scale = dict(whole), FULL
    for block in blocks:
        counted, output = _arrays(block.form)
        if role_of(draft.spec, block.stage) in parts:
            for inner, counts in counted:
                place = join_scales(scale, inner)
                other[place] = other[place] + times * counts
        scale = join_scales(scale, output)
    return other


def _sum(blocks: Iterable[Block]) -> Sums:
    sums: dict[Scale, Array] = {}
    scale = FULL
    for block in blocks:
        parts, output = _arrays(block.form)
        for inner, counts in parts:
            place = join_scales(scale, inner)
            if place in sums:
                sums[place] += counts
            else:
                sums[place] = counts.copy()
        scale = join_scales(scale, output)
    return sums


@cache
def _arrays(form: Form) -> tuple[tuple[tuple[Scale, Array], ...], Scale]:
    """A block's counts by scale, and the scale of its output; cached, so never to be written to."""
    import numpy as np

    counted = compact_form(form)
    if any(max(counts_of(tally)) > LARGEST for tally in (counted.fixed, *(each for _, each in counted.growing))):
        raise MbcostError("a count of this network is too large to search for")
    tallies = ((None, counted.fixed), *counted.growing)
    return tuple((scale, np.array(counts_of(tally), dtype=np.int64)) for scale, tally in tallies), counted.output
