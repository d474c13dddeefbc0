"""A number as somebody printed it, and which exact counts would be printed like that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from mbcost.errors import MbcostError
from mbcost.spec.quantity import read_quantity

LARGEST = 10**18
"""The cost of every network is at most this; a larger number is taken for a mistake."""

QUANTITIES: Mapping[str, str | None] = {
    "": None, "mult_adds": "mult_adds", "operations": "mult_adds", "params": "params", "activations": "activations",
    "bytes": "bytes",
}  # fmt: skip
"""What the unit of a printed number says -> the quantity; what one operation is, the conventions say."""
_FORM = "write it as it is printed, such as 314M, 3.471M, 601548544, '>430M', '0.57 GFLOPs' or 12.9MB"


@dataclass(frozen=True)
class Rounding:
    """How a source shortens numbers: where the exact number can lie, in units of the last printed digit."""

    below: Fraction
    above: Fraction
    with_lowest: bool
    with_highest: bool

    def covers(self, exact: int | Fraction, number: Fraction, step: Fraction) -> bool:
        """Return whether a source that shortens like this prints `exact` as `number`; `step` is its last digit."""
        low, high = number + self.below * step, number + self.above * step
        return (low < exact < high) or (self.with_lowest and exact == low) or (self.with_highest and exact == high)

    def whole_range(self, number: Fraction, step: Fraction) -> tuple[int, int]:
        """Return the smallest and largest whole number that is printed so; the first is larger if none is."""
        low, high = number + self.below * step, number + self.above * step
        return (
            ceil(low) if self.with_lowest else floor(low) + 1,
            floor(high) if self.with_highest else ceil(high) - 1,
        )


ROUNDINGS: Mapping[str, Rounding] = {
    "rounds": Rounding(Fraction(-1, 2), Fraction(1, 2), with_lowest=True, with_highest=True),
    "floors": Rounding(Fraction(0), Fraction(1), with_lowest=True, with_highest=False),
    "ceils": Rounding(Fraction(-1), Fraction(0), with_lowest=False, with_highest=True),
    "off by one": Rounding(Fraction(-3, 2), Fraction(3, 2), with_lowest=True, with_highest=True),
}
"""An exact number halfway between two printed ones can be rounded to either."""
_BOUNDS = {
    ">": Rounding(Fraction(0), Fraction(1), with_lowest=False, with_highest=True),
    "<": Rounding(Fraction(-1), Fraction(0), with_lowest=True, with_highest=False),
}
"""`>430M` means more than 430M, and at most one unit more in the last digit that is not 0; `<` is read likewise."""


@dataclass(frozen=True)
class Printed:
    """A number with the digits that it was printed with.

    >>> parse_printed("3.471M").step
    Fraction(1000, 1)
    """

    text: str
    number: Fraction
    step: Fraction
    """The value of one unit in the last significant digit."""
    relation: str = ""
    """`>` or `<` if the number is a bound."""
    quantity: str | None = None
    """`params`, `mult_adds`, `activations` or `bytes`, if the unit or the caller says so."""
    binary: Fraction = Fraction(1)
    """The factor to apply if the prefix means a power of 1024: 1.048576 for M, 1 without a prefix."""

    @property
    def digits(self) -> int:
        """The number of significant digits."""
        return len(str(int(self.number / self.step)))

    @property
    def roundings(self) -> Mapping[str, Rounding]:
        """The ways in which an exact number can have been shortened to this one."""
        return {self.relation: _BOUNDS[self.relation]} if self.relation else ROUNDINGS

    def whole_range(self, rounding: str) -> tuple[int, int]:
        """Return the smallest and largest count that `rounding`, one of `roundings`, prints like this.

        >>> parse_printed("314M").whole_range("floors")
        (314000000, 314999999)
        """
        return self.roundings[rounding].whole_range(self.number, self.step)


def _find_number(text: str) -> str | None:
    """Return what was probably meant by digits that points group, or by a decimal comma."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{3}){2,9}|[0-9]{1,9},[0-9]{1,2})([A-Za-z ]{0,9})", text.strip())
    if match is None:
        return None
    return f"did you mean {match[1].replace('.', ',') if '.' in match[1] else match[1].replace(',', '.')}{match[2]}?"


def parse_printed(text: str, quantity: str | None = None) -> Printed:
    """Return a number as people print it, with an optional prefix and unit; of `quantity`, if that is known.

    A whole number that ends in five or more zeros is taken for a rounded number of at least three significant digits.

    Raises:
        MbcostError: the text is not a number, the number is not positive or larger than the cost of any network, or its
            unit belongs to a different quantity.

    >>> parse_printed("0.57 GFLOPs").number
    Fraction(570000000, 1)
    >>> parse_printed(">430M").whole_range(">")
    (430000001, 440000000)
    """
    shown = f"'{' '.join(text[:40].split())}{'...' if len(text) > 40 else ''}'"
    written = read_quantity(text, quantity)
    if written is None:
        raise MbcostError(f"{shown} is not a number: {_find_number(text) or _FORM}")
    if isinstance(written, str) or written.per_second or written.unit not in QUANTITIES:
        tail = written if isinstance(written, str) else f"{written.unit}{' per second' if written.per_second else ''}"
        raise MbcostError(f"{shown} has the unknown unit '{tail}': {_FORM}")
    unit = QUANTITIES[written.unit]
    if quantity is not None and unit is not None and unit != quantity:
        names = [name.replace("_", "-") for name in (quantity, unit)]
        raise MbcostError(f"{shown} is given as {names[0]}, but its unit says {names[1]}: keep one")
    number = written.number
    if not 0 < number <= LARGEST:
        size = "not positive" if number == 0 else "larger than the cost of any network"
        raise MbcostError(f"{shown} is {size}: {_FORM}")
    relation = {"≥": ">", "≤": "<"}.get(written.relation, written.relation)
    relation = relation if relation in ("<", ">") else ""
    plain = not (written.decimals or written.exponent or written.prefix)
    step = _significant(number, written.step, relation, plain=plain)
    binary = Fraction(1) if written.is_binary else written.binary
    return Printed(" ".join(text.split()), number, step, relation, quantity or unit, binary)


def _significant(number: Fraction, step: Fraction, relation: str, *, plain: bool) -> Fraction:
    """Return the step of the last significant digit; a `plain` number has no prefix, decimals or exponent."""
    counted = str(int(number / step))
    zeros = len(counted) - len(counted.rstrip("0"))
    if relation:
        return step * Fraction(10) ** zeros
    return step * Fraction(10) ** min(zeros, max(len(counted) - 3, 0)) if plain and zeros >= 5 else step
