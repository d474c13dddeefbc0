"""Every network that a number can be about: implementations, classes, known mistakes and left-out parts, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, count_positions, join_scales
from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import Array
from mbcost.questions.explain.columns import TRAINED
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.mistakes.known import MISTAKES, Draft, find_mistake, list_row_changes
from mbcost.spec.head import Head, Part, replace_head
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import COUNTS, counts_of

Sums = Mapping[Scale, Array]
"""Counts per position of the feature map, by scale; the counts of a single position are fixed."""
USUAL_CLASSES = (CLASSES, CLASSES + 1)
"""ImageNet's classes, and TF-slim's with the background."""
LARGEST = 2**53
"""The search is for counts up to this one: sums and small multiples of them stay far below the arrays' 2^63."""
FEW_CLASSES = 20
"""Most people train for at most so many classes."""
OTHER_CLASSES = (1, 2, 3, 5, 10, 21, 91, 100, 101, 102, 120, 200)
"""Numbers of classes of data sets to which such networks are often fitted."""

COMMON = (
    "one input channel", "t=1 expansion", "biases left out", "biases everywhere", "groups ignored",
    "no norm after depthwise", "no squeeze", "no head",
)  # fmt: skip
"""Common mistakes: a number of many digits is also tried with two of them, or with one and other classes."""
RARE = 400
"""An implementation that costs at least this, in hundredths of a bit, does not make a published figure exact."""
PAIR_DIGITS = 6
"""A number of so many digits can tell two mistakes."""
COMMON_WIDTHS = (8, 10, 16, 32, 64, 100, 128, 200, 256, 300, 400, 500, 512, 600, 800, 1000, 1024, 1280, 2048, 4096)
"""Usual widths of a fully connected layer before the classifier."""


@dataclass(frozen=True)
class Miscount:
    """A mistake of counting: some rows are left out, or counted once more."""

    text: str
    """A clause that says it."""
    roles: tuple[str, ...]
    """The roles of the rows."""
    times: int
    """How many times more the rows are counted: -1 if they are left out."""


LEFT_OUT: Mapping[str, Miscount] = {
    "stem left out": Miscount("the stem is left out", ("stem",), -1),
    "last convolution left out": Miscount("the last convolution is left out", ("last_conv",), -1),
    "head left out": Miscount("the head is left out", ("head",), -1),
    "classifier left out": Miscount("the classifier is left out", ("classifier",), -1),
    "top left out": Miscount("head and classifier are left out", ("head", "classifier"), -1),
    "last convolution and top left out": Miscount(
        "the last convolution and everything after it are left out", ("last_conv", "head", "classifier"), -1
    ),
    "classifier counted twice": Miscount("the classifier is counted twice", ("classifier",), 1),
}
"""Mistakes of counting by name."""
CLASSIFIER = ".classifier"
"""The end of the name of the classifier's layer."""
ONE_QUANTITY = {"mult_adds": ", in mult-adds only", "params": ", in params only"}
"""What follows the name of a mistake of counting that only one quantity has."""


@dataclass(frozen=True)
class Structure:
    """A way to build and count a network, as the names of its parts."""

    implementation: str
    classes: int
    mistakes: tuple[str, ...] = ()
    """Names of `MISTAKES`, in the order in which they are made."""
    left_out: str | None = None
    """A name of `LEFT_OUT`."""
    only: str | None = None
    """The quantity that `left_out` is about; None if it is about both."""
    other_classes: bool = False
    """Whether the number of classes differs from the claimed one."""
    trained_from: str | None = None
    """The first layer that is trained, such as `16.1.project`, or its norm; None if all layers are trained."""
    head: tuple[Part, ...] | None = None
    """The parts before the classifier of a head that replaces the table's own; None for the table's own."""

    @property
    def departures(self) -> tuple[str, ...]:
        """The names of its mistakes and left-out parts."""
        head = None if self.head is None else "another head"
        trained = None if self.trained_from is None else f"trained from {self.trained_from}"
        return self._list((*self.mistakes, *filter(None, [head])), self.left_out, trained, "other classes")

    @property
    def is_pair(self) -> bool:
        """Whether the network has two common mistakes, or one and a number of classes that was solved."""
        return len(self.mistakes) > 0 and self.left_out is None and set(self.mistakes) <= set(COMMON)

    def clauses(self, spec: Spec) -> tuple[str, ...]:
        """Return one clause per departure."""
        mistakes = tuple(find_mistake(name, spec).text for name in self.mistakes)
        left_out = None if self.left_out is None else LEFT_OUT[self.left_out].text
        if self.head is not None:
            mistakes += (f"the head is {Head((*self.head, self.classes))}",)
        trained = None if self.trained_from is None else _describe_training(self.trained_from)
        if self.head is not None and self.trained_from is not None:
            trained = "only the head is trained"
        return self._list(mistakes, left_out, trained, f"there are {self.classes} classes")

    def _list(
        self, mistakes: tuple[str, ...], left_out: str | None, trained: str | None, classes: str
    ) -> tuple[str, ...]:
        scope = ONE_QUANTITY.get(self.only or "", "")
        return (
            *mistakes,
            *([] if left_out is None else [left_out + scope]),
            *([] if trained is None else [trained]),
            *([classes] if self.other_classes else []),
        )

    def cost(self, spec: Spec, choices: Choices) -> int:
        """Return the cost of what `choices` leave open, in hundredths of a bit."""
        names = [find_mistake(name, spec).cost or name for name in self.mistakes]
        costs = [cost_of("mistakes", name) for name in (*names, *filter(None, [self.left_out]))]
        second = cost_of("mistakes", "common second" if self.is_pair else "second")
        costs += [second] * max(0, len(costs) - 1)
        if self.only is not None and LEFT_OUT[self.left_out or ""].times < 0:
            costs.append(cost_of("mistakes", "of one quantity only"))
        if choices.implementation is None:
            costs.append(cost_of("implementations", self.implementation))
        if self.trained_from is not None:
            only = self.trained_from.endswith(CLASSIFIER)
            costs.append(cost_of("trained", "classifier" if only else "from a layer"))
        if self.head is not None:
            costs.append(head_cost(self.head))
        return sum(costs) + class_cost(self.classes, choices)

    def draft(self, spec: Spec) -> Draft:
        """Return the draft of the network, with its mistakes."""
        if self.head is not None:
            spec = replace_head(spec, Head((*self.head, self.classes)))
        draft = Draft(spec, spec.implementation(self.implementation))
        for name in self.mistakes:
            draft = find_mistake(name, spec).make(draft)
        return draft


def _describe_training(first: str) -> str:
    return "only the classifier is trained" if first.endswith(CLASSIFIER) else f"layers before {first} are frozen"


@dataclass(frozen=True)
class Choices:
    """What is given of a network, and what is tried; None is open."""

    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None
    mistakes: int = 1
    """How many mistakes a network has at most."""
    pairs: bool = False
    """Whether it can have two of `COMMON` all the same."""
    rare: bool = True
    """Whether to try implementations that few people use."""

    def keep(self, structure: Structure) -> Structure | None:
        """Return the structure, named as these choices require; None if they rule it out."""
        if not self.rare and cost_of("implementations", structure.implementation) >= RARE:
            return None
        most = 2 if self.pairs and structure.is_pair else self.mistakes
        if self.implementation not in (None, structure.implementation) or len(structure.departures) > most:
            return None
        if self.classes in (None, structure.classes):
            return structure
        # A number of classes that differs from the claimed one is a mistake like others.
        usual = structure.classes in USUAL_CLASSES and not structure.departures and self.mistakes > 0
        return replace(structure, other_classes=True) if usual else None


def head_cost(parts: tuple[Part, ...]) -> int:
    """Return the cost of a head, in hundredths of a bit."""
    names = ["replaced"]
    before: int | None = None
    for part in parts:
        if not isinstance(part, int):
            names.append(part)
        elif part == before:
            names.append("repeated width")
        else:
            names += ["common width" if part in COMMON_WIDTHS else "width", *(["second width"] if before else [])]
        before = part if isinstance(part, int) else before
    return sum(cost_of("heads", name) for name in names)


def class_cost(classes: int, choices: Choices) -> int:
    """Return the cost of a number of classes, in hundredths of a bit; it is higher if a different one is claimed."""
    if classes == choices.classes:
        return 0
    if classes in (*USUAL_CLASSES, *OTHER_CLASSES):
        name = str(classes)
    else:
        name = "few" if classes <= FEW_CLASSES else "other" if classes <= CLASSES else "many"
    claimed = 0 if choices.classes is None else cost_of("classes", "not as claimed")
    return cost_of("classes", name) + claimed


@dataclass(frozen=True, eq=False)
class Stack:
    """The structures of one network at one alpha, and their counts as arrays.

    The counts are those with `CLASSES` classes, and what one class adds: a count with other classes follows from them.
    """

    structures: tuple[Structure, ...]
    scales: tuple[Scale, ...]
    mult_adds: Array
    """Structure x scale x count: counts per position that make mult-adds and activations."""
    params: Array
    """Structure x count: counts that make parameters."""
    class_mult_adds: Array
    """Structure x scale x count: what one more class adds to `mult_adds`."""
    class_params: Array
    """Structure x count: what one more class adds to `params`."""
    growing: tuple[Array, Array] | None = None
    """Structure x scale x count for params that depend on the map, as after flattening, and for one more class."""

    def select(self, indices: list[int]) -> Stack:
        """Return the stack with only the structures at `indices`."""
        structures = tuple(self.structures[index] for index in indices)
        mult_adds, params = self.mult_adds[indices], self.params[indices]
        class_mult_adds, class_params = self.class_mult_adds[indices], self.class_params[indices]
        growing = None if self.growing is None else (self.growing[0][indices], self.growing[1][indices])
        return Stack(structures, self.scales, mult_adds, params, class_mult_adds, class_params, growing)

    def counts(self, quantity: str, resolution: tuple[int, int] | None) -> tuple[Array, Array]:
        """Return structure x count at `resolution`, which parameters do not need, and the same for one more class.

        Raises:
            MbcostError: the counts are too large for the arrays.
        """
        if quantity in ("params", "bytes"):
            if self.growing is None:
                return self.params, self.class_params
            assert resolution is not None, "these parameters depend on the resolution"
            return self._sum(self.growing[0], resolution), self._sum(self.growing[1], resolution)
        assert resolution is not None, "mult-adds depend on the resolution"
        return self._sum(self.mult_adds, resolution), self._sum(self.class_mult_adds, resolution)

    def counts_at(self, quantity: str, sides: Sequence[int]) -> tuple[Array, Array]:
        """Return side x structure x count for square inputs, and the same for one more class.

        Raises:
            MbcostError: the counts are too large for the arrays.
        """
        import numpy as np

        if quantity in ("params", "bytes") and self.growing is None:
            shape = (len(sides), *self.params.shape)
            return np.broadcast_to(self.params, shape), np.broadcast_to(self.class_params, shape)
        is_params = quantity in ("params", "bytes") and self.growing is not None
        both = self.growing if is_params and self.growing is not None else (self.mult_adds, self.class_mult_adds)
        sizes = [[count_positions(scale, (side, side)) for scale in self.scales] for side in sides]
        if max(map(max, sizes)) * int(both[0].max()) * len(self.scales) > LARGEST:
            raise too_large(f"a count at resolution {max(sides)}x{max(sides)}")
        areas = np.array(sizes, dtype=np.int64)
        total, one = (np.tensordot(areas, counts, axes=(1, 1)) for counts in both)
        return total, one

    def _sum(self, counts: Array, resolution: tuple[int, int]) -> Array:
        """Return structure x count: the sum over the maps at `resolution`."""
        import numpy as np

        sizes = [count_positions(scale, resolution) for scale in self.scales]
        if max(sizes) * int(counts.max()) * len(sizes) > LARGEST:
            raise too_large(f"a count at resolution {resolution[0]}x{resolution[1]}")
        totals: Array = np.einsum("ksc,s->kc", counts, np.array(sizes, dtype=np.int64))
        return totals


Counted = tuple[Structure, Sums, Sums]
"""A structure with its counts for mult-adds and for params."""


def build_stack(spec: Spec, alpha: float, choices: Choices) -> Stack:
    """Return every structure of `spec` at `alpha`, the unmodified ones first.

    Raises:
        MbcostError: alpha is so small that no network can be built, or a count is too large for the arrays.
    """
    import numpy as np

    counted = sorted(_structures(spec, alpha, choices), key=lambda pair: bool(pair[0][0].departures))
    if any(sums[None].max() > LARGEST for pair in counted for _, *both in pair for sums in both):
        raise too_large("a count of this network")
    scales = tuple(dict.fromkeys(scale for pair in counted for _, sums, _ in pair for scale in sums))
    indices = {scale: index for index, scale in enumerate(scales)}
    mult_adds = np.zeros((2, len(counted), len(scales), len(COUNTS)), dtype=np.int64)
    growing = np.zeros_like(mult_adds)
    for row, pair in enumerate(counted):
        for more, (_, for_mult_adds, for_params) in enumerate(pair):
            for scale, counts in for_mult_adds.items():
                mult_adds[more, row, indices[scale]] = counts
            for scale, counts in for_params.items():
                growing[more, row, indices[scale]] = counts
    structures = tuple(structure for (structure, *_), _ in counted)
    none, one = growing[:, :, scales.index(None)]
    stack = Stack(structures, scales, mult_adds[0], none, mult_adds[1] - mult_adds[0], one - none)
    values = [COUNTS.index(name) for name in TRAINED]
    others = [index for index, scale in enumerate(scales) if scale is not None]
    if growing[:, :, others][..., values].any():
        return replace(stack, growing=(growing[0], growing[1] - growing[0]))
    return stack


def too_large(subject: str) -> MbcostError:
    """Return the error about a count that does not fit the arrays."""
    return MbcostError(f"{subject} is too large to search for")


def _structures(spec: Spec, alpha: float, choices: Choices) -> Iterator[tuple[Counted, Counted]]:
    """Yield each structure with `CLASSES` classes and with one class more.

    Raises:
        MbcostError: the counts are not proportional to the classes, or alpha is so small that no channel is left.
    """
    if sum(row.c == "k" for row in spec.rows) > 1:
        raise MbcostError(f"{spec.name} has more than one row with k classes: it cannot be searched")
    channels = choices.in_channels or spec.channels
    for name in (choices.implementation,) if choices.implementation else spec.implementations:
        main = name in (choices.implementation, spec.default_implementation)
        for mistakes in _mistakes(spec, choices, main=main):
            structure = Structure(name, CLASSES, mistakes)
            draft = structure.draft(spec)
            if mistakes and draft == replace(structure, mistakes=mistakes[:-1]).draft(spec):
                continue
            try:
                blocks, more = (draft.blocks(alpha, classes, channels) for classes in (CLASSES, CLASSES + 1))
            except MbcostError:
                if not mistakes:
                    raise
                continue
            with_parts = choices.mistakes > len(mistakes)
            yield from zip(
                _count(structure, draft, blocks, with_parts=with_parts),
                _count(structure, draft, more, with_parts=with_parts),
                strict=True,
            )


def _mistakes(spec: Spec, choices: Choices, *, main: bool) -> Iterator[tuple[str, ...]]:
    """Yield no mistake, each mistake, and in a deep search pairs and changed rows for the `main` implementation."""
    yield ()
    if choices.mistakes:
        yield from ((name,) for name in MISTAKES)
    if choices.mistakes > 1 and main:
        yield from combinations(MISTAKES, 2)
    elif choices.pairs:
        yield from (pair for pair in combinations(MISTAKES, 2) if set(pair) <= set(COMMON))
    if choices.mistakes > 1 and main:
        yield from ((name,) for name in list_row_changes(spec))


def _count(structure: Structure, draft: Draft, blocks: tuple[Block, ...], *, with_parts: bool) -> Iterator[Counted]:
    """Yield the structure as it is and, with `with_parts`, with mistakes of counting in one quantity or both."""
    whole = _sum(blocks)
    yield structure, whole, whole
    roles = {role_of(draft.spec, block.stage) for block in blocks}
    for name, miscount in LEFT_OUT.items() if with_parts else ():
        if roles.issuperset(miscount.roles):
            other = _miscounted(whole, blocks, draft, miscount)
            if miscount.times < 0:
                yield replace(structure, left_out=name), other, other
                yield replace(structure, left_out=name, only="params"), whole, other
            # Counting a part twice is a slip in the sum, not in the model.
            yield replace(structure, left_out=name, only="mult_adds"), other, whole


def role_of(spec: Spec, stage: int) -> str | None:
    """Return the role of a row as `Miscount.roles` has it: its role in the spec, or `classifier`."""
    return "classifier" if spec.rows[stage].c == "k" else spec.role(stage)


def _miscounted(whole: Sums, blocks: tuple[Block, ...], draft: Draft, miscount: Miscount) -> Sums:
    """Return the counts with those of some blocks added `times` more; every block keeps its scale."""
    sums = dict(whole)
    for block, scale, counts in _scaled_counts(blocks):
        if role_of(draft.spec, block.stage) in miscount.roles:
            sums[scale] = sums[scale] + miscount.times * counts
    return sums


def _sum(blocks: Iterable[Block]) -> Sums:
    sums: dict[Scale, Array] = {}
    for _, scale, counts in _scaled_counts(blocks):
        if scale in sums:
            sums[scale] += counts
        else:
            sums[scale] = counts.copy()
    return sums


def _scaled_counts(blocks: Iterable[Block]) -> Iterator[tuple[Block, Scale, Array]]:
    """Yield the counts of each block with the scale that they have in the network."""
    scale = FULL
    for block in blocks:
        parts, output = _arrays(block.form)
        for inner, counts in parts:
            yield block, join_scales(scale, inner), counts
        scale = join_scales(scale, output)


@cache
def _arrays(form: Form) -> tuple[tuple[tuple[Scale, Array], ...], Scale]:
    """Return a block's counts by scale, and the scale of its output; cached, so never write to the arrays."""
    import numpy as np

    counted = compact_form(form)
    tallies = ((None, counted.fixed), *counted.growing)
    if any(max(counts_of(tally)) > LARGEST for _, tally in tallies):
        raise too_large("a count of this network")
    return tuple((scale, np.array(counts_of(tally), dtype=np.int64)) for scale, tally in tallies), counted.output
