"""Raw counts and what conventions make of them."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.errors import SpecError
from mbcost.spec.convention import Convention
from mbcost.spec.library import load_convention, load_conventions
from mbcost.spec.parse_conventions import parse_conventions
from mbcost.spec.tally import COUNTS, Tally, total

conventions = st.sampled_from(list(load_conventions().values()))
tallies = st.builds(Tally, *[st.integers(0, 10**12)] * len(COUNTS))


@given(st.lists(tallies, max_size=5))
def test_a_total_is_the_sum_of_every_count(parts: list[Tally]) -> None:
    assert astuple(total(parts)) == tuple(sum(getattr(tally, count) for tally in parts) for count in COUNTS)


@given(conventions, tallies, tallies)
def test_the_parts_of_a_table_add_up_under_every_convention(convention: Convention, one: Tally, other: Tally) -> None:
    assert convention.mult_adds(one) + convention.mult_adds(other) == convention.mult_adds(one + other)
    assert convention.params(one) + convention.params(other) == convention.params(one + other)


def test_the_default_is_the_papers() -> None:
    convention = load_convention()
    assert convention == load_convention("macs")
    tally = Tally(*range(1, len(COUNTS) + 1))
    assert convention.mult_adds(tally) == tally.conv_macs + tally.linear_macs
    assert convention.params(tally) == tally.weights + tally.biases + 2 * tally.norm_channels


@given(tallies)
def test_flops_are_twice_the_multiply_adds_and_take_params_from_the_default(tally: Tally) -> None:
    assert load_convention("flops2").mult_adds(tally) == 2 * load_convention().mult_adds(tally)
    assert load_convention("flops2").params(tally) == load_convention().params(tally)


@pytest.mark.parametrize("name", load_conventions())
def test_every_convention_says_what_and_according_to_whom(name: str) -> None:
    convention = load_convention(name)
    assert convention.name == name
    assert convention.title
    assert convention.source


FIRST = """\
mine:
  title: mine
  source: me
  params: {weights: 1}
  mult_adds: {conv_macs: 1}
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("conv_macs", "conv_mac", "5:15: unknown key 'conv_mac': did you mean 'conv_macs'"),
        ("conv_macs: 1", "conv_macs: -1", "5:26: -1 is too small: the least is 1"),
        ("conv_macs: 1", "conv_macs: 1.5", "5:26: expected a whole number, found 1.5"),
        ("  title: mine\n", "", "2:3: the key 'title' is missing"),
        ("params", "parms", "4:3: unknown key 'parms': did you mean 'params'?"),
    ],
)
def test_a_mistake_in_a_convention(old: str, new: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_conventions(FIRST.replace(old, new, 1), "mine.yaml")
    assert any(line.startswith(f"mine.yaml:{problem}") for line in caught.value.problems)
