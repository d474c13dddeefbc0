"""A graph as a network, which exists at its own resolution and widths only."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator

from mbcost.analytic.flat import AS_WRITTEN
from mbcost.analytic.graph.count import Counter, check_graph
from mbcost.analytic.graph.shapes import shape_map
from mbcost.analytic.graph.units import Unit, clean_graph, list_units
from mbcost.analytic.layers import Layer
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.spec.graph import Graph, NotCounted
from mbcost.spec.table import Row, Spec


def resolve_graph(graph: Graph) -> Network:
    """Return the network of a graph, whose layers are named `<index>.1.<name of the operator>`.

    Raises:
        MbcostError: the graph contradicts itself, has no operator, or mixes the images of a batch.
    """
    check_graph(graph)
    units = list_units(clean_graph(graph))
    if not units:
        raise MbcostError(f"{graph.source} has no operator that depends on an input: export the model again")
    counter = Counter(clean_graph(graph))
    layers: list[Layer] = []
    rows: list[Row] = []
    for index, unit in enumerate(units):
        built = tuple(counter.build(unit, f"{index}.1.{unit.lead.name}"))
        layers += built
        rows.append(_describe_row(index, unit, built[-1].output.channels))
    image = shape_map(graph, find_image(graph), "conv")
    resolution = image.height, image.width
    spec = Spec(graph.name, "", graph.source, image.channels, resolution, ("operator", "c", "s"), tuple(rows), {})
    return Network(
        spec, 1.0, resolution, AS_WRITTEN, layers[-1].output.channels, image.channels, tuple(layers), graph,
        tuple(list_not_counted(graph)),
    )  # fmt: skip


def find_image(graph: Graph) -> str:
    """Return the input of a graph with the most sides, the first of those with equally many.

    Raises:
        MbcostError: it has no input.
    """
    if not graph.inputs:
        raise MbcostError(f"{graph.source} has no input: export the model again")
    return max(graph.inputs, key=lambda name: len(graph.tensors[name].shape))


def list_not_counted(graph: Graph) -> Iterator[NotCounted]:
    """Yield the operators that are not known, by what the file calls them and why."""
    unknown = Counts((operator.written, operator.reason) for operator in graph.operators if operator.kind == "unknown")
    for (written, reason), count in unknown.items():
        yield NotCounted(written, count, reason)


def _describe_row(index: int, unit: Unit, channels: int) -> Row:
    window = unit.lead.window
    kernel, stride = (None, None) if window is None else (window.kernel, window.stride[0])
    return Row(index, unit.lead.kind, k=kernel, c=channels, s=stride)
