"""A table of printed numbers in a CSV file: what `mbcost explain --rows` reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mbcost.errors import STANDARD_INPUT, MbcostError, Problem, SpecError, suggestion
from mbcost.questions.explain.query import Claim, parse_number
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.catalogue.reference import parse_alpha, parse_reference, parse_resolution
from mbcost.spec.printed import Printed
from mbcost.spec.reading.nodes import MOST_PROBLEMS
from mbcost.spec.reading.sheet import SheetLine, read_sheet
from mbcost.spec.reading.text import read_file, read_standard_input
from mbcost.spec.scaling import check_alpha

NUMBERS = ("mult_adds", "params")
COLUMNS = ("network", "alpha", "resolution", *NUMBERS)
SYNONYMS: Mapping[str, str] = {"net": "network", "res": "resolution"}
"""Other names of columns."""
DECIMALS = ("alpha", *NUMBERS)
"""The columns whose numbers can have decimals."""
LARGEST = 10_000
"""The most rows of a table; a file with more is probably the wrong file."""

EMPTY = ("None", "nan", "<NA>")
"""What Python writes for the empty cells of data frames."""

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


def parse_records(records: Sequence[Mapping[str, object]]) -> list[tuple[str | None, list[Claim]]]:
    """Parse rows as dicts; None and NaN are empty cells. The first row is line 2 in messages, as in a CSV file.

    Raises:
        SpecError: cells are wrong; the error lists each of them as `rows:line:column`.

    >>> ((net, claims),) = parse_records([{"network": "v2", "mult_adds": "300M"}, {"network": "v2", "params": 3504872}])
    >>> net, [claim.numbers[0][1].text for claim in claims]
    ('v2', ['300M', '3504872'])
    """
    import csv
    from io import StringIO

    columns = list(dict.fromkeys(str(name) for record in records for name in record))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        cells = {str(name): _spell_cell(value) for name, value in record.items()}
        writer.writerow([cells.get(name, "") for name in columns])
    return parse_rows(text.getvalue(), "rows")


def _spell_cell(value: object) -> str:
    """Spell a value as a cell of a CSV file; a data frame has NaN for empty cells, and whole floats in such columns."""
    if isinstance(value, tuple | list):
        return "x".join(map(str, value))
    try:
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    except ValueError:  # Python writes no integer with more than 4,300 digits
        raise MbcostError("a number of the table has more than 4,300 digits: use a smaller number") from None
    return "" if text in EMPTY else text


def name_networks(
    networks: Sequence[tuple[str | None, list[Claim]]], net: str | None
) -> list[tuple[str | None, list[Claim]]]:
    """Return what `read_rows` returns, with `net` as the network of rows that name none.

    Raises:
        MbcostError: rows name a network, too.
    """
    if net is not None and any(name is not None for name, _ in networks):
        raise MbcostError(f"the network is given as '{net}' and in the table: remove one")
    return [(name or net, claims) for name, claims in networks]


def parse_rows(text: str, origin: str) -> list[tuple[str | None, list[Claim]]]:
    """Parse the text of a CSV file; `origin` names the file in messages.

    Raises:
        SpecError: cells are wrong; the error lists each of them as `file:line:column`.

    >>> ((net, (claim,)),) = parse_rows("net,mult_adds" + chr(10) + "v2,300M", "table.csv")
    >>> net, claim.numbers[0][1].text
    ('v2', '300M')
    """
    sheet = read_sheet(text, origin)
    if not sheet.lines or len(sheet.lines) > LARGEST + 1:
        expected = f"expected a header and 1 to {LARGEST:,} rows, found {len(sheet.lines)} lines"
        raise SpecError([Problem(origin, 1, 1, expected)])
    names = _read_header(sheet.lines[0])
    problems = _check_header(sheet.lines[0], names) or sheet.find_uneven_rows()
    if len(sheet.lines) == 1:
        problems.append(sheet.lines[0].problem(0, "there are no rows below the header: add at least one"))
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    _, *rows = sheet.with_points([index for index, name in enumerate(names) if name in DECIMALS]).lines
    networks: dict[str | None, list[Claim]] = {}
    for number, line in enumerate(rows, 1):
        net, claim = _RowReader(line, names, problems).claim(number)
        networks.setdefault(net, []).append(claim)
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    return list(networks.items())


def _read_header(header: SheetLine) -> tuple[str, ...]:
    """Return the names of the columns; upper and lower case, blanks and hyphens do not matter."""
    words = (re.sub("[ -]", "_", cell.lower()) for cell in header.cells)
    return tuple(SYNONYMS.get(word, word) for word in words)


def _check_header(header: SheetLine, names: tuple[str, ...]) -> list[Problem]:
    problems = []
    for index, name in enumerate(names):
        shown = header.cells[index]
        if name not in COLUMNS and len(names) == 1 and re.search(r"\w\W+\w", shown):
            remedy = "separate the cells with commas, semicolons or tabs"
            problems.append(header.problem(index, f"the header is one cell, '{shown}': {remedy}"))
        elif name not in COLUMNS:
            problems.append(header.problem(index, f"unknown column '{shown}': {suggestion(shown, COLUMNS)}"))
        elif name in names[:index]:
            problems.append(header.problem(index, f"column '{shown}' is given twice: remove one"))
    return problems


@dataclass(frozen=True)
class _RowReader:
    """A line's cells by the names of the header."""

    line: SheetLine
    header: tuple[str, ...]
    problems: list[Problem]
    """What is wrong with cells is added here."""

    def claim(self, number: int) -> tuple[str | None, Claim]:
        """Return the network and the claim of the row, the `number`-th of its table."""
        before = len(self.problems)
        net = self._read("network", _parse_network)
        alpha, resolution = self._read("alpha", _parse_alpha), self._read("resolution", parse_resolution)
        numbers = [(name, self._read(name, _number_parser(name))) for name in NUMBERS]
        if len(self.problems) == before and not any(self._cell(name) for name in NUMBERS):
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
            expected = len(self.header)
            is_short = len(self.line.cells) < expected
            counts = f" ({self.line.count_cells(expected)}; an empty cell is open)" if is_short else ""
            self._note(self.header.index(name), str(error).splitlines()[0] + counts)
            return None

    def _note(self, index: int, message: str) -> None:
        self.problems.append(self.line.problem(index, message))


def _parse_network(text: str) -> str:
    """Return the reference, with the network's own name for an alias, so that rows about one network stay together."""
    name = parse_reference(text).name
    load_spec(name)
    settings = re.search("[@/:=].*", text)
    return name + (settings[0] if settings else "") if name in NETWORKS else text


def _parse_alpha(text: str) -> float:
    alpha = parse_alpha(text)
    check_alpha(alpha)
    return alpha


def _number_parser(quantity: str) -> Callable[[str], Printed]:
    return lambda text: parse_number(text, quantity)
