"""The column `in`: the map that a row reads, as its table prints it. Kept beside the rows, because neither witness may
be told it: it is what `mbcost check` holds against what the strides and widths say.
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
"""Height, width and channels, or channels alone."""


@dataclass(frozen=True)
class PrintedInput:
    """What a row prints of the map that it reads; None where it prints nothing of it."""

    channels: int | None = None
    size: tuple[int, int] | None = None
    """Height and width."""


def read_input(reader: Reader, node: yaml.Node) -> PrintedInput:
    """A cell of the column: `112x112x32`, `112^2 x 32`, `112x112` or the channels alone, `32`."""
    match = re.fullmatch(INPUT, str(node.value)) if isinstance(node, yaml.ScalarNode) else None
    if match is None or "0" in {number.lstrip("0") or "0" for number in match.groups() if number}:
        found = f"'{node.value}'" if isinstance(node, yaml.ScalarNode) else "a list or a mapping"
        reader.problem(node, f"expected the input as 112x112x32, 112^2 x 32, 112x112 or 32 (channels), found {found}")
        return PrintedInput()
    height, width, channels, alone = (int(number) if number else None for number in match.groups())
    size = None if height is None else (height, height if width is None else width)
    return PrintedInput(channels if alone is None else alone, size)


def read_inputs(reader: Reader) -> Mapping[int, tuple[PrintedInput, Position]]:
    """The column `in` of a document that is a valid spec, by stage, each cell with its place."""
    with reader.complete():
        values = reader.mapping(reader.root)
        columns = [reader.text(item) for item in reader.sequence(values["columns"])]
        rows = reader.sequence(values["rows"])
        inputs = {}
        for stage, row in enumerate(rows):
            cells = dict(zip(columns, reader.sequence(row), strict=True))
            if INPUT_COLUMN in cells and not is_empty(cells[INPUT_COLUMN]):
                cell = cells[INPUT_COLUMN]
                inputs[stage] = (read_input(reader, cell), reader.position(cell))
    return inputs
