from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mbcost.spec.catalogue.library import specs_folder
from tests.cli.conftest import Mbcost

PAIRS = [
    ("v3-small@0.5", "v3-small@0.5:keras"),
    ("v3-large@0.75", "v3-large@0.75:torchvision"),
    ("v2@1.4/97", "v2@1.4/160:timm"),
    ("v1", "v1-standard"),
    ("v1/225", "v1/225:keras"),
    ("v1", "v2@0.35"),
    ("v3-small", "v3-large"),
]


def diff(mbcost: Mbcost, *arguments: str, code: int = 1) -> dict[str, Any]:
    result = mbcost("diff", *arguments, "--format", "json")
    assert (result.code, result.err) == (code, "")
    answer: dict[str, Any] = json.loads(result.out)
    return answer


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("convention", ["macs", "flops2"])
def test_the_differences_sum_to_the_difference_of_the_totals(
    mbcost: Mbcost, first: str, second: str, convention: str
) -> None:
    answer = diff(mbcost, first, second, "--convention", convention)
    for quantity in ("params", "mult_adds", "activations"):
        difference = answer["second"][quantity] - answer["first"][quantity]
        assert sum(layer[quantity] for layer in answer["layers"]) == answer["totals"][quantity] == difference
    assert answer["second"]["params"] == json.loads(mbcost("table", second, "--format", "json").out)["totals"]["params"]


@pytest.mark.parametrize("quantity", ["params", "mult_adds", "activations"])
def test_the_rows_of_the_csv_sum_to_the_total(mbcost: Mbcost, quantity: str) -> None:
    rows = list(csv.DictReader(mbcost("diff", *PAIRS[1], "--format", "csv").out.splitlines()))
    answer = diff(mbcost, *PAIRS[1])
    assert sum(int(row[f"{quantity}_difference"]) for row in rows) == answer["totals"][quantity] < 0
    names = [(row["first_layer"] or None, row["second_layer"] or None) for row in rows]
    assert names == [(layer["first"], layer["second"]) for layer in answer["layers"]]


def test_a_network_does_not_differ_from_itself(mbcost: Mbcost) -> None:
    answer = diff(mbcost, "v2", "v2/224:official", code=0)
    assert (answer["same"], answer["layers"]) == (64, [])
    first, *rest = mbcost("diff", "v2", "v2/224:official").out.splitlines()
    assert first.endswith(": all 64 layers are equal")
    assert not any("what differs" in line or "---" in line for line in rest)


def test_a_forgotten_repeat_is_the_only_difference(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = (specs_folder() / "v2.yaml").read_text()
    path.write_text(text.replace("6,   96, 3, 1]", "6,   96, 2, 1]").replace("name: v2", "name: mine"))
    layers = diff(mbcost, "v2", str(path))["layers"]
    # The table has a different name, so blocks are aligned by their layers.
    assert {layer["first"].partition(".")[0] for layer in layers} == {"5"}
    assert sorted(layer["first"].split(".")[2] for layer in layers) == ["add", "depthwise", "expand", "project"]
    assert {layer["second"] for layer in layers} == {None}


def test_a_changed_stride_is_named_with_its_effects(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "v2.yaml"
    path.write_text((specs_folder() / "v2.yaml").read_text().replace("6,   64, 4, 2]", "6,   64, 4, 1]"))
    first, second, *_ = diff(mbcost, "v2", str(path))["layers"]
    assert (first["first"], first["mult_adds"]) == ("4.1.depthwise", 9 * 192 * (28 * 28 - 14 * 14))
    assert first["changes"] == [
        {"feature": "stride", "first": "2", "second": "1"},
        {"feature": "output", "first": "14x14x192", "second": "28x28x192"},
    ]
    assert [change["feature"] for change in second["changes"]] == ["input", "output"]


def test_a_difference_without_cost_is_named_too(mbcost: Mbcost) -> None:
    layers = diff(mbcost, "v2", "v2:torchvision")["layers"]
    assert [(layer["first"], [change["feature"] for change in layer["changes"]]) for layer in layers] == [
        ("9.1.pool", ["pool"]),
        ("10.1.classifier", ["operator"]),
    ]
    assert "pool adaptive -> functional" in mbcost("diff", "v2", "v2:torchvision").out


def test_people_read_the_name_of_a_layer_that_only_the_second_network_has(mbcost: Mbcost) -> None:
    answer = diff(mbcost, "v3-small", "v3-large")
    added = [layer["second"] for layer in answer["layers"] if layer["first"] is None]
    assert added
    first = [line.split()[0] for line in mbcost("diff", "v3-small", "v3-large").out.splitlines() if line.strip()]
    assert {f"({name})" for name in added} <= set(first)
