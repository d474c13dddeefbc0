"""Read quantities as users write them, such as `320KiB`, `60M`, `30ms` and `2GB/s`, in exact arithmetic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from mbcost.errors import MbcostError

BYTES: Mapping[str, int] = {
    "": 1, "B": 1,
    "KB": 10**3, "MB": 10**6, "GB": 10**9,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30,
}  # fmt: skip
"""A unit in upper case -> bytes (IEC 80000-13)."""
COUNTS: Mapping[str, int] = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
"""A prefix in upper case -> its factor; B is short for billions."""
MILLISECONDS: Mapping[str, int] = {"": 1, "MS": 1, "S": 1000}
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NUMBER = r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,2})?)"


def parse_size(text: str, option: str) -> int:
    """Read a number of bytes with its unit; a number without a unit is bytes.

    Raises:
        MbcostError: the text does not have this form, or is not a whole number of bytes. `option` names it.

    >>> parse_size("320KiB", "ram"), parse_size("1.5MB", "flash"), parse_size("1024", "ram")
    (327680, 1500000, 1024)
    """
    return _parse_whole(text, option, BYTES, "a size such as 320KiB, 1MB or 327680 (bytes)")


def parse_count(text: str, option: str) -> int:
    """Read a count with its decimal prefix.

    Raises:
        MbcostError: the text does not have this form, or is not a whole number.

    >>> parse_count("60M", "mult-adds"), parse_count("3,504,872", "params")
    (60000000, 3504872)
    """
    return _parse_whole(text, option, COUNTS, "a count such as 60M, 2.5K or 3504872")


def parse_milliseconds(text: str, option: str) -> float:
    """Read a time in milliseconds; a number without a unit is milliseconds.

    Raises:
        MbcostError: the text does not have this form.

    >>> parse_milliseconds("30ms", "max-latency"), parse_milliseconds("0.03s", "max-latency")
    (30.0, 30.0)
    """
    return float(_parse_quantity(text, option, MILLISECONDS, "a time such as 30ms or 0.03s"))


def parse_percent(text: str, option: str) -> float:
    """Read a percentage from 0 to 100.

    Raises:
        MbcostError: the text does not have this form, or the number is above 100.

    >>> parse_percent("68.5", "min-top1")
    68.5
    """
    form = "a percentage from 0 to 100, such as 68.5"
    percent = _parse_quantity(text, option, {"": 1, "%": 1}, form)
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
    if re.search(r"(fl)?ops", text, re.IGNORECASE):
        raise MbcostError(
            f"peak-macs is '{text}': write multiply-adds per second, which are half as many as operations"
        )
    match = re.fullmatch(rf"{_NUMBER}(?P<unit>[kKMGT]?)(?:MACs?)?(?:/s)?", text)
    return _parse_rate(match, "peak-macs", text, "multiply-adds per second, such as 1e9 or 960M", _DECIMAL)


def parse_bandwidth(text: str) -> Fraction:
    """Read bytes per second: `2e9`, `2GB/s`, `1.92GB/s`, `2GiB/s`.

    Raises:
        MbcostError: the text does not have this form, is in bits, or is zero.

    >>> parse_bandwidth("2GiB/s")
    Fraction(2147483648, 1)
    """
    match = re.fullmatch(rf"{_NUMBER}(?P<unit>[kKMGT]?i?)B?(?:/s)?", text)
    return _parse_rate(match, "bandwidth", text, "bytes per second, such as 2GB/s, 2GiB/s or 2e9", _DECIMAL | _BINARY)


def _parse_whole(text: str, option: str, units: Mapping[str, int], form: str) -> int:
    quantity = _parse_quantity(text, option, units, form)
    if quantity.denominator != 1:
        raise _make_error(text, option, f"{form}, as a whole number")
    return quantity.numerator


def _parse_quantity(text: str, option: str, units: Mapping[str, int], form: str) -> Fraction:
    match = re.fullmatch(r"([0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]{1,18})(\.[0-9]{1,18})? ?([A-Za-z%]*)", text.strip())
    if match is None or match[3].upper() not in units:
        raise _make_error(text, option, form)
    return Fraction(match[1].replace(",", "").replace("_", "") + (match[2] or "")) * units[match[3].upper()]


def _make_error(text: str, option: str, form: str) -> MbcostError:
    return MbcostError(f"{option} is '{text}': write {form}")


def _parse_rate(match: re.Match[str] | None, option: str, text: str, form: str, units: Mapping[str, int]) -> Fraction:
    if match is None or match["unit"] not in units:
        raise _make_error(text, option, form)
    rate = Fraction(match["number"]) * units[match["unit"]]
    if not rate:
        raise MbcostError(f"{option} is '{text}': it must be more than zero")
    return rate
