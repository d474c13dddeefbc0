"""What do whole networks cost, and which are built in?"""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.convention import Convention
from mbcost.spec.shown import show


@dataclass(frozen=True)
class NetworkTotals:
    """A network's totals in the counts of one convention."""

    network: Network
    params: int
    mult_adds: int
    activations: int
    """Output elements of its convolution and linear layers."""

    def __repr__(self) -> str:
        counts = f"{self.params:,} params, {self.mult_adds:,} mult-adds, {self.activations:,} activations"
        return show(self, f"{self.network.label}: {counts}")


@dataclass(frozen=True)
class BuiltInNetworks:
    """The built-in networks and their totals, in the order of the library."""

    convention: Convention
    totals: tuple[NetworkTotals, ...]


def sum_network(network: Network, convention: Convention) -> NetworkTotals:
    """Return the totals of `network`."""
    tally = network.tally()
    return NetworkTotals(network, convention.params(tally), convention.mult_adds(tally), tally.outputs)


def list_built_in(convention: Convention) -> BuiltInNetworks:
    """Return the totals of every built-in network at alpha = 1 and the resolution of its table."""
    return BuiltInNetworks(convention, tuple(sum_network(resolve(load_spec(name)), convention) for name in NETWORKS))
