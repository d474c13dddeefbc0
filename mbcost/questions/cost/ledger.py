"""Of which raw counts does each convention's total consist, and what parts one total from another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import Network, Step
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
    """None where the tool fails."""
    partial: bool
    """Whether it counts more than the total says; the blind spot says what."""


@dataclass(frozen=True)
class Ledger:
    """The lines of one quantity, which sum to every convention's total."""

    network: Network
    quantity: str
    conventions: tuple[Convention, ...]
    lines: tuple[Line, ...]
    otherwise: tuple[Otherwise, ...]
    zeros: bool
    """Whether the lines that add nothing are there, too."""

    @property
    def totals(self) -> tuple[int, ...]:
        """Each convention's total."""
        return tuple(sum(line.amounts[place] for line in self.lines) for place in range(len(self.conventions)))

    @property
    def differences(self) -> tuple[int, ...] | None:
        """Of two conventions, what each line adds to the second total beyond the first; None where they are not two."""
        if len(self.conventions) != 2:
            return None
        return tuple(second - first for first, second in (line.amounts for line in self.lines))


def ledger(
    network: Network, conventions: Sequence[Convention], quantity: str = "mult_adds", *, zeros: bool = False
) -> Ledger:
    """The raw counts of `network` and what the conventions make of them.

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
    lines = tuple(line for line in every if zeros or (line.value and any(line.coefficients)))
    found = (otherwise(network, convention, quantity) for convention in conventions)
    return Ledger(network, quantity, tuple(conventions), lines, tuple(filter(None, found)), zeros)


def otherwise(network: Network, convention: Convention, quantity: str) -> Otherwise | None:
    """What the tool says of the own model of the library that the network's implementation is named for."""
    spot = convention.blind_spot(network.implementation, network.spec.name)
    if spot is None:
        return None
    if spot.fails:
        return Otherwise(convention.name, spot, None, partial=False)
    tally = network.tally()
    if not (quantity == "params" and spot.keeps_params):
        tally = total(_left(step, spot) for step in network.steps)
    seen = convention.seen_through(spot)
    amount = seen.params(tally) if quantity == "params" else seen.mult_adds(tally)
    return Otherwise(convention.name, spot, amount, quantity in spot.partial)


def _left(step: Step, spot: BlindSpot) -> Tally:
    """The counts of a row without the convolution or linear layer that the tool does not see."""
    lead = step.lead
    strided = isinstance(lead, Conv2d) and lead.stride > 1
    if step.part not in spot.without and not (strided and "strided" in spot.without):
        return step.tally
    return total(layer.tally() for layer in step.layers if layer is not lead)
