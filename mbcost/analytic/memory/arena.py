"""The model with offsets: every map gets an offset in one buffer, greedily by size, as TensorFlow Lite plans it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

from mbcost.analytic.layers import Conv2d, GlobalPool, Layer
from mbcost.analytic.memory.allocators import find_lifetimes
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError

ALIGNMENT = 64
"""TensorFlow Lite's kDefaultTensorAlignment (tensorflow/lite/util.h), in bytes."""
WORD = 4
"""Bytes of an int32, in which an int8 pool sums."""
MOST_BUFFERS = 5_000
"""The tensors of a graph that get offsets; the time grows with the square of their number."""


@dataclass(frozen=True)
class ArenaOptions:
    """What TensorFlow Lite's interpreter does in addition; without any option, only the maps get offsets."""

    keep_input: bool = False
    """The network's input is never overwritten."""
    share_add: bool = False
    """A residual connection writes its sum over the branch that it reads last."""
    unfold: bool = False
    """A convolution that is neither pointwise nor depthwise first unfolds its input (im2col): a scratch buffer with a
    whole window for each output position."""
    pool_sums: bool = False
    """A global pool sums in int32 before it divides: a scratch buffer with one sum per channel, and two small ones."""
    pad: bool = False
    """A convolution whose padding differs from TensorFlow's `same` reads a padded copy, made by an operator before it.
    This concerns Keras's V1 on a map with an odd side."""
    align: bool = False
    """Offsets are multiples of 64 bytes."""
    micro: bool = False
    """Instead of all these, the plan of TensorFlow Lite for Microcontrollers, which only its files have."""


MAPS_ALONE = ArenaOptions()
TENSORFLOW_LITE = ArenaOptions(keep_input=True, share_add=True, unfold=True, pool_sums=True, pad=True, align=True)
"""What the interpreter of TensorFlow 2.21 does, without delegates; see tests/data/arena.yaml."""
TENSORFLOW_LITE_MICRO = ArenaOptions(micro=True)
"""The plan of TensorFlow Lite for Microcontrollers, which only a file of TensorFlow Lite has."""
OPTIONS = tuple(field.name.replace("_", "-") for field in fields(ArenaOptions) if field.name != "micro")
"""The names of the options on the command line."""


@dataclass(frozen=True)
class Buffer:
    """The bytes of the arena that hold one map or scratch buffer from the step `first` to the step `last`."""

    name: str
    offset: int
    size: int
    first: int
    last: int

    @property
    def end(self) -> int:
        """The offset of the first byte after it."""
        return self.offset + self.size


def plan_arena(network: Network, size: int, options: ArenaOptions = MAPS_ALONE) -> tuple[Buffer, ...]:
    """Return the buffers of a network's maps in one arena, with `size` bytes per element.

    The largest buffer comes first. Each gets the smallest gap that is large enough between the buffers that are live at
    the same time, else the offset after them: ArenaPlanner and SimpleMemoryArena (tensorflow/lite, arena_planner.cc and
    simple_memory_arena.cc; buffers of equal size in order of their steps). A greedy plan is not always the smallest.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps a later layer reads.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = resolve(load_spec("v2"), alpha=0.35, resolution=96, implementation="keras")
    >>> measure_extent(plan_arena(v2, 1)), measure_extent(plan_arena(v2, 1, TENSORFLOW_LITE))
    (138240, 165888)
    """
    # A step takes two moments: an operator that pads runs before the convolution. The input is live from the start.
    buffers = [
        Buffer(map_.name, 0, map_.elements * size, 2 * map_.first + bool(index), 2 * map_.last + 1)
        for index, map_ in enumerate(find_lifetimes(network))
    ]
    for index, step in enumerate(network.steps):
        now = 2 * index + 1
        if options.pad and (elements := _count_padded(step.lead)):
            buffers = [
                replace(buffer, last=now - 1) if buffer.last == now > buffer.first else buffer for buffer in buffers
            ]
            buffers.append(Buffer(f"{step.name} padded", 0, elements * size, now - 1, now))
        scratches = _list_scratch_sizes(step.lead, size, options)
        buffers += (Buffer(f"{step.name} scratch", 0, scratch, now, now) for scratch in scratches)
    if options.share_add:
        buffers = _share_sums(buffers)
    moments = 2 * len(network.steps)
    if options.keep_input:
        buffers[0] = replace(buffers[0], last=moments)
    placed = place_buffers(buffers, ALIGNMENT if options.align else 1, moments)
    return tuple(replace(buffer, first=buffer.first // 2, last=buffer.last // 2) for buffer in placed)


def check_count(name: str, count: int) -> None:
    """Check that a graph does not have too many tensors for an arena.

    Raises:
        MbcostError: it has.
    """
    if count > MOST_BUFFERS:
        raise MbcostError(
            f"{name} has {count:,} tensors, and an arena is planned for at most {MOST_BUFFERS:,}: leave out the "
            "allocator arena"
        )


def measure_extent(buffers: Iterable[Buffer]) -> int:
    """Return the bytes of the arena, which ends where the last buffer ends."""
    return max(buffer.end for buffer in buffers)


def find_ends(buffers: Iterable[Buffer], steps: int) -> tuple[int, ...]:
    """Return, for each step, the end of the last buffer that is live then; the largest is the size of the arena."""
    ends = [0] * steps
    for buffer in buffers:
        for step in range(buffer.first, min(buffer.last + 1, steps)):
            ends[step] = max(ends[step], buffer.end)
    return tuple(ends)


def place_buffers(buffers: Iterable[Buffer], alignment: int, steps: int) -> tuple[Buffer, ...]:
    """Return all `buffers` with their offsets, in the order in which they are placed.

    Buffers that are live during all `steps` are placed first.

    >>> maps = [Buffer("a", 0, 4, 0, 1), Buffer("b", 0, 6, 1, 2), Buffer("c", 0, 2, 2, 3)]
    >>> [(buffer.name, buffer.offset) for buffer in place_buffers(maps, 1, 4)]
    [('b', 0), ('a', 6), ('c', 6)]
    """

    def order(buffer: Buffer) -> tuple[bool, int, int]:
        return (buffer.first > 0 or buffer.last < steps, -buffer.size, buffer.first)

    return place_in_order(sorted(buffers, key=order), alignment)


def place_in_order(buffers: Iterable[Buffer], alignment: int) -> tuple[Buffer, ...]:
    """Return `buffers` with their offsets; each gets its offset after those before it."""
    placed: list[Buffer] = []
    by_offset: list[tuple[int, int, Buffer]] = []
    for index, buffer in enumerate(buffers):
        live = [other for _, _, other in by_offset if other.first <= buffer.last and buffer.first <= other.last]
        buffer = replace(buffer, offset=find_offset(buffer.size, live, alignment))
        placed.append(buffer)
        insort(by_offset, (buffer.offset, index, buffer))
    return tuple(placed)


def find_offset(size: int, live: Iterable[Buffer], alignment: int) -> int:
    """Return the start of the smallest gap between the `live` buffers, in order of offset, or the end of the last.

    The size of the best gap so far is remembered as it was before its start was aligned, as in SimpleMemoryArena. So a
    later gap of the same aligned size is taken here, [256, 384) and not [64, 192):

    >>> find_offset(100, [Buffer("a", 0, 1, 0, 0), Buffer("b", 192, 64, 0, 0), Buffer("c", 384, 64, 0, 0)], 64)
    256
    """
    best, smallest, end = None, 0, 0
    for buffer in live:
        start = -(-end // alignment) * alignment
        gap = buffer.offset - start
        if gap >= size and (best is None or gap < smallest):
            best, smallest = start, buffer.offset - end
        end = max(end, buffer.end)
    return -(-end // alignment) * alignment if best is None else best


def _share_sums(buffers: list[Buffer]) -> list[Buffer]:
    """Return the buffers with every sum merged into the map that the step before it made, which it overwrites."""
    shared: list[Buffer] = []
    for buffer in buffers:
        if buffer.name.endswith(".add"):
            shared[-1] = replace(shared[-1], last=buffer.last)
        else:
            shared.append(buffer)
    return shared


def _count_padded(layer: Layer) -> int:
    """Return the elements of the padded copy that a convolution reads; 0 if TensorFlow's own padding is the same."""
    if not isinstance(layer, Conv2d) or layer.padding == "same":
        return 0
    sides = (layer.input.height, layer.input.width)
    zeros = [_count_zeros(layer, window) for window in layer.window]
    same = [_count_same_zeros(*pair, layer.stride) for pair in zip(sides, layer.window, strict=True)]
    if zeros == same:
        return 0
    height, width = (side + sum(pair) for side, pair in zip(sides, zeros, strict=True))
    return layer.input.channels * height * width


def _count_zeros(layer: Conv2d, window: int) -> tuple[int, int]:
    """Return the zeros before and after the map along one side, consistent with `padded_output`."""
    return (0, 1) if layer.padding == "trailing" and layer.stride > 1 else ((window - 1) // 2, (window - 1) // 2)


def _count_same_zeros(side: int, window: int, stride: int) -> tuple[int, int]:
    """Return the zeros of TensorFlow's `same`: enough for ceil(side / stride) windows, an odd one after the map."""
    zeros = max((-(-side // stride) - 1) * stride + window - side, 0)
    return zeros // 2, zeros - zeros // 2


def _list_scratch_sizes(layer: Layer, size: int, options: ArenaOptions) -> Iterator[int]:
    """Yield the bytes of each buffer that a step needs only while it runs."""
    if options.unfold and isinstance(layer, Conv2d) and layer.operator == "conv":
        if layer.window != (1, 1) or layer.stride > 1:
            positions = layer.output.height * layer.output.width
            yield positions * layer.kernel[0] * layer.kernel[1] * layer.input.channels * size
    elif options.pool_sums and isinstance(layer, GlobalPool):
        # The sums, the axes and their sizes: the last two take four words and two words.
        yield from (layer.input.channels * WORD, 4 * WORD, 2 * WORD)
