"""Totals in two more forms than the package needs: of one network without NumPy, and of many networks in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mbcost.analytic.compact import Compact, Scale, count_positions
from mbcost.analytic.many.exact import EXACT_INT, POINTS, multiply_exactly
from mbcost.analytic.many.grid import Costs, compute_sides
from mbcost.analytic.many.polynomial import WeightedCount
from mbcost.spec.convention import Coefficients

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers


@dataclass(frozen=True)
class Total:
    """One quantity of one network at any resolution: a sum of a handful of products."""

    fixed: int
    growing: tuple[tuple[Scale, int], ...]
    """The quantity per position of a map of that scale."""

    def at(self, resolution: tuple[int, int]) -> int:
        """Return the total at `resolution`, height and width."""
        return self.fixed + sum([factor * count_positions(scale, resolution) for scale, factor in self.growing])


def weigh(compact: Compact, coefficients: Coefficients) -> Total:
    """Return a network's counts, weighted by a convention's coefficients.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.analytic.compact import compact
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> from mbcost.spec.scaling import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=0.75, classes=1000), 3)
    >>> weigh(compact(blocks), {"conv_macs": 1, "linear_macs": 1}).at((160, 160))
    107295200
    """
    count = WeightedCount.from_coefficients(coefficients)
    growing = ((scale, count.weigh(tally)) for scale, tally in compact.growing)
    return Total(count.weigh(compact.fixed), tuple((scale, factor) for scale, factor in growing if factor))


def split_totals(costs: Costs, heights: Sequence[int], widths: Sequence[int], most: int = POINTS) -> Iterator[Integers]:
    """Yield the totals of every network at every height x width, in bounded memory.

    Yields:
        [rows, widths]: consecutive rows of the table with one row per network and height, in which heights change
        fastest. A chunk has all widths, and at most `most` totals or one row.
    """
    tall, wide = compute_sides(costs.scales, 0, heights), compute_sides(costs.scales, 1, widths)
    rows = len(costs.per_position) * len(heights)
    step = max(1, most // len(widths))
    for start in range(0, rows, step):
        network, height = np.divmod(np.arange(start, min(start + step, rows)), len(heights))
        left = costs.per_position[network]
        # The factor of the heights goes where it cannot overflow.
        bound = int(left.max()) * int(tall.max())
        yield multiply_exactly(left.astype(np.int64 if bound < EXACT_INT else object) * tall.T[height], wide)
