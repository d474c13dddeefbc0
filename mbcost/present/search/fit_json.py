"""What fits a device, as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.present.search.latency import calibration_json, round_estimate
from mbcost.present.search.sweep_json import record
from mbcost.questions.search.answer import Fit, Fitting, Miss
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.limits import Limit


def as_json(answer: Fit) -> dict[str, Any]:
    """Return the object of `mbcost fit --format json`."""
    return {
        "schema": "mbcost/fit/2",
        "convention": answer.rules.convention.name,
        "allocator": answer.rules.allocator,
        "dtype": answer.rules.dtype,
        "units": {
            "params": "parameters", "mult_adds": "multiply-adds", "memory": "bytes", "flash": "bytes",
            "top1": "percent", "milliseconds": "ms",
        },
        "device": calibration_json(answer.calibration),
        "limits": [
            {
                "quantity": limit.quantity,
                "value": limit.value,
                "at_least": limit.at_least,
                "device": limit.device or None,
            }
            for limit in answer.limits
        ],
        "rank": answer.rank,
        "listing": answer.listing,
        "tried": answer.tried,
        "fitting": answer.fitting,
        "sure": answer.sure,
        "laid_out": answer.laid_out,
        "given_up": answer.gave_up,
        "front": answer.front_size,
        "missing": list(answer.missing),
        "configurations": [_fitting_json(answer, fitting) for fitting in answer.best],
        "released": [_fitting_json(answer, fitting) for fitting in answer.released],
        "may_fit": None if answer.may_fit is None else _fitting_json(answer, answer.may_fit),
        "nearest": _miss_json(answer.nearest),
        "nearest_released": _miss_json(answer.nearest_released),
        "impossible": [
            {"quantity": limit.quantity, "least": None if nearest is None else limit.read(nearest)}
            for limit, nearest in answer.impossible
        ],
        "reliefs": [
            {
                "quantity": relief.limit.quantity,
                "needs": None if relief.configuration is None else relief.limit.read(relief.configuration),
                "configuration": None if relief.configuration is None else _configuration_json(relief.configuration),
                "given_up": relief.gave_up,
            }
            for relief in answer.reliefs
        ],
    }  # fmt: skip


def _fitting_json(answer: Fit, fitting: Fitting) -> dict[str, Any]:
    return {
        **_configuration_json(fitting.configuration),
        "fits": "yes" if fitting.is_sure else "maybe",
        "same_at": [list(resolution) for resolution in fitting.equal_resolutions],
        "binding": None if fitting.binding is None else fitting.binding.quantity,
        "left": {limit.quantity: _measure_left(limit, fitting.configuration) for limit in answer.limits},
        "front": fitting.on_front,
        "reasons": [reason for reason in (fitting.why_no_top1, fitting.why_no_interval) if reason is not None],
    }


def _configuration_json(configuration: Configuration) -> dict[str, Any]:
    known = configuration.estimated
    return {
        **record(configuration),
        "top1": round_estimate(known.top1),
        "top1_low": round_estimate(known.top1_low),
        "top1_high": round_estimate(known.top1_high),
        "top1_exact": configuration.checkpoint is not None,
        "milliseconds": round_estimate(known.milliseconds),
        "milliseconds_high": round_estimate(known.milliseconds_high),
    }


def _miss_json(miss: Miss | None) -> dict[str, Any] | None:
    if miss is None:
        return None
    return {
        **_configuration_json(miss.configuration),
        "misses": {limit.quantity: _measure_excess(limit, miss.configuration) for limit in miss.broken},
        "layer": miss.layer,
    }


def _measure_excess(limit: Limit, configuration: Configuration) -> int | float | None:
    """Return by how much a limit is broken, as a number for JSON; None if its value is not known."""
    excess = limit.measure_excess(configuration)
    if excess is None or excess.denominator == 1:
        return None if excess is None else int(excess)
    return round_estimate(float(excess))


def _measure_left(limit: Limit, configuration: Configuration) -> int | float | None:
    excess = _measure_excess(limit, configuration)
    return None if excess is None else -excess
