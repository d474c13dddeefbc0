"""`mbcost latency` and `mbcost devices`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mbcost.analytic.reference import resolve_reference
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.spec.catalogue.measured import device_path, list_devices, list_profiles
from tests.cli.conftest import Mbcost


def test_the_json_has_an_estimate_or_a_reason_per_network(mbcost: Mbcost, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(device_path("pixel2-tflite-uint8").read_text())
    nets = ["v1@0.6/176", "MobileNetV2@0.5", "v3-small", "v1@2/512"]
    answer = json.loads(mbcost("latency", *nets, "--device", str(file), "--format", "json").out)
    calibration = calibrate_device(str(file))
    assert [item["network"] for item in answer["estimates"]] == nets
    for item, net in zip(answer["estimates"], nets, strict=True):
        expected = estimate_latency(calibration, resolve_reference(net))
        assert item["ms"] == pytest.approx(expected.milliseconds, rel=1e-5)
        assert (item["low"] is None, item["high"] is None) == (item["reason"] is not None,) * 2
        assert item["reason"] == expected.reason
        if item["low"] is not None:
            assert item["low"] < item["ms"] < item["high"]
    assert [item["reason"] is None for item in answer["estimates"]] == [True, True, False, False]
    assert answer["estimates"][-1]["error"] is None  # outside of what was measured
    assert 100 * calibration.left_out.mean == pytest.approx(answer["left_out"]["mean"], rel=1e-3)


def test_options_apply_to_every_network_and_are_said(mbcost: Mbcost) -> None:
    words = ["--device", "pixel2-tflite", "--alpha", "0.75", "--res", "160", "--classes", "10", "--format", "json"]
    answer = json.loads(mbcost("latency", "v1", "v2", *words).out)
    labels = ["v1@0.75/160, classes 10", "v2@0.75/160, classes 10"]
    assert [item["network"] for item in answer["estimates"]] == labels
    again = json.loads(mbcost("latency", "v1@0.75/160", "--classes", "10", *words[:2], "--format", "json").out)
    assert again["estimates"][0]["ms"] == answer["estimates"][0]["ms"]


def test_an_error_always_stands_beside_a_number(mbcost: Mbcost) -> None:
    for words in (["v2"], ["v2", "--by", "layer"], ["v3-large"]):
        text = mbcost("latency", *words, "--device", "pixel2-tflite").out
        assert "each of the 17 measured networks, predicted by the other 16: mean error 2.3%" in text
    assert "an estimate only" in mbcost("latency", "v2", "--by", "layer", "--device", "pixel2-tflite").out
    assert "no interval is claimed" in mbcost("latency", "v2", "--device", "t4-tensorrt").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("v2", "the option --device is missing"),
        ("v2 --device pixel2", "did you mean"),
        ("v2 --device jetson-nano", "only a data sheet"),
        ("v2 --device ncnn-4t", "is the profile of a runtime"),
        ("v2 --device stm32n6 --like pixel2-tflite", "is a device, not the profile"),
        ("v2 --device nowhere.yaml", "No such file"),
        ("v9 --device stm32n6", "unknown network"),
        ("v2 --device stm32n6 --like ncnn-1t", "its own measurements say more"),
        ("v2 --device few.csv", "scale the profile of a runtime"),
        ("v2 --device few.csv --like ncnn-1", "unknown profile"),
        ("v2 --device few.csv --like ncnn-1t --by layer", "a profile does not have layers"),
        ("v2 v1 --device stm32n6 --by layer", "it shows one network"),
        ("v2 --device stm32n6 --by block", "unknown grouping"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(
    words: str, message: str, mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("few.csv").write_text("network,ms\nv1,30\nv2,21\n")
    result = mbcost("latency", *words.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_a_device_with_two_networks_is_answered_by_a_profile(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("few.csv").write_text("network,ms\nv1,30\nv2,21\n")
    answer = json.loads(mbcost("latency", "v3-large", "--device", "few.csv", "--like", "NCNN_1t", "-f", "json").out)
    (item,) = answer["estimates"]
    assert (answer["like"], answer["points"], answer["left_out"], item["low"]) == ("ncnn-1t", 2, None, None)
    assert "scaled by 2 measured networks, missed its networks by" in item["reason"]


def test_devices_lists_all_of_them_at_once(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("devices", "--format", "json").out)
    assert [item["name"] for item in answer["devices"]] == list(list_devices())
    profiles = json.loads(mbcost("devices", "--profiles", "--format", "json").out)
    assert [item["name"] for item in profiles["profiles"]] == list(list_profiles())
    assert "above 15% the model does not describe the device: t4-tensorrt" in mbcost("devices").out
    assert mbcost("devices", "stm32n6", "--profiles").code == 2


def test_a_page_says_what_the_device_is_compared_with_its_data_sheet(mbcost: Mbcost) -> None:
    page = mbcost("devices", "stm32h747-cubeai").out
    assert "(data sheet: at most 960 M/s)" in page
    assert "grow together: only the sum of their times is determined" in page
    assert "This model does not describe the device" in mbcost("devices", "t4-tensorrt").out


def test_a_device_that_is_not_a_data_sheet_is_said_to_have_latencies(mbcost: Mbcost) -> None:
    result = mbcost("roofline", "v2", "--device", "pixel2-tflite")
    assert (result.code, "mbcost latency --device pixel2-tflite" in result.err) == (2, True)


@pytest.mark.parametrize("by", ["layer", "block", "stage"])
def test_a_cost_table_has_milliseconds_that_add_up_and_its_counts_stay(by: str, mbcost: Mbcost) -> None:
    plain = json.loads(mbcost("table", "v3-small@0.75/160", "--by", by, "--format", "json").out)
    timed = json.loads(
        mbcost("table", "v3-small@0.75/160", "--by", by, "--device", "pixel1-tflite", "--format", "json").out
    )
    total = json.loads(mbcost("latency", "v3-small@0.75/160", "--device", "pixel1-tflite", "--format", "json").out)
    assert timed["totals"]["ms"] == total["estimates"][0]["ms"]
    assert sum(row.pop("ms") for row in timed["rows"]) == pytest.approx(timed["totals"].pop("ms"), rel=1e-3)
    assert "an estimate only" in timed.pop("notes")[0]
    assert timed.pop("device") == "pixel1-tflite"
    assert timed == plain


def test_a_cost_table_is_sorted_by_its_milliseconds(mbcost: Mbcost) -> None:
    words = ["table", "v2", "--device", "stm32n6", "--sort", "latency-ms", "--columns", "layer,latency-ms", "--format"]
    times = [float(line.split(",")[1]) for line in mbcost(*words, "csv").out.splitlines()[1:]]
    assert times == sorted(times, reverse=True)
    text = mbcost(*words, "text").out
    assert "an estimate only" in text
    assert "each of the 9 measured networks" in text


def test_doubts_about_measurements_are_in_every_answer(mbcost: Mbcost, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("device: x\nruntime: TFLite 2\nmeasured: {v2: [30, 60], v1: 70, v3-large: 20}\n")
    words = ["latency", "v2", "--device", str(file), "--like", "paddle-lite-armv8-int8"]
    notes = json.loads(mbcost(*words, "--format", "json").out)["notes"]
    parts = ("differ by more than 30%", "the device's runtime is TFLite 2", "misses the 2 networks that were measured")
    assert [part in note for part, note in zip(parts, notes, strict=True)] == [True] * 3
    assert all(note in mbcost(*words).out for note in notes)
    text = mbcost("latency", "v1", "--device", "pixel2-tensorflow").out
    assert "predicted by the others without the suspicious one" in text
    assert "does not agree with the other measurements: v1@0.5/224" in text


def test_a_reason_says_all_that_prevents_an_interval(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("latency", "v2@4/512", "--device", "pixel2-tensorflow", "--format", "json").out)
    (item,) = answer["estimates"]
    assert (item["error"], item["low"]) == (None, None)
    assert "no network of its family was measured, and the estimate is outside of the measured range" in item["reason"]
