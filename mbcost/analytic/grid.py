"""Totals of many networks at many resolutions: a matrix product.

A block's counts are a polynomial of its four widths, of second degree at most: a convolution has inputs x outputs
weights. Blocks at one place of a table differ in widths only, so the polynomial is read off a few blocks that the
operators build, and evaluated for every alpha at once. What comes out is one coefficient for each network and each
scale of map; times the positions of the maps it gives the totals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Chain, Compact, Scale, joined, of_form, positions
from mbcost.analytic.layers import padded_output
from mbcost.spec.convention import Coefficients
from mbcost.spec.tally import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    """Exact: int64, or Python's own integers (dtype object) where that would overflow."""

POINTS = 2**17
"""Totals in a chunk: a megabyte, which stays in a processor's cache."""
WIDTHS = ("inputs", "expanded", "squeezed", "outputs")
"""The fields of a form that alpha changes."""
_EXACT_FLOAT, _EXACT_INT = 2**53, 2**63
_PROBES = (1, 11, 21, 31)
"""The widths, in groups, that a polynomial is read off at; one or two more of any makes none equal to another."""


@dataclass(frozen=True)
class Total:
    """One quantity of one network at any resolution: a sum of a handful of products, without NumPy."""

    fixed: int
    growing: tuple[tuple[Scale, int], ...]
    """What every position of a map of that scale adds."""

    def at(self, resolution: tuple[int, int]) -> int:
        """The total at height and width."""
        return self.fixed + sum([each * positions(scale, resolution) for scale, each in self.growing])


def total_of(compact: Compact, coefficients: Coefficients) -> Total:
    """A network's counts, weighed by a convention's coefficients.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.analytic.compact import compact
    >>> from mbcost.spec.library import load_spec
    >>> from mbcost.spec.model import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=0.75, classes=1000), 3)
    >>> total_of(compact(blocks), {"conv_macs": 1, "linear_macs": 1}).at((160, 160))
    107295200
    """
    growing = ((scale, _weighed(tally, coefficients)) for scale, tally in compact.growing)
    return Total(_weighed(compact.fixed, coefficients), tuple((scale, each) for scale, each in growing if each))


@dataclass(frozen=True)
class Costs:
    """One quantity of many networks at any resolution."""

    scales: tuple[Scale, ...]
    """Every scale of map in the networks; None, a single position, is the first."""
    each: Integers
    """[networks, scales]: what every position of a map of that scale adds."""


def costs_of(plans: Sequence[tuple[Block, ...]], coefficients: Coefficients) -> Costs:
    """What networks cost by a convention's coefficients.

    Args:
        plans: at least one, all of one table under one implementation, at any alphas.
        coefficients: raw count -> how often it is counted.
    """
    import numpy as np

    scale = FULL
    parts: dict[Scale, list[tuple[list[int], Integers]]] = {None: []}
    for column in zip(*plans, strict=True):
        places_of: dict[tuple[bool, ...], list[int]] = {}
        for place, block in enumerate(column):
            places_of.setdefault(_kind(block.form), []).append(place)
        for places in places_of.values():
            forms = [column[place].form for place in places]
            polynomial = _polynomial(_probe(forms[0]), tuple(coefficients.items()))
            values = polynomial.values(forms)
            for number, inner in enumerate(polynomial.scales):
                parts.setdefault(joined(scale, inner), []).append((places, values[:, number]))
        scale = joined(scale, polynomial.output)
    most = max(sum(int(values.max()) for _, values in found) for found in parts.values() if found)
    table = np.zeros((len(plans), len(parts)), dtype=np.int64 if most < _EXACT_INT else object)
    for number, found in enumerate(parts.values()):
        for places, values in found:
            table[places, number] += values
    return Costs(tuple(parts), table)


def totals(costs: Costs, resolutions: Sequence[tuple[int, int]]) -> Integers:
    """[networks, resolutions]: every network's total at every height and width."""
    return exact_product(costs.each, positions_of(costs.scales, resolutions))


def chunks(costs: Costs, heights: Sequence[int], widths: Sequence[int], most: int = POINTS) -> Iterator[Integers]:
    """The totals of every network at every height x width, in bounded memory.

    Yields:
        [rows, widths]: consecutive rows of the table that has a row for every network and height, heights fastest;
        all widths at once, so a chunk has `most` totals or one row.
    """
    import numpy as np

    tall, wide = _sides(costs.scales, 0, heights), _sides(costs.scales, 1, widths)
    rows = len(costs.each) * len(heights)
    step = max(1, most // len(widths))
    for start in range(0, rows, step):
        network, height = np.divmod(np.arange(start, min(start + step, rows)), len(heights))
        left = costs.each[network]
        # The factor of the heights goes where it cannot overflow.
        bound = int(left.max()) * int(tall.max())
        yield exact_product(left.astype(np.int64 if bound < _EXACT_INT else object) * tall.T[height], wide)


def positions_of(scales: Sequence[Scale], resolutions: Sequence[tuple[int, int]]) -> Integers:
    """[scales, resolutions]: the positions of the maps."""
    heights, widths = zip(*resolutions, strict=True)
    return _sides(scales, 0, heights) * _sides(scales, 1, widths)


def exact_product(left: Integers, right: Integers) -> Integers:
    """The matrix product of whole numbers, exact.

    It is worked out in float64, much the fastest, where that holds every sum; else in int64, or in Python's integers.
    """
    import numpy as np

    largest = (np.abs(left).max(axis=0).tolist(), np.abs(right).max(axis=1).tolist())
    bound = sum(map(int.__mul__, *largest))
    if bound >= _EXACT_FLOAT:
        number: Any = np.int64 if bound < _EXACT_INT else object
        exact: Integers = left.astype(number) @ right.astype(number)
        return exact
    product = np.empty((len(left), right.shape[1]), dtype=np.int64)
    columns, step = right.astype(np.float64), max(1, POINTS // right.shape[1])
    for start in range(0, len(left), step):
        product[start : start + step] = left[start : start + step].astype(np.float64) @ columns
    return product


@dataclass(frozen=True)
class _Polynomial:
    """What blocks of one kind cost, as a polynomial of their widths, for every scale of map in them."""

    probe: Form
    """The block at whose widths the differences below were taken."""
    free: tuple[int, ...]
    """Which of `WIDTHS` are its variables: one that follows from another, or is not there, is none."""
    scales: tuple[Scale, ...]
    output: Scale
    differences: tuple[tuple[int, ...], ...]
    """For each scale the value at the probe, the first and second differences of each variable and the mixed ones."""

    def values(self, forms: Sequence[Form]) -> Integers:
        """[forms, scales], by Newton's formula.

        A step is one group: with y the distance from the probe and g the groups, first differences count y / g times,
        second ones y (y - g) / 2 g^2 times, mixed ones y z / g^2 times.
        """
        import numpy as np

        groups, at = self.probe.groups, _widths(self.probe)
        rows = [_widths(form) for form in forms]
        large = max(map(max, rows)) >= 2**30  # products of two stand below
        widths = np.array(rows, dtype=object if large else np.int64)
        steps = [widths[:, place] - at[place] for place in self.free]
        factors = [
            np.full_like(widths[:, 0], 2 * groups * groups),
            *(2 * groups * step for step in steps),
            *(step * (step - groups) for step in steps),
            *(2 * one * other for one, other in combinations(steps, 2)),
        ]
        return exact_product(np.stack(factors, axis=1), np.array(self.differences, dtype=object).T) // (
            2 * groups * groups
        )


@cache
def _polynomial(probe: Form, coefficients: tuple[tuple[str, int], ...]) -> _Polynomial:
    free = tuple(
        place
        for place, is_free in enumerate(
            (True, probe.expands and probe.expanded > 0, probe.squeezed > 0, probe.outputs != probe.inputs)
        )
        if is_free
    )
    weigh = dict(coefficients)

    def costs(*steps: int) -> dict[Scale, int]:
        """The block's, with one group more of each width in `steps`."""
        widths = list(_widths(probe))
        for place in steps:
            widths[place] += probe.groups
        found = of_form(_with_widths(probe, widths))
        growing = {scale: _weighed(tally, weigh) for scale, tally in found.growing}
        return {None: _weighed(found.fixed, weigh) + growing.pop(None, 0), **growing}

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
    return _Polynomial(probe, free, tuple(here), of_form(probe).output, tuple(differences))


def _kind(form: Form) -> tuple[bool, ...]:
    """What besides widths makes the blocks at one place of a table differ: which layers they have."""
    return form.inputs == form.outputs, form.expands, form.expanded > 0, form.squeezed > 0


def _probe(form: Form) -> Form:
    """A block of the same kind at small widths that have nothing in common."""
    inputs, expanded, squeezed, outputs = (form.groups * width for width in _PROBES)
    return _with_widths(form, (inputs, expanded if form.expanded else 0, squeezed if form.squeezed else 0, outputs))


def _with_widths(form: Form, widths: Sequence[int]) -> Form:
    """The block with free widths changed, and with them those that follow."""
    inputs, expanded, squeezed, outputs = widths
    if form.expanded and not form.expands:
        expanded = inputs
    if form.outputs == form.inputs:
        outputs = inputs
    return replace(form, inputs=inputs, expanded=expanded, squeezed=squeezed, outputs=outputs)


_widths: Callable[[Form], tuple[int, int, int, int]] = attrgetter(*WIDTHS)


def _weighed(tally: Tally, coefficients: Mapping[str, int]) -> int:
    return sum(factor * getattr(tally, count) for count, factor in coefficients.items())


def _sides(scales: Iterable[Scale], side: int, sizes: Sequence[int]) -> Integers:
    """[scales, sizes]: height (0) or width (1) of a map of each scale, where the input has each of `sizes`."""
    import numpy as np

    inputs: Any = np.array(sizes, dtype=object if max(sizes) >= 2**31 else np.int64)
    return np.stack([np.ones_like(inputs) if scale is None else _side(scale[side], inputs) for scale in scales])


def _side(chain: Chain, size: Any) -> Any:
    for kernel, stride, padding in chain:
        size = padded_output(size, kernel, stride, padding)
    return size
