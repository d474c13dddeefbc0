"""A few measurements scale the profile of a runtime."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mbcost.errors import MbcostError
from mbcost.questions.latency.measured import ResolvedDevice, resolve_measured
from mbcost.questions.latency.profile import scale_profile
from mbcost.spec.catalogue.measured import load_profile, load_profiles
from mbcost.spec.device import MeasuredDevice, Profile


def measure(device: MeasuredDevice, count: int, factor: float = 1.0) -> ResolvedDevice:
    rows = tuple(replace(row, milliseconds=factor * (row.milliseconds or 0)) for row in device.measured[:count])
    return resolve_measured(replace(device, measured=rows))


def test_the_error_that_is_stated_is_the_one_that_is_made() -> None:
    """The error comes from the other devices, so over all devices its mean is near the mean of what is made."""
    profile = load_profile("paddle-lite-armv8-float32")
    made, stated = [], []
    for device in profile.devices:
        scaled = scale_profile(profile, measure(device, 1))
        rest = resolve_measured(device).measured[1:]
        made += [abs(scaled.estimate(network) / float(row.milliseconds or 0) - 1) for row, network in rest]
        stated.append(scaled.error)
    assert np.mean(made) == pytest.approx(np.mean(stated), rel=0.3)
    assert np.mean(made) < 0.10


def test_a_device_twice_as_slow_takes_twice_as_long() -> None:
    profile = load_profile("ncnn-1t")
    other = replace(profile.devices[0], device="another device")
    once, twice = (scale_profile(profile, measure(other, 2, factor)) for factor in (1, 2))
    for _, network in resolve_measured(profile.devices[1]).measured:
        assert twice.estimate(network) == pytest.approx(2 * once.estimate(network))
    assert once.error == twice.error


def test_a_device_of_the_profile_does_not_predict_itself() -> None:
    profile = load_profile("paddle-lite-armv8-float32")
    device = profile.devices[0]
    slow = replace(device, measured=tuple(replace(row, milliseconds=99.0) for row in device.measured))
    spoiled = replace(profile, devices=(slow, *profile.devices[1:]))
    network = resolve_measured(device).measured[3][1]
    expected = scale_profile(profile, measure(device, 1)).estimate(network)
    assert scale_profile(spoiled, measure(device, 1)).estimate(network) == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(load_profiles()))
def test_every_profile_predicts_with_a_finite_error(name: str) -> None:
    profile = load_profile(name)
    scaled = scale_profile(profile, measure(replace(profile.devices[-1], device="another device"), 1))
    assert 0 < scaled.error < 2
    assert 0 < scaled.error_elsewhere < 3
    assert all(0.1 < ratio < 10 for ratio in scaled.ratios)


def test_nothing_measured_or_no_other_device_is_refused() -> None:
    profile = load_profile("ncnn-1t")
    nothing = resolve_measured(replace(profile.devices[0], measured=()), planned=True)
    with pytest.raises(MbcostError, match="no network is measured"):
        scale_profile(profile, nothing)
    alone: Profile = replace(profile, devices=profile.devices[:1])
    with pytest.raises(MbcostError, match="too few"):
        scale_profile(alone, measure(profile.devices[0], 1))
