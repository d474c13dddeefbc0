"""Ways to count and to print: each once, every convention among them; and sums in float32 are those of numpy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbcost.questions.explain.readings import (
    QUANTITIES,
    Window,
    deep_windows,
    float32_sum,
    misprints,
    multiply_adds_only,
    named_readings,
    other_readings,
    windows,
)
from mbcost.spec.catalogue.library import load_conventions
from mbcost.spec.convention import Coefficients
from mbcost.spec.printed import parse_printed
from mbcost.spec.tally import COUNTS

float32s = st.builds(lambda mantissa, shift: mantissa << shift, st.integers(0, 2**24), st.integers(0, 40))
"""Whole numbers that float32 holds: what a tool adds is one."""


@given(st.lists(float32s, max_size=40))
@example([2**24, 1, 1, 1])
@example([2**24 + 2, 1])
@example([2**25, 2, 2**25, 6])
def test_a_sum_in_float32_is_that_of_numpy(amounts: list[int]) -> None:
    total = np.float32(0)
    for amount in amounts:
        assert int(np.float32(amount)) == amount
        total = np.float32(total + np.float32(amount))
    assert float32_sum(amounts) == int(total)


@given(st.integers(0, 2**60))
def test_a_single_amount_is_rounded_as_numpy_rounds_it(amount: int) -> None:
    assert float32_sum([amount]) == int(np.float32(amount))


def row(coefficients: Coefficients) -> tuple[int, ...]:
    return tuple(coefficients.get(count, 0) for count in COUNTS)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_way_to_count_is_there_once_and_the_cheapest_first(quantity: str) -> None:
    named, others = named_readings(quantity), other_readings(quantity)
    rows = [reading.row for reading in (*named, *others)]
    assert len(set(rows)) == len(rows)
    assert len({(reading.name, reading.row) for reading in (*named, *others)}) == len(rows)
    for some in (named, others):
        assert [reading.cost for reading in some] == sorted(reading.cost for reading in some)
        assert all(reading.quantity == quantity and len(reading.row) == len(COUNTS) for reading in some)
    assert all(reading.named for reading in named)


@pytest.mark.parametrize("quantity", ["mult_adds", "params"])
def test_every_convention_is_a_named_reading_and_every_named_reading_a_convention(quantity: str) -> None:
    by_row = {reading.row: reading.name for reading in named_readings(quantity)}
    conventions = load_conventions()
    rows = {name: row(convention.coefficients(quantity)) for name, convention in conventions.items()}
    assert set(by_row) == set(rows.values())
    assert all(rows[name] == counted for counted, name in by_row.items())  # each under the name of one that counts so
    assert named_readings(quantity)[0].name == "macs"


def test_weights_in_bytes_are_the_params_times_the_size_of_a_value() -> None:
    params = {row(convention.params_coefficients) for convention in load_conventions().values()}
    expected = {tuple(size * factor for factor in counted) for counted in params for size in (1, 2, 4)}
    assert {reading.row for reading in named_readings("bytes")} == expected


def test_multiply_adds_only_leaves_out_who_counts_more() -> None:
    names = {reading.name for reading in multiply_adds_only("mult_adds")}
    assert {"macs", "flops2"} <= names
    assert not names & {"thop", "fvcore", "ptflops"}
    assert multiply_adds_only("params") == named_readings("params")


def changes(text: str, other: str) -> list[int]:
    return [place for place, (one, two) in enumerate(zip(text, other, strict=True)) if one != two]


@pytest.mark.parametrize("text", ["314M", "610.1M", "12.9MB", "12.3MiB", "601548544", "4,242,920", "100", "9.99M"])
def test_a_misprint_is_one_other_digit_or_two_neighbours_swapped(text: str) -> None:
    printed = parse_printed(text)
    digits = str(int(printed.number / printed.step))
    found = misprints(printed)
    numbers = [window.printed.number for window in found]
    assert printed.number not in numbers
    assert len(set(numbers)) == len(numbers) > 8 * len(digits)
    for window in found:
        assert window.printed.step == printed.step
        assert (window.low, window.high) == window.printed.whole_range("rounds")
        other = str(int(window.printed.number / printed.step))
        places = changes(digits, other)
        swapped = len(places) == 2 and places[1] == places[0] + 1 and sorted(digits) == sorted(other)
        assert len(places) == 1 or swapped
    for one, next_one in pairwise(found):
        # Neighbours share the count halfway between them, if there is one, and no other.
        assert one.low < next_one.low
        assert one.high <= next_one.low
        assert one.high < next_one.low or 2 * one.high == one.printed.number + next_one.printed.number


@pytest.mark.parametrize("text", [">430M", "<1M", "31M", "3"])
def test_bounds_and_short_numbers_have_no_misprints(text: str) -> None:
    assert misprints(parse_printed(text)) == ()


def by_rounding(text: str, quantity: str = "mult_adds") -> dict[str, Window]:
    return {window.rounding: window for window in reversed(windows(parse_printed(text), quantity))}


def test_the_ways_in_which_a_number_is_printed() -> None:
    assert list(by_rounding("314M")) == ["off by one", "ceils", "floors", "rounds"]
    assert list(by_rounding("31M")) == ["ceils", "floors", "rounds"]  # one off in two digits is anything
    assert list(by_rounding(">430M")) == [">"]
    assert by_rounding("0.3") == {}
    inexact = {name for name, window in by_rounding("601548544").items() if not window.exact}
    assert inexact == {"off by one"}
    assert not any(window.exact for window in misprints(parse_printed("314M")))


@given(st.integers(2**25, 2**40))
@example(2**25)
@example(2**25 + 4)
@example(601_548_544)
def test_a_sum_in_float32_is_a_number_that_float32_holds(number: int) -> None:
    found = by_rounding(f"{number:,}").get("float32")
    if number % 10**5 == 0:
        assert found is None  # rounded, not exact
        return
    assert (found is not None) == (int(np.float32(number)) == number)
    if found is not None:
        unit = int(np.spacing(np.float32(number)))
        assert (found.low, found.high) == (number - 64 * unit, number + 64 * unit)


@pytest.mark.parametrize("text", ["314M", "1.15G", ">601548544", "16777216", "16777215"])
def test_what_is_shortened_or_small_is_no_sum_in_float32(text: str) -> None:
    assert "float32" not in by_rounding(text)


def test_a_file_size_can_be_meant_in_powers_of_1024() -> None:
    window = by_rounding("12.9MB", "bytes")["binary bytes"]
    assert (window.low, window.high) == (13_474_202, 13_579_059)  # (12.9 - 0.05) x 1024 x 1024 and up
    assert "binary bytes" not in by_rounding("12.9M", "params")
    assert "binary bytes" not in by_rounding("12.9MiB", "bytes")


def test_a_deep_search_also_tries_batches_and_powers_of_1024() -> None:
    printed = parse_printed("600M")
    found = {window.rounding: (window.low, window.high) for window in deep_windows(printed, "mult_adds")}
    assert found["batch of 2"] == (299_750_000, 300_250_000)
    assert found["binary"] == (628_621_312, 629_669_888)  # 599.5 and 600.5 x 1024 x 1024
    assert {window.rounding for window in deep_windows(printed, "params")} == {"binary"}
    assert deep_windows(printed, "bytes") == ()
    assert deep_windows(parse_printed("601548543"), "params") == ()
