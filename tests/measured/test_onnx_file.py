"""What is written as ONNX is the network: its mult-adds, counted from the file, and what it computes."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.measured import instance, onnx_file
from mbcost.measured.build import build
from mbcost.measured.instance import instantiate
from mbcost.measured.onnx_file import write_onnx
from mbcost.spec.catalogue.runnable import RunnableNetwork, find_runnable
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.flat import FlatLayer, FlatNetwork
from mbcost.spec.reading.flat import to_yaml

CASES = [("v1@0.25/45", ""), ("v2@0.35/64:torchvision", ""), ("v3-small@0.35/40x57", "flatten,bn,5")]
"""Padding that depends on the map, on odd sides; symmetric padding; squeeze-and-excite, and layers without a size."""


def runnable(reference: str, head: str = "", in_channels: int | None = None) -> RunnableNetwork:
    """Return the network that a reference names, with another head."""
    return find_runnable(MeasuredNetwork(reference, None, in_channels=in_channels, head=head or None))


def count_mult_adds(graph: Any) -> int:
    """Count the products of convolutions and matrices from the shapes in a file."""
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    maps = {
        value.name: [side.dim_value for side in value.type.tensor_type.shape.dim]
        for value in [*graph.value_info, *graph.output]
    }
    kinds = {"Conv": 1, "Gemm": 0}  # how many dimensions of the weights count outputs
    assert not {node.op_type for node in graph.node} & {"MatMul", "Einsum", "ConvTranspose"}
    return sum(
        prod(weights[node.input[1]][1:]) * prod(maps[node.output[0]]) for node in graph.node if node.op_type in kinds
    )


@pytest.mark.parametrize(("reference", "head"), CASES)
def test_a_file_has_the_mult_adds_of_the_table_and_computes_what_the_model_computes(
    reference: str, head: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network, file = runnable(reference, head, in_channels=2), tmp_path / "net.onnx"
    write_onnx(network, file)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == [file]
    model = onnx.load(file)
    onnx.checker.check_model(model)
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    settings: Any = {"alpha": network.alpha, "implementation": network.implementation, "in_channels": 2}
    table = resolve(network.spec, resolution=network.resolution, **settings)
    assert count_mult_adds(graph) == table.mult_adds()
    operators = {node.op_type for node in graph.node}
    assert operators.isdisjoint({"Shape", "Gather", "Mod"})  # sizes are numbers in the file
    assert ("BatchNormalization" in operators) == bool(head)  # the others are folded

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    sides = [(put.name, put.shape, put.type) for put in (*session.get_inputs(), *session.get_outputs())]
    assert sides == [
        ("image", [1, 2, *network.resolution], "tensor(float)"),
        ("output", [1, table.classes], "tensor(float)"),
    ]
    image = torch.randn(1, 2, *network.resolution)
    built = build(network.spec, **settings).eval()
    with torch.no_grad():
        built(image)  # gives the lazy layers their sizes
        built.load_state_dict(instantiate(network).model.state_dict())
        answer = built(image)
    assert answer.isfinite().all()
    assert answer.std() > 1e-3
    computed = torch.from_numpy(session.run(None, {"image": image.numpy()})[0])
    torch.testing.assert_close(computed, answer, rtol=1e-3, atol=1e-3 * float(answer.abs().max()))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (RuntimeError("the graph\nhas no end"), r"ONNX exporter at 32x32: the graph has no end$"),
        (RuntimeError("std::bad_alloc"), "needs more memory than there is: use a smaller resolution"),
        (MemoryError(), "needs more memory than there is"),
        (KeyboardInterrupt(), None),
        (OSError(28, "No space left on device"), None),
    ],
    ids=repr,
)
def test_a_file_is_whole_or_as_before(
    fault: BaseException, message: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"before")

    def export(_: Any, __: Any, path: str, **___: Any) -> None:
        Path(path).write_bytes(b"half of")
        print("about half")
        raise fault

    monkeypatch.setattr(torch.onnx, "export", export)
    with pytest.raises(type(fault) if message is None else MbcostError, match=message):
        write_onnx(runnable("v1@0.05/32"), file)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"net.onnx": b"before"}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("v1@300", "v1@300 needs more memory than there is"),
        ("v1@0.1/99999", "memory|does not run"),
        ("vgg-16@0.1/16", "vgg-16@0.1/16 does not run with torch at 16x16: "),
        ("v2@-1", "alpha"),
        ("v2@1/224:timmm", "timm"),
    ],
)
def test_a_network_that_cannot_be_written_is_refused_in_one_line(reference: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MbcostError, match=message) as caught:
        write_onnx(runnable(reference), tmp_path / "net.onnx")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_onnx(runnable("v1@0.05/32"), tmp_path / "nowhere" / "net.onnx")
    monkeypatch.setattr(onnx_file, "find_spec", lambda name: sys.modules.get(f"without {name}"))
    with pytest.raises(MbcostError, match=r"^onnx is not installed: pip install 'mbcost\[measure\]'$"):
        write_onnx(runnable("v1@0.05/32"), tmp_path / "net.onnx")


def test_a_system_that_does_not_tell_its_free_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "_count_free_bytes", lambda: None)
    assert instantiate(runnable("v1@0.05/32")).image.shape == (1, 3, 32, 32)
    monkeypatch.setattr(instance, "_count_free_bytes", lambda: 1000)
    with pytest.raises(MbcostError, match="or fewer at once"):
        instantiate(runnable("v1@0.05/32"))


def test_a_flat_list_of_layers_cannot_be_run(tmp_path: Path) -> None:
    layer = FlatLayer("first", "conv", (8, 8, 3), (8, 8, 4), (1, 1), 1, 1)
    (tmp_path / "flat.yaml").write_text(to_yaml(FlatNetwork("flat", "", 3, (8, 8), (layer,))), encoding="utf-8")
    entry = MeasuredNetwork(str(tmp_path / "flat.yaml"), None)
    with pytest.raises(MbcostError, match=r"flat.yaml is a flat list of layers, which cannot be run"):
        find_runnable(entry)
