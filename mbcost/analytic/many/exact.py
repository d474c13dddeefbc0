"""Exact arithmetic of integers in NumPy: int64 only if the largest possible result is known to fit.

NumPy wraps an int64 that overflows around without a word. So no other module of the engine multiplies, adds or sums
arrays of counts by itself. The functions here first compute a bound of the result with Python's integers, which do not
overflow. Below 2^63 they compute in int64, else in Python's own integers (dtype object), slowly and exactly. An array
that they return may have either dtype, whatever its values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    """Exact integers: int64, or Python's own integers (dtype object) if int64 would overflow."""

EXACT_FLOAT, EXACT_INT = 2**53, 2**63
"""float64 and int64 represent every integer whose absolute value is below these."""
POINTS = 2**17
"""The number of sums computed at a time: a megabyte, which stays in a processor's cache."""


def make_integers(numbers: Iterable[int]) -> Integers:
    """Return an array of Python's integers of any size; left to itself, NumPy makes uint64 or float64 of some."""
    import numpy as np

    values = list(numbers)
    bound = max(map(abs, values), default=0)
    exact: Integers = np.array(values, dtype=np.int64 if bound < EXACT_INT else object)
    return exact


def make_table(rows: Sequence[Sequence[int]]) -> Integers:
    """Return a table of Python's integers of any size, of at least one row and one column."""
    import numpy as np

    bound = max(max(map(max, rows)), -min(map(min, rows)))
    exact: Integers = np.array(rows, dtype=np.int64 if bound < EXACT_INT else object)
    return exact


def find_bound(values: Integers) -> int:
    """Return the largest absolute value as a Python integer; 0 if there are no values."""
    return max(int(values.max()), -int(values.min())) if values.size else 0


def hold(values: Integers, bound: int) -> Integers:
    """Return the values in a dtype in which numbers up to `bound` can be computed."""
    return values if bound < EXACT_INT or values.dtype == object else values.astype(object)


def make_zeros(shape: tuple[int, ...], bound: int) -> Integers:
    """Return an array of zeros in which numbers up to `bound` can be computed."""
    import numpy as np

    zeros: Integers = np.zeros(shape, dtype=np.int64 if bound < EXACT_INT else object)
    return zeros


def add(left: Integers, right: Integers | int) -> Integers:
    """Return the exact sum of two arrays, or of an array and a number."""
    bound = find_bound(left) + _find_bound_of(right)
    total: Integers = hold(left, bound) + _hold_any(right, bound)
    return total


def multiply(left: Integers, right: Integers | int) -> Integers:
    """Return the exact product of two arrays, element by element, or of an array and a number."""
    least, most = sorted((find_bound(left), _find_bound_of(right)))
    bound = max(least * most, most)
    product: Integers = hold(left, bound) * _hold_any(right, bound)
    return product


def divide(dividend: Integers, divisor: int) -> Integers:
    """Return the quotients, rounded down."""
    return hold(dividend, abs(divisor)) // divisor


def accumulate(values: Integers, axis: int) -> Integers:
    """Return the exact running sums along an axis."""
    sums: Integers = hold(values, values.shape[axis] * find_bound(values)).cumsum(axis=axis)
    return sums


def sum_exactly(values: Integers, axis: int) -> Integers:
    """Return the exact sums along an axis."""
    sums: Integers = hold(values, values.shape[axis] * find_bound(values)).sum(axis=axis)
    return sums


def stack(arrays: Sequence[Integers], axis: int) -> Integers:
    """Return the arrays as the rows (axis 0) or columns (axis 1) of a table; one with Python's integers decides."""
    import numpy as np

    is_wide = any(array.dtype == object for array in arrays)
    table: Integers = np.stack([hold(array, EXACT_INT) if is_wide else array for array in arrays], axis=axis)
    return table


def narrow(values: Integers) -> Integers:
    """Return the values as int64 if all of them fit, so that what follows is fast."""
    import numpy as np

    return values.astype(np.int64) if values.dtype == object and find_bound(values) < EXACT_INT else values


def multiply_exactly(left: Integers, right: Integers) -> Integers:
    """Return the exact matrix product of integers.

    It is computed in float64, by far the fastest, if float64 represents every sum; else in int64 or Python's integers.
    """
    import numpy as np

    bound = sum(map(int.__mul__, _find_bounds(left, 0), _find_bounds(right, 1)))
    if bound >= EXACT_FLOAT:
        number: Any = np.int64 if bound < EXACT_INT else object
        exact: Integers = left.astype(number) @ right.astype(number)
        return narrow(exact)
    product = np.empty((len(left), right.shape[1]), dtype=np.int64)
    columns, step = right.astype(np.float64), max(1, POINTS // max(1, right.shape[1]))
    for start in range(0, len(left), step):
        product[start : start + step] = left[start : start + step].astype(np.float64) @ columns
    return product


def _find_bounds(values: Integers, axis: int) -> list[int]:
    """Return the largest absolute value of each column (axis 0) or row (axis 1), at least 1.

    A zero would hide how large the numbers are that it is multiplied by.
    """
    most, least = values.max(axis=axis, initial=1).tolist(), values.min(axis=axis, initial=-1).tolist()
    return [max(high, -low) for high, low in zip(most, least, strict=True)]


def _find_bound_of(values: Integers | int) -> int:
    return abs(values) if isinstance(values, int) else find_bound(values)


def _hold_any(values: Integers | int, bound: int) -> Any:
    return values if isinstance(values, int) else hold(values, bound)
