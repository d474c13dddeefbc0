"""A cost table as a table and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from mbcost.errors import MbcostError, unknown
from mbcost.present.arrangement import SLIPS
from mbcost.present.cost.letters import explain_letters, letter_legend
from mbcost.present.estimates import milliseconds_cell, round_json
from mbcost.present.names import (
    UNITS,
    convention_text,
    describe,
    has_top,
    headline,
    list_graph_notes,
    list_not_counted,
    size_cell,
)
from mbcost.present.table import Cell, Column, ColumnNote, Share, Spelled, Table, build_table, shares
from mbcost.questions.cost.table import CostRow, CostTable

SYNONYMS: Mapping[str, str] = {"name": "layer", "block": "layer", "stage": "layer", "share": "mult_adds_percent"}
"""Other names of columns that users type."""
LETTERS = ("a", "t", "exp", "c", "n", "s", "g", "d", "se", "nl", "res")
"""Columns of the papers' tables that are shown in each row if the network's table has them."""


@dataclass(frozen=True)
class Times:
    """Estimated milliseconds on a device."""

    device: str
    rows: Mapping[str, float]
    """Those of every row of the table, by its name."""
    total: float
    notes: tuple[str, ...]
    """What is known of their error."""


def columns_of(costs: CostTable, times: Times | None = None) -> tuple[Column[CostRow], ...]:
    """Return the columns that the table of this network can have, and milliseconds if they are given."""
    latency = () if times is None else (_latency_column(times),)
    parts = dict(zip((row.name for row in costs.rows), shares(row.mult_adds for row in costs.rows), strict=True))
    return (
        Column("layer", costs.by, lambda row: row.name),
        Column("operator", "operator", lambda row: row.operator, spare=2),
        Column("kernel", "kernel", lambda row: None if row.kernel is None else size_cell(row.kernel), spare=3),
        Column("stride", "stride", lambda row: row.stride, numeric=True, spare=3),
        Column("groups", "groups", lambda row: row.groups, numeric=True, spare=6),
        Column("input", "input HxWxC", lambda row: size_cell(row.input), spare=5),
        Column("output", "output HxWxC", lambda row: size_cell(row.output), spare=1),
        *(_printed_column(letter) for letter in LETTERS if letter in costs.network.spec.columns),
        Column("params", "params", lambda row: row.params, numeric=True),
        Column("mult_adds", "mult-adds", lambda row: row.mult_adds, numeric=True),
        Column("mult_adds_percent", "share", lambda row: parts[row.name], spare=1),
        Column("activations", "activations", lambda row: row.activations, numeric=True, spare=7),
        *latency,
    )


def _latency_column(times: Times) -> Column[CostRow]:
    return Column("latency_ms", "ms", lambda row: milliseconds_cell(times.rows[row.name]), numeric=True)


def _printed_column(letter: str) -> Column[CostRow]:
    return Column(letter, letter, lambda row: _letter_cell(row, letter), spare=4, legend=letter_legend(letter))


def _letter_cell(row: CostRow, letter: str) -> Cell:
    """Return what a row of the paper's table has in a column: a number, a word, or `k` for the number of classes."""
    text, value = row.printed.letters[letter], getattr(row.printed, letter)
    return Spelled(text, value) if isinstance(value, int | float | tuple) else text


def as_table(
    costs: CostTable, columns: Sequence[str] | None = None, sort: str | None = None, times: Times | None = None
) -> Table:
    """Return the rows with their totals.

    Args:
        costs: the answer.
        columns: keys of the columns to show, in order; by default all of them.
        sort: key of a column. Numbers come largest first, maps by their number of elements, text in alphabetical order,
            names in the network's order. Empty cells come last.
        times: estimated milliseconds; without them, the table does not have their column.

    Raises:
        MbcostError: there is no such column.
    """
    known = columns_of(costs, times)
    keys = [column.key for column in known]
    named = None if columns is None else [_find_key(name, keys) for name in columns]
    chosen = keys if named is None else named
    for index, key in enumerate(chosen):
        if columns is not None and key in chosen[:index]:
            raise MbcostError(f"column '{key.replace('_', '-')}' is given twice: remove one")
    sorted_by = None if sort is None else _find_key(sort, keys)
    footer: dict[str, Cell] = {
        "layer": "total",
        "params": costs.params,
        "mult_adds": costs.mult_adds,
        "mult_adds_percent": Share(10_000 if costs.mult_adds else 0, 0),
        "activations": costs.activations,
    }
    counted = ("params", "mult_adds", "mult_adds_percent")
    notes = [ColumnNote(convention_text(costs.convention), counted)]
    if times is not None:
        footer["latency_ms"] = milliseconds_cell(times.total)
        notes += [ColumnNote(note, ("latency_ms",)) for note in times.notes]
    notes += [ColumnNote(note, counted) for note in list_graph_notes(costs.network)]
    asked = [*(named or ()), *([sorted_by] if sorted_by else ())]
    rows = sort_costs(costs, sort, times).rows
    table = build_table(headline(costs.network), known, rows, footer, notes, asked=asked)
    return explain_letters(table.select(chosen))


def sort_costs(costs: CostTable, sort: str | None, times: Times | None = None) -> CostTable:
    """Return the answer with its rows sorted as `as_table` sorts them.

    Raises:
        MbcostError: there is no such column.
    """
    key = None if sort is None else _find_key(sort, [column.key for column in columns_of(costs, times)])
    if key in (None, "layer"):  # the rows are in the order of their names
        return costs
    value = _sort_value(str(key), costs.network.classes)
    if times is not None and key == "latency_ms":
        rows = times.rows
        return replace(costs, rows=tuple(sorted(costs.rows, key=lambda row: -rows[row.name])))
    return replace(costs, rows=tuple(sorted(costs.rows, key=lambda row: _order(value(row)))))


def _find_key(name: str, keys: Sequence[str]) -> str:
    """Return the key of the column that a user names, in any case, with hyphens or underscores.

    Raises:
        MbcostError: there is no such column.
    """
    word = name.lower().replace("-", "_")
    key = word if word in keys else SYNONYMS.get(word, word)
    if key not in keys:
        raise unknown("column", name, (key.replace("_", "-") for key in keys), SLIPS)
    return key


def as_json(costs: CostTable, times: Times | None = None) -> dict[str, Any]:
    """Return the object of `mbcost table --format json`, described in docs/json.md."""
    network = costs.network
    if times is not None:
        answer = as_json(costs)
        for row in answer["rows"]:
            row["ms"] = round_json(times.rows[row["name"]])
        answer["totals"]["ms"] = round_json(times.total, 6)
        return {**answer, "device": times.device, "notes": list(times.notes)}
    return {
        "schema": "mbcost/table/1",
        **describe(network),
        "top": has_top(costs.network),
        "convention": costs.convention.name,
        "by": costs.by,
        "units": UNITS,
        "rows": [_row_json(row) for row in costs.rows],
        "totals": {"params": costs.params, "mult_adds": costs.mult_adds, "activations": costs.activations},
        "not_counted": list_not_counted(network),
        "spec": {"title": network.spec.display_title, "source": network.spec.source},
    }


def _sort_value(key: str, classes: int) -> Callable[[CostRow], Any]:
    """Return the value by which column `key` sorts a row: a number, a number of elements, text, or None if empty."""
    if key == "mult_adds_percent":
        return lambda row: row.mult_adds
    if key in ("kernel", "input", "output"):
        return lambda row: None if getattr(row, key) is None else prod(getattr(row, key))
    if key in LETTERS:
        return lambda row: classes if getattr(row.printed, key) == "k" else getattr(row.printed, key)
    return lambda row: getattr(row, "name" if key == "layer" else key)


def _order(value: float | str | None) -> tuple[bool, float | str]:
    """Return the sort key that puts the largest number first, text in alphabetical order, and empty cells last."""
    return (True, 0) if value is None else (False, value if isinstance(value, str) else -value)


def _row_json(row: CostRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "stage": row.printed.stage,
        "operator": row.operator,
        "kernel": None if row.kernel is None else list(row.kernel),
        "stride": row.stride,
        "groups": row.groups,
        "input": list(row.input),
        "output": list(row.output),
        "params": row.params,
        "mult_adds": row.mult_adds,
        "activations": row.activations,
    }
