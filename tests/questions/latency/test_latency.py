"""The answer about a device: the nearest measured network, own networks, the profile of a runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbcost.analytic.reference import resolve_reference
from mbcost.errors import MbcostError
from mbcost.questions.latency.by_layer import split_latency
from mbcost.questions.latency.calibrate import calibrate
from mbcost.questions.latency.latency import find_nearest, predict_latencies
from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.page import make_page
from mbcost.questions.latency.plan import plan_device
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.spec.catalogue.measured import load_measured_device, load_profile
from mbcost.spec.device import MeasuredDevice
from mbcost.spec.reading.device import parse_device
from mbcost.spec.reading.writing import write_device


@pytest.mark.parametrize("name", ["stm32n6", "stm32h747-cubeai", "pixel3-tflite-4t", "v100-tensorrt-b4"])
def test_a_measured_network_is_nearest_to_itself_and_its_layers_add_up(name: str) -> None:
    calibration = calibrate_device(name)
    for (row, network), suspicious in zip(calibration.resolved.measured, calibration.suspicious, strict=True):
        assert suspicious or find_nearest(calibration, network) == row
    answer = predict_latencies([network for _, network in calibration.resolved.measured], name)
    for estimate, (row, network) in zip(answer.estimates, calibration.resolved.measured, strict=True):
        assert estimate.measured == row.milliseconds
        layers = sum(milliseconds for _, milliseconds in split_latency(calibration, network))
        assert layers == pytest.approx(estimate.milliseconds)


def test_a_device_that_the_model_does_not_describe_makes_no_claim() -> None:
    answer = predict_latencies([resolve_reference("v2@0.75"), resolve_reference("v1@0.6")], "t4-tensorrt")
    assert answer.left_out is not None
    assert answer.left_out.mean > 0.15
    for estimate in answer.estimates:
        assert (estimate.low, estimate.high) == (None, None)
        assert "no interval is claimed" in str(estimate.reason)


def test_an_own_network_has_an_interval_only_if_its_family_was_measured(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    text = Path("docs/tiny.yaml").read_text()
    own.write_text(text)
    networks = [resolve_reference(f"{own}/224"), resolve_reference("v1@0.45/200")]
    foreign, known = predict_latencies(networks, "pixel2-tflite-uint8").estimates
    calibration = calibrate_device("pixel2-tflite-uint8")
    assert "no network of its family was measured" in str(foreign.reason)
    assert foreign.error == calibration.left_out_family
    assert (known.reason, known.error) == (None, calibration.left_out.mean)
    assert known.low is not None
    assert known.high is not None
    assert known.low < known.milliseconds < known.high


@pytest.mark.parametrize("count", [1, 4])
def test_a_profile_scales_a_device_with_few_measurements_and_not_one_with_many(count: int, tmp_path: Path) -> None:
    profile = load_profile("paddle-lite-armv8-float32")
    path = tmp_path / "mine.yaml"
    path.write_text(write_device(MeasuredDevice("mine", "a phone", measured=profile.devices[0].measured[:count])))
    networks = [resolve_reference("v3-small"), resolve_reference("v2@0.5")]
    for estimate in predict_latencies(networks, str(path), profile.name).estimates:
        assert (estimate.low, estimate.high) == (None, None)
        assert estimate.error is not None
        assert f"{estimate.error:.0%}" in str(estimate.reason)
    with pytest.raises(MbcostError, match="its own measurements say more"):
        predict_latencies([], "stm32n6", profile.name)


def test_a_plan_is_read_back_with_the_same_networks(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(Path("docs/tiny.yaml").read_text())
    planned = plan_device(6, ["v1@0.5", "v3-small:timm", str(own)])
    again = parse_device(write_device(planned), "plan.yaml")
    assert [row.label for row in again.measured] == [row.label for row in planned.measured]
    assert len(resolve_measured(again, planned=True).planned) == 6
    assert any(str(own) in row.network for row in plan_device(1, [str(own)]).measured)


def test_bounds_of_a_data_sheet_are_below_what_was_measured() -> None:
    for name in ("stm32h747-cubeai", "v100-tensorrt-b8"):
        page = make_page(calibrate_device(name))
        for point, bound in zip(page.calibration.points, page.bounds, strict=True):
            assert bound is not None
            assert bound < point.milliseconds
    assert set(make_page(calibrate_device("stm32n6")).bounds) == {None}


def test_advice_is_only_given_if_there_are_candidates() -> None:
    calibration = calibrate(resolve_measured(load_measured_device("stm32n6")))
    assert make_page(calibration).advice is None
    advice = make_page(calibration, [resolve_reference("v3-large"), resolve_reference("v2@0.5/96")]).advice
    assert advice is not None
    assert advice.error_after < advice.error
