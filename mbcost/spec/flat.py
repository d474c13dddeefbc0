"""A network as a flat list of layers, every number worked out: what is left of any model away from its framework."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

from mbcost.spec.measurement import Map
from mbcost.spec.nodes import Reader, is_empty

OPERATORS = ("conv", "linear")
COLUMNS = ("name", "operator", "input", "output", "k", "s", "d", "g", "bias", "norm")
_KEYS = ("name", "source", "input", "columns", "layers")


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


@dataclass(frozen=True)
class FlatNetwork:
    """The layers in order of execution; each states the map that it reads, so that branches need no words."""

    name: str
    source: str
    channels: int
    resolution: tuple[int, int]
    layers: tuple[FlatLayer, ...]


def is_flat(text: str) -> bool:
    """Whether a document is a flat list, and not the table of a paper."""
    return re.search(r"^layers:", text, re.MULTILINE) is not None


def parse_flat(text: str, origin: str) -> FlatNetwork:
    """The network that `text` describes; `origin` is what to call it in messages.

    Raises:
        SpecError: with every problem that was found, each `file:line:column: message`.
    """
    reader = Reader(text, origin)
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, _KEYS)
        given = reader.require(root, values, "input")
        sizes = reader.mapping(given, ("channels", "resolution"))
        size = reader.require(given, sizes, "resolution")
        sides = reader.sequence(size)
        if isinstance(size, yaml.SequenceNode) and len(sides) != 2:
            reader.problem(size, "the resolution is a list of height and width")
        columns = reader.require(root, values, "columns")
        if tuple(reader.text(node) for node in reader.sequence(columns)) != COLUMNS:
            reader.problem(columns, f"the columns of a list of layers are {', '.join(COLUMNS)}")
        rows = reader.require(root, values, "layers")
        layers = tuple(_layer(reader, node) for node in reader.sequence(rows))
        if isinstance(rows, yaml.SequenceNode) and not rows.value:
            reader.problem(rows, "a network needs at least one layer")
        height, width = [reader.whole(side) for side in sides] if len(sides) == 2 else [1, 1]
        network = FlatNetwork(
            reader.text(reader.require(root, values, "name")),
            reader.text(values["source"]) if "source" in values else "",
            reader.whole(reader.require(given, sizes, "channels")),
            (height, width),
            layers,
        )
    return network


def to_yaml(network: FlatNetwork) -> str:
    """The document that `parse_flat` reads back."""
    rows = [_cells(layer) for layer in network.layers]
    widths = [max(len(row[place]) for row in [*rows, list(COLUMNS)]) for place in range(len(COLUMNS))]
    height, width = network.resolution
    lines = [
        f"name: {json.dumps(network.name)}",
        f"source: {json.dumps(network.source)}",
        f"input: {{channels: {network.channels}, resolution: [{height}, {width}]}}",
        f"columns: [{', '.join(COLUMNS)}]   # maps are HxWxC; norm is its channels, ~ without one",
        "layers:",
        *(f"  - [{', '.join(map(str.ljust, row, widths)).rstrip()}]" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _cells(layer: FlatLayer) -> list[str]:
    return [
        json.dumps(layer.name), layer.operator, _sides(layer.input), _sides(layer.output), _sides(layer.kernel),
        str(layer.stride), str(layer.dilation), str(layer.groups), "true" if layer.bias else "false",
        str(layer.norm or "~"),
    ]  # fmt: skip


def _sides(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def _layer(reader: Reader, node: yaml.Node) -> FlatLayer:
    cells = reader.sequence(node)
    if len(cells) != len(COLUMNS):
        if isinstance(node, yaml.SequenceNode):
            reader.problem(node, f"the row has {len(cells)} cells, the list {len(COLUMNS)}: {', '.join(COLUMNS)}")
        return FlatLayer("", OPERATORS[0], (1, 1, 1), (1, 1, 1))
    name, operator, given, made, kernel, stride, dilation, groups, bias, norm = cells
    height, width = _numbers(reader, kernel, 2)
    layer = FlatLayer(
        reader.text(name), reader.word(operator, "operator", OPERATORS), _map(reader, given), _map(reader, made),
        (height, width), reader.whole(stride), reader.whole(dilation), reader.whole(groups), reader.flag(bias),
        0 if is_empty(norm) else reader.whole(norm),
    )  # fmt: skip
    if layer.input[2] % layer.groups or layer.output[2] % layer.groups:
        reader.problem(groups, f"{layer.groups} groups do not divide the channels of both maps")
    return layer


def _map(reader: Reader, node: yaml.Node) -> Map:
    height, width, channels = _numbers(reader, node, 3)
    return height, width, channels


def _numbers(reader: Reader, node: yaml.Node, count: int) -> list[int]:
    """`3x3` and `56x56x24`; no number has more than nine digits."""
    text = reader.text(node)
    if re.fullmatch("x".join(["[1-9][0-9]{0,8}"] * count), text) is None:
        if text:
            reader.problem(node, f"expected {'x'.join('HWC'[:count])}, found '{text}'")
        return [1] * count
    return [int(number) for number in text.split("x")]
