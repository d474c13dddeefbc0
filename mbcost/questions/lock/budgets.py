"""Is a network within its budget?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.questions.lock.entries import Measured, choose_dtype
from mbcost.spec.lock import Budget, Limit


@dataclass(frozen=True)
class Value:
    """The value of a limited quantity."""

    number: float | None
    """None if it is not known."""
    reason: str = ""
    """Why it is not known."""
    low: float | None = None
    """The ends of the interval of an estimate; None if there is none."""
    high: float | None = None
    error: float | None = None
    """The mean relative error of such estimates; None if it is unknown, or if the value is exact."""
    under: str = ""
    """What it was computed for: an allocation model and a dtype, or a device."""


@dataclass(frozen=True)
class BudgetResult:
    """A limit and the value of its quantity."""

    network: str
    limit: Limit
    value: Value

    @property
    def passed(self) -> bool:
        """Whether the value is known and at most the limit."""
        return self.value.number is not None and self.value.number <= self.limit.value


def check_budget(name: str, measured: Measured, budget: Budget) -> Iterator[BudgetResult]:
    """Yield every limit of a budget with the network's value.

    Raises:
        MbcostError: the budget names a device that does not exist, or the network is too large for an estimate.
    """
    for limit in budget.limits:
        yield BudgetResult(name, limit, _evaluate(limit.key, measured, budget))


def _evaluate(key: str, measured: Measured, budget: Budget) -> Value:
    if key == "max-latency":
        return _estimate(measured, budget.device or "")
    if key in ("max-params", "max-mult-adds"):
        locked, under = measured.locked, f"convention {measured.terms.convention}"
        return Value(locked.params if key == "max-params" else locked.mult_adds, under=under)
    memory = measured.measure_bytes(budget.allocator, budget.dtype)
    number = memory.peak if key == "max-peak" else memory.flash
    dtype = budget.dtype or choose_dtype(measured.network, measured.terms) or "its own dtype"
    under = f"{budget.allocator or measured.terms.allocator}, {dtype}" if key == "max-peak" else dtype
    return Value(number, memory.reason if number is None else "", under=under)


def _estimate(measured: Measured, device: str) -> Value:
    from mbcost.questions.latency.latency import predict_latencies  # it imports numpy

    (latency,) = predict_latencies([measured.network], device).estimates
    return Value(latency.milliseconds, "", latency.low, latency.high, latency.error, device)
