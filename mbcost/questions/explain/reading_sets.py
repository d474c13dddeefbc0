"""Readings as arrays, and which of them a query allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mbcost.questions.explain.arrays import MOST, Array
from mbcost.questions.explain.columns import BOUNDS, COLUMNS
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.readings import Reading, multiply_adds_only, named_readings, other_readings


@dataclass(frozen=True, eq=False)
class ReadingSet:
    """Readings of one quantity, and the same as arrays."""

    readings: tuple[Reading, ...]
    columns: Array
    """The indices of the columns that a reading counts."""
    coefficients: Array
    """The coefficients of these columns: column x reading."""
    cost: Array

    def weigh(self, counts: Array, columns: Array | None = None) -> Array:
        """Return structure x reading: the number that each reading makes of each structure.

        Args:
            counts: structure x column.
            columns: the indices of the columns that `counts` has, in ascending order; None if it has all.
        """
        import numpy as np

        kept = self.columns if columns is None else np.searchsorted(columns, self.columns)
        values: Array = counts[:, kept] @ self.coefficients
        return values


@cache
def load_readings(quantity: str, *, named: bool) -> ReadingSet:
    """Return the conventions for `quantity`, or the other ways to count it."""
    return _stack_readings(named_readings(quantity) if named else other_readings(quantity))


@cache
def _stack_readings(readings: tuple[Reading, ...]) -> ReadingSet:
    import numpy as np

    for reading in readings:
        bound = sum(abs(factor) * most for factor, most in zip(reading.row, BOUNDS, strict=True))
        assert bound < MOST, f"the reading {reading.name} can be above what the arrays hold"
    rows = np.array([reading.row for reading in readings], dtype=np.int64).reshape(-1, len(COLUMNS))
    columns = np.flatnonzero(rows.any(axis=0))
    costs = np.array([reading.cost for reading in readings], dtype=np.int64)
    return ReadingSet(readings, columns, np.ascontiguousarray(rows.T[columns]), costs)


@cache
def columns_of_readings(quantity: str) -> Array:
    """Return the indices of the columns that any reading of `quantity` counts, in ascending order."""
    import numpy as np

    every = [load_readings(quantity, named=named).columns for named in (True, False)]
    columns: Array = np.unique(np.concatenate(every))
    return columns


def is_known(query: Query, quantity: str) -> bool:
    """Return whether the query says how a quantity is counted."""
    return any(reading.quantity == quantity for reading in query.counted)


def choose_readings(query: Query, quantity: str) -> ReadingSet:
    """Return how the query says that the quantity is counted, or the conventions for it."""
    if is_known(query, quantity):
        return _stack_readings(tuple(reading for reading in query.counted if reading.quantity == quantity))
    if not query.by_tool:
        return _stack_readings(multiply_adds_only(quantity))
    if query.plain:
        return _stack_readings(tuple(reading for reading in named_readings(quantity) if _is_published(reading)))
    return load_readings(quantity, named=True)


def _is_published(reading: Reading) -> bool:
    """Return whether published figures are counted so: whole models, by tools for torch, Keras or TensorFlow."""
    return not reading.is_part and reading.framework in (None, "torch", "keras", "tensorflow")
