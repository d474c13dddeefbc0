"""Quantities as users write them, `320KiB`, `60M`, `30ms`, `2GB/s`, in exact arithmetic."""

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
"""Unit, whatever its case -> bytes (IEC 80000-13)."""
COUNTS: Mapping[str, int] = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
"""Prefix, whatever its case -> how many; B is short for billions."""
MILLISECONDS: Mapping[str, int] = {"": 1, "MS": 1, "S": 1000}
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NUMBER = r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,2})?)"


def parse_size(text: str, what: str) -> int:
    """A number of bytes with its unit; a bare number is bytes. `what` names the option in messages.

    Raises:
        MbcostError: it has another form, or is no whole number of bytes.

    >>> parse_size("320KiB", "ram"), parse_size("1.5MB", "flash"), parse_size("1024", "ram")
    (327680, 1500000, 1024)
    """
    return _whole(text, what, BYTES, "a size such as 320KiB, 1MB or 327680 (bytes)")


def parse_count(text: str, what: str) -> int:
    """A count with its decimal prefix.

    Raises:
        MbcostError: it has another form, or is no whole number.

    >>> parse_count("60M", "mult-adds"), parse_count("3,504,872", "params")
    (60000000, 3504872)
    """
    return _whole(text, what, COUNTS, "a count such as 60M, 2.5K or 3504872")


def parse_milliseconds(text: str, what: str) -> float:
    """A time in milliseconds; a bare number is milliseconds.

    Raises:
        MbcostError: it has another form.

    >>> parse_milliseconds("30ms", "max-latency"), parse_milliseconds("0.03s", "max-latency")
    (30.0, 30.0)
    """
    return float(_quantity(text, what, MILLISECONDS, "a time such as 30ms or 0.03s"))


def parse_percent(text: str, what: str) -> float:
    """A share in percent, from 0 to 100.

    Raises:
        MbcostError: it has another form, or is more than 100.

    >>> parse_percent("68.5", "min-top1")
    68.5
    """
    form = "a percentage from 0 to 100, such as 68.5"
    percent = _quantity(text, what, {"": 1, "%": 1}, form)
    if percent > 100:
        raise _refusal(text, what, form)
    return float(percent)


def parse_peak(text: str) -> Fraction:
    """Multiply-adds a second: `1e9`, `960M`, `0.96G`, `4T/s`, `1GMAC/s`.

    Raises:
        MbcostError: the text has another form, counts operations instead, or is zero.

    >>> parse_peak("0.96G")
    Fraction(960000000, 1)
    """
    if re.search(r"(fl)?ops", text, re.IGNORECASE):
        raise MbcostError(f"peak-macs is '{text}': write multiply-adds a second, which are half as many as operations")
    match = re.fullmatch(rf"{_NUMBER}(?P<unit>[kKMGT]?)(?:MACs?)?(?:/s)?", text)
    return _rate(match, "peak-macs", text, "multiply-adds a second, such as 1e9 or 960M", _DECIMAL)


def parse_bandwidth(text: str) -> Fraction:
    """Bytes a second: `2e9`, `2GB/s`, `1.92GB/s`, `2GiB/s`.

    Raises:
        MbcostError: the text has another form, is in bits, or is zero.

    >>> parse_bandwidth("2GiB/s")
    Fraction(2147483648, 1)
    """
    match = re.fullmatch(rf"{_NUMBER}(?P<unit>[kKMGT]?i?)B?(?:/s)?", text)
    return _rate(match, "bandwidth", text, "bytes a second, such as 2GB/s, 2GiB/s or 2e9", _DECIMAL | _BINARY)


def _whole(text: str, what: str, units: Mapping[str, int], form: str) -> int:
    quantity = _quantity(text, what, units, form)
    if quantity.denominator != 1:
        raise _refusal(text, what, f"{form}, a whole number of them")
    return quantity.numerator


def _quantity(text: str, what: str, units: Mapping[str, int], form: str) -> Fraction:
    match = re.fullmatch(r"([0-9]{1,3}(?:[,_][0-9]{3})+|[0-9]{1,18})(\.[0-9]{1,18})? ?([A-Za-z%]*)", text.strip())
    if match is None or match[3].upper() not in units:
        raise _refusal(text, what, form)
    return Fraction(match[1].replace(",", "").replace("_", "") + (match[2] or "")) * units[match[3].upper()]


def _refusal(text: str, what: str, form: str) -> MbcostError:
    return MbcostError(f"{what} is '{text}': write {form}")


def _rate(match: re.Match[str] | None, what: str, text: str, wanted: str, units: dict[str, int]) -> Fraction:
    if match is None or match["unit"] not in units:
        raise MbcostError(f"{what} is '{text}': write {wanted}")
    rate = Fraction(match["number"]) * units[match["unit"]]
    if not rate:
        raise MbcostError(f"{what} is '{text}': it must be more than zero")
    return rate
