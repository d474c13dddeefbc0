"""The exact number that a cell shows, and the length of its bar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite

from mbcost.present.arrangement import order_of
from mbcost.present.table import Cell, Share, Spelled, Table

Number = int | float
Amount = int | Fraction
_QUANTITY = re.compile(r"(flash_bytes)|(?:.*_)?(params|mult_adds|activations|elements|bytes|ms|us)")
"""The keys of columns whose values are amounts, and the part of the key by which amounts of the same kind share a
scale. Flash is a different memory from all that other sizes in bytes speak of."""

_WHOLE = re.compile(r"\s*([+-]?[0-9][0-9,]{0,999})(?: ?%| ?ms)?\s*$")
"""A whole number in words, which a float may not hold."""


def number_of(cell: Cell) -> Number | None:
    """Return the number that a cell shows, unrounded if it is known so; None for words and empty cells.

    A share is its percentage, a map its number of elements, a truth value 1 or 0.

    >>> number_of(Share(1249, 10)), number_of("112x112x32"), number_of("conv"), number_of(2**64)
    (12.49, 401408, None, 18446744073709551616)
    """
    if isinstance(cell, int):
        return int(cell)
    if isinstance(cell, Share):
        return cell.hundredths / 100
    if isinstance(cell, Spelled) and isinstance(cell.value, int | float):
        return cell.value
    kind, negative, _ = order_of(cell)
    digits = _WHOLE.match(str(cell))
    return None if kind else int(digits[1].replace(",", "")) if digits else -negative


def value_text(cell: Cell) -> str:
    """Spell the number of a cell as programs read it, with every digit; the text is empty if there is none.

    >>> value_text(568740352), value_text(Spelled("0.67", 2 / 3)), value_text("conv")
    ('568740352', '0.6666666666666666', '')
    """
    if isinstance(cell, Share):
        return str(cell)
    number = number_of(cell)
    if number is None or number != number:
        return ""
    if isinstance(number, float) and not isfinite(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(int(number)) if isinstance(number, int) else repr(number)


def list_bars(table: Table) -> list[list[int | None]]:
    """Return for every row the length of the bar in each cell, in percent of the longest; None without a bar.

    Columns have bars if their values are amounts. Those in the same unit, such as milliseconds, share one scale.
    """
    amounts = [_read_amounts(table, index) for index in range(len(table.columns))]
    longest: dict[str, Amount] = {}
    for unit, values in amounts:
        longest[unit] = max([longest.get(unit, 0), *values])
    columns = [[_scale(value, longest[unit]) for value in values] for unit, values in amounts]
    return [[column[index] if column else None for column in columns] for index in range(len(table.rows))]


def _read_amounts(table: Table, index: int) -> tuple[str, list[Amount]]:
    """Return the unit and the values of a column; no values if these are no amounts, or nothing is compared."""
    column, cells = table.columns[index], [row[index] for row in table.rows]
    if len(cells) < 2:
        return "", []
    if all(isinstance(cell, Share) for cell in cells):
        return column.key, [cell.hundredths for cell in cells if isinstance(cell, Share)]
    match = _QUANTITY.fullmatch(column.key)
    if match is None or not column.numeric:
        return "", []
    numbers = [0 if cell is None else number_of(cell) for cell in cells]
    known = [exact for number in numbers if (exact := _read_exactly(number)) is not None and exact >= 0]
    return (match[1] or match[2], known) if len(known) == len(cells) else ("", [])


def _read_exactly(number: Number | None) -> Amount | None:
    """Return the exact value of a number; None if it is not finite."""
    if not isinstance(number, float):  # a count can be too large for a float
        return number
    return Fraction(number) if isfinite(number) else None


def _scale(value: Amount, longest: Amount) -> int:
    """Return the part in percent, rounded half up; what is not zero has a bar that can be seen."""
    return 0 if value == 0 else max(1, (200 * value + longest) // (2 * longest))


def is_right(table: Table, index: int) -> bool:
    """Return whether the cells of a column are aligned right: those of numbers and of shares."""
    return table.columns[index].numeric or _has_shares([row[index] for row in table.rows])


def _has_shares(cells: Sequence[Cell]) -> bool:
    return any(isinstance(cell, Share) for cell in cells)
