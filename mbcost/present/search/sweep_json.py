"""Configurations over alpha and resolution, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mbcost.present.names import count_outputs
from mbcost.present.search.sweep import read_top1, round_known
from mbcost.questions.search.configurations import Configuration, CountingRules

if TYPE_CHECKING:
    from mbcost.questions.latency.calibrate import Calibration


def as_json(
    configurations: Iterable[Configuration],
    rules: CountingRules,
    *,
    alphas: int,
    networks: int,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """Return the object of `mbcost sweep --format json`."""
    answer = {
        "schema": "mbcost/sweep/1",
        "convention": rules.convention.name,
        "allocator": rules.allocator,
        "dtype": rules.dtype,
        "units": {
            "params": "parameters",
            "mult_adds": "multiply-adds",
            "memory": "bytes",
            "flash": "bytes",
            "top1": "%",
        },
        "alphas": alphas,
        "networks": networks,
        "configurations": [record(configuration) for configuration in configurations],
    }
    return answer if calibration is None else _add_latencies(answer, tuple(configurations), calibration)


def _add_latencies(
    answer: dict[str, Any], configurations: Sequence[Configuration], calibration: Calibration
) -> dict[str, Any]:
    """Return the answer with the device, its errors, and the latency of every configuration."""
    from mbcost.present.search.latency import calibration_json, list_reasons

    reasons = list_reasons(calibration, configurations)
    return {
        **answer,
        "units": {**answer["units"], "milliseconds": "ms"},
        "device": calibration_json(calibration),
        "configurations": [
            {
                **item,
                "milliseconds": round_known(point.estimated.milliseconds),
                "milliseconds_high": round_known(point.estimated.milliseconds_high),
                "reason": reason,
            }
            for item, point, reason in zip(answer["configurations"], configurations, reasons, strict=True)
        ],
    }


def record(configuration: Configuration) -> dict[str, Any]:
    """Return one configuration as a JSON object."""
    plateau, series = configuration.plateau, configuration.series
    return {
        "network": series.spec.name,
        "alpha": plateau.alpha,
        "alpha_range": [plateau.least, plateau.most],
        "resolution": list(configuration.resolution),
        "implementation": series.implementation.name,
        "classes": count_outputs(series.spec, series.classes),
        "head": series.spec.head or None,
        "in_channels": series.in_channels,
        "mult_adds": configuration.mult_adds,
        "params": configuration.params,
        "memory": configuration.memory,
        "flash": configuration.flash,
        "top1": read_top1(configuration),
    }
