"""Flat lists of layers as YAML: told apart from tables, read and written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.reading.columns import COLUMNS as TABLE_COLUMNS
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.values import FLAG, TEXT, WHOLE, Schema, read_resolution

OPERATORS = ("conv", "linear")
KEYS = ("name", "source", "input", "columns", "layers")

_SIDE = "[1-9][0-9]{0,8}"
"""A height, a width or a number of channels."""
_LARGEST_SIDE = 10**9 - 1


@dataclass(frozen=True)
class ListColumn:
    """A column of a flat list of layers."""

    heading: str
    field: str
    """The field of `FlatLayer` that holds its cells."""
    read: Callable[[Reader, yaml.Node], Any]
    write: Callable[[Any], str]
    schema: Schema
    """JSON Schema of a cell."""
    description: str = ""


def is_flat(root: yaml.Node) -> bool:
    """Return whether a document is a flat list of layers, and not a table.

    A list has the key `layers`, and more headings that only lists have than headings that only tables have. So `layers`
    in a table is read as a mistake for `rows`. A document with exactly the headings of a list is always a list.
    """
    values = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
    columns = values.get("columns")
    items = columns.value if isinstance(columns, yaml.SequenceNode) else []
    headings = {item.value for item in items if isinstance(item, yaml.ScalarNode)}
    of_lists, of_tables = COLUMNS.keys() - TABLE_COLUMNS.keys(), TABLE_COLUMNS.keys() - COLUMNS.keys()
    return headings == COLUMNS.keys() or ("layers" in values and len(headings & of_lists) >= len(headings & of_tables))


def read_flat(reader: Reader) -> FlatNetwork:
    """Return the network that a document describes.

    A document is invalid if no network can be meant by it: a cell cannot be read, two layers have the same name, groups
    do not divide the channels, or a linear layer has a kernel. Numbers that are possible one by one but contradict each
    other, such as an output size that no padding gives, are read as they are; `mbcost check` reports them.

    Raises:
        SpecError: with every problem in the document, each as `file:line:column: message`.
    """
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, KEYS)
        input_node = reader.require(root, values, "input")
        sizes = reader.mapping(input_node, ("channels", "resolution"))
        columns = reader.require(root, values, "columns")
        is_known = [reader.text(node) for node in reader.sequence(columns)] == list(COLUMNS)
        if not is_known:
            reader.report(columns, f"the columns of a list of layers must be {', '.join(COLUMNS)}")
        rows = reader.require(root, values, "layers")
        nodes = reader.sequence(rows) if is_known else []  # cells under other headings cannot be judged
        layers = tuple(_read_layer(reader, node) for node in nodes)
        if isinstance(rows, yaml.SequenceNode) and not rows.value:
            reader.report(rows, "a network needs at least one layer")
        _check_names(reader, nodes, layers)
        network = FlatNetwork(
            reader.name(reader.require(root, values, "name")),
            reader.text(values["source"]) if "source" in values else "",
            reader.whole(reader.require(input_node, sizes, "channels")),
            read_resolution(reader, reader.require(input_node, sizes, "resolution")),
            layers,
        )
    return network


def to_yaml(network: FlatNetwork) -> str:
    """Return the document that `read_flat` reads as `network`."""
    rows = [[column.write(getattr(layer, column.field)) for column in COLUMNS.values()] for layer in network.layers]
    widths = [max(map(len, cells)) for cells in zip(COLUMNS, *rows, strict=True)]
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


def _read_layer(reader: Reader, node: yaml.Node) -> FlatLayer:
    problems, cells = len(reader.problems), reader.sequence(node, f"[{', '.join(COLUMNS)}]")
    if len(cells) != len(COLUMNS):
        if isinstance(node, yaml.SequenceNode):
            reader.report(node, f"expected {len(COLUMNS)} cells ({', '.join(COLUMNS)}), found {len(cells)}")
        return FlatLayer("", OPERATORS[0], (1, 1, 1), (1, 1, 1))
    fields = {column.field: column.read(reader, cell) for column, cell in zip(COLUMNS.values(), cells, strict=True)}
    layer = FlatLayer(**fields, position=reader.position(node))
    if len(reader.problems) == problems:
        _check_layer(reader, layer, dict(zip(COLUMNS, cells, strict=True)))
    return layer


def _check_layer(reader: Reader, layer: FlatLayer, cells: Mapping[str, yaml.Node]) -> None:
    inputs, outputs = layer.input[2], layer.output[2]
    if layer.operator == "linear":
        plain = FlatLayer(layer.name, "linear", (1, 1, inputs), (1, 1, outputs), bias=layer.bias, norm=layer.norm)
        for heading, column in COLUMNS.items():
            expected = getattr(plain, column.field)
            if getattr(layer, column.field) != expected:
                remedy = f"write {column.write(expected)}, or the operator conv"
                reader.report(cells[heading], f"a linear layer has 1x1 maps, k 1x1 and s, d, g 1: {remedy}")
    elif inputs % layer.groups or outputs % layer.groups:
        channels = f"the {inputs} and {outputs} channels of its maps"
        reader.report(cells["g"], f"{layer.groups} groups do not divide {channels}: correct one of them")


def _check_names(reader: Reader, nodes: list[yaml.Node], layers: tuple[FlatLayer, ...]) -> None:
    """Report a name that an earlier layer has, because layers are found by their names."""
    lines: dict[str, int] = {}
    for node, layer in zip(nodes, layers, strict=True):
        if layer.name in lines:
            reader.report(
                node.value[0], f"the layer in line {lines[layer.name]} is also called '{layer.name}': rename one"
            )
        elif layer.name:
            lines[layer.name] = layer.position[0]


def _read_operator(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "operator", OPERATORS)


def _sides_reader(form: str) -> Callable[[Reader, yaml.Node], tuple[int, ...]]:
    """Return the reader of cells such as `3x3` or `56x56x24`; `form` is `HxW` or `HxWxC`."""
    count = len(form.split("x"))

    def read(reader: Reader, node: yaml.Node) -> tuple[int, ...]:
        text = reader.text_or_none(node)
        if text is not None and re.fullmatch("x".join([_SIDE] * count), text):
            return tuple(map(int, text.split("x")))
        if text is not None:
            reader.report(node, f"expected {form}, whole numbers from 1 to {_LARGEST_SIDE}, found '{text}'")
        return (1,) * count

    return read


def _read_norm(reader: Reader, node: yaml.Node) -> int:
    return 0 if is_empty(node) else reader.whole(node)


def _write_norm(channels: int) -> str:
    return str(channels or "~")


def _write_flag(flag: bool) -> str:
    return "true" if flag else "false"


def _write_sides(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


_read_map = _sides_reader("HxWxC")
_MAP: Schema = {"type": "string", "pattern": f"^{_SIDE}x{_SIDE}x{_SIDE}$"}
_KERNEL: Schema = {"type": "string", "pattern": f"^{_SIDE}x{_SIDE}$"}
_NORM: Schema = {"anyOf": [WHOLE, {"type": "null"}]}

COLUMNS: Mapping[str, ListColumn] = {
    column.heading: column
    for column in (
        ListColumn("name", "name", Reader.name, json.dumps, TEXT,
                   "What the layer is called; no two layers have the same name."),
        ListColumn("operator", "operator", _read_operator, str, {"enum": list(OPERATORS)}),
        ListColumn("input", "input", _read_map, _write_sides, _MAP, "The map that the layer reads, HxWxC."),
        ListColumn("output", "output", _read_map, _write_sides, _MAP, "The map that the layer gives, HxWxC."),
        ListColumn("k", "kernel", _sides_reader("HxW"), _write_sides, _KERNEL, "The kernel, HxW."),
        ListColumn("s", "stride", Reader.whole, str, WHOLE, "Stride."),
        ListColumn("d", "dilation", Reader.whole, str, WHOLE, "Dilation."),
        ListColumn("g", "groups", Reader.whole, str, WHOLE, "Groups."),
        ListColumn("bias", "bias", Reader.flag, _write_flag, FLAG),
        ListColumn("norm", "norm", _read_norm, _write_norm, _NORM,
                   "Channels of the norms after the layer; ~ without one."),
    )
}  # fmt: skip
