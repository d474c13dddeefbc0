"""Small graphs, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mbcost.spec.graph import Graph, Operator, Tensor, Window

Shape = tuple[int, ...]


def weights(name: str, shape: Shape, values: tuple[float, ...] | None = None, **fields: object) -> Tensor:
    """Return a float constant."""
    elements = 1
    for side in shape:
        elements *= side
    return Tensor(name, shape, stored=4 * elements, values=values, **fields)  # type: ignore[arg-type]


def make_graph(
    operators: Sequence[Operator],
    tensors: Sequence[Tensor],
    *,
    form: str = "onnx",
    batch: int = 1,
) -> Graph:
    """Return a graph that reads `x` and returns what the last operator makes."""
    known: Mapping[str, Tensor] = {tensor.name: tensor for tensor in tensors}
    return Graph("net", f"net.{form}", form, "NCHW", ("x",), operators[-1].makes, tuple(operators), known, batch)


def conv(name: str, reads: tuple[str, ...], makes: str, kernel: int = 3, **fields: object) -> Operator:
    """Return a convolution with stride 1 that keeps the size of its map."""
    side = kernel // 2
    window = Window((kernel, kernel), padding=(side, side, side, side))
    return Operator(name, "conv", reads, (makes,), written="Conv", window=window, **fields)  # type: ignore[arg-type]
