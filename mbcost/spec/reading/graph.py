"""Graphs as YAML: told apart from other documents, read and written."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

import yaml

from mbcost.errors import escape
from mbcost.spec.graph import KINDS, LAYOUTS, Graph, Operator, Tensor, Window
from mbcost.spec.implementation import EXACT
from mbcost.spec.reading.nodes import Reader, kind_of
from mbcost.spec.reading.values import TEXT, Schema, schema_of_mapping

FORMS = ("onnx", "tflite", "keras", "torch", "yaml")
KEYS = ("title", "source", "form", "layout", "batch", "bytes", "inputs", "outputs", "unread", "tensors", "operators")
_SHAPE = re.compile(r"\(\)|[0-9]{1,16}(x[0-9]{1,16})*")


@dataclass(frozen=True)
class Cell:
    """How a value is read and written."""

    read: Callable[[Reader, yaml.Node], Any]
    write: Callable[[Any], str]
    schema: Schema


def is_graph(root: yaml.Node) -> bool:
    """Return whether a document is a graph, which has the key `operators`, and no rows or layers."""
    keys = {key.value for key, _ in root.value if isinstance(key, yaml.ScalarNode)}
    return "operators" in keys and not keys & {"rows", "layers"}


def read_graph(reader: Reader) -> Graph:
    """Return the graph that a document describes.

    Raises:
        SpecError: with every problem in the document, each as `file:line:column: message`.
    """
    with reader.complete():
        root = reader.root
        values = reader.mapping(root, KEYS)
        tensors = _read_tensors(reader, reader.require(root, values, "tensors"))
        nodes = reader.sequence(reader.require(root, values, "operators"))
        operators = [_read_operator(reader, node) for node in nodes]
        inputs, outputs = (_read_names(reader, reader.require(root, values, key)) for key in ("inputs", "outputs"))
        _check_names(reader, values, tensors, (inputs, outputs))
        _check_order(reader, list(zip(nodes, operators, strict=True)), tensors, inputs)
        graph = Graph(
            reader.text(reader.require(root, values, "title")),
            reader.text(values["source"]) if "source" in values else "",
            reader.word(values["form"], "form", FORMS) if "form" in values else "yaml",
            reader.word(reader.require(root, values, "layout"), "layout", LAYOUTS),
            inputs,
            outputs,
            tuple(operators),
            {tensor.name: tensor for tensor in tensors.values()},
            reader.whole(values["batch"]) if "batch" in values else 1,
            reader.whole(values["bytes"], 0) if "bytes" in values else 0,
            tuple(reader.text(node) for node in reader.sequence(values["unread"])) if "unread" in values else (),
        )
    return graph


def to_yaml(graph: Graph) -> str:
    """Return the document that `read_graph` reads as `graph`; names have no characters that cannot be printed."""
    head = [
        f"title: {_text(graph.name)}",
        f"source: {_text(graph.source)}",
        f"form: {graph.form}",
        f"layout: {graph.layout}",
        f"batch: {graph.batch}",
        f"bytes: {graph.bytes}",
        f"inputs: {_texts(graph.inputs)}",
        f"outputs: {_texts(graph.outputs)}",
        *([f"unread: {_texts(graph.unread)}"] if graph.unread else []),
        "tensors:   # name, shape, type; stored is the bytes of a constant",
    ]
    tensors = [_write_tensor(tensor) for tensor in graph.tensors.values()]
    operators = ["operators:", *map(_write_operator, graph.operators)] if graph.operators else ["operators: []"]
    return "\n".join([*head, *tensors, *operators]) + "\n"


def _write_tensor(tensor: Tensor) -> str:
    extra = _write_fields(tensor, TENSOR)
    cells = [_text(tensor.name), _write_shape(tensor.shape), tensor.dtype, *([f"{{{extra}}}"] if extra else [])]
    return f"  - [{', '.join(cells)}]"


def _write_operator(operator: Operator) -> str:
    return f"  - {{name: {_text(operator.name)}, kind: {operator.kind}, {_write_fields(operator, OPERATOR)}}}"


def _write_fields(record: Any, cells: Mapping[str, Cell]) -> str:
    defaults = {item.name: _find_default(item) for item in fields(record)}
    pairs = [(name, getattr(record, name), cell) for name, cell in cells.items()]
    return ", ".join(f"{name}: {cell.write(value)}" for name, value, cell in pairs if value != defaults[name])


def _find_default(item: Field[Any]) -> Any:
    return None if item.default is MISSING else item.default


def _read_tensors(reader: Reader, node: yaml.Node) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for row in reader.sequence(node):
        cells = reader.sequence(row, "[name, 1x3x224x224, float32]")
        if len(cells) not in (3, 4):
            if isinstance(row, yaml.SequenceNode):
                reader.report(row, f"expected a name, a shape, a type and perhaps more, found {len(cells)} cells")
            continue
        extra = reader.mapping(cells[3], TENSOR) if len(cells) == 4 else {}
        tensor = Tensor(
            reader.text(cells[0]), _read_shape(reader, cells[1]), reader.text(cells[2]),
            **{name: TENSOR[name].read(reader, value) for name, value in extra.items()},
        )  # fmt: skip
        if tensor.name in tensors:
            reader.report(cells[0], f"the tensor '{tensor.name}' is given twice: remove one")
        elif not tensor.name:
            reader.report(cells[0], "a tensor needs a name: write one")
        tensors[tensor.name] = tensor
    return tensors


def _read_operator(reader: Reader, node: yaml.Node) -> Operator:
    values = reader.mapping(node, ("name", "kind", *OPERATOR))
    name = reader.text(reader.require(node, values, "name"))
    kind = reader.word(reader.require(node, values, "kind"), "kind of operator", KINDS)
    given = {key: OPERATOR[key].read(reader, value) for key, value in values.items() if key in OPERATOR}
    return Operator(name, kind, given.pop("reads", ()), given.pop("makes", ()), **given)


def _check_names(
    reader: Reader, values: Mapping[str, yaml.Node], tensors: Mapping[str, Tensor], ends: tuple[tuple[str, ...], ...]
) -> None:
    for key, names in zip(("inputs", "outputs"), ends, strict=True):
        for name, node in zip(names, reader.sequence(values[key]) if key in values else [], strict=False):
            if name not in tensors:
                reader.report(node, f"'{name}' is not in tensors: add it there")
            elif key == "inputs" and tensors[name].constant:
                reader.report(node, f"the input '{name}' is stored: remove it from inputs, or its bytes")


def _check_order(
    reader: Reader, operators: list[tuple[yaml.Node, Operator]], tensors: Mapping[str, Tensor], inputs: tuple[str, ...]
) -> None:
    """Report an operator that reads what is not made yet, makes what exists, or has the name of another one."""
    known, names = {*inputs, *(name for name, tensor in tensors.items() if tensor.constant)}, set[str]()
    for node, operator in operators:
        for name in operator.reads:
            if name and name not in known:
                what = "is made later" if name in tensors else "is not in tensors"
                reader.report(node, f"'{operator.name}' reads '{name}', which {what}: correct the order or the name")
        for name in operator.makes:
            if name in known or name not in tensors:
                what = "exists already" if name in known else "is not in tensors"
                reader.report(node, f"'{operator.name}' makes '{name}', which {what}: correct one of them")
        if operator.name in names:
            reader.report(node, f"another operator is also called '{operator.name}': rename one")
        known.update(operator.makes)
        names.add(operator.name)


def _read_shape(reader: Reader, node: yaml.Node) -> tuple[int, ...]:
    text = reader.text(node)
    if text == "()":
        return ()
    if _SHAPE.fullmatch(text):
        return tuple(map(int, text.split("x")))
    reader.report(node, f"expected a shape such as 1x3x224x224, or () for a number, found {kind_of(node)}")
    return ()


def _write_shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "()"


def _read_names(reader: Reader, node: yaml.Node) -> tuple[str, ...]:
    return tuple(reader.text(item) for item in reader.sequence(node))


def _read_whole(reader: Reader, node: yaml.Node) -> int:
    return reader.whole(node, 0)


def _read_integers(reader: Reader, node: yaml.Node) -> tuple[int, ...]:
    return tuple(reader.whole(item, -EXACT) for item in reader.sequence(node))


def _read_float(reader: Reader, node: yaml.Node) -> float:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    try:
        return float(str(text).replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        reader.report(node, f"expected a number, found {kind_of(node)}")
        return 0.0


def _read_floats(reader: Reader, node: yaml.Node) -> tuple[float, ...]:
    return tuple(_read_float(reader, item) for item in reader.sequence(node))


def _read_window(reader: Reader, node: yaml.Node) -> Window:
    values = {key: _read_integers(reader, value) for key, value in reader.mapping(node, WINDOW).items()}
    for key, numbers in values.items():
        if len(numbers) != WINDOW[key]:
            reader.report(node, f"'{key}' of a window has {WINDOW[key]} numbers, found {len(numbers)}: correct it")
    kernel, stride, dilation = ((*values.get(key, ()), 1, 1)[:2] for key in ("kernel", "stride", "dilation"))
    above, left, below, right = (*values.get("padding", ()), 0, 0, 0, 0)[:4]
    return Window(
        (kernel[0], kernel[1]), (stride[0], stride[1]), (dilation[0], dilation[1]), (above, left, below, right)
    )


def _write_window(window: Window) -> str:
    pairs = [(key, getattr(window, key)) for key in WINDOW]
    default = Window()
    written = [f"{key}: {list(value)}" for key, value in pairs if value != getattr(default, key) or key == "kernel"]
    return f"{{{', '.join(written)}}}"


def _text(text: str) -> str:
    return json.dumps(escape(text), ensure_ascii=False)


def _texts(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _float(number: float) -> str:
    if math.isfinite(number):
        return repr(float(number))
    return ".nan" if math.isnan(number) else f"{'-' if number < 0 else ''}.inf"


def _floats(numbers: tuple[float, ...]) -> str:
    return f"[{', '.join(map(_float, numbers))}]"


def _integers(numbers: tuple[int, ...]) -> str:
    return str(list(numbers))


WINDOW: Mapping[str, int] = {"kernel": 2, "stride": 2, "dilation": 2, "padding": 4}
"""The keys of a window, and how many numbers each has."""
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": EXACT}
_NUMBER: Schema = {"type": ["number", "string"]}
_WORDS: Schema = {"type": "array", "items": TEXT}
_INTEGERS: Schema = {"type": "array", "items": {"type": "integer"}}
_WINDOW: Schema = schema_of_mapping({
    key: {"type": "array", "items": {"type": "integer"}, "minItems": count, "maxItems": count}
    for key, count in WINDOW.items()
})  # fmt: skip
_WHOLE = Cell(_read_whole, str, _COUNT)
_LINE = Cell(Reader.text, _text, TEXT)

TENSOR: Mapping[str, Cell] = {
    "stored": _WHOLE,
    "values": Cell(_read_floats, _floats, {"type": "array", "items": _NUMBER}),
    "scales": _WHOLE,
    "origin": _WHOLE,
    "buffer": _LINE,
}
"""What a row of a tensor can have besides its name, its shape and its type."""
OPERATOR: Mapping[str, Cell] = {
    "reads": Cell(_read_names, _texts, _WORDS),
    "makes": Cell(_read_names, _texts, _WORDS),
    "written": _LINE,
    "window": Cell(_read_window, _write_window, _WINDOW),
    "groups": _WHOLE,
    "function": _LINE,
    "inner": _WHOLE,
    "epsilon": Cell(_read_float, _float, _NUMBER),
    "padding": Cell(_read_integers, _integers, _INTEGERS),
    "axes": Cell(_read_integers, _integers, _INTEGERS),
    "reason": _LINE,
}
"""What an operator can have besides its name and its kind."""


def graph_schema() -> Schema:
    """Return the JSON Schema of a graph."""
    row: Schema = {
        "type": "array",
        "prefixItems": [TEXT, {"type": ["string", "integer"]}, TEXT,
                        schema_of_mapping({name: cell.schema for name, cell in TENSOR.items()})],
        "minItems": 3,
        "maxItems": 4,
    }  # fmt: skip
    operator = schema_of_mapping(
        {"name": TEXT, "kind": {"enum": list(KINDS)}, **{name: cell.schema for name, cell in OPERATOR.items()}},
        ("name", "kind"),
    )
    keys: dict[str, Schema] = {
        "title": TEXT, "source": TEXT, "form": {"enum": list(FORMS)}, "layout": {"enum": list(LAYOUTS)},
        "batch": {"type": "integer", "minimum": 1}, "bytes": _COUNT, "inputs": _WORDS, "outputs": _WORDS,
        "unread": _WORDS, "tensors": {"type": "array", "items": row},
        "operators": {"type": "array", "items": operator},
    }  # fmt: skip
    required = ("title", "layout", "inputs", "outputs", "tensors", "operators")
    return schema_of_mapping(keys, required, "A model as a graph, as `mbcost export --from` writes it.")
