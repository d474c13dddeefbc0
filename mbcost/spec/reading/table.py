"""Reads a spec with a table of rows from YAML, and reports every problem with its position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import yaml

from mbcost.errors import MbcostError, suggestion
from mbcost.spec.implementation import Implementation
from mbcost.spec.operators import ACTIVE, EXPANDING, ON_VECTORS, OPERATORS, OWN_HEAD, POOLS, TOPS, WIDE
from mbcost.spec.reading.columns import COLUMN_WORDS, COLUMNS, MOST_REPEATS
from mbcost.spec.reading.implementations import read_family
from mbcost.spec.reading.inputs import INPUT_COLUMN
from mbcost.spec.reading.nodes import Reader, is_empty
from mbcost.spec.reading.values import read_resolution
from mbcost.spec.table import Row, Spec

KEYS = ("name", "title", "source", "remark", "input", "published", "shown_as", "columns", "rows", "implementations")
FORMS = ("stages", "layers")
"""How a paper prints its table: one line per row, or one line per convolution."""
MOST_BLOCKS = 2000
"""The largest number of repeats of all rows together."""

FindFamily = Callable[[str], Mapping[str, Implementation]]
"""Returns the implementations of a family by name, and raises `MbcostError` if there is no such family."""


def parse_spec(text: str, origin: str, find_family: FindFamily) -> Spec:
    """Return the spec that `text` describes.

    Args:
        text: the YAML document.
        origin: what messages call it, usually its path.
        find_family: returns the implementations of a family that the spec names.

    Raises:
        SpecError: with every problem in the text, each as `file:line:column: message`.
    """
    return read_spec(Reader(text, origin), find_family)


def read_spec(reader: Reader, find_family: FindFamily) -> Spec:
    """Return the spec that a document describes; see `parse_spec`.

    Raises:
        SpecError: with every problem in the document, each as `file:line:column: message`.
    """
    with reader.complete():
        root = reader.root
        values = _values(reader)
        spec_input = reader.require(root, values, "input")
        input_values = reader.mapping(spec_input, ("channels", "resolution"))
        published = reader.mapping(values["published"], ("alpha", "resolution")) if "published" in values else {}
        columns = _read_columns(reader, reader.require(root, values, "columns"))
        rows_node = reader.require(root, values, "rows")
        rows = _read_rows(reader, rows_node, columns) if columns else ()
        implementations = _read_implementations(reader, reader.require(root, values, "implementations"), find_family)
        _check_rows(reader, rows_node, rows)
        for node, row in zip(rows_node.value, rows, strict=False):
            _check_activation(reader, node, row, columns, implementations)
        spec = Spec(
            name=reader.name(reader.require(root, values, "name")),
            title=reader.line(values["title"]) or "" if "title" in values else "",
            source=_read_source(reader, values["source"]) if "source" in values else "",
            remark=reader.text(values["remark"]) if "remark" in values else "",
            channels=reader.whole(reader.require(spec_input, input_values, "channels")),
            resolution=read_resolution(reader, reader.require(spec_input, input_values, "resolution")),
            columns=tuple(column for column in columns if column != INPUT_COLUMN),
            rows=rows,
            implementations=implementations,
            published_alphas=tuple(_read_alpha(reader, node) for node in _items(reader, published, "alpha")) or (1.0,),
            published_resolutions=tuple(reader.whole(node) for node in _items(reader, published, "resolution")),
            origin=reader.origin,
            shown_as=reader.word(values["shown_as"], "form", FORMS) if "shown_as" in values else "stages",
        )
    return spec


def _values(reader: Reader) -> dict[str, yaml.Node]:
    """Return the node of every key. The key `layers`, which belongs to a flat list, is read as `rows`."""
    keys = {str(key.value): key for key, _ in reader.root.value}
    mistaken = "layers" in keys and "rows" not in keys
    values = reader.mapping(reader.root, (*KEYS, "layers") if mistaken else KEYS)
    if mistaken:
        reader.report(keys["layers"], "unknown key 'layers': did you mean 'rows'?")
        values["rows"] = values.pop("layers")
    return values


def _read_columns(reader: Reader, node: yaml.Node) -> tuple[str, ...]:
    """Return the headings as written, unknown ones too; none if there is no column `operator`."""
    columns: list[str] = []
    for item in reader.sequence(node):
        column = reader.text_or_none(item)
        if column is not None and column not in COLUMNS:
            reader.report(item, f"unknown column '{column}': {suggestion(column, COLUMNS, COLUMN_WORDS)}")
        elif column in columns:
            reader.report(item, f"the column '{column}' is given twice: remove one")
        columns.append(column or "")
    if isinstance(node, yaml.SequenceNode) and "operator" not in columns:
        reader.report(node, "the column 'operator' is missing: add it")
        return ()
    return tuple(columns)


def _read_rows(reader: Reader, node: yaml.Node, columns: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(_read_row(reader, item, stage, columns) for stage, item in enumerate(reader.sequence(node)))


def _read_row(reader: Reader, node: yaml.Node, stage: int, columns: tuple[str, ...]) -> Row:
    problems, nodes = len(reader.problems), reader.sequence(node, f"[{', '.join(columns)}]")
    if len(nodes) != len(columns):
        if isinstance(node, yaml.SequenceNode):
            reader.report(node, f"expected {len(columns)} cells ({', '.join(columns)}), found {len(nodes)}")
        return Row(stage, OPERATORS[0], c=1)
    cells = {letter: cell for letter, cell in zip(columns, nodes, strict=True) if not is_empty(cell)}
    operator, kernel = COLUMNS["operator"].read(reader, nodes[columns.index("operator")])
    if kernel is not None and "k" in cells:
        reader.report(cells["k"], "the operator already states the kernel: remove one of them")
    read = {
        letter: COLUMNS[letter].read(reader, cell)
        for letter, cell in cells.items()
        if letter in COLUMNS and letter != "operator"
    }
    read.pop(INPUT_COLUMN, None)
    fields = {"k": kernel, "position": reader.position(node)} | read
    if "nl" not in columns and (operator in ACTIVE or (operator == "linear" and read.get("c") != "k")):
        fields["nl"] = "RE"  # V1 and V2 print no column for it: "followed by batchnorm and ReLU", "we use ReLU6"
    row = Row(stage, operator, **fields)
    is_readable = len(reader.problems) == problems
    if is_readable and sorted(columns) == sorted(set(columns) & set(COLUMNS)):
        _check_row(reader, node, row, cells)  # no rule is checked on a row that could not be read
    return row


def _check_row(reader: Reader, node: yaml.Node, row: Row, cells: Mapping[str, yaml.Node]) -> None:
    """Report the rules between the cells of one row that the row breaks."""
    operator = row.operator
    for column in COLUMNS.values():
        if operator not in column.operators and getattr(row, column.letter) not in (None, column.neutral):
            users = ", ".join(name for name in OPERATORS if name in column.operators)
            reader.report(
                cells[column.letter], f"{operator} does not take '{column.letter}', which belongs to {users}: write ~"
            )
    if operator in WIDE and row.c is None:
        reader.report(node, f"{operator} needs its output channels in column 'c'")
    if operator in EXPANDING and (row.t is None) == (row.exp is None):
        reader.report(node, f"{operator} needs either the expansion factor 't' or the expanded width 'exp'")
    if operator == "residual" and row.exp is None and row.groups > 1:
        reader.report(cells["g"], "the basic residual block has no groups: write its inner width in column 'exp'")
    if row.res and row.repeats == 1 and row.stride > 1:
        reader.report(cells["res"], "a block with a stride has no residual: its input and output differ in size")
    if row.c == "k" and operator not in ON_VECTORS:
        reader.report(node, "'k', the number of classes, must be in a linear or dense row: write a number")
    if row.repeats > MOST_REPEATS:
        reader.report(node, f"the row is repeated {row.repeats:,} times: it must be at most {MOST_REPEATS:,}")
    _check_kernel(reader, node, row, cells)


def _check_kernel(reader: Reader, node: yaml.Node, row: Row, cells: Mapping[str, yaml.Node]) -> None:
    operator = row.operator
    if operator in POOLS and (row.k is None or row.s is None):
        reader.report(node, f"{operator} needs its window and its stride in column 's', as in '{operator} 3x3'")
    if operator == "universal_bottleneck" and row.k is None:
        reader.report(
            node, "universal_bottleneck needs the kernel of its inner depthwise layer in column 'k', or 0 for none"
        )
    if operator == "universal_bottleneck" and row.stride > 1 and row.a is None and row.k == (0, 0):
        reader.report(node, "a stride needs a depthwise layer: both kernels of this universal_bottleneck are 0")
    if operator != "universal_bottleneck" and row.k == (0, 0):
        reader.report(cells["k"], "0 is too small: a kernel must be at least 1x1")


def _check_rows(reader: Reader, rows_node: yaml.Node, rows: Sequence[Row]) -> None:
    """Report the rules between rows that the table breaks."""
    if isinstance(rows_node, yaml.SequenceNode) and not rows_node.value:
        reader.report(rows_node, "a network needs at least one row")
    blocks = sum(min(row.repeats, MOST_REPEATS) for row in rows)
    if blocks > MOST_BLOCKS:
        reader.report(rows_node, f"the table has {blocks:,} blocks: it must have at most {MOST_BLOCKS:,}")
    top: Row | None = None
    for index, (node, row) in enumerate(zip(rows_node.value, rows, strict=False)):
        following = rows[index + 1].operator if index + 1 < len(rows) else ""
        if (problem := _find_problem_after(top, row, following)) is not None:
            reader.report(node, problem)
        top = row if top is None and row.operator in TOPS else top


def _find_problem_after(top: Row | None, row: Row, following: str) -> str | None:
    """Return what is wrong with a row after the row `top`, which makes a vector, and before `following`."""
    operator = row.operator
    if operator == "linear" and top is None:
        return "a linear row reads a 1x1 map: put a global_pool before it"
    if operator in OWN_HEAD and top is None:
        return f"a {operator} row reads a vector: put a global_pool or a flatten before it"
    if operator == "flatten" and top is not None:
        return "the map is already 1x1: flatten needs a larger one"
    if top is not None and top.keeps_map and operator not in OWN_HEAD:
        return f"after a flatten without a grid, {operator} cannot read the vector: write dense, or flatten to a grid"
    if operator == "batch_norm" and following not in ON_VECTORS:
        return "a batch_norm row needs a fully connected row after it"
    return None


def _check_activation(
    reader: Reader, node: yaml.Node, row: Row, columns: tuple[str, ...], implementations: Mapping[str, Implementation]
) -> None:
    for implementation in implementations.values():
        if row.nl is not None and row.nl not in implementation.activations:
            cell = node.value[columns.index("nl")] if "nl" in columns else node
            known = suggestion(row.nl, implementation.activations)
            reader.report(cell, f"unknown activation '{row.nl}' for the implementation {implementation.name}: {known}")
            return


def _read_source(reader: Reader, node: yaml.Node) -> str:
    values = reader.mapping(node, ("paper", "code", "table"))
    document = " ".join(reader.text(values[key]) for key in ("paper", "code") if key in values)
    return f"{document}, table {reader.text(values['table'])}" if "table" in values else document


def _read_alpha(reader: Reader, node: yaml.Node) -> float:
    alpha = float(reader.number(node))
    if not alpha:
        reader.report(node, "alpha 0 leaves no channels: write a number above 0")
    return alpha


def _items(reader: Reader, values: Mapping[str, yaml.Node], key: str) -> list[yaml.Node]:
    return reader.sequence(values[key]) if key in values else []


def _read_implementations(reader: Reader, node: yaml.Node, find_family: FindFamily) -> Mapping[str, Implementation]:
    if not isinstance(node, yaml.MappingNode) or "family" not in {str(key.value) for key, _ in node.value}:
        return read_family(reader, node)
    values = reader.mapping(node, ("family", "only"))
    if (name := reader.text_or_none(values["family"])) is None:
        return {}
    try:
        family = find_family(name)
    except MbcostError as error:
        reader.report(values["family"], str(error))
        return {}
    if "only" not in values:
        return family
    names = [reader.word(item, "implementation", family) for item in reader.sequence(values["only"])]
    if not names and isinstance(values["only"], yaml.SequenceNode):
        reader.report(values["only"], "name at least one implementation, or leave 'only' out")
    return {name: family[name] for name in names}
