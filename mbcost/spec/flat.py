"""A network as a flat list of layers with every number stated: what any model is, seen apart from its framework."""

from __future__ import annotations

from dataclasses import dataclass, field

from mbcost.errors import Position
from mbcost.spec.observed import Map


@dataclass(frozen=True)
class FlatLayer:
    """A convolution or linear layer, with the norms after it."""

    name: str
    operator: str
    input: Map
    output: Map
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    norm: int = 0
    """Channels of the norms after the layer; 0 without one."""
    position: Position = field(default=(1, 1), compare=False, repr=False)
    """Line and column in its file."""


@dataclass(frozen=True)
class FlatNetwork:
    """The layers in order of execution. Each layer states the map that it reads, so that branches need no notation."""

    name: str
    source: str
    channels: int
    resolution: tuple[int, int]
    layers: tuple[FlatLayer, ...]
