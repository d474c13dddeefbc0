"""One generator an operator of the table: a block on a map -> its layers, in order of execution."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

from mbcost.analytic.blocks import Form
from mbcost.analytic.layers import Activation, Add, BatchNorm, Conv2d, GlobalPool, Layer, Linear, Multiply, Shape

Edit = Callable[[Form, tuple[Layer, ...]], tuple[Layer, ...]]
"""A change of the layers that a form was made into, for networks that are not built as their table says."""


@dataclass(frozen=True)
class Site:
    """A block's form where it is built: what its layers are called and the map that it reads."""

    form: Form
    block: str
    input: Shape

    def name(self, part: str) -> str:
        """`<stage>.<repeat>.<part>`."""
        return f"{self.block}.{part}"

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
        manner = self.form.manner
        bias = part in manner.bias
        conv = Conv2d(
            self.name(part),
            shape,
            channels,
            kernel,
            stride,
            groups=shape.channels if depthwise else 1,
            bias=bias,
            padding=manner.depthwise_padding if depthwise else manner.conv_padding,
        )
        yield conv
        yield from self.finish(part, conv.output, norm=not bias, function=function)

    def finish(self, part: str, shape: Shape, *, norm: bool, function: str | None) -> Iterator[Layer]:
        """What follows a convolution or linear layer in its table row."""
        if norm:
            yield BatchNorm(self.name(part), shape, self.form.manner.fused_norm)
        if function is not None:
            yield Activation(self.name(part), shape, function)


def conv(site: Site) -> Iterator[Layer]:
    """A standard convolution, norm, activation."""
    form = site.form
    yield from site.convolution(
        "conv", site.input, form.outputs, kernel=form.kernel, stride=form.stride, function=form.function
    )


def separable(site: Site) -> Iterator[Layer]:
    """A depthwise separable convolution: V1 paper, figure 3 (right)."""
    form = site.form
    depthwise = site.convolution(
        "depthwise",
        site.input,
        form.inputs,
        kernel=form.kernel,
        stride=form.stride,
        depthwise=True,
        function=form.function,
    )
    shape = yield from _passing(depthwise)
    yield from site.convolution("pointwise", shape, form.outputs, function=form.function)


def bottleneck(site: Site) -> Iterator[Layer]:
    """An inverted residual with linear bottleneck: V2 paper, table 1; with squeeze-and-excite: V3 paper, figure 4.

    There is no expansion where the expanded width is the input width (t = 1), as in every implementation.
    """
    form, shape = site.form, site.input
    if form.expands:
        shape = yield from _passing(site.convolution("expand", shape, form.expanded, function=form.function))
    depthwise = site.convolution(
        "depthwise",
        shape,
        form.expanded,
        kernel=form.kernel,
        stride=form.stride,
        depthwise=True,
        function=form.function,
    )
    shape = yield from _passing(depthwise)
    if form.squeezed:
        yield from squeeze_excite(site, shape)
    shape = yield from _passing(site.convolution("project", shape, form.outputs))
    if form.connected and form.stride == 1 and shape.channels == form.inputs:
        yield Add(site.name("add"), shape)


def squeeze_excite(site: Site, shape: Shape) -> Iterator[Layer]:
    """Squeeze-and-excite on the expanded map: V3 paper, section 5.3."""
    manner = site.form.manner
    pool = GlobalPool(site.name("se.pool"), shape, manner.squeeze_pool)
    yield pool
    reduced = yield from _passing(
        site.convolution("se.reduce", pool.output, site.form.squeezed, function=manner.squeeze_activation)
    )
    yield from site.convolution("se.expand", reduced, shape.channels, function=manner.squeeze_gate)
    yield Multiply(site.name("se.multiply"), shape)


def global_pool(site: Site) -> Iterator[Layer]:
    """The average over the whole map, whatever its size: the papers' 7x7 pool."""
    yield GlobalPool(site.name("pool"), site.input, site.form.manner.pool)


def linear(site: Site) -> Iterator[Layer]:
    """A fully connected layer; the one over the classes is the classifier, one before it the head."""
    form = site.form
    if form.part not in form.manner.linear:
        yield from site.convolution(form.part, site.input, form.outputs, function=form.function)
        return
    layer = Linear(site.name(form.part), site.input, form.outputs, form.part in form.manner.bias)
    yield layer
    yield from site.finish(form.part, layer.output, norm=False, function=form.function)


def layers_of(form: Form, block: str, shape: Shape, edits: Iterable[Edit] = ()) -> tuple[Layer, ...]:
    """The layers of the block that is called `block`, reading a map of `shape`, after all `edits`."""
    layers = tuple(OPERATORS[form.operator](Site(form, block, shape)))
    for edit in edits:
        layers = edit(form, layers)
    return layers


def _passing(layers: Iterator[Layer]) -> Generator[Layer, None, Shape]:
    """Yields `layers` and returns the shape of the last one's output."""
    for layer in layers:
        yield layer
    return layer.output


OPERATORS: dict[str, Callable[[Site], Iterator[Layer]]] = {
    "conv": conv,
    "separable": separable,
    "bottleneck": bottleneck,
    "global_pool": global_pool,
    "linear": linear,
}
