"""The engine's second form: a network's counts for every resolution at once, derived from the same operators.

A layer's counts grow with the positions of the map that it works on, or not at all. So a network is a tally that is
fixed, and one a position for each size that a map has in it; a size is the input's, reduced by the strides before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.layers import Conv2d, Layer, Shape, WindowPool, padded_output
from mbcost.analytic.operators import build_layers
from mbcost.spec.tally import COUNTS, Tally, counts_of, total

Chain = tuple[tuple[int, int, str], ...]
"""Window, stride and padding of the convolutions and pools that changed one side of the map."""
Scale = tuple[Chain, Chain] | None
"""How height and width of a map follow from the input's; None is a single position, whatever the input."""

FULL: Scale = ((), ())
"""The input's own size."""
_READ = tuple(name in ("max_pool_inputs", "average_pool_inputs") for name in COUNTS)
"""Which counts grow with the map that a layer reads, where a convolution's grow with the one that it gives."""
PROBE = 2**100 + 1
"""A map so large that its positions are more than any count that does not grow with it: a division parts the two. Odd,
so that no rounding of sizes is hidden."""


@dataclass(frozen=True)
class Compact:
    """The counts of a block or a network, by what they grow with."""

    fixed: Tally
    growing: tuple[tuple[Scale, Tally], ...]
    """Counts a position, for each scale of map."""
    output: Scale
    """The scale of the map that comes out."""

    def tally(self, resolution: tuple[int, int]) -> Tally:
        """The counts at `resolution`, height and width: equal to the sum over the layers."""
        return total(
            [self.fixed, *(_times(tally, count_positions(scale, resolution)) for scale, tally in self.growing)]
        )


def compact(blocks: Iterable[Block]) -> Compact:
    """The counts of a network that is planned as `blocks`.

    >>> from mbcost.analytic.blocks import plan
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> from mbcost.spec.scaling import Scaling
    >>> v2 = load_spec("v2")
    >>> blocks = plan(Scaling(v2, v2.implementation("official"), alpha=0.75, classes=1000), 3)
    >>> compact(blocks).tally((160, 160)).conv_macs
    107295200
    """
    fixed, growing, scale = [Tally()], dict[Scale, list[Tally]](), FULL
    for block in blocks:
        part = compact_form(block.form)
        fixed.append(part.fixed)
        for inner, tally in part.growing:
            growing.setdefault(join_scales(scale, inner), []).append(tally)
        scale = join_scales(scale, part.output)
    fixed += growing.pop(None, [])
    return Compact(total(fixed), tuple((key, total(tallies)) for key, tallies in growing.items()), scale)


@cache
def compact_form(form: Form) -> Compact:
    """The counts of one block, its scales counted from the map that it reads."""
    scales: dict[tuple[int, int], Scale] = {(PROBE, PROBE): FULL, (1, 1): None}
    sums: dict[Scale, list[int]] = {None: [0] * len(COUNTS)}
    output = FULL
    for layer in build_layers(form, "", Shape(form.inputs, PROBE, PROBE)):
        before, after = layer.input, layer.output
        output = scales.setdefault(
            (after.height, after.width), advance_scale(scales[before.height, before.width], layer)
        )
        fixed = sums[None]
        for place, count in enumerate(counts_of(layer.tally())):
            if not count:
                continue
            worked_on = before if output is None or _READ[place] else after
            scale = scales[worked_on.height, worked_on.width]
            if scale is None:
                fixed[place] += count
                continue
            each, rest = divmod(count, worked_on.height * worked_on.width)
            sums.setdefault(scale, [0] * len(COUNTS))[place] += each
            fixed[place] += rest
    constant = Tally(*sums.pop(None))
    return Compact(constant, tuple((scale, Tally(*counts)) for scale, counts in sums.items()), output)


def count_positions(scale: Scale, resolution: tuple[int, int]) -> int:
    """Height x width of a map of this scale where the input has `resolution`.

    >>> count_positions((((1, 4, "same"),), ((1, 4, "same"),)), (223, 9))
    168
    """
    if scale is None:
        return 1
    height, width = resolution
    for kernel, stride, padding in scale[0]:
        height = padded_output(height, kernel, stride, padding)
    for kernel, stride, padding in scale[1]:
        width = padded_output(width, kernel, stride, padding)
    return height * width


def join_scales(first: Scale, second: Scale) -> Scale:
    """The scale of a map that has `second` as seen from a map of `first`."""
    if first is None or second is None:
        return None
    return _chain(first[0] + second[0]), _chain(first[1] + second[1])


def advance_scale(scale: Scale, layer: Layer) -> Scale:
    """The scale of what `layer` makes of a map of `scale`, as long as it is a map and no vector."""
    if not isinstance(layer, Conv2d | WindowPool) or scale is None:
        return scale
    height, width = ((side, layer.stride, layer.padding) for side in layer.window)
    return _chain((*scale[0], height)), _chain((*scale[1], width))


def _chain(steps: Iterable[tuple[int, int, str]]) -> Chain:
    """The shortest chain that is the same: ceilings of a division follow each other as one, ceil(n / ab)."""
    chain: list[tuple[int, int, str]] = []
    for kernel, stride, padding in steps:
        ceiling = padding == "same" or (kernel % 2 == 1 and (padding == "symmetric" or stride == 1))
        if not ceiling:
            chain.append((kernel, stride, padding))
        elif chain and chain[-1][2] == "same":
            chain[-1] = (1, chain[-1][1] * stride, "same")
        elif stride > 1:
            chain.append((1, stride, "same"))
    return tuple(chain)


def _times(tally: Tally, factor: int) -> Tally:
    return Tally(*(count * factor for count in counts_of(tally)))
