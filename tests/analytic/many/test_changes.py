"""The alphas at which a width changes, to the last bit, and a bound of their number from the ends alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.many.changes import Changes, find_changes
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import INTEGER_STEPS, ChannelRule
from mbcost.spec.table import Row

RULES = st.builds(
    ChannelRule, st.sampled_from(INTEGER_STEPS), st.sampled_from([1, 2, 3, 8, 10, 32]), st.integers(0, 40),
    st.booleans(),
)  # fmt: skip
EIGHTS = ChannelRule("none", divisor=8, minimum=8)
WHOLE = ChannelRule("none", divisor=1, minimum=1)


@given(RULES, st.integers(1, 600), st.floats(1e-3, 3), st.floats(0, 1))
def test_a_width_changes_at_every_listed_alpha_and_nowhere_between(
    rule: ChannelRule, printed: int, low: float, length: float
) -> None:
    high = low + length
    changes = Changes(((rule, printed),), ())
    alphas = list(changes.list_in_order(low, high))
    for alpha in alphas:
        assert low < alpha <= high
        assert rule.round(printed * alpha) != rule.round(printed * nextafter(alpha, 0))
    for start, end in pairwise([low, *alphas, nextafter(high, inf)]):
        last = nextafter(end, 0)
        for alpha in (min(start / 2 + end / 2, last), last):
            assert rule.round(printed * max(start, alpha)) == rule.round(printed * start)
    assert len(alphas) <= changes.count(low, high) <= (len(alphas) + 3 if alphas else 0)


def test_the_bound_allows_three_changes_more_for_the_least_widths() -> None:
    """32 channels at alpha 1 were 8 at 0.25, and changed three times on the way. From 0.25 to 0.26 nothing changes."""
    changes = Changes(((EIGHTS, 32),), ())
    assert list(changes.list_in_order(0.25, 1.0)) == pytest.approx([width / 0.9 / 32 for width in (8, 16, 24)])
    assert changes.count(0.25, 1.0) == 3 + 3
    assert changes.count(0.25, 0.26) == 0


@pytest.mark.parametrize(
    ("low", "high", "alphas"), [(0.25, 0.5, [0.5]), (0.5, 0.75, [0.75]), (0.5, 0.7, []), (0.2, 0.9, [0.5, 0.75])]
)
def test_a_threshold_is_in_a_range_that_ends_with_it_and_not_in_one_that_starts_with_it(
    low: float, high: float, alphas: list[float]
) -> None:
    changes = Changes((), (0.75, 0.5))
    assert list(changes.list_in_order(low, high)) == alphas
    assert changes.count(low, high) == len(alphas)


def test_the_alpha_at_which_a_width_is_too_large_to_count_is_a_change_and_the_last_one() -> None:
    """2^52 channels at alpha 1 are 2^53 at 2. The next alpha gives 2^53 + 2, and float64 does not have 2^53 + 1."""
    changes, refused = Changes(((WHOLE, 2**52),), ()), nextafter(2.0, inf)
    assert list(changes.list_in_order(2.0, refused)) == [refused]
    assert list(changes.list_in_order(2.0, 3.0)) == [refused]
    assert list(changes.list_in_order(refused, 3.0)) == []
    assert changes.count(2.0, refused) == changes.count(2.0, 3.0) == 2 + 3 + 1
    assert changes.count(refused, 3.0) == 0


@pytest.mark.parametrize("alpha", [1.25, nextafter(1.25, 2)])
def test_neighbours_in_float64_have_no_alpha_between_them_at_which_a_range_could_be_divided(
    alpha: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the sum of two neighbours is rounded to the even one, which is the lower one or the upper one."""
    monkeypatch.setattr("mbcost.analytic.many.changes._MOST_AT_ONCE", 0)
    assert list(Changes((), (alpha,)).list_in_order(nextafter(alpha, 0), alpha)) == [alpha]
    assert list(Changes((), (alpha,)).list_in_order(1.0, 2.0)) == [alpha]


def test_the_first_of_very_many_changes_is_computed_before_the_others() -> None:
    """A range with more changes than memory has room for is halved until few are left."""
    changes = Changes(((WHOLE, 2**52),), ())
    assert changes.count(1.0, 1.5) == 2**51 + 3
    assert next(changes.list_in_order(1.0, 1.5)) == 1 + 2**-52


@pytest.mark.parametrize("expansion", ["printed", "input"])
def test_printed_widths_are_scaled_and_printed_expansions_where_an_implementation_scales_them(expansion: str) -> None:
    """The number of classes is not a printed width, and alpha does not scale the layers of somebody's own head."""
    v3 = load_spec("v3-small")
    v3 = replace(v3, rows=(*v3.rows, Row(16, operator="dense", c=77)))
    rules = replace(v3.implementation("torchvision"), expansion=expansion, unscaled_below={"stem": 0.5, "last_conv": 1})
    changes = find_changes(v3, rules)
    outputs, expansions = [16, 24, 40, 48, 96, 576, 1024], [16, 72, 88, 96, 240, 120, 144, 288, 576]
    assert {width for _, width in changes.widths} == {*outputs, *(expansions if expansion == "printed" else [])}
    assert changes.thresholds == (0.5, 1)
