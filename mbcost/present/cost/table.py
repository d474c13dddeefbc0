"""A cost table as rows and columns and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from mbcost.errors import MbcostError, unknown
from mbcost.present.names import describe, has_top, headline, size_text
from mbcost.present.table import Cell, Column, Share, Table, shares
from mbcost.questions.cost.table import CostRow, CostTable

LETTERS = ("a", "t", "exp", "c", "n", "s", "g", "d", "se", "nl", "res")
"""Columns of the papers' tables that are shown beside each row, where the network's table has them."""


def columns_of(costs: CostTable) -> tuple[Column[Any], ...]:
    """The columns that a table of this network can have."""
    letters = tuple(Column[Any](letter, letter, spare=4) for letter in LETTERS if letter in costs.network.spec.columns)
    return (
        Column[Any]("name", "layer"),
        Column[Any]("operator", "operator", spare=2),
        Column[Any]("kernel", "kernel", spare=3),
        Column[Any]("stride", "stride", numeric=True, spare=3),
        Column[Any]("groups", "groups", numeric=True, spare=6),
        Column[Any]("input", "input HxWxC", spare=5),
        Column[Any]("output", "output HxWxC", spare=1),
        *letters,
        Column[Any]("params", "params", numeric=True),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("share", "share", spare=1),
        Column[Any]("activations", "activations", numeric=True, spare=7),
    )


def as_table(costs: CostTable, columns: Sequence[str] | None = None, sort: str | None = None) -> Table:
    """The rows with their footer.

    Args:
        costs: the answer.
        columns: keys of the columns to show, in order; by default all.
        sort: key of a column; numbers come largest first, maps by their elements, text in alphabetical order, names in
            the network's order. Empty cells come last.

    Raises:
        MbcostError: there is no such column.
    """
    known = columns_of(costs)
    keys = [column.key for column in known]
    for key in [*(columns or ()), *([sort] if sort else ())]:
        if key.replace("-", "_") not in keys:
            raise unknown("column", key, (name.replace("_", "-") for name in keys))
    chosen = [key.replace("-", "_") for key in columns or keys]
    if len(set(chosen)) < len(chosen):
        raise MbcostError("a column is asked for twice: name every column once")
    parts = list(zip(costs.rows, shares(row.mult_adds for row in costs.rows), strict=True))
    if sort and sort != "name":  # the rows are in the order of their names
        value = _sort_value(sort.replace("-", "_"), costs.network.classes)
        parts = sorted(parts, key=lambda part: _order(value(part[0])))
    rows = [_cells(row, share, keys) for row, share in parts]
    sums: dict[str, Cell] = {
        "name": "total",
        "params": costs.params,
        "mult_adds": costs.mult_adds,
        "activations": costs.activations,
    }
    whole = Share(10_000 if costs.mult_adds else 0, 0)
    footer = {**sums, "share": whole}
    notes = (f"convention {costs.convention.name}: {costs.convention.title}",)
    return Table(headline(costs.network), known, tuple(map(tuple, rows)), tuple(map(footer.get, keys)), notes).select(
        chosen
    )


def as_json(costs: CostTable) -> dict[str, Any]:
    """The object of `mbcost table --format json`, described in docs/json.md."""
    network = costs.network
    return {
        "schema": "mbcost/table/1",
        **describe(network),
        "top": has_top(costs.network),
        "convention": costs.convention.name,
        "by": costs.by,
        "units": {"params": "parameters", "mult_adds": "multiply-adds", "activations": "elements"},
        "rows": [_row_json(row) for row in costs.rows],
        "totals": {"params": costs.params, "mult_adds": costs.mult_adds, "activations": costs.activations},
        "spec": {"title": network.spec.display_title, "source": network.spec.source},
    }


def _cells(row: CostRow, share: Share, keys: Sequence[str]) -> list[Cell]:
    cells: dict[str, Cell] = {
        **row.printed.letters,
        "name": row.name,
        "operator": row.operator,
        "kernel": None if row.kernel is None else size_text(row.kernel),
        "stride": row.stride,
        "groups": row.groups,
        "input": size_text(row.input),
        "output": size_text(row.output),
        "params": row.params,
        "mult_adds": row.mult_adds,
        "share": share,
        "activations": row.activations,
    }
    return [cells[key] for key in keys]


def _sort_value(key: str, classes: int) -> Callable[[CostRow], Any]:
    """What column `key` is sorted by: a number, a map or kernel as its elements, a text, or None for an empty cell."""
    if key == "share":
        return lambda row: row.mult_adds
    if key in ("kernel", "input", "output"):
        return lambda row: None if getattr(row, key) is None else prod(getattr(row, key))
    if key in LETTERS:
        return lambda row: classes if getattr(row.printed, key) == "k" else getattr(row.printed, key)
    return lambda row: getattr(row, key)


def _order(value: float | str | None) -> tuple[bool, float | str]:
    """Largest number first, text from a to z, nothing last."""
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
