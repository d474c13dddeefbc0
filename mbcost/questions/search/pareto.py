"""Pareto-optimal points: those to which no other point is at least as good in every score and better in one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_CHUNK = 1024
"""The number of points that are compared with the front together; it doubles from chunk to chunk."""
_CHUNK = 256
"""The same for more than three scores, for which every point is compared with the whole front."""


def find_pareto_front(*scores: NDArray[Any], equals: bool = True) -> NDArray[Any]:
    """Return the indices of the Pareto-optimal points, those with the highest first score first.

    Args:
        scores: two scores or more of every point, the higher the better: int64, float64 or, for larger integers,
            Python's. A point with a NaN is left out.
        equals: whether points with equal scores are all returned, or only the first of them.
    """
    import numpy as np

    # Ranks are exact in any type of number.
    exact = len(scores) > 3
    scores = tuple(
        rank_exactly(score) if score.dtype == object or (exact and score.dtype == np.int64) else score
        for score in scores
    )
    known = np.flatnonzero(~np.logical_or.reduce([np.isnan(score) for score in scores]))
    order: NDArray[Any] = known[np.lexsort([-score[known] for score in reversed(scores)])]
    if not len(order):
        return order
    ranked = [score[order] for score in scores]
    changes = np.logical_or.reduce([score[1:] != score[:-1] for score in ranked])
    starts = np.concatenate([[True], changes])  # the first of each group of equal points
    if len(scores) > 3:
        optimal = _find_optimal_in_many(np.stack([score[starts].astype(np.float64) for score in ranked[1:]], axis=1))
    else:
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


def _find_optimal_in_many(others: NDArray[Any]) -> NDArray[Any]:
    """Return which points are Pareto-optimal, given all scores but the first as [points, scores].

    They are distinct and in falling order of all scores, so that only an earlier point can dominate a later one.
    """
    import numpy as np

    optimal = np.zeros(len(others), dtype=bool)
    front = others[:0]
    for start in range(0, len(others), _CHUNK):
        chunk = others[start : start + _CHUNK]
        # A point that an earlier one of the chunk dominates is dominated by an optimal one too.
        earlier = np.tri(len(chunk), k=-1, dtype=bool)
        dominated = (_is_at_least(chunk, chunk) & earlier).any(axis=1) | _is_at_least(chunk, front).any(axis=1)
        optimal[start : start + _CHUNK] = ~dominated
        front = np.concatenate([front, chunk[~dominated]])
    return optimal


def _is_at_least(points: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Return whether every score of each of the others is at least that of each point, [points, others]."""
    import numpy as np

    return np.asarray((others[None, :, :] >= points[:, None, :]).all(axis=2))
