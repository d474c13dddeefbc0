"""Peak memory and flash of many networks at many resolutions at once.

What a step holds is a sum of widths times map sizes. Blocks at one place of a table hold the same maps, so which widths
those are is read off one block of the kind, and what every step of every network holds is a matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import FULL, Scale, compact_form, join_scales
from mbcost.analytic.many.exact import EXACT_INT, multiply_exactly
from mbcost.analytic.many.grid import compute_costs, count_map_positions
from mbcost.analytic.many.polynomial import Group, replace_widths, widths_of
from mbcost.analytic.memory.flash import Stored, compute_flash, count_stored_blocks
from mbcost.analytic.memory.lifetimes import find_needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mbcost.analytic.many.exact import Integers

_DIGIT = 32
"""Bits between the widths of a block that stand for variables; no step holds so many maps."""


@dataclass(frozen=True)
class Needs:
    """What the steps of many networks hold, in elements."""

    scales: tuple[Scale, ...]
    """From the input's on, as the network makes its maps smaller; a single position (None) is the last."""
    channels: Integers
    """[networks, steps, scales]: channels of maps of that scale; a step that a network does not have holds nothing."""


def compute_needs(columns: Sequence[Sequence[Group]], allocator: str) -> Needs:
    """What the steps of networks hold under one of the models without addresses.

    Args:
        columns: of `columns_of`.
        allocator: `naive`, `inplace-depthwise` or `fused-block`.
    """
    import numpy as np

    scale, steps, count = FULL, 0, sum(len(group.networks) for group in columns[0])
    found: list[tuple[Sequence[int], int, Scale, Integers]] = []
    for column in columns:
        most = 0
        for places, form, widths in (part for group in column for part in _alike(group)):
            factors = np.concatenate([np.ones_like(widths[:, :1]), widths], axis=1)
            held = _held(_symbolic(form), allocator)
            for step, terms in enumerate(held):
                for inner, times in terms.items():
                    channels = multiply_exactly(factors, np.array([times]).T)[:, 0]
                    found.append((places, steps + step, join_scales(scale, inner), channels))
            most = max(most, len(held))
        steps += most
        scale = join_scales(scale, compact_form(column[0].form).output)
    scales = [scale for scale in dict.fromkeys(scale for _, _, scale, _ in found) if scale is not None]
    number = {scale: place for place, scale in enumerate([*scales, None])}
    most = sum(int(channels.max()) for *_, channels in found)
    each = np.zeros((count, steps, len(number)), dtype=np.int64 if most < EXACT_INT else object)
    for places, step, scale, channels in found:
        each[places, step, number[scale]] += channels
    return Needs((*scales, None), each)


def find_peaks(needs: Needs, resolutions: Sequence[tuple[int, int]]) -> Integers:
    """[networks, resolutions]: the elements that the step which holds the most holds."""
    import numpy as np

    sizes = count_map_positions(needs.scales, resolutions)
    found: Integers | None = None
    for step in _undominated(needs.channels, ordered=bool((sizes[:-1] >= sizes[1:]).all())):
        held = multiply_exactly(needs.channels[:, step], sizes)
        found = held if found is None else np.maximum(found, held)
    assert found is not None, "a network has a step"
    return found


def compute_flashes(columns: Sequence[Sequence[Group]], dtype: str) -> Integers:
    """[networks]: the bytes of flash with weights and maps of `dtype`."""
    parts: list[Any] = [
        compute_costs(columns, quantity).per_position.sum(axis=1) for quantity in (_weights, _channels, _maps)
    ]
    total: Any = compute_flash(Stored(*parts), dtype).total
    found: Integers = total
    return found


def _undominated(each: Integers, *, ordered: bool) -> Iterator[int]:
    """The steps that hold the most in some network at some resolution, and perhaps some more.

    Where maps only get smaller from scale to scale, a step that holds more channels of the first, of the first two and
    so on up to all scales together holds more altogether.
    """
    held = each.cumsum(axis=2) if ordered else each
    kept: list[int] = []
    for step in sorted(range(each.shape[1]), key=lambda step: -int(held[:, step].sum())):
        if not any((held[:, step] <= held[:, other]).all() for other in kept):
            kept.append(step)
    yield from kept


def _alike(group: Group) -> Iterator[tuple[Sequence[int], Form, Integers]]:
    """Networks, one block and all widths of the blocks of a group, apart by what else decides which maps a step holds.

    That is whether slices of the expanded channels save anything, and whether a convolution is a depthwise one: where
    groups and channels are as many, and more than one.
    """
    import numpy as np

    widths = group.widths
    is_wide = widths[:, 1] >= np.maximum(widths[:, 0], widths[:, 3])
    marks = np.concatenate([is_wide[:, None], widths == 1, widths == group.form.groups], axis=1)
    for mark in {tuple(mark) for mark in marks.tolist()}:
        (chosen,) = ((marks == mark).all(axis=1)).nonzero()
        inputs, expanded, squeezed, outputs = map(int, widths[chosen[0]])
        form = replace(group.form, inputs=inputs, expanded=expanded, squeezed=squeezed, outputs=outputs)
        yield [group.networks[place] for place in chosen.tolist()], form, widths[chosen]


def _is_wide(form: Form) -> bool:
    return form.expanded >= max(form.inputs, form.outputs)


def _symbolic(form: Form) -> Form:
    """A block of the same kind whose widths are powers of one large number, in the same order, so that they show in
    every sum of them. Those that decide something by being what they are stay.
    """
    inputs, expanded, squeezed, outputs = (2, 3, 4, 1) if _is_wide(form) else (2, 1, 4, 3)
    powers = (1 << _DIGIT * power for power in (inputs, expanded, squeezed, outputs))
    widths = [
        width if width in (0, 1, form.groups) else power for width, power in zip(widths_of(form), powers, strict=True)
    ]
    return replace_widths(form, widths)


@cache
def _held(symbolic: Form, allocator: str) -> tuple[Mapping[Scale, tuple[int, ...]], ...]:
    """For each step and scale how often it holds one channel, and as many as each width of the block."""
    mask = (1 << _DIGIT) - 1
    # Of widths that are one and the same the first stands for both.
    powers = {width: place for place, width in reversed([*enumerate(widths_of(symbolic), start=1)]) if width > mask}

    def factors(channels: int) -> tuple[int, ...]:
        found = [channels & mask, 0, 0, 0, 0]
        for width, place in powers.items():
            found[place] = channels >> (width.bit_length() - 1) & mask
        return tuple(found)

    return tuple(
        {scale: factors(channels) for scale, channels in ((None, need.fixed), *need.growing) if channels}
        for need in find_needs([Block(0, 1, symbolic)], allocator)
    )


def _weights(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).weights}


def _channels(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).channels}


def _maps(form: Form) -> Mapping[Scale, int]:
    return {None: count_stored_blocks([Block(0, 1, form)]).maps}
