"""What users type -> rates: multiply-adds a second and bytes a second."""

from __future__ import annotations

import re
from fractions import Fraction

from mbcost.errors import MbcostError

_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NUMBER = r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,2})?)"


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


def _rate(match: re.Match[str] | None, what: str, text: str, wanted: str, units: dict[str, int]) -> Fraction:
    if match is None or match["unit"] not in units:
        raise MbcostError(f"{what} is '{text}': write {wanted}")
    rate = Fraction(match["number"]) * units[match["unit"]]
    if not rate:
        raise MbcostError(f"{what} is '{text}': it must be more than zero")
    return rate
