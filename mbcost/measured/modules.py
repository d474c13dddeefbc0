"""The torch modules that the rows of a table become. Torch decides every shape, and the tools do the counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hard_swish": nn.Hardswish,
    "hard_sigmoid": nn.Hardsigmoid,
    "swish": nn.SiLU,
    "sigmoid": nn.Sigmoid,
}


class SamePad(nn.Module):
    """TensorFlow's SAME padding, which depends on the size of the map and puts an odd zero at the end."""

    def __init__(self, window: tuple[int, int], stride: int, value: float = 0.0) -> None:
        super().__init__()
        self.window = window
        self.stride = stride
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        """Pad (N, C, H, W) so that a layer without padding gives ceil(H / stride) x ceil(W / stride)."""
        return functional.pad(x, self.sides(x.shape[2], x.shape[3]), value=self.value)

    def sides(self, height: int, width: int) -> list[int]:
        """Return how much is added to a map on the left, on the right, at the top and at the bottom."""
        sides: list[int] = []
        for size, kernel in zip((width, height), reversed(self.window), strict=True):
            # The part of (ceil(size / stride) - 1) * stride + kernel beyond the map, written without that product,
            # which torchprofile would find in the trace and count.
            missing = max(kernel - 1 - (size - 1) % self.stride, 0)
            sides += [missing // 2, missing - missing // 2]
        return sides


@dataclass(frozen=True)
class Convolution:
    """The shape of a convolution and its kind of padding."""

    inputs: int
    outputs: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    groups: int = 1
    dilation: int = 1
    padding: str = "symmetric"

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of the input of one output position, the gaps of a dilated kernel included."""
        return self.dilation * (self.kernel[0] - 1) + 1, self.dilation * (self.kernel[1] - 1) + 1


class ConvUnit(nn.Module):
    """A convolution with its padding, bias, norm and activation: one row of a cost table."""

    def __init__(
        self,
        convolution: Convolution,
        *,
        bias: bool = False,
        norm: bool = True,
        activation: str | None = None,
        norm_epsilon: float = 1e-5,
        fused_norm: bool = False,
    ) -> None:
        super().__init__()
        outputs, kernel, stride = convolution.outputs, convolution.kernel, convolution.stride
        self.pad, zeros = _pad(convolution.window, stride, convolution.padding)
        self.conv = nn.Conv2d(
            convolution.inputs, outputs, kernel, stride, padding=zeros, dilation=convolution.dilation,
            groups=convolution.groups, bias=bias,
        )  # fmt: skip
        self.norm: nn.Module = nn.Identity()
        self.activation: nn.Module = nn.Identity()
        if norm and fused_norm:
            function = nn.Identity() if activation is None else ACTIVATIONS[activation]()
            self.norm = BatchNormActivation(outputs, norm_epsilon, function)
            return
        if norm:
            self.norm = nn.BatchNorm2d(outputs, eps=norm_epsilon)
        if activation is not None:
            self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H', W')."""
        out: Tensor = self.activation(self.norm(self.conv(self.pad(x))))
        return out


def _pad(
    window: tuple[int, int], stride: int, padding: str, value: float = 0.0
) -> tuple[nn.Module, tuple[int, int] | int]:
    """Return the module that pads before the convolution or pool, and the zeros that the layer itself adds."""
    symmetric = (window[0] - 1) // 2, (window[1] - 1) // 2
    odd = all(side % 2 for side in window)
    if padding == "symmetric" or (stride == 1 and (odd or padding == "trailing")):
        return nn.Identity(), symmetric
    if padding == "trailing":
        return nn.ConstantPad2d((0, 1, 0, 1), value) if value else nn.ZeroPad2d((0, 1, 0, 1)), 0
    return (nn.Identity(), 0) if window == (1, 1) else (SamePad(window, stride, value), 0)


class BatchNormActivation(nn.BatchNorm2d):
    """Norm and an optional activation as one module, as in timm: tools that look for exact module types miss it."""

    def __init__(self, channels: int, epsilon: float, activation: nn.Module) -> None:
        super().__init__(channels, eps=epsilon)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        out: Tensor = self.activation(super().forward(x))
        return out


class LinearUnit(nn.Module):
    """A linear layer with its activation: one row of a cost table.

    If `inputs` is None, the first image that the model sees decides the number of its inputs.
    """

    def __init__(self, inputs: int | None, outputs: int, *, bias: bool = True, activation: str | None = None) -> None:
        super().__init__()
        make = nn.LazyLinear if inputs is None else partial(nn.Linear, inputs)
        self.linear: nn.Module = make(outputs, bias=bias)
        self.activation: nn.Module = nn.Identity() if activation is None else ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, outputs, 1, 1)."""
        out: Tensor = self.activation(self.linear(torch.flatten(x, 1)))
        return out[:, :, None, None]


class VectorNorm(nn.Module):
    """The batch normalization of a vector: one row of a cost table."""

    def __init__(self, channels: int | None, epsilon: float) -> None:
        super().__init__()
        self.norm: nn.BatchNorm1d | nn.LazyBatchNorm1d = (
            nn.LazyBatchNorm1d(epsilon) if channels is None else nn.BatchNorm1d(channels, epsilon)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C x H x W, 1, 1)."""
        out: Tensor = self.norm(torch.flatten(x, 1))
        return out[:, :, None, None]


class MeanPool(nn.Module):
    """The global average written as a mean."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, 1, 1)."""
        return x.mean((2, 3), keepdim=True)


class FunctionalPool(nn.Module):
    """The global average by the adaptive pooling function."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, 1, 1)."""
        return functional.adaptive_avg_pool2d(x, 1)


class GridPool2d(nn.Module):
    """The average to a grid of cells, then one vector."""

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(grid)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C x cells, 1, 1)."""
        return torch.flatten(self.pool(x), 1)[:, :, None, None]


class WindowPoolUnit(nn.Module):
    """A max or an average pool over a moving window with its padding: one row of a cost table.

    A padded value is never the maximum; an average includes it as zero.
    """

    def __init__(self, kind: str, kernel: tuple[int, int], stride: int, padding: str) -> None:
        super().__init__()
        lowest = float("-inf") if kind == "max" else 0.0
        self.pad, zeros = _pad(kernel, stride, padding, lowest)
        make = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
        self.pool: nn.Module = make(kernel, stride, padding=zeros)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W')."""
        out: Tensor = self.pool(self.pad(x))
        return out


POOLS: Mapping[str, Callable[[], nn.Module]] = {
    "adaptive": lambda: nn.AdaptiveAvgPool2d(1),
    "functional": FunctionalPool,
    "mean": MeanPool,
}


class GateMultiply(nn.Module):
    """Rescales a map by a gate."""

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        """(N, C, H, W) and (N, C, 1, 1) -> (N, C, H, W)."""
        return x * gate


class Sum(nn.Module):
    """The addition of two maps; as its own class, it is the part of an `AddUnit`."""

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Two maps of one shape -> the same shape."""
        return x + residual


class ResidualAdd(Sum):
    """A residual connection without an activation: one row of a cost table."""


class AddUnit(nn.Module):
    """A residual connection with its activation: one row of a cost table."""

    def __init__(self, activation: str) -> None:
        super().__init__()
        self.sum = Sum()
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        """Two maps of one shape -> the same shape."""
        out: Tensor = self.activation(self.sum(x, residual))
        return out


class SqueezeExcite(nn.Module):
    """Pool, two 1x1 convolutions, rescale."""

    def __init__(self, pool: nn.Module, reduce: nn.Module, expand: nn.Module) -> None:
        super().__init__()
        self.pool = pool
        self.reduce = reduce
        self.expand = expand
        self.multiply = GateMultiply()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        out: Tensor = self.multiply(x, self.expand(self.reduce(self.pool(x))))
        return out


class Parts(nn.Module):
    """A block: its parts run one after the other.

    A block with an `add` adds its input at the end, which passes the `shortcut` first where the block has one.
    """

    def __init__(self, parts: Mapping[str, nn.Module]) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        out = shortcut = x
        for name, part in self.named_children():
            if name == "shortcut":
                shortcut = part(x)
            else:
                out = part(out, shortcut) if isinstance(part, ResidualAdd | AddUnit) else part(out)
        return out
