"""The hull of released alphas and resolutions: a point is inside if it is a mixture of released ones."""

from __future__ import annotations

from itertools import combinations
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.questions.accuracy.hull import enclose

SETTINGS = st.lists(
    st.tuples(st.sampled_from([0.25, 0.35, 0.5, 0.75, 1.0, 1.4]), st.sampled_from([96, 128, 160, 192, 224])),
    min_size=1,
    max_size=8,
)


def measure_depth(settings: list[tuple[float, int]], alpha: float, side: int) -> float:
    """Return the least weight of a corner in the best triangle of released points (Caratheodory): above 0 inside."""
    depths = [-1.0]
    for corners in combinations(sorted(set(settings)), 3):
        matrix = np.vstack([np.log(np.array(corners, float)).T, [1, 1, 1]])
        if abs(np.linalg.det(matrix)) > 1e-12:
            depths.append(float(np.linalg.solve(matrix, [log(alpha), log(side), 1]).min()))
    return max(depths)


@given(settings=SETTINGS, alpha=st.floats(0.2, 1.6), side=st.integers(90, 230))
def test_what_is_inside_is_a_mixture_of_released_points(
    settings: list[tuple[float, int]], alpha: float, side: int
) -> None:
    depth = measure_depth(settings, alpha, side)
    if abs(depth) > 1e-6:  # on the border, rounding decides
        is_flat = len({alpha for alpha, _ in settings}) == 1 or len({side for _, side in settings}) == 1
        assert is_flat or bool(enclose(settings).contains(alpha, side)) == (depth > 0)


@given(first=st.floats(0.1, 1), ratio=st.floats(1.1, 4), share=st.floats(-1, 2), side=st.sampled_from([96, 224]))
def test_at_one_resolution_the_range_of_alpha_is_inside_and_no_other_resolution(
    first: float, ratio: float, share: float, side: int
) -> None:
    hull = enclose([(first, side), (first * ratio, side)])
    if min(abs(share), abs(share - 1)) > 1e-6:
        assert bool(hull.contains(first * ratio**share, side)) == (0 < share < 1)
    assert not hull.contains(first * ratio**0.5, side + 1)


@given(settings=SETTINGS)
def test_every_released_point_is_inside(settings: list[tuple[float, int]]) -> None:
    alphas, sides = zip(*settings, strict=True)
    assert enclose(settings).contains(alphas, sides).all()


@pytest.mark.parametrize(("alpha", "side"), [(0, 224), (-1, 224), (0.5, 0), (float("nan"), 224), (float("inf"), 224)])
def test_what_has_no_logarithm_is_outside(alpha: float, side: float) -> None:
    assert not enclose([(0.25, 96), (1.0, 96), (1.0, 224)]).contains(alpha, side)
