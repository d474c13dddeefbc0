"""The points and curves of the picture of accuracy: real costs, and nothing that costs less is estimated higher."""

from __future__ import annotations

from functools import partial

import pytest

from mbcost.analytic.reference import resolve_reference
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.curves import list_accuracy_points, trace_accuracy
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.latency.grid import predict_milliseconds
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.plot import count_mult_adds
from mbcost.spec.catalogue.checkpoints import load_recipes
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.table import Spec

TF_SLIM, PADDLECLAS = load_recipes().values()
COSTS = partial(count_mult_adds, load_convention())


def test_every_accuracy_has_the_cost_of_its_network() -> None:
    points = list_accuracy_points(TF_SLIM, COSTS)
    assert [point.checkpoint for point in points] == list(TF_SLIM.checkpoints)
    by_name = {
        (point.checkpoint.net, point.checkpoint.alpha, point.checkpoint.resolution): point.cost for point in points
    }
    assert by_name["v2", 1.0, 224] == 300_774_272
    assert by_name["v2", 0.75, 160] == 107_295_200
    assert by_name["v1", 1.0, 224] == 568_740_352
    few = list_accuracy_points(TF_SLIM, COSTS, ["v1", "v3-small"])
    assert {point.checkpoint.net for point in few} == {"v1", "v3-small"}
    with pytest.raises(MbcostError, match="unknown network with published checkpoints 'v1'"):
        list_accuracy_points(PADDLECLAS, COSTS, ["v1"])


def test_a_curve_rises_and_no_cheaper_network_is_estimated_higher() -> None:
    curves = trace_accuracy(TF_SLIM, COSTS, ["v1", "v2", "v3-large"])
    assert [curve.net for curve in curves] == ["v1", "v2"]
    for curve in curves:
        assert list(curve.costs) == sorted(set(curve.costs))
        assert list(curve.top1) == sorted(set(curve.top1))
        assert curve.band is not None
        low, high = curve.band
        assert all(less < value < more for less, value, more in zip(low, curve.top1, high, strict=True))
    assert [curve.band for curve in trace_accuracy(PADDLECLAS, COSTS)] == [None] * 3


def test_a_curve_can_be_over_any_cost() -> None:
    asked = []

    def wait(spec: Spec, implementation: str, alphas: list[float], sides: list[int]) -> list[list[float]]:
        asked.append((spec, implementation))
        return [[alpha * side for side in sides] for alpha in alphas]

    (curve,) = trace_accuracy(TF_SLIM, wait, ["v1"])  # type: ignore[arg-type]
    assert asked == [(load_spec("v1"), "official")]
    assert (curve.costs[0], curve.costs[-1]) == (0.25 * 128, 224)


def test_milliseconds_are_those_of_each_network_on_the_device() -> None:
    calibration = calibrate_device("pixel2-tflite")
    points = list_accuracy_points(TF_SLIM, partial(predict_milliseconds, calibration), ["v1", "v3-small"])
    assert len(points) == len(TF_SLIM.of("v1")) + len(TF_SLIM.of("v3-small"))
    for point in points[::3]:
        network = resolve_reference(f"{point.checkpoint.net}@{point.checkpoint.alpha}/{point.checkpoint.resolution}")
        assert point.cost == pytest.approx(estimate_latency(calibration, network).milliseconds)
