"""The built-in devices, and the profiles of runtimes, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mbcost.present.latency.words import errors_json, percent_cell
from mbcost.present.table import Column, Table, build_table
from mbcost.questions.latency.calibrate import MOST_ERROR
from mbcost.questions.latency.summaries import Summary
from mbcost.spec.device import Profile

ERRORS = (
    "error: the mean error of a network's latency when the other networks of the device predict it; mult-adds: the "
    "same if the latency is taken as proportional to mult-adds"
)


def as_table(summaries: Sequence[Summary], profiles: int = 0) -> Table:
    """Return one row per device.

    Args:
        summaries: the devices.
        profiles: how many profiles of runtimes there are.
    """
    columns = (
        Column[Summary]("name", "name", lambda item: item.name),
        Column[Summary]("device", "device", lambda item: item.device, spare=3),
        Column[Summary]("runtime", "runtime", lambda item: item.runtime, spare=2),
        Column[Summary]("dtype", "dtype", lambda item: item.dtype or None, spare=4),
        Column[Summary]("threads", "threads", lambda item: item.threads or None, spare=5),
        Column[Summary]("batch", "batch", lambda item: item.batch, numeric=True, spare=6),
        Column[Summary]("points", "points", lambda item: item.points, numeric=True),
        Column[Summary]("suspicious", "suspicious", lambda item: item.suspicious, numeric=True, spare=7),
        Column[Summary](
            "left_out_percent", "error %", lambda item: percent_cell(item.left_out.mean), numeric=True
        ),
        Column[Summary](
            "mult_adds_alone_percent", "mult-adds %", lambda item: percent_cell(item.mult_adds_alone.mean), numeric=True
        ),
        Column[Summary](
            "within_10_percent", "within 10%", lambda item: percent_cell(item.left_out.within_10), numeric=True, spare=1
        ),
    )  # fmt: skip
    bad = [item.name for item in summaries if item.left_out.mean > MOST_ERROR]
    notes = [ERRORS]
    if bad:
        notes.append(f"above {MOST_ERROR:.0%} the model does not describe the device: {', '.join(bad)}")
    notes.append("mbcost devices NAME shows a device network by network")
    if profiles:
        notes.append(
            f"{profiles} profiles of runtimes, for a device with one to seven measured networks: "
            "mbcost devices --profiles lists them"
        )
    return build_table(f"{len(summaries)} measured devices", columns, summaries, notes=notes)


def profiles_table(profiles: Sequence[Profile]) -> Table:
    """Return one row per profile."""
    columns = (
        Column[Profile]("name", "name", lambda item: item.name),
        Column[Profile]("title", "profile", lambda item: item.title, spare=2),
        Column[Profile]("runtime", "runtime", lambda item: item.runtime, spare=3),
        Column[Profile]("dtype", "dtype", lambda item: item.dtype or None, spare=4),
        Column[Profile]("threads", "threads", lambda item: item.threads or None, spare=5),
        Column[Profile]("devices", "devices", lambda item: len(item.devices), numeric=True),
        Column[Profile]("networks", "networks", lambda item: " ".join(row.label for row in item.networks), spare=1),
    )
    notes = ("mbcost latency NET --device FILE --like NAME scales a profile by the networks that FILE has measured",)
    return build_table(f"{len(profiles)} profiles of runtimes", columns, profiles, notes=notes)


def as_json(summaries: Sequence[Summary]) -> dict[str, Any]:
    """Return the object of `mbcost devices --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/devices/1",
        "units": {"mean": "%", "p90": "%", "worst": "%", "within_10": "share"},
        "devices": [
            {
                "name": item.name,
                "device": item.device,
                "runtime": item.runtime,
                "dtype": item.dtype,
                "threads": item.threads,
                "batch": item.batch,
                "points": item.points,
                "suspicious": item.suspicious,
                "left_out": errors_json(item.left_out),
                "mult_adds_alone": errors_json(item.mult_adds_alone),
            }
            for item in summaries
        ],
    }


def profiles_json(profiles: Sequence[Profile]) -> dict[str, Any]:
    """Return the object of `mbcost devices --profiles --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/profiles/1",
        "profiles": [
            {
                "name": item.name,
                "title": item.title,
                "runtime": item.runtime,
                "dtype": item.dtype,
                "threads": item.threads,
                "statistic": item.statistic,
                "source": item.source,
                "note": item.note,
                "networks": [row.label for row in item.networks],
                "devices": [device.device for device in item.devices],
            }
            for item in profiles
        ],
    }
