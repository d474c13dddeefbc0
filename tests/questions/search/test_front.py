"""The curves of `mbcost plot fit`, compared with the definition of what they show."""

from __future__ import annotations

import pytest

from mbcost.errors import MbcostError
from mbcost.questions.search.configurations import Configuration, CountingRules, compute_sheet
from mbcost.questions.search.estimates import Estimator, make_estimator
from mbcost.questions.search.fit import Wish, fit
from mbcost.questions.search.front import read_cost, trace_front
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.series import Series
from mbcost.spec.catalogue.library import load_convention, load_spec

SIZES = [(side, side) for side in range(96, 257, 32)]
ALPHAS = [0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 1.0, 1.2]


def make_sheet(net: str, implementation: str = "official", allocator: str = "naive"):  # type: ignore[no-untyped-def]
    spec = load_spec(net)
    series = Series(spec, spec.implementation(implementation), 1000, 3)
    return compute_sheet(series, series.plan_alphas(ALPHAS), CountingRules(load_convention(), allocator, "int8"))


@pytest.mark.parametrize("device", [None, "pixel1-tflite"])
def test_a_curve_is_the_highest_accuracy_at_each_cost(device: str | None) -> None:
    limits = [Limit("memory", 600_000), *([Limit("latency", 30, device=device)] if device else [])]
    estimator = make_estimator(device, limits_latency=device is not None)
    sheet = make_sheet("v2")
    front = trace_front([sheet], [SIZES], limits, estimator)
    (curve,) = front.curves
    answer = fit([sheet], [SIZES], limits, Wish("top1", "all", 999), estimator)
    known = [row.configuration for row in answer.best if row.configuration.estimated.top1 is not None]

    def aims(point: Configuration) -> tuple[float, float]:
        return read_cost(point), -(point.estimated.top1 or 0)

    optimal = {
        aims(point)
        for point in known
        if not any(aims(other) != aims(point) and max(a - b for a, b in zip(aims(other), aims(point), strict=True)) <= 0
                   for other in known)
    }  # fmt: skip
    assert [aims(point) for point in curve.fitting] == sorted(optimal)
    assert front.best == known[0]
    assert {point.label for point in front.optimal} == {
        row.configuration.label
        for row in fit([sheet], [SIZES], limits, Wish("top1", "front", 999), estimator).best
    }  # fmt: skip
    fitting = {point.label for point in known}
    assert {point.label: fits for point, fits in front.released} == {
        point.label: point.label in fitting for point, _ in front.released
    }


@pytest.mark.parametrize(
    ("implementation", "allocator", "message"),
    [("keras", "naive", "no accuracy is known of these networks"), ("official", "arena", "has no arenas")],
)
def test_a_front_that_cannot_be_drawn_is_refused(implementation: str, allocator: str, message: str) -> None:
    sheet = make_sheet("v2", implementation, allocator)
    with pytest.raises(MbcostError, match=message):
        trace_front([sheet], [SIZES], [Limit("memory", 2**20)], Estimator())
