"""A table that a spreadsheet saves is read the same in every dialect, or refused; never read differently."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mbcost.errors import SpecError
from mbcost.questions.explain.query import Claim
from mbcost.questions.explain.rows import parse_rows, read_rows
from mbcost.spec.reading.sheet import SEPARATORS, read_sheet

Row = tuple[str, str, str, str, str]
HEADER: Row = ("network", "alpha", "resolution", "mult_adds", "params")
CLEAR: Row = ("v2", "0.75", "224", "209M", "2.6M")
"""A row whose numbers can be read in one way only, so that it decides about the others."""


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table."""

    separator: str
    decimal: str = "."
    ending: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    hint: bool = False
    spare: int = 0
    """Empty cells at the end of every line, which spreadsheets write for columns that were used once."""

    def write(self, rows: list[Row]) -> str:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.separator, lineterminator=self.ending, quoting=self.quoting)  # type: ignore[arg-type]
        lines = [HEADER, *(row if self.decimal == "." else tuple(self._localize(cell) for cell in row) for row in rows)]
        writer.writerows((*line, *[""] * self.spare) for line in lines)
        start = f"sep={self.separator}{self.ending}" if self.hint else ""
        return start + out.getvalue()

    @staticmethod
    def _localize(cell: str) -> str:
        return cell.translate(str.maketrans(".,", ",."))


def numbers(suffixes: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Numbers with up to six decimals, or grouped digits, as they are printed with a decimal point."""
    return st.one_of(
        st.builds(
            lambda whole, decimals, suffix: f"{whole}{'.' + decimals if decimals else ''}{suffix}",
            st.integers(1, 999),
            st.one_of(st.just(""), st.from_regex(r"[0-9]{1,6}", fullmatch=True)),
            st.sampled_from(suffixes),
        ),
        st.integers(1_000_000, 9_999_999_999).map("{:,}".format),
        st.integers(1_000_000, 9_999_999_999).map(str),
    )


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2", "v3-large:torchvision"]),
        st.sampled_from(["", "1", "0.5", "1.125", "0.875"]),
        st.sampled_from(["", "224", "160x128"]),
        numbers(("M", "G", " MFLOPs", " million")),
        st.one_of(st.just(""), numbers(("M", "M params"))),
    ),
    min_size=1,
    max_size=4,
)
DIALECTS = st.builds(
    Dialect,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([".", ","]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    hint=st.booleans(),
    spare=st.integers(0, 2),
).filter(lambda dialect: dialect.decimal == "." or dialect.separator != ",")


def read(text: str) -> list[tuple[str | None, list[Claim]]]:
    return parse_rows(text, "t.csv")


def read_or_refuse(text: str) -> tuple[list[tuple[str | None, list[Claim]]], tuple[str, ...]]:
    """Return what is read, or the problems."""
    try:
        return read(text), ()
    except SpecError as error:
        return [], error.problems


@given(ROWS, DIALECTS)
def test_a_table_is_read_the_same_in_every_dialect(rows: list[Row], dialect: Dialect) -> None:
    table = [CLEAR, *rows]
    assert read(dialect.write(table)) == read(Dialect(",").write(table))


@given(ROWS, DIALECTS)
@example([("v2", "1", "224", "3.504G", "")], Dialect(";"))
@example([("v2", "1", "224", "3.504G", "")], Dialect("\t", ","))
def test_a_table_without_a_clear_number_is_read_the_same_or_refused(rows: list[Row], dialect: Dialect) -> None:
    result, problems = read_or_refuse(dialect.write(rows))
    if problems:
        assert len(problems) == 1
        assert " can be " in problems[0]
        assert ": write " in problems[0]
        assert (dialect.separator, dialect.decimal) in ((";", "."), ("\t", ","))
    else:
        assert result == read(Dialect(",").write(rows))


@settings(max_examples=25)
@given(ROWS, DIALECTS, st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]), st.booleans())
def test_a_table_is_read_the_same_in_every_encoding_with_and_without_a_byte_order_mark(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], dialect: Dialect, encoding: str, marked: bool
) -> None:
    path = tmp_path_factory.mktemp("encodings") / "t.csv"
    text = dialect.write([CLEAR, *rows])
    path.write_bytes(("\ufeff" * marked + text).encode(encoding))
    assert read_rows(str(path)) == read(text)


def spoil(text: str, line: int, change: Callable[[str], str]) -> str:
    """Return the text with a change to one of its lines, counted from 1; the line ends with its usual characters."""
    lines = re.split("(\r\n|\n|\r)", text)
    lines[2 * line - 2] = change(lines[2 * line - 2])
    return "".join(lines)


@settings(max_examples=25)
@given(ROWS, DIALECTS, st.data())
def test_a_row_with_too_many_cells_is_refused_with_both_numbers(rows: list[Row], dialect: Dialect, data: Any) -> None:
    line, more = data.draw(st.integers(2, len(rows) + 1)) + dialect.hint, data.draw(st.integers(1, 3))
    filled = [(*row[:4], row[4] or "1M") for row in rows]
    text = replace(dialect, spare=0).write(filled)
    _, problems = read_or_refuse(spoil(text, line, lambda row: row + (dialect.separator + "x") * more))
    (problem,) = problems
    assert problem.startswith(f"t.csv:{line}:")
    assert f": the row has {5 + more} cells, but the header has 5: remove cells, or put a cell with " in problem


@settings(max_examples=25)
@given(ROWS, DIALECTS, st.data())
def test_a_row_with_a_different_separator_is_refused_with_both_names(
    rows: list[Row], dialect: Dialect, data: Any
) -> None:
    line = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(st.sampled_from([separator for separator in SEPARATORS if separator != dialect.separator]))
    lines = dialect.write(rows).split(dialect.ending)
    lines[1 + line + dialect.hint] = other.join(cell.replace(",", "") or "1" for cell in rows[line])
    _, problems = read_or_refuse(dialect.ending.join(lines))
    (problem,) = problems
    assert problem.startswith(f"t.csv:{2 + line + dialect.hint}:{len(rows[line][0]) + 1}: the row has 1 cell, ")
    assert problem.endswith(
        f" but the header has 5: write {SEPARATORS[dialect.separator]} between its cells, not {SEPARATORS[other]}"
    )


@settings(max_examples=25)
@given(ROWS, DIALECTS, st.data())
def test_a_cell_with_a_line_break_is_refused_where_it_begins(rows: list[Row], dialect: Dialect, data: Any) -> None:
    line, column = data.draw(st.integers(0, len(rows))), data.draw(st.integers(0, 4))
    lines = [list(row) for row in (HEADER, *rows)]
    lines[line][column] = "a\nb"
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=dialect.separator, lineterminator=dialect.ending, quoting=csv.QUOTE_ALL).writerows(lines)
    _, problems = read_or_refuse(out.getvalue())
    start = sum(len(cell) + 3 for cell in lines[line][:column]) + 1
    assert problems == (
        f"t.csv:{line + 1}:{start}: this quotation mark is not closed in its line: close it, or remove the line break "
        "in the cell",
    )


@settings(max_examples=50)
@given(ROWS)
def test_a_semicolon_makes_a_comma_a_decimal_comma(rows: list[Row]) -> None:
    """Nothing that a spreadsheet with decimal commas saves is refused."""
    assert read(Dialect(";", ",").write(rows)) == read(Dialect(",").write(rows))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "net;params\nv2;3.504M\n",
            "2:4: '3.504M' can be 3504M or 3,504M in a file with semicolons: write 3504M or 3,504M",
        ),
        (
            "net\tparams\nv2\t3,504M\n",
            "2:4: '3,504M' can be 3504M or 3.504M in a file with tabs: write 3504M or 3.504M",
        ),
        (
            "net;alpha;params\nv2;0,75;2.61M\n",
            "2:9: '2.61M' has decimal points, but line 2 has '0,75' with decimal commas: write all numbers alike",
        ),
        (
            "net;params\nv2;3,47M\nv2;3,504,872\n",
            "3:4: '3,504,872' has decimal points, but line 2 has '3,47M' with decimal commas: write all numbers alike",
        ),
        (
            "net;alpha,params\nv2;1;3M\n",
            "1:10: the header has semicolons and commas between its cells: use one of them",
        ),
        (
            "net;params\nv2;3M;4M\n",
            "2:7: the row has 3 cells, but the header has 2: remove cells, or put a cell with semicolons in it in "
            "quotation marks",
        ),
        (
            'net;params\nv2;"3M\n',
            "2:4: this quotation mark is not closed in its line: close it, or remove the line break in the cell",
        ),
        (
            'net;params\n"v2"@1;3M\n',
            """2:1: not CSV: ';' expected after '"': write "" for a quotation mark in a cell in quotation marks""",
        ),
        ("sep=;\r\n\r\nnet;parms\r\nv2;3M\r\n", "3:5: unknown column 'parms': did you mean 'params'?"),
        ("net,alpha,params\nv2,\"0,75\",3M\n", "2:4: alpha is '0,75': did you mean 0.75?"),
    ],
)  # fmt: skip
def test_what_is_unclear_is_refused_at_its_cell(text: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(text)
    assert caught.value.problems == (f"t.csv:{problem}",)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("net;params\nv2;3,504M\n", ["3.504M"]),
        ("net;params\nv2;3.504.872\n", ["3,504,872"]),
        ("net;params\nv2;3 504 872\n", ["3 504 872"]),
        ("net;params\nv2;3\u00a0504\u202f872\n", ["3 504 872"]),
        ("net;params\nv2;3.504M\nv1;4,2M\n", ["3,504M", "4.2M"]),
        ("net;alpha;params\nv2;0.75;2.636M\n", ["2.636M"]),
        ("Net ; PARAMS;Mult-Adds\nv2; 3,5M ;300,77M\n", ["300.77M", "3.5M"]),
        ("net;params;;\nv2;3,5M;;\n;;;\n", ["3.5M"]),
        ("params\n3504872\n", ["3504872"]),
        ("net\tparams\nv2\t3.504M\n", ["3.504M"]),
        ("net;params\nv2;3,5E+06\n", ["3.5E+06"]),
    ],
)
def test_numbers_are_read_in_the_way_of_the_file(text: str, numbers: list[str]) -> None:
    assert [printed.text for _, claims in read(text) for claim in claims for _, printed in claim.numbers] == numbers


def test_a_file_with_a_byte_order_mark_and_every_other_mark_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        b'\xef\xbb\xbfsep=;\r\n"Network";Alpha;Resolution;Mult_Adds;Params;\r\nv2;0,75;224;"209,1M";2,6M;\r\n;;;;;\r\n'
    )
    assert read_rows(str(path)) == read("network,alpha,resolution,mult_adds,params\nv2,0.75,224,209.1M,2.6M\n")


def test_a_cell_knows_where_it_starts() -> None:
    header, line = read_sheet('"a";b;c\r\n x ; "y;z";  w\r\n', "t.csv").lines
    assert (header.cells, header.starts) == (("a", "b", "c"), (1, 5, 7))
    assert (line.number, line.cells, line.starts) == (2, ("x", "y;z", "w"), (2, 6, 14))
