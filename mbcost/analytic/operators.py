"""One generator an operator of the table: a row's repeat -> its layers, in order of execution."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from mbcost.analytic.layers import Activation, Add, BatchNorm, Conv2d, GlobalPool, Layer, Linear, Multiply, Shape
from mbcost.spec.model import Row, Scaling


@dataclass(frozen=True)
class Block:
    """One repeat of a row: where it stands, what it reads, and the rules it is built by."""

    row: Row
    repeat: int
    input: Shape
    scaling: Scaling

    @property
    def stride(self) -> int:
        """The row's stride belongs to its first repeat."""
        return self.row.stride if self.repeat == 1 else 1

    @property
    def channels(self) -> int:
        """Output channels."""
        return self.scaling.output(self.row.stage, self.input.channels)

    def name(self, part: str) -> str:
        """`<stage>.<repeat>.<part>`."""
        return f"{self.row.stage}.{self.repeat}.{part}"

    def convolution(
        self,
        part: str,
        shape: Shape,
        channels: int,
        *,
        kernel: tuple[int, int] = (1, 1),
        stride: int = 1,
        depthwise: bool = False,
        function: str | None = None,
    ) -> Iterator[Layer]:
        """A convolution with its norm, or with its bias where the part has one, and its activation."""
        implementation = self.scaling.implementation
        bias = part in implementation.bias
        conv = Conv2d(
            self.name(part),
            shape,
            channels,
            kernel,
            stride,
            groups=shape.channels if depthwise else 1,
            bias=bias,
            padding=implementation.padding["depthwise" if depthwise else "conv"],
        )
        yield conv
        yield from self.finish(part, conv.output, norm=not bias, function=function)

    def finish(self, part: str, shape: Shape, *, norm: bool, function: str | None) -> Iterator[Layer]:
        """What follows a convolution or linear layer in its table row."""
        if norm:
            yield BatchNorm(self.name(part), shape, self.scaling.implementation.fused_norm)
        if function is not None:
            yield Activation(self.name(part), shape, function)

    def activation(self) -> str | None:
        """The function behind the row's NL letter."""
        return None if self.row.nl is None else self.scaling.implementation.activations[self.row.nl]


def conv(block: Block) -> Iterator[Layer]:
    """A standard convolution, norm, activation."""
    yield from block.convolution(
        "conv", block.input, block.channels, kernel=block.row.kernel, stride=block.stride, function=block.activation()
    )


def separable(block: Block) -> Iterator[Layer]:
    """A depthwise separable convolution: V1 paper, section 3.1 and the right of figure 3."""
    depthwise = block.convolution(
        "depthwise",
        block.input,
        block.input.channels,
        kernel=block.row.kernel,
        stride=block.stride,
        depthwise=True,
        function=block.activation(),
    )
    shape = yield from _passing(depthwise)
    yield from block.convolution("pointwise", shape, block.channels, function=block.activation())


def bottleneck(block: Block) -> Iterator[Layer]:
    """An inverted residual with linear bottleneck: V2 paper, table 1; with squeeze-and-excite: V3 paper, figure 4.

    There is no expansion where the expanded width is the input width (t = 1), as in every implementation.
    """
    stage, function = block.row.stage, block.activation()
    expanded = block.scaling.expanded(stage, block.input.channels, first=block.repeat == 1)
    shape = block.input
    if expanded != shape.channels:
        shape = yield from _passing(block.convolution("expand", shape, expanded, function=function))
    depthwise = block.convolution(
        "depthwise", shape, expanded, kernel=block.row.kernel, stride=block.stride, depthwise=True, function=function
    )
    shape = yield from _passing(depthwise)
    if block.row.se:
        yield from squeeze_excite(block, shape)
    shape = yield from _passing(block.convolution("project", shape, block.channels))
    connected = stage not in block.scaling.implementation.without_residual
    if connected and block.stride == 1 and shape.channels == block.input.channels:
        yield Add(block.name("add"), shape)


def squeeze_excite(block: Block, shape: Shape) -> Iterator[Layer]:
    """Squeeze-and-excite on the expanded map: V3 paper, section 5.3."""
    implementation = block.scaling.implementation
    squeezed = block.scaling.squeezed(block.row.stage, shape.channels)
    pool = GlobalPool(block.name("se.pool"), shape, implementation.squeeze_pool)
    yield pool
    reduced = yield from _passing(
        block.convolution("se.reduce", pool.output, squeezed, function=implementation.squeeze_activation)
    )
    yield from block.convolution("se.expand", reduced, shape.channels, function=implementation.squeeze_gate)
    yield Multiply(block.name("se.multiply"), shape)


def global_pool(block: Block) -> Iterator[Layer]:
    """The average over the whole map, whatever its size: the papers' 7x7 pool."""
    yield GlobalPool(block.name("pool"), block.input, block.scaling.implementation.pool)


def linear(block: Block) -> Iterator[Layer]:
    """A fully connected layer; the one over the classes is the classifier, one before it the head."""
    part = "classifier" if block.row.c == "k" else "head"
    if part not in block.scaling.implementation.linear:
        yield from block.convolution(part, block.input, block.channels, function=block.activation())
        return
    bias = part in block.scaling.implementation.bias
    layer = Linear(block.name(part), block.input, block.channels, bias)
    yield layer
    yield from block.finish(part, layer.output, norm=False, function=block.activation())


def _passing(layers: Iterator[Layer]) -> Generator[Layer, None, Shape]:
    """Yields `layers` and returns the shape of the last one's output."""
    for layer in layers:
        yield layer
    return layer.output


OPERATORS: dict[str, Callable[[Block], Iterator[Layer]]] = {
    "conv": conv,
    "separable": separable,
    "bottleneck": bottleneck,
    "global_pool": global_pool,
    "linear": linear,
}
