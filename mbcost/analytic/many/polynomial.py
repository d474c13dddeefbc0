"""What the blocks at one place of a table cost under any alpha: a polynomial of their four widths.

A convolution has inputs x outputs weights, so no count is of more than second degree. Blocks at one place of a table
differ in widths only, so the polynomial is read off a few blocks that the operators build.
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
from mbcost.analytic.many.exact import multiply_exactly
from mbcost.spec.convention import Coefficients
from mbcost.spec.tally import Tally

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers

Quantity = Callable[[Form], Mapping[Scale, int]]
"""What a block costs, by what it grows with: positions of a map of that scale, or nothing (None)."""
WIDTHS = ("inputs", "expanded", "squeezed", "outputs")
"""The fields of a form that alpha changes."""
_PROBES = (1, 11, 21, 31)
"""The widths, in groups, that a polynomial is read off at; one or two more of any makes none equal to another."""
_LARGE = 2**30
"""int64 holds a few products of two widths below."""

widths_of: Callable[[Form], tuple[int, int, int, int]] = attrgetter(*WIDTHS)
"""The widths of a block, in the order of `WIDTHS`."""


@dataclass(frozen=True)
class WeightedCount:
    """The quantity that a convention's coefficients make of raw counts; one that can be a key."""

    coefficients: tuple[tuple[str, int], ...]

    @staticmethod
    def from_coefficients(coefficients: Coefficients) -> WeightedCount:
        """Of a mapping."""
        return WeightedCount(tuple(coefficients.items()))

    def weigh(self, tally: Tally) -> int:
        """The counts of a tally together."""
        return sum(factor * getattr(tally, count) for count, factor in self.coefficients)

    def __call__(self, form: Form) -> Mapping[Scale, int]:
        """Those of a block."""
        found = compact_form(form)
        growing = {scale: self.weigh(tally) for scale, tally in found.growing}
        return {None: self.weigh(found.fixed) + growing.pop(None, 0), **growing}


@dataclass(frozen=True)
class Polynomial:
    """One quantity of the blocks of one kind, for every scale of map in them."""

    probe: Form
    """The block at whose widths the differences below were taken."""
    free: tuple[int, ...]
    """Which of `WIDTHS` are its variables: one that follows from another, or is not there, is none."""
    scales: tuple[Scale, ...]
    differences: tuple[tuple[int, ...], ...]
    """For each scale the value at the probe, the first and second differences of each variable and the mixed ones."""

    def values(self, widths: Integers) -> Integers:
        """[blocks, scales] of blocks of these widths, [blocks, 4], by Newton's formula.

        A step is one group: with y the distance from the probe and g the groups, first differences count y / g times,
        second ones y (y - g) / 2 g^2 times, mixed ones y z / g^2 times.
        """
        import numpy as np

        groups, at = self.probe.groups, widths_of(self.probe)
        steps = [widths[:, place] - at[place] for place in self.free]
        whole = 2 * groups * groups
        factors = [
            np.full_like(widths[:, 0], whole),
            *(2 * groups * step for step in steps),
            *(step * (step - groups) for step in steps),
            *(2 * one * other for one, other in combinations(steps, 2)),
        ]
        return multiply_exactly(np.stack(factors, axis=1), np.array(self.differences, dtype=object).T) // whole


@cache
def fit_polynomial(probe: Form, quantity: Quantity) -> Polynomial:
    """That of the blocks of the kind of `probe`, which is one of `probe_of`."""
    is_free = (True, probe.expands and probe.expanded > 0, probe.squeezed > 0, probe.outputs != probe.inputs)
    free = tuple(place for place in range(len(WIDTHS)) if is_free[place])

    def costs(*steps: int) -> Mapping[Scale, int]:
        """The block's, with one group more of each width in `steps`."""
        widths = list(widths_of(probe))
        for place in steps:
            widths[place] += probe.groups
        return quantity(replace_widths(probe, widths))

    here, once = costs(), {place: costs(place) for place in free}
    twice = {place: costs(place, place) for place in free}
    both = {pair: costs(*pair) for pair in combinations(free, 2)}
    differences = (
        (
            here[scale],
            *(once[place][scale] - here[scale] for place in free),
            *(twice[place][scale] - 2 * once[place][scale] + here[scale] for place in free),
            *(both[i, j][scale] - once[i][scale] - once[j][scale] + here[scale] for i, j in both),
        )
        for scale in here
    )
    return Polynomial(probe, free, tuple(here), tuple(differences))


@dataclass(frozen=True)
class Group:
    """Blocks at one place of a table that have the same layers, with other widths."""

    networks: Sequence[int]
    """Of which of the networks they are."""
    form: Form
    """The first of them."""
    widths: Integers
    """[blocks, 4]: int64, or Python's integers where products of two would overflow."""


def group_columns(plans: Sequence[tuple[Block, ...]]) -> tuple[tuple[Group, ...], ...]:
    """For each place of the table the groups of blocks there, of networks planned at any alphas.

    Args:
        plans: at least one, all of one table under one implementation.
    """
    return tuple(tuple(_groups([block.form for block in column])) for column in zip(*plans, strict=True))


def _groups(forms: Sequence[Form]) -> Iterator[Group]:
    import numpy as np

    places_of: dict[tuple[bool, ...], list[int]] = {}
    widths = [widths_of(form) for form in forms]
    for place, (form, (inputs, expanded, squeezed, outputs)) in enumerate(zip(forms, widths, strict=True)):
        kind = inputs == outputs, form.expands, expanded > 0, squeezed > 0
        places_of.setdefault(kind, []).append(place)
    array = np.array(widths, dtype=object if max(map(max, widths)) >= _LARGE else np.int64)
    for places in places_of.values():
        yield Group(places, forms[places[0]], array[places])


def make_probe(form: Form) -> Form:
    """A block of the same kind at small widths that have nothing in common."""
    inputs, expanded, squeezed, outputs = (form.groups * width for width in _PROBES)
    return replace_widths(form, (inputs, expanded if form.expanded else 0, squeezed if form.squeezed else 0, outputs))


def replace_widths(form: Form, widths: Sequence[int]) -> Form:
    """The block with its free widths changed, and with them those that follow."""
    inputs, expanded, squeezed, outputs = widths
    return replace(
        form,
        inputs=inputs,
        expanded=inputs if form.expanded and not form.expands else expanded,
        squeezed=squeezed,
        outputs=inputs if form.outputs == form.inputs else outputs,
    )
