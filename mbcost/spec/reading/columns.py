"""The columns of a table: one record each, from which the reader, its checks and the JSON Schema are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mbcost.errors import suggestion
from mbcost.spec.implementation import EXACT
from mbcost.spec.operators import ACTIVE, EXPANDING, OPERATORS, OWN_HEAD, POOLS, WIDE
from mbcost.spec.reading.inputs import INPUT, INPUT_COLUMN, read_input
from mbcost.spec.reading.nodes import Reader, is_empty, kind_of
from mbcost.spec.reading.values import FLAG, SIDES, WHOLE, Schema, read_sides

MOST_REPEATS = 1000
"""More than any network has. A mistyped number of repeats is reported at once, and not after a minute."""

_OPERATOR_CELL = re.compile(r"(\w+)(?: ([0-9]{1,6})x([0-9]{1,6}))?")


@dataclass(frozen=True)
class SpecColumn:
    """A column of a table. Except for `in`, its letter is also the name of the field of `Row` that holds its cells."""

    letter: str
    """The heading of the column."""
    words: tuple[str, ...]
    """Words, in lower case, that people use as this heading by mistake."""
    read: Callable[[Reader, yaml.Node], Any]
    """Reads a cell that is not empty."""
    schema: Schema
    """JSON Schema of a cell that is not empty."""
    description: str
    operators: frozenset[str] = frozenset(OPERATORS)
    """The operators whose rows can fill the cell."""
    neutral: object = None
    """The value that a cell can have under any operator, because it says the same as an empty cell."""


def _read_operator(reader: Reader, node: yaml.Node) -> tuple[str, tuple[int, int] | None]:
    """Read the name of an operator and the kernel after it, if there is one."""
    text = "" if is_empty(node) or not isinstance(node, yaml.ScalarNode) else str(node.value)
    match = _OPERATOR_CELL.fullmatch(text)
    if match is None:
        reader.report(node, f"expected an operator such as 'conv' or 'bottleneck 5x5', found {kind_of(node)}")
        return OPERATORS[0], None
    name, height, width = match.groups()
    if name not in OPERATORS:
        reader.report(node, f"unknown operator '{name}': {suggestion(name, OPERATORS)}")
        name = OPERATORS[0]
    if height and (int(height) < 1 or int(width) < 1):
        reader.report(node, "a kernel must be at least 1x1")
    return name, (int(height), int(width)) if height else None


def _read_kernel(reader: Reader, node: yaml.Node) -> tuple[int, int]:
    """Read a kernel; (0, 0) stands for no depthwise layer."""
    if isinstance(node, yaml.ScalarNode) and node.value == "0":
        return 0, 0
    return read_sides(reader, node)


def _read_start_kernel(reader: Reader, node: yaml.Node) -> tuple[int, int] | None:
    kernel = _read_kernel(reader, node)
    return None if kernel == (0, 0) else kernel


def _read_factor(reader: Reader, node: yaml.Node) -> int | float:
    return reader.number(node, 1)


def _read_width(reader: Reader, node: yaml.Node) -> int | str:
    return "k" if node.value == "k" else reader.whole(node, also="k")


_OPERATOR: Schema = {
    "anyOf": [{"enum": list(OPERATORS)}, {"type": "string", "pattern": f"^({'|'.join(OPERATORS)}) .+$"}]
}
_KERNEL: Schema = {"anyOf": [*SIDES["anyOf"], {"enum": [0, "0"]}]}

COLUMNS: Mapping[str, SpecColumn] = {
    column.letter: column
    for column in (
        SpecColumn("operator", ("op", "layer", "block", "type"), _read_operator, _OPERATOR,
                   "What the row is, followed by a kernel if the paper prints one: bottleneck 5x5."),
        SpecColumn("a", (), _read_start_kernel, _KERNEL,
                   "Kernel of MobileNetV4's depthwise layer before the expansion.",
                   frozenset({"universal_bottleneck"})),
        # Every operator accepts a kernel, because papers print the 7x7 of a global pool and the 1x1 of a linear layer.
        SpecColumn("k", ("kernel", "kernel_size"), _read_kernel, _KERNEL,
                   "The kernel, 3 or 3x5. 0 means no depthwise layer, for MobileNetV4."),
        SpecColumn("t", ("expansion", "expand_ratio"), _read_factor,
                   {"type": "number", "minimum": 1, "maximum": EXACT}, "Expansion factor of a bottleneck.", EXPANDING),
        SpecColumn("exp", (), Reader.whole, WHOLE, "Expanded width of a bottleneck.", EXPANDING | {"residual"}),
        SpecColumn("c", ("channels", "out_channels", "filters", "width"), _read_width,
                   {"anyOf": [WHOLE, {"const": "k"}]}, "Output channels; k is the number of classes.", WIDE),
        SpecColumn("g", ("groups",), Reader.whole, WHOLE, "Groups of a convolution.",
                   frozenset({"conv", "residual"}), neutral=1),
        SpecColumn("d", ("dilation",), Reader.whole, WHOLE, "Dilation.",
                   frozenset({"conv", "separable", "bottleneck"}), neutral=1),
        SpecColumn("se", ("squeeze", "squeeze_excite"), Reader.flag, FLAG,
                   "Squeeze-and-excite after the depthwise layer.", EXPANDING, neutral=False),
        SpecColumn("nl", ("activation", "non_linearity"), Reader.text_or_none, {"type": "string"},
                   "Non-linearity: a letter of the implementation's activations, such as RE or HS.", WIDE - OWN_HEAD),
        SpecColumn("res", ("residual", "shortcut"), Reader.flag, FLAG,
                   "With or without a residual connection. Empty: with one if the shapes agree.", EXPANDING),
        SpecColumn("n", ("repeats", "repeat"), Reader.whole, {**WHOLE, "maximum": MOST_REPEATS},
                   "How often the row is repeated.", ACTIVE, neutral=1),
        SpecColumn("s", ("stride", "strides"), Reader.whole, WHOLE,
                   "Stride of the first repeat; the others have stride 1.", ACTIVE | POOLS, neutral=1),
        SpecColumn(INPUT_COLUMN, ("input",), read_input,
                   {"anyOf": [WHOLE, {"type": "string", "pattern": f"^({INPUT})$"}]},
                   "The input that the table prints for the row: 112x112x32, 112^2 x 32, 112x112 or 32 (channels). "
                   "It is only checked."),
    )
}  # fmt: skip
COLUMN_WORDS: Mapping[str, str] = {word: column.letter for column in COLUMNS.values() for word in column.words}
"""Words that people use as a heading by mistake -> the heading."""
