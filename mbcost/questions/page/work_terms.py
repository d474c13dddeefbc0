"""The work of a row of a cost table as a few numbers, from which a program computes it for any channels and sizes.

A row's work of one kind is a sum of products: a number times some of the row's channels (read, of one group, written)
times positions of a map. The numbers are found by giving the formulas of `work` channels of 0 and 1, so that no formula
is written a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mbcost.analytic.network import Step
from mbcost.questions.device.roofline import Reading, describe_reading
from mbcost.questions.latency.work import Channels, describe_channels, list_factors

SIZES = ("read", "written", "once", "vector")
"""By what the channels are multiplied: the positions read, those written, 1, or 1 if a single position is written."""
CHANNELS = ("read", "grouped", "written")
"""The channels of a row, in the order of the bits in `Term.channels`: the first has the value 1."""


@dataclass(frozen=True)
class Term:
    """One product: a number x some of the channels x positions."""

    kind: int
    """The kind of work, as its index in `KINDS`."""
    coefficient: int
    channels: int
    """Which of `CHANNELS` are factors, as the sum of their bits; each of them is rounded up to the device's lanes."""
    size: int
    """The positions, as the index in `SIZES`."""


@dataclass(frozen=True)
class RowWork:
    """The work of a row at all alphas and resolutions."""

    terms: tuple[Term, ...]
    reading: Reading

    def as_json(self) -> dict[str, Any]:
        """Return the numbers in the order of the fields; 0 in the reading is None."""
        reading = self.reading
        return {
            "terms": [[term.kind, term.coefficient, term.channels, term.size] for term in self.terms],
            "reading": [reading.maps, reading.values, reading.height or 0, reading.width or 0],
        }


def describe_row_work(step: Step) -> RowWork:
    """Return the work of a row of a cost table at all alphas and resolutions.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> describe_row_work(resolve(load_spec("v1")).steps[1]).terms[0]
    Term(kind=1, coefficient=9, channels=4, size=1)
    """
    none = replace(describe_channels([step]), read=(0,), grouped=(0,), written=(0,))
    return RowWork(_find_terms(none), describe_reading(step.lead))


@cache
def _find_terms(row: Channels) -> tuple[Term, ...]:
    """Return the work of a row with any channels."""
    values = [_evaluate(row, corner) for corner in range(2 ** len(CHANNELS))]
    terms = []
    for key in values[0]:
        for corner in range(len(values)):
            # A polynomial that is linear in each variable: its coefficients are alternating sums over the corners.
            coefficient = sum((-1) ** (corner ^ part).bit_count() * values[part][key] for part in _list_parts(corner))
            if coefficient:
                terms.append(Term(key[0], round(coefficient), corner, key[1]))
    return tuple(terms)


def _list_parts(corner: int) -> list[int]:
    """Return the corners whose bits are among those of a corner."""
    return [part for part in range(corner + 1) if part & corner == part]


def _evaluate(row: Channels, corner: int) -> dict[tuple[int, int], float]:
    """Return the factor of each kind of work and size of a row whose channels are 0 or 1, one bit each."""
    import numpy as np

    read, grouped, written = ((corner >> bit & 1,) for bit in range(len(CHANNELS)))
    probe = replace(row, read=read, grouped=grouped, written=written)
    factors = list_factors(lambda name: np.array(getattr(probe, name), dtype=np.float64), lanes=1)
    sums: dict[tuple[int, int], float] = {}
    for kind, products in enumerate(factors.values()):
        for factor, size in products:
            key = kind, SIZES.index(size)
            sums[key] = sums.get(key, 0.0) + float(factor[0])
    return sums
