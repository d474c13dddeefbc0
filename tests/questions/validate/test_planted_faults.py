"""Faults planted in one witness only: the validator must fail, and name the layer and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import pytest
import torch
from torch import nn

from mbcost.analytic.network import resolve
from mbcost.measured.build import build
from mbcost.measured.measure import TOOLS, measure
from mbcost.measured.modules import BatchNormActivation, Convolution, ConvUnit, Parts
from mbcost.questions.validate.comparison import Discrepancy, Value, validate
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.implementation import ChannelRule, Padding
from mbcost.spec.table import Spec
from tests.models import weights_filled

pytestmark = pytest.mark.traced


@pytest.fixture(scope="module", autouse=True)
def _no_random_weights() -> Iterator[None]:
    with weights_filled():
        yield


@dataclass(frozen=True)
class Fault:
    """A change to one witness, and the first difference that must be reported: layer, quantity, both values."""

    network: str
    plant: Callable[[Any], Any]
    layer: str
    quantity: str
    expected: Value
    measured: Value
    alpha: float = 1.0
    resolution: int = 96


def put(name: str, make: Callable[[], nn.Module]) -> Callable[[nn.Module], None]:
    parent, _, child = name.rpartition(".")
    return lambda model: model.get_submodule(parent).add_module(child, make())


def leave_out(name: str) -> Callable[[nn.Module], None]:
    parent, _, child = name.rpartition(".")
    return lambda model: delattr(model.get_submodule(parent), child)


def expand_in_the_first_block(model: nn.Module) -> None:
    parts = dict(model.get_submodule("1.1").named_children())
    model.get_submodule("1").add_module(
        "1", Parts({"expand": ConvUnit(Convolution(32, 32), activation="relu6"), **parts})
    )


IN_THE_MODEL = {
    "wrong stride": Fault(
        "v2", lambda model: setattr(model.get_submodule("2.1.depthwise.conv"), "stride", (1, 1)),
        "2.1.depthwise", "stride", (2, 2), (1, 1),
    ),
    "groups ignored": Fault(
        "v2", put("2.1.depthwise.conv", lambda: nn.Conv2d(96, 96, 3, 2, padding=1, bias=False)),
        "2.1.depthwise", "groups", 96, 1,
    ),
    "missing bias": Fault("v2", put("10.1.classifier.linear", lambda: nn.Linear(1280, 1000, bias=False)),
                          "10.1.classifier", "biases", 1000, 0),
    "extra bias": Fault("v2", put("3.2.project.conv", lambda: nn.Conv2d(192, 32, 1)), "3.2.project", "biases", 0, 32),
    "convolution for a linear layer": Fault(
        "v3-small", put("14.1.head", lambda: ConvUnit(Convolution(576, 1024), bias=True, activation="hard_swish")),
        "14.1.head", "operator", "linear", "conv",
    ),
    "forgotten repeat": Fault("v2", leave_out("3.3"), "3.3.expand", "layer", "present", None),
    "t = 1 expansion": Fault("v2", expand_in_the_first_block, "1.1.expand", "layer", None, "present"),
    "missing norm": Fault("v2", put("4.2.expand.norm", nn.Identity), "4.2.expand", "norm_channels", 384, 0),
    "norm without scale and shift": Fault(
        "v2", put("4.2.expand.norm", lambda: nn.BatchNorm2d(384, affine=False)), "4.2.expand", "norm_channels", 384, 0
    ),
    "extra activation": Fault("v2", put("2.1.project.activation", nn.ReLU6),
                              "2.1.project", "activation", "none", "relu6"),
    "missing activation": Fault("v2", put("2.1.expand.activation", nn.Identity),
                                "2.1.expand", "activation", "relu6", "none"),
    "ReLU for ReLU6": Fault("v2", put("2.1.depthwise.activation", nn.ReLU),
                            "2.1.depthwise", "activation", "relu6", "relu"),
    "two activations": Fault("v2", put("2.1.expand.norm", lambda: BatchNormActivation(96, 1e-5, nn.ReLU())),
                             "2.1.expand", "activation", "relu6", "relu + relu6"),
    "missing gate": Fault("v3-small", put("1.1.se.expand.activation", nn.Identity),
                          "1.1.se.expand", "activation", "hard_sigmoid", "none"),
    "missing squeeze-excite": Fault("v3-small", leave_out("1.1.se"), "1.1.se.pool", "layer", "present", None),
    "missing residual add": Fault("v2", leave_out("3.2.add"), "3.2.add", "layer", "present", None),
    "wrong stride of a pool": Fault(
        "resnet-50", lambda model: setattr(model.get_submodule("1.1.pool.pool"), "stride", 1),
        "1.1.pool", "stride", (2, 2), (1, 1),
    ),
    "average for max": Fault("resnet-50", put("1.1.pool.pool", lambda: nn.AvgPool2d(3, 2, padding=1)),
                             "1.1.pool", "operator", "max_pool", "average_pool"),
    "missing shortcut": Fault("resnet-50", put("2.1.shortcut", lambda: nn.Conv2d(64, 256, 1, bias=False)),
                              "2.1.shortcut", "layer", "present", None),
    "missing activation after the addition": Fault("resnet-50", put("2.1.add.activation", nn.Identity),
                                                   "2.1.add", "activation", "relu", "none"),
    "dilation": Fault(
        "resnet-50", put("2.1.conv.conv", lambda: nn.Conv2d(64, 64, 3, padding=2, dilation=2, bias=False)),
        "2.1.conv", "dilation", (1, 1), (2, 2),
    ),
    "grouped convolution": Fault("resnet-50", put("2.1.conv.conv", lambda: nn.Conv2d(64, 64, 3, padding=1, groups=32,
                                                                                     bias=False)),
                                 "2.1.conv", "groups", 1, 32),
    "missing first depthwise layer": Fault("mobilenet-v4-conv-small", leave_out("5.1.start"),
                                           "5.1.start", "layer", "present", None),
    "activation after the first depthwise layer": Fault(
        "mobilenet-v4-conv-small", put("5.1.start.norm", lambda: BatchNormActivation(64, 1e-5, nn.ReLU())),
        "5.1.start", "activation", "none", "relu",
    ),
    "frozen weights": Fault("v2", lambda model: model.get_submodule("0.1.conv.conv").requires_grad_(False),
                            "total", "params", 3_504_872, 3_504_008),
    "a parameter beside the layers": Fault(
        "v2", lambda model: model.register_parameter("scale", nn.Parameter(torch.ones(1))),
        "total", "params", 3_504_872, 3_504_873,
    ),
}  # fmt: skip


def other_rows(**rows: dict[str, Any]) -> Callable[[Spec], Spec]:
    """Return a change of cells of a table, such as `other_rows(row4={"s": 1})`."""
    return lambda spec: replace(spec, rows=tuple(replace(row, **rows.get(f"row{row.stage}", {})) for row in spec.rows))


def other_rules(**fields: Any) -> Callable[[Spec], Spec]:
    return lambda spec: replace(
        spec, implementations={name: replace(rules, **fields) for name, rules in spec.implementations.items()}
    )


def other_layers(**fields: Any) -> Callable[[Spec], Spec]:
    return lambda spec: replace(
        spec,
        implementations={
            name: replace(rules, layer_rules=replace(rules.layer_rules, **fields))
            for name, rules in spec.implementations.items()
        },
    )


IN_THE_SPEC = {
    "the typo in V1's table": Fault("v1", other_rows(row9={"s": 2}), "9.1.depthwise", "stride", (1, 1), (2, 2)),
    "the strides of V2's first version": Fault(
        "v2", other_rows(row4={"s": 1}, row5={"s": 2}), "4.1.depthwise", "stride", (2, 2), (1, 1)
    ),
    "forgotten repeat": Fault("v2", other_rows(row3={"n": 2}), "3.3.expand", "layer", "present", None),
    "other expansion": Fault("v2", other_rows(row2={"t": 5}), "2.1.expand", "output", (48, 48, 96), (48, 48, 80)),
    "other kernel": Fault("v3-small", other_rows(row4={"k": (3, 3)}), "4.1.depthwise", "kernel", (5, 5), (3, 3)),
    "the head of V3's middle version": Fault(
        "v3-small", other_rows(row14={"c": 1280}), "14.1.head", "output", (1, 1, 1024), (1, 1, 1280)
    ),
    "un-rounded width": Fault(
        "v2", other_rules(channels=ChannelRule("truncate", 1, 1)),
        "1.1.project", "output", (48, 48, 16), (48, 48, 12), alpha=0.75,
    ),
    "un-rounded squeeze": Fault(
        "v3-small", other_rules(squeeze=ChannelRule("truncate", 1, 1)), "1.1.se.reduce", "output", (1, 1, 8), (1, 1, 4)
    ),
    "Keras' padding on an odd map": Fault(
        "v2", other_layers(padding=Padding("symmetric", "trailing", "symmetric")),
        "2.1.depthwise", "output", (25, 25, 96), (24, 24, 96), resolution=97,
    ),
    "squeeze of the expanded width": Fault(
        "efficientnet-b0", other_rules(squeeze_of="expanded"), "2.1.se.reduce", "output", (1, 1, 4), (1, 1, 24)
    ),
    "a residual that is not there": Fault(
        "mnasnet-1.0", other_rows(row2={"res": False}), "2.2.add", "layer", "present", None
    ),
    "swish for h-swish": Fault(
        "v3-small", other_rules(activations={"RE": "relu", "HS": "swish"}),
        "0.1.conv", "activation", "hard_swish", "swish",
    ),
}  # fmt: skip
"""The model is built from a spec with the fault; the network comes from the right one."""


def differences(fault: Fault, where: str, tool: str) -> tuple[Discrepancy, ...]:
    spec = load_spec(fault.network)
    implementation = "torchvision" if "torchvision" in spec.implementations else "timm"
    planted = fault.plant(spec) if where == "spec" else spec
    model = build(planted, alpha=fault.alpha, implementation=implementation)
    if where == "model":
        fault.plant(model)
    network = resolve(spec, alpha=fault.alpha, resolution=fault.resolution, implementation=implementation)
    validation = validate(network, measure(model, resolution=fault.resolution, against=tool))
    assert validation.passed == (not validation.differences)
    return validation.differences


PLANTED = {name: ("model", fault) for name, fault in IN_THE_MODEL.items()} | {
    f"{name} in the spec": ("spec", fault) for name, fault in IN_THE_SPEC.items()
}


@pytest.mark.parametrize(
    ("where", "fault", "tool"),
    [(*planted, tool) for planted, tool in zip(PLANTED.values(), cycle(TOOLS), strict=False)],
    ids=PLANTED.keys(),
)
def test_a_fault_in_one_witness_is_found_and_the_layer_is_named(where: str, fault: Fault, tool: str) -> None:
    """The tools take turns: both count, and what is compared besides the counts is the same code."""
    first = differences(fault, where, tool)[0]
    assert (first.layer, first.quantity, first.expected, first.measured) == (
        fault.layer, fault.quantity, fault.expected, fault.measured,
    )  # fmt: skip
    assert (first.network, first.against) == (fault.network, tool)


@pytest.mark.parametrize("tool", TOOLS)
def test_layers_in_a_different_order_are_one_difference(tool: str) -> None:
    """At stride 1, squeeze-and-excite before the depthwise layer has the same shapes and counts."""

    def swap(model: nn.Module) -> None:
        block = model.get_submodule("5.1")
        parts = dict(block.named_children())
        model.get_submodule("5").add_module(
            "1", Parts({name: parts[name] for name in ("expand", "se", "depthwise", "project", "add")})
        )

    (difference,) = differences(Fault("v3-small", swap, "total", "order of the layers", None, None), "model", tool)
    assert (difference.layer, difference.quantity) == ("total", "order of the layers")
    expected, measured = str(difference.expected).split(), str(difference.measured).split()
    assert next(pair for pair in zip(expected, measured, strict=True) if pair[0] != pair[1]) == (
        "5.1.depthwise", "5.1.se.pool",
    )  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("built", "measured", "layer", "quantity"),
    [
        ({}, {"resolution": 95}, "0.1.conv", "input"),
        ({"classes": 1001}, {"resolution": 96}, "10.1.classifier", "output"),
        ({"in_channels": 1}, {"resolution": 96, "in_channels": 1}, "0.1.conv", "input"),
        ({"alpha": 0.75}, {"resolution": 96}, "0.1.conv", "output"),
        ({"implementation": "timm"}, {"resolution": 96}, None, None),  # different modules, the same network
        ({"implementation": "official"}, {"resolution": 96}, "10.1.classifier", "operator"),
    ],
)
def test_a_model_built_with_different_arguments_differs(
    built: dict[str, Any], measured: dict[str, Any], layer: str | None, quantity: str | None, tool: str
) -> None:
    spec = load_spec("v2")
    model = build(spec, **{"implementation": "torchvision", **built})
    validation = validate(
        resolve(spec, resolution=96, implementation="torchvision"), measure(model, **measured, against=tool)
    )
    reported = [(difference.layer, difference.quantity) for difference in validation.differences]
    assert reported[:1] == ([(layer, quantity)] if layer else [])
