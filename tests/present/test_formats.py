"""One table in every format, compared literally."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mbcost.present.formats import FORMATS, render_csv, render_latex, render_markdown
from mbcost.present.table import Column, Share, build_table, shares
from mbcost.present.text import render_plain


class Layer(NamedTuple):
    name: str
    params: int | None
    share: Share | None = None


NAME = Column[Layer]("name", "layer", lambda layer: layer.name)
PARAMS = Column[Layer]("params", "params", lambda layer: layer.params, numeric=True)
TABLE = build_table(
    "Two layers & a title",
    (NAME, PARAMS, Column[Layer]("share", "share", lambda layer: layer.share)),
    [Layer("a_b", 1_234_567, Share(9_990, 10)), Layer("c", None, Share(10, 0))],
    {"name": "total", "params": 1_234_567, "share": Share(10_000, 0)},
    ("a note",),
)


def test_plain_text_is_aligned_with_the_footer_below_a_rule() -> None:
    assert render_plain(TABLE) == (
        "Two layers & a title\n"
        "\n"
        "layer     params  share\n"
        "-----  ---------  -----------------\n"
        "a_b    1,234,567  99.90% ##########\n"
        "c                  0.10%\n"
        "-----  ---------  -----------------\n"
        "total  1,234,567  100.00%\n"
        "\n"
        "a note\n"
    )


def test_columns_of_plain_text_line_up_in_terminal_cells() -> None:
    """A Chinese, Japanese or Korean character takes two cells, a Greek letter one, an accent none."""
    layers = [Layer("移动网络", 7), Layer("모바일", 1_000), Layer("mobile", 20), Layer("cafe\u0301 \u03b1", 3)]
    columns = (replace(NAME, header="名前"), PARAMS)
    assert render_plain(build_table("네트워크", columns, layers, {"name": "合計", "params": 1_030})) == (
        "네트워크\n"
        "\n"
        "名前      params\n"
        "--------  ------\n"
        "移动网络       7\n"
        "모바일     1,000\n"
        "mobile        20\n"
        "cafe\u0301 \u03b1         3\n"
        "--------  ------\n"
        "合計       1,030\n"
    )


def test_csv_has_plain_integers_and_no_total() -> None:
    assert render_csv(TABLE) == "name,params,share\na_b,1234567,99.90\nc,,0.10\n"


def test_people_and_programs_read_their_own_columns_and_rows() -> None:
    columns = (replace(NAME, only="people"), replace(NAME, header="other", only="data"), PARAMS)
    rows = [Layer("a", 1), Layer("b", None)]
    table = build_table("", columns, rows, {"name": "total"})
    assert render_csv(table) == "name,params\na,1\nb,\n"
    for style in ("text", "markdown", "latex"):
        assert "other" not in FORMATS[style](table)
        assert FORMATS[style](table).count("total") == 1
    flags = build_table("", [Column[bool]("front", "front", lambda flag: flag)], [True, False])
    assert render_csv(flags) == "front\ntrue\nfalse\n"
    assert render_csv(replace(table, data=flags, details=TABLE)) == "front\ntrue\nfalse\n"


@pytest.mark.parametrize("style", ["text", "markdown", "latex"])
def test_without_rows_people_read_only_sentences(style: str) -> None:
    empty = build_table("all is equal", (NAME, PARAMS), (), {"name": "total"}, ["a note"], lead=["a sentence"])
    words = [word for word in FORMATS[style](empty).replace("*", "").splitlines() if word]
    assert [word.removeprefix("% ") for word in words] == ["all is equal", "a sentence", "a note"]
    assert render_csv(empty) == "name,params\n"


def test_markdown_aligns_numbers_right_and_has_a_bold_footer() -> None:
    assert render_markdown(TABLE) == (
        "**Two layers & a title**\n"
        "\n"
        "| layer     |        params | share       |\n"
        "|:----------|--------------:|:------------|\n"
        "| a_b       |     1,234,567 | 99.90%      |\n"
        "| c         |               | 0.10%       |\n"
        "| **total** | **1,234,567** | **100.00%** |\n"
        "\n"
        "a note\n"
    )


def test_latex_is_booktabs_and_escaped() -> None:
    lines = render_latex(TABLE).splitlines()
    assert lines[:3] == ["% needs \\usepackage{booktabs}", "% Two layers & a title", "% a note"]
    assert [line.split("&")[0].strip() for line in lines[3:]] == [
        r"\begin{tabular}{lrl}", r"\toprule", "layer", r"\midrule", r"a\_b", "c", r"\midrule", "total", r"\bottomrule",
        r"\end{tabular}",
    ]  # fmt: skip
    assert r"99.90\%" in lines[7]


NAMES = st.text(st.characters(), max_size=9) | st.text('|\\`*_<&>#%$~^{}[]()!\n"-a ', max_size=9)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3), NAMES)
def test_a_hostile_name_adds_no_cell_no_row_and_no_markup(rows: list[tuple[str, str]], header: str) -> None:
    columns = (
        Column[tuple[str, str]]("first", f"x{header}", lambda row: row[0]),
        Column[tuple[str, str]]("second", "second", lambda row: row[1]),
    )
    table = build_table(f"Title {header}", columns, rows, {"first": header})
    grid = [line for line in render_markdown(table).splitlines() if line.startswith("|")]
    assert len(grid) == len(rows) + 3
    for line in grid:
        # As GitHub reads it: a backslash and the punctuation after it are one character.
        bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", line)
        assert bare.count("|") == 3
        assert not re.search("[`<]", bare)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(render_markdown(table))
    assert not re.search("<(em|a|code|s|img|h[1-6]|ul|ol|blockquote|hr)[ >/]", page)
    body = [line for line in render_latex(table).splitlines() if not line.startswith("%")]
    assert len(body) == len(rows) + 8
    for line in (body[2], *body[4 : 4 + len(rows)], body[-3]):
        bare = re.sub(r"\\(?:[&%$#_{}]|text[a-z]+\{\})", "x", line)  # what is printed between stays apart
        assert (bare.count("&"), bare.count("\\"), bare[-2:]) == (1, 2, "\\\\")
        assert not re.search(r"[%$#_~^<>|`\"]|--", bare)
        assert line.lstrip()[:1] not in ("*", "[")  # arguments of the row above


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_shows_every_cell(style: str) -> None:
    text = FORMATS[style](TABLE).replace("\\_", "_").replace(",", "")
    assert all(word in text for word in ("a_b", "1234567", "99.90", *(["total"] if style != "csv" else [])))


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60))
def test_every_share_is_the_nearest_one_and_equal_counts_have_equal_shares(counts: list[int]) -> None:
    parts, whole = shares([*counts, *counts]), 2 * sum(counts)
    assert parts[: len(counts)] == parts[len(counts) :]
    for part, count in zip(parts, counts, strict=False):
        assert 2 * abs(part.hundredths * whole - 10_000 * count) <= whole
        assert 0 <= part.bar <= 10
