"""The column `in`: the feature map that a row reads, as the table prints it.

A `Row` does not hold it, because neither witness may be told it: `mbcost check` compares it with what the strides and
widths give.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from mbcost.errors import Position
from mbcost.spec.reading.nodes import Reader, is_empty

INPUT_COLUMN = "in"

_TIMES = r"\s*[x×]\s*"
_SIDE = "([0-9]{1,9})"
INPUT = rf"{_SIDE}(?:\s*(?:\^2|²)|{_TIMES}{_SIDE})(?:{_TIMES}{_SIDE})?|{_SIDE}"
"""Pattern of a cell: height, width and channels, or height and width, or channels alone."""


@dataclass(frozen=True)
class PrintedInput:
    """What a row prints about the feature map that it reads; None is not printed."""

    channels: int | None = None
    size: tuple[int, int] | None = None
    """Height and width."""


def read_input(reader: Reader, node: yaml.Node) -> PrintedInput:
    """Read a cell of the column: `112x112x32`, `112^2 x 32`, `112x112`, or the channels alone, `32`."""
    match = re.fullmatch(INPUT, str(node.value)) if isinstance(node, yaml.ScalarNode) else None
    if match is None or "0" in {number.lstrip("0") or "0" for number in match.groups() if number}:
        kind = f"'{node.value}'" if isinstance(node, yaml.ScalarNode) else "a list or a mapping"
        reader.report(node, f"expected the input as 112x112x32, 112^2 x 32, 112x112 or 32 (channels), found {kind}")
        return PrintedInput()
    height, width, channels, channels_alone = (int(number) if number else None for number in match.groups())
    size = None if height is None else (height, height if width is None else width)
    return PrintedInput(channels if channels_alone is None else channels_alone, size)


def read_inputs(reader: Reader) -> Mapping[int, tuple[PrintedInput, Position]]:
    """Return the cells of the column `in` by stage, each with its position, from a document that is a valid spec."""
    with reader.complete():
        values = reader.mapping(reader.root)
        columns = [reader.text(item) for item in reader.sequence(values["columns"])]
        rows = [dict(zip(columns, reader.sequence(row), strict=True)) for row in reader.sequence(values["rows"])]
        inputs = {
            stage: (read_input(reader, row[INPUT_COLUMN]), reader.position(row[INPUT_COLUMN]))
            for stage, row in enumerate(rows)
            if INPUT_COLUMN in row and not is_empty(row[INPUT_COLUMN])
        }
    return inputs
