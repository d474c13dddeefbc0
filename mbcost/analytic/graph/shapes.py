"""The tensors of a graph as feature maps of one image."""

from __future__ import annotations

from mbcost.analytic.graph.units import find_channel_axis
from mbcost.analytic.layers import Shape
from mbcost.errors import MbcostError
from mbcost.spec.graph import Graph


def shape_map(graph: Graph, tensor: str, kind: str) -> Shape:
    """Return a tensor as a map for one image, as an operator of `kind` reads or makes it.

    The first side is the batch if there are two or more. A map with depth is `depth * height` high.

    Raises:
        MbcostError: the operator mixes the images of a batch.

    >>> from mbcost.spec.graph import Tensor
    >>> maps = {"a": Tensor("a", (1, 8, 7, 5)), "b": Tensor("b", (1, 49, 8))}
    >>> graph = Graph("net", "net.onnx", "onnx", "NCHW", ("a",), ("b",), (), maps)
    >>> shape_map(graph, "a", "conv"), shape_map(graph, "b", "linear")
    (Shape(channels=8, height=7, width=5), Shape(channels=8, height=1, width=49))
    """
    shape = graph.tensors[tensor].shape
    if not shape:
        return Shape(1, 1, 1)
    axis = find_channel_axis(graph, kind, len(shape))
    sides = [side for index, side in enumerate(shape) if index not in (0, axis)]
    outer = shape[0] if axis else 1
    if outer % graph.batch == 0:
        outer //= graph.batch
    elif sides and sides[0] % graph.batch == 0:
        sides[0] //= graph.batch
    elif axis:
        raise MbcostError(
            f"{graph.source}: '{tensor}' mixes the {graph.batch} images of a batch: give the size of the input with a "
            "batch of 1, as in --input NAME=1x3x224x224"
        )
    sides = [outer, *sides] if outer > 1 else sides
    width = sides.pop() if sides else 1
    height = 1
    for side in sides:
        height *= side
    return Shape(shape[axis], height, width)
