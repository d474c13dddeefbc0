"""Where do two networks differ, layer by layer, and what does each difference cost?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, groupby
from operator import attrgetter

from mbcost.analytic.layers import Activation, BatchNorm, Conv2d, GlobalPool, GridPool, Linear, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.questions.aligned.align import NEVER, align
from mbcost.questions.aligned.weighted import of_step
from mbcost.spec.convention import Convention
from mbcost.spec.tally import Tally


@dataclass(frozen=True)
class Change:
    """One feature in which two layers differ."""

    feature: str
    first: str
    second: str


@dataclass(frozen=True)
class LayerDiff:
    """A layer of one network beside the layer of the other that stands in its place."""

    first: str | None
    """The layer's name in the first network; None where only the second has it."""
    second: str | None
    changes: tuple[Change, ...]
    """Empty where only one network has the layer."""
    params: int
    """What the second network has more, in the convention's counts; negative where it has less."""
    mult_adds: int
    activations: int


@dataclass(frozen=True)
class NetworkDiff:
    """Every layer that differs; the differences sum to the difference of the totals."""

    first: Network
    second: Network
    convention: Convention
    layers: tuple[LayerDiff, ...]
    same: int
    """How many layers are alike in everything."""

    @property
    def params(self) -> int:
        """The second total less the first."""
        return sum(layer.params for layer in self.layers)

    @property
    def mult_adds(self) -> int:
        """The second total less the first."""
        return sum(layer.mult_adds for layer in self.layers)

    @property
    def activations(self) -> int:
        """The second total less the first."""
        return sum(layer.activations for layer in self.layers)


def diff_networks(first: Network, second: Network, convention: Convention) -> NetworkDiff:
    """Align two networks and say what differs.

    Blocks of one table's two forms align by name. Those of different tables align at the least cost, layer by layer, so
    that a stage more or less does not move everything behind it.
    """
    differing = []
    same = 0
    for one, other in _aligned(first, second):
        changes = () if one is None or other is None else tuple(_changes(one, other))
        costs = _difference(one, other, convention)
        if one is not None and other is not None and not changes:
            same += 1
        else:
            differing.append(LayerDiff(_name(one), _name(other), changes, *costs))
    return NetworkDiff(first, second, convention, tuple(differing), same)


def _aligned(first: Network, second: Network) -> Iterator[tuple[Step | None, Step | None]]:
    """Blocks of one table align by name, those of two tables by their layers: the least that can have been changed."""
    ones, others = first.steps, second.steps
    if first.spec.name != second.spec.name:
        yield from align(ones, others, _unlike, lambda place: place in (0, len(ones)) or _opens(ones, place))
        return
    blocks, theirs = ([tuple(block) for _, block in groupby(each, attrgetter("block"))] for each in (ones, others))
    names, their_names = ([block[0].block for block in each] for each in (blocks, theirs))
    for _, start, stop, begin, end in SequenceMatcher(None, names, their_names, autojunk=False).get_opcodes():
        yield from _paired(list(chain(*blocks[start:stop])), list(chain(*theirs[begin:end])))


def _opens(steps: Sequence[Step], place: int) -> bool:
    return steps[place].block != steps[place - 1].block


def _unlike(one: Step, other: Step) -> int:
    """How much speaks against two layers standing for each other; a pool, an add or a multiply is always alike."""
    if isinstance(one.lead, Conv2d | Linear) and isinstance(other.lead, Conv2d | Linear):
        return of_step(one, one.lead).unlike(of_step(other, other.lead))
    return 0 if type(one.lead) is type(other.lead) else NEVER


def _paired(ones: Sequence[Step], others: Sequence[Step]) -> Iterator[tuple[Step | None, Step | None]]:
    """Layers of one part stand for each other, in order; what is left over stands alone."""
    matcher = SequenceMatcher(None, [step.part for step in ones], [step.part for step in others], autojunk=False)
    for kind, start, stop, begin, end in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(ones[start:stop], others[begin:end], strict=True)
        else:
            yield from ((step, None) for step in ones[start:stop])
            yield from ((None, step) for step in others[begin:end])


def _name(step: Step | None) -> str | None:
    return None if step is None else step.name


def _changes(one: Step, other: Step) -> Iterator[Change]:
    for feature, value in _features(one).items():
        theirs = _features(other)[feature]
        if value != theirs:
            yield Change(feature, value, theirs)


def _features(step: Step) -> dict[str, str]:
    """What makes a layer the layer it is, in words."""
    lead = step.lead
    window = lead if isinstance(lead, Conv2d | Linear | WindowPool) else None
    weighted = lead if isinstance(lead, Conv2d | Linear) else None
    functions = [layer.function for layer in step.layers if isinstance(layer, Activation)]
    norms = [layer for layer in step.layers if isinstance(layer, BatchNorm)]
    return {
        "operator": "linear" if isinstance(lead, Linear) else "conv" if isinstance(lead, Conv2d) else lead.operator,
        "kernel": "x".join(map(str, window.kernel)) if window else "",
        "stride": str(window.stride) if window else "",
        "groups": str(weighted.groups) if weighted else "",
        "dilation": str(lead.dilation) if isinstance(lead, Conv2d) else "1" if weighted else "",
        "input": f"{lead.input.height}x{lead.input.width}x{lead.input.channels}",
        "output": f"{step.output.height}x{step.output.width}x{step.output.channels}",
        "bias": "bias" if weighted and weighted.bias else "no bias",
        "norm": ("fused norm" if norms[0].fused else "norm") if norms else "no norm",
        "activation": " + ".join(functions) or "none",
        "pool": lead.call if isinstance(lead, GlobalPool | GridPool) else "",
    }


def _difference(one: Step | None, other: Step | None, convention: Convention) -> tuple[int, int, int]:
    before, after = (Tally() if step is None else step.tally for step in (one, other))
    return (
        convention.params(after) - convention.params(before),
        convention.mult_adds(after) - convention.mult_adds(before),
        after.outputs - before.outputs,
    )
