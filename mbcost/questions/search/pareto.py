"""Pareto-optimal points: those to which no other point is at least as good in every score and better in one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_CHUNK = 1024
"""The number of points that are compared with the front together; it doubles from chunk to chunk."""


def find_pareto_front(*scores: NDArray[Any], equals: bool = True) -> NDArray[Any]:
    """Return the indices of the Pareto-optimal points, those with the highest first score first.

    Args:
        scores: two or three scores of every point, the higher the better: int64, float64 or, for larger integers,
            Python's. A point with a NaN is left out.
        equals: whether points with equal scores are all returned, or only the first of them.
    """
    import numpy as np

    scores = tuple(rank_exactly(score) if score.dtype == object else score for score in scores)
    known = np.flatnonzero(~np.logical_or.reduce([np.isnan(score) for score in scores]))
    order: NDArray[Any] = known[np.lexsort([-score[known] for score in reversed(scores)])]
    if not len(order):
        return order
    ranked = [score[order] for score in scores]
    changes = np.logical_or.reduce([score[1:] != score[:-1] for score in ranked])
    starts = np.concatenate([[True], changes])  # the first of each group of equal points
    second, third = (ranked[1][starts], ranked[2][starts] if len(scores) > 2 else np.zeros(starts.sum()))
    optimal = _find_optimal(second, third)
    front: NDArray[Any] = order[optimal[np.cumsum(starts) - 1]] if equals else order[starts][optimal]
    return front


def rank_exactly(column: NDArray[Any]) -> NDArray[Any]:
    """Return int64 in the same order as Python's integers of any size, 0 for the smallest."""
    import numpy as np

    ranks: NDArray[Any] = np.unique(column, return_inverse=True)[1]
    return ranks.astype(np.int64)


def _find_optimal(second: NDArray[Any], third: NDArray[Any]) -> NDArray[Any]:
    """Return which points are Pareto-optimal. They are distinct and in falling order of their three scores."""
    import numpy as np

    optimal = np.zeros(len(second), dtype=bool)
    # The front of the points so far in the last two scores, as costs: one rises along the front, the other falls.
    rising: list[Any] = []
    falling: list[Any] = []
    start, size = 0, FIRST_CHUNK
    while start < len(second):
        candidates = np.arange(start, min(start + size, len(second)))
        if rising:
            ends = np.searchsorted(rising, -second[candidates], "right")
            candidates = candidates[(ends == 0) | (np.array(falling)[ends - 1] > -third[candidates])]
        for index, first_cost, last_cost in zip(
            candidates.tolist(), (-second[candidates]).tolist(), (-third[candidates]).tolist(), strict=True
        ):
            end = bisect_right(rising, first_cost)
            if end and falling[end - 1] <= last_cost:
                continue
            optimal[index] = True
            first = last = bisect_left(rising, first_cost)
            while last < len(falling) and falling[last] >= last_cost:
                last += 1
            rising[first:last], falling[first:last] = [first_cost], [last_cost]
        start, size = start + size, 2 * size
    return optimal
