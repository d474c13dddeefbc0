"""What is returned without asking torch is what torch decides, and what torch refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mbcost.measured.shapes import run_operator

ATEN: Any = torch.ops.aten
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=5)
TYPES = st.sampled_from([torch.float32, torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int32])


def describe(run: Any, func: Any, args: tuple[Any, ...]) -> Any:
    """Return the shape, type, strides and device of every result, and whether it is the map itself, or the error."""
    try:
        with torch.no_grad():
            results = run(func, args)
    except Exception as error:  # torch raises many kinds
        return type(error)
    tensors = results if isinstance(results, tuple) else (results,)
    return [(out.shape, out.dtype, out.stride(), out.device, out is args[0]) for out in tensors]


def check(func: Any, args: tuple[Any, ...]) -> None:
    expected = describe(lambda func, args: func(*args), func, args)
    assert describe(lambda func, args: run_operator(func, args, {}), func, args) == expected


def draw_map(data: st.DataObject) -> Tensor:
    x = torch.zeros(data.draw(SHAPES), dtype=data.draw(TYPES), device="meta")
    layout = data.draw(st.sampled_from(["plain", "plain", "transposed", "expanded", "channels last"]))
    if layout == "transposed":
        return x.transpose(0, -1)
    if layout == "channels last" and x.ndim == 4:
        return x.to(memory_format=torch.channels_last)
    return x.unsqueeze(0).expand(3, *x.shape) if layout == "expanded" else x


@settings(max_examples=60)
@given(st.data())
def test_an_activation_in_place_returns_what_torch_returns(data: st.DataObject) -> None:
    func = data.draw(st.sampled_from([ATEN.relu_, ATEN.hardtanh_, ATEN.hardswish_, ATEN.silu_, ATEN.hardsigmoid_]))
    check(func.default, (draw_map(data),))


@settings(max_examples=100)
@given(st.data())
def test_a_batch_norm_returns_what_torch_returns(data: st.DataObject) -> None:
    x = draw_map(data)
    right = x.shape[1] if x.ndim > 1 else 1

    def draw_values() -> Tensor | None:
        kind = data.draw(st.sampled_from(["right", "right", "right", "right", "none", "long", "type"]))
        if kind == "none":
            return None
        dtype = torch.float64 if kind == "type" else x.dtype
        return torch.ones(right + (kind == "long"), dtype=dtype, device=x.device)

    values = [draw_values() for _ in range(4)]
    check(ATEN.native_batch_norm.default, (x, *values, data.draw(st.booleans()), 0.1, 1e-5))


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_the_usual_cases_are_among_them(device: str) -> None:
    x, ones = torch.zeros(1, 3, 4, 4, device=device), torch.ones(3, device=device)
    assert run_operator(ATEN.hardtanh_.default, (x,), {}) is x
    assert (
        run_operator(ATEN.native_batch_norm.default, (x, ones, ones, ones, ones, False, 0.1, 1e-5), {})[0].shape
        == x.shape
    )
