"""Measuring: what the tools count, what is refused, and that the model is unchanged afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from mbcost.errors import MbcostError, MissingLibrary
from mbcost.measured import measure as measure_module
from mbcost.measured.build import build
from mbcost.measured.measure import TOOLS, measure
from mbcost.spec.catalogue.library import load_spec

pytestmark = pytest.mark.traced


@pytest.mark.parametrize(
    ("network", "implementation", "params", "macs", "fvcore_total"),
    [
        ("v1", "transformers", 4_231_976, 568_740_352, 578_875_904),
        ("v2", "torchvision", 3_504_872, 300_774_272, 314_193_216),
        ("v3-large", "torchvision", 5_483_032, 216_589_760, 226_033_824),
        ("v3-small", "torchvision", 2_542_856, 56_510_400, 59_649_536),
    ],
)
def test_fvcore_counts_our_model_like_the_librarys_own(
    network: str, implementation: str, params: int, macs: int, fvcore_total: int
) -> None:
    """Its total also has 2 per norm element and 1 per pool input, which the layers list separately."""
    measurement = measure(build(load_spec(network), implementation=implementation), resolution=224)
    assert (measurement.params, measurement.macs) == (params, macs)
    assert sum(layer.params for layer in measurement.layers) == params
    assert sum(layer.macs for layer in measurement.layers) == macs
    beside = [2 * (layer.norm_elements or 0) + (layer.pool_inputs or 0) for layer in measurement.layers]
    assert macs + sum(beside) == fvcore_total


@pytest.mark.parametrize("tool", TOOLS)
def test_a_quantity_that_a_tool_does_not_count_is_none(tool: str) -> None:
    measurement = measure(build(load_spec("v3-small"), implementation="keras"), resolution=96, against=tool)
    assert measurement.against == tool
    counts = {layer.name: (layer.norm_elements, layer.pool_inputs) for layer in measurement.layers}
    # fvcore lists a mean as unsupported, so its inputs stay unknown; FlopCounterMode counts neither norms nor pools.
    assert counts["0.1.conv"] == ((48 * 48 * 16, 0) if tool == "fvcore" else (None, None))
    assert counts["1.1.se.pool"] == ((0, None) if tool == "fvcore" else (None, None))


@pytest.mark.parametrize("tool", TOOLS)
def test_height_and_width_can_differ(tool: str) -> None:
    measurement = measure(build(load_spec("v2"), alpha=0.35), resolution=(96, 160), against=tool)
    assert measurement.layers[0].input == (96, 160, 3)
    assert measurement.layers[0].output == (48, 80, 16)


def state(model: nn.Module) -> tuple[object, ...]:
    """Return everything about a model that measuring could change."""
    return (
        [(name, module.training, list(module._forward_hooks), list(module._forward_pre_hooks), sorted(vars(module)))
         for name, module in model.named_modules()],
        [(name, parameter.requires_grad, parameter.grad) for name, parameter in model.named_parameters()],
        {name: value.numpy().tobytes() for name, value in model.state_dict().items()},
        torch.is_grad_enabled(),
    )  # fmt: skip


def small_model() -> nn.Module:
    """Return a model in training mode with one frozen norm and one hook of the user's own."""
    model = build(load_spec("v3-small"), alpha=0.25, classes=2).train()
    model.get_submodule("0.1.conv.norm").eval()
    model.get_submodule("0.1.conv").register_forward_hook(lambda *_: None)
    return model


@pytest.mark.parametrize("tool", TOOLS)
def test_a_model_is_unchanged(tool: str) -> None:
    model = small_model()
    before = state(model)
    measure(model, resolution=64, against=tool)
    assert state(model) == before


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("where", ["in the model", "in the tool"])
def test_a_model_is_unchanged_after_an_error(tool: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MbcostError("the tool broke")

    model = small_model()
    before = state(model)
    if where == "in the tool":
        monkeypatch.setattr(measure_module, "TOOLS", {tool: fail})
    with pytest.raises(MbcostError):
        measure(model, resolution=64, in_channels=3 if where == "in the tool" else 4, against=tool)
    assert state(model) == before


def with_module(name: str, module: nn.Module) -> Callable[[nn.Module], None]:
    """Return the fault that replaces the module `name` by `module`."""
    parent, _, child = name.rpartition(".")
    return lambda model: model.get_submodule(parent).add_module(child, module)


def run_a_block_twice(model: nn.Module) -> None:
    stage = model.get_submodule("5")
    stage.add_module("1", stage.get_submodule("1"))
    stage.add_module("2", stage.get_submodule("1"))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            with_module("2.1.project.activation", nn.LeakyReLU()),
            "2.1.project.activation is a LeakyReLU, which no model",
        ),
        (with_module("14.1.dropout", nn.Dropout()), "14.1.dropout is a Dropout, which no model of build() has"),
        (with_module("2.1.depthwise.pad", nn.LPPool2d(2, 1)), "2.1.depthwise.pad is a LPPool2d, which no model"),
        (run_a_block_twice, "5.1.expand runs twice: a model of build() runs every layer once"),
    ],
)
def test_a_model_that_could_be_counted_wrong_is_refused(fault: Callable[[nn.Module], None], message: str) -> None:
    model = build(load_spec("v3-small"), alpha=0.25)
    fault(model)
    with pytest.raises(MbcostError) as caught:
        measure(model, resolution=64)
    assert str(caught.value).startswith(message)


def test_a_resolution_that_leaves_no_map_is_refused() -> None:
    with pytest.raises(MbcostError, match="the model does not run at 16x16: "):
        measure(build(load_spec("v1"), alpha=0.25, implementation="keras"), resolution=16)


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(MbcostError, match="unknown measurement 'fvcor': did you mean 'fvcore'"):
        measure(small_model(), resolution=64, against="fvcor")


def test_the_error_for_a_missing_fvcore_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fvcore.nn", None)
    with pytest.raises(MissingLibrary, match=r"fvcore is not installed: pip install 'mbcost\[validate\]'"):
        measure(small_model(), resolution=64)
