"""Peak memory and flash of many networks at many resolutions at once.

The number of live elements during a step is a sum of widths times map sizes. Blocks in one position of a table have the
same live maps, so one block of each kind shows which widths these are, and the numbers for every step of every network
are a matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, join_scales
from mbcost.analytic.many.exact import EXACT_INT, multiply_exactly
from mbcost.analytic.many.grid import compute_costs, count_map_positions
from mbcost.analytic.many.polynomial import Group, replace_widths, widths_of
from mbcost.analytic.memory.allocators import find_needs
from mbcost.analytic.memory.flash import Stored, compute_flash, count_stored_blocks

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers

_DIGIT = 32
"""Bits between the widths of a block that represent variables; no step has so many live maps that a digit overflows."""


@dataclass(frozen=True)
class Needs:
    """The elements that are live during the steps of many networks."""

    scales: tuple[Scale, ...]
    """From the input's scale on, in the order in which maps become smaller; the last is None, a single position."""
    channels: Integers
    """[networks, steps, scales]: channels of live maps of that scale; 0 for a step that a network does not have."""


def compute_needs(columns: Sequence[Sequence[Group]], allocator: str) -> Needs:
    """Return the live elements of networks under one of the models without offsets.

    Args:
        columns: the groups of blocks that `group_columns` returns.
        allocator: `naive`, `inplace-depthwise` or `fused-block`.
    """
    import numpy as np

    scale, steps, networks = FULL, 0, sum(len(group.networks) for group in columns[0])
    terms: list[tuple[Sequence[int], int, Scale, Integers]] = []
    for column in columns:
        longest = 0
        for part in (part for group in column for part in _split_group(group)):
            factors = np.concatenate([np.ones_like(part.widths[:, :1]), part.widths], axis=1)
            live = _find_live_widths(_make_symbolic(part.form), allocator)
            for step, coefficients_by_scale in enumerate(live, start=steps):
                for inner, coefficients in coefficients_by_scale.items():
                    channels = multiply_exactly(factors, np.array([coefficients]).T)[:, 0]
                    terms.append((part.networks, step, join_scales(scale, inner), channels))
            longest = max(longest, len(live))
        steps += longest
        scale = join_scales(scale, compact_form(column[0].form).output)
    scales = dict.fromkeys(scale for _, _, scale, _ in terms if scale is not None)
    indices = {scale: index for index, scale in enumerate([*scales, None])}
    bound = sum(int(channels.max()) for *_, channels in terms)
    table = np.zeros((networks, steps, len(indices)), dtype=np.int64 if bound < EXACT_INT else object)
    for rows, step, scale, channels in terms:
        table[rows, step, indices[scale]] += channels
    return Needs(tuple(indices), table)


def find_peaks(needs: Needs, resolutions: Sequence[tuple[int, int]]) -> Integers:
    """Return [networks, resolutions]: the most elements that are live during one step."""
    import numpy as np

    sizes = count_map_positions(needs.scales, resolutions)
    peaks: Integers | None = None
    for step in _find_undominated(needs.channels, ordered=bool((sizes[:-1] >= sizes[1:]).all())):
        live = multiply_exactly(needs.channels[:, step], sizes)
        peaks = live if peaks is None else np.maximum(peaks, live)
    assert peaks is not None, "a network has a step"
    return peaks


def compute_flashes(columns: Sequence[Sequence[Group]], dtype: str) -> Integers:
    """Return [networks]: the bytes of flash with weights and maps of `dtype`."""
    quantities = (_count_weights, _count_channels, _count_maps)
    parts: list[Any] = [compute_costs(columns, quantity).per_position.sum(axis=1) for quantity in quantities]
    total: Any = compute_flash(Stored(*parts), dtype).total
    flashes: Integers = total
    return flashes


def _find_undominated(channels: Integers, *, ordered: bool) -> Iterator[int]:
    """Yield the steps that have the most live elements in a network at a resolution, and perhaps a few more.

    If maps only become smaller from scale to scale (`ordered`), a step has at least as many live elements as another if
    it has at least as many channels of the first scale, of the first two together, and so on up to all scales together.
    """
    bounds = channels.cumsum(axis=2) if ordered else channels
    kept: list[int] = []
    for step in sorted(range(channels.shape[1]), key=lambda step: -int(bounds[:, step].sum())):
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
    marks = np.concatenate([is_wide[:, None], widths == 1, widths == group.form.groups], axis=1)
    for mark in dict.fromkeys(map(tuple, marks.tolist())):
        (indices,) = ((marks == mark).all(axis=1)).nonzero()
        inputs, expanded, squeezed, outputs = map(int, widths[indices[0]])
        form = replace(group.form, inputs=inputs, expanded=expanded, squeezed=squeezed, outputs=outputs)
        yield Group([group.networks[index] for index in indices.tolist()], form, widths[indices])


def _make_symbolic(form: Form) -> Form:
    """Return a block of the same kind whose widths are powers of one large number, in the same order.

    Each width then is a digit of every sum of widths. Widths whose exact value decides which maps are live stay.
    """
    is_wide = form.expanded >= max(form.inputs, form.outputs)
    inputs, expanded, squeezed, outputs = (2, 3, 4, 1) if is_wide else (2, 1, 4, 3)
    powers = (1 << _DIGIT * power for power in (inputs, expanded, squeezed, outputs))
    widths = [
        width if width in (0, 1, form.groups) else power for width, power in zip(widths_of(form), powers, strict=True)
    ]
    return replace_widths(form, widths)


@cache
def _find_live_widths(symbolic: Form, allocator: str) -> tuple[Mapping[Scale, tuple[int, ...]], ...]:
    """Return, for each step and scale, the number of live channels: a constant and a coefficient for each width."""
    mask = (1 << _DIGIT) - 1
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
