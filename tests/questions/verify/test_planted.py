"""Faults that cost nothing are named by `verify` or by `--prove`, and harmless changes are not.

`python -m tests.questions.verify.test_planted` shows what is said of each fault alone.
"""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
from torch import nn

from mbcost.analytic.network import Network, resolve
from mbcost.measured.both import trace_both
from mbcost.present.verify.verify import as_json, as_table
from mbcost.questions.verify.verification import Verification
from mbcost.questions.verify.verify import add_proof, verify_model
from mbcost.spec.catalogue.library import load_spec
from tests.questions.verify.planted import SPEC, make

# What is said of each fault: the layer, the feature, the expected value and the model's, as patterns.
FAULTS = {
    "no residual": ("4.1.project", "residual connection", "from 3.1.add|from 3.1.project.*", "none"),
    "residual across a stride": ("2.1.project", "residual connection", "none", "from .*slice of.*"),
    "residual of an earlier block": ("4.1.project", "residual connection", "from 3.1.project", "none"),
    "residual twice": ("3.1.project", "residual connection", "none", "from 2.1.project.*"),
    "residual scaled": ("3.1.project", "after it", "none", "multiply 0.5"),
    "residual subtracted": ("3.1.project", "residual connection", "from 3.1.add", "from subtract of.*"),
    "residual multiplied": ("3.1.project", "residual connection", "from 3.1.add", "from .* x .*"),
    "activation after residual": ("3.1.project", "activation", "none", "relu"),
    "residual before norm": ("3.1.project", "order", "norm, addition", "addition, norm"),
    "relu6 for relu": ("4.1.depthwise", "activation", "relu", "relu6"),
    "relu for hard swish": ("0.1.conv", "activation", "hard_swish", "relu"),
    "swish for hard swish": ("5.1.conv", "activation", "hard_swish", "swish"),
    "leaky relu": ("4.1.expand", "after it", "relu", "leaky_relu.*"),
    "no activation": ("2.1.expand", "activation", "hard_swish", "none"),
    "activation after projection": ("2.1.project", "activation", "none", "hard_swish"),
    "activation twice": ("5.1.conv", "activation", "none", "hard_swish"),
    "norm after activation": ("2.1.expand", "order", "norm, hard_swish", "hard_swish, norm"),
    "norm of the batch": ("2.1.expand", "norm statistics", "running", "of the input"),
    "wrong epsilon": ("3.1.project", "epsilon", "0.001", "1e-05"),
    "sigmoid gate": ("3.1.se.expand", "activation", "hard_sigmoid", "sigmoid"),
    "no gate function": ("3.1.se.expand", "activation", "hard_sigmoid", "none"),
    "gate plus one": ("3.1.se.expand", "after it", "none", "add 1"),
    "gate added": ("3.1.se.expand", "residual connection", "from .* x .*", "from .* and .*"),
    "gate not applied": ("3.1.project", "reads", ".* x .*", "hard_swish of 3.1.depthwise"),
    "swish in the squeeze": ("3.1.se.reduce", "activation", "relu", "swish"),
    "squeeze by maximum": ("3.1.se.reduce", "pool", "global average", "global max"),
    "squeeze of the expansion": ("3.1.se.reduce", "reads", ".* of 3.1.depthwise", ".* of 3.1.expand"),
    "gate before depthwise": ("3.1.depthwise", "position", "after 3.1.expand", "after 3.1.se.expand"),
    "maximum for average": ("7.1.head", "pool", "global average", "global max"),
    "no activation of the head": ("7.1.head", "activation", "hard_swish", "none"),
    "softmax": ("8.1.classifier", "after it", "none", "softmax"),
    "log softmax": ("8.1.classifier", "after it", "none", ".*softmax"),
    "dropout left on": ("7.1.head", "after it", "none", "random numbers"),
    "noise": ("2.1.depthwise", "after it", "none", "random numbers"),
    "reflected padding": ("3.1.depthwise", "padding", "zeros", "reflect"),
    "swapped image": ("0.1.conv", "before it", "none", "transpose 0 1 3 2"),
    "mirrored image": ("0.1.conv", "before it", "none", "transpose"),
    "channels of the image reversed": ("0.1.conv", "before it", "none", "transpose"),
    "rolled map": ("3.1.project", "before it", "none", ".+"),
    "channel shuffle": ("3.1.project", "before it", "none", "transpose 0 2 1 3 4"),
    "channels in another order": ("4.1.depthwise", "after it", "none", "transpose"),
    "centered map": ("4.1.project", "reads", "relu of 4.1.depthwise", "subtract of.*"),
}
# Faults of different layers are in one model, which is as strict and takes less time.
GROUPS = (
    ("no residual", "relu for hard swish", "residual across a stride", "sigmoid gate", "softmax"),
    ("residual twice", "relu6 for relu", "no activation", "maximum for average", "swish in the squeeze",
     "dropout left on"),
    ("residual scaled", "leaky relu", "activation after projection", "no gate function", "log softmax",
     "activation twice"),
    ("residual subtracted", "norm after activation", "gate plus one", "no activation of the head", "mirrored image",
     "reflected padding"),
    ("residual multiplied", "wrong epsilon", "squeeze by maximum", "swapped image", "centered map"),
    ("activation after residual", "gate added", "channels in another order", "channels of the image reversed",
     "swish for hard swish"),
    ("squeeze of the expansion", "noise", "rolled map"),
    ("residual before norm", "gate not applied", "norm of the batch", "residual of an earlier block"),
    ("gate before depthwise",),
    ("channel shuffle",),
)  # fmt: skip
# Faults that only the results show, and what is said of them.
PROVED = {
    "asymmetric padding": "block 2.1: the result of 2.1.depthwise, which reads the same map,.*: it is padded on other",
    "swapped kernel": "2.1.depthwise reads its weights with height and width swapped",
    "image normalized twice": "the model rescales the image before its first layer: 19.07 x - 11.37, ",
    "bias without effect": "8.1.classifier computes with zeros instead of its bias",
}
HARMLESS = (
    ("other momentum", "hard swish in pieces", "hard sigmoid in pieces", "relu by clamp", "residual in place",
     "pool by mean", "output in a dict"),
    ("relu twice", "residual reversed", "dropout", "zero scales", "weight norm", "channels last", "image in bytes"),
    ("spectral norm", "pruned", "frozen", "half precision"),
)  # fmt: skip


@cache
def expected() -> Network:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "planted.yaml")
        path.write_text(SPEC)
        return resolve(load_spec(str(path)), classes=5)


def verify(model: nn.Module) -> Verification:
    return verify_model(expected(), trace_both(model, "mine", (32, 32), 3))


def test_every_fault_is_tried() -> None:
    assert sorted(fault for group in GROUPS for fault in group) == sorted(FAULTS)
    assert len(FAULTS) + len(PROVED) > 40


@pytest.mark.parametrize("faults", GROUPS, ids=lambda faults: faults[0])
def test_a_fault_that_costs_nothing_is_named(faults: tuple[str, ...]) -> None:
    answer = verify(make(*faults))
    assert not answer.equal
    assert (answer.params, answer.mult_adds) == (0, 0)
    said = [
        (layer.expected.name, change.feature, change.expected, change.actual)
        for layer in answer.layers
        for change in layer.features
        if layer.expected is not None
    ]
    for fault in faults:
        assert any(all(map(re.fullmatch, FAULTS[fault], words)) for words in said), (fault, said)


@pytest.mark.parametrize("fault", PROVED)
def test_a_fault_that_only_results_show_is_named_by_a_proof(fault: str) -> None:
    model = make(fault)
    answer = verify(model)
    assert answer.equal, "layer by layer it is the network"
    proved = add_proof(answer, model, any_implementation=True)
    assert not proved.equal
    assert re.match(rf"mine is not planted@1/32:torchvision: {PROVED[fault]}", as_table(proved).title)
    first = as_json(proved)["proof"]
    assert not first["equal"]
    assert first["notes"] or first["first"]["difference"] > 1e-3


@pytest.mark.parametrize("changes", HARMLESS, ids=lambda changes: changes[0])
def test_another_spelling_is_the_same_function(changes: tuple[str, ...]) -> None:
    model = make(*changes)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    answer = add_proof(verify(model), model, any_implementation=True)
    assert answer.layers == ()
    assert answer.equal, answer.proof
    assert answer.proof is not None
    assert answer.proof.facts.largest < 1e-9, "rounding only"
    after = model.state_dict()
    assert all(value.equal(after[name]) for name, value in before.items()), "the model is as it was"


if __name__ == "__main__":
    for name in (*FAULTS, *PROVED):
        single = make(name)
        print(name, as_table(add_proof(verify(single), single, any_implementation=True)).title, sep=": ")
