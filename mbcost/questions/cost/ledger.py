"""Which raw counts make up each convention's total, and where does the difference of two totals come from?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import as_convention, load_conventions
from mbcost.spec.convention import BlindSpot, Convention
from mbcost.spec.shown import count, show
from mbcost.spec.tally import COUNTS, Tally, total

QUANTITIES = ("mult_adds", "params")
"""What a convention counts; a ledger is about one of them."""


@dataclass(frozen=True)
class Line:
    """One raw count of the network, and how often each convention counts it."""

    count: str
    value: int
    coefficients: tuple[int, ...]
    """In the order of the ledger's conventions."""

    @property
    def amounts(self) -> tuple[int, ...]:
        """The contribution of the line to each convention's total."""
        return tuple(self.value * factor for factor in self.coefficients)


@dataclass(frozen=True)
class BlindTotal:
    """A tool's number for a library's own model of the network, where it is not the convention's total."""

    convention: str
    spot: BlindSpot
    total: int | None
    """None if the tool fails."""
    partial: bool
    """Whether the tool counts more than this total; the blind spot says what."""


@dataclass(frozen=True)
class Ledger:
    """The raw counts of one quantity, which sum to every convention's total."""

    network: Network
    quantity: str
    conventions: tuple[Convention, ...]
    lines: tuple[Line, ...]
    blind_totals: tuple[BlindTotal, ...]
    zeros: bool
    """Whether the ledger includes the lines that add nothing."""

    @property
    def totals(self) -> tuple[int, ...]:
        """The total of each convention."""
        return tuple(sum(line.amounts[index] for line in self.lines) for index in range(len(self.conventions)))

    @property
    def differences(self) -> tuple[int, ...] | None:
        """What each line adds to the second total beyond the first; None unless there are exactly two conventions."""
        if len(self.conventions) != 2:
            return None
        return tuple(second - first for first, second in (line.amounts for line in self.lines))

    def __repr__(self) -> str:
        pairs = zip(self.conventions, self.totals, strict=True)
        totals = ", ".join(f"{convention.name} {total:,}" for convention, total in pairs)
        return show(self, f"{self.quantity} of {self.network.label} in {count(self.lines, 'line')}: {totals}")


def choose_conventions(chosen: Sequence[Convention | str] | None) -> tuple[Convention, ...]:
    """Return the conventions that are given themselves or by name.

    By default these are the current ones, but no tool for another framework than PyTorch or Keras.

    Raises:
        MbcostError: a name is unknown, or a convention is given twice.
    """
    if chosen is None:
        known = load_conventions().values()
        return tuple(item for item in known if not item.earlier and item.framework in (None, "torch", "keras"))
    conventions = tuple(map(as_convention, chosen))
    names = [convention.name for convention in conventions]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise MbcostError(f"convention '{repeated[0]}' is given twice: remove one")
    return conventions


def build_ledger(
    network: Network, conventions: Sequence[Convention], quantity: str = "mult_adds", *, zeros: bool = False
) -> Ledger:
    """Return the raw counts of `network` with each convention's coefficients.

    Args:
        network: the network whose layers are counted.
        conventions: the columns of the ledger, in order.
        quantity: one of `QUANTITIES`.
        zeros: include lines whose count is 0 and lines that no convention of the ledger counts.
    """
    tally = network.tally()
    all_lines = [
        Line(
            count,
            getattr(tally, count),
            tuple(convention.coefficients(quantity).get(count, 0) for convention in conventions),
        )
        for count in COUNTS
    ]
    lines = tuple(line for line in all_lines if zeros or (line.value and any(line.coefficients)))
    blind = (count_blindly(network, convention, quantity) for convention in conventions)
    return Ledger(network, quantity, tuple(conventions), lines, tuple(filter(None, blind)), zeros)


def count_blindly(network: Network, convention: Convention, quantity: str) -> BlindTotal | None:
    """Return what the tool reports for the library's own model, or None if that is the convention's total.

    The library is the one for which the network's implementation is named.
    """
    spot = convention.blind_spot(network.implementation, network.spec.name)
    if spot is None:
        return None
    if spot.fails:
        return BlindTotal(convention.name, spot, None, partial=False)
    tally = network.tally()
    if not (quantity == "params" and spot.keeps_params):
        tally = total(_seen_tally(step, spot) for step in network.steps)
    seen = convention.seen_through(spot)
    amount = seen.params(tally) if quantity == "params" else seen.mult_adds(tally)
    return BlindTotal(convention.name, spot, amount, quantity in spot.partial)


def _seen_tally(step: Step, spot: BlindSpot) -> Tally:
    """Return the counts of a step without its convolution or linear layer if the tool does not see that layer."""
    lead = step.lead
    strided = isinstance(lead, Conv2d) and lead.stride > 1
    if step.part not in spot.without and not (strided and "strided" in spot.without):
        return step.tally
    return total(layer.tally() for layer in step.layers if layer is not lead)
