"""Which tensors of a graph are live during each of its steps, in bytes, whatever its branches are.

A step is a row of the graph's table: an operator with the bias, the norm and the activation after it, which write over
what it makes. Inputs are live from the first step to the last one that reads them, outputs to the end. A reshape makes
nothing: its result is the same bytes as what it reads, so both live as long as either. The allocation models are those
of `mbcost/analytic/memory/allocators.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mbcost.analytic.graph.units import Unit, clean_graph, find_channel_axis, list_units
from mbcost.analytic.memory.arena import ALIGNMENT, ArenaOptions, Buffer, check_count, place_buffers
from mbcost.analytic.memory.tensors import count_bytes
from mbcost.spec.graph import Graph, Tensor, Window

FLOATS = ("float", "bfloat")
"""How the names of the dtypes begin that another dtype can replace."""


@dataclass(frozen=True)
class Step:
    """The bytes of one step."""

    unit: Unit
    reads: int
    makes: int
    """Bytes of new tensors; none for a reshape."""
    before: int
    """Bytes of the tensors that are live before it makes any, those that it reads included."""

    @property
    def waiting(self) -> int:
        """Bytes of the tensors that a later step reads, and that this one neither reads nor makes."""
        return self.before - self.reads


@dataclass(frozen=True)
class Maps:
    """The steps of a graph, and the buffers of its computed tensors."""

    graph: Graph
    """With constants folded."""
    steps: tuple[Step, ...]
    owners: Mapping[str, str]
    """The tensor whose bytes a tensor has, which is itself unless a reshape made it."""
    sizes: Mapping[str, int]
    """The bytes of each owner."""
    first: Mapping[str, int]
    last: Mapping[str, int]
    """The last step that reads an owner, the last step of all for an output; that which makes it if none reads it."""


def find_maps(graph: Graph, dtype: str | None = None) -> Maps:
    """Return the live tensors of a graph.

    Args:
        graph: the graph, as it was read.
        dtype: the dtype of all tensors of float numbers; by default their own.

    Raises:
        MbcostError: the bytes of a tensor are not known, such as those of text.
    """
    graph = clean_graph(graph)
    units = list_units(graph)
    owners = {name: name for name in graph.inputs}
    for unit in units:
        same = unit.lead.kind == "reshape" and bool(unit.reads)
        owners |= {name: owners[unit.reads[0]] if same else name for name in unit.makes if name}
    first = {owners[name]: 0 for name in graph.inputs}
    last: dict[str, int] = {}
    for index, unit in enumerate(units):
        for name in unit.makes:
            first.setdefault(owners[name], index)
            last.setdefault(owners[name], index)
        last |= {owners[name]: index for name in unit.reads if name in owners}
    last |= {owners[name]: len(units) - 1 for name in graph.outputs if name in owners}
    sizes = {name: count_bytes(graph.tensors[name], choose_dtype(graph.tensors[name], dtype)) for name in first}
    steps = tuple(_list_steps(units, owners, sizes, first, last, graph))
    return Maps(graph, steps, owners, sizes, first, last)


def choose_dtype(tensor: Tensor, dtype: str | None) -> str | None:
    """Return the dtype that replaces a tensor's own; None if it keeps its own."""
    return dtype if tensor.dtype.startswith(FLOATS) else None


def _list_steps(
    units: tuple[Unit, ...],
    owners: Mapping[str, str],
    sizes: Mapping[str, int],
    first: Mapping[str, int],
    last: Mapping[str, int],
    graph: Graph,
) -> Iterator[Step]:
    ends: dict[int, int] = {}
    for name, index in last.items():
        ends[index] = ends.get(index, 0) + sizes[name]
    inputs = {owners[name] for name in graph.inputs}
    live = sum(sizes[name] for name in inputs if name in last)
    for index, unit in enumerate(units):
        reads = sum(sizes[name] for name in {owners[name] for name in unit.reads if name in owners})
        new = {owners[name] for name in unit.makes} - inputs
        makes = sum(sizes[name] for name in new if first[name] == index)
        yield Step(unit, reads, makes, live)
        live += makes - ends.get(index, 0)


def count_live_bytes(maps: Maps, allocator: str) -> tuple[int, ...]:
    """Return the bytes that are live during each step under a model without offsets."""
    live = [step.before + step.makes for step in maps.steps]
    if allocator != "naive":
        for index in range(len(live)):
            if _writes_in_place(maps, index):
                live[index] -= maps.steps[index].makes
    if allocator == "fused-block":
        for start, end in find_sliced_blocks(maps):
            bytes_ = maps.steps[start].before + maps.steps[end].makes
            live[start : end + 1] = [bytes_] * (end + 1 - start)
    return tuple(live)


def _writes_in_place(maps: Maps, index: int) -> bool:
    """Return whether a step is a depthwise convolution that can write over its input, which nothing else needs."""
    step = maps.steps[index]
    if not is_depthwise(maps.graph, step.unit):
        return False
    return maps.last[maps.owners[step.unit.reads[0]]] == index and step.makes <= step.reads


def is_depthwise(graph: Graph, unit: Unit) -> bool:
    """Return whether a unit computes each output channel from the same input channel alone."""
    if unit.lead.kind != "conv" or len(unit.reads) != 1 or len(unit.makes) != 1:
        return False
    channels = _count_channels(graph, unit.reads[0])
    return 1 < channels == unit.lead.groups == _count_channels(graph, unit.makes[0])


def find_sliced_blocks(maps: Maps) -> Iterator[tuple[int, int]]:
    """Yield the first and the last step of each inverted residual that can be computed in slices.

    It is a pointwise convolution that expands, perhaps a padding, a depthwise convolution, a pointwise convolution, and
    perhaps a sum with another tensor, each of which nothing but the next one reads. The expanded map must have at least
    as many channels as the input and the output.
    """
    start = 0
    while start < len(maps.steps):
        end = _find_end(maps, start)
        if end is None:
            start += 1
        else:
            yield start, end
            start = end + 1


def _find_end(maps: Maps, start: int) -> int | None:
    units = [step.unit for step in maps.steps[start : start + 5]]
    graph = maps.graph
    if not units or not _is_pointwise(units[0]) or not units[0].reads:
        return None
    middle = 2 if len(units) > 2 and units[1].lead.kind == "pad" else 1
    if len(units) < middle + 2 or not is_depthwise(graph, units[middle]) or not _is_pointwise(units[middle + 1]):
        return None
    if not all(_feeds_only(maps, start + offset) for offset in range(middle + 1)):
        return None
    expanded, output = (_count_channels(graph, units[offset].makes[0]) for offset in (0, middle + 1))
    if expanded < max(output, _count_channels(graph, units[0].reads[0])):
        return None
    added = len(units) > middle + 2 and units[middle + 2].lead.kind == "add" and _feeds_only(maps, start + middle + 1)
    return start + middle + 1 + added


def _feeds_only(maps: Maps, index: int) -> bool:
    """Return whether what a step makes is read by the next step, and by nothing else."""
    makes = maps.steps[index].unit.makes
    if len(makes) != 1:
        return False
    made = maps.owners[makes[0]]
    follower = maps.steps[index + 1].unit
    return maps.last[made] == index + 1 and made in {maps.owners.get(name) for name in follower.reads}


def _is_pointwise(unit: Unit) -> bool:
    window = unit.lead.window or Window()
    one = {*window.kernel, *window.stride} == {1}
    return unit.lead.kind == "conv" and unit.lead.groups == 1 and one and len(unit.reads) == len(unit.makes) == 1


def _count_channels(graph: Graph, name: str) -> int:
    shape = graph.tensors[name].shape
    return shape[find_channel_axis(graph, "conv", len(shape))] if shape else 1


def plan_graph_arena(maps: Maps, options: ArenaOptions) -> tuple[Buffer, ...]:
    """Return the tensors of a graph in one arena, as `plan_arena` does for a table.

    Of the options, `keep_input` and `align` apply.
    """
    check_count(maps.graph.name, len(maps.sizes))
    steps = len(maps.steps)
    kept = {maps.owners[name] for name in maps.graph.inputs} if options.keep_input else set[str]()
    buffers = [
        Buffer(name, 0, size, maps.first[name], steps if name in kept else maps.last[name])
        for name, size in maps.sizes.items()
        if name in maps.last
    ]
    return place_buffers(buffers, ALIGNMENT if options.align else 1, steps)


def find_step_ends(maps: Maps, graph: Graph, buffers: tuple[Buffer, ...]) -> tuple[int, ...]:
    """Return, for each step, the end of the last buffer that is live during one of its operators.

    Args:
        maps: the steps.
        graph: the graph as it was read, whose operators the steps `first` and `last` of the buffers count.
        buffers: the buffers.
    """
    steps = {operator.name: index for index, step in enumerate(maps.steps) for operator in step.unit.operators}
    # An operator that is folded belongs to the next one that is not.
    numbers: list[int] = []
    step = len(maps.steps) - 1
    for operator in reversed(graph.operators):
        step = steps.get(operator.name, step)
        numbers.append(step)
    numbers.reverse()
    ends = [0] * len(maps.steps)
    tops = [0] * len(numbers)
    for buffer in buffers:
        for index in range(max(buffer.first, 0), min(buffer.last + 1, len(tops))):
            tops[index] = max(tops[index], buffer.end)
    for number, top in zip(numbers, tops, strict=True):
        ends[number] = max(ends[number], top)
    return tuple(ends)
