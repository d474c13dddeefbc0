"""Totals of many networks at many resolutions: a matrix product.

For each network and each scale of map there is one coefficient, which does not depend on the resolution. The products
of these coefficients and the numbers of positions of the maps add up to the totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mbcost.analytic.compact import FULL, Chain, Scale, compact_form, join_scales
from mbcost.analytic.layers import padded_output
from mbcost.analytic.many.exact import (
    find_bound,
    hold,
    make_integers,
    make_zeros,
    multiply,
    multiply_exactly,
    narrow,
    stack,
)
from mbcost.analytic.many.polynomial import Group, Quantity, fit_polynomial, make_probe

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers


@dataclass(frozen=True)
class Costs:
    """One quantity of many networks at any resolution."""

    scales: tuple[Scale, ...]
    """Every scale of map to which the quantity is proportional; the first is None, a single position."""
    per_position: Integers
    """[networks, scales]: the quantity per position of a map of that scale."""


def compute_costs(columns: Sequence[Sequence[Group]], quantity: Quantity) -> Costs:
    """Return one quantity of many networks.

    Args:
        columns: the groups of blocks that `group_columns` returns.
        quantity: what to count in every block, such as `WeightedCount.from_coefficients(coefficients)`.
    """
    scale, networks = FULL, sum(len(group.networks) for group in columns[0])
    terms: dict[Scale, list[tuple[Sequence[int], Integers]]] = {None: []}
    for column in columns:
        for group in column:
            polynomial = fit_polynomial(make_probe(group.form), quantity)
            values = polynomial.values(group.widths)
            for index, inner in enumerate(polynomial.scales):
                terms.setdefault(join_scales(scale, inner), []).append((group.networks, values[:, index]))
        scale = join_scales(scale, compact_form(column[0].form).output)
    bound = max(sum(find_bound(values) for _, values in same_scale) for same_scale in terms.values())
    table = make_zeros((networks, len(terms)), bound)
    for index, same_scale in enumerate(terms.values()):
        for rows, values in same_scale:
            table[rows, index] += values.astype(table.dtype)
    return Costs(tuple(terms), table)


def compute_totals(costs: Costs, resolutions: Sequence[tuple[int, int]]) -> Integers:
    """Return [networks, resolutions]: every network's total at every height and width."""
    return multiply_exactly(costs.per_position, count_map_positions(costs.scales, resolutions))


def count_map_positions(scales: Sequence[Scale], resolutions: Sequence[tuple[int, int]]) -> Integers:
    """Return [scales, resolutions]: the numbers of positions of the maps."""
    heights, widths = zip(*resolutions, strict=True)
    return narrow(multiply(compute_sides(scales, 0, heights), compute_sides(scales, 1, widths)))


def compute_sides(scales: Iterable[Scale], axis: int, sizes: Sequence[int]) -> Integers:
    """Return [scales, sizes]: height (axis 0) or width (1) of a map of each scale for each of the input's `sizes`."""
    import numpy as np

    inputs = make_integers(sizes)
    known: dict[Chain, Integers] = {(): inputs}
    sides = [np.ones_like(inputs) if scale is None else _follow(scale[axis], known) for scale in scales]
    return narrow(stack(sides, axis=0))


def _follow(chain: Chain, known: dict[Chain, Integers]) -> Integers:
    """Return the sides of maps, from those that are known of the beginnings of chains; the new ones are added."""
    start = next(length for length in range(len(chain), -1, -1) if chain[:length] in known)
    sides = known[chain[:start]]
    for length, (kernel, stride, padding) in enumerate(chain[start:], start=start + 1):
        # A layer adds its padding, which is less than its window, and subtracts the window.
        sides = hold(sides, find_bound(sides) + 2 * kernel + stride)
        # The function computes with integers, and with arrays of them in the same way.
        sides = padded_output(sides, kernel, stride, padding)  # type: ignore[arg-type,assignment]
        known[chain[:length]] = sides
    return sides
