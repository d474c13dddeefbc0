"""`mbcost verify` on the libraries' models, on the example of docs/verify.md, and on commands that cannot run."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mbcost.questions.verify.verify import open_target, verify_model
from tests.cli.conftest import Mbcost

ROOT = Path(__file__).parents[3]
EXAMPLE = f"{ROOT}/docs/net.py:make"


@pytest.mark.parametrize(
    "arguments",
    [
        "torchvision.models:mobilenet_v2 --spec v2",
        "torchvision.models:mobilenet_v2 --spec v2@0.35/97:torchvision --kwargs width_mult=0.35",
        "torchvision.models:mobilenet_v3_large --spec v3-large@0.75:torchvision --kwargs width_mult=0.75",
        "torchvision.models:mobilenet_v3_small --spec v3-small --impl torchvision --classes 10 --kwargs num_classes=10",
        "timm:create_model --spec v3-small@0.5:timm --kwargs model_name=mobilenetv3_small_050",
        "timm:create_model --spec v1@1.25:timm --kwargs model_name=mobilenetv1_125",
        "timm:create_model --find --kwargs model_name=mobilenetv2_140",
    ],
)
def test_a_librarys_model_is_equal_to_its_network(mbcost: Mbcost, arguments: str) -> None:
    result = mbcost("verify", *arguments.split())
    assert (result.code, result.err) == (0, "")
    assert " is v" in result.out.splitlines()[0]


def test_the_first_line_names_the_first_difference(mbcost: Mbcost) -> None:
    result = mbcost("verify", EXAMPLE, "--spec", "v2")
    assert (result.code, result.err) == (1, "")
    assert result.out.splitlines()[0] == (
        f"{EXAMPLE} is not v2@1/224:official: the first difference is the model's 1.expand.0 after"
        " 0.1.conv, which the table does not have"
    )
    assert "this explains every difference: the t = 1 block has an expansion convolution" in result.out


def test_a_pipeline_gets_junit_with_the_same_exit_code(mbcost: Mbcost, tmp_path: Path) -> None:
    """docs/for-maintainers.md shows the annotations of GitHub."""
    assert mbcost("verify", EXAMPLE, "v2", "-o", str(tmp_path / "report.xml")).code == 1
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    (failure,) = suite.iter("failure")
    assert str(failure.text).startswith("the model's 1.expand.0: extra after 0.1.conv: ")
    assert mbcost("verify", EXAMPLE, "v2", "--format", "junit", "--sort", "params").code == 2


def test_a_network_without_residual_connections_is_not_the_network(mbcost: Mbcost, tmp_path: Path) -> None:
    (tmp_path / "plain_net.py").write_text(
        "import torchvision\n"
        "def make():\n"
        "    model = torchvision.models.mobilenet_v2()\n"
        "    for module in model.modules():\n"
        "        module.use_res_connect = False\n"
        "    return model\n"
    )
    result = mbcost("verify", f"{tmp_path}/plain_net.py:make", "--spec", "v2", "--prove")
    assert result.code == 1
    assert (
        "2.2.project, the model's features.3.conv.2: residual connection none, expected from 2.1.project" in result.out
    )
    assert "every project layer has no residual connection instead of one" in result.out
    assert result.out.splitlines()[-2:] == [
        "--prove compares the results of models whose layers are equal: mend the differences first",
        "compared: convolutions, linear layers, norms, activations, additions, multiplications, pools",
    ]


@pytest.mark.parametrize("style", ["text", "csv", "markdown", "latex", "json"])
def test_every_format_has_the_differences(mbcost: Mbcost, style: str) -> None:
    result = mbcost("verify", EXAMPLE, "--spec", "v2", "--kwargs", "classes=10", "--format", style)
    assert result.code == 1
    if style == "json":
        answer = json.loads(result.out)
        assert [layer["params"] for layer in answer["layers"]] == [1088, -1_268_190]
        assert answer["totals"]["params"] == 1088 - 1_268_190 == answer["model"]["params"] - answer["network"]["params"]
    else:
        assert "1.expand.0" in result.out
        assert "10.1.classifier" in result.out


WRONG_ALPHA = ("verify", "torchvision.models:mobilenet_v2", "v2@0.75")


def test_the_verdict_and_the_cause_come_first_and_text_lists_at_most_twenty_differences(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: dict[str, Any] = {}  # the answer of the first run is shown in every way
    for name, function in (("open_target", open_target), ("verify_model", verify_model)):

        def answer_once(*given: Any, name: str = name, function: Any = function, **options: Any) -> Any:
            return known[name] if name in known else known.setdefault(name, function(*given, **options))

        monkeypatch.setattr(f"mbcost.cli.verify.verify.{name}", answer_once)
    lines = mbcost(*WRONG_ALPHA).out.splitlines()
    assert lines[0].startswith("torchvision.models:mobilenet_v2 is not v2@0.75/224:official: ")
    assert lines[2] == "this explains every difference: alpha is 1, not 0.75 (v2@1/224:official)"
    rows = list(csv.DictReader(mbcost(*WRONG_ALPHA, "--format", "csv").out.splitlines()))
    assert lines[6:26] == [line for line in lines if line.split(" ")[0] in {row["layer"] for row in rows[:20]}]
    assert f"{len(rows) - 20} other rows are not listed: --all lists them" in lines
    sorted_rows = mbcost(*WRONG_ALPHA, "--sort", "params-difference", "--columns", "layer").out.splitlines()
    largest = sorted(rows, key=lambda row: -int(row["params_difference"]))[:20]
    assert sorted_rows[6:26] == [row["layer"] for row in largest], "the largest of all, not of the first"
    every = mbcost(*WRONG_ALPHA, "--all").out
    assert [line.split()[0] for line in every.splitlines()[6 : 6 + len(rows)]] == [row["layer"] for row in rows]
    assert "not listed" not in every
    assert mbcost(*WRONG_ALPHA, "--verbose").out == every


@pytest.mark.parametrize("command", ["verify nowhere:make v2", "verify nowhere:make --find", "export --from x:y"])
def test_without_torch_nothing_is_announced(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr("mbcost.cli.progress.is_terminal", lambda _: True)
    result = mbcost(*command.split())
    assert (result.code, result.err) == (2, "mbcost: error: torch is not installed: pip install 'mbcost[validate]'\n")


def test_a_fault_of_the_recorder_is_a_fault_of_mbcost(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("planted")

    monkeypatch.setattr("mbcost.measured.recorder.Recorder.record", fail)
    result = mbcost("verify", EXAMPLE, "v2")
    assert (result.code, result.out) == (3, "")
    assert "this is a fault of mbcost, please report it" in result.err
    assert "LookupError: planted (mbcost/measured/recorder.py:" in result.err


@pytest.mark.parametrize("quantity", ["params", "mult_adds"])
def test_the_counts_in_csv_add_up_to_the_total(mbcost: Mbcost, quantity: str) -> None:
    arguments = ("verify", EXAMPLE, "--spec", "v2", "--kwargs", "classes=10", "--format")
    rows = list(csv.DictReader(mbcost(*arguments, "csv").out.splitlines()))
    total = sum(int(row[f"{quantity}_difference"]) for row in rows)
    assert total == json.loads(mbcost(*arguments, "json").out)["totals"][quantity] != 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([EXAMPLE, "--spec", "v9"], "unknown network 'v9'"),
        (
            [EXAMPLE, "--spec", "v2", "--kwargs", "classes"],
            "--kwargs 'classes' is not an argument: expected NAME=VALUE",
        ),
        ([EXAMPLE, "--spec", "v2", "--kwargs", "a=1", "--kwargs", "a=2"], "--kwargs gives a twice: remove one"),
        ([EXAMPLE, "--spec", "v2", "--kwargs", "a=1"], f"unknown argument of {EXAMPLE} 'a': choose from classes"),
        ([EXAMPLE, "v1", "--spec", "v2"], "the network is given twice, as v1 and --spec v2: remove one"),
        ([EXAMPLE, "--spec", "v2", "--spec", "v1"], "--spec is given twice, as v2 and v1: remove one"),
        ([EXAMPLE, "--spec", "v2", "--in-channels", "4"], f"{EXAMPLE} does not run on a 1x4x224x224 image"),
        (["torchvision.models:mobilenet_v", "--spec", "v2"], "unknown name in torchvision.models 'mobilenet_v'"),
        (["nothing:make", "--spec", "v2"], "nothing cannot be imported: No module named 'nothing'"),
        ([EXAMPLE, "--find", "--spec", "v2@1", "--alpha", "2"], "alpha is given twice"),
        ([EXAMPLE, "--find", "--impl", "nobody"], "unknown implementation of"),
        ([EXAMPLE, "--find", "--in-channels", "0"], "in-channels is 0: it must be at least 1"),
        ([EXAMPLE, "--spec", "v2", "--in-channels", "-1"], "in-channels is -1: it must be at least 1"),
    ],
)
def test_the_error_says_why_the_model_was_not_compared(mbcost: Mbcost, arguments: list[str], message: str) -> None:
    result = mbcost("verify", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {message}")


def test_arguments_of_the_factory_are_literals_or_text(mbcost: Mbcost, tmp_path: Path) -> None:
    (tmp_path / "given_net.py").write_text(
        "from torch import nn\n"
        "def make(**given):\n"
        "    assert given == {'a': 0.75, 'b': [1, 2], 'c': None, 'd': 'relu6', 'e': 'x=y', 'f': ''}, given\n"
        "    return nn.Conv2d(3, 8, 3)\n"
    )
    words = [
        word for given in ("a=0.75", "b=[1,2]", "c=None", "d=relu6", "e=x=y", "f=") for word in ("--kwargs", given)
    ]
    result = mbcost("verify", f"{tmp_path}/given_net.py:make", "--spec", "v2", *words)
    assert (result.code, result.err) == (1, "")


def test_activations_that_memory_may_not_hold_are_not_computed(mbcost: Mbcost, tmp_path: Path) -> None:
    (tmp_path / "curious_net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Conv2d):\n"
        "    def forward(self, x):\n"
        "        y = super().forward(x)\n"
        "        return y if y.sum() > 0 else -y\n"
        "def make():\n"
        "    return Net(3, 8, 3)\n"
    )
    result = mbcost("verify", f"{tmp_path}/curious_net.py:make", "--spec", "v2/60000")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "take at least 115,192,320,128 bytes on a 1x3x60000x60000 image" in result.err


# The faults of a V2 table that was in a different tool for years, as tables.

WILD = ["stem", "projections", "repeat", "classifier"]


@pytest.mark.parametrize("name", [*WILD, "together"])
def test_diff_names_the_faults_of_real_tables(mbcost: Mbcost, name: str) -> None:
    result = mbcost("diff", "v2", f"{ROOT}/tests/data/wild/{name}.yaml", "--format", "json")
    assert result.code == 1
    changes = {
        layer["first"]: {change["feature"]: (change["first"], change["second"]) for change in layer["changes"]}
        for layer in json.loads(result.out)["layers"]
    }
    faults = WILD if name == "together" else [name]
    if "stem" in faults:
        assert changes["0.1.conv"] == {"kernel": ("3x3", "1x1")}
    if "projections" in faults:
        assert changes["2.1.project"]["output"] == ("56x56x24", "56x56x96")
        assert changes["6.2.project"]["output"] == ("7x7x160", "7x7x960")
    if "repeat" in faults:
        missing = [
            layer for layer, change in changes.items() if not change and layer.split(".")[2] not in ("add", "pool")
        ]
        assert missing == ["5.3.expand", "5.3.depthwise", "5.3.project"]
    if "classifier" in faults:
        assert changes["10.1.classifier"]["kernel"] == ("1x1", "7x7")
    if len(faults) == 1 and name in ("stem", "repeat"):
        assert {layer.split(".")[0] for layer in changes} == {"0" if name == "stem" else "5"}


@pytest.mark.long
def test_the_error_of_a_model_that_fails_in_torch_is_one_line(tmp_path: Path) -> None:
    """Torch would log such a failure with its traceback while it works out shapes, which only a new process shows."""
    (tmp_path / "failing_net.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.Flatten(), nn.Linear(99, 10))\n"
    )
    command = [sys.executable, "-m", "mbcost", "verify", f"{tmp_path}/failing_net.py:make", "--spec", "v2/32"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_without_a_network_the_closest_one_is_found(mbcost: Mbcost) -> None:
    known = ("--alpha", "1", "--impl", "official", "--format", "json")
    alone, asked = (mbcost("verify", EXAMPLE, *words, *known) for words in ((), ("--find",)))
    assert alone == asked
    assert json.loads(alone.out)["candidates"]
