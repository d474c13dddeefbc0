"""How do several networks compare, and what do the built-in ones cost?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.convention import Convention


@dataclass(frozen=True)
class Totals:
    """A network's totals in one convention's counts."""

    network: Network
    params: int
    mult_adds: int
    activations: int


@dataclass(frozen=True)
class SideBySide:
    """Networks in the order in which they were asked for."""

    convention: Convention
    totals: tuple[Totals, ...]

    def ratios(self, quantity: str) -> tuple[Fraction | None, ...]:
        """Each network's `quantity` over the first one's; None where the first has none of it."""
        first = getattr(self.totals[0], quantity)
        return tuple(Fraction(getattr(each, quantity), first) if first else None for each in self.totals)


def side_by_side(networks: Sequence[Network], convention: Convention) -> SideBySide:
    """The totals of `networks`, at least one."""
    return SideBySide(convention, tuple(_totals(networks, convention)))


def built_in(convention: Convention) -> SideBySide:
    """The totals of every built-in network at alpha = 1 and its table's own resolution."""
    return side_by_side([resolve(load_spec(name)) for name in NETWORKS], convention)


def _totals(networks: Iterable[Network], convention: Convention) -> Iterable[Totals]:
    for network in networks:
        tally = network.tally()
        yield Totals(network, convention.params(tally), convention.mult_adds(tally), tally.outputs)
