"""One class per kind of layer: the shape that it reads, the shape that it returns, and the formula of its counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mbcost.spec.tally import Tally

if TYPE_CHECKING:
    from mbcost.spec.observed import Map


@dataclass(frozen=True)
class Shape:
    """The shape of a feature map; the batch size is always 1."""

    channels: int
    height: int
    width: int

    @property
    def elements(self) -> int:
        """Channels x height x width."""
        return self.channels * self.height * self.width

    @property
    def map(self) -> Map:
        """(height, width, channels), the order in which maps are reported."""
        return self.height, self.width, self.channels


def padded_output(size: int, kernel: int, stride: int, padding: str) -> int:
    """Return the height or width of the output of a convolution or pool whose input has height or width `size`.

    `same` is TensorFlow's padding, ceil(size / stride). The others give floor((size + zeros - kernel) / stride) + 1:
    `symmetric` adds (k - 1) // 2 zeros on both sides, `trailing` adds a single zero at the end of strided layers.
    """
    if padding == "same":
        return -(-size // stride)
    zeros = 1 if padding == "trailing" and stride > 1 else 2 * ((kernel - 1) // 2)
    return (size + zeros - kernel) // stride + 1


def _slide_window(image: Shape, channels: int, window: tuple[int, int], stride: int, padding: str) -> Shape:
    """Return the shape of the output of a layer whose window moves over `image`."""
    height = padded_output(image.height, window[0], stride, padding)
    width = padded_output(image.width, window[1], stride, padding)
    return Shape(channels, height, width)


@dataclass(frozen=True)
class Conv2d:
    """A convolution; its kernel and groups make it a standard, depthwise or pointwise one."""

    name: str
    input: Shape
    channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    groups: int = 1
    bias: bool = False
    padding: str = "same"
    dilation: int = 1

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of the area that one output position reads, with the gaps of a dilated kernel."""
        return (self.kernel[0] - 1) * self.dilation + 1, (self.kernel[1] - 1) * self.dilation + 1

    @cached_property
    def output(self) -> Shape:
        """The shape of the output map."""
        return _slide_window(self.input, self.channels, self.window, self.stride, self.padding)

    @property
    def operator(self) -> str:
        """`depthwise` if every input channel has its own filter, else `conv`."""
        return "depthwise" if self.groups == self.input.channels > 1 else "conv"

    def tally(self) -> Tally:
        """Return the counts: D_K · D_K · M · N · D_F · D_F multiply-accumulates, divided by the groups.

        V1 paper (arXiv:1704.04861), equation 2, and equation 4 for the depthwise case, groups = M = N. D_F is the side
        of the output map: the paper states the equation for stride one, and with a larger stride only the output
        positions are computed. The bias is a count of its own and is not part of the multiply-accumulates.

        >>> Conv2d("dense", Shape(512, 14, 14), 512, kernel=(3, 3)).tally().conv_macs
        462422016
        >>> Conv2d("depthwise", Shape(512, 14, 14), 512, kernel=(3, 3), groups=512).tally().conv_macs
        903168
        """
        weights = self.kernel[0] * self.kernel[1] * (self.input.channels // self.groups) * self.channels
        output = self.output
        return Tally(
            weights=weights,
            biases=self.channels if self.bias else 0,
            conv_macs=weights * output.height * output.width,
            conv_bias_adds=output.elements if self.bias else 0,
            outputs=output.elements,
        )


@dataclass(frozen=True)
class Linear:
    """A fully connected layer from M inputs to N outputs."""

    name: str
    input: Shape
    channels: int
    bias: bool = True

    operator = "linear"
    kernel = (1, 1)
    stride = 1
    groups = 1

    @property
    def output(self) -> Shape:
        """The shape of the output: N values, a 1x1 map."""
        return Shape(self.channels, 1, 1)

    def tally(self) -> Tally:
        """Return the counts: M · N multiply-accumulates, as of a 1x1 convolution on a 1x1 map.

        The bias is a count of its own and is not part of the multiply-accumulates.

        >>> Linear("classifier", Shape(1024, 1, 1), 1000).tally().linear_macs
        1024000
        """
        weights = self.input.elements * self.channels
        return Tally(
            weights=weights,
            biases=self.channels if self.bias else 0,
            linear_macs=weights,
            linear_bias_adds=self.channels if self.bias else 0,
            outputs=self.channels,
        )


@dataclass(frozen=True)
class _Elementwise:
    """A layer that keeps the shape of its input."""

    name: str
    input: Shape

    @property
    def output(self) -> Shape:
        """The shape of the output map, which is that of the input."""
        return self.input


@dataclass(frozen=True)
class BatchNorm(_Elementwise):
    """Batch normalization per channel; it is `fused` if it is one module with its activation, if there is one."""

    fused: bool = False

    def tally(self) -> Tally:
        """Return the counts: every element once. Conventions disagree about how many operations that is."""
        channels, elements = self.input.channels, self.input.elements
        if self.fused:
            return Tally(fused_norm_channels=channels, fused_norm_elements=elements, norms=1)
        return Tally(plain_norm_channels=channels, plain_norm_elements=elements, norms=1)


@dataclass(frozen=True)
class VectorNorm(_Elementwise):
    """Batch normalization of a vector, which is a row of a cost table on its own."""

    operator = "norm"

    def tally(self) -> Tally:
        """Return the counts: every value has its own scale and shift."""
        return Tally(plain_norm_channels=self.input.elements, plain_norm_elements=self.input.elements, norms=1)


@dataclass(frozen=True)
class Activation(_Elementwise):
    """An element-wise non-linearity."""

    function: str

    def tally(self) -> Tally:
        """Return the counts: every element once."""
        return Tally(**{f"{self.function}_elements": self.input.elements})


@dataclass(frozen=True)
class GlobalPool:
    """The average over the whole map; `call` says how code calls it, see `POOLS` in mbcost/spec/implementation.py."""

    name: str
    input: Shape
    call: str = "adaptive"

    operator = "pool"

    @property
    def output(self) -> Shape:
        """The shape of the output: one value per channel."""
        return Shape(self.input.channels, 1, 1)

    def tally(self) -> Tally:
        """Return the counts: every element read, one value per channel written, no multiply-accumulates."""
        counts = {f"{self.call}_pool_inputs": self.input.elements, f"{self.call}_pool_outputs": self.input.channels}
        return Tally(**counts)


@dataclass(frozen=True)
class GridPool:
    """The average of a map of any size over each cell of a grid, flattened to one vector, such as VGG's 7x7."""

    name: str
    input: Shape
    grid: tuple[int, int]

    operator = "pool"
    call = "adaptive"

    @property
    def output(self) -> Shape:
        """The shape of the output: channels x cells of the grid, a 1x1 map."""
        return Shape(self.input.channels * self.grid[0] * self.grid[1], 1, 1)

    def tally(self) -> Tally:
        """Return the counts: every element read, the vector written, no multiply-accumulates.

        An element that belongs to several cells is counted once.
        """
        return Tally(adaptive_pool_inputs=self.input.elements, adaptive_pool_outputs=self.output.channels)


@dataclass(frozen=True)
class WindowPool:
    """The maximum or average over a moving window, per channel."""

    name: str
    input: Shape
    kind: str
    """`max` or `average`."""
    kernel: tuple[int, int]
    stride: int
    padding: str = "same"

    @property
    def operator(self) -> str:
        """`max_pool` or `average_pool`."""
        return f"{self.kind}_pool"

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of the area that one output position reads."""
        return self.kernel

    @cached_property
    def output(self) -> Shape:
        """The shape of the output map."""
        return _slide_window(self.input, self.input.channels, self.window, self.stride, self.padding)

    def tally(self) -> Tally:
        """Return the counts: the elements of both maps, no multiply-accumulates. Tools count one map or neither."""
        counts = {f"{self.operator}_inputs": self.input.elements, f"{self.operator}_outputs": self.output.elements}
        return Tally(**counts)


@dataclass(frozen=True)
class Multiply(_Elementwise):
    """The multiplication of every channel by its gate, the last layer of squeeze-and-excite."""

    operator = "multiply"

    def tally(self) -> Tally:
        """Return the counts: one multiplication per element, which the papers do not count."""
        return Tally(multiplies=self.input.elements)


@dataclass(frozen=True)
class Add(_Elementwise):
    """The sum of a block's input and output, the residual connection."""

    operator = "add"

    def tally(self) -> Tally:
        """Return the counts: one addition per element, which the papers do not count."""
        return Tally(adds=self.input.elements)


@dataclass(frozen=True)
class Operation:
    """Any other operator of a file: its map and its counts are stated."""

    name: str
    input: Shape
    output: Shape
    operator: str
    counts: Tally
    reason: str = ""
    """Why it is not counted; empty if it is."""

    def tally(self) -> Tally:
        """Return the stated counts."""
        return self.counts


Layer = (
    Conv2d
    | Linear
    | BatchNorm
    | VectorNorm
    | Activation
    | GlobalPool
    | GridPool
    | WindowPool
    | Multiply
    | Add
    | Operation
)
Leading = Conv2d | Linear | VectorNorm | GlobalPool | GridPool | WindowPool | Multiply | Add | Operation
"""Layers that open a row of a cost table; norm and activation belong to the row of the layer before them."""
