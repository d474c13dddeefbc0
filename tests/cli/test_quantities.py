"""Sizes, counts, times and percentages as users write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.cli.quantities import BYTES, parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.errors import MbcostError


@given(st.integers(0, 10**9), st.sampled_from(sorted(BYTES)), st.sampled_from([str.upper, str.lower]), st.booleans())
def test_a_size_is_its_number_times_its_unit(number: int, unit: str, case: Callable[[str], str], comma: bool) -> None:
    text = f"{number:,}" if comma else str(number)
    assert parse_size(text + case(unit), "ram") == number * BYTES[unit]


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_size, "", "write a size such as 320KiB"),
        (parse_size, "-1KiB", "write a size"),
        (parse_size, "320K", "write a size"),
        (parse_size, "1.5", "as a whole number"),
        (parse_size, "1e6", "write a size"),
        (parse_size, "1,00KiB", "write a size"),
        (parse_size, "1" * 19, "write a size"),
        (parse_size, "nan", "write a size"),
        (parse_count, "60MiB", "write a count such as 60M"),
        (parse_count, "0.5", "as a whole number"),
        (parse_milliseconds, "30us", "write a time such as 30ms"),
        (parse_percent, "100.5", "write a percentage from 0 to 100"),
        (parse_percent, "68 of 100", "write a percentage"),
    ],
)
def test_a_text_that_is_not_a_quantity_is_refused(parse: Callable[[str, str], Any], text: str, message: str) -> None:
    with pytest.raises(MbcostError, match=message) as refusal:
        parse(text, "limit")
    assert str(refusal.value).startswith(f"limit is '{text}': ")
