"""What must be in memory at once, layer by layer under each allocation model, and what must be stored?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.memory.arena import MAPS_ALONE, ArenaOptions, find_ends, plan_arena
from mbcost.analytic.memory.flash import Flash, compute_flash, count_stored
from mbcost.analytic.memory.lifetimes import ALLOCATORS, count_live_elements, list_step_memory
from mbcost.analytic.network import Network, Step
from mbcost.spec.dtype import dtype_of

GROUPINGS = ("layer", "allocator", "map")


@dataclass(frozen=True)
class MemoryRow:
    """Bytes of one step."""

    name: str
    weights: int
    input: int
    """What it reads: of a sum or a gated map, both."""
    output: int
    waiting: int
    """Maps that a later step reads, and this one does not."""
    live: tuple[int, ...]
    """What is held meanwhile under each of the allocators; of `arena` the end of the last map in the buffer."""


@dataclass(frozen=True)
class Peak:
    """The most that is held at once, and the first step that holds so much."""

    allocator: str
    bytes: int
    name: str


@dataclass(frozen=True)
class LargestMap:
    """The largest tensor that one block hands to the next at one map size."""

    height: int
    width: int
    channels: int
    bytes: int
    name: str
    """The step that makes it."""
    plain: bool
    """Whether that is a plain convolution, and no block."""


@dataclass(frozen=True)
class Memory:
    """The bytes of a network for one input."""

    network: Network
    weights_dtype: str
    activations_dtype: str
    options: ArenaOptions
    rows: tuple[MemoryRow, ...]
    peaks: tuple[Peak, ...]
    """One an allocator that was asked for, in that order."""
    flash: Flash
    maps: tuple[LargestMap, ...]
    """By map size, largest first; where a plain convolution makes the largest, the largest of a block as well."""


def compute_memory(
    network: Network,
    allocators: Sequence[str] = ALLOCATORS,
    weights_dtype: str = "int8",
    activations_dtype: str = "int8",
    options: ArenaOptions = MAPS_ALONE,
) -> Memory:
    """Bytes of maps and weights of `network`.

    Args:
        network: whose steps.
        allocators: names out of `ALLOCATORS`.
        weights_dtype: a name in `DTYPES` of mbcost/spec/dtype.py.
        activations_dtype: the same, for maps.
        options: what an arena does besides placing the maps.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps wait for a later layer.
    """
    size = dtype_of(activations_dtype).value
    held = [_held(network, allocator, size, options) for allocator in allocators]
    rows = tuple(
        MemoryRow(
            name=each.step.name,
            weights=each.step.tally.weights * dtype_of(weights_dtype).value,
            input=each.reads * size,
            output=each.makes * size,
            waiting=each.waiting * size,
            live=tuple(column[place] for column in held),
        )
        for place, each in enumerate(list_step_memory(network))
    )
    peaks = [
        Peak(allocator, max(column), rows[column.index(max(column))].name)
        for allocator, column in zip(allocators, held, strict=True)
    ]
    return Memory(
        network,
        weights_dtype,
        activations_dtype,
        options,
        rows,
        tuple(peaks),
        compute_flash(count_stored(network), weights_dtype, activations_dtype),
        tuple(find_largest_maps(network, size)),
    )


def find_largest_maps(network: Network, size: int) -> Iterable[LargestMap]:
    """The largest tensor between blocks at each map size, in bytes of elements of `size` bytes.

    The rule of the V2 paper's table 3 (arXiv:1801.04381v4): "the max number of channels/memory that needs to be
    materialized at each spatial resolution". What is inside a block does not count.
    """
    last = [list(steps)[-1] for _, steps in groupby(network.steps, attrgetter("block"))]
    sides = dict.fromkeys((step.output.height, step.output.width) for step in last)
    for height, width in sides:
        made = [step for step in last if (step.output.height, step.output.width) == (height, width)]
        # At 1x1 everything is a vector: there is no block to tell from a plain convolution.
        plain = {step.name for step in made if step.row.operator == "conv" and (height, width) != (1, 1)}
        largest = max(made, key=_elements)
        yield _largest(largest, size, largest.name in plain)
        rest = [step for step in made if step.name not in plain]
        if largest.name in plain and rest:
            yield _largest(max(rest, key=_elements), size, plain=False)


def _elements(step: Step) -> int:
    return step.output.elements


def _largest(step: Step, size: int, plain: bool) -> LargestMap:
    shape = step.output
    return LargestMap(shape.height, shape.width, shape.channels, shape.elements * size, step.name, plain)


def _held(network: Network, allocator: str, size: int, options: ArenaOptions) -> tuple[int, ...]:
    """Bytes that each step holds."""
    if allocator == "arena":
        return find_ends(plan_arena(network, size, options), len(network.steps))
    return tuple(elements * size for elements in count_live_elements(network, allocator))
