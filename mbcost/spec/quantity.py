"""The grammar of numbers with prefixes and units, such as `60M`, `1.2g`, `320 KiB` and `0.57 GFLOPs`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

PREFIXES: Mapping[str, int] = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
"""The decimal prefixes; the binary ones, such as Ki, are the same powers of 1024."""
LETTERED = 3
"""After at most this many digits, `B` alone means billions; after more, it means bytes."""
LARGEST_EXPONENT = 40
"""A larger exponent is read as this one: the number is far above every limit in both cases."""

_NUMBER = re.compile(
    r"""
    (?P<relation>[<>≥≤]|~|≈|about\ )?\s*
    (?P<digits>[0-9]{1,3}(?:[,_ ][0-9]{3})+|[0-9]{1,19})
    (?:\.(?P<decimals>[0-9]{1,18}))?
    (?:[eE]\+?(?P<exponent>[0-9]{1,4}))?
    """,
    re.VERBOSE,
)
_UNITS = {
    "operations": r"flops?|ops|operations",
    "mult_adds": r"macs?|m?madds?|mul(?:t(?:iply|iplies)?)?[ -]?(?:adds?|accumulates?)",
    "params": r"params?|parameters?|weights",
    "activations": r"activations",
    "bits": r"bits?",
    "bytes": r"b|bytes?",
    "seconds": r"s",
    "percent": r"%",
}
"""What a number counts -> how its unit is written, in lower case."""
_TAIL = re.compile(
    r"[\s-]*(?P<prefix>thousand|million|billion|[kmgt](?P<binary>i)?|b)?[\s-]*(?:"
    + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _UNITS.items())
    + r")?(?P<rate>/s|ps)?",
    re.IGNORECASE,
)
_WORDS = {"THOUSAND": "K", "MILLION": "M", "BILLION": "G", "B": "G"}
_BITS = re.compile(r"[\s-]*[KMGT]b(?:/s|ps)?")


@dataclass(frozen=True)
class Quantity:
    """A number as it is written, in its parts."""

    relation: str
    """`<`, `>`, `~` and the like, if the number is not stated as exact."""
    digits: str
    """The digits before the decimal point, without separators."""
    decimals: str
    exponent: int
    prefix: str
    """One of `PREFIXES`."""
    is_binary: bool
    """Whether the prefix is a power of 1024, as Ki is."""
    unit: str
    """What is counted, such as `bytes`, `mult_adds`, `operations` or `bits`; empty if the text does not say it."""
    may_be_bits: bool
    """Whether a small b follows a capital prefix, as in `Mb`, which some write for bits and others for bytes."""
    per_second: bool

    @property
    def step(self) -> Fraction:
        """The value of one unit in the last written digit."""
        scale = Fraction(10) ** (min(self.exponent, LARGEST_EXPONENT) - len(self.decimals)) * PREFIXES[self.prefix]
        return scale * self.binary if self.is_binary else scale

    @property
    def number(self) -> Fraction:
        """The exact number; see `LARGEST_EXPONENT`."""
        return int(self.digits + self.decimals) * self.step

    @property
    def binary(self) -> Fraction:
        """The power of 1024 that the prefix can mean, divided by the power of 1000: 1.024 for K."""
        return Fraction(1024, 1000) ** list(PREFIXES).index(self.prefix)


def read_quantity(text: str, asked: str | None = None) -> Quantity | str | None:
    """Return the number in a text, its tail if that is not a known unit, or None if the text is not a number.

    Capitals make no difference, except that `Mb` may be bits.

    Args:
        text: a number with a prefix and a unit, as people write it.
        asked: the unit of what the number is to state, if that is known. It decides what `B` alone means.

    >>> read_quantity("1.2g").number, read_quantity("320 KiB").unit, read_quantity("12 parsecs"), read_quantity("-3M")
    (Fraction(1200000000, 1), 'bytes', 'parsecs', None)
    """
    text = text.strip()
    match = _NUMBER.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    tail = _TAIL.fullmatch(rest)
    if tail is None:
        return rest.strip() if re.fullmatch(r"\s*-?\s*[A-Za-z][A-Za-z /-]*", rest) else None
    digits = re.sub("[,_ ]", "", match["digits"])
    prefix, unit = (tail["prefix"] or "").upper().removesuffix("I"), next((n for n in _UNITS if tail[n]), "")
    is_long = len(match["digits"]) > LETTERED
    if prefix == "B" and not unit and (asked == "bytes" or (asked is None and is_long)):
        prefix, unit = "", "bytes"
    return Quantity(
        match["relation"] or "",
        digits,
        match["decimals"] or "",
        int(match["exponent"] or 0),
        _WORDS.get(prefix, prefix),
        bool(tail["binary"]),
        unit,
        _BITS.fullmatch(rest) is not None,
        bool(tail["rate"]),
    )
