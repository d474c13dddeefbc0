"""The surfaces: least squares and left-out errors computed in a second way, and the bounds of the errors."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.questions.accuracy.fitting import SURFACE, fit_points
from mbcost.questions.accuracy.surface import LeftOut, Surface, load_surfaces
from mbcost.spec.catalogue.checkpoints import Checkpoint, Recipe

SURFACES = {(surface.recipe.name, surface.net): surface for surface in load_surfaces()}
FITTED = [surface for surface in load_surfaces() if surface.fit is not None]
WITH_INTERVAL = [surface for surface in FITTED if not surface.why_no_interval]


def release(points: list[tuple[float, int, float]]) -> Surface:
    checkpoints = tuple(Checkpoint("v2", alpha, side, top1, None) for alpha, side, top1 in points)
    return Surface(Recipe("mine", "Mine", "official", 1000, (), checkpoints), "v2", checkpoints)


def logit(percent: Any) -> Any:
    return np.log(percent / (100 - percent))


def features(alphas: list[float], sides: list[int]) -> Any:
    """Return the terms of the form, written out."""
    rows = [(1, 1 / alpha, 224 / side, 224 / (alpha * side)) for alpha, side in zip(alphas, sides, strict=True)]
    return np.array(rows if len(set(sides)) > 1 else [row[:2] for row in rows])


@pytest.mark.parametrize(
    ("key", "mean", "worst", "alpha_mean", "alpha_worst"),
    [
        (("tf-slim", "v1"), 0.20, 0.5, 0.30, 0.8),
        (("tf-slim", "v2"), 0.45, 1.6, 0.55, 1.7),
        (("paddleclas", "v2"), 0.40, 0.7, 0.40, 0.7),
        (("paddleclas", "v3-large"), 0.20, 0.3, 0.20, 0.3),
        (("paddleclas", "v3-small-arxiv4"), 0.60, 0.9, 0.60, 0.9),
    ],
)
def test_left_out_checkpoints_are_estimated_within_these_errors(
    key: tuple[str, str], mean: float, worst: float, alpha_mean: float, alpha_worst: float
) -> None:
    errors, of_alphas = SURFACES[key].left_out, SURFACES[key].left_out_alpha
    assert errors is not None
    assert of_alphas is not None
    assert (errors.mean < mean, errors.worst < worst) == (True, True)
    assert (of_alphas.mean < alpha_mean, of_alphas.worst < alpha_worst) == (True, True)


@pytest.mark.parametrize("left_out", ["left_out", "left_out_alpha"])
def test_the_intervals_contain_as_many_left_out_checkpoints_as_they_promise(left_out: str) -> None:
    assert [surface.net for surface in WITH_INTERVAL] == ["v1", "v2"]
    errors: list[LeftOut] = [getattr(surface, left_out) for surface in WITH_INTERVAL]
    assert [error.tested for error in errors] == [len(surface.checkpoints) for surface in WITH_INTERVAL]
    assert 0.85 <= sum(error.contained for error in errors) / sum(error.tested for error in errors) <= 0.95
    assert all(0.85 <= error.contained / error.tested <= 0.96 for error in errors)


@pytest.mark.parametrize("surface", FITTED, ids=repr)
def test_the_errors_are_those_of_fits_by_lstsq_without_the_checkpoints(surface: Surface) -> None:
    rows = surface.checkpoints
    x = features([row.alpha for row in rows], [row.resolution for row in rows])
    y = np.array([row.top1 for row in rows])
    for groups, answer in (
        (np.arange(len(rows)), surface.left_out), (np.array([row.alpha for row in rows]), surface.left_out_alpha),
    ):  # fmt: skip
        errors, inside = [], 0
        for group in np.unique(groups):
            left = groups == group
            weights, *_ = np.linalg.lstsq(x[~left], np.log(y[~left]), rcond=None)
            inverse = np.linalg.inv(x[~left].T @ x[~left])
            estimates = np.exp(x[left] @ weights)
            errors += list(abs(estimates - y[left]))
            scores = []
            for row in np.flatnonzero(~left):  # each left out as well, by a fit of its own
                kept = ~left & (np.arange(len(y)) != row)
                fitted, *_ = np.linalg.lstsq(x[kept], np.log(y[kept]), rcond=None)
                spread = 1 + x[row] @ np.linalg.inv(x[kept].T @ x[kept]) @ x[row]
                scores.append(abs(logit(y[row]) - logit(np.exp(x[row] @ fitted))) / spread**0.5)
            rank = ceil(0.9 * (len(scores) + 1))
            if rank <= len(scores):
                half = sorted(scores)[rank - 1] * np.sqrt(1 + np.einsum("ij,jk,ik->i", x[left], inverse, x[left]))
                inside += int((abs(logit(y[left]) - logit(estimates)) <= half).sum())
        assert answer is not None
        assert (answer.mean, answer.worst) == pytest.approx((np.mean(errors), max(errors)), abs=1e-9)
        assert answer.contained == inside


@given(
    weights=st.tuples(*[st.floats(-0.2, -0.01)] * 3), limit=st.floats(4.0, 4.5),
    alpha=st.floats(0.25, 1.0), side=st.integers(96, 224),
)  # fmt: skip
def test_points_on_a_surface_give_this_surface_and_an_interval_without_width(
    weights: tuple[float, float, float], limit: float, alpha: float, side: int
) -> None:
    settings = [(alpha, side) for alpha in (0.25, 0.5, 0.75, 1.0) for side in (96, 160, 224)]

    def top1(alpha: float, side: int) -> float:
        return float(np.exp(limit + np.dot(weights, (1 / alpha, 224 / side, 224 / (alpha * side)))))

    surface = release([(alpha, side, top1(alpha, side)) for alpha, side in settings])
    values = [float(value) for value in surface.predict(alpha, side)]
    assert values == pytest.approx([top1(alpha, side)] * 3, rel=1e-9)


@pytest.mark.parametrize("surface", FITTED, ids=repr)
def test_accuracy_rises_with_alpha_and_with_resolution_and_stays_inside_its_interval(surface: Surface) -> None:
    alphas = np.linspace(surface.alphas[0], surface.alphas[-1], 40)
    sides = np.arange(surface.resolutions[0], surface.resolutions[-1] + 1)
    top1, low, high = surface.predict(alphas[:, None], sides[None, :])
    inside = ~np.isnan(top1)
    assert inside.any()
    assert not (np.diff(top1, axis=0) <= 0).any()  # a comparison with NaN is false
    assert not (np.diff(top1, axis=1) <= 0).any()
    bounded = inside & ~np.isnan(low)
    assert bounded.any() == (surface in WITH_INTERVAL)
    assert ((low < top1) & (top1 < high))[bounded].all()
    assert (np.isnan(low) == np.isnan(high)).all()


def test_outside_of_the_hull_all_values_are_nan_and_at_its_corners_none_is() -> None:
    surface = SURFACES["tf-slim", "v2"]
    for alpha, side in ((0.34, 224), (1.41, 224), (1.4, 160), (0.5, 95), (0.5, 225), (0, 224), (float("nan"), 224)):
        assert all(np.isnan(value) for value in surface.predict(alpha, side))
    for checkpoint in surface.checkpoints:
        assert not any(np.isnan(value) for value in surface.predict(checkpoint.alpha, checkpoint.resolution))


def test_many_points_are_those_of_one_at_a_time() -> None:
    surface = SURFACES["tf-slim", "v1"]
    alphas, sides = np.array([[0.3], [0.9], [2.0]]), np.array([[128, 200]])
    for together, alone in zip(
        surface.predict(alphas, sides),
        zip(*([surface.predict(alpha, side) for alpha in (0.3, 0.9, 2.0) for side in (128, 200)]), strict=True),
        strict=True,
    ):
        assert together.shape == (3, 2)
        assert np.allclose(together.ravel(), [float(value) for value in alone], equal_nan=True)


def test_nine_checkpoints_have_an_interval_and_eight_have_none() -> None:
    points = [(alpha, 224, 70 - 5 / alpha + index % 3) for index, alpha in enumerate(np.linspace(0.2, 1.0, 9))]
    assert release(points).why_no_interval == ""
    assert not np.isnan(release(points).predict(0.5, 224)[1])
    eight = release(points[:8])
    assert eight.why_no_interval == (
        "no 90% interval: the errors of 8 checkpoints bound at most 8 of 9 new ones, so at least 9 are needed"
    )
    top1, low, high = eight.predict(0.5, 224)
    assert (np.isnan(top1), np.isnan(low), np.isnan(high)) == (False, True, True)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([(1.0, 224, 70.0)], "mine released 1 checkpoint of v2, and at least 4 are needed for a curve whose error"),
        ([(0.5, 224, 60.0), (1.0, 224, 70.0), (0.75, 224, 66.0)], "mine released 3 checkpoints of v2, and at least 4"),
        (  # alphas at one resolution, and resolutions at one alpha: how the two act together is unknown
            [(alpha, 224, 60 + alpha) for alpha in (0.25, 0.5, 0.75, 1.0)]
            + [(1.0, side, 50 + side / 20) for side in (96, 128, 160, 192)],
            "mine released 8 checkpoints of v2, whose alphas and resolutions do not determine a surface",
        ),
    ],
)
def test_too_few_checkpoints_give_a_reason_and_no_number(points: list[tuple[float, int, float]], reason: str) -> None:
    surface = release(points)
    assert surface.fit is None
    assert surface.why_no_estimate.startswith(reason)
    assert all(np.isnan(value) for value in surface.predict(points[0][0], points[0][1]))
    assert (surface.left_out, surface.left_out_alpha) == (None, None)


def test_the_error_of_a_checkpoint_does_not_depend_on_its_own_accuracy() -> None:
    surface = SURFACES["tf-slim", "v1"]
    (own,) = [item for item in surface.checkpoints if (item.alpha, item.resolution) == (0.5, 160)]
    rest = tuple(item for item in surface.checkpoints if item is not own)
    estimate = float(Surface(surface.recipe, surface.net, rest).predict(own.alpha, own.resolution)[0])
    wrong = Checkpoint(own.net, own.alpha, own.resolution, own.top1 - 20, None)
    errors = Surface(surface.recipe, surface.net, (*rest, wrong)).left_out
    assert errors is not None
    assert errors.worst == pytest.approx(estimate - wrong.top1, abs=1e-9)


def test_a_fit_needs_two_points_more_than_terms() -> None:
    alphas, sides = (np.array(column, float) for column in ((0.25, 0.5, 1, 0.25, 0.5, 1), (96, 96, 96, 224, 192, 224)))
    top1 = 40 + 10 * alphas + sides / 20
    assert fit_points(SURFACE, alphas, sides, top1) is not None
    assert fit_points(SURFACE, alphas[:5], sides[:5], top1[:5]) is None
