"""Where do two networks differ, layer by layer, and what does each difference cost?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, groupby
from operator import attrgetter

from mbcost.analytic.layers import Activation, BatchNorm, Conv2d, GlobalPool, GridPool, Linear, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.questions.aligned.align import IMPOSSIBLE, align
from mbcost.questions.aligned.weighted import describe_step
from mbcost.questions.verify.from_graph import describe_graph, fold_network
from mbcost.questions.work import Work
from mbcost.spec.convention import Convention
from mbcost.spec.shown import show
from mbcost.spec.tally import Tally

ARRANGING = ("copy", "reshape", "transpose", "quantize", "dequantize")
"""Operators of files that change how values are arranged or written, and that tables do not have."""
MOST_PAIRS = 20_000_000
"""The pairs of layers that are compared without the user's consent, those of two networks with 4,500 layers."""


@dataclass(frozen=True)
class FeatureChange:
    """A feature in which two layers differ."""

    feature: str
    first: str
    second: str


@dataclass(frozen=True)
class LayerDiff:
    """A layer of one network and the layer of the other network that is aligned with it, which differ."""

    first: str | None
    """The layer's name in the first network; None if only the second network has the layer."""
    second: str | None
    changes: tuple[FeatureChange, ...]
    """Empty if only one network has the layer."""
    params: int
    """The second network's count less the first one's, in the convention's counts; likewise below."""
    mult_adds: int
    activations: int


@dataclass(frozen=True)
class NetworkDiff:
    """All layers that differ; their differences sum to the difference of the totals."""

    first: Network
    second: Network
    convention: Convention
    layers: tuple[LayerDiff, ...]
    same: int
    """The number of layers that are equal in every feature."""
    folded: Network | None = None
    """The one whose norms are folded, because the other is a file that has them so; else None."""

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

    def __repr__(self) -> str:
        counts = f"{self.params:+,} params, {self.mult_adds:+,} mult-adds, {self.activations:+,} activations"
        layers = f"{len(self.layers)} layers differ, {self.same} are equal"
        return show(self, f"{self.first.label} to {self.second.label}: {layers}; {counts}")


def count_pairs(first: Network, second: Network) -> int:
    """Return the number of pairs of layers that an alignment of the two networks compares."""
    return 0 if _is_one_table(first, second) else len(first.steps) * len(second.steps)


def measure_diff(first: Network, second: Network) -> Work:
    """Return the work of comparing two networks layer by layer."""
    remedy = "compare their totals with mbcost compare"
    return Work(count_pairs(first, second), "pairs of layers", 500_000, MOST_PAIRS, remedy)


def _is_one_table(first: Network, second: Network) -> bool:
    """Return whether two networks have the names of their layers from one table or list; a file has its own."""
    is_file = first.graph is not None or second.graph is not None
    return not is_file and first.spec.name == second.spec.name and first.spec.is_flat == second.spec.is_flat


def diff_networks(first: Network, second: Network, convention: Convention) -> NetworkDiff:
    """Align two networks and return what differs.

    If both come from one table, their blocks are aligned by name. Otherwise their layers are aligned at the least cost,
    so that an additional stage does not change the alignment of everything after it. Operators of a file that only
    arrange values are left out, and if its norms are folded, those of a table are, too.
    """
    differing = []
    same = 0
    asked = first, second
    calls = first.graph is None and second.graph is None
    first, second = _fold_like(first, second), _fold_like(second, first)
    for before, after in _align_steps(_list_steps(first), _list_steps(second), one_table=_is_one_table(first, second)):
        changes = () if before is None or after is None else tuple(_changes(before, after, calls=calls))
        if before is not None and after is not None and not changes:
            same += 1
        else:
            costs = _difference(before, after, convention)
            differing.append(LayerDiff(_name(before), _name(after), changes, *costs))
    folded = next(
        (network for network, before in zip((first, second), asked, strict=True) if network is not before), None
    )
    return NetworkDiff(first, second, convention, tuple(differing), same, folded)


def _fold_like(network: Network, other: Network) -> Network:
    """Return a table's network with its norms folded if the other one is a file without any, else the network."""
    if other.graph is None or network.graph is not None:
        return network
    return fold_network(network) if describe_graph(other.graph).folded else network


def _align_steps(
    first: Sequence[Step], second: Sequence[Step], *, one_table: bool
) -> Iterator[tuple[Step | None, Step | None]]:
    """Yield the steps in pairs, and each step without a counterpart beside None."""
    if not one_table:
        yield from align(
            first, second, _unlike, lambda index: index in (0, len(first)) or _starts_block(first, index), _identify
        )
        return
    blocks, others = ([list(block) for _, block in groupby(steps, attrgetter("block"))] for steps in (first, second))
    names, other_names = ([block[0].block for block in side] for side in (blocks, others))
    for _, start, stop, begin, end in SequenceMatcher(None, names, other_names, autojunk=False).get_opcodes():
        yield from _pair_parts(list(chain(*blocks[start:stop])), list(chain(*others[begin:end])))


def _list_steps(network: Network) -> tuple[Step, ...]:
    return tuple(step for step in network.steps if step.lead.operator not in ARRANGING)


def _starts_block(steps: Sequence[Step], index: int) -> bool:
    return steps[index].block != steps[index - 1].block


def _unlike(first: Step, second: Step) -> int:
    """Return the cost of aligning two steps: pools, additions and multiplications of one kind are always alike."""
    if isinstance(first.lead, Conv2d | Linear) and isinstance(second.lead, Conv2d | Linear):
        return describe_step(first, first.lead).pair_cost(describe_step(second, second.lead))
    return 0 if type(first.lead) is type(second.lead) else IMPOSSIBLE


def _identify(step: Step) -> Hashable:
    """Return what is equal for steps that cost the same to align with any other step."""
    lead = step.lead
    return describe_step(step, lead).identity if isinstance(lead, Conv2d | Linear) else type(lead).__name__


def _pair_parts(first: Sequence[Step], second: Sequence[Step]) -> Iterator[tuple[Step | None, Step | None]]:
    """Yield steps of the same part in pairs, in order, and the remaining ones beside None."""
    matcher = SequenceMatcher(None, [step.part for step in first], [step.part for step in second], autojunk=False)
    for kind, start, stop, begin, end in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(first[start:stop], second[begin:end], strict=True)
        else:
            yield from ((step, None) for step in first[start:stop])
            yield from ((None, step) for step in second[begin:end])


def _name(step: Step | None) -> str | None:
    return None if step is None else step.name


def _changes(first: Step, second: Step, *, calls: bool) -> Iterator[FeatureChange]:
    """Yield what differs; which function of a framework a pool calls is not known of a file, so `calls` is False."""
    features = _features(second)
    for feature, value in _features(first).items():
        if value != features[feature] and (calls or feature != "pool"):
            yield FeatureChange(feature, value, features[feature])


def _features(step: Step) -> dict[str, str]:
    """Return everything in which steps can differ, in words."""
    lead = step.lead
    window = lead if isinstance(lead, Conv2d | Linear | WindowPool) else None
    weighted = lead if isinstance(lead, Conv2d | Linear) else None
    functions = [layer.function for layer in step.layers if isinstance(layer, Activation)]
    norms = [layer for layer in step.layers if isinstance(layer, BatchNorm)]
    return {
        "operator": "linear" if isinstance(lead, Linear) else "conv" if isinstance(lead, Conv2d) else lead.operator,
        "kernel": _sides_text(window.kernel) if window else "",
        "stride": str(window.stride) if window else "",
        "groups": str(weighted.groups) if weighted else "",
        "dilation": str(lead.dilation) if isinstance(lead, Conv2d) else "1" if weighted else "",
        "input": _sides_text(lead.input.map),
        "output": _sides_text(step.output.map),
        "bias": "bias" if weighted and weighted.bias else "no bias",
        "norm": ("fused norm" if norms[0].fused else "norm") if norms else "no norm",
        "activation": " + ".join(functions) or "none",
        "pool": lead.call if isinstance(lead, GlobalPool | GridPool) else "",
    }


def _sides_text(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def _difference(first: Step | None, second: Step | None, convention: Convention) -> tuple[int, int, int]:
    before, after = (Tally() if step is None else step.tally for step in (first, second))
    return (
        convention.params(after) - convention.params(before),
        convention.mult_adds(after) - convention.mult_adds(before),
        after.outputs - before.outputs,
    )
