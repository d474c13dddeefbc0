"""Numbers of estimates in few characters."""

from __future__ import annotations

from typing import overload

from mbcost.spec.shown import round_significant

DIGITS = 13
"""The significant digits of what estimates are computed from: the results are the same to some 11 digits."""


@overload
def shorten(value: float) -> float: ...
@overload
def shorten(value: None) -> None: ...
def shorten(value: float | None) -> float | None:
    """Return a number with `DIGITS` significant digits, as an integer if it is whole; None is kept.

    >>> shorten(2.0), shorten(1 / 3)
    (2, 0.3333333333333)
    """
    if value is None:
        return None
    rounded = round_significant(float(value), DIGITS)
    return int(rounded) if rounded.is_integer() else rounded
