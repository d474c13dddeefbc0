"""Of which raw counts does each convention's total consist, and what parts one total from another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mbcost.analytic.network import Network
from mbcost.spec.convention import BlindSpot, Convention
from mbcost.spec.tally import COUNTS, Tally, total

QUANTITIES = ("mult_adds", "params")
"""What a convention says; a ledger is about one of them."""


@dataclass(frozen=True)
class Line:
    """One raw count of the network and how often each convention counts it."""

    count: str
    value: int
    coefficients: tuple[int, ...]
    """In the order of the ledger's conventions."""

    @property
    def amounts(self) -> tuple[int, ...]:
        """What the line contributes to each convention's total."""
        return tuple(self.value * factor for factor in self.coefficients)


@dataclass(frozen=True)
class Otherwise:
    """What a tool says of a library's own model of the network, where that is not the convention's total."""

    convention: str
    spot: BlindSpot
    total: int | None
    """None where the tool fails; a lower bound where the blind spot is partial."""


@dataclass(frozen=True)
class Ledger:
    """The lines of one quantity, which sum to every convention's total."""

    network: Network
    quantity: str
    conventions: tuple[Convention, ...]
    lines: tuple[Line, ...]
    otherwise: tuple[Otherwise, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """Each convention's total."""
        return tuple(map(sum, zip(*(line.amounts for line in self.lines), strict=True)))


def ledger(
    network: Network, conventions: Sequence[Convention], quantity: str = "mult_adds", *, zeros: bool = False
) -> Ledger:
    """The raw counts of `network` and what the conventions, at least one, make of them.

    Args:
        network: whose counts.
        conventions: the columns, in order.
        quantity: one of `QUANTITIES`.
        zeros: also lines whose count is 0 and lines that no convention of the ledger counts.
    """
    tally = network.tally()
    every = [
        Line(
            count,
            getattr(tally, count),
            tuple(convention.coefficients(quantity).get(count, 0) for convention in conventions),
        )
        for count in COUNTS
    ]
    lines = tuple(line for line in every if zeros or (line.value and (any(line.coefficients))))
    found = (otherwise(network, convention, quantity) for convention in conventions)
    return Ledger(network, quantity, tuple(conventions), lines or (every[0],), tuple(filter(None, found)))


def otherwise(network: Network, convention: Convention, quantity: str) -> Otherwise | None:
    """What the tool says of the own model of the library that the network's implementation is named for."""
    spot = convention.blind_spot(network.implementation, network.spec.name)
    if spot is None:
        return None
    if spot.fails:
        return Otherwise(convention.name, spot, None)
    lost = frozenset() if quantity == "params" and spot.keeps_params else spot.without
    tally: Tally = total(step.tally for step in network.steps if step.name.split(".", 2)[2] not in lost)
    seen = convention.seen_through(spot)
    return Otherwise(convention.name, spot, seen.params(tally) if quantity == "params" else seen.mult_adds(tally))
