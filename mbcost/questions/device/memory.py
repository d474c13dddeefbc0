"""How many bytes must be in memory during each layer under each allocation model, and how many are stored in flash?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from mbcost.analytic.memory.allocators import ALLOCATORS, count_live_elements, list_step_memory
from mbcost.analytic.memory.arena import (
    MAPS_ALONE,
    OPTIONS,
    TENSORFLOW_LITE,
    TENSORFLOW_LITE_MICRO,
    ArenaOptions,
    find_ends,
    plan_arena,
)
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError, choose
from mbcost.questions.device.bytes import LargestMap as LargestMap
from mbcost.questions.device.bytes import Memory as Memory
from mbcost.questions.device.bytes import MemoryRow as MemoryRow
from mbcost.questions.device.bytes import Peak as Peak
from mbcost.questions.device.graph_bytes import compute_graph_memory
from mbcost.spec.dtype import dtype_of

GROUPINGS = ("layer", "allocator", "map")
ALL_OPTIONS = "tensorflow-lite"
"""Stands for every option of the arena; for a TensorFlow Lite file, for the plan of its interpreter."""
MICRO = "tensorflow-lite-micro"
"""Stands for the plan of TensorFlow Lite for Microcontrollers, of a TensorFlow Lite file."""
PLANS = (ALL_OPTIONS, MICRO)
"""What stands for the plan of a runtime."""
DEFAULT_DTYPE = "int8"
"""The dtype of the weights and the maps of a table, if the user states none."""


def choose_allocators(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the allocation models called `names`; by default all of them.

    Raises:
        MbcostError: a name is unknown or given twice.
    """
    if names is None:
        return ALLOCATORS
    chosen = tuple(choose("allocator", name, ALLOCATORS) for name in names)
    if repeated := [name for name in chosen if chosen.count(name) > 1]:
        raise MbcostError(f"allocator '{repeated[0]}' is given twice: remove one")
    return chosen


def choose_options(names: Sequence[str] | None, allocators: Sequence[str]) -> ArenaOptions:
    """Return the options of the arena called `names`, of which `ALL_OPTIONS` stands for all; by default none.

    Raises:
        MbcostError: a name is unknown, or `arena` is not among the allocators.
    """
    if not names:
        return MAPS_ALONE
    if "arena" not in allocators:
        raise MbcostError("options of the arena are given without the allocator arena: add arena to the allocators")
    chosen = [choose("arena option", name, [*OPTIONS, *PLANS]) for name in names]
    if MICRO in chosen:
        if len(chosen) > 1:
            raise MbcostError(f"{MICRO} is given with other options of the arena: remove them")
        return TENSORFLOW_LITE_MICRO
    if ALL_OPTIONS in chosen:
        return TENSORFLOW_LITE
    return ArenaOptions(**{name.replace("-", "_"): True for name in chosen})


def compute_memory(
    network: Network,
    allocators: Sequence[str] = ALLOCATORS,
    weights_dtype: str | None = None,
    activations_dtype: str | None = None,
    options: ArenaOptions = MAPS_ALONE,
) -> Memory:
    """Return the bytes of the feature maps and weights of `network`.

    Args:
        network: the network.
        allocators: names of allocation models, out of `ALLOCATORS`.
        weights_dtype: the dtype of weights, a name in `DTYPES` of mbcost/spec/dtype.py; by default int8, and for a file
            or a model its own.
        activations_dtype: the dtype of feature maps, likewise; in a file it replaces float numbers only.
        options: what the arena does in addition to placing the maps.

    Raises:
        MbcostError: the network is a flat list, which does not say which maps a later layer reads; or an option or a
            dtype does not apply to a file.
    """
    if network.graph is not None:
        return compute_graph_memory(network, network.graph, allocators, (weights_dtype, activations_dtype), options)
    if options == TENSORFLOW_LITE_MICRO:
        raise MbcostError(f"{MICRO} is for .tflite files: name a file, or give arena options of a table")
    weights_dtype, activations_dtype = weights_dtype or DEFAULT_DTYPE, activations_dtype or DEFAULT_DTYPE
    size = dtype_of(activations_dtype).value
    columns = [_count_live_bytes(network, allocator, size, options) for allocator in allocators]
    rows = tuple(
        MemoryRow(
            name=memory.step.name,
            weights=memory.step.tally.weights * dtype_of(weights_dtype).value,
            input=memory.reads * size,
            output=memory.makes * size,
            waiting=memory.waiting * size,
            live=tuple(column[index] for column in columns),
        )
        for index, memory in enumerate(list_step_memory(network))
    )
    peaks = [
        Peak(allocator, max(column), rows[column.index(max(column))].name)
        for allocator, column in zip(allocators, columns, strict=True)
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
    """Yield the largest map between blocks at each height and width, with `size` bytes per element.

    The rule of the V2 paper's table 3 (arXiv:1801.04381v4): "the max number of channels/memory that needs to be
    materialized at each spatial resolution". Maps inside a block do not count.
    """
    ends = [list(steps)[-1] for _, steps in groupby(network.steps, attrgetter("block"))]
    for height, width in dict.fromkeys((step.output.height, step.output.width) for step in ends):
        candidates = [step for step in ends if (step.output.height, step.output.width) == (height, width)]
        # At 1x1 every map is a vector, so there are no blocks to distinguish from plain convolutions.
        plain = {step.name for step in candidates if step.row.operator == "conv" and (height, width) != (1, 1)}
        largest = max(candidates, key=_count_elements)
        yield _describe_map(largest, size, plain=largest.name in plain)
        blocks = [step for step in candidates if step.name not in plain]
        if largest.name in plain and blocks:
            yield _describe_map(max(blocks, key=_count_elements), size, plain=False)


def _count_elements(step: Step) -> int:
    return step.output.elements


def _describe_map(step: Step, size: int, *, plain: bool) -> LargestMap:
    shape = step.output
    return LargestMap(shape.height, shape.width, shape.channels, shape.elements * size, step.name, plain)


def _count_live_bytes(network: Network, allocator: str, size: int, options: ArenaOptions) -> tuple[int, ...]:
    """Return the live bytes during each step."""
    if allocator == "arena":
        return find_ends(plan_arena(network, size, options), len(network.steps))
    return tuple(elements * size for elements in count_live_elements(network, allocator))
