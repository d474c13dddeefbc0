"""A part of a page: cells, escapes, bars, styles."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import escape
from mbcost.present.report.document import Origin, render_document
from mbcost.present.report.fragment import render_fragment
from mbcost.present.report.values import list_bars, value_text
from mbcost.present.table import Cell, Column, Share, SignedCount, Spelled, Table, build_table, decimal_cell
from tests.present.report.reading import Report

Row = tuple[object, ...]
HOSTILE = "<img src=x onerror=alert(1)>\"' &lt;/td></td></tr></table><script>alert(2)</script><!-- ]]> </style>"
NAMES = (
    st.text(st.characters(), max_size=9)
    | st.text("<>&\"'/=-!;#x01 \n\0\x1b\u202e", max_size=12)
    | st.sampled_from([HOSTILE, "</script>", "&#60;b>", "<!--", "javascript:alert(1)", "{{x}}", ""])
)


def column(key: str, index: int, header: str = "", *, numeric: bool = False) -> Column[Row]:
    return Column(key, header or key, lambda row: row[index], numeric=numeric)


def test_a_cell_shows_what_the_text_table_prints_and_carries_the_exact_number() -> None:
    cells: dict[Cell, tuple[str, str]] = {
        568_740_352: ("568,740,352", "568740352"),
        10**30 + 1: (f"{10**30 + 1:,}", str(10**30 + 1)),
        7: ("7", "7"),
        Share(360, 1): ("3.60%", "3.60"),
        SignedCount(-1088): ("-1,088", "-1088"),
        SignedCount(5): ("+5", "5"),
        decimal_cell(Fraction(2, 3), 2): ("0.67", repr(2 / 3)),
        Spelled("112x112x32", (112, 112, 32)): ("112x112x32", "401408"),
        Spelled("never", inf): ("never", "Infinity"),
        "conv": ("conv", "conv"),
        None: ("", ""),
        True: ("*", "1"),
        "90071992547409931": ("90071992547409931", "90071992547409931"),
        "9,007,199,254,740,993": ("9,007,199,254,740,993", "9007199254740993"),
        "1e5": ("1e5", "1e5"),
        "75.2 %": ("75.2 %", "75.2"),
    }
    table = build_table("t", [column("name", 0), column("value", 1)], [("x", cell) for cell in cells])
    (grid,) = Report(render_fragment([table])).grids
    assert [(row[1].text, row[1].exact) for row in grid.body] == list(cells.values())


@settings(max_examples=60)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3), NAMES, NAMES)
def test_a_hostile_name_is_text_everywhere(rows: list[tuple[str, str]], first: str, second: str) -> None:
    columns = (replace(column("first", 0, f"x{first}"), legend=second), column("second", 1, f"y{second}"))
    table = build_table(f"T {first}", columns, rows, {"first": first, "second": second}, [second], lead=[first])
    table = replace(table, details=build_table(f"D {second}", columns, rows))
    page = render_document(table, Origin(("mbcost", first, second), (second,)))
    text = render_fragment([table])
    assert "\n\n" not in text  # an empty line would end the HTML in a page of Markdown
    part = Report(text)
    for report in (part, Report(page)):
        assert [[[cell.text for cell in row] for row in grid.body] for grid in report.grids] == [
            [[escape(one), escape(other)] for one, other in rows]
        ] * 2
        assert [cell.text for cell in report.grids[0].foot[0]] == [escape(first), escape(second)]
        assert [cell.text for cell in report.grids[0].head[0]] == [f"x{escape(first)}", f"y{escape(second)}"]
        assert escape(second) in report.texts["mbcost-note"]
        labels = [attributes["aria-label"] for _, attributes in report.elements if "aria-label" in attributes]
        titles = [f"T {escape(first)}", f"D {escape(second)}"]
        assert labels == [", ".join(filter(None, re.split(" {2,}", title))) for title in titles]
    whole = Report(page)
    # The script and the styles are ours, whatever the names are.
    assert (len(whole.texts["script"]), len(whole.texts["style"]), len(part.texts["style"])) == (1, 1, 1)
    assert "script" not in part.texts
    assert {attributes["href"] for _, attributes in whole.elements if "href" in attributes} == {"data:,"}


def test_the_totals_stay_below_and_headers_say_what_they_are_of() -> None:
    table = build_table(
        "t",
        [column("name", 0), column("params", 1, numeric=True)],
        [("a", 3), ("b", 1)],
        {"name": "total", "params": 4},
    )
    (grid,) = Report(render_fragment([table])).grids
    assert [[cell.attributes.get("scope") for cell in row] for row in (*grid.head, *grid.body, *grid.foot)] == [
        ["col", "col"], ["row", None], ["row", None], ["row", None],
    ]  # fmt: skip
    assert [cell.text for cell in grid.foot[0]] == ["total", "4"]
    assert all(cell.attributes["class"].split()[0] == "mbcost-n" for _, cell in (*grid.head, *grid.body, *grid.foot))


COUNTS = st.integers(0, 10**400) | st.integers(0, 10**9) | st.integers(0, 9)


@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=2, max_size=6))
def test_a_bar_is_the_part_of_the_largest_value_in_its_unit(rows: list[tuple[int, int, int]]) -> None:
    keys = ("params", "standard_mult_adds", "separable_mult_adds")
    table = build_table("t", [column(key, index, numeric=True) for index, key in enumerate(keys)], rows)
    largest = [max(row[0] for row in rows), *[max(max(row[1:]) for row in rows)] * 2]
    for row, bars in zip(rows, list_bars(table), strict=True):
        for value, bar, most in zip(row, bars, largest, strict=True):
            assert bar == (max(1, (200 * value + most) // (2 * most)) if value else 0)


def test_what_is_not_an_amount_has_no_bar() -> None:
    keys = ("stride", "mult_adds_ratio", "params_difference", "alpha", "params", "mult_adds")
    rows: list[Row] = [
        (1, decimal_cell(0.5), SignedCount(-1), 1, -1, "many"),
        (2, decimal_cell(1.5), SignedCount(3), 2, 1, 3),
    ]
    table = build_table("t", [column(key, index, numeric=True) for index, key in enumerate(keys)], rows)
    assert list_bars(table) == [[None] * 6] * 2
    single = build_table("t", [column("params", 0, numeric=True)], [(1,)])
    assert list_bars(single) == [[None]]
    endless = build_table("t", [column("time_us", 0, numeric=True)], [(Spelled("inf", inf),), (1,)])
    assert list_bars(endless) == [[None], [None]]
    assert value_text(Spelled("nan", float("nan"))) == ""


def test_a_column_that_is_empty_is_left_out_if_it_can_be_spared_and_nobody_asked_for_it() -> None:
    columns = [column("name", 0), replace(column("kernel", 1), spare=3), column("stride", 1)]
    table = build_table("t", columns, [("a", None)])
    (grid,) = Report(render_fragment([table])).grids
    assert [cell.text for cell in grid.head[0]] == ["name", "stride"]
    (grid,) = Report(render_fragment([replace(table, asked=frozenset({"kernel"}))])).grids
    assert [cell.text for cell in grid.head[0]] == ["name", "kernel", "stride"]


def test_the_styles_of_a_part_reach_nothing_else_and_ask_for_nothing() -> None:
    table = build_table("t", [column("name", 0), column("params", 1, numeric=True)], [("a", 3), ("b", 1)])
    (style,) = Report(render_fragment([table])).texts["style"]
    selectors = [selector.strip() for selector in re.findall(r"([^{}]+)\{", style)]
    assert len(selectors) > 10
    assert all(re.match(r"\.mbcost-", selector) for selector in selectors)
    assert not re.search(r"url\(|@import|//|position: fixed", style)
    assert {"mbcost-w100", "mbcost-w33"} == set(re.findall(r"mbcost-w\d+", style))


def test_without_rows_there_are_sentences_and_no_table() -> None:
    table: Table = build_table("all is equal", [column("name", 0)], (), notes=["a note"], lead=["a sentence"])
    report = Report(render_fragment([table]))
    assert report.grids == []
    assert report.texts["mbcost-lead"] == ["all is equal", "a sentence"]
    assert report.texts["mbcost-note"] == ["a note"]
    page = Report(render_document(table, Origin((), ("mbcost 1",))))
    assert (page.texts["h1"], page.texts["mbcost-lead"], page.texts["mbcost-note"]) == (
        ["all is equal"], ["a sentence"], ["a note"],
    )  # fmt: skip
    assert "command" not in page.texts
