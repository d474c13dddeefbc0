"""Calibrations: left-out errors are of networks that were not seen, structures are found, and the bounds are kept."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.latency import ACCELERATORS, PHONES_AND_BOARDS, keep, load
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import Calibration, calibrate
from mbcost.questions.latency.errors import summarize_errors
from mbcost.questions.latency.measured import ResolvedDevice
from mbcost.questions.latency.plan import list_candidates
from mbcost.questions.latency.priors import choose_prior
from mbcost.questions.latency.rates import Structure, select_kinds
from mbcost.questions.latency.work import KINDS, describe_network, measure_work
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork


@cache
def calibration_of(name: str) -> Calibration:
    return calibrate(load(name))


def invent(structure: Structure, noise: float = 0.0, count: int = 24) -> ResolvedDevice:
    """Return a device that follows the model exactly, or with a relative error that is drawn at random."""
    networks = list_candidates(["v1", "v2", "v3-small"])[:: 76 // count]
    work = measure_work([describe_network(network) for network in networks], structure.lanes)
    shares = np.array(choose_prior("").shares) + 0.05
    means = work.mean(axis=0)
    rates = np.divide(shares, means, out=np.zeros_like(means), where=means > 0) * select_kinds(structure)
    generator = np.random.default_rng(5)
    times = (work @ rates) * np.exp(noise * generator.normal(size=len(networks)))
    device = MeasuredDevice("invented", "nothing")
    rows = [MeasuredNetwork(network.label, float(time)) for network, time in zip(networks, times, strict=True)]
    return ResolvedDevice(device, tuple(zip(rows, networks, strict=True)), (), ())


@pytest.mark.parametrize(
    "structure", [Structure(), Structure(16), Structure(32), Structure(64), Structure(1, unfused=True)]
)
def test_the_structure_of_a_device_that_follows_the_model_is_found(structure: Structure) -> None:
    calibration = calibrate(invent(structure, noise=0.01))
    assert calibration.structure == structure
    assert calibration.left_out.mean < 0.025
    assert not any(calibration.suspicious)


@pytest.mark.parametrize("name", ["pixel1-tflite", "stm32h747-cubeai", "pixel2-tflite-uint8"])
def test_a_left_out_prediction_does_not_depend_on_the_measurement(name: str) -> None:
    resolved, before = load(name), calibration_of(name).points
    for index in (0, 5, 9):
        row, network = resolved.measured[index]
        other = replace(row, milliseconds=(row.milliseconds or 0) * 1.1)
        changed = [*resolved.measured[:index], (other, network), *resolved.measured[index + 1 :]]
        after = calibrate(replace(resolved, measured=tuple(changed))).points
        assert after[index].predicted == pytest.approx(before[index].predicted, rel=1e-9)
        assert after[index - 1].predicted != pytest.approx(before[index - 1].predicted, rel=1e-9)


def test_the_unit_of_the_times_does_not_matter() -> None:
    resolved = load("sd855-paddle-1t")
    slower = tuple((replace(row, milliseconds=(row.milliseconds or 0) * 1000), net) for row, net in resolved.measured)
    before, after = calibration_of("sd855-paddle-1t"), calibrate(replace(resolved, measured=slower))
    assert after.structure == before.structure
    assert [point.ratio for point in after.points] == pytest.approx([point.ratio for point in before.points])


def test_the_order_of_the_measurements_does_not_matter() -> None:
    resolved = load("pixel2-tflite-uint8")
    backwards = calibrate(replace(resolved, measured=resolved.measured[::-1]))
    before = calibration_of("pixel2-tflite-uint8")
    assert backwards.structure == before.structure
    assert [point.ratio for point in backwards.points[::-1]] == pytest.approx([point.ratio for point in before.points])


def test_phones_boards_and_accelerators_are_predicted_within_the_bounds() -> None:
    """Nested leave-one-out: 4.5 % on average, 9 % each, 91 % within 10 %, a fifth of the error of mult-adds."""
    calibrations = {name: calibration_of(name) for name in (*PHONES_AND_BOARDS, *ACCELERATORS)}
    means = {name: calibration.left_out.mean for name, calibration in calibrations.items()}
    alone = [calibration.mult_adds_alone.mean for calibration in calibrations.values()]
    ratios = np.array([point.ratio for calibration in calibrations.values() for point in calibration.points])
    assert np.mean(list(means.values())) < 0.042
    assert max(means.values()) < 0.093, means
    assert (np.abs(ratios - 1) <= 0.1).mean() > 0.92
    assert np.mean(list(means.values())) < 0.18 * np.mean(alone)


def test_a_device_that_the_model_does_not_describe_says_so_by_its_error() -> None:
    assert calibration_of("t4-tensorrt").left_out.mean > 0.15


def test_one_alpha_one_family_or_too_few_others_have_no_group_to_leave_out() -> None:
    assert calibration_of("sd855-paddle-1t").left_out_resolution is None  # all at 224
    assert calibration_of("pixel2-tensorflow").left_out_family is None  # only V1


def test_errors_are_summarized_as_their_definitions_say() -> None:
    errors = summarize_errors([1.0, 1.02, 0.91, 1.3, 1.09, 0.95, 1.0, 1.0, 1.0, 1.0])
    assert (errors.mean, errors.p90, errors.worst) == pytest.approx((0.055, 0.09, 0.3))
    assert errors.within_10 == 0.9


@pytest.mark.parametrize(("count", "words"), [(1, "1 network is measured"), (2, "2 networks are measured")])
def test_too_few_networks_are_refused(count: int, words: str) -> None:
    resolved = load("pixel2-tflite")
    few = keep(resolved, [network for _, network in resolved.measured[:count]])
    with pytest.raises(MbcostError, match=words):
        calibrate(few)


def test_a_stated_structure_is_not_doubted() -> None:
    resolved = load("pixel2-tflite-uint8")
    stated = replace(resolved, device=replace(resolved.device, lanes=64, unfused=False))
    assert calibrate(stated).structure == Structure(64)


def test_a_kind_of_work_that_was_never_measured_has_no_rate() -> None:
    calibration = calibration_of("pixel2-tensorflow")
    assert all(network.spec.name == "v1" for network in calibration.sample.networks)
    v3 = measure_work([describe_network(resolve(load_spec("v3-small")))])[0]
    assert np.isfinite(v3 @ np.array(calibration.rates))
    assert dict(zip(KINDS, calibration.rates, strict=True))["smooth activations"] == 0
