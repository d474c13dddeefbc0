"""The implementations of a table that build the same layers."""

from __future__ import annotations

from collections.abc import Iterator

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.aligned.weighted import list_network_layers


def list_same_layers(network: Network, epsilon: float | None = None) -> Iterator[Network]:
    """Yield the network by every other implementation with the same layers, those with this epsilon first."""
    layers = [layer.key for layer in list_network_layers(network)]
    rules = network.spec.implementations
    for name in sorted(rules, key=lambda name: rules[name].norm_epsilon != epsilon):
        if name == network.implementation:
            continue
        try:
            other = resolve(
                network.spec, alpha=network.alpha, resolution=network.resolution, implementation=name,
                classes=network.classes, in_channels=network.in_channels,
            )  # fmt: skip
        except MbcostError:
            continue
        if [layer.key for layer in list_network_layers(other)] == layers:
            yield other
