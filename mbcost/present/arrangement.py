"""The columns that a user asks for, and the order of the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import prod

from mbcost.errors import MbcostError, unknown
from mbcost.present.table import Cell, Share, Table

ORDERED = ("name", "layer", "first", "second")
"""Columns of layers: the rows are in the order of execution, which is that of their names."""


def arrange(table: Table, columns: Sequence[str] | None, sort: str | None) -> Table:
    """Return the table with only some columns, in their order, and with its rows sorted.

    No terminal is too narrow for a column that the user asks for.

    Args:
        table: the answer.
        columns: the columns to show, with hyphens or underscores; None for all.
        sort: the column to sort by. Numbers come largest first, sizes by their number of elements, text in alphabetical
            order, layers in the network's order. Empty cells come last.

    Raises:
        MbcostError: there is no such column, or one is given twice.
    """
    keys = [column.key for column in table.columns]
    chosen = keys if columns is None else [find_column(name, keys) for name in columns]
    if repeated := [key for key in chosen if chosen.count(key) > 1]:
        raise MbcostError(f"column '{repeated[0].replace('_', '-')}' is given twice: remove one")
    asked = set() if columns is None else set(chosen)
    if sort is not None:
        table = _sort(table, find_column(sort, keys))
        asked.add(find_column(sort, keys))
    kept = tuple(replace(column, spare=0) if column.key in asked else column for column in table.columns)
    return replace(table, columns=kept).select(chosen)


def has_columns(table: Table, names: Iterable[str]) -> bool:
    """Return whether the table has all of these columns."""
    return {_simplify(name) for name in names} <= {_simplify(column.key) for column in table.columns}


def find_column(name: str, keys: Sequence[str]) -> str:
    """Return the key that a user means, in capitals or not, with hyphens or underscores.

    Raises:
        MbcostError: there is no such column.
    """
    key = next((key for key in keys if _simplify(key) == _simplify(name)), None)
    if key is None:
        raise unknown("column", name, (key.replace("_", "-") for key in keys))
    return key


def _simplify(key: str) -> str:
    return key.lower().replace("_", "-")


def _sort(table: Table, key: str) -> Table:
    if key in ORDERED:
        return table
    index = [column.key for column in table.columns].index(key)
    return replace(table, rows=tuple(sorted(table.rows, key=lambda row: order_of(row[index]))))


def order_of(cell: Cell) -> tuple[int, float, str]:
    """Return the sort key that puts the largest number first, text in alphabetical order, and empty cells last.

    >>> sorted(["7x7x320", None, "112x112x32", "56x56x24"], key=order_of)
    ['112x112x32', '56x56x24', '7x7x320', None]
    """
    if isinstance(cell, str):
        return next((key for read in _READINGS if (key := read(cell)) is not None), (1, 0, cell))
    if cell is None:
        return 2, 0, ""
    return 0, -(cell.hundredths if isinstance(cell, Share) else cell), ""


def _read_number(text: str) -> tuple[int, float, str] | None:
    """Return the key of a number with its unit, such as `75.2`, `-0.5%` or `1,024.5`."""
    match = re.fullmatch(r"([+-]?[0-9][0-9,]*(?:\.[0-9]+)?)(?: ?%| ?ms)?", text.strip())
    return None if match is None else (0, -float(match[1].replace(",", "")), "")


def _read_size(text: str) -> tuple[int, float, str] | None:
    """Return the key of a map, by its number of elements."""
    if re.fullmatch(r"[0-9]+(?:x[0-9]+)+", text) is None:
        return None
    return 0, -prod(map(int, text.split("x"))), ""


_READINGS: tuple[Callable[[str], tuple[int, float, str] | None], ...] = (_read_number, _read_size)
