"""Peak memory and flash of many networks at many resolutions at once.

The number of live elements during a step is a sum of widths times map sizes. Blocks in one position of a table have the
same live maps, so one block of each kind shows which widths these are, and the numbers for every step of every network
are a matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, join_scales
from mbcost.analytic.many.exact import (
    accumulate,
    find_bound,
    hold,
    make_integers,
    make_zeros,
    multiply,
    multiply_exactly,
    narrow,
    sum_exactly,
)
from mbcost.analytic.many.grid import compute_costs, count_map_positions
from mbcost.analytic.many.polynomial import Group, replace_widths, widths_of
from mbcost.analytic.memory.allocators import find_needs
from mbcost.analytic.memory.flash import Stored, compute_flash, count_stored_blocks

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers

MOST_CELLS = 2**12
"""Steps times scales in one table of needs; a network with more has several. Usual networks have up to 3,000."""
_Term = tuple[Sequence[int], int, Scale, "Integers"]
"""Networks, a step, a scale, and the channels of each network that are live then in maps of this scale."""


@dataclass(frozen=True)
class Part:
    """The elements that are live during some steps of many networks."""

    scales: tuple[Scale, ...]
    """From the largest maps on, in the order in which maps become smaller; the last is None, a single position."""
    channels: Integers
    """[networks, steps, scales]: channels of live maps of that scale; 0 for a step that a network does not have."""


@dataclass(frozen=True)
class Needs:
    """The elements that are live during the steps of many networks; a long table has several parts."""

    parts: tuple[Part, ...]

    @property
    def scale_count(self) -> int:
        """The number of scales of all parts."""
        return sum(len(part.scales) for part in self.parts)

    def select(self, networks: slice) -> Needs:
        """Return the needs of some of the networks."""
        return Needs(tuple(replace(part, channels=part.channels[networks]) for part in self.parts))


def compute_needs(columns: Sequence[Sequence[Group]], allocator: str) -> Needs:
    """Return the live elements of networks under one of the models without offsets.

    Args:
        columns: the groups of blocks that `group_columns` returns.
        allocator: `naive`, `inplace-depthwise` or `fused-block`.
    """
    scale, steps, networks = FULL, 0, sum(len(group.networks) for group in columns[0])
    parts: list[Part] = []
    terms: list[_Term] = []
    scales: set[Scale] = set()
    for column in columns:
        longest = 0
        for group in chain.from_iterable(map(_split_group, column)):
            for step, inner, channels in _list_live_channels(group, allocator):
                scales.add(outer := join_scales(scale, inner))
                terms.append((group.networks, steps + step, outer, channels))
                longest = max(longest, step + 1)
        steps += longest
        scale = join_scales(scale, compact_form(column[0].form).output)
        if steps * len(scales) >= MOST_CELLS:
            parts.append(_make_part(terms, networks, steps))
            steps, terms, scales = 0, [], set()
    if terms or not parts:
        parts.append(_make_part(terms, networks, steps))
    return Needs(tuple(parts))


def _list_live_channels(group: Group, allocator: str) -> Iterator[tuple[int, Scale, Integers]]:
    """Yield the channels of every network of a group that are live, by step and scale."""
    import numpy as np

    factors = np.concatenate([np.ones_like(group.widths[:, :1]), group.widths], axis=1)
    for step, coefficients_by_scale in enumerate(_find_live_widths(_make_symbolic(group.form), allocator)):
        for scale, coefficients in coefficients_by_scale.items():
            yield step, scale, multiply_exactly(factors, make_integers(coefficients)[:, None])[:, 0]


def _make_part(terms: Sequence[_Term], networks: int, steps: int) -> Part:
    scales = dict.fromkeys(scale for _, _, scale, _ in terms if scale is not None)
    indices = {scale: index for index, scale in enumerate([*scales, None])}
    # All sums of one step are at most the sum of everything.
    table = make_zeros((networks, steps, len(indices)), sum(find_bound(channels) for *_, channels in terms))
    for rows, step, scale, channels in terms:
        table[rows, step, indices[scale]] += channels.astype(table.dtype)
    return Part(tuple(indices), table)


def find_peaks(needs: Needs, resolutions: Sequence[tuple[int, int]], size: int = 1) -> Integers:
    """Return [networks, resolutions]: the most elements that are live during one step, times `size`.

    Args:
        needs: of networks with at least one layer.
        resolutions: heights and widths of the input, at which no map is empty.
        size: the bytes of an element.
    """
    import numpy as np

    peaks: Integers | None = None
    all_positions = count_map_positions([scale for part in needs.parts for scale in part.scales], resolutions)
    start = 0
    for part in needs.parts:
        positions = all_positions[start : start + len(part.scales)]
        start += len(part.scales)
        for step in _find_undominated(part.channels, ordered=bool((positions[:-1] >= positions[1:]).all())):
            live = multiply_exactly(part.channels[:, step], positions)
            peaks = live if peaks is None else np.maximum(peaks, live)
    assert peaks is not None, "a network has a step"
    return narrow(multiply(peaks, size))


def compute_flashes(columns: Sequence[Sequence[Group]], dtype: str) -> Integers:
    """Return [networks]: the bytes of flash with weights and maps of `dtype`."""
    quantities = (_count_weights, _count_channels, _count_maps)
    parts = [sum_exactly(compute_costs(columns, quantity).per_position, axis=1) for quantity in quantities]
    # Every number of the computation is at most the total of networks that have the largest of all three parts.
    bound = compute_flash(Stored(*map(find_bound, parts)), dtype).total
    exact: list[Any] = [hold(part, bound) for part in parts]
    total: Any = compute_flash(Stored(*exact), dtype).total
    flashes: Integers = narrow(total)
    return flashes


def _find_undominated(channels: Integers, *, ordered: bool) -> Iterator[int]:
    """Yield the steps that have the most live elements in a network at a resolution, and perhaps a few more.

    If maps only become smaller from scale to scale (`ordered`), a step has at least as many live elements as another if
    it has at least as many channels of the first scale, of the first two together, and so on up to all scales together.
    """
    bounds = accumulate(channels, axis=2) if ordered else channels
    sizes = sum_exactly(sum_exactly(bounds, axis=2), axis=0).tolist()
    kept: list[int] = []
    for step in sorted(range(channels.shape[1]), key=lambda step: -sizes[step]):
        if not any((bounds[:, step] <= bounds[:, other]).all() for other in kept):
            kept.append(step)
    yield from kept


def _split_group(group: Group) -> Iterator[Group]:
    """Yield parts of a group, in each of which all blocks have the same live maps.

    That also depends on whether slices of the expanded channels save memory, and on whether a convolution is depthwise:
    its groups and channels are equal, and more than one.
    """
    import numpy as np

    widths = group.widths
    is_wide = widths[:, 1] >= np.maximum(widths[:, 0], widths[:, 3])
    marks = np.concatenate([is_wide[:, None], widths == group.form.groups], axis=1)
    for mark in dict.fromkeys(map(tuple, marks.tolist())):
        (indices,) = ((marks == mark).all(axis=1)).nonzero()
        inputs, expanded, squeezed, outputs = map(int, widths[indices[0]])
        form = replace(group.form, inputs=inputs, expanded=expanded, squeezed=squeezed, outputs=outputs)
        yield Group([group.networks[index] for index in indices.tolist()], form, widths[indices])


def _count_digit_bits(form: Form) -> int:
    """Return the bits of a digit of the sums of widths, in which no sum of constants or of coefficients overflows.

    A step has fewer than 2^8 live maps. Each has a constant, which is 0, 1 or the groups, or one of the widths as its
    channels; a grid, which is the kernel of a flattening, multiplies these.
    """
    return sum(map(int.bit_length, (form.groups, *form.kernel))) + 8


def _make_symbolic(form: Form) -> Form:
    """Return a block of the same kind whose widths are powers of one large number, in the same order.

    Each width then is a digit of every sum of widths. Widths whose exact value decides which maps are live stay.
    """
    is_wide = form.expanded >= max(form.inputs, form.outputs)
    inputs, expanded, squeezed, outputs = (2, 3, 4, 1) if is_wide else (2, 1, 4, 3)
    bits = _count_digit_bits(form)
    powers = (1 << bits * power for power in (inputs, expanded, squeezed, outputs))
    widths = [
        width if width in (0, form.groups) else power for width, power in zip(widths_of(form), powers, strict=True)
    ]
    return replace_widths(form, widths)


@lru_cache(maxsize=2**12)
def _find_live_widths(symbolic: Form, allocator: str) -> tuple[Mapping[Scale, tuple[int, ...]], ...]:
    """Return, for each step and scale, the number of live channels: a constant and a coefficient for each width."""
    mask = (1 << _count_digit_bits(symbolic)) - 1
    # If two widths are equal, the coefficient of the first counts both.
    digits = {width: index for index, width in reversed([*enumerate(widths_of(symbolic), start=1)]) if width > mask}

    def split(channels: int) -> tuple[int, ...]:
        coefficients = [channels & mask, 0, 0, 0, 0]
        for width, index in digits.items():
            coefficients[index] = channels >> (width.bit_length() - 1) & mask
        return tuple(coefficients)

    return tuple(
        {scale: split(channels) for scale, channels in ((None, need.fixed), *need.growing) if channels}
        for need in find_needs([Block(0, 1, symbolic)], allocator)
    )


def _count_weights(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).weights}


def _count_channels(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).channels}


def _count_maps(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).maps}
