"""`--prove`: the libraries' models are the function of their implementation, and what cannot be run says so."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import mbcost
from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.measured.both import trace_both
from mbcost.measured.build import build
from mbcost.measured.stand_ins import StandIns
from mbcost.present.verify.verify import as_table, render_junit
from mbcost.questions.verify.verification import Verification
from mbcost.questions.verify.verify import add_proof, verify_model
from mbcost.spec.catalogue.library import load_spec
from tests.measured.library_models import build_reference

SIDE = 32


def prove(model: nn.Module, net: str, implementation: str, alpha: float = 1.0, classes: int = 1000) -> Verification:
    network = resolve(load_spec(net), alpha=alpha, resolution=SIDE, implementation=implementation, classes=classes)
    answer = verify_model(network, trace_both(model, "mine", (SIDE, SIDE), 3))
    assert answer.layers == ()
    return add_proof(answer, model, any_implementation=False)


def test_torchvisions_model_is_the_function_of_its_implementation_and_of_no_other() -> None:
    model, _ = build_reference("torchvision", "v3-small", resolution=(SIDE, SIDE))
    proof = prove(model, "v3-small", "torchvision").proof
    assert proof is not None
    assert proof.equal
    assert proof.facts.largest < 1e-9
    assert len(proof.blocks) > 10
    wrong = prove(model, "v3-small", "keras")  # pads a stride on different sides
    assert wrong.proof is not None
    assert (wrong.equal, wrong.proof.block) == (False, "0.1")


def test_a_keras_model_is_the_function_of_its_implementation() -> None:
    """It reads its image with channels last, and writes its norms out."""
    model, _ = build_reference("keras", "v2", alpha=0.35, resolution=(SIDE, SIDE))
    proof = prove(model, "v2", "keras", 0.35).proof
    assert proof is not None
    assert proof.equal
    assert proof.facts.largest < 1e-9


def make() -> nn.Module:
    return build(load_spec("v2"), alpha=0.35, implementation="torchvision", classes=5)


def test_any_implementation_can_be_the_one() -> None:
    answer = mbcost.verify(make(), f"v2@0.35/{SIDE}", classes=5, prove=True)
    assert answer.equal
    assert answer.proof is not None
    assert (answer.network.implementation, answer.proof.network.implementation) == ("official", "torchvision")
    assert as_table(answer).title.endswith("the same function to 3e-06 as v2@0.35/32:torchvision")
    assert 'failures="0"' in render_junit(answer)


class Uncertain(nn.Module):
    """Runs a network, unless the image is all zeros, or not all zeros."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.net, self.problem = make(), problem

    def forward(self, x: Tensor) -> Any:
        out = self.net(x)
        if bool(x.any()):
            if self.problem == "fails":
                raise ValueError("only zeros")
            return out + self.net(x)
        return out


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ("fails", "mine does not run on random images in float64: ValueError: only zeros"),
        ("repeats", "mine executes 106 layers on a random image and 53 on zeros: its layers depend on the values"),
    ],
)
def test_a_model_that_depends_on_the_image_is_refused(problem: str, message: str) -> None:
    with pytest.raises(MbcostError, match=message):
        prove(Uncertain(problem), "v2", "torchvision", 0.35, 5)


def test_parameters_without_values_are_refused() -> None:
    with torch.device("meta"):
        model = make()
    with pytest.raises(MbcostError, match="mine has parameters without values"):
        prove(model, "v2", "torchvision", 0.35, 5)


def test_stand_ins_keep_what_is_written_away_from_the_tensors_of_a_model() -> None:
    whole = torch.arange(6.0)
    part, outside = whole[2:4], torch.ones(2)
    with StandIns([whole]) as stand_ins, stand_ins.functions, torch.no_grad():
        part.add_(1)
        outside.mul_(3)
        total = (whole.sum() + outside.half().sum(), part.float().dtype)
    assert (float(total[0]), total[1]) == (15 + 2 + 6, torch.float64)
    assert whole.tolist() == [0, 1, 2, 3, 4, 5]
    assert outside.tolist() == [1, 1]
