"""A network as a sequence of weighted layers, in words that a table and a user's model share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from mbcost.analytic.layers import Conv2d, Linear, VectorNorm
from mbcost.analytic.network import Network, Step
from mbcost.questions.aligned.align import IMPOSSIBLE, Pair, align
from mbcost.spec.observed import Call, TracedModel

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

    @property
    def depthwise(self) -> bool:
        """Whether every channel has its own filter."""
        return self.groups == self.in_channels == self.out_channels > 1

    @property
    def kind(self) -> str:
        """The operator; a linear layer and a 1x1 convolution of a 1x1 map are the same kind, `dense`."""
        dense = self.kernel == self.input == (1, 1) and self.groups == 1 and self.operator in ("conv", "linear")
        return "dense" if dense else self.operator

    @property
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

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for layers that are the same in everything except their names."""
        return (
            self.kind, self.kernel, self.stride, self.dilation, self.groups, self.in_channels, self.out_channels,
            self.input, self.output, self.bias, self.norm_channels, self.params, self.mult_adds,
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
            layers[-1] = replace(last, norm_channels=last.norm_channels + values, params=last.params + 2 * values)
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

    if [layer.key for layer in expected] == [layer.key for layer in actual]:
        return list(zip(expected, actual, strict=True))
    return align(expected, actual, WeightedLayer.pair_cost, starts_block, attrgetter("identity"))


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
    tally = step.tally
    operator = "linear" if isinstance(lead, Linear) else "conv"
    dilation = getattr(lead, "dilation", 1)
    return WeightedLayer(
        step.name, step.block, operator, lead.kernel, (lead.stride, lead.stride), (dilation, dilation), lead.groups,
        lead.input.channels, lead.output.channels, lead.input.map[:2], lead.output.map[:2], tally.biases > 0,
        tally.norm_channels, tally.weights + tally.biases + 2 * tally.norm_channels,
        tally.conv_macs + tally.linear_macs,
    )  # fmt: skip


def _describe_call(call: Call) -> WeightedLayer:
    facts = call.facts
    return WeightedLayer(
        facts.name, "", facts.operator, facts.kernel, facts.stride, facts.dilation or (1, 1), facts.groups,
        facts.input[2], facts.output[2], facts.input[:2], facts.output[:2], facts.biases > 0,
        facts.norm_channels, call.params, facts.macs, call.named, call.shares,
    )  # fmt: skip


def _sides_text(sides: Side | None) -> str:
    return "none" if sides is None else "x".join(map(str, sides))


def _step_text(sides: Side | None) -> str:
    return str(sides[0]) if sides is not None and sides[0] == sides[1] else _sides_text(sides)
