"""`--prove` for ONNX files: those of torch's exporter are the function of the network, and planted faults are named."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from torch import nn

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.files.onnx.edit import Editable
from mbcost.present.verify.proof import describe_first
from mbcost.present.verify.verify import as_table
from mbcost.questions.networks import Asked
from mbcost.questions.verify import prove_file
from mbcost.questions.verify.from_graph import fold_network
from mbcost.questions.verify.prove import Proof
from mbcost.questions.verify.verification import Verification
from mbcost.questions.verify.verify import add_proof, read_traced, verify_model
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.function import TOLERANCE
from tests.files.onnx.exported import make_model, write
from tests.questions.verify.planted import make
from tests.questions.verify.test_planted import expected

SIDE = 32


@cache
def v2() -> Network:
    return resolve(load_spec("v2"), alpha=0.35, resolution=SIDE)


def export(model: nn.Module, folder: Path, *, keep: bool = False) -> str:
    path = folder / "mine.onnx"
    write(model.eval(), path, (SIDE, SIDE), keep=keep, dynamo=False)
    return str(path)


def verify(network: Network, file: str) -> Verification:
    return verify_model(network, read_traced(file, Asked()), any_epsilon=True)


def prove(network: Network, file: str) -> Proof:
    """Compare the results, also if `verify` names a difference already."""
    traced = read_traced(file, Asked())
    known = fold_network(network) if traced.folded else network
    return prove_file.prove_file(known, file, traced, None, any_implementation=True, force=False)


@pytest.mark.parametrize("keep", [False, True], ids=["folded", "with norms"])
def test_torchvisions_file_is_the_function_of_its_implementation(tmp_path: Path, *, keep: bool) -> None:
    file = export(make_model("torchvision", "v2", 0.35), tmp_path, keep=keep)
    answer = add_proof(verify(v2(), file), file, any_implementation=True)
    assert answer.equal
    assert answer.proof is not None
    assert answer.proof.network.implementation == "torchvision"
    assert 0 < answer.proof.facts.largest < TOLERANCE / 3, "rounding of float32 is far below the limit"
    assert as_table(answer).title.endswith("the same function to 3e-06 as v2@0.35/32:torchvision")


def test_weights_that_are_all_zero_hide_no_fault(tmp_path: Path) -> None:
    for fault, equal in ((), True), (("asymmetric padding",), False):
        file = export(make(*fault), tmp_path, keep=True)
        model = Editable(Path(file), file).model
        for tensor in model.graph.initializer:
            tensor.raw_data = bytes(len(tensor.raw_data))
        Path(file).write_bytes(model.SerializeToString())
        answer = verify(expected(), file)
        assert answer.equal
        proved = add_proof(answer, file, any_implementation=True)
        assert proved.equal == equal
        assert proved.proof is not None
        assert (proved.proof.block == "2.1") is not equal


@pytest.mark.parametrize(
    ("fault", "block", "words"),
    [
        ("no residual", "4.1", "the result of 4.1.add, which 5.1.conv reads, differs"),
        ("relu6 for relu", "4.1", "the result of 4.1.depthwise, which 4.1.project reads, differs"),
    ],
)
def test_a_fault_is_named_with_its_block(fault: str, block: str, words: str, tmp_path: Path) -> None:
    proof = prove(expected(), export(make(fault), tmp_path))
    assert (proof.equal, proof.block) == (False, block)
    assert words in describe_first(proof)
    assert proof.difference > 100 * TOLERANCE


def test_what_cannot_be_proved_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = export(make(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(prove_file, "MOST_BYTES", 1000)
        with pytest.raises(MbcostError, match=r"mine.onnx has [\d,]+ bytes, and --prove stops at 1,000: add --force"):
            prove(expected(), file)
    with pytest.raises(MbcostError, match=r"--prove runs ONNX files and models in Python, and net\.tflite is neither"):
        prove_file.check_provable("net.tflite")
    model = Editable(Path(file), "mine.onnx").model
    model.graph.node[-1].domain = "mine"
    Path(file).write_bytes(model.SerializeToString())
    with pytest.raises(MbcostError, match=r"ONNX's own operators only, and the file has others \(mine.Gemm\)"):
        Editable(Path(file), "mine.onnx")
    model.graph.node[-1].domain = ""
    model.graph.initializer[0].data_location = 1
    model.graph.initializer[0].external_data.add(key="location", value="../outside")
    Path(file).write_bytes(model.SerializeToString())
    with pytest.raises(MbcostError, match="which is not a file in the model's folder"):
        Editable(Path(file), "mine.onnx")
