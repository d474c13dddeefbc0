"""A user's model is traced and left unchanged, whatever it does."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError
from mbcost.measured.own import trace_model
from tests.measured.library_models import build_reference


class Busy(nn.Module):
    """A model that counts its calls, keeps its maps, changes a buffer, draws random numbers, and fails on demand."""

    def __init__(self, wrong: str = "") -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 8, 3)
        self.register_buffer("seen", torch.zeros(1))
        self.seen: Tensor
        self.maps: list[Tensor] = []
        self.calls, self.wrong = 0, wrong

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen += 1
        y = self.norm(self.first(x))
        self.maps.append(y)
        self.last = y
        torch.rand(1), random.random(), np.random.rand()
        if self.wrong == "half":
            self.half()
        if self.wrong == "values" and y.sum() > 0:
            y = y + 1
        if self.wrong in ("error", "half"):
            raise ValueError("as told")
        out: Tensor = self.second(y)
        if self.wrong == "exit":
            raise SystemExit(3)
        return out


def state(model: nn.Module) -> Any:
    """Return everything that must not change, tensors by value and by identity."""
    return [
        (
            name,
            module.training,
            {key: value for key, value in vars(module).items() if not isinstance(value, dict)},
            {
                key: {name: id(member) for name, member in value.items()}
                for key, value in vars(module).items()
                if isinstance(value, dict)
            },
            [(t.dtype, t.device, t.data_ptr(), t.requires_grad, t.clone()) for t in module.state_dict().values()],
        )
        for name, module in model.named_modules()
    ]


def draws() -> Any:
    return torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]


@pytest.mark.parametrize("wrong", ["", "values", "error", "half", "exit"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_model_and_the_random_states_are_unchanged(wrong: str, dtype: torch.dtype) -> None:
    model = Busy(wrong).to(dtype)
    model.norm.eval()  # frozen, while the rest is in training
    ran = []
    model.second.register_forward_hook(lambda *_: ran.append(1))
    before, drawn = deepcopy(state(model)), draws()
    if wrong in ("", "values"):
        traced = trace_model(model, "mine", (8, 8), 3)
        assert [call.facts.name for call in traced.calls] == ["first", "second"]
        assert (traced.computed, bool(ran)) == (wrong == "values", True)
    else:
        with pytest.raises(MbcostError, match=r"^mine does not run on a 1x3x8x8 image: .* \(.*test_own.py:\d+\)$"):
            trace_model(model, "mine", (8, 8), 3)
    assert str(state(model)) == str(before)
    assert draws() == drawn
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_an_interruption_is_raised_and_leaves_the_model_unchanged() -> None:
    model = Busy()
    model.second.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    before = deepcopy(state(model))
    with pytest.raises(KeyboardInterrupt):
        trace_model(model, "mine", (8, 8), 3)
    assert str(state(model)) == str(before)


def test_activations_are_not_allocated() -> None:
    """An image of 10^10 pixels would take 120 GB."""
    traced = trace_model(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1)), "mine", (100_000, 100_000), 3)
    assert traced.macs == 3 * 3 * 3 * 8 * 10**10


def test_a_layer_called_twice_counts_its_parameters_once() -> None:
    conv = nn.Conv2d(4, 4, 1, bias=False)
    traced = trace_model(nn.Sequential(conv, nn.ReLU(), conv), "mine", (8, 8), 4)
    assert [(call.facts.name, call.shares, call.params, call.facts.macs) for call in traced.calls] == [
        ("0", None, 16, 16 * 64), ("0", "0", 0, 16 * 64),
    ]  # fmt: skip


class Odd(nn.Module):
    """A model with convolutions that no MobileNet has, products, and weights that are not a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 4, 2, 2)
        self.line = nn.Conv1d(4, 4, 3)
        self.prelu = nn.PReLU(4)
        self.inner = nn.Module()
        self.kernel = torch.ones(2, 4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.prelu(self.up(x))
        self.line(x.flatten(2))
        y = nn.functional.conv2d(x, self.kernel)
        return y.flatten(2) @ y.flatten(2).transpose(1, 2)


def test_operators_that_no_mobilenet_has_are_recorded_and_no_parameter_is_left_out() -> None:
    traced = trace_model(Odd(), "mine", (4, 4), 3)
    assert [(call.facts.name, call.facts.operator, call.named) for call in traced.calls] == [
        ("up", "transposed conv", True), ("line", "conv1d", True), ("2", "conv", False), ("3", "bmm", False),
    ]  # fmt: skip
    assert traced.loose == (("prelu.weight", 4),)
    assert traced.params == sum(parameter.numel() for parameter in Odd().parameters())


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.to("meta"),
        lambda model: model.to(torch.float16),
        lambda model: model.requires_grad_(False),
        lambda model: torch.nn.utils.fusion.fuse_conv_bn_eval(model.eval(), nn.BatchNorm2d(8).eval()),
    ],
)
def test_models_on_any_device_of_any_type_are_traced_without_values(change: Callable[[nn.Module], nn.Module]) -> None:
    traced = trace_model(change(nn.Conv2d(3, 8, 3)), "mine", (8, 8), 3)
    assert (len(traced.calls), traced.params, traced.computed) == (1, 224, False)


def test_a_model_traced_by_jit_has_the_layers_of_the_model() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1, groups=1, bias=False), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, groups=8)
    )
    image = torch.zeros(1, 3, 8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit.trace is deprecated, but models that were traced with it exist
        traced = torch.jit.trace(model.eval(), image)  # type: ignore[no-untyped-call]
    assert trace_model(traced, "mine", (8, 8), 3).calls == trace_model(model, "mine", (8, 8), 3).calls


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_real_models_account_for_every_parameter(library: str) -> None:
    for name in ("v2", "v3-large"):
        model, _ = build_reference(library, name)
        traced = trace_model(model, name, (224, 224), 3)
        assert (traced.computed, traced.loose) == (False, ())
        assert traced.params == sum(parameter.numel() for parameter in model.parameters())
