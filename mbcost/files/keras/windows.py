"""Layers of Keras that move a window over a map: convolutions and pools."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from mbcost.files.keras.activations import activate
from mbcost.files.keras.builder import Builder, Layer, Shape
from mbcost.spec.graph import Sides, Window


def numbers(value: Any, count: int) -> tuple[int, ...]:
    """Return as many whole numbers as there are dimensions, from one number or a list."""
    values = (value,) * count if isinstance(value, int) else tuple(value)
    return tuple(map(int, values)) if len(values) == count else tuple(map(int, values * count))[:count]


def split_shape(layer: Layer, shape: Shape) -> tuple[Shape, int]:
    """Return the sides of a map and its channels."""
    return (shape[2:], shape[1]) if layer.channels_first else (shape[1:-1], shape[-1])


def join_shape(layer: Layer, batch: int, sides: Shape, channels: int) -> Shape:
    """Return the shape of a map."""
    return (batch, channels, *sides) if layer.channels_first else (batch, *sides, channels)


def move(kind: str, side: int, kernel: int, stride: int, dilation: int) -> tuple[int, int, int]:
    """Return the positions of a window along a side, and the zeros before and after it, as TensorFlow decides them."""
    extent = (kernel - 1) * dilation + 1
    if kind == "same":
        positions = -(-side // stride)
        zeros = max((positions - 1) * stride + extent - side, 0)
        return positions, zeros // 2, zeros - zeros // 2
    before = extent - 1 if kind == "causal" else 0
    return (side + before - extent) // stride + 1, before, 0


def make_window(
    layer: Layer, sides: Shape, kernel: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Window | None, Shape]:
    """Return a window over one or two sides, and the sides of its result."""
    kind = str(layer.read("padding", "valid")).lower()
    moves = [move(kind, *numbers) for numbers in zip(sides, kernel, strides, dilation, strict=True)]
    outputs = tuple(positions for positions, _, _ in moves)
    if len(sides) > 2:
        return None, outputs
    if len(sides) == 1:
        moves.insert(0, (1, 0, 0))
    (_, top, below), (_, left, right) = moves
    return Window(_pair(kernel), _pair(strides), _pair(dilation), (top, left, below, right)), outputs


def _pair(values: tuple[int, ...]) -> Sides:
    return (1, values[0]) if len(values) == 1 else (values[0], values[1])


def conv(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a convolution, of which groups and dilation can be other than 1."""
    builder.note_layout(layer)
    filters, groups = int(layer.config["filters"]), int(layer.config.get("groups") or 1)
    _, channels = split_shape(layer, builder.shape(reads[0]))
    sides = len(builder.shape(reads[0])) - 2
    kernel = numbers(layer.config["kernel_size"], sides)
    weights = builder.weight(layer, "kernel", (*kernel, channels // groups, filters))
    output = _convolve(builder, layer, reads[0], Filters(weights, kernel, filters, groups))
    return activate(builder, layer, output)


@dataclass(frozen=True)
class Filters:
    """The filters of a convolution."""

    weights: str
    kernel: tuple[int, ...]
    count: int
    groups: int = 1
    part: str = ""
    """Which of several convolutions of a layer it is."""
    bias: bool = True
    """Whether a bias that the layer has belongs to it."""


def _convolve(builder: Builder, layer: Layer, x: str, filters: Filters) -> str:
    shape, one = builder.shape(x), filters.part == "pointwise"
    sides, _ = split_shape(layer, shape)
    strides = numbers(1 if one else layer.config.get("strides", 1), len(sides))
    dilation = numbers(1 if one else layer.config.get("dilation_rate", 1), len(sides))
    window, outputs = make_window(layer, sides, filters.kernel, strides, dilation)
    has_bias = filters.bias and layer.config.get("use_bias", True)
    reads = [x, filters.weights, builder.weight(layer, "bias", (filters.count,)) if has_bias else ""]
    made = join_shape(layer, shape[0], outputs, filters.count)
    return builder.add(layer, "conv", reads, made, filters.part, window=window, groups=filters.groups)


def depthwise(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a depthwise convolution."""
    builder.note_layout(layer)
    return activate(builder, layer, _convolve_depthwise(builder, layer, reads[0], "", bias=True))


def _convolve_depthwise(builder: Builder, layer: Layer, x: str, part: str, *, bias: bool) -> str:
    sides, channels = split_shape(layer, builder.shape(x))
    multiplier = int(layer.config.get("depth_multiplier") or 1)
    kernel = numbers(layer.config["kernel_size"], len(sides))
    name = "depthwise_kernel" if part else "kernel"
    weights = builder.weight(layer, name, (*kernel, channels, multiplier))
    return _convolve(builder, layer, x, Filters(weights, kernel, channels * multiplier, channels, part, bias))


def separable(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a depthwise convolution and the pointwise one after it."""
    builder.note_layout(layer)
    middle = _convolve_depthwise(builder, layer, reads[0], "depthwise", bias=False)
    sides, channels = split_shape(layer, builder.shape(middle))
    filters, kernel = int(layer.config["filters"]), (1,) * len(sides)
    weights = builder.weight(layer, "pointwise_kernel", (*kernel, channels, filters))
    output = _convolve(builder, layer, middle, Filters(weights, kernel, filters, 1, "pointwise"))
    return activate(builder, layer, output)


def transposed(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a transposed convolution."""
    builder.note_layout(layer)
    shape = builder.shape(reads[0])
    sides, channels = split_shape(layer, shape)
    filters, kernel = int(layer.config["filters"]), numbers(layer.config["kernel_size"], len(sides))
    strides = numbers(layer.config.get("strides", 1), len(sides))
    dilation = numbers(layer.config.get("dilation_rate", 1), len(sides))
    extra, same = layer.config.get("output_padding"), layer.read("padding", "valid") == "same"
    extents = [(size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True)]
    if extra is not None:
        added = numbers(extra, len(sides))
        outputs = [
            (side - 1) * stride + extent - (2 * (extent // 2) if same else 0) + more
            for side, stride, extent, more in zip(sides, strides, extents, added, strict=True)
        ]
    elif same:
        outputs = [side * stride for side, stride in zip(sides, strides, strict=True)]
    else:
        outputs = [
            side * stride + max(extent - stride, 0)
            for side, stride, extent in zip(sides, strides, extents, strict=True)
        ]
    weights = builder.weight(layer, "kernel", (*kernel, filters, channels))
    bias = builder.weight(layer, "bias", (filters,)) if layer.config.get("use_bias", True) else ""
    window = Window(_pair(kernel), _pair(strides), _pair(dilation)) if len(sides) < 3 else None
    made = join_shape(layer, shape[0], tuple(outputs), filters)
    return activate(
        builder, layer, builder.add(layer, "transposed_conv", [reads[0], weights, bias], made, window=window)
    )


def pool(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a pool over a moving window."""
    builder.note_layout(layer)
    shape = builder.shape(reads[0])
    sides, channels = split_shape(layer, shape)
    kernel = numbers(layer.config.get("pool_size", 2), len(sides))
    strides = numbers(layer.config.get("strides") or kernel, len(sides))
    window, outputs = make_window(layer, sides, kernel, strides, (1,) * len(sides))
    kind = "max_pool" if layer.kind.startswith("Max") else "average_pool"
    return builder.add(layer, kind, reads[:1], join_shape(layer, shape[0], outputs, channels), window=window)


def global_pool(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a pool over the whole map."""
    builder.note_layout(layer)
    shape = builder.shape(reads[0])
    sides, channels = split_shape(layer, shape)
    kept = (1,) * len(sides) if layer.config.get("keepdims") else ()
    made = join_shape(layer, shape[0], kept, channels)
    if "Average" in layer.kind and len(sides) == 2:
        return builder.add(layer, "global_pool", reads[:1], made)
    axes = tuple(range(2, len(shape))) if layer.channels_first else tuple(range(1, len(shape) - 1))
    return builder.add(
        layer, "reduce", reads[:1], made, function="mean" if "Average" in layer.kind else "max", axes=axes
    )


def pad(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add zeros around a map, or cut its sides off."""
    shape = builder.shape(reads[0])
    sides, channels = split_shape(layer, shape)
    amounts = layer.config.get("cropping", layer.config.get("padding", 1))
    values = (amounts,) * len(sides) if isinstance(amounts, int) else tuple(amounts)
    if len(sides) == 1 and len(values) == 2 and all(isinstance(value, int) for value in values):
        values = (values,)
    pairs = [numbers(value, 2) for value in values]
    cut = layer.kind.startswith("Cropping")
    changes = [-sum(pair) if cut else sum(pair) for pair in pairs]
    outputs = tuple(side + change for side, change in zip(sides, changes, strict=True))
    made = join_shape(layer, shape[0], outputs, channels)
    if cut:
        return builder.add(layer, "slice", reads[:1], made)
    around = [(0, 0), (0, 0), *pairs] if layer.channels_first else [(0, 0), *pairs, (0, 0)]
    return builder.add(layer, "pad", reads[:1], made, padding=tuple(value for pair in around for value in pair))


def resize(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a map at another height and width."""
    shape = builder.shape(reads[0])
    sides, channels = split_shape(layer, shape)
    if "height" in layer.config:
        outputs: Shape = (int(layer.config["height"]), int(layer.config["width"]))
    else:
        factors = numbers(layer.config.get("size", 2), len(sides))
        outputs = tuple(side * factor for side, factor in zip(sides, factors, strict=True))
    return builder.add(layer, "resize", reads[:1], join_shape(layer, shape[0], outputs, channels))


def dense(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a fully connected layer, which is applied to the last dimension."""
    shape, units = builder.shape(reads[0]), int(layer.config["units"])
    weights = builder.weight(layer, "kernel", (shape[-1], units))
    bias = builder.weight(layer, "bias", (units,)) if layer.config.get("use_bias", True) else ""
    made = (*shape[:-1], units)
    output = builder.add(layer, "linear", [reads[0], weights, bias], made, inner=shape[-1])
    return activate(builder, layer, output)


def flatten(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a reshape of each image to one row."""
    shape = builder.shape(reads[0])
    return builder.add(layer, "reshape", reads[:1], (shape[0], prod(shape[1:])))
