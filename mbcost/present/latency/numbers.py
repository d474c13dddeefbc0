"""Milliseconds, rates and errors, for people and in JSON."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any

from mbcost.present.table import Cell, Spelled

if TYPE_CHECKING:
    from mbcost.questions.latency.calibrate import Calibration, Errors
    from mbcost.spec.device import MeasuredDevice

DIGITS = 4
"""The significant digits of a number that is estimated."""


def spell(value: float, digits: int = DIGITS) -> str:
    """Spell a positive number with significant digits, without an exponent.

    >>> spell(0.0123456), spell(6.2), spell(123456.7), spell(9.99996)
    ('0.01235', '6.200', '123,500', '10.00')
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.{max(0, digits - 1 - floor(log10(abs(rounded))))}f}"


def milliseconds_cell(value: float | None) -> Cell:
    """Return the cell of a latency; Python programs read it unrounded."""
    return None if value is None else Spelled(spell(value).replace(",", ""), value)


def as_measured(value: float) -> Spelled:
    """Return the cell of a latency as it was measured, with its own digits, at most six."""
    return Spelled(f"{float(f'{value:.6g}'):.10f}".rstrip("0").rstrip("."), value)


def percent_cell(share: float | None) -> Cell:
    """Return the cell of a share in percent, with one decimal."""
    return None if share is None else Spelled(f"{round(100 * share, 1) + 0.0:.1f}", 100 * share)  # no -0.0


def round_json(value: float | None, digits: int = DIGITS) -> float | None:
    """Return a number for JSON: rounded, so that it is the same on every processor."""
    return None if value is None else float(f"{value:.{digits}g}")


def errors_json(errors: Errors) -> dict[str, Any]:
    """Return relative errors for JSON: in percent, and the share of those within 10%."""
    return {
        "mean": round_json(100 * errors.mean),
        "p90": round_json(100 * errors.p90),
        "worst": round_json(100 * errors.worst),
        "within_10": round_json(errors.within_10),
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
