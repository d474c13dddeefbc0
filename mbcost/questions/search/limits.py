"""Limits of a device, in exact arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any

from mbcost.analytic.many.exact import EXACT_INT
from mbcost.questions.search.configurations import Configuration

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_LIMIT = 0.001
"""A limit of zero counts as this if something is a share of it."""


@dataclass(frozen=True)
class Limit:
    """The largest or smallest value that a device, or its user, accepts."""

    quantity: str
    """A count of `Configuration`, `top1` or `latency`."""
    value: int | float
    at_least: bool = False
    """Whether it is the smallest value instead of the largest."""
    device: str = ""
    """The device whose latency is limited."""

    def find_kept(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return where a column of the quantity keeps the limit, by exact comparison; an unknown value does not."""
        import numpy as np

        limit: Any = self.value
        if column.dtype == np.int64 and abs(limit) >= EXACT_INT:
            return np.full(len(column), (limit < 0) == self.at_least)
        if column.dtype == np.int64:  # integers are compared with an integer: float64 would round them
            limit = ceil(limit) if self.at_least else floor(limit)
        kept: NDArray[Any] = column >= limit if self.at_least else column <= limit
        return kept.astype(bool)

    def compute_shares(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return the excesses of a column as shares of the limit, rounded to float64, to find small ones."""
        import numpy as np

        if column.dtype == object or abs(self.value) >= EXACT_INT:
            # An accuracy or a latency that is not known is not a number, and stays so.
            exact = (
                value if value != value else _round_fraction(self._measure_share_of(value)) for value in column.tolist()
            )
            return np.fromiter(exact, dtype=np.float64, count=len(column))
        excess = self.value - column.astype(np.float64) if self.at_least else column.astype(np.float64) - self.value
        shares: NDArray[Any] = excess / max(self.value, LEAST_LIMIT)
        return shares

    def read(self, configuration: Configuration) -> int | float | None:
        """Return the configuration's value of the quantity; None if it is not known.

        Of a latency it is the upper end of the interval if that keeps the limit, else the estimate.
        """
        estimated = configuration.estimated
        if self.quantity == "top1":
            return estimated.top1
        if self.quantity == "latency":
            high = estimated.milliseconds_high
            return high if high is not None and high <= self.value else estimated.milliseconds
        value: int = getattr(configuration, self.quantity)
        return value

    def measure_excess(self, configuration: Configuration) -> Fraction | None:
        """Return by how much the limit is broken; negative if something is left."""
        value = self.read(configuration)
        if value is None:
            return None
        return self._measure_excess_of(value)

    def measure_share(self, configuration: Configuration) -> Fraction | None:
        """Return the excess as a share of the limit."""
        value = self.read(configuration)
        return None if value is None else self._measure_share_of(value)

    def _measure_excess_of(self, value: int | float) -> Fraction:
        excess = _read_decimal(value) - _read_decimal(self.value)
        return -excess if self.at_least else excess

    def _measure_share_of(self, value: int | float) -> Fraction:
        return self._measure_excess_of(value) / max(_read_decimal(self.value), Fraction(str(LEAST_LIMIT)))


def _read_decimal(value: int | float) -> Fraction:
    """Return the number that is written, which for a float is a decimal."""
    return Fraction(value) if isinstance(value, int) else Fraction(str(value))


def _round_fraction(share: Fraction) -> float:
    try:
        return float(share)
    except OverflowError:
        return inf if share > 0 else -inf
