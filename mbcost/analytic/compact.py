"""The engine's second form: a network's counts for every resolution at once, derived from the same operators.

A layer's counts are proportional to the positions of the map that it works on, or constant. So a network is one
constant tally and, for each map size in it, a tally per position. A map's size is that of the input, reduced by the
strides before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.layers import Conv2d, Layer, Shape, WindowPool, padded_output
from mbcost.analytic.operators import build_layers
from mbcost.errors import MbcostError
from mbcost.spec.tally import COUNTS, Tally, counts_of, total

Chain = tuple[tuple[int, int, str], ...]
"""Window, stride and padding of the convolutions and pools that changed the height, or the width, of the map."""
Scale = tuple[Chain, Chain] | None
"""How the height and the width of a map follow from the input's; None is a single position, whatever the input."""

FULL: Scale = ((), ())
"""The scale of the input itself."""
_PER_INPUT = tuple(name in ("max_pool_inputs", "average_pool_inputs") for name in COUNTS)
"""For each count, whether it is proportional to the map that a layer reads; a convolution's are to its output map."""
_PROBE_BITS = 100
"""The probe that `choose_probe` returns for usual blocks has 101 bits."""
_SOME_RESOLUTIONS = "the branches of a block have equal maps at some resolutions only: use mbcost table for each"


@dataclass(frozen=True)
class Compact:
    """The counts of a block or a network, by what they are proportional to."""

    fixed: Tally
    growing: tuple[tuple[Scale, Tally], ...]
    """The counts per position of a map, for each scale of map."""
    output: Scale
    """The scale of the output map."""

    def tally(self, resolution: tuple[int, int]) -> Tally:
        """Return the counts at `resolution`, height and width; they are equal to the sum over the layers."""
        growing = (_multiply(tally, count_positions(scale, resolution)) for scale, tally in self.growing)
        return total([self.fixed, *growing])


def compact(blocks: Iterable[Block]) -> Compact:
    """Return the counts of a network that is planned as `blocks`.

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


def choose_probe(form: Form) -> int:
    """Return the side of a map so large that its positions outnumber every constant count of the block.

    A division by the positions then separates the counts that grow with the map from those that do not. A constant
    count is at most that of a layer on a vector: two widths, each at most the largest one times a grid, and a window.
    With b bits in all numbers of the block together, it is below 2^(2b), and a map whose sides are reduced by all
    windows and strides together still has more positions than that. The side is odd, so that rounding of sizes shows.
    """
    widest = max(form.inputs, form.outputs, form.expanded, form.squeezed)
    numbers = (widest, *form.kernel, *form.start, form.stride, form.groups, form.dilation)
    return (1 << max(_PROBE_BITS, 2 * sum(map(int.bit_length, numbers)) + 8)) + 1


@cache
def compact_form(form: Form) -> Compact:
    """Return the counts of one block, with scales relative to the map that it reads."""
    sums: dict[Scale, list[int]] = {None: [0] * len(COUNTS)}
    output = FULL
    for part in count_layers(form):
        output = part.output
        for index, scale, per_position, constant in part.counts:
            sums[None][index] += constant
            if per_position:
                sums.setdefault(scale, [0] * len(COUNTS))[index] += per_position
    fixed_tally = Tally(*sums.pop(None))
    return Compact(fixed_tally, tuple((scale, Tally(*counts)) for scale, counts in sums.items()), output)


@dataclass(frozen=True)
class LayerCounts:
    """The counts of one layer of a block, by what they are proportional to."""

    layer: Layer
    """The layer on the probed map."""
    input: Scale
    output: Scale
    """The scales of its maps relative to the map that the block reads."""
    counts: tuple[tuple[int, Scale, int, int], ...]
    """For each raw count that is not 0: its index in `COUNTS`, a scale, the count per position of a map of that scale,
    and the constant count."""


def count_layers(form: Form) -> Iterator[LayerCounts]:
    """Yield the counts of the layers of a block, in order of execution.

    Raises:
        MbcostError: the branches of the block have maps of one size at some resolutions only, as with a 2x2 kernel, or
            with a stride of 3 in a convolution that is padded at one side.
    """
    probe = choose_probe(form)
    scales: dict[tuple[int, int], Scale] = {(probe, probe): FULL, (1, 1): None}
    for layer in _build_probed_layers(form, probe):
        before, after = layer.input, layer.output
        scale_before = scales[before.height, before.width]
        scale_after = advance_scale(scale_before, layer)
        output = FULL if is_flattened(after, probe) else scales.setdefault((after.height, after.width), scale_after)
        if isinstance(layer, Conv2d | WindowPool) and output != scale_after:
            raise MbcostError(_SOME_RESOLUTIONS)
        counts = []
        for index, count in enumerate(counts_of(layer.tally())):
            if not count:
                continue
            shape = before if output is None or _PER_INPUT[index] else after
            scale = scales[shape.height, shape.width]
            # A layer that reads the map as one vector works on a single position, and its counts grow with the map.
            scale, positions = (FULL, probe**2) if scale is None else (scale, shape.height * shape.width)
            counts.append((index, scale, *divmod(count, positions)))
        read = FULL if is_flattened(before, probe) else scale_before
        yield LayerCounts(layer, read, output, tuple(counts))


def _build_probed_layers(form: Form, probe: int) -> tuple[Layer, ...]:
    """Return the layers of a block on the probed map.

    Raises:
        MbcostError: the branches of the block have maps of one size at some resolutions only, as with a 2x2 kernel.
    """
    try:
        return tuple(build_layers(form, "", Shape(form.inputs, probe, probe)))
    except MbcostError:
        raise MbcostError(_SOME_RESOLUTIONS) from None


def count_positions(scale: Scale, resolution: tuple[int, int]) -> int:
    """Return height x width of a map of this scale in a network whose input has `resolution`.

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


def is_flattened(shape: Shape, probe: int) -> bool:
    """Return whether this is the shape of the whole map with sides of `probe`, read as one vector."""
    return shape.height == shape.width == 1 and shape.channels >= probe**2


def join_scales(outer: Scale, inner: Scale) -> Scale:
    """Return the scale of a map that has the scale `inner` relative to a map of the scale `outer`."""
    if outer is None or inner is None:
        return None
    return _lengthen(outer[0], inner[0]), _lengthen(outer[1], inner[1])


def advance_scale(scale: Scale, layer: Layer) -> Scale:
    """Return the scale of the map that `layer` returns for a map of `scale`, if it returns a map and not a vector."""
    if not isinstance(layer, Conv2d | WindowPool) or scale is None:
        return scale
    height, width = ((side, layer.stride, layer.padding) for side in layer.window)
    return _lengthen(scale[0], (height,)), _lengthen(scale[1], (width,))


def _lengthen(chain: Chain, more: Chain) -> Chain:
    """Return the shortest chain with the layers of both: successive ceilings of a division are one, ceil(n / ab).

    The first chain is as short as possible already.
    """
    shortened = list(chain)
    for kernel, stride, padding in more:
        is_ceiling = padding == "same" or (kernel % 2 == 1 and (padding == "symmetric" or stride == 1))
        if not is_ceiling:
            shortened.append((kernel, stride, padding))
        elif shortened and shortened[-1][2] == "same":
            shortened[-1] = (1, shortened[-1][1] * stride, "same")
        elif stride > 1:
            shortened.append((1, stride, "same"))
    return tuple(shortened)


def _multiply(tally: Tally, factor: int) -> Tally:
    return Tally(*(count * factor for count in counts_of(tally)))
