"""`--head`, the option of every command that builds a network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Mbcost

RATES = ("--peak-macs", "1e9", "--bandwidth", "2GB/s")
COMMANDS = [
    ("table", "v2"),
    ("compare", "v2", "v3-small"),
    ("diff", "v2", "v3-small"),
    ("formula", "v2", "11.1.classifier"),
    ("ledger", "v2"),
    ("memory", "v2"),
    ("roofline", "v2", *RATES),
    ("accuracy", "v2"),
    ("latency", "v2", "--device", "stm32n6"),
    ("sweep", "v2", "--alpha", "1", "--res", "96"),
    ("fit", "--net", "v2", "--alpha", "1", "--res", "96", "--flash", "9MiB"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_takes_a_head_and_names_it_in_json(mbcost: Mbcost, command: tuple[str, ...]) -> None:
    text = mbcost(*command, "--head", "bn,26", "--format", "json").out
    assert '"head": "bn,26"' in text
    assert '"classes": 26' in text


@pytest.mark.parametrize("command", [*COMMANDS, ("plot", "layers", "v2", "--output", "a.svg")], ids=lambda c: c[0])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--head", "26", "--classes", "26"), "head and classes are both given: remove classes"),
        (("--head", "512,bn"), "head '512,bn' does not end with a width: add the number of classes"),
    ],
)
def test_a_head_that_cannot_be_is_refused_in_one_line(
    mbcost: Mbcost, command: tuple[str, ...], options: tuple[str, ...], message: str
) -> None:
    result = mbcost(*command, *options)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: {message}")
    assert result.err.count("\n") == 1


def test_the_headline_says_which_head(mbcost: Mbcost) -> None:
    assert "implementation official  head 512,bn,26\n" in mbcost("table", "v2", "--head", "512,bn,26").out
    assert "head: 5, instead of the tables' own" in mbcost("sweep", "v2", "--head", "5", "--res", "96").out


def test_a_head_without_layers_keeps_the_pool_and_has_no_classes(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("table", "v3-large", "--head", "none", "--format", "json").out)
    assert (answer["head"], answer["classes"], answer["rows"][-1]["name"]) == ("none", None, "17.1.pool")
    result = mbcost("table", "v2", "--head", "10", "--no-top")
    assert result.err.startswith("mbcost: error: head and no-top are both given: remove one")


@pytest.mark.parametrize("command", COMMANDS[-2:], ids=lambda command: command[0])
def test_a_search_refuses_flattened_features(mbcost: Mbcost, command: tuple[str, ...]) -> None:
    assert mbcost(*command, "--head", "flatten,5").err == (
        "mbcost: error: a flattened map makes flash depend on the resolution: use a head that pools the map\n"
    )


def test_the_closed_form_of_flattened_features_grows_with_the_map(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("formula", "v2", "10.1.classifier", "--head", "flatten,5", "--format", "json").out)
    assert answer["weights"]["closed_form"] == {"value": 7 * 7 * 1280 * 5, "alpha_power": 1, "rho_power": 2}


def test_a_search_has_the_costs_of_the_table(mbcost: Mbcost) -> None:
    options = ("--alpha", "0.5", "--res", "96x130", "--head", "512,bn,26", "--format", "json")
    (found,) = json.loads(mbcost("sweep", "v3-large:keras", *options).out)["configurations"]
    table = json.loads(mbcost("table", "v3-large:keras", *options).out)["totals"]
    memory = json.loads(mbcost("memory", "v3-large:keras", *options).out)
    assert (found["params"], found["mult_adds"]) == (table["params"], table["mult_adds"])
    assert found["flash"] == memory["flash"]["total"]
    assert found["memory"] == memory["peaks"][0]["bytes"]


def test_validate_measures_a_head_at_every_resolution_and_not_in_a_library(mbcost: Mbcost) -> None:
    options = ("--alpha", "0.35", "--res", "64,96", "--head", "flatten,bn,5")
    assert mbcost("validate", "v2", *options).code == 0
    assert mbcost("validate", "v2", *options, "--against", "keras").err == (
        "mbcost: error: keras builds v2 with its own head only: compare with fvcore or torch\n"
    )


def test_verify_compares_a_model_with_a_head(mbcost: Mbcost, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "from torchvision.models import mobilenet_v2\n"
        "def make():\n"
        "    model = mobilenet_v2()\n"
        "    model.classifier = nn.Sequential(nn.Linear(1280, 64), nn.ReLU(), nn.BatchNorm1d(64), nn.Linear(64, 5))\n"
        "    return model\n"
    )
    target = f"{tmp_path / 'mine.py'}:make"
    assert mbcost("verify", target, "--spec", "v2:torchvision", "--head", "64,bn,5").code == 0
    assert mbcost("verify", target, "--spec", "v2:torchvision", "--head", "64,5").code == 1
    assert mbcost("verify", target, "--spec", "v2:torchvision", "--head", "flatten,64,5").code == 1
    assert mbcost("verify", target, "--spec", "v2:torchvision", "--head", "64,bn,5", "--find").code == 0


@pytest.mark.parametrize("head", ["512,bn,26", "flatten,7", "none"])
@pytest.mark.parametrize("net", ["v1", "v2", "v3-large", "vgg-16", "resnet-50"])
def test_an_exported_head_is_the_same_network(mbcost: Mbcost, tmp_path: Path, net: str, head: str) -> None:
    file = str(tmp_path / "mine.yaml")
    assert mbcost("export", net, "--head", head, "--output", file).code == 0
    classes = () if head == "none" else ("--classes", head.rpartition(",")[2])
    written = mbcost("table", file, *classes, "--format", "json").out
    replaced = mbcost("table", net, "--head", head, "--format", "json").out
    assert json.loads(written)["rows"] == json.loads(replaced)["rows"]
    assert mbcost("check", file).code == 0
    shown = mbcost("show", file)
    assert (shown.code, shown.err) == (0, "")


def test_show_names_a_norm_among_the_layers(mbcost: Mbcost, tmp_path: Path) -> None:
    file = str(tmp_path / "mine.yaml")
    mbcost("export", "v1", "--head", "64,bn,5", "--output", file)
    words = [line.split() for line in mbcost("show", file).out.splitlines()[-3:]]
    assert words == [
        ["FC", "/", "s1", "1024x64", "1x1x1024"], ["Norm", "/", "s1", "64", "1x1x64"],
        ["FC", "/", "s1", "64x1000", "1x1x64"],
    ]  # fmt: skip


def test_the_same_rows_can_be_written_in_a_table(mbcost: Mbcost, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "first.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        re.sub(r"\[linear, +k, ~\]", "[dense, 64, ~]\n  - [batch_norm, ~, ~]\n  - [dense, k, ~]", text)
    )
    (tmp_path / "first.yaml").write_text(text)
    written = mbcost("table", str(tmp_path / "mine.yaml"), "--classes", "5", "--format", "json").out
    replaced = mbcost("table", str(tmp_path / "first.yaml"), "--head", "64,bn,5", "--format", "json").out
    assert json.loads(written)["rows"] == json.loads(replaced)["rows"]
