"""A flat list of layers -> a network, at its own resolution and widths only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.analytic.layers import BatchNorm, Conv2d, Layer, Linear, Shape
from mbcost.analytic.network import Network
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.model import Row, Spec

AS_WRITTEN = "as written"
"""What stands in the place of an implementation: a flat list leaves nothing to decide."""

_POINT = Shape(1, 1, 1)


@dataclass(frozen=True)
class WrittenConv2d(Conv2d):
    """A convolution whose output map is stated, whatever its padding."""

    dilation: int = 1
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
