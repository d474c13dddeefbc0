"""A flat list of layers -> a network, at its own resolution and widths only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.analytic.layers import BatchNorm, Conv2d, Layer, Linear, Shape
from mbcost.analytic.network import Network
from mbcost.errors import Position
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.table import Row, Spec

AS_WRITTEN = "as written"
"""What stands in the place of an implementation: a flat list leaves nothing to decide."""

_POINT = Shape(1, 1, 1)


@dataclass(frozen=True)
class WrittenConv2d(Conv2d):
    """A convolution whose output map is stated, whatever its padding."""

    written: Shape = _POINT

    @property
    def output(self) -> Shape:
        """The map it gives."""
        return self.written


def resolve_flat(flat: FlatNetwork) -> Network:
    """The layers of `flat`, each named `<place>.1.<its own name>`."""
    rows = tuple(
        Row(place, layer.operator, k=layer.kernel, c=layer.output[2], s=layer.stride)
        for place, layer in enumerate(flat.layers)
    )
    spec = Spec(flat.name, "", flat.source, flat.channels, flat.resolution, ("operator", "c", "s"), rows, {})
    layers = tuple(layer for place, each in enumerate(flat.layers) for layer in _layers(f"{place}.1.{each.name}", each))
    classes = flat.layers[-1].output[2]
    return Network(spec, 1.0, flat.resolution, AS_WRITTEN, classes, flat.channels, layers)


def contradictions(flat: FlatNetwork) -> Iterator[tuple[Position, str]]:
    """Where a list says two different things: the map that the first layer reads, and a size of the output.

    A padding of up to k - 1 positions on each side can be meant, for a dilated kernel up to (k - 1) d: with more, some
    of the outputs would be sums of nothing but padding.
    """
    channels, (height, width) = flat.channels, flat.resolution
    first = flat.layers[0]
    if first.input != (height, width, channels):
        reads, given = _text(first.input), _text((height, width, channels))
        yield first.position, f"the first layer reads {reads}, and 'input' is {given}: correct one of them"
    for layer in flat.layers:
        sides = [_sides(layer, axis) for axis in (0, 1)]
        if not all(side in possible for side, possible in zip(layer.output[:2], sides, strict=True)):
            makes, reads = _text(layer.output[:2]), _text(layer.input[:2])
            how = f"k {_text(layer.kernel)}, s {layer.stride}, d {layer.dilation}"
            range_ = " by ".join(f"{side[0]}" if len(side) == 1 else f"{side[0]} to {side[-1]}" for side in sides)
            yield layer.position, f"no padding makes {makes} of {reads} with {how}, but {range_}: correct one of them"


def _sides(layer: FlatLayer, axis: int) -> range:
    """Height or width of the output, whatever the padding."""
    size, window = layer.input[axis], (layer.kernel[axis] - 1) * layer.dilation + 1
    least, most = (size + zeros - window for zeros in (0, 2 * (window - 1)))
    return range(max(1, least // layer.stride + 1), most // layer.stride + 2)


def _text(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def _layers(name: str, layer: FlatLayer) -> Iterator[Layer]:
    given, made = _shape(layer.input), _shape(layer.output)
    if layer.operator == "linear":
        yield Linear(name, given, made.channels, layer.bias)
    else:
        yield WrittenConv2d(
            name,
            given,
            made.channels,
            layer.kernel,
            layer.stride,
            layer.groups,
            layer.bias,
            dilation=layer.dilation,
            written=made,
        )
    if layer.norm:
        yield BatchNorm(name, Shape(layer.norm, made.height, made.width))


def _shape(sides: tuple[int, int, int]) -> Shape:
    height, width, channels = sides
    return Shape(channels, height, width)
