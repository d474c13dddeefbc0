"""What the commands about latency spell alike: networks, measured times, errors and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbcost.present.estimates import ERROR_DIGITS, round_json
from mbcost.present.table import Cell, Spelled
from mbcost.spec.shown import measured_text

if TYPE_CHECKING:
    from mbcost.analytic.network import Network
    from mbcost.questions.latency.calibrate import Calibration
    from mbcost.questions.latency.errors import Errors
    from mbcost.spec.device import MeasuredDevice


def label_text(network: Network) -> str:
    """Spell a network with all its settings, without the implementation that is its default.

    >>> from mbcost.analytic.reference import resolve_reference
    >>> label_text(resolve_reference("v2")), label_text(resolve_reference("v2:keras"))
    ('v2@1/224', 'v2@1/224:keras')
    """
    reference, comma, settings = network.label.partition(", ")
    return reference.removesuffix(f":{network.spec.default_implementation}") + comma + settings


def measured_cell(value: float | None) -> Cell:
    """Return the cell of a latency as it was measured, with its own digits, at most six."""
    return None if value is None else Spelled(measured_text(value).replace(",", ""), value)


def percent_cell(share: float | None) -> Cell:
    """Return the cell of a share in percent, with one decimal."""
    return None if share is None else Spelled(f"{round(100 * share, 1) + 0.0:.1f}", 100 * share)  # no -0.0


def percent_json(share: float | None) -> float | None:
    """Return an error for JSON, in percent."""
    return None if share is None else round_json(100 * share, ERROR_DIGITS)


def errors_json(errors: Errors) -> dict[str, Any]:
    """Return relative errors for JSON: in percent, and the share of those within 10%."""
    return {
        "mean": percent_json(errors.mean),
        "p90": percent_json(errors.p90),
        "worst": percent_json(errors.worst),
        "within_10": round_json(errors.within_10, ERROR_DIGITS),
    }


def errors_text(errors: Errors) -> str:
    """Spell relative errors in words."""
    return (
        f"mean error {errors.mean:.1%}, 90th percentile {errors.p90:.1%}, worst {errors.worst:.1%}, "
        f"{errors.within_10:.0%} within 10%"
    )


def describe_others(calibration: Calibration) -> str:
    """Return by which networks each one is predicted for the error: suspicious ones predict nothing."""
    suspicious = sum(calibration.suspicious)
    if not suspicious:
        return f"the other {len(calibration.suspicious) - 1}"
    return f"the others without the {'suspicious one' if suspicious == 1 else f'{suspicious} suspicious ones'}"


def describe_device(device: MeasuredDevice) -> str:
    """Return the words that identify a device above a table."""
    threads = f"threads {device.threads}" if device.threads else ""
    batch = f"batch {device.batch}" if device.batch != 1 else ""
    return "  ".join(filter(None, (device.device, device.runtime, device.dtype, threads, batch, device.statistic)))
