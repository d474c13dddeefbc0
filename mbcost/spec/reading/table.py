"""YAML text -> `Spec`, with every problem located."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from mbcost.errors import MbcostError, suggestion
from mbcost.spec.implementation import Implementation
from mbcost.spec.operators import ACTIVE, COLUMN_WORDS, EXPANDING, POOLS, TAKES, WIDE
from mbcost.spec.reading.implementations import read_family
from mbcost.spec.reading.inputs import INPUT_COLUMN, read_input
from mbcost.spec.reading.nodes import Reader, is_empty, kind_of
from mbcost.spec.table import TOPS, Row, Spec

OPERATORS = tuple(TAKES)
"""The operators that a row can name. Both witnesses build every one of them."""
COLUMNS = ("operator", "a", "k", "t", "exp", "c", "g", "d", "se", "nl", "res", "n", "s", INPUT_COLUMN)
FORMS = ("stages", "layers")
"""How a paper prints its table: one line a row, or one line a convolution."""
MOST_REPEATS = 1000
"""More than any network has; a slip of a digit is said at once and not after a minute."""
MOST_BLOCKS = 2000
"""Repeats of all rows together."""

KEYS = ("name", "title", "source", "remark", "input", "published", "shown_as", "columns", "rows", "implementations")
_OPERATOR_CELL = re.compile(r"(\w+)(?: ([0-9]{1,6})x([0-9]{1,6}))?")
_PRODUCT = re.compile(r"[0-9]\s*[xX×*]\s*[-+]?[0-9]")
"""What two sides are written as, right or wrong."""


def parse_spec(text: str, origin: str, family: Callable[[str], Mapping[str, Implementation]]) -> Spec:
    """The spec that `text` describes.

    Args:
        text: the YAML document.
        origin: what to call it in messages, usually its path.
        family: gives the implementations of a family by name; raises `MbcostError` when there is none.

    Raises:
        SpecError: with every problem that was found, each `file:line:column: message`.
    """
    return read_spec(Reader(text, origin), family)


def read_spec(reader: Reader, family: Callable[[str], Mapping[str, Implementation]]) -> Spec:
    """The spec that a document describes, as `parse_spec` has it.

    Raises:
        SpecError: with every problem that was found, each `file:line:column: message`.
    """
    with reader.complete():
        root = reader.root
        values = _values(reader)
        spec_input = reader.require(root, values, "input")
        input_values = reader.mapping(spec_input, ("channels", "resolution"))
        published = reader.mapping(values["published"], ("alpha", "resolution")) if "published" in values else {}
        columns = _columns(reader, reader.require(root, values, "columns"))
        rows_node = reader.require(root, values, "rows")
        rows = tuple(
            _row(reader, node, stage, columns) for stage, node in enumerate(reader.sequence(rows_node)) if columns
        )
        if isinstance(rows_node, yaml.SequenceNode) and not rows_node.value:
            reader.problem(rows_node, "a network needs at least one row")
        blocks = sum(min(row.repeats, MOST_REPEATS) for row in rows)
        if blocks > MOST_BLOCKS:
            reader.problem(rows_node, f"the table has {blocks:,} blocks: the most is {MOST_BLOCKS:,}")
        implementations = _implementations(reader, reader.require(root, values, "implementations"), family)
        pooled = False
        for node, row in zip(rows_node.value, rows, strict=False):
            _check_letter(reader, node, row, columns, implementations)
            if row.operator == "linear" and not pooled:
                reader.problem(node, "a linear row reads a 1x1 map: put a global_pool before it")
            if row.operator == "flatten" and pooled:
                reader.problem(node, f"the map is 1x1 already: {row.operator} needs a larger one")
            pooled = pooled or row.operator in TOPS
        spec = Spec(
            name=reader.name(reader.require(root, values, "name")),
            title=reader.text(values["title"]) if "title" in values else "",
            source=_source(reader, values["source"]) if "source" in values else "",
            remark=reader.text(values["remark"]) if "remark" in values else "",
            channels=reader.whole(reader.require(spec_input, input_values, "channels")),
            resolution=read_resolution(reader, reader.require(spec_input, input_values, "resolution")),
            columns=tuple(column for column in columns if column != INPUT_COLUMN),
            rows=rows,
            implementations=implementations,
            published_alphas=tuple(_alpha(reader, node) for node in _items(reader, published, "alpha")) or (1.0,),
            published_resolutions=tuple(reader.whole(node) for node in _items(reader, published, "resolution")),
            origin=reader.origin,
            shown_as=reader.word(values["shown_as"], "form", FORMS) if "shown_as" in values else "stages",
        )
    return spec


def _values(reader: Reader) -> dict[str, yaml.Node]:
    """Key -> node; rows that are called layers, as in a list of layers, are read as rows."""
    keys = {str(key.value): key for key, _ in reader.root.value}
    slip = "layers" in keys and "rows" not in keys
    values = reader.mapping(reader.root, (*KEYS, "layers") if slip else KEYS)
    if slip:
        reader.problem(keys["layers"], "unknown key 'layers': did you mean 'rows'?")
        values["rows"] = values.pop("layers")
    return values


def _columns(reader: Reader, node: yaml.Node) -> tuple[str, ...]:
    columns: list[str] = []
    for item in reader.sequence(node):
        column = reader.text_or_none(item)
        if column is not None and column not in COLUMNS:
            reader.problem(item, f"unknown column '{column}': {suggestion(column, COLUMNS, COLUMN_WORDS)}")
        elif column in columns:
            reader.problem(item, f"the column '{column}' stands here twice: keep one")
        columns.append(column or "")
    if isinstance(node, yaml.SequenceNode) and "operator" not in columns:
        reader.problem(node, "the column 'operator' is missing")
        return ()
    return tuple(columns)


def _row(reader: Reader, node: yaml.Node, stage: int, columns: tuple[str, ...]) -> Row:
    problems, nodes = len(reader.problems), reader.sequence(node, f"[{', '.join(columns)}]")
    if len(nodes) != len(columns):
        if isinstance(node, yaml.SequenceNode):
            reader.problem(node, f"the row has {len(nodes)} cells, the table {len(columns)}: {', '.join(columns)}")
        return Row(stage, OPERATORS[0], c=1)
    cells = {column: cell for column, cell in zip(columns, nodes, strict=True) if not is_empty(cell)}
    operator, kernel = _operator(reader, nodes[columns.index("operator")])
    if "k" in cells:
        if kernel is not None:
            reader.problem(cells["k"], "the kernel stands in the operator already")
        absent = operator == "universal_bottleneck" and _is_zero(cells["k"])
        kernel = (0, 0) if absent else _pair(reader, cells["k"])
    read: dict[str, Any] = {"k": kernel, "position": reader.position(node)}
    if "a" in cells and not _is_zero(cells["a"]):
        read["a"] = _pair(reader, cells["a"])
    if "t" in cells:
        read["t"] = reader.number(cells["t"], 1)
    if "c" in cells:
        read["c"] = "k" if cells["c"].value == "k" else reader.whole(cells["c"], also="k")
    for letter in ("exp", "n", "s", "g", "d"):
        if letter in cells:
            read[letter] = reader.whole(cells[letter])
    for letter in ("se", "res"):
        if letter in cells:
            read[letter] = reader.flag(cells[letter])
    if "nl" in cells:
        read["nl"] = reader.text_or_none(cells["nl"])
    elif "nl" not in columns and (operator in ACTIVE or (operator == "linear" and read.get("c") != "k")):
        read["nl"] = "RE"  # V1 and V2 print no column for it: "followed by batchnorm and ReLU", "we use ReLU6"
    if INPUT_COLUMN in cells:
        read_input(reader, cells[INPUT_COLUMN])
    row = Row(stage, operator, **read)
    if len(reader.problems) == problems and sorted(columns) == sorted(set(columns) & set(COLUMNS)):
        _check_row(reader, node, row, cells)  # of a row that could not be read, only that is worth saying
    return row


def _check_row(reader: Reader, node: yaml.Node, row: Row, cells: Mapping[str, yaml.Node]) -> None:
    if row.operator in WIDE and row.c is None:
        reader.problem(node, f"{row.operator} needs its output channels in column 'c'")
    if row.operator in EXPANDING and (row.t is None) == (row.exp is None):
        reader.problem(node, f"{row.operator} needs either the expansion factor 't' or the expanded width 'exp'")
    for letter in _unused(row):
        users = [operator for operator in OPERATORS if letter in TAKES[operator]]
        reader.problem(cells[letter], f"{row.operator} takes no '{letter}': it belongs to {', '.join(users)}")
    _check_window(reader, node, row)
    if row.operator == "residual" and row.exp is None and row.groups > 1:
        reader.problem(cells["g"], "the basic residual block has no groups: write its inner width in column 'exp'")
    if row.res and row.repeats == 1 and row.stride > 1:
        reader.problem(cells["res"], "a block with a stride has no residual: its input and output differ in size")
    if row.c == "k" and row.operator != "linear":
        reader.problem(node, "'k', the number of classes, is the width of a linear row only")
    if row.repeats > MOST_REPEATS:
        reader.problem(node, f"the row is repeated {row.repeats:,} times: the most is {MOST_REPEATS:,}")
    if row.operator in ("linear", *TOPS) and (row.stride != 1 or row.repeats != 1):
        reader.problem(node, f"{row.operator} takes no stride and no repeats")


def _unused(row: Row) -> list[str]:
    """Columns in which the row states something that its operator has no use for; 1, false and 0 state nothing."""
    stated = {
        "a": row.a is not None, "t": row.t is not None, "exp": row.exp is not None, "g": row.groups > 1,
        "d": row.dilation > 1, "se": row.se, "res": row.res is not None, "c": row.c is not None,
        "nl": row.nl is not None,
    }  # fmt: skip
    return [letter for letter, is_stated in stated.items() if is_stated and letter not in TAKES[row.operator]]


def _check_window(reader: Reader, node: yaml.Node, row: Row) -> None:
    operator = row.operator
    if operator in POOLS and (row.k is None or row.s is None):
        reader.problem(node, f"{operator} needs its window and its stride in column 's', as in '{operator} 3x3'")
    if operator in POOLS and row.repeats != 1:
        reader.problem(node, f"{operator} takes no repeats")
    if operator == "flatten" and row.k is None:
        reader.problem(node, "flatten needs the grid that the map is averaged to, as in 'flatten 7x7'")
    if operator == "universal_bottleneck" and row.k is None:
        reader.problem(node, "universal_bottleneck needs the kernel of its inner depthwise layer, 0 where it has none")
    if operator == "universal_bottleneck" and row.stride > 1 and row.a is None and row.k == (0, 0):
        reader.problem(node, "a stride needs a depthwise layer: both kernels of this universal_bottleneck are 0")


def _check_letter(
    reader: Reader, node: yaml.Node, row: Row, columns: tuple[str, ...], implementations: Mapping[str, Implementation]
) -> None:
    for implementation in implementations.values():
        if row.nl is not None and row.nl not in implementation.activations:
            cell = node.value[columns.index("nl")] if "nl" in columns else node
            known = suggestion(row.nl, implementation.activations)
            reader.problem(cell, f"unknown activation '{row.nl}' for the implementation {implementation.name}: {known}")
            return


def _operator(reader: Reader, node: yaml.Node) -> tuple[str, tuple[int, int] | None]:
    text = "" if is_empty(node) or not isinstance(node, yaml.ScalarNode) else str(node.value)
    match = _OPERATOR_CELL.fullmatch(text)
    if match is None:
        reader.problem(node, f"expected an operator such as 'conv' or 'bottleneck 5x5', found {kind_of(node)}")
        return OPERATORS[0], None
    name, height, width = match.groups()
    if name not in OPERATORS:
        reader.problem(node, f"unknown operator '{name}': {suggestion(name, OPERATORS)}")
        name = OPERATORS[0]
    if height and (int(height) < 1 or int(width) < 1):
        reader.problem(node, "a kernel is at least 1x1")
    return name, (int(height), int(width)) if height else None


def _pair(reader: Reader, node: yaml.Node, forms: str = "3 or 3x5") -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", node.value) if isinstance(node, yaml.ScalarNode) else None
    if match and int(match[1]) and int(match[2]):
        return int(match[1]), int(match[2])
    if (
        match
        or isinstance(node, yaml.SequenceNode)
        or (isinstance(node, yaml.ScalarNode) and _PRODUCT.search(node.value))
    ):
        reader.problem(node, f"expected {forms}, found {kind_of(node)}")
        return 1, 1
    side = reader.whole(node)
    return side, side


def _is_zero(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "0"


def read_resolution(reader: Reader, node: yaml.Node) -> tuple[int, int]:
    """Height and width, written `224`, `160x224` or `[160, 224]`."""
    if isinstance(node, yaml.SequenceNode) and len(node.value) == 2:
        return reader.whole(node.value[0]), reader.whole(node.value[1])
    return _pair(reader, node, "160, 160x224 or [160, 224]")


def _source(reader: Reader, node: yaml.Node) -> str:
    values = reader.mapping(node, ("paper", "code", "table"))
    place = " ".join(reader.text(values[key]) for key in ("paper", "code") if key in values)
    return f"{place}, table {reader.text(values['table'])}" if "table" in values else place


def _alpha(reader: Reader, node: yaml.Node) -> float:
    alpha = float(reader.number(node))
    if not alpha:
        reader.problem(node, "alpha 0 leaves no channels: write a number above 0")
    return alpha


def _items(reader: Reader, values: Mapping[str, yaml.Node], key: str) -> list[yaml.Node]:
    return reader.sequence(values[key]) if key in values else []


def _implementations(
    reader: Reader, node: yaml.Node, family: Callable[[str], Mapping[str, Implementation]]
) -> Mapping[str, Implementation]:
    if not isinstance(node, yaml.MappingNode) or "family" not in {str(key.value) for key, _ in node.value}:
        return read_family(reader, node)
    values = reader.mapping(node, ("family", "only"))
    if (name := reader.text_or_none(values["family"])) is None:
        return {}
    try:
        known = family(name)
    except MbcostError as error:
        reader.problem(values["family"], str(error))
        return {}
    if "only" not in values:
        return known
    names = [reader.word(item, "implementation", known) for item in reader.sequence(values["only"])]
    if not names and isinstance(values["only"], yaml.SequenceNode):
        reader.problem(values["only"], "name at least one implementation, or leave 'only' out")
    return {name: known[name] for name in names}
