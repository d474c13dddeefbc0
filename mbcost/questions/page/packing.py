"""Numbers in few characters: what a page carries twice is written once, and arithmetic series as their ends."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mbcost.analytic.compact import Chain, Scale
from mbcost.analytic.layers import padded_output
from mbcost.analytic.symbolic.step_functions import ANY_CLASSES, StepFunction
from mbcost.analytic.symbolic.symbols import Sum

CLASSES_WIDTH = -1
"""The width of a layer with one output per class, in the file."""
MOST_ULPS = 4
"""So many steps of float64 a start is at most away from its fraction; else it is written in full."""
_ULP_ZERO = ord("e") - MOST_ULPS
"""The letter `e` means no difference."""


@dataclass
class Pool:
    """Values by their index; equal values have one index."""

    values: list[Any] = field(default_factory=list)
    _indices: dict[str, int] = field(default_factory=dict)

    def add(self, value: Any) -> int:
        """Return the index of a value that can be written as JSON."""
        key = json.dumps(value)
        if key not in self._indices:
            self._indices[key] = len(self.values)
            self.values.append(value)
        return self._indices[key]


def pack_integers(values: Iterable[int]) -> list[int]:
    """Return whole numbers as arithmetic series: first, step and length of each, one after the other.

    >>> pack_integers([8, 16, 24, 24, 24])
    [8, 8, 3, 24, 0, 2]
    """
    packed: list[int] = []
    for value in values:
        if packed and packed[-1] == 1:
            packed[-2:] = [value - packed[-3], 2]
        elif packed and value == packed[-3] + packed[-2] * packed[-1]:
            packed[-1] += 1
        else:
            packed += [value, 0, 1]
    return packed


def pack_starts(starts: Sequence[float], printed: Iterable[int]) -> dict[str, Any]:
    """Return the alphas at which a width changes, as whole numbers of halves divided by one printed width.

    Args:
        starts: in order.
        printed: the widths of the table. A start is the least float64 that scales one of them to a new width, so it is
            such a fraction, or a few float64 numbers away from it: a letter says how many.
    """
    for width in printed:
        halves = [round(2 * start * width) for start in starts]
        ulps = [_count_ulps(half / 2 / width, start) for half, start in zip(halves, starts, strict=True)]
        if all(abs(distance) <= MOST_ULPS for distance in ulps):
            letters = "".join(chr(_ULP_ZERO + MOST_ULPS + distance) for distance in ulps) if any(ulps) else ""
            return {"d": width, "h": pack_integers(halves), "u": letters}
    return {"a": list(starts)}


def _count_ulps(first: float, second: float) -> int:
    """Return by how many float64 numbers the second positive one is above the first."""
    bits = [struct.unpack("<q", struct.pack("<d", number))[0] for number in (first, second)]
    return int(bits[1] - bits[0])


@dataclass
class StepPool:
    """Step functions of alpha by their index."""

    starts: Pool = field(default_factory=Pool)
    functions: Pool = field(default_factory=Pool)
    _known: dict[tuple[float, ...], int] = field(default_factory=dict)

    def add(self, function: StepFunction, printed: Iterable[int]) -> int:
        """Return the index of a step function; the first start is the least alpha of its network."""
        later = function.starts[1:]
        if later not in self._known:
            self._known[later] = self.starts.add(pack_starts(later, printed))
        values = (CLASSES_WIDTH if value == ANY_CLASSES else value for value in function.values)
        return self.functions.add([self._known[later], pack_integers(values)])


def pack_sum(products: Sum, names: Sequence[int]) -> list[list[int]]:
    """Return a sum as [numerator, denominator, width, width] per product; `names` are the widths that are numbered."""
    return [
        [product.numerator, product.denominator, *(names.index(width) for width in product.widths)]
        for product in products
    ]


def pack_scale(scale: Scale) -> list[list[int]] | None:
    """Return how height and width of a map follow from another's: side = floor((side + a) / b), pairs a, b in order."""
    return None if scale is None else [list(_list_divisions(chain)) for chain in scale]


def _list_divisions(chain: Chain) -> Iterator[int]:
    for kernel, stride, padding in chain:
        # The sizes between which the output grows by one, far from where a window is larger than the map.
        start = stride * kernel
        before = padded_output(start, kernel, stride, padding)
        side = next(side for side in range(start, start + 2 * stride + 1)
                    if padded_output(side, kernel, stride, padding) > before)  # fmt: skip
        yield from ((before + 1) * stride - side, stride)
