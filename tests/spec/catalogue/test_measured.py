from __future__ import annotations

import re
from pathlib import Path

import pytest

from mbcost.errors import MbcostError, SpecError
from mbcost.questions.latency.measured import resolve_measured
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.catalogue.measured import (
    list_devices,
    list_profiles,
    load_measured_device,
    load_profile,
    load_profiles,
)
from mbcost.spec.reading.measurements import parse_measurements
from mbcost.spec.reading.runs import NCNN_NETWORKS

PAGE = (specs_folder().parent / "docs" / "devices.md").read_text(encoding="utf-8")


def test_every_built_in_device_has_a_source_and_at_least_nine_networks_that_exist_once() -> None:
    assert len(list_devices()) >= 25
    for name in list_devices():
        device = load_measured_device(name)
        resolved = resolve_measured(device)
        assert device.name == name
        assert device.source
        assert device.runtime
        assert device.dtype
        assert device.threads
        assert len(resolved.measured) == len(device.measured) >= 9, name
        assert (resolved.planned, resolved.notes) == ((), ())
        assert device.sheet in ("", *load_devices())


def test_every_built_in_profile_has_a_source_and_networks_that_exist() -> None:
    profiles = load_profiles()
    assert tuple(profiles) == list_profiles()
    for name, profile in profiles.items():
        assert profile.name == name
        assert profile.source
        assert len(profile.devices) >= 4
        whole = max(profile.devices, key=lambda device: len(device.measured))
        assert len(resolve_measured(whole).measured) == len(profile.networks) >= 5
        assert all(len(device.measured) >= 4 for device in profile.devices)


def test_the_numbers_are_those_of_the_sources() -> None:
    rows = {row.label: row.milliseconds for row in load_measured_device("pixel2-tflite").measured}
    assert rows["v1@0.25/128"] == 6.2  # hosted_models.md, Mobilenet_V1_0.25_128
    rows = {row.label: row.milliseconds for row in load_measured_device("stm32h747-cubeai").measured}
    assert rows["v1@0.25/96, classes 5, in_channels 1"] == 28.34
    devices = {device.device: device for device in load_profile("paddle-lite-armv8-float32").devices}
    assert [row.milliseconds for row in devices["Snapdragon 855"].measured] == [29.04, 19.37, 15.59, 5.39, 161.13]


def test_the_folder_has_no_other_files() -> None:
    files = {path.relative_to(specs_folder()).as_posix() for path in (specs_folder() / "devices").rglob("*.*")}
    devices = {f"devices/{name}.yaml" for name in list_devices()}
    assert files == devices | {f"devices/profiles/{name}.yaml" for name in list_profiles()}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pixel2-tflit", "unknown device 'pixel2-tflit': did you mean 'pixel2-tflite'"),
        ("pixel1", "unknown device 'pixel1': did you mean 'pixel1-tflite'"),
        ("jetson-nano", "the device 'jetson-nano' has only a data sheet, not measured latencies: name a device"),
        ("missing.yaml", "missing.yaml: No such file or directory"),
        ("folder/x", "folder/x: No such file or directory"),
    ],
)
def test_an_unknown_device_is_reported_with_what_to_do(name: str, message: str) -> None:
    with pytest.raises(MbcostError) as error:
        load_measured_device(name)
    assert str(error.value).startswith(message)


def test_a_name_is_read_whatever_its_capitals_and_hyphens() -> None:
    assert load_measured_device("Pixel2-TFLite") == load_measured_device("pixel2_tflite")
    assert load_profile("NCNN_1t").name == "ncnn-1t"


def test_an_unknown_profile_is_reported_with_a_similar_name() -> None:
    with pytest.raises(MbcostError, match="unknown profile 'ncnn': did you mean 'ncnn-16t'"):
        load_profile("ncnn")


def test_a_file_is_a_device_with_the_name_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("device: Mine\nsheet: stm32h734\nmeasured: {v1: 3}\n")
    with pytest.raises(SpecError, match=r"mine\.yaml:2:8: unknown data sheet 'stm32h734': did you mean 'stm32h743'"):
        load_measured_device(path)
    path.write_text("device: Mine\nmeasured: {v1: 3}\n")
    assert load_measured_device(path).name == "mine"


def find_block(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_page_shows_a_real_file_and_a_table_that_is_read() -> None:
    assert find_block("yaml") == (specs_folder() / "devices" / "stm32n6.yaml").read_text(encoding="utf-8")
    assert len(resolve_measured(parse_measurements(find_block("csv"), "mine.csv")).measured) == 2
    assert all(f"`{name}`" in PAGE for name in NCNN_NETWORKS)


def test_the_page_shows_the_messages_that_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    start = "device: x\nruntime: y\ndtype: int8\nmeasured:\n"
    messages = []
    for name, text in (
        ("mine.yaml", f"{start}  v1@0.25/128: 850us\n"),
        ("mine.yaml", f"{start}  v1: 3\n  v3-larg: 3\n"),
        ("mine.csv", "network,latency\nv2,3\n"),
    ):
        Path(name).write_text(text, encoding="utf-8")
        with pytest.raises(SpecError) as error:
            resolve_measured(load_measured_device(name))
        messages.append(str(error.value))
    assert find_block("text").splitlines() == messages
