"""Least squares with coefficients that are not negative, many problems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_STEPS = 1000
"""The algorithm ends after at most 2^n steps for n coefficients, in practice after fewer than ten."""
_PATIENCE = 3
"""How often a step may exchange several coefficients without fewer of them being wrong."""


def solve_nonnegative(squares: NDArray[Any], products: NDArray[Any], start: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the x >= 0 that minimizes x'Gx / 2 - h'x, for each of many G and h.

    Block principal pivoting: Kim and Park, "Fast nonnegative matrix factorization", SIAM J. Sci. Comput. 33(6), 2011,
    algorithm 1. Each step solves all equations whose coefficients may be positive and exchanges those that turn out
    wrong. scipy's `nnls` solves one problem at a time, and importing it takes longer than all of them.

    Args:
        squares: G, positive definite, [problems, n, n].
        products: h, [problems, n].
        start: which coefficients may be positive at first, [problems, n] or [n]; by default all.

    >>> import numpy as np
    >>> solve_nonnegative(np.eye(2)[None], np.array([[2.0, -1.0]])).tolist()
    [[2.0, 0.0]]
    """
    import numpy as np

    count, size = products.shape
    free = np.ones((count, size), dtype=bool)
    if start is not None:
        free &= start
    solution = np.zeros((count, size))
    fewest, patience = np.full(count, size + 1), np.full(count, _PATIENCE)
    active = np.arange(count)
    tolerance = 1e-10 * np.abs(products).max(axis=1, keepdims=True, initial=1e-300)
    for _ in range(MOST_STEPS):
        may, matrix, vector = free[active], squares[active], products[active]
        reduced = np.where(may[:, :, None] & may[:, None, :], matrix, np.eye(size))
        values = np.linalg.solve(reduced, np.where(may, vector, 0)[..., None])[..., 0]
        slopes = (matrix @ values[..., None])[..., 0] - vector
        wrong = np.where(may, values < 0, slopes < -tolerance[active])
        solution[active] = np.where(may, values, 0)
        number = wrong.sum(axis=1)
        fewer = number < fewest[active]
        fewest[active] = np.where(fewer, number, fewest[active])
        patience[active] = np.where(fewer, _PATIENCE, patience[active] - 1)
        # Without progress only the last wrong coefficient is exchanged, which always ends.
        last = np.zeros_like(wrong)
        last[np.arange(len(active)), size - 1 - wrong[:, ::-1].argmax(axis=1)] = True
        free[active] = may ^ np.where((patience[active] < 0)[:, None], last & wrong, wrong)
        active = active[number > 0]
        if not len(active):
            return np.maximum(solution, 0)
    raise MbcostError("the rates of the device cannot be computed: report the file, this is a mistake of mbcost")
