from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from mbcost.spec.catalogue.library import NETWORKS
from tests.cli.conftest import Mbcost

SUMMED = ("params", "mult_adds", "activations")


@pytest.mark.parametrize("by", ["layer", "block", "stage"])
@pytest.mark.parametrize("network", NETWORKS)
def test_rows_sum_to_the_footer_in_json(mbcost: Mbcost, network: str, by: str) -> None:
    answer = json.loads(mbcost("table", network, "--by", by, "--format", "json", "--alpha", "0.5").out)
    for quantity in SUMMED:
        assert sum(row[quantity] for row in answer["rows"]) == answer["totals"][quantity]


def test_rows_of_the_csv_sum_to_the_totals_because_none_is_a_total(mbcost: Mbcost) -> None:
    rows = list(csv.DictReader(io.StringIO(mbcost("table", "v3-large", "--format", "csv").out)))
    totals = json.loads(mbcost("table", "v3-large", "--format", "json").out)["totals"]
    assert {quantity: sum(int(row[quantity]) for row in rows) for quantity in SUMMED} == totals
    shares = {row["mult_adds"]: row["mult_adds_percent"] for row in rows}
    assert all(row["mult_adds_percent"] == shares[row["mult_adds"]] for row in rows)  # equal costs, equal shares


@pytest.mark.parametrize(("style", "separator"), [("text", None), ("markdown", "|"), ("latex", "&")])
def test_rows_sum_to_the_footer_in_print(mbcost: Mbcost, style: str, separator: str | None) -> None:
    out = mbcost("table", "v2", "--columns", "name,params,mult-adds", "--format", style).out
    cells = [[part.strip(" *\\") for part in line.split(separator) if part.strip(" *\\")] for line in out.splitlines()]
    numbers = {row[0]: [int(cell.replace(",", "")) for cell in row[1:3]] for row in cells if _counted(row)}
    totals = numbers.pop("total")
    assert [sum(column) for column in zip(*numbers.values(), strict=True)] == totals == [3_504_872, 300_774_272]


def _counted(row: list[str]) -> bool:
    return len(row) == 3 and all(re.fullmatch(r"[\d,]+", cell) for cell in row[1:])


@pytest.mark.parametrize(
    ("network", "mult_adds", "params"),
    [
        ("v1", 568_740_352, 4_231_976),
        ("v2", 300_774_272, 3_504_872),
        ("v3-large", 216_589_760, 5_483_032),
        ("v3-small", 56_510_400, 2_542_856),
    ],
)
def test_the_totals_of_the_mobilenets(mbcost: Mbcost, network: str, mult_adds: int, params: int) -> None:
    totals = json.loads(mbcost("table", network, "--format", "json").out)["totals"]
    assert (totals["mult_adds"], totals["params"]) == (mult_adds, params)


def test_the_json_has_its_keys_in_order_and_plain_numbers(mbcost: Mbcost) -> None:
    answer = json.loads(
        mbcost("table", "v2:torchvision", "--res", "160x224", "--alpha", "0.75", "--format", "json").out
    )
    assert list(answer) == [
        "schema", "network", "alpha", "resolution", "implementation", "classes", "head", "in_channels", "top",
        "convention", "by", "units", "rows", "totals", "not_counted", "spec",
    ]  # fmt: skip
    assert answer["schema"] == "mbcost/table/1"
    assert (answer["alpha"], answer["resolution"], answer["implementation"]) == (0.75, [160, 224], "torchvision")
    first, *_, classifier = answer["rows"]
    assert first == {
        "name": "0.1.conv", "stage": 0, "operator": "conv", "kernel": [3, 3], "stride": 2, "groups": 1,
        "input": [160, 224, 3], "output": [80, 112, 24],
        "params": 3 * 3 * 3 * 24 + 2 * 24, "mult_adds": 3 * 3 * 3 * 24 * 80 * 112, "activations": 24 * 80 * 112,
    }  # fmt: skip
    assert (classifier["operator"], classifier["kernel"], classifier["stride"], classifier["groups"]) == (
        "linear", [1, 1], 1, 1,
    )  # fmt: skip
    by_name = {row["name"]: row for row in answer["rows"]}
    for name in ("9.1.pool", "2.2.add"):
        row = by_name[name]
        assert (row["kernel"], row["stride"], row["groups"], row["params"], row["activations"]) == (
            None,
            None,
            None,
            0,
            0,
        )


def test_a_reference_and_options_give_the_same_network(mbcost: Mbcost) -> None:
    by_reference = mbcost("table", "v2@0.75/160:timm", "--format", "json")
    by_options = mbcost("table", "v2", "--alpha", "0.75", "--res", "160", "--impl", "timm", "--format", "json")
    assert by_reference == by_options
    # Two equal values do not contradict each other.
    assert mbcost("table", "v2@0.75/160:timm", "--alpha", "0.750", "--res", "160x160", "--format", "json") == by_options


def test_rho_multiplies_the_tables_resolution(mbcost: Mbcost) -> None:
    # 224 x 0.714 = 159.936
    assert mbcost("table", "v1", "--rho", "0.714").out == mbcost("table", "v1", "--res", "160").out


def test_no_top_leaves_out_the_pool_and_what_follows(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("table", "v3-large:keras", "--no-top", "--format", "json").out)
    assert answer["rows"][-1]["name"] == "16.1.conv"
    # tensorflow/tensorflow issue 109949: Keras reports 2,996,352 with the moving statistics of 12,200 norm channels.
    assert answer["totals"]["params"] == 2_996_352 - 2 * 12_200


def test_classes_and_input_channels_change_the_first_and_the_last_layer(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("table", "v1", "--classes", "2", "--in-channels", "1", "--format", "json").out)
    assert answer["rows"][0]["input"] == [224, 224, 1]
    assert answer["totals"]["params"] == 4_231_976 - 998 * 1025 - 2 * 3 * 3 * 32


def test_columns_are_chosen_and_rows_are_sorted(mbcost: Mbcost) -> None:
    out = mbcost("table", "v1", "--columns", "name,mult-adds", "--sort", "mult-adds", "--format", "csv").out
    header, *lines = out.splitlines()
    assert header == "layer,mult_adds"
    costs = [int(line.split(",")[1]) for line in lines]
    assert costs == sorted(costs, reverse=True)
    assert sum(costs) == 568_740_352
    for names in ("layer,mult_adds", "LAYER,Mult-Adds", "name,mult-adds"):
        assert mbcost("table", "v1", "--columns", names, "--sort", "mult_adds", "--format", "csv").out == out


def test_every_row_has_the_letters_of_the_printed_table(mbcost: Mbcost) -> None:
    rows = list(csv.DictReader(io.StringIO(mbcost("table", "v2@0.35", "--format", "csv").out)))
    expand = next(row for row in rows if row["layer"] == "2.1.expand")
    assert [expand[letter] for letter in "tcns"] == ["6", "24", "2", "2"]  # as printed, for every alpha
    assert expand["output"] == "112x112x48"


def test_convention_flops2_doubles_the_multiply_adds(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("table", "v2", "--convention", "flops2", "--format", "json").out)
    assert answer["convention"] == "flops2"
    assert answer["totals"] == {"params": 3_504_872, "mult_adds": 2 * 300_774_272, "activations": 6_679_112}


def test_output_replaces_a_file_atomically(mbcost: Mbcost, tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    assert mbcost("table", "v1", "--format", "csv", "--output", str(target)).out == ""
    assert target.read_text() == mbcost("table", "v1", "--format", "csv").out
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_users_own_file_is_read(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(
        "name: tiny\ninput: {channels: 1, resolution: 8}\ncolumns: [operator, c, s]\n"
        "rows:\n  - [conv, 8, 2]\n  - [global_pool, ~, 1]\n  - [linear, k, 1]\nimplementations: {family: v2}\n"
    )
    answer = json.loads(mbcost("table", f"{path}@1/8", "--classes", "2", "--format", "json").out)
    # 3·3·1·8 weights on a 4 x 4 map, then 8 · 2 and a bias.
    assert answer["totals"] == {"params": 72 + 16 + 18, "mult_adds": 72 * 16 + 16, "activations": 8 * 16 + 2}
