"""Differences between the layers, in clauses that name many layers at once."""

from __future__ import annotations

from collections.abc import Iterable

from mbcost.analytic.layers import Activation
from mbcost.analytic.network import Network
from mbcost.questions.aligned.weighted import list_network_layers
from mbcost.questions.verify.attributes import describe_groups
from mbcost.questions.verify.function import StepDifference


def describe_steps(network: Network, steps: Iterable[StepDifference]) -> tuple[str, ...]:
    """Return a clause for every kind of difference, such as 'every depthwise layer has activation relu ...'."""
    names = [layer.name for layer in list_network_layers(network)]
    active = {step.name for step in network.steps if any(isinstance(layer, Activation) for layer in step.layers)}
    connected = {step.block for step in network.steps if step.part == "add"}
    last = {layer.block: layer.name for layer in list_network_layers(network)}
    having = {
        "activation": [name for name in names if name in active],
        # The first layer never has one, so that "every layer" is not said.
        "residual connection": [*names[:1], *(name for block, name in last.items() if block in connected)],
    }
    differing: dict[tuple[str, str, str], list[str]] = {}
    for step in steps:
        expected = "one" if step.feature == "residual connection" and step.actual == "none" else step.expected
        actual = "no" if expected == "one" else step.actual
        differing.setdefault((step.feature, expected, actual), []).append(names[step.position])
    return describe_groups(differing, having | {key[0]: names for key in differing if key[0] not in having})
