"""The columns that a user asks for, and the order of the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from mbcost.errors import MbcostError, unknown
from mbcost.present.table import Cell, Column, Share, Table

ORDERED = ("layer", "first_layer", "second_layer", "block")
"""Columns of layers: the rows are in the order of execution, which is that of their names."""
SLIPS: Mapping[str, str] = dict.fromkeys(("flops", "macs", "madds", "multiply-adds", "ops"), "mult-adds")
"""What people write when they mean a column."""
UNSORTED = "--sort is for the rows of a table, and this JSON is not one: remove it, or add --format csv"


def arrange(table: Table, columns: Sequence[str] | None, sort: str | None) -> Table:
    """Return the table with only some columns, in their order, and with its rows sorted.

    No terminal is too narrow for a column that the user asks for.

    Args:
        table: the answer.
        columns: the columns to show, as `find_column` reads them; None for all.
        sort: the column to sort by. Numbers come largest first, sizes by their number of elements, text in alphabetical
            order, layers in the network's order. Empty cells come last.

    Raises:
        MbcostError: there is no such column, or one is given twice.
    """
    table, shown = _merge_readers(table), [column.key for column in table.for_people().columns]
    chosen = shown if columns is None else [find_column(name, table.columns) for name in columns]
    if repeated := [key for key in chosen if chosen.count(key) > 1]:
        raise MbcostError(f"column '{repeated[0].replace('_', '-')}' is given twice: remove one")
    asked = set() if columns is None else set(chosen)
    if sort is not None:
        key = find_column(sort, table.columns)
        table = _sort(table, key)
        asked.add(key)
    kept = tuple(replace(column, only="") if column.key in chosen else column for column in table.columns)
    return replace(table, columns=kept, asked=table.asked | asked).select(chosen)


def arrange_for(style: str, table: Table, columns: Sequence[str] | None, sort: str | None) -> Table:
    """Return what `arrange` does for a format: for CSV from the rows that programs read, if these have all columns.

    JSON has all columns, those of the table and those of its CSV, so it is only checked that they are known.

    Raises:
        MbcostError: there is no such column, or one is given twice.
    """
    if columns is None and sort is None:
        return table
    if sort is not None and style != "csv" and not has_columns(table, [sort]) and has_columns(table.for_data(), [sort]):
        raise MbcostError(f"only the rows of the CSV have '{sort}', and they are different ones: add --format csv")
    if style == "json" and columns is not None:
        every = (*table.columns, *table.for_data().columns)
        keys = dict.fromkeys(find_column(name, every) for name in columns)
        columns = [key for key in keys if has_columns(table, [key])]
    if style == "csv":
        data = table.for_data()
        data = replace(data, columns=tuple(replace(column, only="") for column in data.columns))
        names = [*(columns or ()), *filter(None, [sort])]
        table = data if has_columns(data, names) else replace(table, details=None, data=None)
    return arrange(table, columns, sort)


def sort_json(
    table: Table, answer: Mapping[str, Any], sort: str, rows: str | Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return the answer as JSON with its items in the order of the table's rows.

    Args:
        table: the answer as a table.
        answer: the answer as JSON.
        sort: the column to sort by.
        rows: the list in `answer` that has one item per row of the table; or every list with rows -> the row of each
            of its items.

    Raises:
        MbcostError: `rows` is empty, so that there is nothing to sort, or there is no such column.
    """
    if not rows:
        raise MbcostError(UNSORTED)
    order = find_order(table, sort)
    positions = {row: position for position, row in enumerate(order)}
    items = {rows: range(len(order))} if isinstance(rows, str) else rows
    lists = {}
    for key, own in items.items():
        pairs = sorted(zip(own, answer[key], strict=True), key=lambda pair: positions[pair[0]])
        lists[key] = [item for _, item in pairs]
    return {**answer, **lists}


def limit_rows(table: Table, most: int, remedy: str) -> Table:
    """Return the table with at most `most` rows, and a note that counts the others; `remedy` says how to see them."""
    others = len(table.rows) - most
    if others <= 1:  # the note would take the place of the row
        return table
    note = f"{others:,} other rows are not listed: {remedy}"
    return replace(table, rows=table.rows[:most], notes=(note, *table.notes))


def _merge_readers(table: Table) -> Table:
    """Return the table with one column per key: that of people, if people and programs have different ones."""
    shown = {column.key for column in table.columns if column.only != "data"}
    kept = [column.only != "data" or column.key not in shown for column in table.columns]

    def pick(row: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(cell for cell, is_kept in zip(row, kept, strict=True) if is_kept)

    columns = tuple(column for column, is_kept in zip(table.columns, kept, strict=True) if is_kept)
    footer = None if table.footer is None else pick(table.footer)
    return replace(table, columns=columns, rows=tuple(map(pick, table.rows)), footer=footer)


def has_columns(table: Table, names: Iterable[str]) -> bool:
    """Return whether the table has all of these columns."""
    return all(_list_meant(name, table.columns) for name in names)


def find_column(name: str, columns: Sequence[Column[Any]]) -> str:
    """Return the key of the column that a user means: by its key, its header, or the first words of its key.

    Capitals make no difference, and words can be joined by hyphens, underscores or blanks.

    Raises:
        MbcostError: there is no such column, or more than one.

    >>> find_column("flash", [Column("flash_bytes", "flash B", str), Column("params", "params", str)])
    'flash_bytes'
    """
    keys = _list_meant(name, columns)
    if not keys:
        raise unknown("column", name, dict.fromkeys(column.key.replace("_", "-") for column in columns), SLIPS)
    if len(keys) > 1:
        names = " or ".join(key.replace("_", "-") for key in keys)
        raise MbcostError(f"'{name}' means more than one column: write {names}")
    return keys[0]


def _list_meant(name: str, columns: Sequence[Column[Any]]) -> list[str]:
    """Return the keys that a name can mean; several only if the name is the beginning of all of them."""
    word = _simplify(name)
    tests: tuple[Callable[[Column[Any]], bool], ...] = (
        lambda column: _simplify(column.key) == word,
        lambda column: _simplify(column.header) == word,
        lambda column: _simplify(column.key).startswith(f"{word}-"),
    )
    for test in tests:
        if keys := list(dict.fromkeys(column.key for column in columns if test(column))):
            return keys
    return []


def _simplify(key: str) -> str:
    return re.sub("[_ ]", "-", key.lower())


def find_order(table: Table, sort: str) -> list[int]:
    """Return the indices of the rows in the order that `arrange` gives them.

    Raises:
        MbcostError: there is no such column.
    """
    merged = _merge_readers(table)
    return _order_rows(merged, find_column(sort, merged.columns))


def _sort(table: Table, key: str) -> Table:
    return replace(table, rows=tuple(table.rows[index] for index in _order_rows(table, key)))


def _order_rows(table: Table, key: str) -> list[int]:
    indices = list(range(len(table.rows)))
    if key in ORDERED:
        return indices
    column = [column.key for column in table.columns].index(key)
    return sorted(indices, key=lambda index: order_of(table.rows[index][column]))


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
