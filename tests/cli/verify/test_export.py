"""`mbcost export` writes a model to a file, from which it is read as the same network, without torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from mbcost.spec.catalogue.library import NETWORKS, families, specs_folder
from mbcost.spec.reading.flat import to_yaml
from mbcost.spec.reading.schema import spec_schema
from tests.cli.conftest import Mbcost
from tests.spec.reading.test_flat import LIST

EXAMPLE = f"{Path(__file__).parents[3]}/docs/net.py:make"
SCHEMA = Draft202012Validator(spec_schema(families()))
MODELS = [
    ("torchvision.models:mobilenet_v2", (), 3_504_872, 300_774_272),
    ("timm:create_model", ("model_name=mobilenetv3_small_050",), 1_593_224, 24_188_688),
    ("torchvision.models:resnet18", (), 11_689_512, 1_814_073_344),  # branches, padding, a max pool
    (
        "torchvision.models.segmentation:deeplabv3_mobilenet_v3_large",
        ("weights_backbone=None",),
        11_025_477,
        None,
    ),  # dilated
]


@pytest.mark.parametrize(("model", "kwargs", "params", "mult_adds"), MODELS, ids=lambda value: str(value))
def test_an_exported_model_is_read_as_the_same_network(
    mbcost: Mbcost, tmp_path: Path, model: str, kwargs: tuple[str, ...], params: int, mult_adds: int | None
) -> None:
    path = str(tmp_path / "model.yaml")
    words = [word for argument in kwargs for word in ("--kwargs", argument)]
    assert mbcost("export", "--from", model, *words, "--output", path).code == 0
    assert mbcost("check", path).out == "no problem in 1 file\n"
    assert list(SCHEMA.iter_errors(yaml.safe_load(Path(path).read_text(encoding="utf-8")))) == []
    totals = json.loads(mbcost("table", path, "--format", "json").out)["totals"]
    assert totals["params"] == params
    assert mult_adds in (None, totals["mult_adds"])
    result = mbcost("verify", model, "--spec", path, *words)
    assert (result.code, result.err) == (0, ""), result.out


def test_an_exported_file_is_read_without_torch(mbcost: Mbcost, tmp_path: Path) -> None:
    import subprocess
    import sys

    path = str(tmp_path / "model.yaml")
    mbcost("export", "--from", EXAMPLE, "--output", path)
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from mbcost.cli import run\n"
        f"assert all(run([*words.split(), {path!r}]) in (0, 1) for words in ('table', 'diff v2', 'ledger'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


def test_a_difference_from_a_list_is_named(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    mbcost("export", "--from", EXAMPLE, "--output", str(path))
    path.write_text(path.read_text().replace("3x3, 2, 1, 1  ,", "3x3, 1, 1, 1  ,", 1))
    result = mbcost("verify", EXAMPLE, "--spec", str(path))
    assert result.code == 1
    assert "the first difference is in 0.1.0.0, the model's 0.0: stride 2, expected 1" in result.out


@pytest.mark.parametrize("net", NETWORKS)
def test_a_built_in_network_is_exported_as_its_file(mbcost: Mbcost, net: str) -> None:
    assert mbcost("export", net).out == (specs_folder() / f"{net}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "export needs either a built-in network or --from MODEL: give one of them"),
        (["v2", "--from", EXAMPLE], "export needs either a built-in network or --from MODEL: give one of them"),
        (["v9"], "unknown network 'v9'"),
        (["v2@0.5"], "export writes a built-in table as published: write 'v2' alone"),
        (["v2", "--res", "96"], "--res applies to --from MODEL only: export writes a built-in table as published"),
        (["v2", "--name", "x"], "--name applies to --from MODEL only: export writes a built-in table as published"),
        (["mine.yaml"],
         "mine.yaml would be the output, and no network is named: did you mean 'mbcost export v2 --output mine.yaml'?"),
        (["./mine@0.5"],
         "export does not read files such as ./mine@0.5: name a built-in network, or a model after --from"),
        (["v2", "--format", "json"], "unknown format 'json'"),
        (["--from", "timm:create_model", "--kwargs", "model_name=vit_tiny_patch16_224"],
         "timm:create_model has parameters that belong to no convolution or linear layer: cls_token (192)"),
        (["--from", "tests.data.wild.net:Shared"],
         "tests.data.wild.net:Shared: 0 shares weights with 0, which a flat list of layers cannot describe"),
    ],
)  # fmt: skip
def test_the_error_says_why_nothing_was_exported(mbcost: Mbcost, words: list[str], message: str) -> None:
    result = mbcost("export", *words)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"mbcost: error: {message}")


@pytest.mark.parametrize("words", [["table", "--alpha", "0.5"], ["table", "--no-top"], ["validate"], ["show"]])
def test_a_list_of_layers_is_refused_where_a_table_is_needed(mbcost: Mbcost, tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(to_yaml(LIST))
    result = mbcost(words[0], str(path), *words[1:])
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert f"{path} is a flat list of layers" in result.err


def test_a_graph_is_written_and_costs_what_its_model_does(mbcost: Mbcost, tmp_path: Path) -> None:
    target, file = EXAMPLE, str(tmp_path / "net.yaml")
    mbcost("export", "--from", target, "--format", "graph", "--res", "96", "--output", file)
    assert mbcost("check", file).out == "no problem in 1 file\n"
    of_file, of_model = [
        json.loads(mbcost("table", *words, "--format", "json").out) for words in ([file], [target, "--res", "96"])
    ]
    assert of_file["totals"] == of_model["totals"]
    assert [row["name"] for row in of_file["rows"]] == [row["name"] for row in of_model["rows"]]


def test_onnx_that_is_written_has_the_mult_adds_of_the_table(mbcost: Mbcost, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    file = str(tmp_path / "v1.onnx")
    mbcost("export", "v1@0.25/64", "--output", file)
    rows = [json.loads(mbcost("table", net, "--format", "json").out)["rows"] for net in (file, "v1@0.25/64")]
    columns = [[row["mult_adds"] for row in table if row["mult_adds"]] for table in rows]
    assert columns[0] == columns[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model.onnx", "--output", "new.onnx"], "model.onnx is a file of a model already"),
        (["v1", "--name", "a", "--output", "new.onnx"], "--name applies to --from MODEL only"),
        (["v1", "--format", "graph"], "--format graph applies to --from MODEL only: v1 is a table"),
        (["--from", "nothing.tflite"], "nothing.tflite: No such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_said(mbcost: Mbcost, words: list[str], message: str) -> None:
    failed = mbcost("export", *words)
    assert failed.code == 2
    assert message in failed.err
