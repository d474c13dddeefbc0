"""Tables that spreadsheet programs save: cells separated by commas, semicolons or tabs.

Each line is read by the csv module. What the dialects disagree on is decided once for the whole file: the separator by
the header, and whether a comma or a point begins the decimals by the numbers that can be read in one way only.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mbcost.errors import Problem, SpecError

SEPARATORS: Mapping[str, str] = {",": "commas", ";": "semicolons", "\t": "tabs"}
MOST_CELLS = 1000
"""The most cells of a line."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANKS = re.compile(r"[ \t]*")
_HINT = re.compile(r'"?sep=(.)"?')
"""The first line that Excel writes and reads to state the separator."""
_DIGITS = re.compile(r"[0-9](?:[0-9.,]*[0-9])?")
_POINT = re.compile(r"(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
"""A number with a decimal point; commas can group its digits."""
_COMMA = re.compile(r"(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
"""A number with a decimal comma; points can group its digits."""
_NUMBER = re.compile("[0-9][0-9.,]*(?:[^0-9.,][^,]*)?")
"""A cell that is one number, possibly with a unit."""
_QUOTED = '(?:^|[{}]) *("(?:[^"]|"")*("|$))'
"""A cell in quotation marks, given the separators; the second group is empty if it is not closed."""
_WIDE_BLANKS = str.maketrans("\u00a0\u2009\u202f", "   ")
"""Blanks with which spreadsheets group digits."""
_SWAPPED = str.maketrans(".,", ",.")


@dataclass(frozen=True)
class SheetLine:
    """One line of the file as cells without surrounding blanks, with the column at which each cell starts."""

    origin: str
    number: int
    cells: tuple[str, ...]
    starts: tuple[int, ...]
    bare: str
    """The line with `_` instead of each character in quotation marks."""

    def count_cells(self, expected: int) -> str:
        """Return the start of a message about the number of cells."""
        return f"the row has {len(self.cells)} cell{'s' * (len(self.cells) != 1)}, but the header has {expected}"

    def problem(self, index: int, message: str) -> Problem:
        """Return a problem with the cell at `index`."""
        return Problem(self.origin, self.number, self.starts[min(index, len(self.starts) - 1)], message)


@dataclass(frozen=True)
class Sheet:
    """The lines that are not empty, the header first, and what separates their cells."""

    lines: tuple[SheetLine, ...]
    separator: str

    def with_points(self, indices: Collection[int]) -> Sheet:
        """Return the sheet with decimal points in all numbers of the columns `indices`.

        Decimal commas are possible if the separator is a semicolon or a tab. A number such as `3.504M`, which is three
        and a half million or 3,504 million, is read like the other numbers of the file; if these do not tell, a comma
        in a file with semicolons begins the decimals, as in a file with commas a point does.

        Raises:
            SpecError: numbers contradict each other, or a number can be read in two ways.
        """
        lines = [replace(line, cells=_widen(line.cells, indices)) for line in self.lines]
        if self.separator == ",":
            return replace(self, lines=tuple(lines))
        numbers = [
            (line, index, line.cells[index]) for line in lines[1:] for index in indices if index < len(line.cells)
        ]
        has_commas = self._decide(numbers)
        if not has_commas:
            return replace(self, lines=tuple(lines))
        swapped = [replace(line, cells=_swap(line.cells, indices)) for line in lines[1:]]
        return replace(self, lines=(lines[0], *swapped))

    def _decide(self, numbers: list[tuple[SheetLine, int, str]]) -> bool:
        """Return whether the file has decimal commas."""
        clear = [(line, index, is_comma) for line, index, text in numbers if (is_comma := _has_comma(text)) is not None]
        if clear:
            first, where, is_comma = clear[0]
            for line, index, other in clear:
                if other != is_comma:
                    names = ("points", "commas")
                    raise SpecError([line.problem(index, (
                        f"'{line.cells[index]}' has decimal {names[other]}, but line {first.number} has "
                        f"'{first.cells[where]}' with decimal {names[is_comma]}: write all numbers alike"
                    ))])  # fmt: skip
            return is_comma
        open_ = [(line, index, text) for line, index, text in numbers if _is_open(text)]
        usual = "," if self.separator == ";" else "."
        for line, index, text in open_:
            if usual not in text:
                plain, fraction = re.sub("[.,]", "", text), re.sub("[.,]", usual, text)
                raise SpecError([line.problem(index, (
                    f"'{text}' can be {plain} or {fraction} in a file with {SEPARATORS[self.separator]}: "
                    f"write {plain} or {fraction}"
                ))])  # fmt: skip
        return usual == "," and bool(open_)

    def find_uneven_rows(self) -> list[Problem]:
        """Return a problem for each row that has more cells than the header, or cells with different separators.

        A row may have fewer cells: spreadsheets leave out empty cells at the end of some lines.
        """
        expected = len(self.lines[0].cells)
        problems = (self._check_shape(line, expected) for line in self.lines[1:])
        return [problem for problem in problems if problem is not None]

    def _check_shape(self, line: SheetLine, expected: int) -> Problem | None:
        usual = SEPARATORS[self.separator]
        if len(line.cells) > expected:
            remedy = f"remove cells, or put a cell with {usual} in it in quotation marks"
            return line.problem(expected, f"{line.count_cells(expected)}: {remedy}")
        foreign = [other for other in SEPARATORS if other != self.separator and other in line.bare]
        if "," in foreign and (len(line.cells) > 1 or _NUMBER.fullmatch(line.cells[0])):
            foreign.remove(",")  # it can be a mark of a number
        if len(line.cells) == expected or not foreign:
            return None
        first = min(foreign, key=line.bare.index)
        message = f"{line.count_cells(expected)}: write {usual} between its cells, not {SEPARATORS[first]}"
        return Problem(line.origin, line.number, line.bare.index(first) + 1, message)


def read_sheet(text: str, origin: str) -> Sheet:
    """Read the text of a file; `origin` names it in messages.

    Raises:
        SpecError: the separator is unclear, quotation marks are not closed, or a line is too long to be a row.
    """
    raw = list(enumerate(_LINE_END.split(text), 1))
    hint = _HINT.fullmatch(raw[0][1].strip(" "))
    if hint:
        raw = raw[1:]
    header = next(((number, line) for number, line in raw if line.strip()), (1, ""))
    separator = hint[1] if hint and hint[1] in SEPARATORS else _find_separator(*header, origin)
    lines = (_read_line(number, line, separator, origin) for number, line in raw)
    return Sheet(tuple(line for line in lines if line.cells), separator)


def _find_separator(number: int, header: str, origin: str) -> str:
    """Return the separator that the header uses; a comma if it has one cell only."""
    bare = _mask(header, "".join(SEPARATORS))
    used = sorted((separator for separator in SEPARATORS if separator in bare), key=bare.index)
    if len(used) > 1:
        names = " and ".join(SEPARATORS[separator] for separator in used[:2])
        message = f"the header has {names} between its cells: use one of them"
        raise SpecError([Problem(origin, number, bare.index(used[1]) + 1, message)])
    return used[0] if used else ","


def _mask(raw: str, separators: str) -> str:
    """Return the line with `_` instead of each character in quotation marks."""
    return re.sub(_QUOTED.format(separators), lambda match: match[0].replace(match[1], "_" * len(match[1])), raw)


def _read_line(number: int, raw: str, separator: str, origin: str) -> SheetLine:
    """Split a line into cells; an empty line has no cells, and empty cells at the end of a line do not count."""
    if opened := next((match for match in re.finditer(_QUOTED.format(separator), raw) if not match[2]), None):
        message = "this quotation mark is not closed in its line: close it, or remove the line break in the cell"
        raise SpecError([Problem(origin, number, opened.start(1) + 1, message)])
    try:
        fields = next(csv.reader([raw], delimiter=separator, strict=True, skipinitialspace=True), [])
    except csv.Error as error:
        remedy = "shorten it" if "limit" in str(error) else 'write "" for a quotation mark in a cell in quotation marks'
        raise SpecError([Problem(origin, number, 1, f"not CSV: {error}: {remedy}")]) from None
    if len(fields) > MOST_CELLS:
        raise SpecError([Problem(origin, number, 1, f"the line has {len(fields):,} cells: a table has at most five")])
    cells = [field.strip() for field in fields]
    while cells and not cells[-1]:
        cells.pop()
    blanks = _BLANKS if separator != "\t" else re.compile(" *")
    bare = _mask(raw, separator)
    starts = [1, *(index + 2 for index, character in enumerate(bare) if character == separator)]
    return SheetLine(
        origin,
        number,
        tuple(cells),
        tuple(start + len(blanks.match(raw, start - 1)[0]) for start in starts),  # type: ignore[index]
        bare,
    )


def _widen(cells: tuple[str, ...], indices: Collection[int]) -> tuple[str, ...]:
    return tuple(cell.translate(_WIDE_BLANKS) if index in indices else cell for index, cell in enumerate(cells))


def _swap(cells: tuple[str, ...], indices: Collection[int]) -> tuple[str, ...]:
    return tuple(cell.translate(_SWAPPED) if index in indices else cell for index, cell in enumerate(cells))


def _has_comma(text: str) -> bool | None:
    """Return whether a number has a decimal comma; None if it has neither mark, or can be read in both ways or none."""
    match = _DIGITS.search(text)
    if match is None or match[0].isdigit():
        return None
    point, comma = (pattern.fullmatch(match[0]) is not None for pattern in (_POINT, _COMMA))
    return None if point == comma else comma


def _is_open(text: str) -> bool:
    """Return whether a number can be read with a decimal point and with a decimal comma, as two different numbers."""
    match = _DIGITS.search(text)
    marks = match is not None and not match[0].isdigit()
    return marks and all(pattern.fullmatch(match[0]) for pattern in (_POINT, _COMMA))  # type: ignore[index]
