"""Files of models where a network is written: the same answers as the built-in network that they contain."""

from __future__ import annotations

import json
import lzma
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from onnx import helper

from mbcost.analytic.reference import resolve_reference
from mbcost.cli import streams
from mbcost.questions.explain.of_file import explain_file
from mbcost.questions.explain.query import Claim, parse_number
from mbcost.questions.latency.latency import predict_latencies
from mbcost.questions.networks import resolve_network
from mbcost.questions.verify.twin import find_twin
from mbcost.spec.catalogue.library import load_conventions
from tests.cli.conftest import Mbcost
from tests.files.onnx.small import make

FOLDER = Path(__file__).parents[1] / "data/files/tflite"
FILES = ("v1@0.25_128-int8", "v2@0.35_96-float32", "v3-small@1_224-float16")
DEVICE = "pixel3-tflite-4t"


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files of models."""
    for name in FILES:
        (tmp_path / f"{name}.tflite").write_bytes(lzma.decompress((FOLDER / f"{name}.tflite.xz").read_bytes()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_unknown(path: Path) -> None:
    """Write a model with a convolution and an operator that nobody knows."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3]),
        helper.make_node("Odd", ["a"], ["y"], domain="own"),
    ]
    path.write_bytes(make(nodes, {"x": (1, 3, 32, 32)}, {"w": (8, 3, 3, 3)}).SerializeToString())


def reference(name: str) -> str:
    return name.rpartition("-")[0].replace("_", "/")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_built_in_network_is_recognized_and_takes_as_long(name: str) -> None:
    file, network = resolve_network(f"{name}.tflite"), resolve_reference(reference(name))
    assert find_twin(file).twin == network
    own, known = predict_latencies([file, network], DEVICE).estimates
    assert (own.milliseconds, own.low, own.high) == (known.milliseconds, known.low, known.high)
    assert own.network is file


@pytest.mark.parametrize("name", FILES[:2])
def test_a_number_of_a_file_is_explained_by_the_conventions_that_give_it(name: str) -> None:
    file = resolve_network(f"{name}.tflite")
    for convention in list(load_conventions().values())[:3]:
        count = file.mult_adds(convention)
        answer = explain_file(file, Claim(None, None, (("mult_adds", parse_number(f"{count:,}", "mult_adds")),)))
        (number,) = answer.numbers
        assert answer.fits
        assert number.explanations[0].value.value == count
        assert convention.name in number.explanations[0].value.counted_by
    unfolded = resolve_reference(reference(name)).params()
    answer = explain_file(file, Claim(None, None, (("params", parse_number(f"{unfolded:,}", "params")),)))
    assert answer.numbers[0].explanations == ()  # the norms are folded, so only the network itself gives the number
    assert answer.fits
    assert answer.as_network is not None


def test_a_file_does_not_claim_an_alpha_an_implementation_or_an_accuracy(mbcost: Mbcost) -> None:
    name = f"{FILES[1]}.tflite"
    for command in (f"compare {name}", f"ledger {name}", f"table {name}", f"latency {name} --device {DEVICE}"):
        answer = json.loads(mbcost(*command.split(), "--format", "json").out)
        answer = answer.get("networks", answer.get("estimates", [answer]))[0]
        assert (answer["alpha"], answer["implementation"]) == (None, None)
    (estimate,) = json.loads(mbcost("accuracy", name, "--format", "json").out)["estimates"]
    assert estimate["top1"] is None
    assert "weights, which are not read; it has the layers of v2@0.35/96" in estimate["reason"]


def test_limits_of_a_file_are_missed_by_the_difference_and_decide_the_exit_code(mbcost: Mbcost) -> None:
    name = f"{FILES[1]}.tflite"
    network = resolve_network(name)
    for excess, code in ((0, 0), (1, 1)):
        result = mbcost(
            "fit", name, "--params", str(network.params() - excess), "--mult-adds", "1G", "--format", "json"
        )
        assert result.code == code
        answer = json.loads(result.out)
        assert answer["passed"] is (code == 0)
        by_quantity = {limit["quantity"]: limit for limit in answer["networks"][0]["limits"]}
        assert by_quantity["params"]["missing"] == excess
        assert by_quantity["mult_adds"]["fits"] == "yes"


def test_a_file_is_aligned_with_a_table_by_its_layers_in_both_directions(mbcost: Mbcost) -> None:
    name, net = f"{FILES[1]}.tflite", "v2@0.35/96"
    for pair in ((name, net), (net, name)):
        answer = json.loads(mbcost("diff", *pair, "--format", "json").out)
        assert answer["folded"] == "v2@0.35/96:official"
        assert answer["same"] > 50
        assert answer["totals"] == {"params": 0, "mult_adds": 0, "activations": 0}


def test_a_written_graph_is_the_same_network_as_its_file_for_verify(mbcost: Mbcost, folder: Path) -> None:
    assert mbcost("export", "--from", f"{FILES[1]}.tflite", "--output", "graph.yaml").code == 0
    for words in (("v2@0.35/96",), ("v2", "--find", "--res", "96")):
        file, graph = (mbcost("verify", name, *words) for name in (f"{FILES[1]}.tflite", "graph.yaml"))
        assert (graph.code, graph.out) == (file.code, file.out)
    assert (
        "remove the options of tables"
        in mbcost("export", "--from", "graph.yaml", "--format", "graph", "--res", "64").err
    )
    (folder / "list.yaml").write_text("layers: []")
    assert "mbcost diff list.yaml NET compares it" in mbcost("verify", "list.yaml", "v2").err


def test_biases_that_an_exporter_has_left_out_are_named_with_their_params(mbcost: Mbcost, folder: Path) -> None:
    content = (FOLDER.parents[1] / "arena/efficientnet@1_96-int8.tflite.xz").read_bytes()
    (folder / "net.tflite").write_bytes(lzma.decompress(content))
    params = resolve_network("net.tflite").params()
    answer = mbcost("verify", "net.tflite", "efficientnet-b0/96").out
    assert f"{params + 1000:,} params" in answer.splitlines()[0]
    assert "are counted with it, 1,000 params: predictions_1/MatMul2\n" in answer


def test_a_stream_without_an_end_is_read_up_to_a_limit(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Path(f"{FILES[1]}.tflite").read_bytes()
    for limit, code in ((len(model), 0), (len(model) - 1, 2)):
        monkeypatch.setattr(streams, "LARGEST_MODEL", limit)
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(model)))
        answer = mbcost("table", "-", "--type", "tflite")
        assert answer.code == code
        assert bool(code) == (f"more than {limit:,} bytes: save the model" in answer.err)


def test_a_layer_of_a_file_is_named_by_its_number_or_its_own_name(mbcost: Mbcost) -> None:
    name = f"{FILES[1]}.tflite"
    rows = json.loads(mbcost("table", name, "--format", "json").out)["rows"]
    for row in rows[:3]:
        number, _, own = row["name"].split(".", 2)
        for layer in (row["name"], number, own):
            answer = json.loads(mbcost("formula", name, layer, "--format", "json").out)
            assert answer["layer"] == row["name"]
            assert answer["mult_adds"]["value"] == row["mult_adds"]


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("table {0}@0.5", "remove '@0.5'"),
        ("table {0}/160", "write --res 160 instead"),
        ("table {0} --alpha 0.5", "fixed numbers"),
        ("table v2@0.35_96-float3.tflite", "did you mean 'v2@0.35_96-float32.tflite'"),
        ("table ./folder", "a SavedModel of TensorFlow is not read"),
        ("fit {0} --flash 1MiB --pareto", "remove --pareto"),
        ("explain --rows a.csv {0}", "give its numbers as options"),
        ("plot sweep {0} -o a.svg", "nothing to sweep"),
    ],
)
def test_what_a_file_cannot_answer_is_one_line(mbcost: Mbcost, folder: Path, command: str, remedy: str) -> None:
    (folder / "folder").mkdir()
    (folder / "folder" / "saved_model.pb").touch()
    result = mbcost(*command.format(f"{FILES[1]}.tflite").split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert remedy in result.err


def test_a_file_with_an_unknown_operator_fails_in_gates_unless_that_is_allowed(mbcost: Mbcost) -> None:
    write_unknown(Path("unknown.onnx"))
    network = resolve_network("unknown.onnx")
    assert [(item.operator, item.count) for item in network.not_counted] == [("Odd", 1)]
    for line in (f"verify unknown.onnx v2 --find {flag}" for flag in ("", "--allow-unknown")):
        answer = json.loads(mbcost(*line.split(), "--format", "json").out)
        assert [item["name"] for item in answer["loose"] if "not counted" in item["name"]] == (
            [] if "allow" in line else ["1 x Odd, not counted: operator Odd of domain own is not known"]
        )
    result = mbcost("fit", "unknown.onnx", "--params", "9M", "--format", "json")
    (limit,) = json.loads(result.out)["networks"][0]["limits"]
    assert (result.code, limit["fits"]) == (1, "unknown")
    for line in ("compare v1 unknown.onnx", "ledger unknown.onnx", f"latency unknown.onnx --device {DEVICE}"):
        assert "not counted: 1 x Odd" in mbcost(*line.split()).out


def test_a_model_on_standard_input_is_verified_if_its_type_is_stated(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option, code in ((("--type", "tflite"), 0), ((), 2)):
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(Path(f"{FILES[1]}.tflite").read_bytes())))
        assert mbcost("verify", "-", FILES[1].split("-")[0].replace("_", "/"), *option).code == code


def test_a_file_of_another_dtype_than_the_measured_networks_is_named(mbcost: Mbcost) -> None:
    assert (
        "computes in int8, the device was measured in float32"
        in mbcost("latency", f"{FILES[0]}.tflite", "--device", DEVICE).out
    )
    assert "computes in" not in mbcost("latency", f"{FILES[1]}.tflite", "--device", DEVICE).out
