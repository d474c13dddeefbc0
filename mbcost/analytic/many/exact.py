"""Exact matrix products of integers in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    """Exact integers: int64, or Python's own integers (dtype object) if int64 would overflow."""

EXACT_FLOAT, EXACT_INT = 2**53, 2**63
"""float64 and int64 represent every integer below these."""
POINTS = 2**17
"""The number of sums computed at a time: a megabyte, which stays in a processor's cache."""


def multiply_exactly(left: Integers, right: Integers) -> Integers:
    """Return the exact matrix product of integers.

    It is computed in float64, by far the fastest, if float64 represents every sum; else in int64 or Python's integers.
    """
    import numpy as np

    largest = (np.abs(left).max(axis=0).tolist(), np.abs(right).max(axis=1).tolist())
    bound = sum(map(int.__mul__, *largest))
    if bound >= EXACT_FLOAT:
        number: Any = np.int64 if bound < EXACT_INT else object
        exact: Integers = left.astype(number) @ right.astype(number)
        return exact
    product = np.empty((len(left), right.shape[1]), dtype=np.int64)
    columns, step = right.astype(np.float64), max(1, POINTS // right.shape[1])
    for start in range(0, len(left), step):
        product[start : start + step] = left[start : start + step].astype(np.float64) @ columns
    return product
