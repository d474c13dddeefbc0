"""What costs nothing and changes outputs is a difference with a name; what changes nothing is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune, spectral_norm, vector_to_parameters, weight_norm

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.measured.build import build
from mbcost.measured.modules import Parts
from mbcost.measured.own import trace_model
from mbcost.present.verify.verify import as_json, as_table
from mbcost.questions.verify.export import flatten
from mbcost.questions.verify.verification import Verification
from mbcost.questions.verify.verify import verify_model
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.table import Spec
from tests.models import weights_filled

SIDE = 64
UNIT = "2.1.depthwise"


@pytest.fixture(scope="module", autouse=True)
def _no_random_weights() -> Iterator[None]:
    with weights_filled(1.0):
        yield


ROWS = {"v2": 3, "v3-small": 6, "resnet-50": 4}
"""The first rows of a table are enough."""


def table(net: str) -> Spec:
    spec = load_spec(net)
    return replace(spec, rows=spec.rows[: ROWS[net]])


def verified(change: Callable[[nn.Module], object], net: str = "v2", **options: Any) -> Verification:
    """Return the answer, and check that its differences add up to the difference of the totals."""
    model = build(table(net), implementation="torchvision")
    change(model)
    traced = trace_model(model, "mine", (SIDE, SIDE), 3)
    ours = resolve(table(net), resolution=SIDE, implementation="torchvision")
    answer = verify_model(ours, traced, **options)
    assert traced.stored == sum(parameter.numel() for parameter in model.parameters())
    assert (ours.params() + answer.params, ours.mult_adds() + answer.mult_adds) == (traced.params, traced.macs)
    return answer


def replace_norms(make: Callable[[int], nn.Module], names: str = "") -> Callable[[nn.Module], None]:
    def change(model: nn.Module) -> None:
        for name, module in list(model.named_modules()):
            norm = getattr(module, "norm", None)
            if isinstance(norm, nn.BatchNorm2d) and name.endswith(names):
                module.add_module("norm", make(norm.num_features))

    return change


NORMS: dict[str, tuple[Callable[[int], nn.Module], str, tuple[str, str]]] = {
    "group": (lambda c: nn.GroupNorm(8, c), "kind of norm", ("batch norm", "group norm of 8 groups")),
    "instance": (lambda c: nn.InstanceNorm2d(c, affine=True), "kind of norm", ("batch norm", "instance norm")),
    "tracking instance": (
        lambda c: nn.InstanceNorm2d(c, affine=True, track_running_stats=True), "kind of norm",
        ("batch norm", "instance norm"),
    ),
    "layer": (lambda c: nn.Sequential(Last(), nn.LayerNorm(c), Last()), "kind of norm", ("batch norm", "layer norm")),
    "rms": (lambda c: nn.Sequential(Last(), nn.RMSNorm(c), Last()), "kind of norm", ("batch norm", "rms norm")),
    "local response": (lambda _: nn.LocalResponseNorm(5), "kind of norm", ("batch norm", "local response norm")),
    "bare": (
        lambda c: nn.BatchNorm2d(c, affine=False), "norm parameters", ("scale and shift", "no scale and no shift"),
    ),
    "untracked": (
        lambda c: nn.BatchNorm2d(c, track_running_stats=False), "norm statistics", ("running", "of the input"),
    ),
    "epsilon": (lambda c: nn.BatchNorm2d(c, eps=0.01), "epsilon", ("1e-05", "0.01")),
    "none": (lambda _: nn.Identity(), "norm", ("norm", "no norm")),
    "twice": (
        lambda c: nn.Sequential(nn.BatchNorm2d(c), nn.BatchNorm2d(c)), "norm", ("norm", "norm of 192 channels"),
    ),
}  # fmt: skip


class Last(nn.Module):
    """Exchange the channels with the width."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 3)


@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_that_is_not_the_tables_is_a_difference_with_a_name(norm: str) -> None:
    make, feature, values = NORMS[norm]
    one = verified(replace_norms(make, f"2.{UNIT[2:]}"))
    (layer,) = one.layers
    assert layer.expected is not None
    assert layer.expected.name == UNIT
    reported = {difference.feature: (difference.expected, difference.actual) for difference in layer.features}
    assert reported[feature] == values
    assert one.explanation is not None
    assert one.explanation.exact
    assert all(UNIT in clause or "row 2" in clause for clause in one.explanation.clauses)
    if norm in ("group", "epsilon"):
        every = verified(replace_norms(make))
        assert len(every.layers) == 9
        assert every.explanation is not None
        (clause,) = every.explanation.clauses
        assert clause.startswith("every layer has ")


def test_the_epsilon_of_another_implementation_is_a_note_unless_an_implementation_was_asked_for() -> None:
    change = replace_norms(lambda c: nn.BatchNorm2d(c, eps=0.001))
    assert not verified(change).equal
    answer = verified(change, any_epsilon=True)
    assert answer.equal
    note = "the norms have epsilon 0.001, as in official, keras and transformers; torchvision has 1e-05"
    assert note in as_table(answer).notes
    assert not verified(replace_norms(lambda c: nn.BatchNorm2d(c, eps=0.002)), any_epsilon=True).equal


def test_a_norm_of_the_image_is_a_difference() -> None:
    answer = verified(
        lambda model: model.register_forward_pre_hook(lambda _, images: nn.functional.instance_norm(*images))
    )
    assert answer.layers[0].features[0].actual == "norm of 35 channels"


# Padding.


def pad_with(mode: str) -> Callable[[nn.Module], None]:
    def change(model: nn.Module) -> None:
        unit: Any = model.get_submodule(UNIT)
        settings: dict[str, Any] = {"padding_mode": mode}
        unit.conv = nn.Conv2d(96, 96, 3, 2, 1, groups=96, bias=False, **settings)

    return change


def pad_before(pad: nn.Module) -> Callable[[nn.Module], None]:
    def change(model: nn.Module) -> None:
        unit: Any = model.get_submodule(UNIT)
        unit.conv = nn.Sequential(pad, nn.Conv2d(96, 96, 3, 2, groups=96, bias=False))

    return change


@pytest.mark.parametrize(
    ("change", "mode"),
    [
        *((pad_with(mode), mode) for mode in ("reflect", "replicate", "circular")),
        (pad_before(nn.ReflectionPad2d(1)), "reflect"), (pad_before(nn.ReplicationPad2d(1)), "replicate"),
        (pad_before(nn.CircularPad2d(1)), "circular"), (pad_before(nn.ConstantPad2d(1, 0.5)), "0.5"),
        (pad_before(nn.ZeroPad2d(1)), None),
    ],
)  # fmt: skip
def test_padding_that_is_not_zeros_is_a_difference_with_a_name(
    change: Callable[[nn.Module], None], mode: str | None
) -> None:
    answer = verified(change)
    assert answer.equal == (mode is None)
    if mode is not None:
        (layer,) = answer.layers
        assert [(entry.feature, entry.expected, entry.actual) for entry in layer.features] == [
            ("padding", "zeros", mode)
        ]
        assert (layer.params, layer.mult_adds) == (0, 0)
        assert answer.explanation is not None
        assert answer.explanation.clauses == (f"{UNIT} is padded with {mode} instead of zeros",)


# The order of branches.


def run_first(name: str, blocks: str = "") -> Callable[[nn.Module], None]:
    """Let the shortcut of every block run before the other parts."""

    def change(model: nn.Module) -> None:
        for path, block in model.named_modules():
            if isinstance(block, Parts) and name in dict(block.named_children()) and path.startswith(blocks):
                block.forward = lambda x, block=block: forward(block, x)  # type: ignore[method-assign, misc]

    def forward(block: nn.Module, x: Tensor) -> Tensor:
        shortcut, out = block.get_submodule(name)(x), x
        for part_name, part in block.named_children():
            if part_name != name:
                out = part(out, shortcut) if part_name == "add" else part(out)
        return out

    return change


@pytest.mark.parametrize("blocks", ["", "3."])
def test_branches_can_run_in_any_order(blocks: str) -> None:
    answer = verified(run_first("shortcut", blocks), "resnet-50")
    assert (answer.equal, answer.same) == (True, 24)


def test_a_fault_beside_a_branch_that_runs_first_is_the_only_difference() -> None:
    def change(model: nn.Module) -> None:
        run_first("shortcut")(model)
        model.get_submodule("3.2.conv").add_module("norm", nn.Identity())

    answer = verified(change, "resnet-50")
    assert [layer.expected and layer.expected.name for layer in answer.layers] == ["3.2.conv"]
    assert answer.explanation is not None
    assert answer.explanation.clauses == ("3.2.conv has no norm",)


def test_layers_in_a_different_order_are_a_difference_of_position() -> None:
    def change(model: nn.Module) -> None:
        parts = dict(model.get_submodule("5.1").named_children())
        order = ("expand", "se", "depthwise", "project", "add")
        model.get_submodule("5").add_module("1", Parts({name: parts[name] for name in order}))

    answer = verified(change, "v3-small")
    assert not answer.equal
    assert (answer.params, answer.mult_adds) == (0, 0)
    assert {entry.feature for layer in answer.layers for entry in layer.features} == {"position"}


# Weights that the model computes.


class Doubled(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight * 2


class Separable(nn.Module):
    """The kernel as a product of a column and a row."""

    def __init__(self) -> None:
        super().__init__()
        self.column = nn.Parameter(torch.ones(96, 3, 1))
        self.row = nn.Parameter(torch.ones(96, 1, 3))

    def forward(self, x: Tensor) -> Tensor:
        weight = (self.column @ self.row)[:, None]
        return nn.functional.conv2d(x, weight, stride=2, padding=1, groups=96)


def replace_conv(make: Callable[[Any], object]) -> Callable[[nn.Module], None]:
    def change(model: nn.Module) -> None:
        unit: Any = model.get_submodule(UNIT)
        made = make(unit.conv)
        unit.conv = made if isinstance(made, nn.Module) else unit.conv

    return change


def parametrize_weight(conv: nn.Module) -> None:
    parametrize.register_parametrization(conv, "weight", Doubled())


def prune_weight(conv: nn.Module) -> None:
    prune.l1_unstructured(conv, "weight", 0.5)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("make", "extra"),
    [
        (weight_norm, 96), (parametrizations.weight_norm, 96), (spectral_norm, 0), (parametrizations.spectral_norm, 0),
        (prune_weight, 0), (parametrize_weight, 0), (lambda _: Separable(), 2 * 96 * 3 - 96 * 9),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_weights_of_a_layer_are_those_that_it_computes(make: Callable[[Any], object], extra: int) -> None:
    answer = verified(replace_conv(make))
    assert (answer.equal, answer.model.loose) == (True, ())
    (call,) = [call for call in answer.model.calls if call.computed_from]
    assert (call.params, call.stored, call.facts.weights) == (864 + 192, 864 + 192 + extra, 864)
    assert any("the weights of 2.1.depthwise.conv are computed" in note for note in as_table(answer).notes)
    (entry,) = as_json(answer)["computed_weights"]
    assert (entry["params"], entry["stored_params"]) == (call.params, call.stored)


def test_parameters_in_one_storage_belong_to_their_own_layers() -> None:
    def change(model: nn.Module) -> None:
        parameters = list(model.parameters())
        vector_to_parameters(torch.cat([parameter.detach().flatten() for parameter in parameters]), parameters)

    assert verified(change).equal


class Halves(nn.Module):
    """Two layers that have a half of one parameter each, and a third one that has the first half again."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.weight[:4], self.weight[4:]
        outputs = [nn.functional.conv2d(x, weight) for weight in (first, second, first)]
        return outputs[0] + outputs[1] + outputs[2]


def test_layers_with_parts_of_a_parameter_have_their_own_weights() -> None:
    traced = trace_model(Halves(), "mine", (8, 8), 3)
    assert [(call.params, call.shares is not None, call.reads) for call in traced.calls] == [
        (12, False, ()), (12, False, ()), (0, True, ()),
    ]  # fmt: skip
    assert (traced.params, traced.stored) == (24, 24)


# A list of layers cannot say everything.


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8)), "0 has a group norm with scale and shift"),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, affine=False)), "0 has a batch norm with no scale"),
        (nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")), "0 pads with reflect"),
    ],
)
def test_a_model_that_a_list_cannot_describe_is_not_exported(model: nn.Module, message: str) -> None:
    with pytest.raises(MbcostError, match=message):
        flatten(trace_model(model, "mine", (16, 16), 3), "mine", "mine")


def test_many_loose_parameters_are_counted_in_the_message() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), *(nn.PReLU() for _ in range(38)))
    with pytest.raises(MbcostError, match=r"1.weight \(1\), 2.weight \(1\), 3.weight \(1\) and 35 others$"):
        flatten(trace_model(model, "mine", (16, 16), 3), "mine", "mine")
