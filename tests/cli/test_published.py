"""`mbcost published`, by source, network and verdict."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from mbcost.questions.published.verdict import STATUSES
from mbcost.spec.catalogue.published import load_published
from tests.cli.conftest import Mbcost

SOURCE = "slim_v1_md"
FIGURES = {figure.id: figure for figure in load_published()}


def answer(mbcost: Mbcost, *arguments: str) -> dict[str, Any]:
    result = mbcost("published", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    found: dict[str, Any] = json.loads(result.out)
    assert found["schema"] == "mbcost/published/1"
    return found


def test_every_figure_of_a_source_has_a_verdict_and_our_number(mbcost: Mbcost) -> None:
    found = answer(mbcost, "--source", SOURCE)
    assert [each["id"] for each in found["figures"]] == [
        figure.id for figure in FIGURES.values() if figure.source.name == SOURCE
    ]
    for each in found["figures"]:
        figure = FIGURES[each["id"]]
        assert (each["printed"], each["unit"], each["quantity"]) == (figure.value, figure.unit, figure.quantity)
        assert each["verdict"] in STATUSES
        assert type(each["ours"]) is int
        if each["verdict"] != "open":
            assert figure.prints(each["ours"], each["rounding"])
        assert (each["verdict"] == "exact") == (each["reason"] == "")
    (summary,) = found["summary"]
    assert summary["source"] == SOURCE
    assert summary["counts"] == {
        status: sum(each["verdict"] == status for each in found["figures"]) for status in STATUSES
    }
    assert summary["readings"] == ["v1 mult-adds: macs, rounds", "v1 params: slim-v1, rounds"]


def test_an_exact_figure_is_that_of_the_cost_table(mbcost: Mbcost) -> None:
    exact = [each for each in answer(mbcost, "--source", SOURCE)["figures"] if each["verdict"] == "exact"]
    assert len(exact) > 20
    for each in exact:
        net = f"{each['network']}@{each['alpha']}/{each['resolution'][0]}:{each['implementation']}"
        command = ("table", net, "--convention", each["convention"], "--classes", str(each["classes"]))
        totals = json.loads(mbcost(*command, "--format", "json").out)["totals"]
        assert each["ours"] == totals[each["quantity"]]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_filters_the_answer_and_changes_no_verdict(mbcost: Mbcost, status: str) -> None:
    every = answer(mbcost, "v1", "--source", SOURCE)["figures"]
    found = answer(mbcost, "v1", "--source", SOURCE, "--status", status.replace(" ", "-"))["figures"]
    assert found == [each for each in every if each["verdict"] == status]


def test_a_network_filters_the_figures(mbcost: Mbcost) -> None:
    every = answer(mbcost, "--source", "d_li14_v3")["figures"]
    found = answer(mbcost, "v3-small", "--source", "d_li14_v3")["figures"]
    assert found == [each for each in every if each["net"] == "v3-small"]
    assert 0 < len(found) < len(every)
    assert answer(mbcost, "v2", "--source", SOURCE) == {"schema": "mbcost/published/1", "figures": [], "summary": []}


def test_the_text_has_a_row_a_figure_and_a_line_a_source(mbcost: Mbcost) -> None:
    figures = answer(mbcost, "--source", SOURCE)["figures"]
    counts = answer(mbcost, "--source", SOURCE)["summary"][0]["counts"]
    said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    result = mbcost("published", "--source", SOURCE)
    assert result.code == 0
    assert result.out.startswith(f"{len(figures)} published figures: {said}\n")
    assert result.out.endswith(f"\n{SOURCE}: {said}\n")
    assert result.out.count(f"\n{SOURCE}-") == len(figures)
    rows = list(csv.DictReader(io.StringIO(mbcost("published", "--source", SOURCE, "--format", "csv").out)))
    assert [row["id"] for row in rows] == [each["id"] for each in figures]
    assert [int(row["ours"].replace(",", "")) for row in rows] == [each["ours"] for each in figures]


def test_a_summary_has_a_row_a_source_and_adds_up(mbcost: Mbcost) -> None:
    arguments = ("published", "--source", SOURCE, "--summary")
    row, total = csv.DictReader(io.StringIO(mbcost(*arguments, "--format", "csv").out))
    counts = answer(mbcost, "--source", SOURCE)["summary"][0]["counts"]
    columns = [status.replace(" ", "_") for status in STATUSES]
    assert list(row) == ["source", *columns, "title"]
    assert row["source"] == SOURCE
    assert [int(row[column]) for column in columns] == [counts[status] for status in STATUSES]
    assert [total[column] for column in columns] == [row[column] for column in columns]
    assert answer(mbcost, "--source", SOURCE, "--summary") == answer(mbcost, "--source", SOURCE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "slim_v1_m"], "unknown source 'slim_v1_m': did you mean 'slim_v1_md'"),
        (["--source", "wikipedia"], "unknown source 'wikipedia': choose from d_li14_v2, d_li14_v3,"),
        (["v3-larg"], "unknown network 'v3-larg': did you mean 'v3-large'"),
        (["v9"], "unknown network 'v9': choose from v2, v3-large,"),
        (["v1@1"], "unknown network 'v1@1': did you mean 'v1'"),
        (["--status", "opne"], "unknown verdict 'opne': did you mean 'open'"),
        (["--status", "right"], "unknown verdict 'right': choose from exact, erratum, open, out-of-scope"),
        (["--format", "jason"], "unknown format 'jason': did you mean 'json'"),
    ],
)
def test_mistakes(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("published", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert len(result.err.splitlines()) == 1
