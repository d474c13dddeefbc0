from __future__ import annotations

import csv
import io
import json

from mbcost.spec.catalogue.library import load_conventions
from tests.cli.conftest import Mbcost


def test_every_convention_has_a_row(mbcost: Mbcost) -> None:
    rows = list(csv.DictReader(io.StringIO(mbcost("conventions", "--format", "csv").out)))
    assert [row["convention"] for row in rows] == list(load_conventions())
    words = {row["convention"]: (row["params"], row["mult_adds"], row["proved"]) for row in rows}
    assert words["macs"] == ("weights + biases + 2 x norm channels", "macs", "")
    assert words["thop"] == (
        "weights + biases + 2 x plain norm channels",
        "macs + 4 x plain norm elements + adaptive pool inputs + adaptive pool outputs + average pool outputs",
        "thop 0.1.1.post2209072238, torch 2.14.1",
    )
    assert words["weights"][0] == "weights + biases"


def test_notes_name_what_each_tool_does_not_see(mbcost: Mbcost) -> None:
    out = mbcost("conventions").out
    assert "thop on keras's own models: knows none of the layers: 0 params and 0 mult-adds" in out
    assert "thop on timm's own v3-large, v3-small: the classifier is a subclass of nn.Linear" in out
    assert "calflops on keras's own models: raises a TypeError" in out


def test_json_has_the_coefficients(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("conventions", "--format", "json").out)
    assert answer["schema"] == "mbcost/conventions/1"
    by_name = {convention["name"]: convention for convention in answer["conventions"]}
    assert by_name["torchinfo"]["mult_adds"]["plain_norm_channels"] == 2
    (thop_on_keras,) = [spot for spot in by_name["thop"]["blind"] if spot["models"] == "keras"]
    assert (thop_on_keras["params"], thop_on_keras["mult_adds"]) == ({}, {})
    assert all(convention["source"] for convention in answer["conventions"])
