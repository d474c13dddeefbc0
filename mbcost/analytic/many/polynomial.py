"""The cost of the blocks in one position of a table under any alpha: a polynomial of their four widths.

A convolution has inputs x outputs weights, so no count has a degree above two. The blocks in one position of a table
differ in their widths only, so a few blocks that the operators build determine the polynomial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from operator import attrgetter
from typing import TYPE_CHECKING

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import Scale, compact_form
from mbcost.analytic.many.exact import (
    add,
    divide,
    find_bound,
    hold,
    make_integers,
    make_table,
    multiply_exactly,
    narrow,
    stack,
)
from mbcost.spec.convention import Coefficients
from mbcost.spec.tally import Tally

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers

Quantity = Callable[[Form], Mapping[Scale, int]]
"""A cost of a block, by what it is proportional to: the positions of a map of that scale, or nothing (None)."""
WIDTHS = ("inputs", "expanded", "squeezed", "outputs")
"""The fields of a form that alpha changes."""
_PROBES = (1, 11, 21, 31)
"""The widths, in groups, at which a polynomial is fitted; one or two more of any of them makes no two of them equal."""

widths_of: Callable[[Form], tuple[int, int, int, int]] = attrgetter(*WIDTHS)
"""The widths of a block, in the order of `WIDTHS`."""


@dataclass(frozen=True)
class WeightedCount:
    """The quantity that a convention's coefficients make of raw counts; it is hashable, so that it can be cached."""

    coefficients: tuple[tuple[str, int], ...]

    @staticmethod
    def from_coefficients(coefficients: Coefficients) -> WeightedCount:
        """Return the quantity of a mapping of coefficients."""
        return WeightedCount(tuple(coefficients.items()))

    def weigh(self, tally: Tally) -> int:
        """Return the weighted sum of a tally's counts."""
        return sum(factor * getattr(tally, count) for count, factor in self.coefficients)

    def __call__(self, form: Form) -> Mapping[Scale, int]:
        """Return the weighted sums of a block's counts."""
        counts = compact_form(form)
        return {None: self.weigh(counts.fixed), **{scale: self.weigh(tally) for scale, tally in counts.growing}}


@dataclass(frozen=True)
class Polynomial:
    """One quantity of the blocks of one kind, for every scale of map in them."""

    probe: Form
    """The block at whose widths the differences below were taken."""
    variables: tuple[int, ...]
    """The indices in `WIDTHS` of its variables: not of widths that follow from others or do not exist."""
    scales: tuple[Scale, ...]
    differences: tuple[tuple[int, ...], ...]
    """For each scale the value at the probe, the first and second differences of each variable, the mixed ones."""

    def values(self, widths: Integers) -> Integers:
        """Return [blocks, scales], the quantity of blocks of these widths, [blocks, 4], by Newton's formula.

        The step is one group: with y and z the distances of two variables from the probe and g the groups, a first
        difference counts y / g times, a second difference y (y - g) / 2 g^2 times, a mixed one y z / g^2 times.
        """
        groups, origin = self.probe.groups, widths_of(self.probe)
        distances = [add(widths[:, index], -origin[index]) for index in self.variables]
        # Every factor is at most twice the product of two distances, or of one and the groups.
        bound = 2 * (max(map(find_bound, distances)) + groups) ** 2
        distances = [hold(distance, bound) for distance in distances]
        denominator = 2 * groups * groups
        factors = [
            make_integers([denominator] * len(widths)),
            *(2 * groups * distance for distance in distances),
            *(distance * (distance - groups) for distance in distances),
            *(2 * first * second for first, second in combinations(distances, 2)),
        ]
        coefficients = make_table(self.differences).T
        return narrow(divide(multiply_exactly(stack(factors, axis=1), coefficients), denominator))


@cache
def fit_polynomial(probe: Form, quantity: Quantity) -> Polynomial:
    """Return the polynomial of the blocks of the same kind as `probe`, which `make_probe` returned."""
    is_variable = (True, probe.expands and probe.expanded > 0, probe.squeezed > 0, probe.outputs != probe.inputs)
    variables = tuple(index for index in range(len(WIDTHS)) if is_variable[index])

    def compute(*indices: int) -> Mapping[Scale, int]:
        """Return the quantity of the probe with one more group in each of these widths."""
        widths = list(widths_of(probe))
        for index in indices:
            widths[index] += probe.groups
        return quantity(replace_widths(probe, widths))

    origin, once = compute(), {index: compute(index) for index in variables}
    twice = {index: compute(index, index) for index in variables}
    mixed = {pair: compute(*pair) for pair in combinations(variables, 2)}
    differences = (
        (
            origin[scale],
            *(once[i][scale] - origin[scale] for i in variables),
            *(twice[i][scale] - 2 * once[i][scale] + origin[scale] for i in variables),
            *(mixed[i, j][scale] - once[i][scale] - once[j][scale] + origin[scale] for i, j in mixed),
        )
        for scale in origin
    )
    return Polynomial(probe, variables, tuple(origin), tuple(differences))


@dataclass(frozen=True)
class Group:
    """Blocks in one position of a table that consist of the same layers with different widths."""

    networks: Sequence[int]
    """The indices of the networks that the blocks belong to."""
    form: Form
    """The form of the first block."""
    widths: Integers
    """[blocks, 4]"""


def group_columns(plans: Sequence[tuple[Block, ...]]) -> tuple[tuple[Group, ...], ...]:
    """Return, for each position of the table, the groups of the blocks there.

    Args:
        plans: the planned networks, at least one, all of one table under one implementation.
    """
    return tuple(tuple(_group_forms([block.form for block in column])) for column in zip(*plans, strict=True))


def _group_forms(forms: Sequence[Form]) -> Iterator[Group]:
    networks_by_kind: dict[tuple[bool, ...], list[int]] = {}
    widths = [widths_of(form) for form in forms]
    for network, (form, (inputs, expanded, squeezed, outputs)) in enumerate(zip(forms, widths, strict=True)):
        kind = inputs == outputs, form.expands, expanded > 0, squeezed > 0
        networks_by_kind.setdefault(kind, []).append(network)
    array = make_table(widths)
    for networks in networks_by_kind.values():
        yield Group(networks, forms[networks[0]], array[networks])


def make_probe(form: Form) -> Form:
    """Return a block of the same kind with small widths, no two of them equal."""
    inputs, expanded, squeezed, outputs = (form.groups * width for width in _PROBES)
    return replace_widths(form, (inputs, expanded if form.expanded else 0, squeezed if form.squeezed else 0, outputs))


def replace_widths(form: Form, widths: Sequence[int]) -> Form:
    """Return the block with its variable widths replaced, and the widths that follow from them."""
    inputs, expanded, squeezed, outputs = widths
    return replace(
        form,
        inputs=inputs,
        expanded=inputs if form.expanded and not form.expands else expanded,
        squeezed=squeezed,
        outputs=inputs if form.outputs == form.inputs else outputs,
    )
