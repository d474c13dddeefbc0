"""Plateaus of alpha: every network that a fine grid finds, no other, and the edges to the last bit."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.plateaus import Plateau, find_plateaus, find_shortest_decimal
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.tables import tables

SMALL = ["v2", "v3-small", "mobilenet-v4-conv-small", "efficientnet-b0"]
PAIRS = [("v1", "keras"), *((net, name) for net in SMALL for name in load_spec(net).implementations)]


def planned(spec: Spec, name: str, alpha: float) -> tuple[Block, ...] | None:
    try:
        return plan(Scaling(spec, spec.implementation(name), alpha, 10), spec.channels)
    except MbcostError:
        return None


def found(spec: Spec, name: str, low: float, high: float) -> tuple[Plateau, ...]:
    return find_plateaus(spec, spec.implementation(name), 10, spec.channels, low, high)


@pytest.mark.parametrize(("net", "name"), PAIRS)
def test_a_fine_grid_finds_the_same_networks(net: str, name: str) -> None:
    spec = load_spec(net)
    steps = found(spec, name, 0.3, 0.9)
    for number in range(300, 901, 7 if net == "v1" else 3):
        alpha = number / 1000
        (step,) = [step for step in steps if step.least <= alpha <= step.most]
        assert planned(spec, name, alpha) == step.blocks


@pytest.mark.parametrize("net", NETWORKS)
def test_both_ends_and_the_example_give_the_network_and_the_next_number_another(net: str) -> None:
    spec = load_spec(net)
    name = spec.default_implementation
    steps = found(spec, name, 0.7, 0.8)
    assert (steps[0].least, steps[-1].most) == (0.7, 0.8)
    for step, following in pairwise(steps[:41]):
        assert {planned(spec, name, alpha) for alpha in (step.least, step.alpha, step.most)} == {step.blocks}
        assert following.least == nextafter(step.most, inf)
        assert following.blocks != step.blocks
    assert 0.75 in {step.alpha for step in steps}


@given(tables(), st.floats(0.05, 1.0), st.floats(0, 0.5), st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_every_alpha_of_any_table_is_on_the_plateau_of_its_network(
    text: str, low: float, length: float, places: list[float]
) -> None:
    """Groups that do not divide the channels leave holes."""
    spec = parse_spec(text, "any.yaml", load_family)
    high = low + length
    try:
        steps = found(spec, "any", low, high)
    except MbcostError:
        steps = ()
    for alpha in (low, high, *(min(high, low + place * length) for place in places)):
        assert [step.blocks for step in steps if step.least <= alpha <= step.most] == [
            blocks for blocks in [planned(spec, "any", alpha)] if blocks is not None
        ]


def test_a_width_that_is_kept_below_a_threshold_falls_there() -> None:
    """No built-in record does so where it shows: here the stem has 32 channels below 0.75 and 24 from there."""
    v2 = load_spec("v2")
    record = replace(v2.implementation("official"), unscaled_below={"stem": 0.75})
    steps = find_plateaus(v2, record, 10, 3, 0.1, 1.5)
    (step,) = [step for step in steps if step.least == 0.75]
    before = steps[steps.index(step) - 1]
    assert (before.blocks[0].form.outputs, step.blocks[0].form.outputs) == (32, 24)


@given(st.floats(1e-6, 1e6), st.floats(0, 1))
def test_the_example_lies_inside(least: float, more: float) -> None:
    most = least + more
    assert least <= find_shortest_decimal(least, most) <= most
    assert len(repr(find_shortest_decimal(least, most))) <= max(len(repr(least)), 3)


def test_an_empty_range_and_one_with_too_many_changes_are_refused() -> None:
    with pytest.raises(MbcostError, match=r"^alpha 1 to 0.5 is empty"):
        found(load_spec("v2"), "official", 1.0, 0.5)
    with pytest.raises(MbcostError, match=r"^v1 changes more than 100,000 times for alpha from 0.1 to 1000: give"):
        found(load_spec("v1"), "official", 0.1, 1000.0)
