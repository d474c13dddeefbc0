"""The lines that are computed ahead are what is derived now, and are not used after a change."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from mbcost.questions.latency import summaries
from mbcost.questions.latency.calibrate import calibrate
from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.summaries import calibrate_device, find_summary, list_summaries, summarize
from mbcost.spec.catalogue.measured import device_path, list_devices, load_measured_device

MOST_POINTS = 17
"""Larger devices take seconds each; the tests of the model derive the largest ones."""
SMALL = [name for name in list_devices() if len(load_measured_device(name).measured) <= MOST_POINTS]


def test_every_built_in_device_has_a_line_of_its_present_text() -> None:
    assert [name for name in list_devices() if find_summary(name) is None] == []  # else: make devices
    assert len(SMALL) >= 6


@pytest.mark.parametrize("name", SMALL)
def test_a_line_is_what_is_derived(name: str) -> None:
    derived = asdict(summarize(calibrate(resolve_measured(load_measured_device(name)))))
    kept = asdict(summaries.find_summary(name) or pytest.fail(name))
    for part in (kept, derived):
        part["ratios"] = part["findings"].pop("ratios")
    for key in ("mult_adds_alone", "ratios"):
        assert kept.pop(key) == pytest.approx(derived.pop(key), rel=1e-4)
    assert kept == derived


def test_a_changed_device_is_derived_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "stm32n6.yaml"
    changed.write_text(device_path("stm32n6").read_text().replace("2.98", "3.98"))
    monkeypatch.setattr(summaries, "device_path", lambda name: changed if name == "stm32n6" else device_path(name))
    names: list[str] = []

    def track(missing: list[str]) -> list[str]:
        names.extend(missing)
        return missing

    assert find_summary("stm32n6") is None
    (line,) = [line for line in list_summaries(track) if line.name == "stm32n6"]  # type: ignore[arg-type]
    assert names == ["stm32n6"]
    assert line.points == 9


def test_a_file_with_the_name_of_a_built_in_device_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "stm32n6.yaml"
    path.write_text(device_path("stm32n6").read_text().replace("20.35", "40.7"))
    own, built_in = calibrate_device(str(path)), calibrate_device("stm32n6")
    assert built_in.kept is not None
    assert own.kept is None
    assert own.left_out.mean != pytest.approx(built_in.left_out.mean, rel=1e-3)
