"""A network as a flat list of layers, every number worked out: what is left of any model away from its framework."""

from __future__ import annotations

from dataclasses import dataclass, field

from mbcost.errors import Position
from mbcost.spec.observed import Map


@dataclass(frozen=True)
class FlatLayer:
    """One convolution or linear layer with its norm."""

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
    """Channels of the norms behind it; 0 without one."""
    position: Position = field(default=(1, 1), compare=False, repr=False)
    """Line and column in its file."""


@dataclass(frozen=True)
class FlatNetwork:
    """The layers in order of execution; each states the map that it reads, so that branches need no words."""

    name: str
    source: str
    channels: int
    resolution: tuple[int, int]
    layers: tuple[FlatLayer, ...]
