"""How `sweep` and `fit` show latencies: their cells, their errors, and why there is no interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mbcost.present.estimates import round_json
from mbcost.present.search.words import MOST_NAMED, name_configuration
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.estimate import explain_missing_interval
from mbcost.questions.search.configurations import Configuration
from mbcost.spec.shown import join_words


def note_calibration(calibration: Calibration) -> str:
    """Return the device and the errors of its predictions."""
    device, errors = calibration.device, calibration.left_out
    runtime = f", {device.runtime}" if device.runtime else ""
    return "; ".join((
        f"ms: predicted from {len(calibration.points)} networks measured on {device.device}{runtime}; each predicted "
        f"by the others, the mean error is {errors.mean:.1%}, and {calibration.mult_adds_alone.mean:.1%} by mult-adds "
        "alone; at most ms: the upper end of an 80% interval",
        *calibration.resolved.unused,
    ))  # fmt: skip


def calibration_json(calibration: Calibration | None) -> dict[str, Any] | None:
    """Return the device with the mean errors of its predictions, in percent."""
    if calibration is None:
        return None
    return {
        "name": calibration.device.name,
        "device": calibration.device.device,
        "runtime": calibration.device.runtime or None,
        "points": len(calibration.points),
        "left_out": round_json(100 * calibration.left_out.mean),
        "mult_adds_alone": round_json(100 * calibration.mult_adds_alone.mean),
    }


def list_reasons(calibration: Calibration, configurations: Iterable[Configuration]) -> list[str | None]:
    """Return for every configuration why its latency has no interval, or None if it has one."""
    reasons: list[str | None] = []
    networks: list[tuple[Any, Any]] = []
    for configuration in configurations:
        known = configuration.estimated
        if known.milliseconds is None or known.milliseconds_high is not None:
            reasons.append(None)
            continue
        # Mostly the family or the latency decides, and a series is one family; building a network takes a millisecond.
        if not networks or networks[-1][0] is not configuration.series:
            networks.append((configuration.series, configuration.network))
        reason = explain_missing_interval(calibration, networks[-1][1], known.milliseconds)
        reasons.append(reason or explain_missing_interval(calibration, configuration.network, known.milliseconds))
    return reasons


def note_reasons(calibration: Calibration, configurations: Sequence[Configuration]) -> Iterator[str]:
    """Yield why rows have no interval, one line per reason."""
    rows: dict[str, list[Configuration]] = {}
    for configuration, reason in zip(configurations, list_reasons(calibration, configurations), strict=True):
        if reason is not None:
            rows.setdefault(reason, []).append(configuration)
    for reason, without in rows.items():
        yield f"{name_rows([name_configuration(row) for row in without[: MOST_NAMED + 1]])}: {word_reason(reason)}"


def name_rows(names: Sequence[str]) -> str:
    """Return the names of rows, the first of them if there are many."""
    return join_words(names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], "others"])


def word_reason(reason: str) -> str:
    """Return the reason why a latency has no interval, as a sentence about rows."""
    return f"the latency has no interval: {reason}"
