"""Intervals cover what they promise, and are refused where no promise can be made."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.latency import PHONES_AND_BOARDS, SERVERS, V1_TO_V3, keep, load, predict_from_random
from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.questions.latency.by_layer import split_latency
from mbcost.questions.latency.calibrate import Calibration, calibrate
from mbcost.questions.latency.estimate import estimate_grid, estimate_latency
from mbcost.questions.latency.family import name_family
from mbcost.questions.latency.work import describe_channels, describe_sizes


@cache
def calibration_of(name: str) -> Calibration:
    return calibrate(load(name))


def network(text: str) -> Network:
    return resolve_reference(text)


def test_intervals_cover_what_was_not_seen() -> None:
    generator = np.random.default_rng(7)
    covered: list[bool] = []
    for name in (*PHONES_AND_BOARDS, *SERVERS):
        for _ in range(2 if name in SERVERS else 4):
            covered += predict_from_random(load(name), generator, V1_TO_V3).covered
    assert len(covered) > 400
    assert 0.77 <= np.mean(covered) <= 0.90


@pytest.mark.parametrize(
    ("device", "text", "words"),
    [
        ("pixel2-tflite", "mnasnet-1.0", "no network of its family was measured"),
        ("pixel2-tflite", "resnet-50", "no network of its family was measured"),
        ("pixel2-tflite", "v1@0.25/96", "outside"),
        ("pixel2-tflite", "v1@1.5", "outside"),
        ("pixel2-tflite", "v2/16", "very differently"),
    ],
)
def test_there_is_no_interval_without_a_reason(device: str, text: str, words: str) -> None:
    estimate = estimate_latency(calibration_of(device), network(text))
    assert (estimate.low, estimate.high) == (None, None)
    assert estimate.reason is not None
    assert words in estimate.reason


def test_seven_networks_have_no_interval_and_eight_have_one() -> None:
    resolved = load("pixel2-tflite")
    for count, has_interval in ((7, False), (8, True)):
        few = keep(resolved, [network for _, network in resolved.measured[::2][:count]])
        estimate = estimate_latency(calibrate(few), network("v1@0.5/160"))
        assert (estimate.low is not None) == has_interval
        assert (estimate.reason is None) == has_interval


def test_a_measured_network_shows_what_was_measured() -> None:
    assert estimate_latency(calibration_of("pixel2-tflite"), network("v1@0.5/160")).measured == 26.8
    assert estimate_latency(calibration_of("pixel2-tflite"), network("v1@0.5/161")).measured is None


def test_an_interval_contains_the_estimate_and_grows_with_the_distance_from_what_was_measured() -> None:
    calibration = calibration_of("pixel1-tflite")
    widths = []
    for text in ("v2@0.75/160", "v3-small@0.5/96"):
        estimate = estimate_latency(calibration, network(text))
        if estimate.low is None or estimate.high is None:
            continue
        assert estimate.low < estimate.milliseconds < estimate.high
        assert estimate.low * estimate.high == pytest.approx(estimate.milliseconds**2)
        widths.append(estimate.high / estimate.low)
    assert widths == sorted(widths)


@pytest.mark.parametrize("device", ["pixel1-tflite", "sd855-paddle-1t"])
def test_a_grid_is_the_estimate_of_each_network(device: str) -> None:
    calibration, alphas, sides = calibration_of(device), (0.35, 0.5, 1.0), (96, 160, 224)
    networks = [[network(f"v2@{alpha}/{side}") for side in sides] for alpha in alphas]
    grid = estimate_grid(
        calibration,
        networks[0][0],
        [describe_channels(row[0].steps) for row in networks],
        [describe_sizes(one.steps) for one in networks[0]],
    )
    each = [[estimate_latency(calibration, one) for one in row] for row in networks]
    assert np.allclose(grid.milliseconds, [[one.milliseconds for one in row] for row in each], rtol=1e-12, atol=0)
    high = [[np.nan if one.high is None else one.high for one in row] for row in each]
    assert np.allclose(grid.high, high, equal_nan=True)


def test_the_rows_of_the_table_sum_to_the_network() -> None:
    for device, text in (("pixel1-tflite", "v3-large"), ("epyc-torch", "v2@0.5/160")):
        rows = split_latency(calibration_of(device), network(text))
        estimate = estimate_latency(calibration_of(device), network(text))
        assert [name for name, _ in rows] == [step.name for step in network(text).steps]
        assert sum(milliseconds for _, milliseconds in rows) == pytest.approx(estimate.milliseconds)
        assert min(milliseconds for _, milliseconds in rows) >= 0


def test_families_are_those_of_blocks_whatever_alpha_head_and_size_are() -> None:
    families = {
        text: name_family(network(text))
        for text in ("v1", "v2", "v3-large", "mnasnet-1.0", "efficientnet-b0", "mobilenet-v4-conv-small", "resnet-50")
    }
    assert len(set(families.values())) == len(families)
    for text, other in (("v2", "v2@0.35/96:keras"), ("v3-large", "v3-small@0.5:torchvision"), ("v1", "v1-shallow")):
        assert name_family(network(other)) == families[text]
    assert name_family(resolve_reference("v2", Settings(classes=5, top=True))) == families["v2"]
