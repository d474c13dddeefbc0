"""Does a network whose numbers are fixed, such as a file of a model, keep limits, and by how much does it miss them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import estimate_accuracy
from mbcost.questions.device.memory import DEFAULT_DTYPE, compute_memory
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.latency import estimate_known
from mbcost.questions.search.configurations import CountingRules
from mbcost.questions.search.limits import Limit
from mbcost.spec.shown import show

YES, MAYBE, NO, UNKNOWN = "yes", "may fit", "no", "not known"
COUNTED = ("mult_adds", "params", "memory", "flash")
"""The quantities that are too small if operators of a file are not counted."""


@dataclass(frozen=True)
class Measured:
    """The value of one quantity of a network."""

    value: int | float | None
    """None if it is not known."""
    high: float | None = None
    """Of a latency: the upper end of its interval, None if it has none."""
    reason: str = ""
    """Why there is no value, or why it is not sure; else empty."""


@dataclass(frozen=True)
class LimitCheck:
    """One limit, and the value of a network."""

    network: Network
    limit: Limit
    value: int | float | None
    fits: str
    """One of `YES`, `MAYBE`, `NO` and `UNKNOWN`."""
    missing: int | float | None
    """By how much the limit is missed; negative if so much is left, None if it is not known."""
    reason: str
    """Why the value is not known, or not sure; else empty."""


@dataclass(frozen=True)
class FixedFit:
    """Every limit of every network."""

    rules: CountingRules
    dtype: str | None
    """Of weights and feature maps; None if each model has its own."""
    checks: tuple[LimitCheck, ...]

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks, in the order of the question."""
        return tuple(dict.fromkeys(check.network for check in self.checks))

    def list_checks(self, network: Network) -> tuple[LimitCheck, ...]:
        """Return the limits of a network."""
        return tuple(check for check in self.checks if check.network == network)

    def fits(self, network: Network) -> str:
        """Return whether a network keeps every limit, as its worst limit does."""
        verdicts = {check.fits for check in self.list_checks(network)}
        return next(verdict for verdict in (NO, UNKNOWN, MAYBE, YES) if verdict in verdicts)

    @property
    def passed(self) -> bool:
        """Whether some network fits, or may fit."""
        return any(self.fits(network) in (YES, MAYBE) for network in self.networks)

    def __repr__(self) -> str:
        return show(self, ", ".join(f"{network.label}: {self.fits(network)}" for network in self.networks))


def check_limits_of(
    networks: Sequence[Network],
    limits: Sequence[Limit],
    rules: CountingRules,
    dtype: str | None = None,
    calibration: Calibration | None = None,
) -> FixedFit:
    """Return whether each network keeps each limit.

    A latency fits if the upper end of its 80 % interval does, and may fit if only the estimate does. If a file has
    operators that are not counted, its counts are lower bounds: it can miss a limit with them, and not keep one.

    Args:
        networks: at least one.
        limits: at least one, of different quantities.
        rules: how params, mult-adds and bytes are counted; its dtype does not matter.
        dtype: the dtype of weights and feature maps; by default that of each model.
        calibration: the device, if a limit is a latency.

    Raises:
        MbcostError: a network is too large for an estimate.
    """
    checks = [
        _check(network, limit, _measure(network, limit.quantity, rules, dtype, calibration))
        for network in networks
        for limit in limits
    ]
    return FixedFit(rules, dtype, tuple(checks))


def _check(network: Network, limit: Limit, measured: Measured) -> LimitCheck:
    if measured.value is None:
        return LimitCheck(network, limit, None, UNKNOWN, None, measured.reason)
    missing = _measure_missing(limit, measured.value)
    if missing > 0:
        verdict = NO
    elif network.not_counted and limit.quantity in COUNTED:
        verdict, measured = UNKNOWN, replace(measured, reason="operators are not counted, so it is a lower bound")
    elif limit.quantity == "latency" and (measured.high is None or _measure_missing(limit, measured.high) > 0):
        verdict = MAYBE
    else:
        verdict = YES
    return LimitCheck(network, limit, measured.value, verdict, missing, measured.reason)


def _measure_missing(limit: Limit, value: int | float) -> int | float:
    if isinstance(value, int) and isinstance(limit.value, int):
        missing: int | float = value - limit.value
    else:
        missing = float(Fraction(str(value)) - Fraction(str(limit.value)))
    return -missing if limit.at_least else missing


def _measure(
    network: Network, quantity: str, rules: CountingRules, dtype: str | None, calibration: Calibration | None
) -> Measured:
    """Return the network's value of a quantity."""
    if quantity == "mult_adds":
        return Measured(network.mult_adds(rules.convention))
    if quantity == "params":
        return Measured(network.params(rules.convention))
    if quantity == "top1":
        accuracy = estimate_accuracy(network)
        return Measured(accuracy.top1, reason=accuracy.reason)
    if quantity == "latency":
        assert calibration is not None, "a latency has a device"
        latency = estimate_known(calibration, network)
        reason = "" if latency.reason is None else f"no interval: {latency.reason}"
        return Measured(latency.milliseconds, latency.high, reason)
    return _measure_bytes(network, quantity, rules, dtype)


def _measure_bytes(network: Network, quantity: str, rules: CountingRules, dtype: str | None) -> Measured:
    try:
        memory = compute_memory(network, (rules.allocator,), dtype, dtype)
    except MbcostError as error:
        if quantity == "memory":
            return Measured(None, reason=str(error))
        return Measured(compute_flash(count_stored(network), dtype or DEFAULT_DTYPE).total)
    return Measured(memory.peaks[0].bytes if quantity == "memory" else memory.flash.total)
