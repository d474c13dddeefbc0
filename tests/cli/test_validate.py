from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mbcost.spec.catalogue.library import specs_folder
from tests.cli.conftest import Mbcost

SMALL = ("--alpha", "0.35", "--res", "96")
LACKING = "torchvision does not have v1: it has v2, v3-large, v3-small, resnet-50, vgg-16, mnasnet-1.0, efficientnet-b0"


def test_equal_witnesses_pass(mbcost: Mbcost) -> None:
    result = mbcost("validate", "v2", *SMALL, "--format", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["schema"], answer["passed"], answer["differences"]) == (
        0,
        "mbcost/validate/1",
        True,
        [],
    )
    assert answer["checks"] == sum(comparison["checks"] for comparison in answer["comparisons"]) > 1000
    assert [comparison["against"] for comparison in answer["comparisons"]] == ["fvcore", "torch"]


@pytest.fixture
def wrong_stride(tmp_path: Path) -> str:
    """Return the path of V2's table, still called v2, with a wrong stride of the 64-channel stage."""
    text = (specs_folder() / "v2.yaml").read_text()
    path = tmp_path / "v2.yaml"
    path.write_text(text.replace("6,   64, 4, 2]", "6,   64, 4, 1]"))
    assert path.read_text() != text
    return str(path)


def test_a_fault_in_a_spec_is_found_by_comparing_with_a_library(mbcost: Mbcost, wrong_stride: str) -> None:
    result = mbcost("validate", wrong_stride, *SMALL, "--against", "torchvision", "--format", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["passed"]) == (1, False)
    first = answer["differences"][0]
    assert first == {
        "network": "v2", "alpha": 0.35, "resolution": [96, 96], "implementation": "torchvision",
        "against": "torchvision", "layer": "4.1.depthwise", "quantity": "stride",
        "expected": [1, 1], "measured": [2, 2],
    }  # fmt: skip
    # Both of our witnesses have the same fault, so they agree: only a library can show it.
    assert mbcost("validate", wrong_stride, *SMALL).code == 0


def test_the_formats_for_pipelines_name_the_differences(mbcost: Mbcost, wrong_stride: str) -> None:
    arguments = ("validate", wrong_stride, *SMALL, "--against", "torchvision,fvcore", "--format")
    suite = ElementTree.fromstring(mbcost(*arguments, "junit").out)
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "4.1.depthwise stride: expected 1x1, measured 2x2" in (failure.text or "")
    lines = mbcost(*arguments, "github").out.splitlines()
    assert lines[0].startswith("::error title=mbcost validate::v2@0.35/96:torchvision against torchvision: 4.1.depth")
    assert lines[-1].startswith("::notice title=mbcost validate::")
    text = mbcost(*arguments, "text").out
    assert "FAILED" in text
    assert "more: --format json lists all" in text


def test_a_missing_model_is_an_error_if_its_library_was_named_and_else_a_note(mbcost: Mbcost) -> None:
    named = mbcost("validate", "v1", *SMALL, "--against", "torchvision")
    assert (named.code, named.err) == (
        2, f"mbcost: error: {LACKING}\n",
    )  # fmt: skip
    alpha = mbcost("validate", "v2", "--alpha", "0.9", "--res", "96", "--against", "timm")
    assert (alpha.code, alpha.err) == (
        2, "mbcost: error: timm does not have v2 at alpha 0.9: it has alpha 0.35, 0.5, 0.75, 1, 1.4\n",
    )  # fmt: skip
    everyone = json.loads(
        mbcost("validate", "v1", "--alpha", "0.9", "--res", "64", "--against", "all", "--format", "json").out
    )
    assert everyone["passed"]
    assert [comparison["against"] for comparison in everyone["comparisons"]] == [
        "fvcore",
        "torch",
        "keras",
        "transformers",
    ]
    assert everyone["notes"] == [
        f"not compared with torchvision: {LACKING}",
        "not compared with timm: timm does not have v1 at alpha 0.9: it has alpha 1, 1.25",
    ]


def test_a_library_that_is_not_installed_is_an_error_or_a_note(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    find = find_spec
    monkeypatch.setattr(
        "mbcost.questions.validate.planning.find_spec", lambda name: None if name == "timm" else find(name)
    )
    named = mbcost("validate", "v2", *SMALL, "--against", "timm")
    assert (named.code, named.err) == (2, "mbcost: error: timm is not installed: pip install 'mbcost[references]'\n")
    everyone = json.loads(
        mbcost("validate", "v3-small", "--alpha", "1", "--res", "64", "--against", "all", "--format", "json").out
    )
    assert "not compared with timm: timm is not installed: pip install 'mbcost[references]'" in everyone["notes"]


def test_a_library_is_compared_only_with_the_implementation_of_its_name(mbcost: Mbcost) -> None:
    result = mbcost("validate", "v2", *SMALL, "--impl", "keras", "--against", "timm")
    assert (result.code, result.err) == (
        2, "mbcost: error: timm is compared with the implementation of its name, not with keras\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "size"),
    [
        (["v2@1", "--res", "999999999"], "v2 at alpha 1 and 999999999x999999999 takes at least "),
        (["v2@3000", "--res", "224"], "v2 at alpha 3000 and 224x224 takes at least "),
        (["v2@1/99999", "--against", "torch"], "v2 at alpha 1 and 99999x99999 takes at least "),
    ],
)
def test_models_that_memory_may_not_hold_are_refused_before_they_run(
    mbcost: Mbcost, words: list[str], size: str
) -> None:
    result = mbcost("validate", *words)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {size}")
    assert "--force" in result.err


def test_too_many_comparisons_are_refused_before_any_is_listed(mbcost: Mbcost) -> None:
    result = mbcost("validate", "--alpha", "0.1:100:0.01", "--res", "32:9931:1", "--against", "fvcore")
    assert (result.code, result.out) == (2, "")
    assert " comparisons to plan, which take about " in result.err
    assert result.err.endswith(": compare fewer networks, or add --force to exceed the limit of 100,000\n")


def test_a_shortage_of_memory_is_one_line(mbcost: Mbcost) -> None:
    result = mbcost("validate", "v2@1/99999999", "--against", "torch", "--force")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == (
        "mbcost: error: the model at 99999999x99999999 needs more memory than there is: "
        "use a smaller resolution or model"
    )


def test_a_network_is_validated_with_other_classes_channels_and_without_its_top(mbcost: Mbcost) -> None:
    for words in (
        ("v2@0.35/64", "--classes", "7", "--in-channels", "1"),
        ("v2@0.35/64", "--no-top"),
        ("v2@0.35", "--rho", "0.25"),
    ):
        assert json.loads(mbcost("validate", *words, "--format", "json").out)["passed"]
    for option, part in ((("--classes", "7"), "number of classes"), (("--no-top",), "top")):
        result = mbcost("validate", "v2@0.35/64", *option, "--against", "torchvision")
        message = f"torchvision builds v2 with its own {part} only: compare with fvcore or torch"
        assert (result.code, result.err) == (2, f"mbcost: error: {message}\n")
