"""Numbers as people print them, and the counts that can be printed like that."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mbcost.errors import MbcostError
from mbcost.spec.printed import ROUNDINGS, Printed, parse_printed

MI = 1024**2
counts = st.integers(1, 10**13)
decimals = st.integers(0, 6)


@pytest.mark.parametrize(
    ("text", "number", "step", "digits", "quantity"),
    [
        ("314M", 314_000_000, 1_000_000, 3, None),
        ("610.1M", 610_100_000, 100_000, 4, None),
        ("3.471M", 3_471_000, 1_000, 4, None),
        ("3.40M", 3_400_000, 10_000, 3, None),
        ("1.15G", 1_150_000_000, 10_000_000, 3, None),
        ("300k", 300_000, 1_000, 3, None),
        ("601548544", 601_548_544, 1, 9, None),
        ("603,134,720", 603_134_720, 1, 9, None),
        ("3_504_872", 3_504_872, 1, 7, None),
        ("3 504 872", 3_504_872, 1, 7, None),
        ("300 million", 300_000_000, 1_000_000, 3, None),
        ("1.1 billion", 1_100_000_000, 100_000_000, 2, None),
        ("about 215M", 215_000_000, 1_000_000, 3, None),
        ("~215M", 215_000_000, 1_000_000, 3, None),
        ("3e8", 300_000_000, 100_000_000, 1, None),
        ("3.00e8", 300_000_000, 1_000_000, 3, None),
        ("300000000", 300_000_000, 1_000_000, 3, None),
        ("123400000", 123_400_000, 100_000, 4, None),
        ("3400000", 3_400_000, 10_000, 3, None),
        ("24895000", 24_895_000, 1, 8, None),
        ("0.57 GFLOPs", 570_000_000, 10_000_000, 2, "mult_adds"),
        ("314 MMACs", 314_000_000, 1_000_000, 3, "mult_adds"),
        ("601548544 MACs", 601_548_544, 1, 9, "mult_adds"),
        ("569M Mult-Adds", 569_000_000, 1_000_000, 3, "mult_adds"),
        ("3.4M params", 3_400_000, 100_000, 2, "params"),
        ("6.7M activations", 6_700_000, 100_000, 2, "activations"),
        ("12.9MB", 12_900_000, 100_000, 3, "bytes"),
        ("12.3MiB", Fraction(123, 10) * MI, Fraction(MI, 10), 3, "bytes"),
    ],
)
def test_a_printed_number_has_a_last_digit_and_perhaps_a_unit(
    text: str, number: int | Fraction, step: int | Fraction, digits: int, quantity: str | None
) -> None:
    printed = parse_printed(text)
    assert printed == Printed(text, Fraction(number), Fraction(step), "", quantity, printed.binary)
    assert printed.digits == digits


@pytest.mark.parametrize(
    ("text", "binary"),
    [
        ("12.9MB", Fraction(1024, 1000) ** 2),
        ("1G", Fraction(1024, 1000) ** 3),
        ("12.9MiB", Fraction(1)),
        ("129", Fraction(1)),
    ],
)
def test_a_prefix_can_mean_a_power_of_1024_unless_it_is_binary_already(text: str, binary: Fraction) -> None:
    assert parse_printed(text).binary == binary


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (
            "314M",
            {
                "rounds": (313_500_000, 314_500_000),  # both ends are halfway, which can be rounded either way
                "floors": (314_000_000, 314_999_999),
                "ceils": (313_000_001, 314_000_000),
                "off by one": (312_500_000, 315_500_000),
            },
        ),
        ("3504872", {"rounds": (3504872, 3504872), "floors": (3504872, 3504872), "ceils": (3504872, 3504872)}),
        ("300000000", {"rounds": (299_500_000, 300_500_000)}),
        (">430M", {">": (430_000_001, 440_000_000)}),
        (">400M", {">": (400_000_001, 500_000_000)}),
        ("<1M", {"<": (0, 999_999)}),
        ("0.0003K", {"rounds": (1, 0), "floors": (1, 0)}),
    ],
)
def test_a_printed_number_stands_for_a_range_of_counts_per_rounding(
    text: str, ranges: dict[str, tuple[int, int]]
) -> None:
    printed = parse_printed(text)
    assert {name: printed.whole_range(name) for name in ranges} == ranges
    assert set(printed.roundings) == (set(ranges) if printed.relation else set(ROUNDINGS))


def in_millions(whole: int, places: int) -> str:
    """Return `whole` units of the last of `places` decimals, as text in M."""
    tail = f".{whole % 10**places:0{places}d}" if places else ""
    return f"{whole // 10**places}{tail}M"


@given(counts, decimals)
def test_a_number_is_in_the_range_of_its_own_printed_form(exact: int, places: int) -> None:
    scaled = Fraction(exact * 10**places, 10**6)
    for name, shorten in (("rounds", round), ("floors", floor), ("ceils", ceil)):
        whole = shorten(scaled)
        assume(whole > 0)
        low, high = parse_printed(in_millions(whole, places)).whole_range(name)
        assert low <= exact <= high


@given(st.integers(1, 10**7), decimals, st.sampled_from(sorted(ROUNDINGS)), st.integers(-(10**8), 10**8))
def test_the_range_is_what_the_rounding_covers(whole: int, places: int, name: str, offset: int) -> None:
    printed = parse_printed(in_millions(whole, places))
    exact = int(printed.number) + offset
    low, high = printed.whole_range(name)
    assert (low <= exact <= high) == ROUNDINGS[name].covers(exact, printed.number, printed.step)
    for count, inside in ((low, True), (low - 1, False), (high, True), (high + 1, False)):
        assert ROUNDINGS[name].covers(count, printed.number, printed.step) == inside


@given(st.integers(1, 10**15).filter(lambda exact: exact % 10**5))
def test_a_whole_number_is_read_with_every_grouping(exact: int) -> None:
    for text in (str(exact), f"{exact:,}", f"{exact:_}", f"{exact:,}".replace(",", " "), f" {exact} MACs "):
        printed = parse_printed(text)
        assert printed.number == exact
        assert printed.step == 1
        assert printed.whole_range("rounds") == (exact, exact)


@given(st.text(st.sampled_from("0123456789.,_ <>~eE+-kMGTiBx"), max_size=12))
@example("12 345.60e3 MiB")
def test_any_text_is_refused_or_a_positive_whole_number_of_steps(text: str) -> None:
    with suppress(MbcostError):
        printed = parse_printed(text)
        assert 0 < printed.number <= 10**18
        assert printed.step > 0
        assert (printed.number / printed.step).denominator == 1


GARBAGE = [
    "banana", "-3M", "1e400", "1e9999", "", " ", "0", "0.0M", "3..4M", "3.4.5M", "12 parsecs", "nan", "inf", "3iB",
    "M", "4,24", "1,2345", "3e-2", "0x10", "٣٢", ">", ">>3M", "3M 4M", "1e19", "9" * 10_000, "0." + "1" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:12] or "empty")
def test_text_that_is_not_a_number_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(MbcostError) as caught:
        parse_printed(text)
    (line,) = str(caught.value).splitlines()
    shown = " ".join(text[:40].split()) + ("..." if len(text) > 40 else "")
    assert line.startswith(f"'{shown}' ")
    assert line.endswith(("such as 314M, 3.471M, 601548544, '>430M', '0.57 GFLOPs' or 12.9MB", "did you mean 4.24?"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1e400", "is larger than the cost of any network"),
        ("0", "is not positive"),
        ("12 parsecs", "has the unknown unit 'parsecs'"),
        ("nan", "is not a number"),
    ],
)
def test_the_message_states_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(MbcostError, match=f"^'{text}' {problem}: write it as it is printed"):
        parse_printed(text)


def test_text_of_two_lines_is_refused_in_one_line() -> None:
    with pytest.raises(MbcostError) as caught:
        parse_printed("3\n4")
    (_,) = str(caught.value).splitlines()


def test_decimals_are_significant_even_if_they_are_zeros() -> None:
    assert parse_printed("3.000000M").step == 1
