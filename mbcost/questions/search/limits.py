"""Limits of a device, and the answer to which configurations keep them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Any

from mbcost.analytic.many.exact import EXACT_INT
from mbcost.errors import MbcostError, choose
from mbcost.questions.search.configurations import Configuration, CountingRules, Resolution
from mbcost.spec.catalogue.checkpoints import list_phones
from mbcost.spec.shown import show

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_LIMIT = 0.001
"""A limit of zero counts as this if something is a share of it."""


def choose_phone(phone: str | None, *, limits_latency: bool) -> str:
    """Return the phone whose latency is limited, or an empty string if none is.

    Raises:
        MbcostError: the phone is unknown, or one of the latency and the phone is given without the other.
    """
    phones = list_phones()
    chosen = "" if phone is None else choose("phone", phone, phones)
    if bool(chosen) != limits_latency:
        given, missing = ("--phone", "--max-latency") if chosen else ("--max-latency", "--phone")
        raise MbcostError(f"{given} needs {missing}: latency is published for {', '.join(phones)}")
    return chosen


@dataclass(frozen=True)
class Limit:
    """The largest or smallest value that a device, or its user, accepts."""

    quantity: str
    """A count of `Configuration`, `top1` or `latency`."""
    value: int | float
    at_least: bool = False
    """Whether it is the smallest value instead of the largest."""
    phone: str = ""
    """The phone whose latency is limited."""

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
            # An accuracy or a latency that is not published is not a number, and stays so.
            exact = (
                value if value != value else _round_fraction(self._measure_share_of(value)) for value in column.tolist()
            )
            return np.fromiter(exact, dtype=np.float64, count=len(column))
        excess = self.value - column.astype(np.float64) if self.at_least else column.astype(np.float64) - self.value
        shares: NDArray[Any] = excess / max(self.value, LEAST_LIMIT)
        return shares

    def read(self, configuration: Configuration) -> int | float | None:
        """Return the configuration's value of the quantity; None if none is published."""
        checkpoint = configuration.checkpoint
        if self.quantity == "top1":
            return None if checkpoint is None else checkpoint.top1
        if self.quantity == "latency":
            return None if checkpoint is None else checkpoint.latency_ms.get(self.phone)
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


@dataclass(frozen=True)
class Fitting:
    """A configuration that keeps every limit."""

    configuration: Configuration
    binding: Limit | None
    """The limit of which the smallest share is left, so that it breaks first. None if there is no limit."""
    equal_resolutions: tuple[Resolution, ...]
    """Other resolutions at which the same network costs the same; under `arena`, by its lower bound."""
    on_front: bool
    """Whether the configuration is Pareto-optimal in rank, memory and flash among those that fit."""

    def __repr__(self) -> str:
        binding = "" if self.binding is None else f", {self.binding.quantity} breaks first"
        return show(self, f"{self.configuration.label}, {self.configuration.mult_adds:,} mult-adds{binding}")


@dataclass(frozen=True)
class Miss:
    """A configuration that breaks limits."""

    configuration: Configuration
    broken: tuple[Limit, ...]
    """The limit that is broken by the largest share comes first."""
    layer: str | None
    """The layer that needs the most memory, if the limit of memory is broken."""

    @property
    def worst_share(self) -> Fraction:
        """The largest share by which a limit is broken."""
        shares = (limit.measure_share(self.configuration) or Fraction(0) for limit in self.broken)
        return max(shares, default=Fraction(0))

    def __repr__(self) -> str:
        broken = " and ".join(limit.quantity for limit in self.broken)
        return show(self, f"{self.configuration.label} misses {broken}")


@dataclass(frozen=True)
class Relief:
    """What dropping one limit brings if all others are kept."""

    limit: Limit
    configuration: Configuration | None
    """The best configuration then. If nothing fits, the one that exceeds the limit least. None if there is none."""
    gave_up: bool = False
    """Whether none fits among the first arenas, and more were not laid out."""

    def __repr__(self) -> str:
        best = "nothing" if self.configuration is None else self.configuration.label
        return show(self, f"without {self.limit.quantity}, {best}")


@dataclass(frozen=True)
class Fit:
    """Which configurations fit, and which others nearly do."""

    rules: CountingRules
    limits: tuple[Limit, ...]
    rank: str
    tried: int
    """The number of configurations that were looked at."""
    fitting: int
    """The number of those that fit; under `arena`, of those that may fit, because `naive`, a lower bound, does."""
    laid_out: int
    """The number of different arenas that were laid out to find those that fit; 0 under another allocation model."""
    gave_up: bool
    """Whether fewer were found than asked for among the first arenas, and more were not laid out."""
    best: tuple[Fitting, ...]
    """The best of those that fit, at most as many as asked for."""
    near_twins: int | None
    """How many others that fit are near-twins of one in `best`; None if there are some and their number is unknown."""
    front_size: int
    """The number of configurations on the Pareto front."""
    nearest: Miss | None
    """Of those that rank above all that fit, the one that breaks its limits least, by the share of its worst limit."""
    nearest_released: Miss | None
    """The same among the released checkpoints that do not fit."""
    impossible: tuple[tuple[Limit, Configuration | None], ...]
    """Each limit that no configuration keeps, with the one that is nearest to it; only if nothing fits."""
    reliefs: tuple[Relief, ...]
    """One per limit."""

    def __repr__(self) -> str:
        best = f", best {self.best[0].configuration.label}" if self.best else ""
        return show(self, f"{self.fitting:,} of {self.tried:,} configurations fit{best}")
