"""How do ResNet's bottleneck and the inverted residuals of V2 and V3 compare on one map?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.analytic.layers import Add, BatchNorm, Conv2d, GlobalPool, Layer, Multiply, Shape
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import EXACT, ChannelRule
from mbcost.spec.scaling import check_whole
from mbcost.spec.shown import show
from mbcost.spec.table import SQUEEZE_DIVISOR
from mbcost.spec.tally import Tally, total


@dataclass(frozen=True)
class ResidualBlock:
    """A block from C channels to C channels at stride 1, with its norms and its residual connection."""

    title: str
    layers: tuple[Layer, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the block's input and of the output of each main convolution."""
        convolutions = [layer for layer in self.layers if isinstance(layer, Conv2d) and "se." not in layer.name]
        return (convolutions[0].input.channels, *(layer.channels for layer in convolutions))

    @property
    def tally(self) -> Tally:
        """The counts of the whole block."""
        return total(layer.tally() for layer in self.layers)

    @property
    def largest_map(self) -> int:
        """Elements of the largest map between its layers."""
        return max(layer.output.elements for layer in self.layers)

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.widths))
        return show(self, f"{self.title}, channels {widths}, {self.tally.conv_macs:,} mult-adds")


def compare_residuals_of_v3(
    *, channels: int, feature: int, expansion: int, reduction: int
) -> tuple[ResidualBlock, ...]:
    """Return the three blocks for the same input and output, with V3's rule of the squeeze; see `compare_residuals`.

    Raises:
        MbcostError: no block can be built with a size.
    """
    squeeze = load_spec("v3-large").implementation("official").squeeze
    return compare_residuals(squeeze, channels=channels, feature=feature, expansion=expansion, reduction=reduction)


def compare_residuals(
    squeeze: ChannelRule, *, channels: int, feature: int, expansion: int, reduction: int
) -> tuple[ResidualBlock, ...]:
    """Return the three blocks for the same input and output.

    Args:
        squeeze: how a quarter of the expanded width becomes the squeeze width.
        channels: input and output channels.
        feature: side of the map.
        expansion: factor of the inverted residual, t in the V2 paper.
        reduction: divisor of ResNet's bottleneck; He et al., arXiv:1512.03385, figure 5 uses 4.

    Raises:
        MbcostError: a size is below 1, the reduction does not divide the channels, or float64 does not represent
            the expanded width exactly.
    """
    sizes = {"channels": channels, "feature": feature, "expansion": expansion, "reduction": reduction}
    for name, size in sizes.items():
        check_whole(size, name)
    if channels % reduction:
        raise MbcostError(f"{channels} channels cannot be divided by reduction {reduction}: choose a multiple of it")
    shape = Shape(channels, feature, feature)
    expanded = channels * expansion
    if expanded > EXACT:
        raise MbcostError("channels times expansion are too wide to count exactly: use smaller numbers")
    squeezed = squeeze.round(expanded / SQUEEZE_DIVISOR)
    return (
        ResidualBlock("ResNet bottleneck", tuple(_bottleneck(shape, channels // reduction))),
        ResidualBlock("V2 inverted residual", tuple(_inverted(shape, expanded))),
        ResidualBlock("V3 inverted residual, SE", tuple(_inverted(shape, expanded, squeezed))),
    )


def _bottleneck(shape: Shape, reduced: int) -> Iterator[Layer]:
    reduce = Conv2d("reduce", shape, reduced)
    middle = Conv2d("conv", reduce.output, reduced, (3, 3))
    yield from _normed(reduce, middle, Conv2d("expand", middle.output, shape.channels))
    yield Add("add", shape)


def _inverted(shape: Shape, expanded: int, squeezed: int | None = None) -> Iterator[Layer]:
    expand = Conv2d("expand", shape, expanded)
    depthwise = Conv2d("depthwise", expand.output, expanded, (3, 3), groups=expanded)
    # With expansion 1 there is no expansion layer, as in every implementation.
    yield from _normed(*((expand, depthwise) if expanded != shape.channels else (depthwise,)))
    if squeezed is not None:
        pool = GlobalPool("se.pool", depthwise.output)
        reduce = Conv2d("se.reduce", pool.output, squeezed, bias=True)
        yield from (pool, reduce, Conv2d("se.expand", reduce.output, expanded, bias=True))
        yield Multiply("se.multiply", depthwise.output)
    yield from _normed(Conv2d("project", depthwise.output, shape.channels))
    yield Add("add", shape)


def _normed(*convolutions: Conv2d) -> Iterator[Layer]:
    for convolution in convolutions:
        yield convolution
        yield BatchNorm(convolution.name, convolution.output)
