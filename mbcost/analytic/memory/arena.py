"""The model with addresses: every map gets its place in one buffer, greedily by size, as TensorFlow Lite plans it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

from mbcost.analytic.layers import Conv2d, GlobalPool, Layer
from mbcost.analytic.memory.lifetimes import find_lifetimes
from mbcost.analytic.network import Network

ALIGNMENT = 64
"""TensorFlow Lite's kDefaultTensorAlignment (tensorflow/lite/util.h), bytes."""
WORD = 4
"""Bytes of the int32 in which an int8 pool sums."""


@dataclass(frozen=True)
class ArenaOptions:
    """What TensorFlow Lite's interpreter does besides, each apart; with none, the maps alone are placed."""

    keep_input: bool = False
    """The network's input is never overwritten."""
    share_add: bool = False
    """A residual connection writes its sum over the branch that it reads last."""
    unfold: bool = False
    """A convolution that is neither pointwise nor depthwise unfolds its input first (im2col): a scratch with a whole
    window for each output position."""
    pool_sums: bool = False
    """A global pool sums in int32 before it divides: a scratch of one a channel, and two small ones."""
    pad: bool = False
    """A convolution whose zeros are not those of TensorFlow's `same` reads a padded copy, made by an operator before
    it: Keras's V1 where a map has an odd side."""
    align: bool = False
    """Places are multiples of 64 bytes."""


MAPS_ALONE = ArenaOptions()
TENSORFLOW_LITE = ArenaOptions(keep_input=True, share_add=True, unfold=True, pool_sums=True, pad=True, align=True)
"""What the interpreter of TensorFlow 2.21 does, without delegates; see tests/data/arena.yaml."""
OPTIONS = tuple(field.name.replace("_", "-") for field in fields(ArenaOptions))


@dataclass(frozen=True)
class Buffer:
    """Bytes of the buffer that hold one map or scratch from the step `first` to the step `last`."""

    name: str
    offset: int
    size: int
    first: int
    last: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.size


def plan_arena(network: Network, size: int, options: ArenaOptions = MAPS_ALONE) -> tuple[Buffer, ...]:
    """The maps of a network in one buffer, each element of `size` bytes; the buffer ends where the last of them ends.

    The largest map goes first, and each into the smallest gap that holds it between those that live at the same time,
    else behind them: ArenaPlanner and SimpleMemoryArena (tensorflow/lite, arena_planner.cc and simple_memory_arena.cc;
    maps of one size in order of their steps). Greedy is not the least possible.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps wait for a later layer.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = resolve(load_spec("v2"), alpha=0.35, resolution=96, implementation="keras")
    >>> measure_extent(plan_arena(v2, 1)), measure_extent(plan_arena(v2, 1, TENSORFLOW_LITE))
    (138240, 165888)
    """
    # Two moments a step: an operator that pads comes before the convolution. The input is there from the start.
    wanted = [
        Buffer(each.name, 0, each.elements * size, 2 * each.first + bool(place), 2 * each.last + 1)
        for place, each in enumerate(find_lifetimes(network))
    ]
    for place, step in enumerate(network.steps):
        now = 2 * place + 1
        if options.pad and (elements := _padded(step.lead)):
            wanted = [replace(each, last=now - 1) if each.last == now > each.first else each for each in wanted]
            wanted.append(Buffer(f"{step.name} padded", 0, elements * size, now - 1, now))
        wanted += (Buffer(f"{step.name} scratch", 0, each, now, now) for each in _scratch(step.lead, size, options))
    if options.share_add:
        wanted = _shared(wanted)
    moments = 2 * len(network.steps)
    if options.keep_input:
        wanted[0] = replace(wanted[0], last=moments)
    placed = place_buffers(wanted, ALIGNMENT if options.align else 1, moments)
    return tuple(replace(each, first=each.first // 2, last=each.last // 2) for each in placed)


def measure_extent(placed: Iterable[Buffer]) -> int:
    """Bytes of the buffer."""
    return max(each.end for each in placed)


def find_ends(placed: Iterable[Buffer], steps: int) -> tuple[int, ...]:
    """For each step the end of the last of the maps that live then; the largest is the buffer's size."""
    found = [0] * steps
    for each in placed:
        for place in range(each.first, min(each.last + 1, steps)):
            found[place] = max(found[place], each.end)
    return tuple(found)


def place_buffers(wanted: Iterable[Buffer], alignment: int, steps: int) -> tuple[Buffer, ...]:
    """Every one of `wanted` at its offset, in the order in which they are placed.

    What lives through all `steps` comes first.

    >>> maps = [Buffer("a", 0, 4, 0, 1), Buffer("b", 0, 6, 1, 2), Buffer("c", 0, 2, 2, 3)]
    >>> [(each.name, each.offset) for each in place_buffers(maps, 1, 4)]
    [('b', 0), ('a', 6), ('c', 6)]
    """

    def order(each: Buffer) -> tuple[bool, int, int]:
        return (each.first > 0 or each.last < steps, -each.size, each.first)

    placed: list[Buffer] = []
    by_offset: list[tuple[int, int, Buffer]] = []
    for place, each in enumerate(sorted(wanted, key=order)):
        others = [other for _, _, other in by_offset if other.first <= each.last and each.first <= other.last]
        found = replace(each, offset=_lowest(each.size, others, alignment))
        placed.append(found)
        insort(by_offset, (found.offset, place, found))
    return tuple(placed)


def _lowest(size: int, others: Iterable[Buffer], alignment: int) -> int:
    """The start of the smallest gap between `others`, which are in order of their offsets, or the end of them."""
    best, gap, end = None, 0, 0
    for other in others:
        start = -(-end // alignment) * alignment
        room = other.offset - start
        if room >= size and (best is None or room < gap):
            best, gap = start, room
        end = max(end, other.end)
    return -(-end // alignment) * alignment if best is None else best


def _shared(wanted: list[Buffer]) -> list[Buffer]:
    """Every sum together with the map that the step before it made, as one: written over it."""
    found: list[Buffer] = []
    for each in wanted:
        if each.name.endswith(".add"):
            found[-1] = replace(found[-1], last=each.last)
        else:
            found.append(each)
    return found


def _padded(layer: Layer) -> int:
    """Elements of the padded copy that a convolution reads; 0 where TensorFlow's own padding does."""
    if not isinstance(layer, Conv2d) or layer.padding == "same":
        return 0
    zeros = [_zeros(layer, window) for window in layer.window]
    sides = (layer.input.height, layer.input.width)
    own = [_zeros_of_same(*each, layer.stride) for each in zip(sides, layer.window, strict=True)]
    if zeros == own:
        return 0
    height, width = (side + sum(each) for side, each in zip(sides, zeros, strict=True))
    return layer.input.channels * height * width


def _zeros(layer: Conv2d, window: int) -> tuple[int, int]:
    """Zeros before and behind one side, as `padded_output` has them."""
    return (0, 1) if layer.padding == "trailing" and layer.stride > 1 else ((window - 1) // 2, (window - 1) // 2)


def _zeros_of_same(side: int, window: int, stride: int) -> tuple[int, int]:
    """TensorFlow's `same`: as many as ceil(side / stride) windows need, the odd one behind."""
    zeros = max((-(-side // stride) - 1) * stride + window - side, 0)
    return zeros // 2, zeros - zeros // 2


def _scratch(layer: Layer, size: int, options: ArenaOptions) -> Iterator[int]:
    """Bytes that a step needs only while it runs."""
    if options.unfold and isinstance(layer, Conv2d) and layer.operator == "conv":
        if layer.window != (1, 1) or layer.stride > 1:
            positions = layer.output.height * layer.output.width
            yield positions * layer.kernel[0] * layer.kernel[1] * layer.input.channels * size
    elif options.pool_sums and isinstance(layer, GlobalPool):
        # The sums, the axes and their sizes: four and two words.
        yield from (layer.input.channels * WORD, 4 * WORD, 2 * WORD)
