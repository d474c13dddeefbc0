"""Verdicts on published figures as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mbcost.present.names import alpha_cell, reference_text, resolution_cell
from mbcost.present.table import Cell, Column, Spelled, Table, build_table, decimal, decimal_cell
from mbcost.questions.published.corrections import Build, CellCorrection, Correction
from mbcost.questions.published.verdict import STATUSES, Verdict
from mbcost.questions.published.verdicts import Summary, count_statuses, summarize
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.catalogue.published import UNITS, Published
from mbcost.spec.table import CLASSES


def as_table(verdicts: Sequence[Verdict]) -> Table:
    """Return one row per figure, with the summary of each source as a note."""
    columns = (
        Column[Verdict]("id", "figure", lambda verdict: verdict.figure.id),
        Column[Verdict]("network", "network", _network, only="people"),
        Column[Verdict]("network", "network", lambda verdict: verdict.figure.net, only="data"),
        Column[Verdict]("alpha", "alpha", lambda verdict: _alpha(verdict.figure), only="data"),
        Column[Verdict]("resolution", "resolution", lambda verdict: _resolution(verdict.figure), only="data"),
        Column[Verdict]("quantity", "quantity", lambda verdict: verdict.figure.quantity.replace("_", "-"), spare=4),
        Column[Verdict]("printed", "printed", _printed, numeric=True),
        Column[Verdict]("exact", "ours", _ours, numeric=True),
        Column[Verdict]("verdict", "verdict", lambda verdict: verdict.status),
        Column[Verdict]("convention", "convention", lambda verdict: verdict.convention),
        Column[Verdict]("rounding", "printed as", lambda verdict: verdict.rounding, spare=3),
        Column[Verdict]("built_as", "built as", _built, spare=2),
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
    return f"{status.replace(' ', '_')}_figures"


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
    return _figure_text(verdict.figure, verdict.figure.value)


def _figure_text(figure: Published, value: str) -> str:
    return value if value[-1].isalpha() else f"{value} {figure.unit}".removesuffix(" 1")


def _ours(verdict: Verdict) -> Cell:
    """Return our number: a whole number, or a share in percent."""
    if verdict.ours is None:
        return None
    if verdict.ours.denominator == 1:
        return verdict.ours.numerator
    percent = decimal_cell(verdict.ours * 100, 3)
    return Spelled(f"{percent} %", percent.value)


def _alpha(figure: Published) -> Cell:
    return None if figure.alpha is None else alpha_cell(figure.alpha)


def _resolution(figure: Published) -> Cell:
    return None if figure.resolution is None else resolution_cell(figure.resolution)


def _network(verdict: Verdict) -> str:
    return reference_text(verdict.figure.net, verdict.figure.alpha, verdict.figure.resolution)


def _built(verdict: Verdict) -> str | None:
    """Return the implementation, with the network and the classes if they differ from the usual ones."""
    if verdict.network is None:
        return None
    classes = "" if verdict.classes in (None, CLASSES) else f", {verdict.classes} classes"
    name = "" if verdict.network == verdict.figure.net else f"{verdict.network} "
    return f"{name}{verdict.implementation}{classes}"


def errata_table(corrections: Sequence[Correction], cells: Sequence[CellCorrection]) -> Table:
    """Return one row per wrong figure, and then one per wrong cell of a layer table."""
    columns = (
        Column[Mapping[str, Any]]("id", "erratum", lambda row: row["id"]),
        Column[Mapping[str, Any]]("table", "table", lambda row: row["table"], spare=5),
        Column[Mapping[str, Any]]("since", "since", lambda row: row["since"], spare=7),
        Column[Mapping[str, Any]]("row", "row", lambda row: row["row"], spare=6),
        Column[Mapping[str, Any]]("network", "network", lambda row: row["about"], spare=4, only="people"),
        Column[Mapping[str, Any]]("network", "network", lambda row: row["net"], only="data"),
        Column[Mapping[str, Any]]("alpha", "alpha", lambda row: row["at"], only="data"),
        Column[Mapping[str, Any]]("resolution", "resolution", lambda row: row["size"], only="data"),
        Column[Mapping[str, Any]]("quantity", "quantity", lambda row: row["quantity"].replace("_", "-"), spare=4),
        Column[Mapping[str, Any]]("printed", "printed", lambda row: row["printed"], numeric=True),
        Column[Mapping[str, Any]]("should_be", "should be", lambda row: row["right"], numeric=True),
        Column[Mapping[str, Any]]("exact", "exact", lambda row: row["shown"], numeric=True),
        Column[Mapping[str, Any]]("proof", "proof", lambda row: row["proof"], spare=1),
        Column[Mapping[str, Any]](
            "also_printed_in", "also printed in", lambda row: ", ".join(row["also"]) or None, spare=3
        ),
        Column[Mapping[str, Any]]("cause", "cause", lambda row: row["cause"], spare=2),
    )
    title = f"{_number_of(corrections, 'wrong figure')}, {_number_of(cells, 'wrong cell')} of layer tables"
    sources = dict.fromkeys([item.figure.source for item in corrections] + [item.source for item in cells])
    notes = [f"{source.name}: {source.title}; {source.where}" for source in sources]
    return build_table(title, columns, [*map(_erratum_row, corrections), *map(_cell_row, cells)], notes=notes)


def _number_of(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def errata_json(corrections: Sequence[Correction], cells: Sequence[CellCorrection]) -> dict[str, Any]:
    """Return the object of `mbcost published --errata --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/errata/1",
        "figures": [_correction(correction) for correction in corrections],
        "cells": [_cell(cell) for cell in cells],
    }


def _erratum_row(correction: Correction) -> dict[str, Any]:
    figure, exact = correction.figure, correction.exact
    return {
        **_correction(correction),
        "about": reference_text(figure.net, figure.alpha, figure.resolution),
        "at": _alpha(figure),
        "size": _resolution(figure),
        "printed": _figure_text(figure, figure.value),
        "right": _figure_text(figure, right_text(correction)),
        "shown": exact.numerator if exact.denominator == 1 else f"{decimal(exact * 100, 3)} %",
    }


def _correction(correction: Correction) -> dict[str, Any]:
    figure, build = correction.figure, correction.build
    return {
        "id": figure.id,
        "source": figure.source.name,
        "where": figure.source.where,
        "since": correction.since,
        "table": figure.table,
        "row": figure.row,
        "net": figure.net,
        "quantity": figure.quantity,
        "printed": figure.value,
        "unit": figure.unit,
        "right": right_text(correction),
        "exact": _exact(correction.exact),
        "network": build.network,
        "alpha": build.alpha,
        "resolution": None if build.resolution is None else list(build.resolution),
        "implementation": build.implementation,
        "classes": build.classes if build.top else None,
        "convention": build.convention,
        "proof": proof_text(correction),
        "also": [other.id for other in correction.also],
        "cause": correction.cause,
    }


def _cell_row(cell: CellCorrection) -> dict[str, Any]:
    return {
        **_cell(cell),
        "about": cell.misprint.network,
        "net": cell.misprint.network,
        "at": None,
        "size": None,
        "quantity": f"cell {cell.misprint.column}",
        "shown": None,
        "also": [],
    }


def _cell(cell: CellCorrection) -> dict[str, Any]:
    misprint = cell.misprint
    return {
        "id": misprint.id,
        "source": cell.source.name,
        "where": cell.source.where,
        "since": misprint.since or cell.source.since,
        "table": misprint.table,
        "row": misprint.row,
        "column": misprint.column,
        "printed": misprint.printed,
        "right": cell.right,
        "network": misprint.network,
        "stage": misprint.stage,
        "against": misprint.against,
        "proof": cell_proof_text(cell),
        "cause": misprint.cause,
    }


def right_text(correction: Correction) -> str:
    """Spell the right number as the figure should be printed: with its unit and as many decimals, rounded."""
    return decimal(correction.exact / UNITS[correction.figure.unit], correction.figure.decimals)


def proof_text(correction: Correction) -> str:
    """Return the command that prints the right number."""
    figure, build = correction.figure, correction.build
    usual = build.implementation == load_spec(build.network).default_implementation
    network = reference_text(build.network, build.alpha, build.resolution, None if usual else build.implementation)
    if figure.task == "memory":
        return f"mbcost memory {network} --by map --activations-dtype float16"
    return f"mbcost table {network}" + "".join(_options(figure, build))


def _options(figure: Published, build: Build) -> Iterator[str]:
    if figure.task == "layer_type_share":
        yield " --by stage"
    if not build.top:
        yield " --no-top"
    elif build.classes != CLASSES:
        yield f" --classes {build.classes}"
    if build.convention != load_convention().name:
        yield f" --convention {build.convention}"


def cell_proof_text(cell: CellCorrection) -> str:
    """Return the command that shows what the wrong cell costs.

    If no built-in network has the wrong cell, it is the command that shows that the source's figures fit the right one.
    """
    misprint = cell.misprint
    if misprint.against is None:
        return f"mbcost published --source {cell.source.name}"
    return f"mbcost diff {misprint.against} {misprint.network}"
