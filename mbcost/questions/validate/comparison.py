"""Does the engine agree with a real model, layer by layer, to the last integer?"""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.analytic.layers import Activation, Conv2d, Linear, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.spec.observed import QUANTITIES, LayerFacts, Measurement
from mbcost.spec.shown import show

Value = int | str | tuple[int, ...] | None


@dataclass(frozen=True)
class Discrepancy:
    """One quantity in which a witness differs from the engine."""

    network: str
    alpha: float
    resolution: tuple[int, int]
    implementation: str
    against: str
    layer: str
    """The engine's name of the layer; `total` for the whole network."""
    quantity: str
    expected: Value
    """The engine's value; None if the engine does not have the layer."""
    measured: Value
    """The witness's value; None if the witness does not have the layer."""


@dataclass(frozen=True)
class Validation:
    """The result of comparing one network with one measurement."""

    checks: int
    """How many values were compared."""
    differences: tuple[Discrepancy, ...]

    @property
    def passed(self) -> bool:
        """Whether no value differs."""
        return not self.differences

    def __repr__(self) -> str:
        return show(self, f"{self.checks:,} values compared, {len(self.differences):,} differ")


def validate(network: Network, measurement: Measurement) -> Validation:
    """Compare every layer by name and every total with `==`.

    A layer on one side only is a discrepancy, and so is a different order. Only a count that the witness does not
    report (None) is left out, and it does not count as a check.
    """
    comparison = _Comparison(network, measurement.against)
    expected = {facts.name: facts for facts in map(_facts, network.steps)}
    measured = {facts.name: facts for facts in measurement.layers}
    for name, facts in expected.items():
        comparison.compare_layer(name, facts, measured.get(name))
    for name in measured:
        if name not in expected:
            comparison.compare(name, "layer", None, "present")
    in_both = [name for name in expected if name in measured], [name for name in measured if name in expected]
    comparison.compare("total", "order of the layers", *map(" ".join, in_both))
    comparison.compare_totals(measurement)
    return comparison.validation()


def validate_in_order(network: Network, measurement: Measurement) -> Validation:
    """Compare a library's model: its convolutions and linear layers in order of execution, and the totals.

    The library has its own names, so layers are paired by their position. A linear layer counts as a 1x1 convolution of
    a 1x1 map; which of the two the library builds is compared as `operator`.
    """
    comparison = _Comparison(network, measurement.against)
    expected = [_facts(step) for step in network.steps if isinstance(step.lead, Conv2d | Linear)]
    for index, facts in enumerate(expected):
        measured = measurement.layers[index] if index < len(measurement.layers) else None
        comparison.compare_layer(facts.name, facts, measured)
    for extra in measurement.layers[len(expected) :]:
        comparison.compare(extra.name, "layer", None, "present")
    comparison.compare_totals(measurement)
    return comparison.validation()


class _Comparison:
    """Collects the results of comparing one value after the other."""

    def __init__(self, network: Network, against: str) -> None:
        self.network = network
        self.against = against
        self.checks = 0
        self.differences: list[Discrepancy] = []

    def compare(self, layer: str, quantity: str, expected: Value, measured: Value) -> None:
        self.checks += 1
        if expected != measured:
            network = self.network
            self.differences.append(
                Discrepancy(
                    network.spec.name,
                    network.alpha,
                    network.resolution,
                    network.implementation,
                    self.against,
                    layer,
                    quantity,
                    expected,
                    measured,
                )
            )

    def compare_layer(self, name: str, expected: LayerFacts, measured: LayerFacts | None) -> None:
        if measured is None:
            self.compare(name, "layer", "present", None)
            return
        for quantity in QUANTITIES:
            value = getattr(measured, quantity)
            if value is not None or quantity in ("kernel", "stride", "groups"):
                self.compare(name, quantity, getattr(expected, quantity), value)

    def compare_totals(self, measurement: Measurement) -> None:
        self.compare("total", "params", self.network.params(), measurement.params)
        self.compare("total", "macs", self.network.mult_adds(), measurement.macs)

    def validation(self) -> Validation:
        return Validation(self.checks, tuple(self.differences))


def _facts(step: Step) -> LayerFacts:
    """Return the engine's facts about one row of a cost table, in the words that the witnesses share."""
    lead, tally = step.lead, step.tally
    activations = [layer.function for layer in step.layers if isinstance(layer, Activation)]
    kernel, stride, groups = None, None, None
    if isinstance(lead, Conv2d | Linear):
        kernel, stride, groups = lead.kernel, (lead.stride, lead.stride), lead.groups
    elif isinstance(lead, WindowPool):
        kernel, stride = lead.kernel, (lead.stride, lead.stride)
    operator = "conv" if isinstance(lead, Conv2d) else lead.operator
    return LayerFacts(
        step.name,
        operator,
        kernel,
        stride,
        groups,
        lead.input.map,
        lead.output.map,
        weights=tally.weights,
        biases=tally.biases,
        norm_channels=tally.norm_channels,
        macs=tally.conv_macs + tally.linear_macs,
        norm_elements=tally.norm_elements,
        activation=" + ".join(activations) or "none",
        activation_elements=tally.activation_elements,
        pool_inputs=tally.pool_inputs,
        dilation=(lead.dilation, lead.dilation) if isinstance(lead, Conv2d) else None,
    )
