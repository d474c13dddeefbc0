"""Models with one fault each: `verify` names the layer and what is wrong with it, and the costs add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mbcost.analytic.network import Network, resolve
from mbcost.measured.build import build
from mbcost.measured.modules import Convolution, ConvUnit
from mbcost.measured.own import trace_model
from mbcost.questions.verify.verification import Verification
from mbcost.questions.verify.verify import identify_model, verify_model
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from tests.data.wild.net import make
from tests.models import weights_filled
from tests.questions.validate.test_planted_faults import expand_in_the_first_block, leave_out, put
from tests.sampling import keep_one_of

Plant = Callable[[nn.Module], Any]
SIDE = 96


@pytest.fixture(scope="module", autouse=True)
def _no_random_weights() -> Iterator[None]:
    with weights_filled():
        yield


def network(name: str = "v2") -> Network:
    return resolve(load_spec(name), resolution=SIDE, implementation="torchvision")


def model_of(name: str, plant: Plant = lambda _: None) -> nn.Module:
    model = build(load_spec(name), implementation="torchvision")
    plant(model)
    return model


def verified(model: nn.Module, name: str = "v2", side: int = SIDE) -> Verification:
    """Return the answer, and check that its differences add up to the difference of the totals."""
    ours = resolve(load_spec(name), resolution=side, implementation="torchvision")
    traced = trace_model(model, "mine", (side, side), 3)
    answer = verify_model(ours, traced)
    params = sum(parameter.numel() for parameter in model.parameters())
    assert ours.params() + answer.params == traced.params == params
    assert ours.mult_adds() + answer.mult_adds == traced.macs
    return answer


def causes(answer: Verification) -> list[tuple[str | None, str | None, dict[str, tuple[str, str]]]]:
    """Return what is not inherited: the name in the table, the name in the model, the features that differ."""
    return [
        (
            layer.expected.name if layer.expected else None,
            layer.actual.name if layer.actual else None,
            {
                difference.feature: (difference.expected, difference.actual)
                for difference in layer.features
                if not difference.inherited
            },
        )
        for layer in answer.layers
        if not layer.inherited
    ]


class Functional(nn.Module):
    """A convolution that is called as a function, with weights in a parameter of an unusual name."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Parameter(torch.zeros(96, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.filters, stride=1, padding=1, groups=96)


class Standardized(nn.Conv2d):
    """A convolution with computed weights."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight - self.weight.mean(), None, self.stride, self.padding)


def share(model: nn.Module) -> None:
    first = model.get_submodule("5.2.expand.conv")
    model.get_submodule("5.3.expand").add_module("conv", first)


def call_a_block_twice(model: nn.Module) -> None:
    model.get_submodule("5").add_module("3", model.get_submodule("5.2"))


def repeat_once_more(model: nn.Module) -> None:
    model.get_submodule("5").add_module("4", model_of("v2").get_submodule("5.3"))


def two_faults(model: nn.Module) -> None:
    expand_in_the_first_block(model)
    leave_out("5.3")(model)


def bias_everywhere(model: nn.Module) -> None:
    for conv in model.modules():
        if isinstance(conv, nn.Conv2d):
            conv.bias = nn.Parameter(torch.zeros(conv.out_channels))


UNIT = "2.1.depthwise.conv"
PLANTED: dict[str, tuple[Plant, str | None, str | None, dict[str, tuple[str, str]]]] = {
    "stride": (
        lambda model: setattr(model.get_submodule(UNIT), "stride", (1, 1)),
        "2.1.depthwise", UNIT, {"stride": ("2", "1")},
    ),
    "kernel": (put(UNIT, lambda: nn.Conv2d(96, 96, 5, 2, 2, groups=96, bias=False)),
               "2.1.depthwise", UNIT, {"kernel": ("3x3", "5x5")}),
    "groups ignored": (put(UNIT, lambda: nn.Conv2d(96, 96, 3, 2, 1, bias=False)),
                       "2.1.depthwise", UNIT, {"groups": ("96", "1")}),
    "dilation": (put(UNIT, lambda: nn.Conv2d(96, 96, 3, 2, 2, 2, groups=96, bias=False)),
                 "2.1.depthwise", UNIT, {"dilation": ("1", "2")}),
    "padding": (put(UNIT, lambda: nn.Conv2d(96, 96, 3, 2, 0, groups=96, bias=False)),
                "2.1.depthwise", UNIT, {"output map": ("24x24", "23x23")}),
    "missing bias": (put("10.1.classifier.linear", lambda: nn.Linear(1280, 1000, bias=False)),
                     "10.1.classifier", "10.1.classifier.linear", {"bias": ("bias", "no bias")}),
    "extra bias": (put("3.2.project.conv", lambda: nn.Conv2d(192, 32, 1)),
                   "3.2.project", "3.2.project.conv", {"bias": ("no bias", "bias")}),
    "missing norm": (put("4.2.expand.norm", nn.Identity),
                     "4.2.expand", "4.2.expand.conv", {"norm": ("norm", "no norm")}),
    "forgotten repeat": (leave_out("5.3"), "5.3.expand", None, {}),
    "repeat too many": (repeat_once_more, None, "5.4.expand.conv", {}),
    "t = 1 expansion": (expand_in_the_first_block, None, "1.1.expand.conv", {}),
    "missing depthwise": (leave_out("3.3.depthwise"), "3.3.depthwise", None, {}),
    "extra layer": (put("8.1.after", lambda: ConvUnit(Convolution(1280, 1280), activation="relu6")),
                    None, "8.1.after.conv", {}),
    "functional": (put(UNIT, Functional), "2.1.depthwise", "2.1.depthwise.conv.filters", {"stride": ("2", "1")}),
    "shared module": (share, "5.3.expand", "5.2.expand.conv", {"weights": ("its own", "those of 5.2.expand.conv")}),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_the_first_difference_and_the_only_cause(fault: str) -> None:
    plant, expected, actual, features = PLANTED[fault]
    answer = verified(model_of("v2", plant))
    assert causes(answer)[0] == (expected, actual, features)
    assert answer.layers[0].inherited is False
    blocks = {(expected or actual or "").rpartition(".")[0][:4] for expected, actual, _ in causes(answer)}
    assert len(blocks) == 1, "nothing else is a cause"


def test_a_different_head_width_is_explained_by_an_earlier_table() -> None:
    model = build(load_spec("v3-small-arxiv4"))
    answer = verified(model, "v3-small")
    assert causes(answer) == [("14.1.head", "14.1.head.conv", {"output channels": ("1024", "1280")})]
    assert [layer.expected and layer.expected.name for layer in answer.layers] == ["14.1.head", "15.1.classifier"]
    assert answer.explanation is not None
    assert answer.explanation.clauses[0] == "the table is that of v3-small-arxiv4"


def test_computed_weights_are_those_of_their_layer() -> None:
    answer = verified(model_of("v2", put("4.2.expand.conv", lambda: Standardized(64, 384, 1, bias=False))))
    assert answer.equal
    assert [(call.facts.name, call.computed_from) for call in answer.model.calls if call.computed_from] == [
        ("4.2.expand.conv", ("4.2.expand.conv.weight",))
    ]


def test_parameters_that_belong_to_no_layer_are_a_difference() -> None:
    def plant(model: nn.Module) -> None:
        model.register_parameter("scale", nn.Parameter(torch.ones(3)))

    answer = verified(model_of("v2", plant))
    assert (answer.layers, answer.equal, answer.model.loose) == ((), False, (("scale", 3),))


@pytest.mark.parametrize("name", keep_one_of(2, [(name,) for name in NETWORKS]))
def test_a_model_of_a_table_is_equal_to_it_and_identified(name: str) -> None:
    spec = load_spec(name)
    alpha = spec.published_alphas[-1]
    model = build(spec, alpha=alpha)
    traced = trace_model(model, "mine", (SIDE, SIDE), 3)
    assert verify_model(resolve(spec, alpha=alpha, resolution=SIDE), traced).equal
    answer = identify_model([load_spec(candidate) for candidate in NETWORKS], traced)
    assert answer.equal
    exact = {(match.network.spec.name, match.network.alpha) for match in answer.candidates if match.exact}
    assert (name, alpha) in exact


def test_an_unpublished_alpha_is_found_from_the_widths() -> None:
    traced = trace_model(build(load_spec("v2"), alpha=0.9), "mine", (SIDE, SIDE), 3)
    answer = identify_model([load_spec(name) for name in NETWORKS], traced)
    assert (answer.equal, answer.network.spec.name, answer.network.alpha) == (True, "v2", 0.9)


@pytest.mark.parametrize(
    ("plant", "mistakes"),
    [
        (expand_in_the_first_block, ("t=1 expansion",)),
        (leave_out("5.3"), ("row 5: 2 repeats",)),
        (two_faults, ("t=1 expansion", "row 5: 2 repeats")),
        (bias_everywhere, ("biases everywhere",)),
        (lambda model: setattr(model.get_submodule(UNIT), "stride", (1, 1)), ("row 2: stride 1",)),
    ],
)  # fmt: skip
def test_known_mistakes_explain_every_difference(plant: Plant, mistakes: tuple[str, ...]) -> None:
    explanation = verified(model_of("v2", plant)).explanation
    assert explanation is not None
    assert (explanation.exact, set(explanation.mistakes)) == (True, set(mistakes))
    assert explanation.network.implementation == "torchvision"


def test_an_explanation_says_how_its_network_differs_from_the_one_asked_about() -> None:
    traced = trace_model(
        build(load_spec("v2"), alpha=0.75, implementation="torchvision", classes=10), "mine", (SIDE, SIDE), 3
    )
    explanation = verify_model(network(), traced).explanation
    assert explanation is not None
    assert explanation.exact
    assert explanation.clauses == ("alpha is 0.75, not 1", "there are 10 classes, not 1000")


@pytest.mark.parametrize(("alpha", "clauses"), [(1.0, None), (0.75, ("alpha is 0.75, not 1",))])
def test_a_network_without_the_differing_layers_is_not_an_explanation(
    alpha: float, clauses: tuple[str, ...] | None
) -> None:
    """Two repeats have fewer unmatched layers than three repeats of which one shares its weights with another."""
    model = build(load_spec("v2"), alpha=alpha, implementation="torchvision")
    call_a_block_twice(model)
    explanation = verified(model).explanation
    assert (explanation and explanation.clauses) == clauses
    assert explanation is None or not explanation.exact


def test_a_model_that_resembles_no_network_has_no_explanation() -> None:
    assert verified(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3))).explanation is None


# The faults of a V2 table that was in a different tool for years.

STEM = ("0.1.conv", {"kernel": ("3x3", "1x1")})
PROJECTION = ("2.1.project", {"output channels": ("24", "96")})
LATER_PROJECTION = ("6.2.project", {"output channels": ("160", "960")})
REPEAT: tuple[str, dict[str, tuple[str, str]]] = ("5.3.project", {})
CLASSIFIER = ("10.1.classifier", {"kernel": ("1x1", "7x7")})


STEM_MISTAKE = "row 0 has kernel 1x1"
PROJECTIONS_MISTAKE = "projections keep the expanded width"
REPEAT_MISTAKE = "row 5 has 2 repeats"
CLASSIFIER_MISTAKE = "a convolution as large as the map replaces the pool and the layer after it"


@pytest.mark.parametrize(
    ("faults", "named", "number", "mistakes"),
    [
        ({}, [], 0, set()),
        ({"stem": True}, [STEM], 1, {STEM_MISTAKE}),
        ({"projections": True}, [PROJECTION, LATER_PROJECTION], 17, {PROJECTIONS_MISTAKE}),
        ({"repeat": True}, [REPEAT], 3, {REPEAT_MISTAKE}),
        ({"classifier": True}, [CLASSIFIER], 1, {CLASSIFIER_MISTAKE}),
        (
            dict.fromkeys(("stem", "projections", "repeat", "classifier"), True),
            [STEM, PROJECTION, LATER_PROJECTION, REPEAT, CLASSIFIER], 1 + 16 + 3 + 1,
            {STEM_MISTAKE, PROJECTIONS_MISTAKE, REPEAT_MISTAKE, CLASSIFIER_MISTAKE},
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_the_faults_of_the_wild_are_named(
    faults: dict[str, bool],
    named: list[tuple[str, dict[str, tuple[str, str]]]],
    number: int,
    mistakes: set[str],
) -> None:
    answer = verified(make(**faults), side=224)
    differences = {name: features for name, _, features in causes(answer)}
    assert len(differences) == number
    for name, features in named:
        assert features.items() <= differences[name].items(), name
    explanation = answer.explanation
    assert set(explanation.clauses if explanation else ()) == mistakes
    assert explanation is None or explanation.exact
