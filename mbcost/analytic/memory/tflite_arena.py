"""The arena of TensorFlow Lite's interpreter for the operators of a file: where every tensor and scratch buffer lies.

The rules are those of ArenaPlanner and SimpleMemoryArena (tensorflow/lite, arena_planner.cc, simple_memory_arena.cc)
as TensorFlow 2.21 has them, for an interpreter without delegates whose shapes are all known before it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mbcost.analytic.memory.arena import ALIGNMENT, Buffer, check_count, place_in_order
from mbcost.analytic.memory.libstdcxx import list_as_set, sort_by_keys
from mbcost.analytic.memory.tensors import count_bytes
from mbcost.analytic.memory.tflite_scratch import list_scratches
from mbcost.errors import MbcostError
from mbcost.spec.graph import Graph, Operator

OVERWRITES: Mapping[str, int] = {"ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2, "SOFTMAX": 1, "DYNAMIC_UPDATE_SLICE": 1}
"""The operators that can write their output over one of their first inputs, and how many of these they try
(kTfLiteInplaceOpInput0Shared and kTfLiteInplaceOpInput1Shared in the kernels' registrations)."""
SAME_BYTES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST"})
"""The operators whose output is their first input in another shape (kTfLiteInplaceOpDataUnmodified)."""
SHAPED = frozenset({"RESHAPE", "BROADCAST_TO", "FILL", "TILE", "SLICE", "STRIDED_SLICE", "RESIZE_BILINEAR"})
"""Operators whose output has a shape that a computed input states, if that input is not a constant."""
SMALLEST_OVERWRITTEN = 5
"""A tensor of four bytes or fewer is never overwritten (kScalarTensorBytes)."""


@dataclass(frozen=True)
class Arena:
    """A plan: buffers with offsets, and the tensors that lie in the buffer of another tensor."""

    buffers: tuple[Buffer, ...]
    """In the order in which they are placed; `first` and `last` are indices of operators, and a buffer that is kept to
    the end has `last` equal to the number of operators."""
    shared: Mapping[str, str]
    """The name of a tensor, and that of the tensor whose buffer it uses."""

    def find_offset(self, name: str) -> int:
        """Return the offset of a computed tensor or of a scratch buffer."""
        owner = self.shared.get(name, name)
        return next(buffer.offset for buffer in self.buffers if buffer.name == owner)


def plan_tensorflow_lite(graph: Graph) -> Arena:
    """Return the arena of a TensorFlow Lite file, in bytes.

    Raises:
        MbcostError: the graph is not that of such a file; an operator has scratch buffers that are not known, or makes
            a tensor whose shape is only known when it runs.
    """
    check_form(graph)
    check_count(graph.name, len(graph.tensors))
    shared = find_shared(graph)
    end = len(graph.operators)
    numbers = {name: number for number, name in enumerate(graph.order or graph.tensors)}

    def order(buffer: Buffer) -> tuple[int, int, int]:
        if buffer.first == 0 and buffer.last == end:
            return (0, numbers.get(buffer.name, 0), 0)
        return (1, -buffer.size, buffer.first)

    listed = _list_buffers(graph, find_lifetimes(graph, shared), numbers)
    ordered = sort_by_keys(listed, [order(buffer) for buffer, _ in listed])
    in_arena = [buffer for buffer, persistent in ordered if not persistent and buffer.name not in shared]
    return Arena(place_in_order(in_arena, ALIGNMENT), shared)


def _list_buffers(
    graph: Graph, lifetimes: Mapping[str, tuple[int, int]], numbers: Mapping[str, int]
) -> list[tuple[Buffer, bool]]:
    """Return tensors and scratch buffers by operator, in the order of the set of their numbers.

    Scratch buffers are numbered after all tensors of the file, operator by operator (ArenaPlanner::nodes_to_tensors_).
    The second value says whether a buffer is persistent.
    """
    made = list(graph.inputs)
    listed: list[tuple[Buffer, bool]] = []
    count = len(numbers)
    planned, elsewhere = find_planned(graph)
    for index, operator in enumerate(graph.operators[:planned]):
        made += filter(None, operator.makes)
        kept = set(operator.makes) if is_persistent(graph, operator) else set[str]()
        buffers = {
            numbers[name]: (Buffer(name, 0, count_bytes(graph.tensors[name]), *lifetimes[name]), name in kept)
            for name in made
        }
        made = []
        for number, scratch in enumerate(list_scratches(graph, operator), start=1):
            buffer = Buffer(f"{operator.name} scratch {number}", 0, scratch.size, index, index)
            buffers[count] = (buffer, scratch.persistent)
            count += 1
        listed += [buffers[number] for number in list_as_set(buffers)]
    return [pair for pair in listed if pair[0].size and pair[0].name not in elsewhere]


def is_persistent(graph: Graph, operator: Operator) -> bool:
    """Return whether what an operator makes is kept between two runs: numbers made from a constant (dequantize.cc)."""
    return operator.written == "DEQUANTIZE" and graph.tensors[operator.reads[0]].constant


def check_form(graph: Graph) -> None:
    """Check that a graph has the operators of TensorFlow Lite.

    Raises:
        MbcostError: it does not.
    """
    if graph.form != "tflite":
        raise MbcostError(
            f"{graph.name}: TensorFlow Lite's arena is known for .tflite files: convert it, or leave out the option"
        )


def find_planned(graph: Graph) -> tuple[int, frozenset[str]]:
    """Return how many operators are planned before the model runs, and the tensors that are kept elsewhere.

    An open batch makes operators that compute a shape: SHAPE, STRIDED_SLICE, PACK. The interpreter knows the results of
    the first two when it allocates, and keeps them outside the arena. It plans until the first operator whose output
    has a shape that is computed, that operator included; the memory of the others is planned when it has run.

    Raises:
        MbcostError: another operator reads such a result.
    """
    kept: set[str] = set()
    shapes: set[str] = set()
    for index, operator in enumerate(graph.operators):
        computed = [name for name in operator.reads if name and not graph.tensors[name].constant]
        if operator.written == "SHAPE" or (operator.written == "STRIDED_SLICE" and kept.issuperset(computed)):
            kept.update(operator.makes)
        elif operator.written == "PACK" and kept.issuperset(computed):
            shapes.update(operator.makes)
        elif operator.written == "RESHAPE" and len(computed) > 1 and computed[1] in shapes:
            return index + 1, frozenset(kept)
        elif (operator.written in SHAPED and len(computed) > 1) or not (kept | shapes).isdisjoint(computed):
            raise MbcostError(
                f"{graph.name}: {operator.name} ({operator.written}) depends on a shape that is computed, and what "
                "TensorFlow Lite plans then is not known: convert the model with the size of its batch stated"
            )
    return len(graph.operators), frozenset(kept)


def find_shared(graph: Graph) -> dict[str, str]:
    """Return the tensors that use the buffer of another one, and that one (ArenaPlanner::IdentifyInPlaceTensors)."""
    references = Counter(graph.outputs) + Counter(graph.inputs)
    references.update(name for operator in graph.operators for name in operator.reads if name)
    shared: dict[str, str] = {}
    for operator in graph.operators:
        if operator.makes and (candidate := _find_overwritten(graph, operator, references)):
            owner = shared.get(candidate, candidate)
            if operator.written in SAME_BYTES or references[owner] <= 1:
                shared[operator.makes[0]] = owner
    return shared


def _find_overwritten(graph: Graph, operator: Operator, references: Counter[str]) -> str | None:
    """Return the first input that an operator can overwrite (ArenaPlanner::InputTensorCanBeShared)."""
    keeps = operator.written in SAME_BYTES
    output = graph.tensors[operator.makes[0]]
    if output.name in graph.outputs:
        return None
    for name in operator.reads[: 1 if keeps else OVERWRITES.get(operator.written, 0)]:
        if not name or name in graph.inputs or graph.tensors[name].constant:
            continue
        size = count_bytes(graph.tensors[name])
        if size != count_bytes(output) or (not keeps and (size < SMALLEST_OVERWRITTEN or references[name] > 1)):
            continue
        return name
    return None


def find_lifetimes(graph: Graph, shared: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Return the operators that make each computed tensor and that read it, or those that share its buffer, last.

    Inputs and outputs of the graph are kept until the end, and so is a tensor that no operator reads.
    """
    end = len(graph.operators)
    first = dict.fromkeys(graph.inputs, 0)
    last: dict[str, int] = {}
    for index, operator in enumerate(graph.operators):
        first |= {name: index for name in operator.makes if name}
        last |= {shared.get(name, name): index for name in operator.reads if name}
    kept = {*graph.inputs, *graph.outputs}
    return {name: (start, end if name in kept else last.get(name, end)) for name, start in first.items()}


def list_offsets(arena: Arena) -> Iterator[tuple[str, int]]:
    """Yield every tensor and scratch buffer with its offset."""
    offsets = {buffer.name: buffer.offset for buffer in arena.buffers}
    yield from offsets.items()
    yield from ((name, offsets[owner]) for name, owner in arena.shared.items() if owner in offsets)
