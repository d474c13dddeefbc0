"""A calibrated device as its page, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mbcost.present.estimates import ERROR_DIGITS, milliseconds_cell, round_json
from mbcost.present.latency.words import (
    describe_device,
    describe_others,
    errors_json,
    errors_text,
    label_text,
    measured_cell,
    percent_cell,
    percent_json,
)
from mbcost.present.table import Cell, Column, Table, build_table
from mbcost.questions.latency.calibrate import LEAST_FOR_INTERVAL, MOST_ERROR, Calibration, Point
from mbcost.questions.latency.page import COMPUTED, COUNTED, MOVED, Page, Rate
from mbcost.spec.shown import significant_text

Row = tuple[Point, float | None]
"""A measured network, and the lower bound of its time in milliseconds."""
COLUMNS: tuple[Column[Row], ...] = (
    Column("network", "network", lambda row: row[0].row.label),
    Column("measured_ms", "measured ms", lambda row: measured_cell(row[0].milliseconds), numeric=True),
    Column("predicted_ms", "predicted ms", lambda row: milliseconds_cell(row[0].predicted), numeric=True),
    Column("error_percent", "error %", lambda row: percent_cell(row[0].ratio - 1), numeric=True),
    Column("suspicious", "suspicious", lambda row: row[0].suspicious),
    Column("bound_ms", "at least ms", lambda row: milliseconds_cell(row[1]), numeric=True, spare=2),
    Column("times_bound", "times", lambda row: _times(row), numeric=True, spare=1),
)
"""The last two are shown for a device with a data sheet."""
LABELS: Mapping[str, str] = {
    "dense": "dense multiply-adds",
    "weights": "weights",
    "vector weights": "weights that are used for one position, in addition",
    "fully connected weights": "weights of fully connected layers, in addition",
    "layers": "per layer",
    "vector layers": "per layer of one position, in addition",
    "smooth activations": "maps through a swish or sigmoid",
    "separate layers": "per separate norm or activation",
    "separate elements": "maps that these read and write",
}
"""A kind of work whose rate is determined -> what the page calls it."""
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def as_table(page: Page) -> Table:
    """Return one row per measured network, with what its latency would be if the others predicted it."""
    calibration = page.calibration
    columns = COLUMNS if any(bound is not None for bound in page.bounds) else COLUMNS[:-2]
    rows = list(zip(calibration.points, page.bounds, strict=True))
    return build_table(
        describe_device(page.device), columns, rows, notes=tuple(_list_notes(page)), lead=_list_lead(calibration)
    )


def as_json(page: Page) -> dict[str, Any]:
    """Return the object of `mbcost calibrate --format json`, described in docs/json.md."""
    calibration, device, advice = page.calibration, page.device, page.advice
    groups = ("left_out_alpha", "left_out_resolution", "left_out_family")
    return {
        "schema": "mbcost/calibration/1",
        "name": device.name,
        "device": device.device,
        **{
            key: getattr(device, key) for key in ("runtime", "dtype", "threads", "batch", "statistic", "source", "note")
        },
        "units": {"measured": "ms", "predicted": "ms", "bound": "ms", "error": "%", "mean": "%", "within_10": "share"},
        "points": len(calibration.sample),
        "left_out": errors_json(calibration.left_out),
        "mult_adds_alone": errors_json(calibration.mult_adds_alone),
        **{key: percent_json(getattr(calibration, key)) for key in groups},
        "described": calibration.is_described,
        "interval": calibration.margin is not None,
        "structure": {"lanes": calibration.structure.lanes, "unfused": calibration.structure.unfused},
        "rates": [_rate_json(rate) for rate in page.rates],
        "rows": [
            {
                "network": point.row.label,
                "measured": round_json(point.milliseconds, 10),
                "predicted": round_json(point.predicted),
                "error": percent_json(point.ratio - 1),
                "suspicious": point.suspicious,
                "bound": round_json(bound, ERROR_DIGITS),
            }
            for point, bound in zip(calibration.points, page.bounds, strict=True)
        ],
        "planned": [row.label for row, _ in calibration.resolved.planned],
        "next": None
        if advice is None
        else {
            "networks": [label_text(network) for network in advice.networks],
            "error": percent_json(advice.error),
            "error_after": percent_json(advice.error_after),
        },
        "notes": list(calibration.resolved.notes),
    }


def _list_lead(calibration: Calibration) -> Iterator[str]:
    """Yield the sentences above the table: how large the errors are."""
    count = len(calibration.sample)
    if not calibration.is_described:
        yield (
            f"This model does not describe the device: networks that are left out are missed by "
            f"{calibration.left_out.mean:.0%} on average. Above {MOST_ERROR:.0%} no interval is claimed."
        )
    others = describe_others(calibration)
    yield f"Each of the {count} networks, predicted by {others}: {errors_text(calibration.left_out)}."
    yield f"By mult-adds alone: {errors_text(calibration.mult_adds_alone)}."
    yield _describe_groups(calibration)


def _describe_groups(calibration: Calibration) -> str:
    groups = {
        "alpha": calibration.left_out_alpha,
        "resolution": calibration.left_out_resolution,
        "family": calibration.left_out_family,
    }
    errors = [f"{name} {'unknown' if error is None else f'{error:.1%}'}" for name, error in groups.items()]
    return f"Mean error if all networks with one of these are left out together: {', '.join(errors)}."


def _list_notes(page: Page) -> Iterator[str]:
    calibration, device = page.calibration, page.device
    yield _describe_structure(calibration)
    yield from _describe_rates(page)
    if any(bound is not None for bound in page.bounds):
        yield f"at least: the lower bound of mbcost roofline --device {device.sheet}; times: measured / at least"
    if any(calibration.suspicious):
        yield "suspicious (*): does not agree with the others, and is not used for any prediction: measure it again"
    yield from calibration.resolved.notes
    if calibration.resolved.planned:
        yield f"not measured yet: {', '.join(row.label for row, _ in calibration.resolved.planned)}"
    if calibration.is_described and calibration.margin is None:
        yield f"{len(calibration.residuals)} networks are too few for an interval, which needs {LEAST_FOR_INTERVAL}"
    if page.advice is not None:
        labels = " and ".join(label_text(network) for network in page.advice.networks)
        yield (
            f"measure next: {labels}; the expected mean error over the networks of a plan falls from "
            f"{page.advice.error:.1%} to {page.advice.error_after:.1%}"
        )
    yield from filter(None, (device.note and f"note: {device.note}", device.source and f"source: {device.source}"))


def _describe_structure(calibration: Calibration) -> str:
    structure, device = calibration.structure, calibration.device
    lanes = (
        "channels are not rounded up"
        if structure.lanes == 1
        else f"channels take the time of the next multiple of {structure.lanes}"
    )
    fused = "are separate passes over their maps" if structure.unfused else "take no time of their own"
    known = device.lanes is not None and device.unfused is not None
    return f"structure {'stated' if known else 'found'}: {lanes}; norms and activations {fused}"


def _describe_rates(page: Page) -> Iterator[str]:
    rates = [_rate_text(rate) for rate in page.rates if rate.is_determined]
    if rates:
        yield f"fitted: {'; '.join(rates)}"
    if any(not rate.is_determined for rate in page.rates):
        yield (
            "depthwise multiply-adds and the maps that are moved grow together: only the sum of their times is "
            "determined, so their rates are not shown"
        )


def _rate_text(rate: Rate) -> str:
    if rate.unit == COUNTED:
        return f"{LABELS[rate.kind]} {significant_text(1e6 / rate.per_second, 3)} us"
    unit = "/s" if rate.unit == COMPUTED else "B/s" if rate.unit == MOVED else " elements/s"
    text = f"{LABELS[rate.kind]} {_scale(rate.per_second)}{unit}"
    return text if rate.peak is None else f"{text} (data sheet: at most {_scale(rate.peak)}{unit})"


def _scale(value: float) -> str:
    """Spell a rate with three digits and a decimal prefix."""
    factor, prefix = next(((factor, prefix) for factor, prefix in _PREFIXES if value >= factor), (1.0, ""))
    return f"{significant_text(value / factor, 3)} {prefix}"


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {
        "kind": rate.kind,
        "meaning": rate.meaning,
        "unit": f"{rate.unit} per second",
        "per_second": round_json(rate.per_second, ERROR_DIGITS),
        "peak": rate.peak,
        "determined": rate.is_determined,
    }


def _times(row: Row) -> Cell:
    point, bound = row
    return None if bound is None else milliseconds_cell(point.milliseconds / bound)
