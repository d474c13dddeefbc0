"""Totals of many networks at many resolutions: a matrix product.

For each network and each scale of map there is one coefficient, which does not depend on the resolution; times the
positions of the maps it gives the totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.analytic.compact import FULL, Chain, Compact, Scale, compact_form, count_positions, join_scales
from mbcost.analytic.layers import padded_output
from mbcost.analytic.many.exact import EXACT_INT, POINTS, multiply_exactly
from mbcost.analytic.many.polynomial import Group, Quantity, WeightedCount, fit_polynomial, make_probe
from mbcost.spec.convention import Coefficients

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers


@dataclass(frozen=True)
class Total:
    """One quantity of one network at any resolution: a sum of a handful of products, without NumPy."""

    fixed: int
    growing: tuple[tuple[Scale, int], ...]
    """What every position of a map of that scale adds."""

    def at(self, resolution: tuple[int, int]) -> int:
        """The total at height and width."""
        return self.fixed + sum([each * count_positions(scale, resolution) for scale, each in self.growing])


def total_of(compact: Compact, coefficients: Coefficients) -> Total:
    """A network's counts, weighed by a convention's coefficients.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.analytic.compact import compact
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> from mbcost.spec.scaling import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=0.75, classes=1000), 3)
    >>> total_of(compact(blocks), {"conv_macs": 1, "linear_macs": 1}).at((160, 160))
    107295200
    """
    weigh = WeightedCount.from_coefficients(coefficients).weigh
    growing = ((scale, weigh(tally)) for scale, tally in compact.growing)
    return Total(weigh(compact.fixed), tuple((scale, each) for scale, each in growing if each))


@dataclass(frozen=True)
class Costs:
    """One quantity of many networks at any resolution."""

    scales: tuple[Scale, ...]
    """Every scale of map that the quantity grows with; None, a single position, is the first."""
    per_position: Integers
    """[networks, scales]: what every position of a map of that scale adds."""


def compute_costs(columns: Sequence[Sequence[Group]], quantity: Quantity) -> Costs:
    """What networks cost.

    Args:
        columns: of `columns_of`.
        quantity: what to count of every block, such as `WeightedCount.from_coefficients(coefficients)`.
    """
    import numpy as np

    scale, count = FULL, sum(len(group.networks) for group in columns[0])
    parts: dict[Scale, list[tuple[Sequence[int], Integers]]] = {None: []}
    for column in columns:
        for group in column:
            found = fit_polynomial(make_probe(group.form), quantity)
            values = found.values(group.widths)
            for number, inner in enumerate(found.scales):
                parts.setdefault(join_scales(scale, inner), []).append((group.networks, values[:, number]))
        scale = join_scales(scale, compact_form(column[0].form).output)
    most = max(sum(int(values.max()) for _, values in scaled) for scaled in parts.values())
    table = np.zeros((count, len(parts)), dtype=np.int64 if most < EXACT_INT else object)
    for number, scaled in enumerate(parts.values()):
        for places, values in scaled:
            table[places, number] += values
    return Costs(tuple(parts), table)


def compute_totals(costs: Costs, resolutions: Sequence[tuple[int, int]]) -> Integers:
    """[networks, resolutions]: every network's total at every height and width."""
    return multiply_exactly(costs.per_position, count_map_positions(costs.scales, resolutions))


def chunks(costs: Costs, heights: Sequence[int], widths: Sequence[int], most: int = POINTS) -> Iterator[Integers]:
    """The totals of every network at every height x width, in bounded memory.

    Yields:
        [rows, widths]: consecutive rows of the table that has a row for every network and height, heights fastest;
        all widths at once, so a chunk has `most` totals or one row.
    """
    import numpy as np

    tall, wide = compute_sides(costs.scales, 0, heights), compute_sides(costs.scales, 1, widths)
    rows = len(costs.per_position) * len(heights)
    step = max(1, most // len(widths))
    for start in range(0, rows, step):
        network, height = np.divmod(np.arange(start, min(start + step, rows)), len(heights))
        left = costs.per_position[network]
        # The factor of the heights goes where it cannot overflow.
        bound = int(left.max()) * int(tall.max())
        yield multiply_exactly(left.astype(np.int64 if bound < EXACT_INT else object) * tall.T[height], wide)


def count_map_positions(scales: Sequence[Scale], resolutions: Sequence[tuple[int, int]]) -> Integers:
    """[scales, resolutions]: the positions of the maps."""
    heights, widths = zip(*resolutions, strict=True)
    return compute_sides(scales, 0, heights) * compute_sides(scales, 1, widths)


def compute_sides(scales: Iterable[Scale], side: int, sizes: Sequence[int]) -> Integers:
    """[scales, sizes]: height (0) or width (1) of a map of each scale, where the input has each of `sizes`."""
    import numpy as np

    inputs: Any = np.array(sizes, dtype=object if max(sizes) >= 2**31 else np.int64)
    return np.stack([np.ones_like(inputs) if scale is None else _side(scale[side], inputs) for scale in scales])


def _side(chain: Chain, size: Any) -> Any:
    for kernel, stride, padding in chain:
        size = padded_output(size, kernel, stride, padding)
    return size
