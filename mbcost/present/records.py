"""Tables as plain Python values: one dict per row."""

from __future__ import annotations

from mbcost.present.table import Cell, Share, Spelled, Table
from mbcost.present.table import Value as Value


def list_records(table: Table) -> list[dict[str, Value]]:
    """Return the rows that CSV has, by the names of its columns, with numbers as numbers.

    A whole number is an int, every other number a float that is not rounded, a size a tuple of ints, and an empty cell
    None. Only shares of a whole, in percent, are rounded: to two decimal places, each share on its own.

    >>> from mbcost.present.table import Column, build_table
    >>> lengths = Column[str]("length", "length", len, numeric=True)
    >>> list_records(build_table("words", [Column("word", "word", str), lengths], ["depthwise"]))
    [{'word': 'depthwise', 'length': 9}]
    """
    data = table.for_data()
    keys = [column.key for column in data.columns]
    return [dict(zip(keys, map(_value_of, row), strict=True)) for row in data.rows]


def _value_of(cell: Cell) -> Value:
    if isinstance(cell, Share):
        return cell.hundredths / 100
    if isinstance(cell, Spelled):
        return cell.value
    if isinstance(cell, int) and not isinstance(cell, bool):
        return int(cell)
    return None if cell == "" else cell
