"""Verdicts on published figures as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from mbcost.present.names import reference_text
from mbcost.present.table import Column, Table, build_table, decimal
from mbcost.questions.published.verdict import STATUSES, Verdict
from mbcost.questions.published.verdicts import Summary, count_statuses, summarize
from mbcost.spec.table import CLASSES


def as_table(verdicts: Sequence[Verdict]) -> Table:
    """Return one row per figure, with the summary of each source as a note."""
    columns = (
        Column[Verdict]("id", "figure", lambda verdict: verdict.figure.id),
        Column[Verdict]("network", "network", _network),
        Column[Verdict]("quantity", "quantity", lambda verdict: verdict.figure.quantity.replace("_", "-"), spare=4),
        Column[Verdict]("printed", "printed", _printed, numeric=True),
        Column[Verdict]("ours", "ours", _ours, numeric=True),
        Column[Verdict]("verdict", "verdict", lambda verdict: verdict.status),
        Column[Verdict]("convention", "convention", lambda verdict: verdict.convention),
        Column[Verdict]("rounding", "printed as", lambda verdict: verdict.rounding, spare=3),
        Column[Verdict]("built", "built as", _built, spare=2),
        Column[Verdict]("reason", "reason", lambda verdict: verdict.reason or None, spare=1),
    )
    counts = _counts_text(count_statuses(verdicts))
    title = f"{len(verdicts)} published figures" + (f": {counts}" if counts else "")
    notes = [f"{summary.source}: {_counts_text(summary.counts)}" for summary in summarize(verdicts)]
    return build_table(title, columns, verdicts, notes=notes)


def summary_table(verdicts: Sequence[Verdict]) -> Table:
    """Return one row per source."""
    titles = {verdict.figure.source.name: verdict.figure.source.title for verdict in verdicts}
    columns = (
        Column[Summary]("source", "source", lambda summary: summary.source),
        *(_status_column(status) for status in STATUSES),
        Column[Summary]("title", "title", lambda summary: titles[summary.source], spare=1),
    )
    counts = {_key(status): count for status, count in count_statuses(verdicts).items()}
    return build_table("Published figures by source", columns, summarize(verdicts), {"source": "total", **counts})


def _status_column(status: str) -> Column[Summary]:
    return Column(_key(status), status, lambda summary: summary.counts[status], numeric=True)


def _key(status: str) -> str:
    return status.replace(" ", "_")


def _counts_text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)


def as_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the object of `mbcost published --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/published/1",
        "figures": [_verdict(verdict) for verdict in verdicts],
        "summary": [_summary(summary) for summary in summarize(verdicts)],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    figure = verdict.figure
    return {
        "id": figure.id,
        "source": figure.source.name,
        "table": figure.table,
        "row": figure.row,
        "net": figure.net,
        "alpha": figure.alpha,
        "resolution": None if figure.resolution is None else list(figure.resolution),
        "quantity": figure.quantity,
        "printed": figure.value,
        "unit": figure.unit,
        "verdict": verdict.status,
        "ours": None if verdict.ours is None else _exact(verdict.ours),
        "network": verdict.network,
        "implementation": verdict.implementation,
        "classes": verdict.classes,
        "convention": verdict.convention,
        "rounding": verdict.rounding,
        "departures": list(verdict.departures),
        "chance": None if verdict.chance is None else round(verdict.chance, 6),
        "reason": verdict.reason,
        "note": figure.note,
    }


def _summary(summary: Summary) -> dict[str, Any]:
    return {"source": summary.source, "counts": dict(summary.counts), "readings": list(summary.readings)}


def _exact(value: Fraction) -> int | list[int]:
    """Return a whole number, or a share as numerator and denominator."""
    return value.numerator if value.denominator == 1 else [value.numerator, value.denominator]


def _printed(verdict: Verdict) -> str:
    return f"{verdict.figure.value} {verdict.figure.unit}".removesuffix(" 1")


def _ours(verdict: Verdict) -> int | str | None:
    """Return our number: a whole number, or a share in percent."""
    if verdict.ours is None:
        return None
    return verdict.ours.numerator if verdict.ours.denominator == 1 else f"{decimal(verdict.ours * 100, 3)} %"


def _network(verdict: Verdict) -> str:
    return reference_text(verdict.figure.net, verdict.figure.alpha, verdict.figure.resolution)


def _built(verdict: Verdict) -> str | None:
    """Return the implementation, with the network and the classes if they differ from the usual ones."""
    if verdict.network is None:
        return None
    classes = "" if verdict.classes in (None, CLASSES) else f", {verdict.classes} classes"
    name = "" if verdict.network == verdict.figure.net else f"{verdict.network} "
    return f"{name}{verdict.implementation}{classes}"
