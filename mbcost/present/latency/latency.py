"""The latencies of networks on a device, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mbcost.present.estimates import milliseconds_cell, round_json
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
from mbcost.present.names import (
    describe,
    implementation_cell,
    list_totals_notes,
    name_text,
    own_alpha_cell,
    resolution_cell,
)
from mbcost.present.table import Cell, Column, Table, build_table
from mbcost.questions.latency.latency import Latencies, Latency
from mbcost.spec.shown import significant_text

if TYPE_CHECKING:
    from mbcost.questions.latency.profile import ScaledProfile

BY_LAYER = (
    "an estimate only: whole networks were measured, so no error is known for a single layer, and times of work that "
    "occurs together, such as depthwise multiply-adds and their maps, are determined only in sum"
)
INTERVAL = "low, high: 80% interval, from the errors of the measured networks when they are left out"
COLUMNS: tuple[Column[Latency], ...] = (
    Column("network", "network", lambda item: label_text(item.network), only="people"),
    Column("network", "network", lambda item: name_text(item.network), only="data"),
    Column("alpha", "alpha", lambda item: own_alpha_cell(item.network), only="data"),
    Column("resolution", "resolution", lambda item: resolution_cell(item.network.resolution), only="data"),
    Column("implementation", "implementation", lambda item: implementation_cell(item.network), only="data"),
    Column("latency_ms", "ms", lambda item: milliseconds_cell(item.milliseconds), numeric=True),
    Column("latency_low_ms", "low", lambda item: milliseconds_cell(item.low), numeric=True),
    Column("latency_high_ms", "high", lambda item: milliseconds_cell(item.high), numeric=True),
    Column("error_percent", "error %", lambda item: percent_cell(item.error), numeric=True),
    Column("measured_ms", "measured ms", lambda item: measured_cell(item.measured), numeric=True, spare=2),
    Column("nearest", "nearest measured", lambda item: item.nearest.label, spare=3),
    Column("nearest_ms", "its ms", lambda item: measured_cell(item.nearest.milliseconds), numeric=True, spare=4),
    Column("reason", "reason", lambda item: item.reason, only="data"),
)
LAYER_COLUMNS: tuple[Column[tuple[str, float]], ...] = (
    Column("layer", "layer", lambda row: row[0]),
    Column("latency_ms", "ms", lambda row: milliseconds_cell(row[1]), numeric=True),
)


def as_table(answer: Latencies) -> Table:
    """Return one row per network."""
    return build_table(describe_device(answer.device), COLUMNS, answer.estimates, notes=tuple(_list_notes(answer)))


def layers_table(answer: Latencies, layers: Sequence[tuple[str, float]]) -> Table:
    """Return one row per layer of the only network, with the total."""
    (estimate,) = answer.estimates
    footer: dict[str, Cell] = {"layer": "total", "latency_ms": milliseconds_cell(estimate.milliseconds)}
    title = f"{label_text(estimate.network)} on {describe_device(answer.device)}"
    return build_table(title, LAYER_COLUMNS, layers, footer, (BY_LAYER, *_list_notes(answer)))


def as_json(
    answer: Latencies, names: Sequence[str] = (), layers: Sequence[tuple[str, float]] | None = None
) -> dict[str, Any]:
    """Return the object of `mbcost latency --format json`, described in docs/json.md.

    Args:
        answer: the latencies.
        names: the networks as the user wrote them; by default, as mbcost spells them.
        layers: the milliseconds per layer, if they were asked for.
    """
    device, scaled = answer.device, answer.scaled
    labels = names or [label_text(item.network) for item in answer.estimates]
    return {
        "schema": "mbcost/latency/1",
        "name": device.name,
        "device": device.device,
        **{key: getattr(device, key) for key in ("runtime", "dtype", "threads", "batch", "statistic")},
        "like": None if scaled is None else scaled.profile.name,
        "points": answer.points,
        "units": {"ms": "ms", "low": "ms", "high": "ms", "measured": "ms", "error": "%", "mean": "%"},
        "left_out": None if answer.left_out is None else errors_json(answer.left_out),
        "estimates": [
            _estimate_json(item, label) for item, label in zip(answer.estimates, labels, strict=True)
        ],
        "layers": None if layers is None else [{"name": name, "ms": round_json(ms)} for name, ms in layers],
        "notes": list(list_doubts(answer)),
    }  # fmt: skip


def note_errors(answer: Latencies) -> tuple[str, ...]:
    """Return what has to stand beside milliseconds of layers: that they are estimates, and the errors of the total."""
    (estimate,) = answer.estimates
    total = f"no interval of the total: {estimate.reason}"
    if estimate.low is not None and estimate.high is not None:
        total = f"80% interval of the total: {significant_text(estimate.low)} to {significant_text(estimate.high)} ms"
    errors = (note for note in _list_notes(answer) if note.startswith("error: "))
    return (f"ms on {describe_device(answer.device)}: {BY_LAYER}", *errors, total)


def _estimate_json(item: Latency, label: str) -> dict[str, Any]:
    details = describe(item.network)
    return {
        "network": label,
        **{key: value for key, value in details.items() if key != "network"},
        "ms": round_json(item.milliseconds),
        "low": round_json(item.low),
        "high": round_json(item.high),
        "reason": item.reason,
        "error": percent_json(item.error),
        "measured": round_json(item.measured, 10),
        "nearest": {"network": item.nearest.label, "measured": round_json(item.nearest.milliseconds, 10)},
    }


def _list_notes(answer: Latencies) -> Iterator[str]:
    estimates = answer.estimates
    if answer.left_out is not None and answer.calibration is not None:
        count, others = len(answer.calibration.sample), describe_others(answer.calibration)
        yield f"error: each of the {count} measured networks, predicted by {others}: {errors_text(answer.left_out)}"
    if any(item.low is not None for item in estimates):
        yield INTERVAL
    reasons: dict[str, list[str]] = {}
    for item in estimates:
        if item.reason is not None:
            reasons.setdefault(item.reason, []).append(label_text(item.network))
    for reason, labels in reasons.items():
        yield f"no interval for {', '.join(labels)}: {reason}"
    yield from list_totals_notes([item.network for item in estimates])
    yield from list_doubts(answer)


def list_doubts(answer: Latencies) -> Iterator[str]:
    """Yield which measurements of the device are not used, or doubtful, and do not fit a file, a sentence each."""
    if answer.calibration is not None:
        calibration = answer.calibration
        rows = zip(calibration.resolved.measured, calibration.suspicious, strict=True)
        if labels := [row.label for (row, _), suspicious in rows if suspicious]:
            yield f"not used, because it does not agree with the other measurements: {', '.join(labels)}"
        yield from calibration.resolved.notes
    if answer.scaled is not None:
        yield from answer.scaled.resolved.notes
        yield from _compare_profile(answer.scaled)
    yield from _compare_dtypes(answer)


def _compare_dtypes(answer: Latencies) -> Iterator[str]:
    """Yield which files compute in another dtype than the networks that were measured."""
    measured = answer.device.dtype
    for item in answer.estimates:
        dtype = "" if item.network.graph is None else item.network.graph.dtype
        if dtype and measured and dtype != measured:
            name = label_text(item.network)
            yield f"{name} computes in {dtype}, the device was measured in {measured}: its time can be very different"


def _compare_profile(scaled: ScaledProfile) -> Iterator[str]:
    """Yield how well a profile agrees with the device that it is scaled to."""
    profile, device = scaled.profile, scaled.resolved.device
    if device.runtime and device.runtime.split()[0].lower() != profile.runtime.split()[0].lower():
        yield (
            f"the profile {profile.name} is of {profile.runtime}, and the device's runtime is {device.runtime}: "
            "the error is not known for different runtimes"
        )
    if len(scaled.ratios) > 1:
        errors = [abs(ratio - 1) for ratio in scaled.ratios]
        yield (
            f"the scaled profile misses the {len(errors)} networks that were measured here by "
            f"{sum(errors) / len(errors):.0%} on average"
        )
