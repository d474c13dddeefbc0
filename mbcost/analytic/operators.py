"""One generator an operator of the table: a block on a map -> its layers, in order of execution."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from mbcost.analytic.blocks import Form
from mbcost.analytic.layers import (
    Activation,
    Add,
    BatchNorm,
    Conv2d,
    GlobalPool,
    GridPool,
    Layer,
    Linear,
    Multiply,
    Shape,
    WindowPool,
)
from mbcost.errors import MbcostError


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
        groups: int = 1,
        dilation: int = 1,
        depthwise: bool = False,
        function: str | None = None,
    ) -> Iterator[Layer]:
        """A convolution with its norm, or with its bias where the part has one, and its activation."""
        rules = self.form.rules
        bias = part in rules.bias
        conv = Conv2d(
            self.name(part),
            shape,
            channels,
            kernel,
            stride,
            groups=shape.channels if depthwise else groups,
            bias=bias,
            padding=rules.padding.depthwise if depthwise else rules.padding.conv,
            dilation=dilation,
        )
        yield conv
        yield from self.finish(part, conv.output, norm=not bias, function=function)

    def finish(self, part: str, shape: Shape, *, norm: bool, function: str | None) -> Iterator[Layer]:
        """What follows a convolution or linear layer in its table row."""
        if norm:
            yield BatchNorm(self.name(part), shape, self.form.rules.fused_norm)
        if function is not None:
            yield Activation(self.name(part), shape, function)

    def add(self, shape: Shape, other: Shape, function: str | None = None) -> Iterator[Layer]:
        """The sum of two maps and its activation.

        Raises:
            MbcostError: they differ in size, as after an even kernel that is padded on both sides alike.
        """
        if shape != other:
            maps = [f"{each.height}x{each.width}x{each.channels}" for each in (shape, other)]
            raise MbcostError(f"{self.name('add')} cannot add maps of {maps[0]} and {maps[1]}")
        yield Add(self.name("add"), shape)
        yield from self.finish("add", shape, norm=False, function=function)


def conv(site: Site) -> Iterator[Layer]:
    """A standard convolution, grouped or dilated where the table says so, norm, activation."""
    form = site.form
    yield from site.convolution(
        "conv",
        site.input,
        form.outputs,
        kernel=form.kernel,
        stride=form.stride,
        groups=form.groups,
        dilation=form.dilation,
        function=form.function,
    )


def separable(site: Site) -> Iterator[Layer]:
    """A depthwise separable convolution: V1 paper, figure 3 (right)."""
    form = site.form
    shape = yield from _passing(_depthwise(site, site.input))
    yield from site.convolution("pointwise", shape, form.outputs, function=form.function)


def bottleneck(site: Site) -> Iterator[Layer]:
    """An inverted residual with linear bottleneck: V2 paper, table 1; with squeeze-and-excite: V3 paper, figure 4.

    There is no expansion where the expanded width is the input width (t = 1), as in every implementation.
    """
    form, shape = site.form, site.input
    if form.expands:
        shape = yield from _passing(site.convolution("expand", shape, form.expanded, function=form.function))
    shape = yield from _passing(_depthwise(site, shape))
    yield from _projected(site, shape)


def fused_bottleneck(site: Site) -> Iterator[Layer]:
    """Expansion and depthwise layer as one standard convolution: EfficientNetV2 paper (arXiv:2104.00298), figure 2.

    With t = 1 one convolution stands for all three, with an activation, and squeeze-and-excite before it
    (google/automl at 2fb46e7, efficientnetv2/effnetv2_model.py, FusedMBConvBlock).
    """
    form, shape = site.form, site.input
    convolution = partial(site.convolution, kernel=form.kernel, stride=form.stride, function=form.function)
    if form.expands:
        shape = yield from _passing(convolution("expand", shape, form.expanded))
        yield from _projected(site, shape)
        return
    if form.squeezed:
        yield from squeeze_excite(site, shape)
    shape = yield from _passing(convolution("conv", shape, form.outputs))
    yield from _connected(site, shape)


def universal_bottleneck(site: Site) -> Iterator[Layer]:
    """A bottleneck with a depthwise layer before the expansion, inside, at both places or at none: MobileNetV4 paper
    (arXiv:2404.10518), section 4 and figure 4.

    The first depthwise layer has no activation, and the stride only where there is no other; the expansion is there
    also with t = 1 (timm 1.0.31 timm/models/_efficientnet_blocks.py, UniversalInvertedResidual).
    """
    form, shape, inside = site.form, site.input, site.form.kernel != (0, 0)
    if form.start != (0, 0):
        start = site.convolution(
            "start", shape, form.inputs, kernel=form.start, stride=1 if inside else form.stride, depthwise=True
        )
        shape = yield from _passing(start)
    shape = yield from _passing(site.convolution("expand", shape, form.expanded, function=form.function))
    if inside:
        shape = yield from _passing(_depthwise(site, shape))
    yield from _projected(site, shape)


def residual(site: Site) -> Iterator[Layer]:
    """A residual block: ResNet paper (arXiv:1512.03385), figure 5, basic or, with channels inside, bottleneck.

    The stride of the bottleneck form stands at its 3x3 convolution, as in all code since torch7's. Where size or
    channels change, a 1x1 convolution with norm stands in the shortcut (the paper's option B).
    """
    form, shape = site.form, site.input
    if form.expanded:
        shape = yield from _passing(site.convolution("reduce", shape, form.expanded, function=form.function))
        middle = site.convolution(
            "conv",
            shape,
            form.expanded,
            kernel=form.kernel,
            stride=form.stride,
            groups=form.groups,
            function=form.function,
        )
        shape = yield from _passing(middle)
        shape = yield from _passing(site.convolution("restore", shape, form.outputs))
    else:
        first = site.convolution(
            "conv1", shape, form.outputs, kernel=form.kernel, stride=form.stride, function=form.function
        )
        shape = yield from _passing(first)
        shape = yield from _passing(site.convolution("conv2", shape, form.outputs, kernel=form.kernel))
    other = site.input
    if form.stride > 1 or form.inputs != form.outputs:
        other = yield from _passing(site.convolution("shortcut", other, form.outputs, stride=form.stride))
    yield from site.add(shape, other, form.function)


def _depthwise(site: Site, shape: Shape) -> Iterator[Layer]:
    form = site.form
    yield from site.convolution(
        "depthwise",
        shape,
        shape.channels,
        kernel=form.kernel,
        stride=form.stride,
        dilation=form.dilation,
        depthwise=True,
        function=form.function,
    )


def _projected(site: Site, shape: Shape) -> Iterator[Layer]:
    """How every inverted residual ends: squeeze-and-excite, the projection, the residual connection."""
    if site.form.squeezed:
        yield from squeeze_excite(site, shape)
    shape = yield from _passing(site.convolution("project", shape, site.form.outputs))
    yield from _connected(site, shape)


def _connected(site: Site, shape: Shape) -> Iterator[Layer]:
    form = site.form
    if form.connected and form.stride == 1 and shape.channels == form.inputs:
        yield from site.add(shape, site.input)


def squeeze_excite(site: Site, shape: Shape) -> Iterator[Layer]:
    """Squeeze-and-excite on the map inside the block: V3 paper, section 5.3."""
    rules = site.form.rules
    pool = GlobalPool(site.name("se.pool"), shape, rules.squeeze_pool)
    yield pool
    reduced = yield from _passing(
        site.convolution("se.reduce", pool.output, site.form.squeezed, function=rules.squeeze_activation)
    )
    yield from site.convolution("se.expand", reduced, shape.channels, function=rules.squeeze_gate)
    yield Multiply(site.name("se.multiply"), shape)


def global_pool(site: Site) -> Iterator[Layer]:
    """The average over the whole map, whatever its size: the papers' 7x7 pool."""
    yield GlobalPool(site.name("pool"), site.input, site.form.rules.pool)


def flatten(site: Site) -> Iterator[Layer]:
    """The average to a grid, then one vector: channels that do not depend on the size of the map."""
    yield GridPool(site.name("pool"), site.input, site.form.kernel)


def max_pool(site: Site) -> Iterator[Layer]:
    """The maximum over a moving window."""
    yield _window_pool(site, "max")


def average_pool(site: Site) -> Iterator[Layer]:
    """The average over a moving window."""
    yield _window_pool(site, "average")


def _window_pool(site: Site, kind: str) -> WindowPool:
    form = site.form
    return WindowPool(site.name("pool"), site.input, kind, form.kernel, form.stride, form.rules.padding.pool)


def linear(site: Site) -> Iterator[Layer]:
    """A fully connected layer; the one over the classes is the classifier, one before it the head."""
    form = site.form
    if form.part not in form.rules.linear:
        yield from site.convolution(form.part, site.input, form.outputs, function=form.function)
        return
    layer = Linear(site.name(form.part), site.input, form.outputs, form.part in form.rules.bias)
    yield layer
    yield from site.finish(form.part, layer.output, norm=False, function=form.function)


@lru_cache(maxsize=2**12)
def build_layers(form: Form, block: str, shape: Shape) -> tuple[Layer, ...]:
    """Return the layers of the block that is called `block` and reads a map of `shape`."""
    layers = tuple(OPERATORS[form.operator](Site(form, block, shape)))
    for edit in form.edits:
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
    "fused_bottleneck": fused_bottleneck,
    "universal_bottleneck": universal_bottleneck,
    "residual": residual,
    "max_pool": max_pool,
    "average_pool": average_pool,
    "global_pool": global_pool,
    "flatten": flatten,
    "linear": linear,
}
