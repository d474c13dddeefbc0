"""The Pareto front of random points, compared with its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.questions.search.pareto import find_pareto_front

SCORE = st.one_of(st.integers(-3, 3).map(float), st.just(float("nan")))


def is_dominated(point: tuple[float, ...], points: list[tuple[float, ...]]) -> bool:
    """Return whether another point is at least as good in every score and better in one."""
    return any(
        other != point and all(mine <= theirs for mine, theirs in zip(point, other, strict=True)) for other in points
    )


@given(st.integers(2, 4).flatmap(lambda scores: st.lists(st.tuples(*[SCORE] * scores), max_size=60)), st.integers(1, 9))
def test_the_front_holds_the_points_that_no_point_dominates(points: list[tuple[float, ...]], first_chunk: int) -> None:
    known = [point for point in points if point == point]
    known = [point for point in known if not any(score != score for score in point)]
    expected = [point for point in known if not is_dominated(point, known)]
    scores = [np.array(column) for column in zip(*points, strict=True)] if points else [np.zeros(0), np.zeros(0)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mbcost.questions.search.pareto.FIRST_CHUNK", first_chunk)
        patch.setattr("mbcost.questions.search.pareto._CHUNK", first_chunk)
        front = find_pareto_front(*scores).tolist()
        distinct = find_pareto_front(*scores, equals=False).tolist()
    assert sorted(points[index] for index in front) == sorted(expected)
    assert [points[index] for index in front] == sorted(expected, reverse=True)
    # Of equal points, the first in the order of the input represents all.
    assert distinct == [points.index(point) for point in sorted(set(expected), reverse=True)]


def test_whole_numbers_beyond_the_precision_of_floats_are_compared_exactly() -> None:
    scores = np.array([2**60, 2**60 + 1])
    assert find_pareto_front(scores, scores).tolist() == [1]
    assert find_pareto_front(np.zeros(2), scores, -scores).tolist() == [1, 0]
    assert find_pareto_front(np.zeros(2), np.zeros(2), np.zeros(2), scores).tolist() == [1]
