"""On a terminal of any width no line is too wide, no number is broken, and what is left out is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import resolve
from mbcost.cli import output
from mbcost.present import validate
from mbcost.present.compare import compare, residuals, separable
from mbcost.present.cost import formula, nets, show, table
from mbcost.present.layout import count_cells, wrap, wrap_sentence
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table, text_of
from mbcost.present.text import Screen, render_text
from mbcost.questions.compare.compare import compare_totals
from mbcost.questions.compare.residuals import compare_residuals
from mbcost.questions.compare.separable import LayerSizes, compare_layer, compare_network
from mbcost.questions.cost.formula import derive_formula
from mbcost.questions.cost.nets import list_built_in
from mbcost.questions.cost.table import tabulate_costs
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Validation
from mbcost.spec.catalogue.library import load_convention, load_spec
from tools.widths import find_faults, try_widths

WIDTHS = (40, 50, 60, 80, 100, 160)


def _costs() -> Table:
    return table.as_table(tabulate_costs(resolve(load_spec("v3-large")), load_convention()))


def _asked() -> Table:
    """Every column is asked for, and one of them is sorted by."""
    costs = tabulate_costs(resolve(load_spec("v3-large")), load_convention())
    return table.as_table(costs, [column.key for column in table.columns_of(costs)], "activations")


def _show() -> Table:
    return show.as_table(resolve(load_spec("v3-large")))


def _formula() -> Table:
    return formula.as_table(derive_formula(resolve(load_spec("v1")), "1.1.pointwise"))


def _nets() -> Table:
    return nets.as_table(list_built_in(load_convention()))


def _compare() -> Table:
    spec = load_spec("v3-large")
    networks = [resolve(spec, alpha=0.5, implementation=name) for name in ("official", "keras")]
    return compare.as_table(compare_totals(networks, load_convention()))


def _layer() -> Table:
    rule = load_spec("v1").implementation("official").channels
    return separable.layer_table(compare_layer(rule, LayerSizes(), alpha=0.75, rho=Fraction(714, 1000)))


def _network() -> Table:
    network = resolve(load_spec("v2"))
    return separable.network_table(compare_network(network, network))


def _residuals() -> Table:
    squeeze = load_spec("v3-large").implementation("official").squeeze
    return residuals.as_table(compare_residuals(squeeze, channels=64, feature=14, expansion=6, reduction=4), feature=14)


def _validation() -> Table:
    spec = load_spec("v3-large-minimalistic")
    case = Case(spec, 0.75, (224, 224), "torchvision", "transformers")
    difference = Discrepancy(
        spec.name, 0.75, (224, 224), "torchvision", "transformers", "4.1.depthwise", "weights", 1_234_567, 7
    )
    return validate.as_table(Campaign((Outcome(case, Validation(1_234_567, (difference,))),), ("a note",)))


TABLES = {
    "table": _costs,
    "table --columns --sort": _asked,
    "show": _show,
    "formula": _formula,
    "nets": _nets,
    "compare": _compare,
    "standard-vs-dws": _layer,
    "standard-vs-dws --net": _network,
    "residual-vs-inverted": _residuals,
    "validate": _validation,
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("build", TABLES.values(), ids=TABLES)
def test_every_line_fits_and_every_number_is_whole(build: Callable[[], Table], width: int) -> None:
    assert find_faults(build(), width) == []


CELL: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.text(" abcxyz-/@:,.层🙂é", max_size=40),
    st.from_regex(r"[0-9]{1,3}x[0-9]{1,3}x[0-9]{1,4}", fullmatch=True),
)


def _read_cell(index: int, row: list[Cell]) -> Cell:
    return row[index]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    count = draw(st.integers(1, 6))
    columns = [
        Column[list[Cell]](
            f"key{index}",
            f"{draw(st.sampled_from(['a', 'peak memory', 'mult-adds', '层']))} {index}",
            partial(_read_cell, index),
            spare=draw(st.integers(0, 3)),
        )
        for index in range(count)
    ]
    cells = st.lists(CELL, min_size=count, max_size=count)
    rows: list[list[Cell]] = draw(st.lists(cells, max_size=4))
    return build_table(
        "a title of some words",
        columns,
        rows,
        {f"key{index}": cell for index, cell in enumerate(draw(cells))},
        ["a note with a_long/path/that-has-no-blanks.and-is/wider/than/a/narrow@terminal"],
        lead=["first a sentence"],
        asked=[f"key{index}" for index in draw(st.sets(st.integers(0, count - 1)))],
    )


@settings(max_examples=60)
@given(tables(), st.integers(40, 130))
def test_any_table_fits_any_terminal(table: Table, width: int) -> None:
    assert find_faults(table, width) == []


@given(st.text(" ab-/层\u0301", max_size=60), st.integers(2, 20))
def test_wrapping_keeps_every_character_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(count_cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def lines_of(table: Table, width: int | None) -> list[str]:
    return render_text(table, Screen(width)).splitlines()


def test_plain_text_is_as_wide_as_it_needs_and_has_neither_legend_nor_omissions() -> None:
    lines = lines_of(_costs(), None)
    assert max(map(len, lines)) > 100
    assert lines[-1].startswith("convention macs")


def test_a_legend_explains_only_the_letters_that_are_shown() -> None:
    costs = tabulate_costs(resolve(load_spec("v2")), load_convention(), "stage")
    legend = "as printed, before alpha: c = output channels (k = number of classes)"
    assert legend in lines_of(table.as_table(costs, ["layer", "c", "output"]), 80)
    assert not any("before alpha" in line for line in lines_of(table.as_table(costs, ["layer", "output"]), 80))
    whole = " ".join(lines_of(table.as_table(costs), 200))
    assert [letter for letter in ("t", "c", "n", "s", "exp", "se") if f" {letter} = " in whole] == ["t", "c", "n", "s"]
    assert "SE = squeeze-and-excite" in " ".join(lines_of(_show(), 100))


def test_what_is_asked_for_or_sorted_by_stays_and_other_columns_go() -> None:
    costs = tabulate_costs(resolve(load_spec("v2")), load_convention())
    assert "activations" not in lines_of(table.as_table(costs), 80)[2]
    assert "activations" in lines_of(table.as_table(costs, sort="activations"), 80)[2]
    headers = " ".join(" ".join(lines_of(_asked(), 60)).split())
    assert all(column.header in headers for column in _asked().columns if " " not in column.header)


def test_the_note_names_the_headers_as_shown_and_the_width_that_shows_all() -> None:
    note = " ".join(lines_of(_compare(), 60)[lines_of(_compare(), 60).index("") :])
    assert "not shown in 60 columns: params ratio, mult-adds ratio, activations, activations ratio; " in note
    full = int(re.findall(r"see all in (\d+) columns, or with \| less -S", note)[0])
    assert "not shown" not in "\n".join(lines_of(_compare(), full))
    assert "not shown" in "\n".join(lines_of(_compare(), full - 20))


def test_without_rows_there_are_no_headers() -> None:
    empty = build_table("nothing differs", _costs().columns, (), {"layer": "total"}, ["a note"], lead=["a sentence"])
    assert render_text(empty, Screen(80)) == "nothing differs\n\na sentence\n\na note\n"
    assert render_text(empty, Screen()) == render_text(empty, Screen(80))


def test_columns_without_text_go_first() -> None:
    columns = (
        Column[str]("a", "a", str),
        Column[str]("b", "b", str, spare=2),
        Column[str]("c", "c", lambda _: None, spare=1),
    )
    table = build_table("", columns, ["x" * 20])
    assert [name in lines_of(table, 42)[2].split() for name in "abc"] == [True, True, False]


def test_side_by_side_ratios_go_before_their_counts_and_the_implementation_stays() -> None:
    header = lines_of(_compare(), 80)[2].split()
    assert header[:4] == ["network", "alpha", "resolution", "implementation"]
    assert {"params", "mult-adds"} <= set(header)
    assert "not shown in 60 columns: params ratio" in " ".join(lines_of(_compare(), 60))
    same = compare_totals([resolve(load_spec(name)) for name in ("v1", "v2")], load_convention())
    header = lines_of(compare.as_table(same), 60)[2].split()
    assert header == ["network", "alpha", "resolution", "params", "mult-adds"]


def test_text_is_wrapped_inside_its_cell_if_no_column_can_be_left_out() -> None:
    lines = lines_of(_layer(), 50)
    index = next(number for number, line in enumerate(lines) if "15,091,200" in line)
    assert lines[index].split()[-3:] == ["15,091,200", "0.0326", "150,912"]
    cells = [lines[index + offset].split("  ")[0].strip() for offset in range(2)]
    assert " ".join(cells) == "separable, alpha = 0.75, rho = 0.714"


def test_a_terminal_too_narrow_for_chinese_text_wraps_title_cells_and_notes() -> None:
    columns = (Column[str]("name", "层", str), Column[str]("title", "标题", str, spare=1))
    table = build_table("移动 网络 移动 网络", columns, ["深度可分离卷积"], notes=["深度可分离卷积 参数"])
    lines = lines_of(table, 16)
    assert lines[:2] == ["移动 网络 移动", "网络"]  # 14 and 4 of 16 cells
    assert lines[3:6] == ["层", "--------------", "深度可分离卷积"]  # 14 cells, and 30 with the title
    assert lines[7:9] == ["深度可分离卷积", "参数"]
    assert "not shown in 16" in " ".join(lines[9:11])


@pytest.mark.parametrize("width", [1, 2, 7, 20])
def test_even_the_narrowest_terminal_shows_every_number_whole(width: int) -> None:
    text = render_text(_costs(), Screen(width))
    assert "216,589,760" in text
    assert "5,483,032" in text


def test_a_number_is_spelled_for_people() -> None:
    assert [text_of(cell) for cell in (True, False, 1_000, None)] == ["*", "", "1,000", ""]


def test_a_note_is_shown_with_a_column_of_which_it_speaks() -> None:
    columns = (Column[str]("a", "a", str), Column[str]("b", "b", lambda _: "y" * 10, spare=1))
    table = build_table("", columns, ["x" * 10], notes=[ColumnNote("b: a letter", ("b",)), "a note"])
    assert [line for line in lines_of(table, 22) if "letter" in line] == ["b: a letter"]
    assert not any("letter" in line for line in lines_of(table, 21))
    assert [select.notes for select in (table.select("ab"), table.select("a"))] == [table.notes, ("a note",)]
    wrong = replace(table, subjects={})
    assert [fault[:31] for fault in find_faults(wrong, 21)] == ["not shown in 21, but in a note:"]


WORDS = st.lists(st.sampled_from(["alpha", "3.5", "MiB", "1000", "B", "is", "224x224", "(12", "layers)", "%"]))


@given(WORDS, st.integers(10, 40))
def test_a_sentence_is_not_broken_between_a_number_and_its_word(words: list[str], width: int) -> None:
    text = " ".join(words)
    lines = wrap_sentence(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(count_cells(line) <= width for line in lines)
    for line, following in pairwise(lines):
        last, first = line.split()[-1], following.split()[0]
        pair = last.strip("(").replace(".", "").isdigit() and first[0].isalpha()
        assert not pair or len(last) + 1 + len(first) > width


@pytest.mark.parametrize("width", range(23, 100, 3))
def test_a_title_is_broken_only_between_its_items(width: int) -> None:
    items = _costs().title.split("  ")
    lines = lines_of(_costs(), width)
    assert [line for line in lines[: lines.index("")] if not all(part in items for part in line.split("  "))] == []


def test_faults_are_found() -> None:
    """What the tests above look for is not invisible: a number cannot be broken, so this one is wider than the line."""
    number = build_table("", [Column[int]("n", "n", lambda number: number)], [10**30])
    assert {fault.partition(":")[0] for fault in find_faults(number, 20)} == {"wider than 20"}
    broken = build_table("", [Column[str]("n", "n", str)], ["x" * 30])
    assert find_faults(broken, 20) == []  # a word can be broken


def test_the_commands_of_the_pages_report_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """tools/forks.py starts them so; the tests of the pages then see these lines."""
    emitted: list[Table] = []
    monkeypatch.setattr(output, "emit", lambda table, *_: emitted.append(table))
    try_widths()
    wide = build_table("", [Column[int]("n", "n", lambda number: number)], [10**60])
    output.emit(wide, {}, output.Destination("text", None))
    assert emitted == [wide]
    assert {line[: len("mbcost: wider than 60")] for line in capsys.readouterr().err.splitlines()} == {
        "mbcost: wider than 60",
        "mbcost: wider than 80",
    }  # with its commas the number has 81 characters
