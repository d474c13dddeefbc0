"""The types of arrays, and the bound that keeps every number in them exact.

An array of 64-bit integers wraps around silently, so every sum and product in the search has a bound, in Python's
integers, before it is computed:

- A raw count of a structure is at most `LARGEST`, 2^53: `check_count` refuses a larger one, in one line.
- What follows from raw counts, such as the trained parameters, is at most a few times as much: `columns.BOUNDS`.
- A reading adds up columns with coefficients; `reading_sets` checks that the largest sum is below `MOST`, 2^62.
- A printed number is at most 10^18, and its windows end below 10^19, so that differences also fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
else:
    Array = Floats = Flags = Any

LARGEST = 2**53
"""The search is for counts up to this one."""
MEMORY = 320_000_000
"""The arrays of one network, and those of all networks, need at most so many bytes without `--force`."""
MOST = 2**62
"""No number in the arrays is larger: two of them can be added or subtracted."""


class TooLarge(MbcostError):
    """A limit is exceeded: the query is refused, because a network that is left out could be the answer."""


def check_count(bound: int, subject: str = "a count of this network") -> None:
    """Check that no count above `LARGEST` is possible.

    Args:
        bound: what the count is at most.
        subject: what is counted, for the message.

    Raises:
        TooLarge: it is possible.
    """
    if bound > LARGEST:
        raise TooLarge(f"{subject} is too large to search for: the search is for counts up to {LARGEST:,}")


class TooMuchMemory(TooLarge):
    """A search needs more memory than `MEMORY`."""


def check_memory(size: int, *, force: bool) -> None:
    """Check that a part of a search needs at most `MEMORY` bytes; with `force`, it may need more.

    Raises:
        TooMuchMemory: it needs more.
    """
    if size > MEMORY and not force:
        raise TooMuchMemory(
            f"the search needs more than {MEMORY // 10**6:,} MB: state the network, its alpha and its "
            "resolution, such as v2@1/224, leave out --deep, give fewer numbers, or add --force to exceed this limit"
        )


def magnitude(array: Array) -> int:
    """Return the largest absolute value in the array as a Python integer; 0 if it is empty."""
    return max(int(array.max(initial=0)), -int(array.min(initial=0)))


def distinct(arrays: Iterable[Array]) -> list[Array]:
    """Return each array once, in order; facts about one count share an array."""
    return list({id(array): array for array in arrays}.values())


def exact_sum(values: Floats) -> float:
    """Return the sum of numbers that are not negative, rounded once, like `math.fsum`, which is slow on arrays.

    Rounding once gives the same sum in any order. Each number is a whole number of 53 bits times a power of two. Halves
    of these whole numbers are added in int64, which is exact for up to 2^36 numbers.
    """
    import numpy as np

    fractions, exponents = np.frexp(values)
    wholes = np.ldexp(fractions, 53).astype(np.int64)
    lowest = int(exponents.min(initial=0))
    total = 0
    for exponent in np.unique(exponents).tolist():
        same = wholes[exponents == exponent]
        total += ((int((same >> 26).sum()) << 26) + int((same & (2**26 - 1)).sum())) << (exponent - lowest)
    return float(Fraction(total) * Fraction(2) ** (lowest - 53))
