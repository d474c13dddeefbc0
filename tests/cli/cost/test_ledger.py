from __future__ import annotations

import csv
import io
import json

import pytest

from mbcost.spec.catalogue.library import load_conventions
from tests.cli.conftest import Mbcost

NETS = ("v2:torchvision", "v3-small@0.75/97x64:timm", "v1:keras")


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("quantity", ["mult-adds", "params"])
def test_totals_equal_those_of_the_table_under_every_convention(mbcost: Mbcost, net: str, quantity: str) -> None:
    answer = json.loads(mbcost("ledger", net, "--quantity", quantity, "--format", "json").out)
    assert answer["schema"] == "mbcost/ledger/1"
    current = [
        name
        for name, convention in load_conventions().items()
        if not convention.earlier and convention.framework in (None, "torch", "keras")
    ]
    assert answer["conventions"] == current
    assert {"torch-flops", "keras"} <= set(current)
    assert not {"paddle", "tf-profiler", "torchstat-madd"} & set(current)
    for name in current:
        table = json.loads(mbcost("table", net, "--convention", name, "--format", "json").out)
        total = table["totals"][quantity.replace("-", "_")]
        assert answer["totals"][name] == total
        assert sum(line["value"] * line["coefficients"][name] for line in answer["lines"]) == total


@pytest.mark.parametrize("net", NETS)
def test_the_rows_of_each_convention_sum_to_its_total(mbcost: Mbcost, net: str) -> None:
    rows = list(csv.DictReader(io.StringIO(mbcost("ledger", net, "--format", "csv").out)))
    totals: dict[str, int] = {}
    for row in rows:
        assert int(row["value"]) * int(row["factor"]) == int(row["amount"])
        totals[row["convention"]] = totals.get(row["convention"], 0) + int(row["amount"])
    assert totals == json.loads(mbcost("ledger", net, "--format", "json").out)["totals"]
    assert len(set(totals.values())) > 5


def test_the_difference_of_two_tools_is_given_line_by_line(mbcost: Mbcost) -> None:
    command = ("ledger", "v2:torchvision", "--convention", "fvcore,ptflops")
    differences = {
        line["count"]: line["difference"]
        for line in json.loads(mbcost(*command, "--format", "json").out)["lines"]
        if line["difference"]
    }
    assert differences == {"linear_bias_adds": 1_000, "relu6_elements": 6_105_792}
    lines = [line.split() for line in mbcost(*command).out.splitlines()]
    assert ["linear", "bias", "adds", "1,000", "1", "1,000"] in lines
    assert next(line for line in lines if line[:1] == ["total"])[-1] == f"{sum(differences.values()):,}"


def test_conventions_that_count_alike_are_shown_once_and_named(mbcost: Mbcost) -> None:
    out = mbcost("ledger", "v2").out
    assert "as macs: calflops, deepspeed-macs, nni, weights, folded, slim-v1, keras" in out
    assert "as fvcore: mmengine, timm" in out
    asked = mbcost("ledger", "v2", "--convention", "macs,calflops,keras").out
    assert "calflops" in asked.splitlines()[2]
    assert "as macs" not in asked


def test_lines_that_add_nothing_are_left_out_with_a_note(mbcost: Mbcost) -> None:
    short, full = mbcost("ledger", "v1").out, mbcost("ledger", "v1", "--zeros").out
    assert "--zeros shows them" in short
    assert "hard swish elements" not in short
    assert "hard swish elements" in full
    assert "--zeros" not in full


def test_a_tools_number_for_the_librarys_own_model_is_in_the_notes_and_in_json(mbcost: Mbcost) -> None:
    out = mbcost("ledger", "v3-large:timm", "--convention", "fvcore,thop").out
    assert "thop on timm's own v3-large: 215,357,760; the classifier is a subclass of nn.Linear" in out
    answer = json.loads(mbcost("ledger", "v2:keras", "--convention", "thop,calflops,fvcore", "--format", "json").out)
    assert [(blind["convention"], blind["total"]) for blind in answer["otherwise"]] == [
        ("thop", 0),
        ("calflops", None),
        ("fvcore", 300_774_272),
    ]
    assert "calflops on keras's own v2: no number" in mbcost("ledger", "v2:keras").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--convention", "thopp"], "unknown convention 'thopp': did you mean 'thop'"),
        (["--convention", "thop,thop"], "convention 'thop' is given twice: remove one"),
        (["--quantity", "flops"], "unknown quantity 'flops': choose from mult-adds, params"),
    ],
)
def test_wrong_options_are_one_error(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("ledger", "v2", *arguments)
    assert result.code == 2
    assert result.err.startswith(f"mbcost: error: {message}")
