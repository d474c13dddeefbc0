"""A flat list of layers as a network, which exists at its own resolution and widths only."""

from __future__ import annotations

from collections.abc import Iterator

from mbcost.analytic.layers import BatchNorm, Layer, Linear, Shape
from mbcost.analytic.network import Network
from mbcost.analytic.written import WrittenConv2d
from mbcost.errors import Position
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.observed import Map
from mbcost.spec.table import Row, Spec

AS_WRITTEN = "as written"
"""The name in place of an implementation's: a flat list leaves nothing to decide."""


def resolve_flat(flat: FlatNetwork) -> Network:
    """Return the network of `flat`, whose layers are named `<index>.1.<their own name>`."""
    rows = tuple(
        Row(index, layer.operator, k=layer.kernel, c=layer.output[2], s=layer.stride)
        for index, layer in enumerate(flat.layers)
    )
    spec = Spec(flat.name, "", flat.source, flat.channels, flat.resolution, ("operator", "c", "s"), rows, {})
    layers = tuple(
        layer
        for index, written in enumerate(flat.layers)
        for layer in _build_layers(f"{index}.1.{written.name}", written)
    )
    classes = flat.layers[-1].output[2]
    return Network(spec, 1.0, flat.resolution, AS_WRITTEN, classes, flat.channels, layers)


def contradictions(flat: FlatNetwork) -> Iterator[tuple[Position, str]]:
    """Yield the contradictions in a list: between its input and its first layer, and within a layer's sizes.

    Up to k - 1 zeros on each side can be meant as padding, for a dilated kernel up to (k - 1) d. With more, some of the
    outputs would be sums of nothing but padding.
    """
    channels, (height, width) = flat.channels, flat.resolution
    first = flat.layers[0]
    if first.input != (height, width, channels):
        reads, given = _text(first.input), _text((height, width, channels))
        yield first.position, f"the first layer reads {reads}, but 'input' is {given}: correct one of them"
    for layer in flat.layers:
        ranges = [_possible_sides(layer, axis) for axis in (0, 1)]
        if not all(side in possible for side, possible in zip(layer.output[:2], ranges, strict=True)):
            output, image = _text(layer.output[:2]), _text(layer.input[:2])
            window = f"k {_text(layer.kernel)}, s {layer.stride}, d {layer.dilation}"
            expected = " by ".join(map(_range_text, ranges))
            message = f"no padding gives {output} from {image} with {window}, expected {expected}: correct one of them"
            yield layer.position, message


def _possible_sides(layer: FlatLayer, axis: int) -> range:
    """Return the heights or widths that the output can have, over all paddings."""
    size, window = layer.input[axis], (layer.kernel[axis] - 1) * layer.dilation + 1
    least, most = (size + zeros - window for zeros in (0, 2 * (window - 1)))
    return range(max(1, least // layer.stride + 1), most // layer.stride + 2)


def _range_text(sides: range) -> str:
    return f"{sides[0]}" if len(sides) == 1 else f"{sides[0]} to {sides[-1]}"


def _text(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def _build_layers(name: str, layer: FlatLayer) -> Iterator[Layer]:
    image, output = _shape(layer.input), _shape(layer.output)
    if layer.operator == "linear":
        yield Linear(name, image, output.channels, layer.bias)
    else:
        yield WrittenConv2d(
            name,
            image,
            output.channels,
            layer.kernel,
            layer.stride,
            layer.groups,
            layer.bias,
            dilation=layer.dilation,
            written=output,
        )
    if layer.norm:
        yield BatchNorm(name, Shape(layer.norm, output.height, output.width))


def _shape(sides: Map) -> Shape:
    height, width, channels = sides
    return Shape(channels, height, width)
