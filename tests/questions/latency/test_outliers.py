"""A wrong measurement is found, whatever it is, and right ones are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.latency import ACCELERATORS, PHONES_AND_BOARDS, keep, load, plant
from mbcost.questions.latency.calibrate import calibrate
from mbcost.questions.latency.outliers import LEAST_TO_JUDGE


@pytest.mark.parametrize(("factor", "offset"), [(2, 0), (2, 2), (10, 1), (0.1, 3)])
def test_a_planted_mistake_is_found(factor: float, offset: int) -> None:
    found: list[bool] = []
    others = judged = 0
    for name in (*PHONES_AND_BOARDS, *ACCELERATORS):
        calibration = calibrate(load(name))
        for was_found, false in plant(calibration, factor, range(offset, len(calibration.sample), 4)):
            found.append(was_found)
            others += false - sum(calibration.suspicious)
            judged += len(calibration.sample)
    assert len(found) >= 40
    assert sum(found) >= 0.97 * len(found)
    assert others <= 0.005 * judged


def test_only_the_printed_mistake_is_suspicious() -> None:
    suspicious = [
        (name, point.network.label)
        for name in (*PHONES_AND_BOARDS, *ACCELERATORS)
        for point in calibrate(load(name)).points
        if point.suspicious
    ]
    # TensorFlow's page prints 164.2 ms between 65.3 ms at 192 and 105.7 ms at alpha 0.75: 88 would be expected.
    assert suspicious == [("pixel2-tensorflow", "v1@0.5/224:official")]


def test_a_suspicious_measurement_does_not_change_any_prediction() -> None:
    resolved = load("pixel2-tflite")
    row, network = resolved.measured[3]
    slower = (replace(row, milliseconds=10 * (row.milliseconds or 0)), network)
    planted = calibrate(replace(resolved, measured=(*resolved.measured[:3], slower, *resolved.measured[4:])))
    without = calibrate(replace(resolved, measured=(*resolved.measured[:3], *resolved.measured[4:])))
    assert planted.suspicious == (False,) * 3 + (True,) + (False,) * (len(resolved.measured) - 4)
    assert planted.rates == pytest.approx(without.rates, rel=1e-9)
    points = [point for point in planted.points if not point.suspicious]
    assert [point.ratio for point in points] == pytest.approx([point.ratio for point in without.points], rel=1e-9)


def test_a_few_measurements_cannot_tell_which_is_wrong() -> None:
    resolved = load("pixel2-tflite")
    few = keep(resolved, [network for _, network in resolved.measured[: LEAST_TO_JUDGE - 1]])
    row, network = few.measured[0]
    wrong = replace(few, measured=((replace(row, milliseconds=500.0), network), *few.measured[1:]))
    assert not any(calibrate(wrong).suspicious)
