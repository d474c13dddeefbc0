"""A flat list of layers as YAML: told from a table, read and written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.observed import Map
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.table import COLUMNS as TABLE_COLUMNS
from mbcost.spec.reading.table import read_resolution

OPERATORS = ("conv", "linear")
COLUMNS = ("name", "operator", "input", "output", "k", "s", "d", "g", "bias", "norm")
KEYS = ("name", "source", "input", "columns", "layers")
SIDE = "[1-9][0-9]{0,8}"
"""A number of a map or a kernel."""
_WIDEST = 10**9 - 1


def is_flat(root: yaml.Node) -> bool:
    """Whether a document is a list of layers, and not the table of a paper.

    It has the key `layers`, and columns of a list rather than of a table: in a table `layers` is a slip for `rows`, as
    under all columns of a list every other key is one for `layers`.
    """
    values = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
    columns = values.get("columns")
    items = columns.value if isinstance(columns, yaml.SequenceNode) else []
    names = {item.value for item in items if isinstance(item, yaml.ScalarNode)}
    lists, tables = set(COLUMNS) - set(TABLE_COLUMNS), set(TABLE_COLUMNS) - set(COLUMNS)
    return names == set(COLUMNS) or ("layers" in values and len(names & lists) >= len(names & tables))


def parse_flat(text: str, origin: str) -> FlatNetwork:
    """The network that `text` describes; `origin` is what to call it in messages.

    Raises:
        SpecError: with every problem that was found, each `file:line:column: message`.
    """
    return read_flat(Reader(text, origin))


def read_flat(reader: Reader) -> FlatNetwork:
    """The network that a document describes.

    Invalid is what no layer can be: a cell that cannot be read, two layers of one name, groups that do not divide the
    channels, a linear layer with a kernel. Numbers that are possible one by one and contradict each other, as an output
    size that no padding makes of the input, are read as they stand; `mbcost check` says them.

    Raises:
        SpecError: with every problem that was found, each `file:line:column: message`.
    """
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, KEYS)
        given = reader.require(root, values, "input")
        sizes = reader.mapping(given, ("channels", "resolution"))
        columns = reader.require(root, values, "columns")
        is_known = tuple(reader.text(node) for node in reader.sequence(columns)) == COLUMNS
        if not is_known:
            reader.problem(columns, f"the columns of a list of layers are {', '.join(COLUMNS)}")
        rows = reader.require(root, values, "layers")
        nodes = reader.sequence(rows) if is_known else []  # of cells under other headings nothing can be said
        layers = tuple(_layer(reader, node) for node in nodes)
        if isinstance(rows, yaml.SequenceNode) and not rows.value:
            reader.problem(rows, "a network needs at least one layer")
        _check_names(reader, nodes, layers)
        network = FlatNetwork(
            reader.name(reader.require(root, values, "name")),
            reader.text(values["source"]) if "source" in values else "",
            reader.whole(reader.require(given, sizes, "channels")),
            read_resolution(reader, reader.require(given, sizes, "resolution")),
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
    problems, cells = len(reader.problems), reader.sequence(node, f"[{', '.join(COLUMNS)}]")
    if len(cells) != len(COLUMNS):
        if isinstance(node, yaml.SequenceNode):
            reader.problem(node, f"the row has {len(cells)} cells, the list {len(COLUMNS)}: {', '.join(COLUMNS)}")
        return FlatLayer("", OPERATORS[0], (1, 1, 1), (1, 1, 1))
    name, operator, given, made, kernel, stride, dilation, groups, bias, norm = cells
    height, width = _numbers(reader, kernel, 2)
    layer = FlatLayer(
        reader.name(name), reader.word(operator, "operator", OPERATORS), _map(reader, given), _map(reader, made),
        (height, width), reader.whole(stride), reader.whole(dilation), reader.whole(groups), reader.flag(bias),
        0 if is_empty(norm) else reader.whole(norm), reader.position(node),
    )  # fmt: skip
    if len(reader.problems) == problems:
        _check_layer(reader, layer, dict(zip(COLUMNS, cells, strict=True)))
    return layer


def _check_layer(reader: Reader, layer: FlatLayer, cells: Mapping[str, yaml.Node]) -> None:
    if layer.operator == "linear":
        stated = {
            "input": layer.input[:2] != (1, 1), "output": layer.output[:2] != (1, 1), "k": layer.kernel != (1, 1),
            "s": layer.stride > 1, "d": layer.dilation > 1, "g": layer.groups > 1,
        }  # fmt: skip
        for column in (column for column, is_stated in stated.items() if is_stated):
            reader.problem(cells[column], f"a linear layer has 1x1 maps, k 1x1 and s, d, g 1, not this '{column}'")
    elif layer.input[2] % layer.groups or layer.output[2] % layer.groups:
        channels = f"the {layer.input[2]} and {layer.output[2]} channels of its maps"
        reader.problem(cells["g"], f"{layer.groups} groups do not divide {channels}")


def _check_names(reader: Reader, nodes: list[yaml.Node], layers: tuple[FlatLayer, ...]) -> None:
    """Layers are found by their names."""
    lines: dict[str, int] = {}
    for node, layer in zip(nodes, layers, strict=True):
        if layer.name in lines:
            reader.problem(node.value[0], f"line {lines[layer.name]} is called '{layer.name}' already: rename one")
        elif layer.name:
            lines[layer.name] = layer.position[0]


def _map(reader: Reader, node: yaml.Node) -> Map:
    height, width, channels = _numbers(reader, node, 3)
    return height, width, channels


def _numbers(reader: Reader, node: yaml.Node, count: int) -> list[int]:
    """`3x3` and `56x56x24`."""
    text = reader.text_or_none(node)
    if text is None or re.fullmatch("x".join([SIDE] * count), text) is None:
        if text is not None:
            form = "x".join("HWC"[:count])
            reader.problem(node, f"expected {form}, whole numbers from 1 to {_WIDEST}, found '{text}'")
        return [1] * count
    return [int(number) for number in text.split("x")]
