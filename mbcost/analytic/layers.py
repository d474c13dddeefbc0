"""One class a kind of layer: the shape it needs, the shape it gives, and the formula of its counts between them."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.spec.observed import Map
from mbcost.spec.tally import Tally


@dataclass(frozen=True)
class Shape:
    """One feature map; batch is always 1."""

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
    """One side of a convolution's output map.

    `same` is TensorFlow's, ceil(size / stride). The others are floor((size + zeros - kernel) / stride) + 1 with
    (k - 1) // 2 zeros on both sides (`symmetric`) or a single zero behind (`trailing`, strided layers only).
    """
    if padding == "same":
        return -(-size // stride)
    zeros = 1 if padding == "trailing" and stride > 1 else 2 * ((kernel - 1) // 2)
    return (size + zeros - kernel) // stride + 1


@dataclass(frozen=True)
class Conv2d:
    """A convolution, standard, depthwise or pointwise by its kernel and groups."""

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
        """Height and width of what one output position reads, the gaps of a dilated kernel included."""
        return (self.kernel[0] - 1) * self.dilation + 1, (self.kernel[1] - 1) * self.dilation + 1

    @property
    def output(self) -> Shape:
        """The map it gives."""
        height, width = self.window
        return Shape(
            self.channels,
            padded_output(self.input.height, height, self.stride, self.padding),
            padded_output(self.input.width, width, self.stride, self.padding),
        )

    @property
    def operator(self) -> str:
        """`depthwise` where every input channel has a filter of its own, else `conv`."""
        return "depthwise" if self.groups == self.input.channels > 1 else "conv"

    def tally(self) -> Tally:
        """D_K · D_K · M · N · D_F · D_F multiply-accumulates, divided by the groups.

        V1 paper (arXiv:1704.04861), equation 2, and equation 4 for the depthwise case, groups = M = N. D_F is the side
        of the output map: the paper states stride one, and with a stride only the output positions are computed. The
        bias is counted apart, never in the multiply-accumulates.

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
    """A fully connected layer, M inputs to N outputs."""

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
        """N values on a 1x1 map."""
        return Shape(self.channels, 1, 1)

    def tally(self) -> Tally:
        """M · N multiply-accumulates: a 1x1 convolution on a 1x1 map. The bias is counted apart.

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
class BatchNorm:
    """Batch normalization, channel by channel; `fused` where it is one module with its activation, if any."""

    name: str
    input: Shape
    fused: bool = False

    @property
    def output(self) -> Shape:
        """The map it was given."""
        return self.input

    def tally(self) -> Tally:
        """Every element once; how many operations that is, conventions disagree on."""
        channels, elements = self.input.channels, self.input.elements
        if self.fused:
            return Tally(fused_norm_channels=channels, fused_norm_elements=elements)
        return Tally(plain_norm_channels=channels, plain_norm_elements=elements)


@dataclass(frozen=True)
class Activation:
    """An element-wise non-linearity."""

    name: str
    input: Shape
    function: str

    @property
    def output(self) -> Shape:
        """The map it was given."""
        return self.input

    def tally(self) -> Tally:
        """Every element once."""
        return Tally(**{f"{self.function}_elements": self.input.elements})


@dataclass(frozen=True)
class GlobalPool:
    """Average over the whole map; `call` says by what: see `POOLS` in mbcost/spec/implementation.py."""

    name: str
    input: Shape
    call: str = "adaptive"

    operator = "pool"

    @property
    def output(self) -> Shape:
        """One value a channel."""
        return Shape(self.input.channels, 1, 1)

    def tally(self) -> Tally:
        """It reads every element and writes one a channel; no multiply-accumulates."""
        counts = {f"{self.call}_pool_inputs": self.input.elements, f"{self.call}_pool_outputs": self.input.channels}
        return Tally(**counts)


@dataclass(frozen=True)
class GridPool:
    """Average of a map, whatever its size, to a grid of cells, which are then one vector: VGG's 7x7."""

    name: str
    input: Shape
    grid: tuple[int, int]

    operator = "pool"
    call = "adaptive"

    @property
    def output(self) -> Shape:
        """C x the grid's cells on a 1x1 map."""
        return Shape(self.input.channels * self.grid[0] * self.grid[1], 1, 1)

    def tally(self) -> Tally:
        """It reads every element, counted once where cells overlap, and writes the vector; no multiply-accumulates."""
        return Tally(adaptive_pool_inputs=self.input.elements, adaptive_pool_outputs=self.output.channels)


@dataclass(frozen=True)
class WindowPool:
    """Max or average over a moving window, channel by channel."""

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
        """Height and width of what one output position reads."""
        return self.kernel

    @property
    def output(self) -> Shape:
        """The map it gives."""
        height = padded_output(self.input.height, self.kernel[0], self.stride, self.padding)
        width = padded_output(self.input.width, self.kernel[1], self.stride, self.padding)
        return Shape(self.input.channels, height, width)

    def tally(self) -> Tally:
        """Elements of both maps; no multiply-accumulates. Tools count one of the two, or nothing."""
        counts = {f"{self.operator}_inputs": self.input.elements, f"{self.operator}_outputs": self.output.elements}
        return Tally(**counts)


@dataclass(frozen=True)
class Multiply:
    """Rescales every channel by its gate, the end of squeeze-and-excite."""

    name: str
    input: Shape

    operator = "multiply"

    @property
    def output(self) -> Shape:
        """The map it was given."""
        return self.input

    def tally(self) -> Tally:
        """One multiplication an element; the papers do not count it."""
        return Tally(multiplies=self.input.elements)


@dataclass(frozen=True)
class Add:
    """Adds a block's input to its output, the residual connection."""

    name: str
    input: Shape

    operator = "add"

    @property
    def output(self) -> Shape:
        """The map it was given."""
        return self.input

    def tally(self) -> Tally:
        """One addition an element; the papers do not count it."""
        return Tally(adds=self.input.elements)


Layer = Conv2d | Linear | BatchNorm | Activation | GlobalPool | GridPool | WindowPool | Multiply | Add
Leading = Conv2d | Linear | GlobalPool | GridPool | WindowPool | Multiply | Add
"""Layers that open a table row; norm and activation belong to the row of the layer before them."""
