"""What the search counts in arrays is what the layers have, however large the numbers are; else it is refused."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.explain.arrays import LARGEST, MOST, exact_sum
from mbcost.questions.explain.columns import BOUNDS, columns_of
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.reach import _cheapest_of
from mbcost.questions.explain.readings import QUANTITIES, Reading, named_readings, other_readings
from mbcost.questions.explain.trials import Trial, build_trials
from mbcost.questions.explain.windows import list_deep_windows, list_misprints, list_windows
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.head import parse_head, replace_head
from mbcost.spec.printed import parse_printed
from mbcost.spec.tally import total

SIZES = st.integers(0, 30).flatmap(lambda digits: st.integers(1, 10**digits))
SPARE = 1000
"""A count is refused although it fits only if it is at least the bound divided by this."""


@given(
    net=st.sampled_from(["v1", "v2", "v3-small", "vgg-16"]), quantity=st.sampled_from(["mult_adds", "params"]),
    classes=SIZES, in_channels=SIZES, side=st.integers(32, 10**9),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_the_layers_or_are_refused(
    net: str, quantity: str, classes: int, in_channels: int, side: int
) -> None:
    spec = load_spec(net)
    size = (side, side) if quantity == "mult_adds" else spec.resolution
    fact = Fact(parse_printed("314M"), quantity, 1.0, size)
    query = Query((fact,), spec, spec.default_implementation, classes, in_channels, plain=True)
    network = resolve(spec, alpha=1.0, resolution=size, classes=classes, in_channels=in_channels)
    exact = {
        reading.name: reading.weigh(_columns(network)) for reading in named_readings(quantity) if not reading.is_part
    }
    trials = _build(query)
    if isinstance(trials, MbcostError):
        assert "\n" not in str(trials)
        assert max(*exact.values(), classes, in_channels * 32, side**2) > LARGEST // SPARE, "it would have fitted"
        return
    trial = next(trial for trial in trials if trial.setting.spec is spec)
    row = next(index for index, built in enumerate(trial.structures) if built.classes == classes)
    counts = trial.counts[0][row].tolist()
    assert {name: _find(quantity, name).weigh(counts) for name in exact} == exact


def _build(query: Query) -> list[Trial] | MbcostError:
    """Return the trials of the query, or the error with which it is refused."""
    try:
        return list(build_trials(query))
    except MbcostError as error:
        return error


def _find(quantity: str, name: str) -> Reading:
    return next(reading for reading in named_readings(quantity) if reading.name == name)


def _columns(network: Network) -> tuple[int, ...]:
    return columns_of(total([layer.tally() for layer in network.layers]), trained=True)


def test_every_reading_fits_the_arrays() -> None:
    readings = [one for quantity in QUANTITIES for one in (*named_readings(quantity), *other_readings(quantity))]
    assert len(readings) > 500
    for reading in readings:
        assert sum(abs(factor) * bound for factor, bound in zip(reading.row, BOUNDS, strict=True)) < MOST


@pytest.mark.parametrize("text", ["1000000000000000000", "999999999999999999", "1.00e18", "9.99e17", "1e18", ">9e17"])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_windows_of_the_largest_numbers_fit_the_arrays(text: str, quantity: str) -> None:
    printed = parse_printed(text)
    windows = [*list_windows(printed, quantity), *list_deep_windows(printed, quantity), *list_misprints(printed)]
    assert windows
    assert all(0 <= window.low <= window.high < 2**63 for window in windows)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(1, 3) | st.integers(2**31, 2**40), st.integers(0, 5))))
def test_the_cheapest_entry_of_each_key_is_kept_however_large_the_key_is(entries: list[tuple[int, int, int]]) -> None:
    rest, step, cost = (np.array(column, dtype=np.int64) for column in zip(*entries, strict=True)) if entries else (
        np.zeros(0, dtype=np.int64),
    ) * 3  # fmt: skip
    kept = _cheapest_of((rest, step), cost)
    expected: dict[tuple[int, int], int] = {}
    for first, second, price in entries:
        expected[first, second] = min(price, expected.get((first, second), price))
    assert {(int(rest[at]), int(step[at])): int(cost[at]) for at in kept} == expected
    assert len(kept) == len(expected)


@pytest.mark.parametrize("head", ["4096,4096,10", "flatten,4096,10"])
def test_a_head_on_a_huge_map_is_exact_or_refused(head: str) -> None:
    spec = replace_head(load_spec("v2"), parse_head(head))
    query = Query((Fact(parse_printed("2254881"), "params", 1.0, (999_999_999, 999_999_999)),), spec)
    trials = _build(replace(query, implementation=spec.default_implementation))
    if isinstance(trials, MbcostError):
        assert "too large" in str(trials)
        return
    assert all((trial.counts[0] >= 0).all() for trial in trials)


@given(st.lists(st.floats(0, 1e200), max_size=200), st.randoms())
def test_a_sum_of_many_numbers_is_rounded_once_in_any_order(numbers: list[float], generator: random.Random) -> None:
    expected = math.fsum(numbers)
    generator.shuffle(numbers)
    assert exact_sum(np.array(numbers)) == expected
