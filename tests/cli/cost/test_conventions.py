from __future__ import annotations

import csv
import io
import json

import click
import pytest

from mbcost.analytic.network import resolve
from mbcost.cli.completers import complete_convention
from mbcost.spec.catalogue.library import load_convention, load_conventions, load_spec
from tests.cli.conftest import Mbcost


def test_every_convention_has_a_row(mbcost: Mbcost) -> None:
    rows = list(csv.DictReader(io.StringIO(mbcost("conventions", "--format", "csv").out)))
    assert [row["convention"] for row in rows] == list(load_conventions())
    words = {
        row["convention"]: (row["params_formula"], row["mult_adds_formula"], row["proof"], row["versions"])
        for row in rows
    }
    assert words["macs"] == ("weights + biases + 2 x norm channels", "macs", "published", "")
    assert words["thop"] == (
        "weights + biases + 2 x plain norm channels",
        "macs + 4 x plain norm elements + adaptive pool inputs + adaptive pool outputs + average pool outputs",
        "live",
        "thop 0.1.1.post2209072238, torch 2.14.1",
    )
    assert words["torchstat-madd"][1:] == (
        "2 x macs - outputs + conv bias adds + 4 x plain norm elements + relu elements + relu6 elements "
        "+ 8 x max pool outputs",
        "recorded",
        "torchstat 0.0.7",
    )
    assert words["weights"][0] == "weights + biases"


def test_the_list_for_people_says_what_confirms_each_convention(mbcost: Mbcost) -> None:
    lines = mbcost("conventions").out.splitlines()
    rows = {line.split()[0]: line for line in lines if line}
    assert " torch " in rows["thop"]
    assert " live " in rows["thop"]
    assert " recorded " in rows["paddle"]
    assert "paddlepaddle 3.3.1" in rows["paddle"]
    assert "mbcost conventions NAME shows what a convention counts" in lines[-1]


def test_notes_name_what_a_tool_does_not_see(mbcost: Mbcost) -> None:
    out = mbcost("conventions", "thop").out
    assert "on keras's own models: knows none of the layers: 0 params and 0 mult-adds" in out
    assert "on timm's own v3-large, v3-small: the classifier is a subclass of nn.Linear" in out
    assert "on keras's own models: raises a TypeError" in mbcost("conventions", "calflops").out


def test_json_has_the_coefficients(mbcost: Mbcost) -> None:
    answer = json.loads(mbcost("conventions", "--format", "json").out)
    assert answer["schema"] == "mbcost/conventions/1"
    by_name = {convention["name"]: convention for convention in answer["conventions"]}
    assert by_name["torchinfo"]["mult_adds"]["plain_norm_channels"] == 2
    (thop_on_keras,) = [spot for spot in by_name["thop"]["blind"] if spot["models"] == "keras"]
    assert (thop_on_keras["params"], thop_on_keras["mult_adds"]) == ({}, {})
    assert all(convention["source"] for convention in answer["conventions"])
    proofs = {name: (convention["framework"], convention["proof"]) for name, convention in by_name.items()}
    assert proofs["macs"] == (None, "published")
    assert proofs["flops2"] == (None, None)
    assert proofs["paddle"] == ("paddle", "recorded")
    assert by_name["thop"]["versions"] == by_name["thop"]["proved"]
    assert by_name["paddle"]["proved"] == []


def test_one_convention_is_shown_with_the_sum_of_an_example(mbcost: Mbcost) -> None:
    out = mbcost("conventions", "torchstat-madd").out
    assert "torchstat-madd: torchstat, its MAdd" in out.splitlines()[0]
    assert out.splitlines()[0].endswith("mult-adds of v2@1/224:torchvision")
    assert "mult-adds: 2 x macs - outputs + conv bias adds" in out
    assert "params of v2@1/224:torchvision: 3,469,760 weights + 1,000 biases + 2 x 17,056 plain norm channels" in out
    assert "proof: recorded, the tool was run once" in out
    assert "run on: v1:official, v2:torchvision, v2@1.4:torchvision" in out
    assert "source: torchstat/compute_madd.py" in out
    rows = list(csv.DictReader(io.StringIO(mbcost("conventions", "torchstat-madd", "--format", "csv").out)))
    assert sum(int(row["amount"]) for row in rows) == 627_687_672
    assert {"count": "outputs", "value": "6679112", "factor": "-1", "amount": "-6679112"} in rows
    assert all(int(row["value"]) * int(row["factor"]) == int(row["amount"]) for row in rows)


def test_what_a_tool_leaves_out_is_said_in_words(mbcost: Mbcost) -> None:
    lines = mbcost("conventions", "thop").out.splitlines()
    (left_out,) = [line.removeprefix("left out: ") for line in lines if line.startswith("left out: ")]
    assert left_out.split(", ") == [
        "biases",
        "norms that are one module with their activation",
        "activations",
        "global pools that are a function",
        "global pools that are a mean",
        "max pools",
        "squeeze multiplies",
        "residual sums",
    ]


@pytest.mark.parametrize("name", load_conventions())
def test_the_example_is_the_sum_that_the_engine_gives(mbcost: Mbcost, name: str) -> None:
    answer = json.loads(mbcost("conventions", name, "--format", "json").out)
    assert (answer["schema"], answer["convention"]["name"]) == ("mbcost/convention/1", name)
    example, convention = answer["example"], load_convention(name)
    assert (example["network"], example["alpha"], example["resolution"]) == ("v2", 1.0, [224, 224])
    network = resolve(load_spec("v2"), implementation=example["implementation"])
    for quantity, total in (("params", network.params(convention)), ("mult_adds", network.mult_adds(convention))):
        lines = example[quantity]["lines"]
        assert example[quantity]["total"] == total
        assert sum(line["value"] * line["coefficient"] for line in lines) == total
    assert "convolutions and linear layers" not in answer["left_out"]


def test_tools_for_keras_models_have_an_example_that_keras_builds(mbcost: Mbcost) -> None:
    example = json.loads(mbcost("conventions", "tf-profiler", "--format", "json").out)["example"]
    assert (example["implementation"], example["mult_adds"]["total"]) == ("keras", 601_828_648)


def test_an_unknown_convention_is_refused_with_the_similar_ones(mbcost: Mbcost) -> None:
    result = mbcost("conventions", "torchstat-mad")
    assert result.code == 2
    assert "unknown convention 'torchstat-mad': did you mean 'torchstat-madd'" in result.err


def test_the_shell_completes_the_names() -> None:
    context = click.Context(click.Command("table"))
    assert complete_convention(context, "torchs") == [name for name in load_conventions() if name.startswith("torchs")]
    assert {"torchstat", "torchstat-madd", "torchsummaryx"} <= set(complete_convention(context, "torchs"))
