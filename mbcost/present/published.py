"""Verdicts of published figures as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mbcost.present.table import Cell, Column, Table, decimal
from mbcost.questions.published.verdict import STATUSES, Verdict
from mbcost.questions.published.verdicts import Summary, summarize
from mbcost.spec.scaling import alpha_text


def as_table(verdicts: Sequence[Verdict]) -> Table:
    """One row a figure; the summary of each source below."""
    columns = (
        Column[Any]("id", "figure"),
        Column[Any]("network", "network"),
        Column[Any]("quantity", "quantity", spare=4),
        Column[Any]("printed", "printed", numeric=True),
        Column[Any]("ours", "ours", numeric=True),
        Column[Any]("verdict", "verdict"),
        Column[Any]("convention", "counted by"),
        Column[Any]("rounding", "printed as", spare=3),
        Column[Any]("built", "built as", spare=2),
        Column[Any]("reason", "why", spare=1),
    )
    rows = tuple(
        (
            each.figure.id,
            _network(each),
            each.figure.quantity.replace("_", "-"),
            f"{each.figure.value} {each.figure.unit}".removesuffix(" 1"),
            None if each.ours is None else _number(each.ours),
            each.status,
            each.convention,
            each.rounding,
            _built(each),
            each.reason or None,
        )
        for each in verdicts
    )
    notes = [
        f"{each.source}: {', '.join(f'{count} {status}' for status, count in each.counts.items() if count)}"
        for each in summarize(verdicts)
    ]
    counts = {status: sum(each.status == status for each in verdicts) for status in STATUSES}
    total = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    title = f"{len(verdicts)} published figures" + (f": {total}" if total else "")
    return Table(title, columns, rows, notes=tuple(notes))


def summary_table(verdicts: Sequence[Verdict]) -> Table:
    """One row a source."""
    columns = (
        Column[Any]("source", "source"),
        *(Column(status.replace(" ", "_"), status, numeric=True) for status in STATUSES),
        Column[Any]("title", "title", spare=1),
    )
    titles = {each.figure.source.name: each.figure.source.title for each in verdicts}
    found = summarize(verdicts)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (each.source, *each.counts.values(), titles[each.source]) for each in found
    )
    footer = ("total", *(sum(each.counts[status] for each in found) for status in STATUSES), None)
    return Table("Published figures by source", columns, rows, footer)


def as_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The object of `mbcost published --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/published/1",
        "figures": [_verdict(each) for each in verdicts],
        "summary": [_summary(each) for each in summarize(verdicts)],
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
    """A whole number, or a share as numerator and denominator."""
    return value.numerator if value.denominator == 1 else [value.numerator, value.denominator]


def _number(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else f"{decimal(value * 100, 3)} %"


def _network(verdict: Verdict) -> str:
    figure = verdict.figure
    alpha = "" if figure.alpha is None else f"@{alpha_text(figure.alpha)}"
    size = "" if figure.resolution is None else "/" + "x".join(map(str, dict.fromkeys(figure.resolution)))
    return f"{figure.net}{alpha}{size}"


def _built(verdict: Verdict) -> str | None:
    if verdict.network is None:
        return None
    classes = "" if verdict.classes in (None, 1000) else f", {verdict.classes} classes"
    name = "" if verdict.network == verdict.figure.net else f"{verdict.network} "
    return f"{name}{verdict.implementation}{classes}"
