"""A network as a sequence of weighted layers, in words that a table and a user's model share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from operator import attrgetter

from mbcost.analytic.layers import Conv2d, Layer, Linear, VectorNorm
from mbcost.analytic.network import Network, Step
from mbcost.questions.aligned.align import IMPOSSIBLE, Pair, align
from mbcost.spec.observed import Call, NormFacts, TracedModel
from mbcost.spec.tally import total

Side = tuple[int, int]
COSTS = {
    "operator": 8, "kernel": 8, "stride": 8, "dilation": 4, "groups": 12, "input channels": 6, "output channels": 6,
    "input map": 1, "output map": 1, "bias": 2, "norm": 2,
}  # fmt: skip
"""The cost of each feature in which two layers of a pair differ; `UNPAIRED` is the scale."""
WIDTHS = ("groups", "input channels", "output channels")
"""The features that are one and the same number in a depthwise layer."""


@dataclass(frozen=True)
class WeightedLayer:
    """One convolution or linear layer with its norm, or another operator with the fields that apply to it."""

    name: str
    block: str
    """The block of the table; empty in a model, which does not mark its blocks."""
    operator: str
    kernel: Side | None
    stride: Side | None
    dilation: Side
    groups: int | None
    in_channels: int
    out_channels: int
    input: Side
    """Height and width."""
    output: Side
    bias: bool
    norm_channels: int
    params: int
    mult_adds: int
    named: bool = True
    shares: str | None = None
    """The name of the layer that has the same weights."""
    norms: tuple[NormFacts, ...] = ()
    padding: str = "zeros"
    stored: int | None = None
    """The number of stored values from which a model computes the params; None if they are the params."""

    @property
    def depthwise(self) -> bool:
        """Whether every channel has its own filter."""
        return self.groups == self.in_channels == self.out_channels > 1

    @property
    def kind(self) -> str:
        """The operator; a linear layer and a 1x1 convolution of a 1x1 map are the same kind, `dense`."""
        dense = self.kernel == self.input == (1, 1) and self.groups == 1 and self.operator in ("conv", "linear")
        return "dense" if dense else self.operator

    @cached_property
    def features(self) -> dict[str, str]:
        """The layer's features in words; the keys are those of `COSTS` and `weights`."""
        norm = f"norm of {self.norm_channels} channels" if self.norm_channels else "no norm"
        return {
            "operator": self.operator,
            "kernel": _sides_text(self.kernel),
            "stride": _step_text(self.stride),
            "dilation": _step_text(self.dilation),
            "groups": "none" if self.groups is None else str(self.groups),
            "input channels": str(self.in_channels),
            "output channels": str(self.out_channels),
            "input map": _sides_text(self.input),
            "output map": _sides_text(self.output),
            "bias": "bias" if self.bias else "no bias",
            "norm": "norm" if self.norm_channels == self.out_channels else norm,
            "weights": "its own" if self.shares is None else f"those of {self.shares}",
        }

    @cached_property
    def attributes(self) -> dict[str, str]:
        """What changes the outputs of a layer and none of its counts or maps, in words; empty without a norm."""
        kinds = [
            f"{norm.kind} of {norm.groups} group{'s' * (norm.groups > 1)}" if norm.groups else norm.kind
            for norm in self.norms
        ]
        return {
            "padding": self.padding,
            "kind of norm": " and ".join(dict.fromkeys(kinds)),
            "norm parameters": " and ".join(dict.fromkeys(norm.parameters for norm in self.norms)),
            "norm statistics": " and ".join(dict.fromkeys(norm.statistics for norm in self.norms)),
        }

    @property
    def epsilons(self) -> frozenset[float]:
        """The numbers that its norms add to the variance, as far as they are known."""
        return frozenset(norm.epsilon for norm in self.norms if norm.epsilon is not None)

    @cached_property
    def full_params(self) -> int:
        """The params as they would be if every norm had a scale and a shift."""
        return self.params + sum(2 * norm.channels - norm.values for norm in self.norms)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for layers that are the same in everything except their names and attributes."""
        return (
            self.kind, self.kernel, self.stride, self.dilation, self.groups, self.in_channels, self.out_channels,
            self.input, self.output, self.bias, self.norm_channels, self.full_params, self.mult_adds,
        )  # fmt: skip

    @property
    def identity(self) -> Hashable:
        """Equal for layers that cost the same to pair with any other layer."""
        return self.operator, self.key

    @property
    def outline(self) -> tuple[object, ...]:
        """The features that do not change with the widths."""
        return self.kind, self.kernel, self.stride, self.depthwise, self.input, self.output

    def pair_cost(self, other: WeightedLayer) -> int:
        """Return the cost of pairing the two layers, by `COSTS`."""
        if self.key == other.key:
            return 0
        ours, theirs = self.features, other.features
        different = [feature for feature in COSTS if ours[feature] != theirs[feature]]
        if self.kind == other.kind and "operator" in different:
            different.remove("operator")
        cost = sum(COSTS[feature] for feature in different)
        if self.depthwise and other.depthwise and set(WIDTHS) <= set(different):
            cost -= COSTS["groups"] + COSTS["input channels"]
        foreign = self.kind != other.kind and not {self.operator, other.operator} <= {"conv", "linear"}
        return cost + IMPOSSIBLE * foreign


def list_network_layers(network: Network) -> tuple[WeightedLayer, ...]:
    """Return the convolutions and linear layers of a network, in order.

    A norm of a vector belongs to the layer before it, as every norm of a traced model does.
    """
    layers: list[WeightedLayer] = []
    for step in network.steps:
        if isinstance(step.lead, Conv2d | Linear):
            layers.append(describe_step(step, step.lead))
        elif isinstance(step.lead, VectorNorm) and layers:
            last, values = layers[-1], step.lead.input.elements
            norms = (*last.norms, NormFacts("batch norm", values))
            layers[-1] = replace(
                last, norm_channels=last.norm_channels + values, params=last.params + 2 * values, norms=norms
            )
    return tuple(layers)


def list_model_layers(model: TracedModel) -> tuple[WeightedLayer, ...]:
    """Return the calls of a model, in order."""
    return tuple(map(_describe_call, model.calls))


def pair_layers(
    expected: Sequence[WeightedLayer], actual: Sequence[WeightedLayer]
) -> list[Pair[WeightedLayer, WeightedLayer]]:
    """Pair the layers of a table with those of a model; a missing or extra layer does not shift those after it."""

    def starts_block(index: int) -> bool:
        return index in (0, len(expected)) or expected[index].block != expected[index - 1].block

    # Aligning takes long, and most layers are equal: whole blocks at the beginning and at the end are pairs at once.
    first = _count_equal(zip(expected, actual, strict=False))
    while not starts_block(first):
        first -= 1
    last = _count_equal(zip(reversed(expected[first:]), reversed(actual[first:]), strict=False))
    while not starts_block(len(expected) - last):
        last -= 1
    ours, theirs = expected[first : len(expected) - last], actual[first : len(actual) - last]
    middle = align(
        ours, theirs, WeightedLayer.pair_cost, lambda index: starts_block(first + index), attrgetter("identity")
    )
    ends = (
        [*zip(expected[:first], actual, strict=False)],
        [*zip(expected[len(expected) - last :], actual[len(actual) - last :], strict=True)],
    )
    return [*ends[0], *middle, *ends[1]]


def _count_equal(pairs: Iterable[tuple[WeightedLayer, WeightedLayer]]) -> int:
    """Return how many pairs of the same layer come before the first pair of different ones."""
    count = 0
    for first, second in pairs:
        if first.key != second.key:
            break
        count += 1
    return count


def count_differing(expected: Sequence[WeightedLayer], actual: Sequence[WeightedLayer]) -> int:
    """Count the pairs whose layers are not the same, unpaired layers included."""
    pairs = pair_layers(expected, actual)
    return sum(first is None or second is None or first.key != second.key for first, second in pairs)


def count_surplus(first: Sequence[WeightedLayer], second: Sequence[WeightedLayer]) -> int:
    """Count the layers that one side has more often than the other: a lower bound of `count_differing`."""
    ours, theirs = (Counter(layer.key for layer in layers) for layers in (first, second))
    return max((ours - theirs).total(), (theirs - ours).total())


def count_unmatched(first: Iterable[object], second: Iterable[object]) -> int:
    """Count the items of either side that have no equal on the other side."""
    ours, theirs = Counter(first), Counter(second)
    return (ours - theirs).total() + (theirs - ours).total()


def describe_step(step: Step, lead: Conv2d | Linear) -> WeightedLayer:
    """Return the layer of one row of a cost table; `lead` is the row's lead."""
    return _describe_layers(step.layers, lead)


@lru_cache(maxsize=2**15)
def _describe_layers(layers: tuple[Layer, ...], lead: Conv2d | Linear) -> WeightedLayer:
    tally = total(layer.tally() for layer in layers)
    operator = "linear" if isinstance(lead, Linear) else "conv"
    dilation = getattr(lead, "dilation", 1)
    norms = (NormFacts("batch norm", tally.norm_channels),) if tally.norm_channels else ()
    return WeightedLayer(
        lead.name, ".".join(lead.name.split(".")[:2]), operator, lead.kernel, (lead.stride, lead.stride),
        (dilation, dilation), lead.groups, lead.input.channels, lead.output.channels, lead.input.map[:2],
        lead.output.map[:2], tally.biases > 0, tally.norm_channels,
        tally.weights + tally.biases + 2 * tally.norm_channels, tally.conv_macs + tally.linear_macs, norms=norms,
    )  # fmt: skip


@lru_cache(maxsize=2**10)
def _describe_call(call: Call) -> WeightedLayer:
    facts = call.facts
    norm_channels = sum(norm.channels for norm in call.norms) if call.norms else facts.norm_channels
    stored = None if call.stored == call.params else call.stored
    return WeightedLayer(
        facts.name, "", facts.operator, facts.kernel, facts.stride, facts.dilation or (1, 1), facts.groups,
        facts.input[2], facts.output[2], facts.input[:2], facts.output[:2], facts.biases > 0,
        norm_channels, call.params, facts.macs, call.named, call.shares, call.norms, call.padding, stored,
    )  # fmt: skip


def _sides_text(sides: Side | None) -> str:
    return "none" if sides is None else "x".join(map(str, sides))


def _step_text(sides: Side | None) -> str:
    return str(sides[0]) if sides is not None and sides[0] == sides[1] else _sides_text(sides)
