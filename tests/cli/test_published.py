"""`mbcost published`, by source, network and verdict."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
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
    assert [int(row["exact"]) for row in rows] == [figure["ours"] for figure in figures]


def test_a_summary_has_a_row_per_source_and_adds_up(mbcost: Mbcost) -> None:
    arguments = ("published", "--source", SOURCE, "--summary")
    (row,) = csv.DictReader(io.StringIO(mbcost(*arguments, "--format", "csv").out))
    counts = answer(mbcost, "--source", SOURCE)["summary"][0]["counts"]
    columns = [f"{status.replace(' ', '_')}_figures" for status in STATUSES]
    assert list(row) == ["source", *columns, "title"]
    assert row["source"] == SOURCE
    assert [int(row[column]) for column in columns] == [counts[status] for status in STATUSES]
    (total,) = [line.split() for line in mbcost(*arguments).out.splitlines() if line.startswith("total ")]
    assert total[1:] == [row[column] for column in columns]
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


def errata(mbcost: Mbcost, *arguments: str) -> dict[str, Any]:
    result = mbcost("published", "--errata", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    document: dict[str, Any] = json.loads(result.out)
    assert document["schema"] == "mbcost/errata/1"
    return document


def prove(mbcost: Mbcost, figure: dict[str, Any]) -> int | list[int]:
    """Run the proof of an erratum and return the number that it shows."""
    program, command, *arguments = figure["proof"].split()
    assert program == "mbcost"
    result = mbcost(command, *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    answer = json.loads(result.out)
    if figure["quantity"] == "mult_adds_share":
        share = Fraction(answer["rows"][0]["mult_adds"], answer["totals"]["mult_adds"])
        return [share.numerator, share.denominator]
    if figure["quantity"] == "activation_memory":
        side = int(figure["row"].partition("x")[0])
        sizes = [item["bytes"] for item in answer["maps"] if item["map"][0] == side and not item["plain"]]
        return int(max(sizes))
    return int(answer["totals"][figure["quantity"]])


def test_the_proof_of_every_erratum_prints_the_right_number(mbcost: Mbcost) -> None:
    document = errata(mbcost)
    assert len(document["figures"]) == 47
    for figure in document["figures"]:
        assert prove(mbcost, figure) == figure["exact"], figure["proof"]


def test_the_proof_of_every_wrong_cell_shows_the_difference(mbcost: Mbcost) -> None:
    document = errata(mbcost)
    assert len(document["cells"]) == 11
    for proof, cell in {cell["proof"]: cell for cell in document["cells"]}.items():
        result = mbcost(*proof.split()[1:])
        assert result.err == ""
        if cell["against"] is None:
            assert f"paper_v3_{cell['source'].rpartition('_')[2]}-" in result.out
        else:
            assert f"{cell['against']}@1/224:official" in result.out
            assert f"{cell['network']}@1/224:official" in result.out
            assert "0 layers differ" not in result.out


def test_errata_are_filtered_by_source_and_network(mbcost: Mbcost) -> None:
    document = errata(mbcost, "--source", SOURCE)
    assert {figure["source"] for figure in document["figures"]} == {SOURCE}
    assert document["cells"] == []
    assert {figure["printed"] for figure in document["figures"]} == {"317", "233", "162", "104", "34"}
    networks = {figure["net"] for figure in errata(mbcost, "v3-small", "--source", "paper_v3_final")["figures"]}
    assert networks == {"v3-small"}


def test_errata_as_text_have_a_row_per_figure_and_per_cell(mbcost: Mbcost) -> None:
    document = errata(mbcost, "--source", "paper_v1")
    result = mbcost("published", "--errata", "--source", "paper_v1")
    assert result.out.startswith("6 wrong figures, 1 wrong cell of layer tables\n")
    for row in (*document["figures"], *document["cells"]):
        assert f"\n{row['id']} " in result.out
        assert row["proof"] in result.out


@pytest.mark.parametrize("other", [["--summary"], ["--status", "open"]])
def test_errata_and_another_answer_are_refused_together(mbcost: Mbcost, other: list[str]) -> None:
    result = mbcost("published", "--errata", *other)
    assert result.code == 2
    assert result.err.startswith(f"mbcost: error: --errata and {other[0]} are different answers: keep one")
