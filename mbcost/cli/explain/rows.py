"""A table of printed numbers in a CSV file: what `mbcost explain --rows` reads."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mbcost.cli.arguments import parse_alpha, parse_reference, parse_resolution
from mbcost.errors import MbcostError, Problem, SpecError, suggestion
from mbcost.questions.explain.query import Claim, parse_number
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.printed import Printed
from mbcost.spec.reading.nodes import MOST_PROBLEMS
from mbcost.spec.reading.text import STANDARD_INPUT, read_file, read_standard_input
from mbcost.spec.scaling import check_alpha

NUMBERS = ("mult_adds", "params")
COLUMNS = ("net", "alpha", "resolution", *NUMBERS)
LARGEST = 10_000
"""The most rows of a table; a file with more is probably the wrong file."""

MOST_CELLS = 1000
"""The most cells of a line."""
_BLANKS = re.compile(r"[ \t]*")

Value = TypeVar("Value")


def read_rows(name: str) -> list[tuple[str | None, list[Claim]]]:
    """Read the rows of a CSV file, or of standard input for `-`, network by network; an empty cell is open.

    Raises:
        MbcostError: the file cannot be read.
        SpecError: cells are wrong; the error lists each of them as `file:line:column`.
    """
    if name == "-":
        return parse_rows(read_standard_input(), STANDARD_INPUT)
    return parse_rows(read_file(Path(name)), name)


def parse_rows(text: str, origin: str) -> list[tuple[str | None, list[Claim]]]:
    """Parse the text of a CSV file; `origin` names the file in messages.

    Raises:
        SpecError: cells are wrong; the error lists each of them as `file:line:column`.

    >>> ((net, (claim,)),) = parse_rows("net,mult_adds" + chr(10) + "v2,300M", "table.csv")
    >>> net, claim.numbers[0][1].text
    ('v2', '300M')
    """
    lines = [line for number, raw in enumerate(text.splitlines(), 1) if (line := _Line.read(number, raw, origin)).cells]
    if not lines or len(lines) > LARGEST + 1:
        expected = f"expected a header and 1 to {LARGEST:,} rows, found {len(lines)} lines"
        raise SpecError([Problem(origin, 1, 1, expected)])
    header, *rows = lines
    problems = _check_header(header)
    if not rows:
        problems.append(header.problem(0, "there are no rows below the header: add at least one"))
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    networks: dict[str | None, list[Claim]] = {}
    for number, line in enumerate(rows, 1):
        net, claim = _RowReader(line, header.cells, problems).claim(number)
        networks.setdefault(net, []).append(claim)
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    return list(networks.items())


@dataclass(frozen=True)
class _Line:
    """One line of the file as cells, with the column at which each cell starts."""

    origin: str
    number: int
    cells: tuple[str, ...]
    starts: tuple[int, ...]

    @classmethod
    def read(cls, number: int, raw: str, origin: str) -> _Line:
        """Split a line into cells without surrounding blanks; an empty line has no cells.

        Raises:
            SpecError: quotation marks are not closed, or the line is too long to be a row.
        """
        try:
            fields = next(csv.reader(io.StringIO(raw), strict=True, skipinitialspace=True), [])
        except csv.Error as error:
            raise SpecError([Problem(origin, number, 1, f"not CSV: {error}")]) from None
        if len(fields) > MOST_CELLS:
            raise SpecError(
                [Problem(origin, number, 1, f"the line has {len(fields):,} cells: a table has at most five")]
            )
        cells = tuple(field.strip() for field in fields)
        return cls(origin, number, cells if any(cells) else (), _starts(raw))

    def problem(self, index: int, message: str) -> Problem:
        """Return a problem with the cell at `index`."""
        return Problem(self.origin, self.number, self.starts[index], message)


def _check_header(header: _Line) -> list[Problem]:
    problems = []
    for index, column in enumerate(header.cells):
        if column not in COLUMNS:
            problems.append(header.problem(index, f"unknown column '{column}': {suggestion(column, COLUMNS)}"))
        elif column in header.cells[:index]:
            problems.append(header.problem(index, f"column '{column}' is given twice: remove one"))
    return problems


@dataclass(frozen=True)
class _RowReader:
    """A line's cells by the names of the header."""

    line: _Line
    header: tuple[str, ...]
    problems: list[Problem]
    """What is wrong with cells is added here."""

    def claim(self, number: int) -> tuple[str | None, Claim]:
        """Return the network and the claim of the row, the `number`-th of its table."""
        if len(self.line.cells) > len(self.header):
            self._note(len(self.header), f"the row has more cells than the header, which has {len(self.header)}")
        net = self._read("net", _parse_network)
        alpha, resolution = self._read("alpha", _parse_alpha), self._read("resolution", parse_resolution)
        numbers = [(name, self._read(name, _number_parser(name))) for name in NUMBERS]
        if not any(self._cell(name) for name in NUMBERS):
            self._note(0, "the row has no number: fill mult_adds or params")
        given = tuple((name, printed) for name, printed in numbers if printed is not None)
        return net, Claim(alpha, resolution, given, number)

    def _cell(self, name: str) -> str:
        """Return the text of a cell; it is empty if the row does not have the cell."""
        index = self.header.index(name) if name in self.header else len(self.line.cells)
        return self.line.cells[index] if index < len(self.line.cells) else ""

    def _read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """Return the value of a cell; None if it is empty, or wrong, which is noted."""
        text = self._cell(name)
        if not text:
            return None
        try:
            return parse(text)
        except MbcostError as error:
            self._note(self.header.index(name), str(error).splitlines()[0])
            return None

    def _note(self, index: int, message: str) -> None:
        self.problems.append(self.line.problem(index, message))


def _starts(raw: str) -> tuple[int, ...]:
    """Return the column of each cell's first character, counted from 1; commas in quotation marks do not count."""
    starts, quoted = [1], False
    for column, character in enumerate(raw, 1):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            starts.append(column + 1)
    return tuple(start + len(_BLANKS.match(raw, start - 1)[0]) for start in starts)  # type: ignore[index]


def _parse_network(text: str) -> str:
    """Return the reference after checking that it names a network."""
    load_spec(parse_reference(text).name)
    return text


def _parse_alpha(text: str) -> float:
    alpha = parse_alpha(text)
    check_alpha(alpha)
    return alpha


def _number_parser(quantity: str) -> Callable[[str], Printed]:
    return lambda text: parse_number(text, quantity)
