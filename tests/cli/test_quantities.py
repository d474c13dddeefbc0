"""Sizes, counts, times and percentages as users write them: one grammar in every command."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.cli.quantities import (
    parse_bandwidth,
    parse_count,
    parse_milliseconds,
    parse_peak,
    parse_percent,
    parse_size,
)
from mbcost.errors import MbcostError
from mbcost.questions.explain.query import parse_number

DECIMAL = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {f"{prefix}i": 1024**power for power, prefix in enumerate("KMGT", 1)}
CASES = st.sampled_from([str, str.upper, str.lower])
NUMBERS = st.one_of(
    st.integers(1, 900_000).map(lambda number: (str(number), Fraction(number))),  # more TiB cost more than any network
    st.integers(1, 900_000).map(lambda number: (f"{number:,}", Fraction(number))),
    st.decimals("0.001", "999", places=3).map(lambda number: (str(number), Fraction(number))),
    st.integers(1, 99).map(lambda number: (f"{number}e3", Fraction(number * 1000))),
)


def read(parse: Callable[[], Any]) -> Fraction | str:
    """Return the value, or the whole message."""
    try:
        return Fraction(parse())
    except MbcostError as error:
        return str(error)


@given(NUMBERS, st.sampled_from(sorted({**DECIMAL, **BINARY})), CASES, st.sampled_from(["", " "]))
def test_every_command_reads_the_same_count(
    number: tuple[str, Fraction], prefix: str, case: Callable[[str], str], blank: str
) -> None:
    text, value = number[0] + blank + case(prefix), number[1] * {**DECIMAL, **BINARY}[prefix]
    assert parse_peak(text) == value
    for quantity in ("mult-adds", "params"):
        assert parse_peak(f"{text}MACs/s") == value
        if value >= 1000:  # a smaller number has lost its unit, for `explain`
            assert parse_number(text, quantity.replace("-", "_")).number == value
        count = read(partial(parse_count, text, quantity))
        assert count == value if value.denominator == 1 else "as a whole number" in str(count)


@given(NUMBERS, st.sampled_from(sorted({**DECIMAL, **BINARY})), CASES, st.sampled_from(["", " "]))
def test_every_command_reads_the_same_size(
    number: tuple[str, Fraction], prefix: str, case: Callable[[str], str], blank: str
) -> None:
    text, value = number[0] + blank + case(f"{prefix}B"), number[1] * {**DECIMAL, **BINARY}[prefix]
    assert parse_number(text, "bytes").number == parse_number(text, "activation_bytes").number == value
    assert parse_bandwidth(text) == parse_bandwidth(f"{text}/s") == value
    size = read(lambda: parse_size(text, "ram"))
    assert size == value if value.denominator == 1 else "as a whole number" in str(size)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_size, "320K", "write 320KB for powers of 1000, or 320KiB for powers of 1024"),
        (parse_size, "1.5m", "write 1.5MB for powers of 1000, or 1.5MiB for powers of 1024"),
        (parse_size, "1Mb", "write 1MB for bytes, or 125000B for bits"),
        (parse_size, "16 Mbit", "write 16MB for bytes, or 2000000B for bits"),
        (parse_count, "600MFLOPs", "write 600M for multiply-adds, or 300000000 if each of them is two operations"),
        (parse_size, "", "write a size such as 320KiB"),
        (parse_size, "-1KiB", "write a size"),
        (parse_size, "~1KiB", "write a size"),
        (parse_size, "1.5", "as a whole number"),
        (parse_size, "1e99", "write a size"),
        (parse_size, "1MB/s", "write a size"),
        (parse_size, "1,00KiB", "write a size"),
        (parse_size, "1" * 20, "write a size"),
        (parse_size, "nan", "write a size"),
        (parse_count, "60MiB", "write a count such as 60M"),
        (parse_count, "60M params", "write a count such as 60M"),
        (parse_count, "0.5", "as a whole number"),
        (parse_milliseconds, "30us", "write a time such as 30ms"),
        (parse_milliseconds, "30m", "write a time such as 30ms"),
        (parse_percent, "100.5", "write a percentage from 0 to 100"),
        (parse_percent, "68 of 100", "write a percentage"),
    ],
)
def test_a_text_that_is_not_one_quantity_is_refused(parse: Callable[[str, str], Any], text: str, message: str) -> None:
    with pytest.raises(MbcostError, match=message) as refusal:
        parse(text, "mult-adds")
    assert str(refusal.value).startswith(f"mult-adds is '{text}': ")


@pytest.mark.parametrize(("text", "size"), [("320B", 320), ("1024", 1024), ("0", 0), ("0.5KiB", 512)])
def test_few_bytes_need_a_unit(text: str, size: int) -> None:
    assert parse_size(text, "ram") == size
    with pytest.raises(MbcostError, match="ram is 320, which would be bytes: write 320KiB, or 320B for bytes"):
        parse_size("320", "ram")
