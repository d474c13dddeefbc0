"""Steps of alpha against the list of all plateaus."""

from __future__ import annotations

import random

import pytest

from mbcost.analytic.many.plateaus import find_plateaus
from mbcost.questions.explore.alphas import AlphaSteps
from mbcost.spec.catalogue.library import load_spec


@pytest.mark.parametrize(("name", "implementation"), [("v3-small", "official"), ("v1", "keras")])
def test_steps_visit_every_plateau_once_in_order(name: str, implementation: str) -> None:
    spec = load_spec(name)
    steps = AlphaSteps(spec, spec.implementation(implementation), 1000, 3)
    low, high = (steps.low, steps.high) if name != "v1" else (steps.low, 0.2)  # 4,000 plateaus otherwise
    plateaus = find_plateaus(spec, steps.rules, 1000, 3, low, high)[: -1 if name == "v1" else None]
    alphas = [plateau.alpha for plateau in plateaus]
    chosen = random.Random(16)
    for index in chosen.sample(range(len(alphas)), 15):
        count = chosen.choice([1, 1, 2, 7])
        inside = chosen.uniform(plateaus[index].least, plateaus[index].most)
        if index + count < len(alphas):
            assert steps.find_above(inside, count) == alphas[index + count]
        assert steps.find_below(inside, count) == (alphas[max(index - count, 0)] if index else inside)
        assert steps.snap(inside) == alphas[index] or index == 0


def test_beyond_the_ends_of_the_slider_a_step_leads_back_or_nowhere() -> None:
    spec = load_spec("v2")
    steps = AlphaSteps(spec, spec.implementation("official"), 1000, 3)
    last = steps.snap(2.0)
    assert steps.find_above(5.0) == 5.0
    assert steps.find_below(5.0) == last
    assert steps.find_below(0.001) == 0.001
    assert steps.find_above(0.001) <= 0.1
    assert steps.snap(5.0) == last
