"""A table of printed numbers in a CSV file: what `mbcost explain --rows` reads."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mbcost.cli.arguments import parse_alpha, parse_resolution
from mbcost.errors import MbcostError, SpecError, suggestion
from mbcost.spec.printed import parse_printed

COLUMNS = ("net", "alpha", "resolution", "mult_adds", "params")
LARGEST = 10_000
"""Rows of a table; more are taken for the wrong file."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Claim:
    """What one row says of its network, and the numbers in it, each with its quantity."""

    alpha: float | None
    resolution: tuple[int, int] | None
    numbers: list[tuple[str | None, str]] = field(default_factory=list)


def read_rows(name: str) -> list[tuple[str | None, list[Claim]]]:
    """The rows of a CSV file, or of standard input for `-`, network by network; an empty cell leaves something open.

    Raises:
        MbcostError: it cannot be read.
        SpecError: with every cell that is wrong, each `file:line:column`.
    """
    origin = "<stdin>" if name == "-" else name
    try:
        text = (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise MbcostError(f"{origin}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise MbcostError(f"{origin}:1:1: not UTF-8 text (byte {error.start})") from None
    return parse_rows(text, origin)


def parse_rows(text: str, origin: str) -> list[tuple[str | None, list[Claim]]]:
    """The same of the text itself; `origin` names it in messages.

    Raises:
        SpecError: with every cell that is wrong.

    >>> parse_rows("net,mult_adds" + chr(10) + "v2,300M", "table.csv")
    [('v2', [Claim(alpha=None, resolution=None, numbers=[('mult_adds', '300M')])])]
    """
    problems: list[str] = []
    reader = csv.reader(io.StringIO(text))
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise SpecError([f"{origin}:{reader.line_num}:1: not CSV: {error}"]) from None
    if not lines or len(lines) > LARGEST:
        raise SpecError([f"{origin}:1:1: expected a header and 1 to {LARGEST:,} rows, found {len(lines)} lines"])
    (first, header), *rows = lines
    for column in header:
        if column not in COLUMNS:
            problems.append(f"{origin}:{first}:1: unknown column '{column}': {suggestion(column, COLUMNS)}")
    if not problems and not rows:
        problems.append(f"{origin}:{first}:1: there are no rows below the header")
    if problems:
        raise SpecError(problems)
    networks: dict[str | None, list[Claim]] = {}
    for number, cells in rows:
        values = dict(zip(header, cells, strict=False))
        claim = Claim(
            _read(origin, number, cells, values.get("alpha"), parse_alpha, problems),
            _read(origin, number, cells, values.get("resolution"), parse_resolution, problems),
            [(name, values[name]) for name in ("mult_adds", "params") if values.get(name)],
        )
        if len(cells) > len(header):
            problems.append(f"{origin}:{number}:1: the row has {len(cells)} cells, the header {len(header)}")
        if not claim.numbers:
            problems.append(f"{origin}:{number}:1: the row has no number: fill mult_adds or params")
        for _, printed in claim.numbers:
            _read(origin, number, cells, printed, parse_printed, problems)
        networks.setdefault(values.get("net") or None, []).append(claim)
    if problems:
        raise SpecError(problems)
    return list(networks.items())


def _read(
    origin: str, line: int, cells: list[str], text: str | None, parse: Callable[[str], Value], problems: list[str]
) -> Value | None:
    """The value of a cell; None for an empty one and for one that is wrong, which is a problem."""
    if not text:
        return None
    try:
        return parse(text)
    except MbcostError as error:
        before = cells[: cells.index(text)]
        problems.append(f"{origin}:{line}:{sum(len(cell) + 1 for cell in before) + 1}: {error}")
        return None
