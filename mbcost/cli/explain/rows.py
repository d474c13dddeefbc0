"""A table of printed numbers in a CSV file: what `mbcost explain --rows` reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mbcost.cli.arguments import parse_alpha, parse_reference, parse_resolution
from mbcost.errors import MbcostError, Problem, SpecError, suggestion
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.printed import Printed, parse_printed
from mbcost.spec.reading.text import STANDARD_INPUT, read_file, read_standard_input
from mbcost.spec.scaling import check_alpha

NUMBERS = ("mult_adds", "params")
COLUMNS = ("net", "alpha", "resolution", *NUMBERS)
LARGEST = 10_000
"""Rows of a table; more are taken for the wrong file."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Claim:
    """What one row says of its network, and the numbers in it, each with its quantity."""

    alpha: float | None
    resolution: tuple[int, int] | None
    numbers: tuple[tuple[str | None, Printed], ...]
    row: int = 1
    """Which row below the header it is."""


def read_rows(name: str) -> list[tuple[str | None, list[Claim]]]:
    """The rows of a CSV file, or of standard input for `-`, network by network; an empty cell leaves something open.

    Raises:
        MbcostError: it cannot be read.
        SpecError: with every cell that is wrong, each `file:line:column`.
    """
    if name == "-":
        return parse_rows(read_standard_input(), STANDARD_INPUT)
    return parse_rows(read_file(Path(name)), name)


def parse_rows(text: str, origin: str) -> list[tuple[str | None, list[Claim]]]:
    """The same of the text itself; `origin` names it in messages.

    Raises:
        SpecError: with every cell that is wrong.

    >>> ((net, (claim,)),) = parse_rows("net,mult_adds" + chr(10) + "v2,300M", "table.csv")
    >>> net, claim.numbers[0][1].text
    ('v2', '300M')
    """
    problems: list[Problem] = []
    lines = [line for number, raw in enumerate(text.splitlines(), 1) if (line := _Line.read(number, raw, origin)).cells]
    if not lines or len(lines) > LARGEST + 1:
        expected = f"expected a header and 1 to {LARGEST:,} rows, found {len(lines)} lines"
        raise SpecError([Problem(origin, 1, 1, expected)])
    header, *rows = lines
    for place, column in enumerate(header.cells):
        if column not in COLUMNS:
            header.problem(problems, place, f"unknown column '{column}': {suggestion(column, COLUMNS)}")
        elif column in header.cells[:place]:
            header.problem(problems, place, f"'{column}' stands here twice: keep one")
    if not rows:
        header.problem(problems, 0, "there are no rows below the header")
    if problems:
        raise SpecError(problems)
    networks: dict[str | None, list[Claim]] = {}
    for place, row in enumerate(rows, 1):
        if len(row.cells) > len(header.cells):
            row.problem(problems, len(header.cells), f"a cell too many: the header has {len(header.cells)}")
        values = _Row(row, header.cells, problems)
        net = values.read("net", _network)
        alpha, resolution = values.read("alpha", _alpha), values.read("resolution", parse_resolution)
        numbers = [(name, values.read(name, _number(name))) for name in NUMBERS]
        claim = Claim(
            alpha,
            resolution,
            tuple((name, number) for name, number in numbers if number is not None),
            place,
        )
        if not any(values.cell(name) for name in NUMBERS):
            row.problem(problems, 0, "the row has no number: fill mult_adds or params")
        networks.setdefault(net, []).append(claim)
    if problems:
        raise SpecError(problems)
    return list(networks.items())


@dataclass(frozen=True)
class _Line:
    """One line of the file as cells, each with the column that it starts at."""

    origin: str
    number: int
    cells: tuple[str, ...]
    starts: tuple[int, ...]

    @classmethod
    def read(cls, number: int, raw: str, origin: str) -> _Line:
        """Cells without the blanks around them; none for an empty line.

        Raises:
            SpecError: quotation marks are not closed, or the line is too long to be a row.
        """
        try:
            found = next(csv.reader(io.StringIO(raw), strict=True, skipinitialspace=True), [])
        except csv.Error as error:
            raise SpecError([Problem(origin, number, 1, f"not CSV: {error}")]) from None
        cells = tuple(cell.strip() for cell in found)
        return cls(origin, number, cells if any(cells) else (), _starts(raw))

    def problem(self, problems: list[Problem], place: int, message: str) -> None:
        """Note what is wrong with the cell at `place`."""
        problems.append(Problem(self.origin, self.number, self.starts[place], message))


@dataclass(frozen=True)
class _Row:
    """A line's cells by the names of the header."""

    line: _Line
    header: tuple[str, ...]
    problems: list[Problem]

    def cell(self, name: str) -> str:
        """Empty where the row has no such cell."""
        place = self.header.index(name) if name in self.header else len(self.line.cells)
        return self.line.cells[place] if place < len(self.line.cells) else ""

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """The value of a cell; None for an empty one and for one that is wrong, which is a problem."""
        text = self.cell(name)
        if not text:
            return None
        try:
            return parse(text)
        except MbcostError as error:
            self.line.problem(self.problems, self.header.index(name), str(error).splitlines()[0])
            return None


def _starts(raw: str) -> tuple[int, ...]:
    """The column of each cell's first character, counted from 1; commas in quotation marks part nothing."""
    starts, quoted, place = [1], False, 0
    for place, character in enumerate(raw, 1):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            starts.append(place + 1)
    return tuple(start + _blanks(raw[start - 1 :]) for start in starts)


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _network(text: str) -> str:
    """The reference, once it is known to name a network."""
    load_spec(parse_reference(text).name)
    return text


def _alpha(text: str) -> float:
    alpha = parse_alpha(text)
    check_alpha(alpha)
    return alpha


def _number(quantity: str) -> Callable[[str], Printed]:
    return lambda text: parse_printed(text, quantity)
