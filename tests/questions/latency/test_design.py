"""Plans need no timing, and few planned networks predict the rest."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.latency import PHONES_AND_BOARDS, SERVERS, V1_TO_V3, load, predict_planned
from mbcost.analytic.reference import resolve_reference
from mbcost.errors import MbcostError
from mbcost.questions.latency.advice import advise
from mbcost.questions.latency.calibrate import calibrate
from mbcost.questions.latency.design import make_design, plan_measurements
from mbcost.questions.latency.plan import list_candidates, plan_device
from mbcost.questions.latency.priors import choose_prior


@pytest.mark.parametrize(("count", "mean", "worst"), [(8, 0.041, 0.075), (4, 0.057, 0.10)])
def test_a_few_planned_networks_predict_the_rest(count: int, mean: float, worst: float) -> None:
    errors = {name: predict_planned(load(name), count).errors.mean() for name in PHONES_AND_BOARDS}
    assert np.mean(list(errors.values())) <= mean
    assert max(errors.values()) <= worst, errors


@pytest.mark.parametrize(("name", "mean", "within"), [(SERVERS[0], 0.038, 0.92), (SERVERS[1], 0.08, 0.75)])
def test_eight_planned_networks_predict_a_server(name: str, mean: float, within: float) -> None:
    unseen = predict_planned(load(name), 8, V1_TO_V3)
    assert len(unseen.errors) == 83
    assert unseen.errors.mean() <= mean
    assert unseen.within_10 >= within
    assert unseen.other_families.mean() <= 0.08


def test_planned_networks_leave_less_doubt_than_random_ones() -> None:
    design = make_design(list_candidates(), choose_prior(""))
    generator, targets = np.random.default_rng(1), range(len(design.networks))
    planned = design.choose(targets, 6)
    for count in range(1, 7):
        errors = [design.estimate_error(targets, generator.choice(len(targets), count).tolist()) for _ in range(20)]
        assert design.estimate_error(targets, planned[:count]) < np.mean(errors)


def test_a_longer_plan_begins_with_the_shorter_one_and_names_nothing_twice() -> None:
    candidates, prior = list_candidates(["v1", "v2@0.5"]), choose_prior("")
    longest = plan_measurements(candidates, len(candidates), prior)
    assert plan_measurements(candidates, 3, prior) == longest[:3]
    assert sorted(network.label for network in longest) == sorted(network.label for network in candidates)


def test_what_is_measured_is_not_advised_again_and_new_measurements_lower_the_expected_error() -> None:
    calibration = calibrate(load("pixel2-tflite"))
    advice = advise(calibration, list_candidates())
    assert advice is not None
    assert len(advice.networks) == 2
    assert not set(advice.networks) & set(calibration.sample.networks)
    assert advice.error_after < advice.error
    assert {network.spec.name for network in advice.networks} <= {"v3-small", "v3-large", "v2"}  # V1 is known
    assert advise(calibration, calibration.sample.networks) is None


def test_names_mean_their_published_settings() -> None:
    assert list_candidates(["v2@0.5/160"]) == [resolve_reference("v2@0.5/160")]
    assert {network.alpha for network in list_candidates(["v2/96"])} == {0.35, 0.5, 0.75, 1.0, 1.3, 1.4}
    assert len(list_candidates(["v1", "v1/128", "mobilenet_v1"])) == 16


@pytest.mark.parametrize("count", [0, -1, 17])
def test_an_impossible_number_of_networks_is_refused(count: int) -> None:
    with pytest.raises(MbcostError, match=f"plan is {count}"):
        plan_device(count, ["v1"])
