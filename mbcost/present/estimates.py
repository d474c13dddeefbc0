"""How estimates are spelled, for people and in JSON: milliseconds and accuracies."""

from __future__ import annotations

from mbcost.present.table import Cell, Spelled, decimal_cell
from mbcost.spec.shown import round_significant, significant_text

ROUNDED = 6
"""The significant digits of an estimate in JSON: more than it deserves, and the same on every processor."""
FEW_DIGITS = 3
"""The significant digits of a latency that is one of many columns."""
ERROR_DIGITS = 4
"""The significant digits of an error in JSON."""


def milliseconds_cell(value: float | None, digits: int = 4) -> Cell:
    """Return the cell of a latency in significant digits; Python programs read it unrounded."""
    return None if value is None else Spelled(significant_text(value, digits).replace(",", ""), value)


def accuracy_cell(percent: float | None) -> Cell:
    """Return the cell of an accuracy in percent, with one decimal."""
    return None if percent is None else decimal_cell(percent, 1)


def round_json(value: float | None, digits: int = ROUNDED) -> float | None:
    """Return a number for JSON with so many significant digits."""
    return None if value is None else round_significant(value, digits)
