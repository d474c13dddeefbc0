"""On a terminal of any width, numbers are shown whole or left out, and the columns left out are named."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import pytest

from mbcost.analytic.network import resolve
from mbcost.present import validate
from mbcost.present.compare import compare, residuals, separable
from mbcost.present.cost import formula, nets, show, table
from mbcost.present.formats import render_terminal
from mbcost.present.table import Column, Table, build_table, text_of
from mbcost.questions.compare.compare import compare_totals
from mbcost.questions.compare.residuals import compare_residuals
from mbcost.questions.compare.separable import LayerSizes, compare_layer, compare_network
from mbcost.questions.cost.formula import derive_formula
from mbcost.questions.cost.nets import list_built_in
from mbcost.questions.cost.table import tabulate_costs
from mbcost.questions.validate.campaign import Campaign, Case, Outcome
from mbcost.questions.validate.comparison import Discrepancy, Validation
from mbcost.spec.catalogue.library import load_convention, load_spec

WIDTHS = (40, 50, 60, 80, 100, 160)


def _costs() -> Table:
    return table.as_table(tabulate_costs(resolve(load_spec("v3-large")), load_convention()))


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
    "show": _show,
    "formula": _formula,
    "nets": _nets,
    "compare": _compare,
    "standard-vs-dws": _layer,
    "standard-vs-dws --net": _network,
    "residual-vs-inverted": _residuals,
    "validate": _validation,
}


def on_a_terminal(table: Table, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    return re.sub(r"\x1b\[[0-9;]*m", "", render_terminal(table))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("build", TABLES.values(), ids=TABLES)
def test_no_cell_is_cut_and_every_row_is_a_line(
    build: Callable[[], Table], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = build()
    shown = on_a_terminal(table, width, monkeypatch)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    missing = re.search(r"no room for (.*?):", " ".join(lines))
    hidden = missing[1].replace("-", "_").split(", ") if missing else []
    assert all(column.spare for column in table.columns if column.key in hidden)
    left = table.select(column.key for column in table.columns if column.key not in hidden)
    for row in [*left.rows, *([left.footer] if left.footer else [])]:
        assert " ".join(" ".join(map(text_of, row)).replace("#", "█").split()) in (
            line.replace("#", "█") for line in lines
        )
    assert "…" not in shown
    assert " ".join(table.title.split()) in " ".join(lines)
    for note in table.notes:
        assert " ".join(note.split()) in " ".join(lines)


def test_the_title_may_be_wider_than_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = _costs().select(["name", "params"])
    assert on_a_terminal(narrow, 160, monkeypatch).splitlines()[0] == narrow.title


def test_side_by_side_ratios_go_before_their_counts_and_the_implementation_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = on_a_terminal(_compare(), 80, monkeypatch)
    assert shown.splitlines()[2].split() == [
        "network", "alpha", "resolution", "implementation", "params", "ratio", "mult-adds", "ratio",
    ]  # fmt: skip
    assert "implementation" in on_a_terminal(_compare(), 40, monkeypatch).splitlines()[2]
    same = compare_totals([resolve(load_spec(name)) for name in ("v1", "v2")], load_convention())
    header = on_a_terminal(compare.as_table(same), 60, monkeypatch).splitlines()[2].split()
    assert header == ["network", "alpha", "resolution", "params", "mult-adds"]


def test_lines_run_over_the_edge_if_no_column_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(_layer(), 50, monkeypatch).splitlines()
    assert "separable, alpha = 0.75, rho = 0.714   15,091,200    150,912" in shown


def test_a_terminal_too_narrow_for_chinese_text_leaves_out_a_column_and_wraps_the_notes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = (Column[str]("name", "层", str), Column[str]("title", "标题", str, spare=1))
    table = build_table("移动 网络 移动 网络", columns, ["深度可分离卷积"], notes=["深度可分离卷积 参数"])
    lines = [line.rstrip() for line in on_a_terminal(table, 16, monkeypatch).splitlines()]
    assert lines[:2] == ["移动 网络 移动", "网络"]  # 14 and 4 of 16 cells
    assert lines[3:5] == ["层", "深度可分离卷积"]  # 14 cells, and 30 with the title
    assert lines[6:8] == ["深度可分离卷积", "参数"]
    assert "no room for" in lines[8]
