"""The arena of TensorFlow Lite for Microcontrollers: every tensor of a file at an offset, by its greedy planner.

The rules are those of AllocationInfoBuilder and GreedyMemoryPlanner (tensorflow/lite/micro, micro_allocation_info.cc
and greedy_memory_planner.cc), with the reference kernels. They give the part of the arena that operators share, its
head. What the micro allocator keeps for the whole life of the model, the tail, is not part of it: structures of tensors
and operators, and the numbers that kernels prepare, whose size depends on the processor and the library.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

from mbcost.analytic.memory.arena import Buffer, check_count
from mbcost.analytic.memory.tensors import count_bytes
from mbcost.analytic.memory.tflite_arena import Arena
from mbcost.analytic.memory.tflite_scratch import MALFORMED, WITHOUT, WORD, refuse_operands
from mbcost.errors import MbcostError
from mbcost.spec.graph import Graph, Operator

ALIGNMENT = 16
"""The sizes of buffers are rounded up to multiples of this (MicroArenaBufferAlignment), in bytes."""
SUMMED = ("int8", "int16")
"""The dtypes of maps whose mean is summed in int32."""
REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")
"""Operators that ask for an index, with one number per dimension, and for the axes (reduce_common.cc)."""


def plan_micro(graph: Graph) -> Arena:
    """Return the arena of a TensorFlow Lite file on a microcontroller, in bytes; no tensor shares another's buffer.

    Sizes are rounded up to the alignment. An offline plan that a file can contain is not read.

    Raises:
        MbcostError: the graph is not that of such a file, or an operator has scratch buffers that are not known.
    """
    if graph.form != "tflite":
        raise MbcostError(
            f"{graph.name}: the arena of a microcontroller is known for .tflite files: convert it, or leave out the "
            "option"
        )
    check_count(graph.name, len(graph.tensors))
    buffers = [*_list_tensors(graph), *_list_scratches(graph)]
    # The largest first; of equally large ones, the last one that was added.
    buffers.reverse()
    return Arena(place_lowest(sorted(buffers, key=lambda buffer: -buffer.size)), {})


def place_lowest(buffers: Iterable[Buffer]) -> tuple[Buffer, ...]:
    """Return buffers with offsets: each gets the lowest gap between those placed before it that is large enough.

    >>> a, b, c = Buffer("a", 0, 48, 0, 1), Buffer("b", 0, 32, 1, 2), Buffer("c", 0, 32, 2, 3)
    >>> [(buffer.name, buffer.offset) for buffer in place_lowest([a, b, c])]
    [('a', 0), ('b', 48), ('c', 0)]
    """
    placed: list[Buffer] = []
    by_offset: list[Buffer] = []
    for buffer in buffers:
        offset = 0
        for other in by_offset:
            if other.first <= buffer.last and buffer.first <= other.last:
                if other.offset - offset >= buffer.size:
                    break
                offset = max(offset, other.end)
        placed.append(replace(buffer, offset=offset))
        insort(by_offset, placed[-1], key=attrgetter("offset"))
    return tuple(placed)


def _list_tensors(graph: Graph) -> Iterator[Buffer]:
    """Yield each computed tensor from the operator that makes it to the last that reads it; outputs to the end.

    The inputs are live from the first operator on.
    """
    last_index = len(graph.operators) - 1
    first = dict.fromkeys(graph.inputs, 0)
    last = dict.fromkeys(graph.inputs, -1)
    for index, operator in enumerate(graph.operators):
        first |= dict.fromkeys(operator.makes, index)
        last |= dict.fromkeys((*operator.reads, *operator.makes), index)
    last |= dict.fromkeys(graph.outputs, last_index)
    for name in graph.order or graph.tensors:
        tensor = graph.tensors.get(name)
        if tensor is not None and not tensor.constant and (size := align(count_bytes(tensor))):
            yield Buffer(name, 0, size, first.get(name, -1), last.get(name, -1))


def _list_scratches(graph: Graph) -> Iterator[Buffer]:
    for index, operator in enumerate(graph.operators):
        for number, size in enumerate(list_scratch_sizes(graph, operator), start=1):
            yield Buffer(f"{operator.name} scratch {number}", 0, align(size), index, index)


def list_scratch_sizes(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """Return the bytes of each scratch buffer that the reference kernel of an operator asks for.

    Raises:
        MbcostError: they are not known.
    """
    try:
        return _list_sizes(graph, operator)
    except MALFORMED:
        raise refuse_operands(graph, operator) from None


def _list_sizes(graph: Graph, operator: Operator) -> tuple[int, ...]:
    if operator.written in REDUCTIONS:
        source, output = graph.tensors[operator.reads[0]], graph.tensors[operator.makes[0]]
        sums = operator.written in ("MEAN", "SUM") and source.dtype in SUMMED
        axes = graph.tensors[operator.reads[1]].elements
        return (*([output.elements * WORD] if sums else []), len(source.shape) * WORD, axes * WORD)
    if operator.written in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        weights = graph.tensors[operator.reads[1]]
        # Weights of four bits are unpacked.
        return (weights.elements,) if weights.dtype == "int4" else ()
    if operator.written not in WITHOUT:
        raise MbcostError(
            f"{graph.name}: {operator.name}: the scratch buffers of {operator.written or operator.kind} on a "
            "microcontroller are not known: leave out the option of the arena"
        )
    return ()


def align(size: int) -> int:
    """Return the bytes rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT
