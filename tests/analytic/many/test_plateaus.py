"""Plateaus of alpha are the networks that a fine grid finds and no others, with ends that are exact to the last bit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, inf, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.changes import find_changes
from mbcost.analytic.many.plateaus import (
    Plateau,
    Span,
    count_plateaus,
    find_plateaus,
    find_shortest_decimal,
    iterate_plateaus,
)
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.implementation import ChannelRule
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec
from tests.tables import tables

SMALL = ["v2", "v3-small", "mobilenet-v4-conv-small", "efficientnet-b0"]
PAIRS = [("v1", "keras"), *((net, name) for net in SMALL for name in load_spec(net).implementations)]


def plan_or_none(spec: Spec, name: str, alpha: float) -> tuple[Block, ...] | None:
    try:
        return plan(Scaling(spec, spec.implementation(name), alpha, 10), spec.channels)
    except MbcostError:
        return None


def find(spec: Spec, name: str, low: float, high: float) -> tuple[Plateau, ...]:
    return find_plateaus(spec, spec.implementation(name), 10, spec.channels, low, high)


@pytest.mark.parametrize(("net", "name"), PAIRS)
def test_a_fine_grid_finds_the_same_networks(net: str, name: str) -> None:
    spec = load_spec(net)
    plateaus = find(spec, name, 0.3, 0.9)
    for number in range(300, 901, 7 if net == "v1" else 3):
        alpha = number / 1000
        (plateau,) = [plateau for plateau in plateaus if plateau.least <= alpha <= plateau.most]
        assert plan_or_none(spec, name, alpha) == plateau.blocks


@pytest.mark.parametrize("net", NETWORKS)
def test_both_ends_and_the_representative_give_the_network_and_the_next_number_a_different_one(net: str) -> None:
    spec = load_spec(net)
    name = spec.default_implementation
    plateaus = find(spec, name, 0.7, 0.8)
    assert (plateaus[0].least, plateaus[-1].most) == (0.7, 0.8)
    for plateau, following in pairwise(plateaus[:41]):
        assert {plan_or_none(spec, name, alpha) for alpha in (plateau.least, plateau.alpha, plateau.most)} == {
            plateau.blocks
        }
        assert following.least == nextafter(plateau.most, inf)
        assert following.blocks != plateau.blocks
    assert 0.75 in {plateau.alpha for plateau in plateaus}


@given(tables(), st.floats(0.05, 1.0), st.floats(0, 0.5), st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_plateaus_of_a_random_table_are_the_networks_of_its_alphas(
    text: str, low: float, length: float, offsets: list[float]
) -> None:
    """Alphas at which groups do not divide the channels belong to no plateau."""
    spec = parse_spec(text, "any.yaml", load_family)
    high = low + length
    try:
        plateaus = find(spec, "any", low, high)
    except MbcostError:
        plateaus = ()
    for alpha in (low, high, *(min(high, low + offset * length) for offset in offsets)):
        assert [plateau.blocks for plateau in plateaus if plateau.least <= alpha <= plateau.most] == [
            blocks for blocks in [plan_or_none(spec, "any", alpha)] if blocks is not None
        ]


def test_a_width_that_is_unscaled_below_a_threshold_changes_at_the_threshold() -> None:
    """In no built-in record this changes a width; here the stem has 32 channels below 0.75 and 24 from 0.75 on."""
    v2 = load_spec("v2")
    record = replace(v2.implementation("official"), unscaled_below={"stem": 0.75})
    plateaus = find_plateaus(v2, record, 10, 3, 0.1, 1.5)
    (plateau,) = [plateau for plateau in plateaus if plateau.least == 0.75]
    before = plateaus[plateaus.index(plateau) - 1]
    assert (before.blocks[0].form.outputs, plateau.blocks[0].form.outputs) == (32, 24)
    last = find_plateaus(v2, record, 10, 3, 0.1, 0.75)[-1]
    assert (last.least, last.most, last.blocks) == (0.75, 0.75, plateau.blocks)


def test_a_change_at_the_very_end_of_the_range_is_a_plateau_of_one_alpha() -> None:
    """1024 channels times 1028 / 1024 is the least width that is rounded to 1032."""
    *_, before, last = find(load_spec("v1"), "timm", 1.0, 1028 / 1024)
    assert (last.least, last.most) == (1028 / 1024, 1028 / 1024)
    assert [plateau.blocks[13].form.outputs for plateau in (before, last)] == [1024, 1032]


def test_a_short_range_of_large_alphas_has_few_changes() -> None:
    """What is limited is the number of changes inside the range, not below it."""
    plateaus = find(load_spec("v1"), "official", 100.0, 100.001)
    assert (plateaus[0].least, plateaus[-1].most) == (100.0, 100.001)


@given(st.floats(1e-6, 1e6), st.floats(0, 1))
def test_the_shortest_decimal_is_inside_the_range(least: float, length: float) -> None:
    most = least + length
    assert least <= find_shortest_decimal(least, most) <= most
    assert len(repr(find_shortest_decimal(least, most))) <= max(len(repr(least)), 3)


@settings(max_examples=40)
@given(tables(), st.floats(0.05, 2.0), st.floats(0, 1.5), st.integers(1, 30))
def test_the_number_of_plateaus_is_bounded_before_any_is_computed_and_parts_find_the_same(
    text: str, low: float, length: float, most: int
) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    rules = spec.implementation("any")
    changes = find_changes(spec, rules)
    alphas = list(changes.list_in_order(low, low + length))
    assert alphas == sorted(set(alphas))
    assert all(low < alpha <= low + length for alpha in alphas)
    assert len(alphas) <= changes.count(low, low + length) == count_plateaus(spec, rules, low, low + length) - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mbcost.analytic.many.changes._MOST_AT_ONCE", most)
        assert list(changes.list_in_order(low, low + length)) == alphas


def test_a_width_of_2_to_the_52_has_plateaus_up_to_the_largest_that_is_counted_exactly() -> None:
    v1 = load_spec("v1")
    spec = replace(v1, rows=(replace(v1.rows[0], c=2**52),))
    rules = spec.implementation("official")
    assert count_plateaus(spec, rules, 0.1, 1.5) > 10**15
    plateaus = iterate_plateaus(spec, rules, 10, 3, 0.1, 1.5)
    assert [next(plateaus).blocks[0].form.outputs for _ in range(3)] == [int(2**52 * 0.1) + index for index in range(3)]
    (*_, last) = find(spec, "official", nextafter(nextafter(2.0, 0), 0), 3.0)
    assert (last.most, last.blocks[0].form.outputs) == (2.0, 2**53)


@given(st.floats(1e-3, 1e4), st.floats(0, 0.4))
def test_no_decimal_in_the_range_is_shorter_and_none_of_its_length_is_smaller(least: float, length: float) -> None:
    """By trying both neighbours of the range's start with ever more decimals, in exact arithmetic."""
    most, decimals = least + length, 0
    while True:
        scaled = Fraction(least) * 10**decimals
        neighbours = [float(Fraction(number, 10**decimals)) for number in (floor(scaled), ceil(scaled))]
        if inside := [number for number in neighbours if least <= number <= most]:
            break
        decimals += 1
    assert find_shortest_decimal(least, most) == min(inside)


@pytest.mark.parametrize(
    ("least", "most", "shortest"),
    [
        (1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (0.96, 1.2, 1.0), (0.951, 0.96, 0.96), (99.96, 99.97, 99.96),
        (2.5, 3.5, 3.0), (0.1 + 0.2, 0.1 + 0.2, 0.30000000000000004), (1e-3, 2e-3, 1e-3),
        (0.012345678901234561, 0.012345678901234575, 0.01234567890123457),
    ],
)  # fmt: skip
def test_the_shortest_decimal_of_a_known_range(least: float, most: float, shortest: float) -> None:
    assert find_shortest_decimal(least, most) == shortest


def test_an_empty_range_and_one_with_too_many_changes_are_refused() -> None:
    with pytest.raises(MbcostError, match=r"^alpha 1 to 0.5 is empty"):
        find(load_spec("v2"), "official", 1.0, 0.5)
    with pytest.raises(MbcostError, match=r"^v1 changes more than 100,000 times for alpha from 0.1 to 1000: give"):
        find(load_spec("v1"), "official", 0.1, 1000.0)


def test_the_largest_number_of_changes_that_is_listed_is_the_stated_one(monkeypatch: pytest.MonkeyPatch) -> None:
    v2 = load_spec("v2")
    changes = count_plateaus(v2, v2.implementation("official"), 0.7, 0.8) - 1
    monkeypatch.setattr("mbcost.analytic.many.plateaus.MOST_CHANGES", changes)
    assert 1 < len(find(v2, "official", 0.7, 0.8)) <= changes + 1
    monkeypatch.setattr("mbcost.analytic.many.plateaus.MOST_CHANGES", changes - 1)
    with pytest.raises(MbcostError, match="changes more than"):
        find(v2, "official", 0.7, 0.8)


@pytest.mark.parametrize("published", [0.7512, 0.7612, 0.7533])
def test_a_published_alpha_at_either_end_or_inside_represents_its_plateau(published: float) -> None:
    """Without it the shortest decimal does, 0.76."""
    low, high = 0.7512, 0.7612
    assert find_shortest_decimal(low, high) == 0.76
    spec = replace(load_spec("v2"), published_alphas=(0.1, published, 2.0))
    rules = replace(spec.implementation("official"), channels=ChannelRule("none", divisor=2**20, minimum=2**20))
    (plateau,) = find_plateaus(spec, rules, 10, 3, low, high)
    assert (plateau.least, plateau.most, plateau.alpha) == (low, high, published)
    assert plateau.span == Span(low, high, published)


def test_a_range_of_which_no_alpha_gives_a_network_is_refused_and_else_its_other_alphas_are_left_out() -> None:
    """40 channels cannot be divided into 16 groups; 32 and 48 can."""
    v1 = load_spec("v1")
    grouped = Row(1, operator="conv", k=(3, 3), c=32, g=16, nl=None)
    spec = replace(v1, rows=(Row(0, operator="conv", k=(3, 3), c=32, nl=None), grouped))
    with pytest.raises(MbcostError, match="16"):
        find(spec, "timm", 1.25, 1.25)
    below, above = find(spec, "timm", 1.0, 1.5)
    assert [plateau.blocks[1].form.outputs for plateau in (below, above)] == [32, 48]
    assert plan_or_none(spec, "timm", nextafter(below.most, inf)) is None
    assert plan_or_none(spec, "timm", nextafter(above.least, 0)) is None
