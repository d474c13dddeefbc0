"""One generator per operator of the table: it turns a block on a map into layers, in order of execution."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from mbcost.analytic.blocks import POINTWISE, Form, SlidingWindow
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
    VectorNorm,
    WindowPool,
)
from mbcost.errors import MbcostError

Layers = Generator[Layer, None, Shape]
"""Layers one after the other; the generator returns the shape of the last one's output."""


@dataclass(frozen=True)
class Site:
    """A block's form with the name of the block and the shape of the map that it reads."""

    form: Form
    block: str
    input: Shape

    def name(self, part: str) -> str:
        """Return the name of a layer, `<stage>.<repeat>.<part>`."""
        return f"{self.block}.{part}"

    @property
    def vector(self) -> Shape:
        """The shape of the map that it reads as one vector."""
        return Shape(self.input.elements, 1, 1)

    def convolution(
        self,
        part: str,
        shape: Shape,
        channels: int,
        *,
        window: SlidingWindow = POINTWISE,
        groups: int = 1,
        depthwise: bool = False,
        function: str | None = None,
    ) -> Layers:
        """Yield a convolution, its norm if it has one, and its activation."""
        rules = self.form.rules
        layer = Conv2d(
            self.name(part),
            shape,
            channels,
            window.kernel,
            window.stride,
            groups=shape.channels if depthwise else groups,
            bias=rules.has_bias(part),
            padding=rules.padding.depthwise if depthwise else rules.padding.conv,
            dilation=window.dilation,
        )
        yield layer
        output = layer.output
        yield from self.finish(part, output, norm=rules.has_norm(part), function=function)
        return output

    def finish(self, part: str, shape: Shape, *, norm: bool, function: str | None) -> Iterator[Layer]:
        """Yield the layers that follow a convolution, linear layer or sum in its row of a cost table."""
        if norm:
            yield BatchNorm(self.name(part), shape, self.form.rules.fused_norm)
        if function is not None:
            yield Activation(self.name(part), shape, function)

    def add(self, shape: Shape, shortcut: Shape, function: str | None = None) -> Iterator[Layer]:
        """Yield the sum of two maps and its activation.

        Raises:
            MbcostError: the maps differ in size, for example after an even kernel with the same padding on both sides.
        """
        if shape != shortcut:
            maps = [f"{addend.height}x{addend.width}x{addend.channels}" for addend in (shape, shortcut)]
            raise MbcostError(f"{self.name('add')} cannot add maps of {maps[0]} and {maps[1]}")
        yield Add(self.name("add"), shape)
        yield from self.finish("add", shape, norm=False, function=function)


def conv(site: Site) -> Iterator[Layer]:
    """Yield a standard convolution, grouped or dilated if the table says so, with norm and activation."""
    form = site.form
    return site.convolution(
        "conv", site.input, form.outputs, window=form.window, groups=form.groups, function=form.function
    )


def separable(site: Site) -> Iterator[Layer]:
    """Yield a depthwise separable convolution: V1 paper, figure 3 (right)."""
    form = site.form
    shape = yield from _depthwise(site, site.input)
    yield from site.convolution("pointwise", shape, form.outputs, function=form.function)


def bottleneck(site: Site) -> Iterator[Layer]:
    """Yield an inverted residual with linear bottleneck: V2 paper, table 1; squeeze-and-excite: V3 paper, figure 4.

    There is no expansion if the expanded width is the input width (t = 1), as in every implementation.
    """
    form, shape = site.form, site.input
    if form.expands:
        shape = yield from site.convolution("expand", shape, form.expanded, function=form.function)
    shape = yield from _depthwise(site, shape)
    yield from _project(site, shape)


def fused_bottleneck(site: Site) -> Iterator[Layer]:
    """Yield a bottleneck with one standard convolution instead of expansion and depthwise layer.

    EfficientNetV2 paper (arXiv:2104.00298), figure 2. With t = 1 one convolution replaces all three layers; it has an
    activation, and squeeze-and-excite comes before it (google/automl at 2fb46e7, efficientnetv2/effnetv2_model.py,
    FusedMBConvBlock).
    """
    form, shape = site.form, site.input
    if form.expands:
        shape = yield from site.convolution("expand", shape, form.expanded, window=form.window, function=form.function)
        yield from _project(site, shape)
        return
    if form.squeezed:
        yield from squeeze_excite(site, shape)
    shape = yield from site.convolution("conv", shape, form.outputs, window=form.window, function=form.function)
    yield from _connect(site, shape)


def universal_bottleneck(site: Site) -> Iterator[Layer]:
    """Yield a bottleneck with depthwise layers before the expansion, after it, at both places or at neither.

    MobileNetV4 paper (arXiv:2404.10518), section 4 and figure 4. The first depthwise layer has no activation, and it
    has the stride only if there is no second one; there is an expansion also with t = 1 (timm 1.0.31,
    timm/models/_efficientnet_blocks.py, UniversalInvertedResidual).
    """
    form, shape, has_middle = site.form, site.input, site.form.kernel != (0, 0)
    if form.start != (0, 0):
        window = SlidingWindow(form.start, 1 if has_middle else form.stride)
        shape = yield from site.convolution("start", shape, form.inputs, window=window, depthwise=True)
    shape = yield from site.convolution("expand", shape, form.expanded, function=form.function)
    if has_middle:
        shape = yield from _depthwise(site, shape)
    yield from _project(site, shape)


def residual(site: Site) -> Iterator[Layer]:
    """Yield a residual block: ResNet paper (arXiv:1512.03385), figure 5, basic or, with channels inside, bottleneck.

    The 3x3 convolution of the bottleneck form has the stride, as in torch7's and torchvision's code, or the first 1x1
    convolution, as in the paper and in Keras. If size or channels change, a 1x1 convolution is in the shortcut (the
    paper's option B).
    """
    form, shape = site.form, site.input
    if form.expanded:
        early = form.rules.strided == "reduce"
        reduce = SlidingWindow(stride=form.stride if early else 1)
        window = replace(form.window, stride=1) if early else form.window
        shape = yield from site.convolution("reduce", shape, form.expanded, window=reduce, function=form.function)
        shape = yield from site.convolution(
            "conv", shape, form.expanded, window=window, groups=form.groups, function=form.function
        )
        shape = yield from site.convolution("restore", shape, form.outputs)
    else:
        shape = yield from site.convolution("conv1", shape, form.outputs, window=form.window, function=form.function)
        shape = yield from site.convolution("conv2", shape, form.outputs, window=replace(form.window, stride=1))
    shortcut = site.input
    if form.stride > 1 or form.inputs != form.outputs:
        stride = SlidingWindow(stride=form.stride)
        shortcut = yield from site.convolution("shortcut", shortcut, form.outputs, window=stride)
    yield from site.add(shape, shortcut, form.function)


def _depthwise(site: Site, shape: Shape) -> Layers:
    form = site.form
    return site.convolution(
        "depthwise", shape, shape.channels, window=form.window, depthwise=True, function=form.function
    )


def _project(site: Site, shape: Shape) -> Iterator[Layer]:
    """Yield the end of every inverted residual: squeeze-and-excite, the projection, the residual connection."""
    if site.form.squeezed:
        yield from squeeze_excite(site, shape)
    shape = yield from site.convolution("project", shape, site.form.outputs)
    yield from _connect(site, shape)


def _connect(site: Site, shape: Shape) -> Iterator[Layer]:
    form = site.form
    if form.connected and form.stride == 1 and shape.channels == form.inputs:
        yield from site.add(shape, site.input)


def squeeze_excite(site: Site, shape: Shape) -> Iterator[Layer]:
    """Yield squeeze-and-excite on a map of `shape` inside the block: V3 paper, section 5.3."""
    rules = site.form.rules
    pool = GlobalPool(site.name("se.pool"), shape, rules.squeeze_pool)
    yield pool
    reduced = yield from site.convolution(
        "se.reduce", pool.output, site.form.squeezed, function=rules.squeeze_activation
    )
    yield from site.convolution("se.expand", reduced, shape.channels, function=rules.squeeze_gate)
    yield Multiply(site.name("se.multiply"), shape)


def global_pool(site: Site) -> Iterator[Layer]:
    """Yield the average over the whole map, whatever its size: the papers' 7x7 pool."""
    yield GlobalPool(site.name("pool"), site.input, site.form.rules.pool)


def flatten(site: Site) -> Iterator[Layer]:
    """Yield the average over the cells of a grid, flattened to a vector whose length does not depend on the map's.

    Without a grid, this yields no layer, and the next layer reads the map as one vector.
    """
    if site.form.kernel != (0, 0):
        yield GridPool(site.name("pool"), site.input, site.form.kernel)


def max_pool(site: Site) -> Iterator[Layer]:
    """Yield the maximum over a moving window."""
    yield _window_pool(site, "max")


def average_pool(site: Site) -> Iterator[Layer]:
    """Yield the average over a moving window."""
    yield _window_pool(site, "average")


def _window_pool(site: Site, kind: str) -> WindowPool:
    form = site.form
    return WindowPool(site.name("pool"), site.input, kind, form.kernel, form.stride, form.rules.padding.pool)


def linear(site: Site) -> Iterator[Layer]:
    """Yield a fully connected layer: the classifier if its outputs are the classes, else the head."""
    form = site.form
    if form.part not in form.rules.linear:
        yield from site.convolution(form.part, site.input, form.outputs, function=form.function)
        return
    layer = Linear(site.name(form.part), site.input, form.outputs, form.part in form.rules.bias or form.rules.folded)
    yield layer
    yield from site.finish(form.part, layer.output, norm=False, function=form.function)


def dense(site: Site) -> Iterator[Layer]:
    """Yield a linear layer with a bias, whatever the implementation, and its ReLU unless it is the classifier."""
    form = site.form
    layer = Linear(site.name(form.part), site.vector, form.outputs)
    yield layer
    yield from site.finish(form.part, layer.output, norm=False, function=form.function)


def batch_norm(site: Site) -> Iterator[Layer]:
    """Yield the batch normalization of a vector."""
    yield VectorNorm(site.name("norm"), site.vector)


@lru_cache(maxsize=2**14)
def build_layers(form: Form, block: str, shape: Shape) -> tuple[Layer, ...]:
    """Return the layers of the block that is called `block` and reads a map of `shape`.

    Raises:
        MbcostError: the two maps of a residual connection differ in size.
    """
    layers = tuple(OPERATORS[form.operator](Site(form, block, shape)))
    for edit in form.edits:
        layers = edit(form, layers)
    return layers


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
    "dense": dense,
    "batch_norm": batch_norm,
}
