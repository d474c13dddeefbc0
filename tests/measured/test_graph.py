"""The graph of a PyTorch model, against what torch itself counts and against models whose operators are known."""

from __future__ import annotations

import json
import os
import pickle
import sys
import zipfile
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils.flop_counter import FlopCounterMode

from mbcost.errors import MbcostError
from mbcost.measured.graph import trace_graph
from mbcost.measured.load import find_image, load_model
from mbcost.questions.networks import read_model
from mbcost.questions.verify.verify import open_target
from mbcost.spec.graph import KINDS, Graph, Operator


class Attention(nn.Module):
    """Attention, a recurrent layer, a transposed and a 1D convolution: whatever multiplies and is not an image's."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 4, 4)
        self.up = nn.ConvTranspose2d(8, 8, 3, stride=2, output_padding=1, groups=2)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.line = nn.Conv1d(8, 8, 3, padding=1, groups=4)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.up(self.embed(x)).flatten(2).mT
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        query = tokens[:, None]
        tokens = nn.functional.scaled_dot_product_attention(query, query, query)[:, 0]
        return torch.einsum("btc,bsc->bts", tokens, self.line(tokens.mT).mT)


class InPlace(nn.Module):
    """Writes into tensors, into parts of them, and reads them through other views."""

    def forward(self, x: Tensor) -> Tensor:
        whole = x * 2
        part = whole[:, :1]
        part.add_(1)
        flat = whole.view(-1)
        nn.functional.relu_(whole)
        canvas = torch.zeros(1, 3, 4, 4)
        canvas[:, :, :2] = flat.view(1, 3, 4, 4)[:, :, 2:]
        return canvas


def count_mult_adds(graph: Graph) -> int:
    """Count multiply-adds from the shapes alone, with a formula for each kind."""
    total = 0
    for operator in graph.operators:
        tensors = [graph.tensors[name] for name in (operator.reads[:2] + operator.makes[:1]) if name]
        if operator.kind == "conv":
            total += tensors[2].elements * prod(tensors[1].shape[1:])
        elif operator.kind == "transposed_conv":
            total += tensors[0].elements * prod(tensors[1].shape[1:])
        elif operator.kind in ("linear", "matmul"):
            total += tensors[2].elements * operator.inner
    return total


def find(graph: Graph, name: str) -> Operator:
    """Return the operator of a name."""
    (operator,) = (operator for operator in graph.operators if operator.name == name)
    return operator


def check(graph: Graph) -> None:
    """Check the rules of the type: order, unique names, and one maker for each tensor."""
    known = {*graph.inputs, *(name for name, tensor in graph.tensors.items() if tensor.constant)}
    assert len({operator.name for operator in graph.operators}) == len(graph.operators)
    for operator in graph.operators:
        assert operator.kind in KINDS
        assert {name for name in operator.reads if name} <= known, operator
        assert known.isdisjoint(operator.makes), operator
        known.update(operator.makes)
    assert known == set(graph.tensors)
    assert set(graph.outputs) <= known


def make(name: str) -> nn.Module:
    """Return a model of torchvision without weights of its own."""
    models = pytest.importorskip("torchvision.models")
    model: nn.Module = getattr(models, name)(weights=None)
    return model


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "Attention"])
def test_a_graph_has_the_mult_adds_that_torch_counts_and_every_parameter(name: str) -> None:
    model = Attention() if name == "Attention" else make(name)
    graph = trace_graph(model, name, (64, 64), 3)
    check(graph)
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        model.to("meta").eval()(torch.zeros(1, 3, 64, 64))
    assert count_mult_adds(graph) == counter.get_total_flops() / 2
    read = {name for operator in graph.operators for name in operator.reads}
    assert {name for name, _ in model.named_parameters()} <= read
    assert graph.unread == ()
    assert not [operator for operator in graph.operators if operator.kind == "unknown"]


def test_operators_have_the_names_of_their_modules_and_what_torch_does() -> None:
    graph = trace_graph(make("mobilenet_v3_small"), "v3", (64, 64), 3)
    conv, norm = find(graph, "features.0.0"), find(graph, "features.0.1")
    assert conv.window is not None
    assert (conv.kind, conv.window.stride, conv.window.padding) == ("conv", (2, 2), (1, 1, 1, 1))
    assert (norm.function, norm.epsilon, norm.reads[0]) == ("batch norm", 0.001, "features.0.0")
    assert find(graph, "features.0.2").function == "hard_swish"
    assert find(graph, "features.1.block.1.avgpool").kind == "global_pool"
    assert find(graph, "features.1.block.1").kind == "multiply"
    assert find(graph, "features.3").kind == "add"
    assert (find(graph, "classifier.3").kind, graph.outputs) == ("linear", ("classifier.3",))


def test_what_is_written_in_place_is_read_in_its_new_version() -> None:
    graph = trace_graph(InPlace(), "net", (4, 4), 3)
    check(graph)
    made = {name: operator for operator in graph.operators for name in operator.makes}
    chain, name = [], graph.outputs[0]
    while name in made:
        chain.append(made[name].written)
        name = made[name].reads[-1] if made[name].reads[-1] in made else made[name].reads[0]
    assert chain == ["assign", "copy", "slice", "view", "view", "relu", "assign", "add", "slice", "mul"]
    assert name == "image"


def prune_half(module: nn.Module, *, for_good: bool = False) -> None:
    """Set half of the weights to zero, with a mask or for good."""
    prune.l1_unstructured(module, "weight", 0.5)  # type: ignore[no-untyped-call]
    if for_good:
        prune.remove(module, "weight")  # type: ignore[no-untyped-call]


WEIGHTED: dict[str, Callable[[nn.Module], Any]] = {
    "weight_norm": nn.utils.weight_norm,
    "parametrization": parametrizations.weight_norm,
    "spectral": nn.utils.spectral_norm,
    "spectral parametrization": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "pruned": prune_half,
    "pruned for good": lambda module: prune_half(module, for_good=True),
}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_that_are_computed_come_from_operators_on_constants(name: str) -> None:
    model = nn.Sequential(nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32))
    WEIGHTED[name](model[0])
    graph = trace_graph(model, name, (8, 8), 3)
    check(graph)
    weights = graph.tensors[find(graph, "0").reads[1]]
    assert weights.shape == (32, 3, 3, 3)
    assert weights.constant == (name == "pruned for good")
    computed = {"image"}
    for operator in graph.operators:
        computed |= set(operator.makes) if computed & set(operator.reads) else set()
    assert weights.name not in computed


def test_tied_weights_and_views_of_one_storage_have_one_buffer() -> None:
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Flatten(2), nn.Linear(3, 3))
    first: Any = model[0].weight
    model[1].weight = first
    model[3].weight.data = first.data.view(3, 3)
    graph = trace_graph(model, "tied", (1, 3), 3)
    assert find(graph, "1").reads[1] == "0.weight"
    assert graph.tensors["3.weight"].storage == "0.weight"
    assert len({tensor.storage for tensor in graph.tensors.values() if tensor.constant}) == 4


def test_an_operator_that_is_not_known_says_so() -> None:
    class Net(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            spectrum: Tensor = torch.fft.fft(x)
            return spectrum.abs()

    unknown = next(o for o in trace_graph(Net(), "net", (4, 4), 3).operators if o.kind == "unknown")
    assert (unknown.written, unknown.reason) == ("_fft_r2c", "an operator that mbcost does not know")


def test_a_model_without_a_result_is_refused() -> None:
    with pytest.raises(MbcostError, match="net makes no tensor from its image: name a model whose result depends"):
        trace_graph(nn.Identity(), "net", (4, 4), 3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small model as `torch.export` saves it."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU6(), nn.Flatten(), nn.Linear(392, 4))
    path = tmp_path_factory.mktemp("saved") / "net.pt2"
    torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, 3, 16, 16),)), path)
    return path


def test_a_saved_program_has_the_graph_of_its_model(saved: Path) -> None:
    program = load_model(str(saved))
    assert find_image(program) == (3, (16, 16))
    graph = trace_graph(program, "net", (16, 16), 3)
    check(graph)
    kinds = [(operator.name, operator.kind) for operator in graph.operators if operator.kind != "transpose"]
    assert kinds == [("0", "conv"), ("1", "norm"), ("2", "activation"), ("3", "reshape"), ("4", "linear")]
    assert graph.tensors["4.weight"].shape == (4, 392)
    with pytest.raises(MbcostError, match="exported for 1x3x16x16: state that resolution"):
        trace_graph(load_model(str(saved)), "net", (32, 32), 3)


def test_a_saved_program_has_the_size_of_its_image_and_reads_one(saved: Path, tmp_path: Path) -> None:
    def open_sides(module: dict[str, Any], sides: slice) -> None:
        for side in module["graph"]["tensor_values"]["input"]["sizes"][sides]:
            side["as_expr"] = side.pop("as_int")

    def read_eight(module: dict[str, Any]) -> None:
        module["graph"]["tensor_values"]["input"]["sizes"][0]["as_int"] = 8

    batch = edit(saved, tmp_path / "batch.pt2", lambda module: open_sides(module, slice(1)))
    assert find_image(load_model(batch)) == (3, (16, 16))
    assert find_image(load_model(edit(saved, tmp_path / "open.pt2", lambda m: open_sides(m, slice(4))))) is None
    assert open_target(batch, {}, (224, 224), 1)[1].resolution == (16, 16)
    eight = edit(saved, tmp_path / "eight.pt2", read_eight)
    with pytest.raises(MbcostError, match="exported for 8x3x16x16: export it for one image"):
        trace_graph(load_model(eight), "net", (16, 16), 3)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_saved_program_that_is_a_pipe_a_device_or_a_folder_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt2")
    (tmp_path / "folder.pt2").mkdir()
    (tmp_path / "device.pt2").symlink_to("/dev/zero")
    for name in ("pipe", "folder", "device"):
        path = str(tmp_path / f"{name}.pt2")
        with pytest.raises(MbcostError, match="is not a regular file"):
            load_model(path)
        with pytest.raises(MbcostError, match=r"is not a regular file|is a folder"):
            read_model(path)


def test_no_pickle_of_a_saved_program_is_loaded(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a pickle is loaded")

    for module, name in ((torch, "load"), (pickle, "load"), (pickle, "loads"), (pickle, "Unpickler")):
        monkeypatch.setattr(module, name, load)
    load_model(str(saved))


def edit(saved: Path, target: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Write a saved program with a changed graph and return its name."""
    with zipfile.ZipFile(saved) as archive:
        name = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        program = json.loads(archive.read(name))
    change(program["graph_module"])
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, json.dumps(program))
    return str(target)


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an operator that reads a file": (
        lambda module: module["graph"]["nodes"][0].update(target="torch.ops.aten.from_file.default", inputs=[]),
        "reads no tensor",
    ),
    "code": (lambda module: module["graph"]["nodes"][0].update(target="os.system"), "torch does not have"),
    "a shape": (
        lambda module: [meta.update(sizes=[{"as_int": 2**60}]) for meta in module["graph"]["tensor_values"].values()],
        "shape of .* is not possible",
    ),
    "no inputs": (lambda module: module["signature"].update(input_specs=[]), "reads 0 inputs"),
    "another type": (lambda module: module["graph"].update(nodes=3), "does not run|not a program"),
    "a missing name": (lambda module: module["graph"]["nodes"].pop(0), "does not run"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_one_clear_line(name: str, saved: Path, tmp_path: Path) -> None:
    change, message = HOSTILE[name]
    path = edit(saved, tmp_path / "bad.pt2", change)
    with pytest.raises(MbcostError, match=message) as caught:
        trace_graph(load_model(path), path, (16, 16), 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 100, b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18])
def test_a_file_that_is_not_an_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    path.write_bytes(content)
    with pytest.raises(MbcostError, match=r"save the model again|is not a model"):
        load_model(str(path))
