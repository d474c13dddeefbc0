"""The ways to print: misprints, roundings, and sums in float32, which are equal to those of numpy."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbcost.questions.explain.windows import PrintWindow, float32_sum, list_deep_windows, list_misprints, list_windows
from mbcost.spec.printed import parse_printed

float32s = st.builds(lambda mantissa, shift: mantissa << shift, st.integers(0, 2**24), st.integers(0, 40))
"""Whole numbers that float32 holds; the amounts that a tool adds are such numbers."""


@given(st.lists(float32s, max_size=40))
@example([2**24, 1, 1, 1])
@example([2**24 + 2, 1])
@example([2**25, 2, 2**25, 6])
def test_a_sum_in_float32_is_equal_to_the_sum_of_numpy(amounts: list[int]) -> None:
    total = np.float32(0)
    for amount in amounts:
        assert int(np.float32(amount)) == amount
        total = np.float32(total + np.float32(amount))
    assert float32_sum(amounts) == int(total)


@given(st.integers(0, 2**60))
def test_a_single_amount_is_rounded_as_numpy_rounds_it(amount: int) -> None:
    assert float32_sum([amount]) == int(np.float32(amount))


def changes(text: str, other: str) -> list[int]:
    return [index for index, (before, after) in enumerate(zip(text, other, strict=True)) if before != after]


@pytest.mark.parametrize("text", ["314M", "610.1M", "12.9MB", "12.3MiB", "601548544", "4,242,920", "100", "9.99M"])
def test_a_misprint_is_one_other_digit_or_two_neighbours_swapped(text: str) -> None:
    printed = parse_printed(text)
    digits = str(int(printed.number / printed.step))
    windows = list_misprints(printed)
    numbers = [window.printed.number for window in windows]
    assert printed.number not in numbers
    assert len(set(numbers)) == len(numbers) > 8 * len(digits)
    for window in windows:
        assert window.printed.step == printed.step
        assert (window.low, window.high) == window.printed.whole_range("rounds")
        other = str(int(window.printed.number / printed.step))
        indices = changes(digits, other)
        swapped = len(indices) == 2 and indices[1] == indices[0] + 1 and sorted(digits) == sorted(other)
        assert len(indices) == 1 or swapped
    for left, right in pairwise(windows):
        # Neighbours share at most the count halfway between them.
        assert left.low < right.low
        assert left.high <= right.low
        assert left.high < right.low or 2 * left.high == left.printed.number + right.printed.number


@pytest.mark.parametrize("text", [">430M", "<1M", "31M", "3"])
def test_bounds_and_short_numbers_have_no_misprints(text: str) -> None:
    assert list_misprints(parse_printed(text)) == ()


def by_rounding(text: str, quantity: str = "mult_adds") -> dict[str, PrintWindow]:
    return {window.rounding: window for window in reversed(list_windows(parse_printed(text), quantity))}


def test_a_number_has_the_roundings_that_its_digits_allow() -> None:
    assert list(by_rounding("315M")) == ["off by one", "ceils", "floors", "rounds"]
    assert list(by_rounding("31M")) == [
        "ceils",
        "floors",
        "rounds",
    ]  # with two digits, one off explains almost anything
    assert list(by_rounding(">430M")) == [">"]
    assert by_rounding("0.3") == {}
    inexact = {name for name, window in by_rounding("601548544").items() if not window.exact}
    assert inexact == set()  # a number with all its digits was not rounded
    assert not any(window.exact for window in list_misprints(parse_printed("314M")))


@given(st.integers(2**25, 2**40))
@example(2**25)
@example(2**25 + 4)
@example(601_548_544)
def test_a_window_for_float32_is_made_only_for_numbers_that_float32_holds(number: int) -> None:
    window = by_rounding(f"{number:,}").get("float32")
    if number % 10**5 == 0:
        assert window is None  # the number is rounded, not exact
        return
    assert (window is not None) == (int(np.float32(number)) == number)
    if window is not None:
        unit = int(np.spacing(np.float32(number)))
        assert (window.low, window.high) == (number - 64 * unit, number + 64 * unit)


@pytest.mark.parametrize("text", ["314M", "1.15G", ">601548544", "16777216", "16777215"])
def test_a_shortened_or_small_number_is_not_a_sum_in_float32(text: str) -> None:
    assert "float32" not in by_rounding(text)


def test_a_file_size_can_be_in_powers_of_1024() -> None:
    window = by_rounding("12.9MB", "bytes")["binary bytes"]
    assert (window.low, window.high) == (13_474_202, 13_579_059)  # (12.9 - 0.05) x 1024 x 1024 and up
    assert "binary bytes" not in by_rounding("12.9M", "params")
    assert "binary bytes" not in by_rounding("12.9MiB", "bytes")


def test_an_even_number_may_have_been_rounded_before_it_was_doubled() -> None:
    """0.31 G is 305 to 315 M; twice of it is printed as 0.62 G."""
    window = by_rounding("0.62G")["doubled"]
    assert (window.low, window.high) == (610_000_000, 630_000_000)
    assert "doubled" not in by_rounding("0.63G")
    assert "doubled" not in by_rounding("0.62G", "params")


@pytest.mark.parametrize(
    ("text", "low", "high"), [("8.200M", 8_150_000, 8_250_000), ("300.00M", 299_500_000, 300_500_000)]
)
def test_zeros_at_the_end_may_not_be_digits(text: str, low: int, high: int) -> None:
    window = by_rounding(text, "params")["padded"]
    assert (window.low, window.high) == (low, high)
    assert not {"padded"} & {*by_rounding("300M", "params"), *by_rounding("8.25M", "params")}


def test_a_file_has_up_to_three_percent_besides_its_weights() -> None:
    window = by_rounding("100MiB", "bytes")["file"]
    assert window.high == int(100.5 * 2**20)
    assert window.low == window.high - int(window.high * Fraction(3, 100))
    assert "file" not in by_rounding("100M", "params")


def test_a_deep_search_also_tries_batches_and_powers_of_1024() -> None:
    printed = parse_printed("600M")
    ranges = {window.rounding: (window.low, window.high) for window in list_deep_windows(printed, "mult_adds")}
    assert ranges["batch of 2"] == (299_750_000, 300_250_000)
    assert ranges["binary"] == (628_621_312, 629_669_888)  # 599.5 and 600.5 x 1024 x 1024
    assert {window.rounding for window in list_deep_windows(printed, "params")} == {"binary"}
    assert list_deep_windows(printed, "bytes") == ()
    assert list_deep_windows(parse_printed("601548543"), "params") == ()
