"""A network as a sequence of weighted layers, in words that a table and somebody's model share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mbcost.analytic.layers import Conv2d, Linear
from mbcost.analytic.network import Network, Step
from mbcost.questions.aligned.align import NEVER, Pair, align
from mbcost.spec.observed import Call, TracedModel

Side = tuple[int, int]
COSTS = {
    "operator": 8, "kernel": 8, "stride": 8, "dilation": 4, "groups": 12, "input channels": 6, "output channels": 6,
    "input map": 1, "output map": 1, "bias": 2, "norm": 2,
}  # fmt: skip
"""How much a feature speaks against two layers being the same one; `ALONE` is the scale."""
WIDTHS = ("groups", "input channels", "output channels")
"""What is one and the same number in a depthwise layer."""


@dataclass(frozen=True)
class Layer:
    """One convolution or linear layer with its norm; of another operator, as far as it has these."""

    name: str
    block: str
    """The block of the table; empty in a model, which does not say where one begins."""
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
    """The name of the layer whose weights these are."""

    @property
    def depthwise(self) -> bool:
        """Whether every channel has a filter of its own."""
        return self.groups == self.in_channels == self.out_channels > 1

    @property
    def kind(self) -> str:
        """Its operator; a linear layer and a 1x1 convolution of a 1x1 map are the same, `dense`."""
        dense = self.kernel == self.input == (1, 1) and self.groups == 1 and self.operator in ("conv", "linear")
        return "dense" if dense else self.operator

    @property
    def features(self) -> dict[str, str]:
        """What makes it the layer it is, in words; the keys are those of `COSTS` and `weights`."""
        norm = f"norm of {self.norm_channels} channels" if self.norm_channels else "no norm"
        return {
            "operator": self.operator,
            "kernel": _text(self.kernel),
            "stride": _step(self.stride),
            "dilation": _step(self.dilation),
            "groups": "none" if self.groups is None else str(self.groups),
            "input channels": str(self.in_channels),
            "output channels": str(self.out_channels),
            "input map": _text(self.input),
            "output map": _text(self.output),
            "bias": "bias" if self.bias else "no bias",
            "norm": "norm" if self.norm_channels == self.out_channels else norm,
            "weights": "its own" if self.shares is None else f"those of {self.shares}",
        }

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for layers that are the same in everything but their names."""
        return (
            self.kind, self.kernel, self.stride, self.dilation, self.groups, self.in_channels, self.out_channels,
            self.input, self.output, self.bias, self.norm_channels, self.params, self.mult_adds,
        )  # fmt: skip

    @property
    def outline(self) -> tuple[object, ...]:
        """What does not change with the widths."""
        return self.kind, self.kernel, self.stride, self.depthwise, self.input, self.output

    def unlike(self, other: Layer) -> int:
        """How much speaks against the two being the same layer, by `COSTS`."""
        if self.key == other.key:
            return 0
        one, two = self.features, other.features
        different = [feature for feature in COSTS if one[feature] != two[feature]]
        if self.kind == other.kind and "operator" in different:
            different.remove("operator")
        cost = sum(COSTS[feature] for feature in different)
        if self.depthwise and other.depthwise and set(WIDTHS) <= set(different):
            cost -= COSTS["groups"] + COSTS["input channels"]
        foreign = self.kind != other.kind and not {self.operator, other.operator} <= {"conv", "linear"}
        return cost + NEVER * foreign


def of_network(network: Network) -> tuple[Layer, ...]:
    """The convolutions and linear layers of a network, in order."""
    return tuple(of_step(step, step.lead) for step in network.steps if isinstance(step.lead, Conv2d | Linear))


def of_model(model: TracedModel) -> tuple[Layer, ...]:
    """The calls of a model, in order."""
    return tuple(map(_of_call, model.calls))


def paired(expected: Sequence[Layer], found: Sequence[Layer]) -> list[Pair[Layer, Layer]]:
    """The layers of a table beside those of a model; a missing or extra one moves nothing behind it."""

    def starts(place: int) -> bool:
        return place in (0, len(expected)) or expected[place].block != expected[place - 1].block

    if [layer.key for layer in expected] == [layer.key for layer in found]:
        return list(zip(expected, found, strict=True))
    return align(expected, found, Layer.unlike, starts)


def differing(expected: Sequence[Layer], found: Sequence[Layer]) -> int:
    """In how many places the two are not the same, side by side."""
    pairs = paired(expected, found)
    return sum(one is None or other is None or one.key != other.key for one, other in pairs)


def surplus(ones: Sequence[Layer], others: Sequence[Layer]) -> int:
    """How many layers one of the two has beyond what the other has; side by side, they differ in as many at least."""
    one, other = (Counter(layer.key for layer in layers) for layers in (ones, others))
    return max((one - other).total(), (other - one).total())


def apart(ones: Iterable[object], others: Iterable[object]) -> int:
    """How many of either side have no equal on the other."""
    one, other = Counter(ones), Counter(others)
    return (one - other).total() + (other - one).total()


def of_step(step: Step, lead: Conv2d | Linear) -> Layer:
    """The layer of one row of a cost table, whose `lead` it is."""
    tally = step.tally
    operator = "linear" if isinstance(lead, Linear) else "conv"
    dilation = getattr(lead, "dilation", 1)
    return Layer(
        step.name, step.block, operator, lead.kernel, (lead.stride, lead.stride), (dilation, dilation), lead.groups,
        lead.input.channels, lead.output.channels, lead.input.map[:2], lead.output.map[:2], tally.biases > 0,
        tally.norm_channels, tally.weights + tally.biases + 2 * tally.norm_channels,
        tally.conv_macs + tally.linear_macs,
    )  # fmt: skip


def _of_call(call: Call) -> Layer:
    facts = call.facts
    return Layer(
        facts.name, "", facts.operator, facts.kernel, facts.stride, facts.dilation or (1, 1), facts.groups,
        facts.input[2], facts.output[2], facts.input[:2], facts.output[:2], facts.biases > 0,
        facts.norm_channels, call.params, facts.macs, call.named, call.shares,
    )  # fmt: skip


def _text(sides: Side | None) -> str:
    return "none" if sides is None else "x".join(map(str, sides))


def _step(sides: Side | None) -> str:
    return str(sides[0]) if sides is not None and sides[0] == sides[1] else _text(sides)
