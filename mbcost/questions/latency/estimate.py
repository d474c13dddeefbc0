"""The latency of a network on a calibrated device, with the interval that the calibration allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.questions.latency.calibrate import LEAST_FOR_INTERVAL, MOST_ERROR, MOST_LEVERAGE, Calibration
from mbcost.questions.latency.family import name_family
from mbcost.questions.latency.rates import select_kinds
from mbcost.questions.latency.work import Channels, Sizes, describe_network, measure_grid, measure_work
from mbcost.spec.shown import measured_text, show

if TYPE_CHECKING:
    from numpy.typing import NDArray


UNLIKE = "its work divides over the kinds of work very differently from that of the measured networks"
"""Why a network of a measured family has no interval although its latency is inside of the measured range."""
FAMILY_OUTSIDE = "no network of its family was measured, and {outside}"


@dataclass(frozen=True)
class Estimate:
    """The latency of a network for one run, in milliseconds."""

    network: Network
    milliseconds: float
    low: float | None
    """The ends of an 80 percent interval; None if there is none."""
    high: float | None
    reason: str | None
    """Why there is no interval; None if there is one."""
    measured: float | None
    """What was measured of this very network, if it was."""

    def __repr__(self) -> str:
        interval = f"no interval: {self.reason}" if self.low is None else f"80% {self.low:.3g} to {self.high:.3g} ms"
        return show(self, f"{self.network.label}: {self.milliseconds:.4g} ms, {interval}")


def estimate_latency(calibration: Calibration, network: Network) -> Estimate:
    """Return the latency of a network, with an 80 % interval or the reason why there is none.

    Raises:
        MbcostError: the network is too large for an estimate.
    """
    milliseconds, leverage = _weigh(calibration, network)
    measured = next((row.milliseconds for row, other in calibration.resolved.measured if other == network), None)
    reason = explain_missing_interval(calibration, network, milliseconds)
    margin = calibration.margin
    if reason is not None or margin is None:
        return Estimate(network, milliseconds, None, None, reason, measured)
    factor = exp(margin * sqrt(1 + leverage))
    return Estimate(network, milliseconds, milliseconds / factor, milliseconds * factor, None, measured)


def _weigh(calibration: Calibration, network: Network) -> tuple[float, float]:
    """Return the milliseconds of a network, and its leverage: how far its work is from that of the measured ones."""
    import numpy as np

    structure, batch = calibration.structure, calibration.device.batch
    work = measure_work([describe_network(network)], structure.lanes, batch)[0] * select_kinds(structure)
    milliseconds = float(work @ np.array(calibration.rates))
    return milliseconds, float(work @ calibration.inverse @ work) / milliseconds**2 if milliseconds else inf


def explain_missing_interval(calibration: Calibration, network: Network, milliseconds: float) -> str | None:
    """Return why a network's latency has no interval on a device, or None if it has one."""
    if (reason := explain_device(calibration)) is not None:
        return reason
    low, high = calibration.range
    is_inside = low <= milliseconds <= high
    if name_family(network) in calibration.families:
        is_like = _weigh(calibration, network)[1] <= MOST_LEVERAGE
        return explain_outside(calibration) if not is_inside else None if is_like else UNLIKE
    if network.graph is not None:
        file = "a file that is not exactly a built-in network has no family that was measured"
        return file if is_inside else f"{file}, and {explain_outside(calibration)}"
    return explain_family(calibration, is_inside=is_inside)


def explain_device(calibration: Calibration) -> str | None:
    """Return why no latency has an interval on a device, or None if some have one."""
    count = len(calibration.suspicious) - sum(calibration.suspicious)
    if count < LEAST_FOR_INTERVAL:
        agree = " that agree with each other" if any(calibration.suspicious) else ""
        were = "network was" if count == 1 else "networks were"
        return f"{count} {were} measured{agree}, and an interval needs {LEAST_FOR_INTERVAL}"
    if not calibration.is_described:
        return (
            f"the measured networks are missed by {calibration.left_out.mean:.0%} on average when they are left out, "
            f"and above {MOST_ERROR:.0%} no interval is claimed"
        )
    return None


def explain_outside(calibration: Calibration) -> str:
    """Return that an estimate is outside of what was measured on a device, as a clause."""
    low, high = calibration.range
    return f"the estimate is outside of the measured range, {measured_text(low)} to {measured_text(high)} ms"


def explain_family(calibration: Calibration, *, is_inside: bool) -> str:
    """Return that no network of a family was measured on a device, and if the estimate is outside of the range, that.

    Args:
        calibration: the device.
        is_inside: whether the estimate is inside of the measured range.
    """
    if not is_inside:
        return FAMILY_OUTSIDE.format(outside=explain_outside(calibration))
    error = calibration.left_out_family
    known = "" if error is None else f"; families that are left out are missed by {error:.0%} on average"
    return f"no network of its family was measured{known}"


@dataclass(frozen=True)
class GridEstimate:
    """The latencies of a network at many alphas and resolutions, in milliseconds, [alphas, resolutions]."""

    milliseconds: NDArray[Any]
    high: NDArray[Any]
    """The upper ends of 80 percent intervals; NaN if there is none."""


def estimate_grid(
    calibration: Calibration, network: Network, channels: Sequence[Channels], sizes: Sequence[Sizes]
) -> GridEstimate:
    """Return the latencies of a network at many alphas and resolutions.

    Args:
        calibration: the device.
        network: any of these networks, which decides the family.
        channels: what each alpha decides, for networks with the same rows.
        sizes: what each resolution decides.
    """
    import numpy as np

    device, structure = calibration.device, calibration.structure
    work = measure_grid(channels, sizes, structure.lanes, device.batch) * select_kinds(structure)
    milliseconds = work @ np.array(calibration.rates)
    margin, (low, high) = calibration.margin, calibration.range
    if margin is None or name_family(network) not in calibration.families:
        return GridEstimate(milliseconds, np.full_like(milliseconds, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):  # a latency of 0 is outside of what was measured
        leverages = ((work @ calibration.inverse) * work).sum(axis=-1) / milliseconds**2
    inside = (low <= milliseconds) & (milliseconds <= high) & (leverages <= MOST_LEVERAGE)
    highest = milliseconds * np.exp(margin * np.sqrt(1 + np.where(inside, leverages, 0)))
    return GridEstimate(milliseconds, np.where(inside, highest, np.nan))
