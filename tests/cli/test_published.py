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
    document: dict[str, Any] = json.loads(result.out)
    assert document["schema"] == "mbcost/published/1"
    return document


def test_every_figure_of_a_source_has_a_verdict_and_our_number(mbcost: Mbcost) -> None:
    document = answer(mbcost, "--source", SOURCE)
    assert [verdict["id"] for verdict in document["figures"]] == [
        figure.id for figure in FIGURES.values() if figure.source.name == SOURCE
    ]
    for verdict in document["figures"]:
        figure = FIGURES[verdict["id"]]
        printed = verdict["printed"], verdict["unit"], verdict["quantity"]
        assert printed == (figure.value, figure.unit, figure.quantity)
        assert verdict["verdict"] in STATUSES
        assert type(verdict["ours"]) is int
        if verdict["verdict"] != "open":
            assert figure.prints(verdict["ours"], verdict["rounding"])
        assert (verdict["verdict"] == "exact") == (verdict["reason"] == "")
    (summary,) = document["summary"]
    assert summary["source"] == SOURCE
    assert summary["counts"] == {
        status: sum(verdict["verdict"] == status for verdict in document["figures"]) for status in STATUSES
    }
    assert summary["readings"] == ["v1 mult-adds: macs, rounds", "v1 params: slim-v1, rounds"]


def test_an_exact_figure_is_equal_to_the_total_of_the_cost_table(mbcost: Mbcost) -> None:
    figures = answer(mbcost, "--source", SOURCE)["figures"]
    exact = [figure for figure in figures if figure["verdict"] == "exact"]
    assert len(exact) > 20
    for figure in exact:
        net = f"{figure['network']}@{figure['alpha']}/{figure['resolution'][0]}:{figure['implementation']}"
        command = ("table", net, "--convention", figure["convention"], "--classes", str(figure["classes"]))
        totals = json.loads(mbcost(*command, "--format", "json").out)["totals"]
        assert figure["ours"] == totals[figure["quantity"]]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_filters_the_answer_without_changing_verdicts(mbcost: Mbcost, status: str) -> None:
    every = answer(mbcost, "v1", "--source", SOURCE)["figures"]
    filtered = answer(mbcost, "v1", "--source", SOURCE, "--status", status.replace(" ", "-"))["figures"]
    assert filtered == [figure for figure in every if figure["verdict"] == status]


def test_a_network_filters_the_figures(mbcost: Mbcost) -> None:
    every = answer(mbcost, "--source", "d_li14_v3")["figures"]
    filtered = answer(mbcost, "v3-small", "--source", "d_li14_v3")["figures"]
    assert filtered == [figure for figure in every if figure["net"] == "v3-small"]
    assert 0 < len(filtered) < len(every)
    assert answer(mbcost, "v2", "--source", SOURCE) == {"schema": "mbcost/published/1", "figures": [], "summary": []}


def test_the_text_has_a_row_per_figure_and_a_line_per_source(mbcost: Mbcost) -> None:
    figures = answer(mbcost, "--source", SOURCE)["figures"]
    counts = answer(mbcost, "--source", SOURCE)["summary"][0]["counts"]
    summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    result = mbcost("published", "--source", SOURCE)
    assert result.code == 0
    assert result.out.startswith(f"{len(figures)} published figures: {summary}\n")
    assert result.out.endswith(f"\n{SOURCE}: {summary}\n")
    assert result.out.count(f"\n{SOURCE}-") == len(figures)
    rows = list(csv.DictReader(io.StringIO(mbcost("published", "--source", SOURCE, "--format", "csv").out)))
    assert [row["id"] for row in rows] == [figure["id"] for figure in figures]
    assert [int(row["ours"].replace(",", "")) for row in rows] == [figure["ours"] for figure in figures]


def test_a_summary_has_a_row_per_source_and_adds_up(mbcost: Mbcost) -> None:
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
def test_a_wrong_argument_is_one_line_and_exit_2(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("published", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert len(result.err.splitlines()) == 1
