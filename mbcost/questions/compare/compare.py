"""How do the totals of several networks compare?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mbcost.analytic.network import Network
from mbcost.questions.cost.nets import NetworkTotals, sum_network
from mbcost.spec.convention import Convention
from mbcost.spec.shown import count, show


@dataclass(frozen=True)
class SideBySide:
    """The totals of networks in the order in which they were given."""

    convention: Convention
    totals: tuple[NetworkTotals, ...]

    def ratio(self, totals: NetworkTotals, quantity: str) -> Fraction | None:
        """Return a network's `quantity` divided by that of the first network, or None if the first one's is 0."""
        first = getattr(self.totals[0], quantity)
        return Fraction(getattr(totals, quantity), first) if first else None

    def __repr__(self) -> str:
        networks = ", ".join(totals.network.label for totals in self.totals)
        return show(self, f"{count(self.totals, 'network')} (convention {self.convention.name}): {networks}")


def compare_totals(networks: Iterable[Network], convention: Convention) -> SideBySide:
    """Return the totals of `networks`, of which there is at least one."""
    return SideBySide(convention, tuple(sum_network(network, convention) for network in networks))
