"""The quantities that options take, such as `320KiB`, `60M`, `30ms` and `2GB/s`, in exact arithmetic.

They have one grammar, that of `mbcost.spec.quantity`. A unit that can mean two things is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from mbcost.errors import MbcostError
from mbcost.spec.quantity import Quantity, read_quantity

LARGEST = 10**30
"""A larger number is taken for a mistake."""
FEWEST_BYTES = 1024
"""A smaller size needs a unit: no network fits so few bytes."""


def parse_size(text: str, option: str) -> int:
    """Read a number of bytes with its unit; a number without a unit is bytes.

    Raises:
        MbcostError: the text does not have this form, or is not a whole number of bytes, or there is no unit and so few
            bytes that kilobytes are meant. `option` names it.

    >>> parse_size("320KiB", "ram"), parse_size("1.5 mb", "flash"), parse_size("1024", "ram")
    (327680, 1500000, 1024)
    """
    size = _read_whole(text, option, ("", "bytes"), "a size such as 320KiB, 1MB or 327680 (bytes)")
    if 0 < size < FEWEST_BYTES and text.strip().isdecimal():
        raise MbcostError(f"{option} is {text}, which would be bytes: write {text}KiB, or {text}B for bytes")
    return size


def parse_count(text: str, option: str) -> int:
    """Read a count with its prefix, and perhaps with the unit that belongs to the option.

    Raises:
        MbcostError: the text does not have this form, or is not a whole number.

    >>> parse_count("60m", "mult-adds"), parse_count("1.2G MACs", "mult-adds"), parse_count("3,504,872", "params")
    (60000000, 1200000000, 3504872)
    """
    return _read_whole(text, option, ("", option.replace("-", "_")), "a count such as 60M, 2.5K or 3504872")


def whole_number(text: str | int) -> int:
    """Read an integer, or a count as `parse_count` does; the parser of options whose value is an integer.

    A default of such an option is an integer already.

    Raises:
        ValueError: the text does not have this form. The error holds the text, as click expects.

    >>> whole_number("21k"), whole_number("1,000"), whole_number("-5")
    (21000, 1000, -5)
    """
    if isinstance(text, int) or re.fullmatch(r"[+-]?[0-9]{1,4000}", text):
        return int(text)
    try:
        return parse_count(text, "number")
    except MbcostError:
        raise ValueError(text) from None


def parse_milliseconds(text: str, option: str) -> float:
    """Read a time in milliseconds; a number without a unit is milliseconds.

    Raises:
        MbcostError: the text does not have this form.

    >>> parse_milliseconds("30ms", "max-latency"), parse_milliseconds("0.03s", "max-latency")
    (30.0, 30.0)
    """
    form = "a time such as 30ms or 0.03s"
    number, written = _read(text, option, ("", "seconds"), form, prefixes="M"), read_quantity(text)
    assert isinstance(written, Quantity), "it is read"
    if written.is_binary or (written.prefix and not written.unit):
        raise _make_error(text, option, form)
    # The grammar has M for millions; before seconds it is a thousandth.
    return float(number / 10**6 if written.prefix else number * 1000 if written.unit else number)


def parse_percent(text: str, option: str) -> float:
    """Read a percentage from 0 to 100.

    Raises:
        MbcostError: the text does not have this form, or the number is above 100.

    >>> parse_percent("68.5", "min-top1"), parse_percent("68.5%", "min-top1")
    (68.5, 68.5)
    """
    form = "a percentage from 0 to 100, such as 68.5"
    percent = _read(text, option, ("", "percent"), form, prefixes="")
    if percent > 100:
        raise _make_error(text, option, form)
    return float(percent)


def parse_peak(text: str) -> Fraction:
    """Read multiply-adds per second: `1e9`, `960M`, `0.96G`, `4T/s`, `1GMAC/s`.

    Raises:
        MbcostError: the text does not have this form, counts operations instead, or is zero.

    >>> parse_peak("0.96G")
    Fraction(960000000, 1)
    """
    written = read_quantity(text)
    if isinstance(written, Quantity) and written.unit == "operations":
        raise _make_error(text, "peak-macs", "multiply-adds per second, which are half as many as operations")
    form = "multiply-adds per second, such as 1e9 or 960M"
    return _check_rate(_read(text, "peak-macs", ("", "mult_adds"), form, is_rate=True), text, "peak-macs")


def parse_bandwidth(text: str) -> Fraction:
    """Read bytes per second: `2e9`, `2GB/s`, `1.92GB/s`, `2GiB/s`.

    Raises:
        MbcostError: the text does not have this form, is in bits, or is zero.

    >>> parse_bandwidth("2GiB/s")
    Fraction(2147483648, 1)
    """
    form = "bytes per second, such as 2GB/s, 2GiB/s or 2e9"
    return _check_rate(_read(text, "bandwidth", ("", "bytes"), form, is_rate=True), text, "bandwidth")


def _check_rate(rate: Fraction, text: str, option: str) -> Fraction:
    if not rate:
        raise MbcostError(f"{option} is '{text}': it must be more than zero")
    return rate


def _read_whole(text: str, option: str, units: Sequence[str], form: str) -> int:
    number = _read(text, option, units, form)
    if number.denominator != 1:
        raise _make_error(text, option, f"{form}, as a whole number")
    return number.numerator


def _read(
    text: str, option: str, units: Sequence[str], form: str, *, prefixes: str = "KMGT", is_rate: bool = False
) -> Fraction:
    """Return the number in `text`, in one of `units`, the last of which is asked for.

    Raises:
        MbcostError: the text does not have this form, or its unit can mean two things. `form` says what to write.
    """
    written = read_quantity(text, units[-1])
    if not isinstance(written, Quantity) or written.relation or (written.per_second and not is_rate):
        raise _make_error(text, option, form)
    if (meanings := _list_meanings(written, units, "/s" if is_rate else "")) is not None:
        raise _make_error(text, option, meanings)
    if written.unit not in units or written.prefix not in ("", *prefixes) or written.number > LARGEST:
        raise _make_error(text, option, form)
    return written.number


def _list_meanings(written: Quantity, units: Sequence[str], per: str) -> str | None:
    """Return what to write instead of a unit that can mean two things; None if there is one meaning."""
    number = written.digits + (f".{written.decimals}" if written.decimals else "")
    number += f"e{written.exponent}" if written.exponent else ""
    prefix = written.prefix
    if "bytes" in units and (written.unit == "bits" or written.may_be_bits):
        bits = written.number / 8
        exact = f"{bits.numerator}" if bits.denominator == 1 else f"{float(bits):g}"
        return f"{number}{prefix}{'i' * written.is_binary}B{per} for bytes, or {exact}B{per} for bits"
    if "bytes" in units and not written.unit and prefix and not written.is_binary:
        return f"{number}{prefix}B{per} for powers of 1000, or {number}{prefix}iB{per} for powers of 1024"
    if "mult_adds" in units and written.unit == "operations":
        half = written.number / 2
        exact = f"{half.numerator}" if half.denominator == 1 else f"{float(half):g}"
        return f"{number}{prefix} for multiply-adds, or {exact} if each of them is two operations"
    return None


def _make_error(text: str, option: str, form: str) -> MbcostError:
    return MbcostError(f"{option} is '{text}': write {form}")
