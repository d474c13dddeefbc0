"""How many bytes must be in memory during each step of a file or of a traced model, and what its flash is?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mbcost.analytic.layers import Conv2d, Linear
from mbcost.analytic.memory.arena import MAPS_ALONE, TENSORFLOW_LITE, TENSORFLOW_LITE_MICRO, ArenaOptions, find_ends
from mbcost.analytic.memory.file_flash import list_weight_bytes, read_flash
from mbcost.analytic.memory.flash import Flash, compute_flash, count_stored
from mbcost.analytic.memory.graph_maps import Maps, count_live_bytes, find_maps, find_step_ends, plan_graph_arena
from mbcost.analytic.memory.micro import plan_micro
from mbcost.analytic.memory.tflite_arena import plan_tensorflow_lite
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.device.bytes import Memory, MemoryRow, Peak
from mbcost.spec.dtype import dtype_of
from mbcost.spec.graph import Graph

RUNTIMES = {TENSORFLOW_LITE: plan_tensorflow_lite, TENSORFLOW_LITE_MICRO: plan_micro}
"""The plan of a runtime for each set of options that stands for one."""
UNPLANNED = ("share_add", "unfold", "pool_sums", "pad")
"""The options of the arena that a graph has only in the plan of its runtime."""


def compute_graph_memory(
    network: Network,
    graph: Graph,
    allocators: Sequence[str],
    dtypes: tuple[str | None, str | None],
    options: ArenaOptions,
) -> Memory:
    """Return the bytes of a graph.

    Args:
        network: the network of the graph.
        graph: the graph as it was read.
        allocators: names of allocation models.
        dtypes: those of weights and of activations; None for those of the file.
        options: of the arena.

    Raises:
        MbcostError: an option or a dtype does not apply to it, or the bytes of a tensor are not known.
    """
    weights_dtype, activations_dtype = dtypes
    _check_dtypes(graph, dtypes)
    maps = find_maps(graph, activations_dtype)
    columns = [_list_column(maps, graph, allocator, activations_dtype, options) for allocator in allocators]
    weights = _list_weights(network, graph, maps, weights_dtype)
    rows = tuple(
        MemoryRow(step.name, weight, maps_of.reads, maps_of.makes, maps_of.waiting, tuple(live))
        for step, weight, maps_of, *live in zip(network.steps, weights, maps.steps, *columns, strict=True)
    )
    peaks = [
        Peak(allocator, max(column), rows[column.index(max(column))].name)
        for allocator, column in zip(allocators, columns, strict=True)
    ]
    flash = _find_flash(network, graph, weights_dtype, activations_dtype)
    constants = (tensor.dtype for tensor in graph.tensors.values() if tensor.constant and len(tensor.shape) > 1)
    computed = (graph.tensors[name].dtype for operator in graph.operators for name in operator.makes if name)
    return Memory(
        network,
        weights_dtype or name_dtypes(constants),
        activations_dtype or name_dtypes(computed),
        options,
        rows,
        tuple(peaks),
        flash,
        (),
    )


def name_dtypes(dtypes: Iterable[str]) -> str:
    """Return the dtypes of several tensors, most frequent first.

    >>> name_dtypes(["int8", "float32", "int8"])
    'int8+float32'
    """
    return "+".join(dtype for dtype, _ in Counter(dtypes).most_common()) or "none"


def _check_dtypes(graph: Graph, dtypes: tuple[str | None, str | None]) -> None:
    """Check that a dtype is not given for a file of integers, of which it would change nothing.

    Raises:
        MbcostError: it is.
    """
    quantized = [tensor.dtype for tensor in graph.tensors.values() if tensor.scales]
    for dtype in filter(None, dtypes):
        if quantized and dtype not in quantized:
            raise MbcostError(
                f"{graph.source} is quantized, with numbers of {quantized[0]}: leave out the dtype {dtype}, which is "
                "for models of float numbers"
            )


def _list_column(maps: Maps, graph: Graph, allocator: str, dtype: str | None, options: ArenaOptions) -> tuple[int, ...]:
    if allocator != "arena":
        return count_live_bytes(maps, allocator)
    if options in RUNTIMES:
        if dtype is not None and graph.form == "tflite" and options != MAPS_ALONE and not _has(graph, dtype):
            raise MbcostError(f"{graph.source}: a runtime plans the file as it is: leave out the dtype {dtype}")
        return find_step_ends(maps, graph, RUNTIMES[options](graph).buffers)
    if given := [name for name in UNPLANNED if getattr(options, name)]:
        raise MbcostError(
            f"{graph.source}: the arena option {given[0].replace('_', '-')} is for tables: write --arena "
            "tensorflow-lite for the plan of a .tflite file, or keep-input and align"
        )
    return find_ends(plan_graph_arena(maps, options), len(maps.steps))


def _has(graph: Graph, dtype: str) -> bool:
    return any(tensor.dtype == dtype for tensor in graph.tensors.values() if not tensor.constant)


def _list_weights(network: Network, graph: Graph, maps: Maps, dtype: str | None) -> list[int]:
    """Return the bytes of each step's weights: those in the file, or with a dtype."""
    if dtype is None and graph.bytes:
        stored = dict(list_weight_bytes(graph))
        return [sum(stored.get(operator.name, 0) for operator in step.unit.operators) for step in maps.steps]
    size = dtype_of(dtype or "float32").value
    return [
        size * sum(layer.tally().weights for layer in step.layers if isinstance(layer, Conv2d | Linear))
        for step in network.steps
    ]


def _find_flash(network: Network, graph: Graph, weights: str | None, activations: str | None) -> Flash:
    if weights is None and graph.bytes:
        return read_flash(graph)
    return compute_flash(count_stored(network), weights or "float32", activations)
