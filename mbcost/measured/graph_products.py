"""Operators of torch that multiply and accumulate, and pools: what they are in a graph."""

from __future__ import annotations

from math import prod
from typing import Any

from torch import Tensor

from mbcost.measured.graph_calls import Emitter, OperatorCall
from mbcost.measured.graph_operators import Describe
from mbcost.measured.versions import Value, describe
from mbcost.spec.graph import Window


def convolution(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a convolution; `inner` is how many weights each output, or input if it is transposed, meets."""
    weight: Tensor = call["weight"]
    transposed = bool(call.arguments.get("transposed"))
    kind = "transposed_conv" if transposed else "conv"
    x = call["input"] if "input" in call.arguments else call["self"]
    recorder.emit(
        kind, [x, weight, call["bias"]], call.outputs, groups=int(call["groups"]),
        window=_window(weight.shape[2:], call), inner=prod(weight.shape[1:]),
    )  # fmt: skip


def _window(kernel: Any, call: OperatorCall) -> Window | None:
    """Return the window of a convolution or a pool over a map of one or two dimensions; None with other ones."""
    sides = len(kernel)
    if sides not in (1, 2):
        return None
    stride = _pair(call.arguments.get("stride") or kernel, sides, 1)
    top, left = _pair(call.arguments.get("padding") or 0, sides, 0)
    below, right = (0, 0)
    if call.arguments.get("transposed"):
        below, right = _pair(call.arguments.get("output_padding") or 0, sides, 0)
    dilation = _pair(call.arguments.get("dilation") or 1, sides, 1)
    return Window(_pair(kernel, sides, 1), stride, dilation, (top, left, top - below, left - right))


def _pair(values: Any, sides: int, single: int) -> tuple[int, int]:
    """Return two numbers of what torch writes as one, as a list of one, or as a list of two."""
    numbers = [int(values)] if not isinstance(values, list | tuple) and not hasattr(values, "__len__") else list(values)
    if sides == 1:
        return single, int(numbers[-1])
    return int(numbers[0]), int(numbers[-1])


def _product(recorder: Emitter, first: Tensor, second: Tensor, bias: Any, made: Tensor | Value) -> None:
    """Add a product of two tensors: a linear layer if one of them is constant."""
    inner = int(first.shape[-1])
    fixed = [recorder.is_fixed(first), recorder.is_fixed(second)]
    if sum(fixed) != 1:
        product = made if bias is None else describe(made) if isinstance(made, Tensor) else made
        recorder.emit("matmul", [first, second], [product], inner=inner)
        if bias is not None:
            recorder.emit("add", [product, bias], [made], written="add")
        return
    x, weights = (second, first) if fixed[0] else (first, second)
    if bias is None or recorder.is_fixed(bias):
        recorder.emit("linear", [x, weights, bias], [made], inner=inner)
        return
    product = describe(made) if isinstance(made, Tensor) else made
    recorder.emit("linear", [x, weights], [product], inner=inner)
    recorder.emit("add", [product, bias], [made], written="add")


def matrix(first: str, second: str, bias: str = "") -> Describe:
    """Return the description of a product of matrices, which can be scaled, plus a bias, which can be scaled."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        shift = call[bias] if bias else None
        alpha, beta = call.arguments.get("alpha", 1), call.arguments.get("beta", 1)
        if shift is None or (alpha == 1 and beta == 1):
            _product(recorder, call[first], call[second], shift, call.outputs[0])
            return
        parts = [describe(call.outputs[0]), describe(call.outputs[0]), describe(shift)]
        _product(recorder, call[first], call[second], None, parts[0])
        recorder.emit("multiply", [parts[0], alpha], [parts[1]], written="mul")
        recorder.emit("multiply", [shift, beta], [parts[2]], written="mul")
        recorder.emit("add", parts[1:], call.outputs[:1], written="add")

    return describe_call


def attention(recorder: Emitter, call: OperatorCall) -> None:
    """Attention: the product of queries and keys, its softmax, and its product with values."""
    query, key, value = call["query"], call["key"], call["value"]
    scores, chances = (Value((*query.shape[:-1], key.shape[-2]), describe(query).dtype) for _ in range(2))
    mask = next((call[name] for name in ("attn_mask", "attn_bias") if call.arguments.get(name) is not None), None)
    recorder.emit("matmul", [query, key], [scores], inner=int(query.shape[-1]), written="attention scores")
    if mask is not None:
        masked = Value(scores.shape, scores.dtype)
        recorder.emit("add", [scores, mask], [masked], written="attention mask")
        scores = masked
    recorder.emit("softmax", [scores], [chances], axes=(len(scores.shape) - 1,), written="attention softmax")
    recorder.emit("matmul", [chances, value], call.outputs[:1], inner=int(key.shape[-2]))


def pool(kind: str) -> Describe:
    """Return the description of a pool over a moving window; an average of the whole map is a global pool."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        x: Tensor = call["self"]
        kernel = call["kernel_size"]
        sides = x.ndim - 2 if call.name[-2:] not in ("1d", "2d", "3d") else int(call.name[-2])
        whole = [int(side) for side in (kernel if len(kernel) == sides else list(kernel) * sides)]
        window = _window(whole, call)
        everything = tuple(x.shape[-sides:]) == tuple(whole) and call.outputs[0].shape[-sides:].numel() == 1
        if kind == "average_pool" and everything and sides == 2 and not any(window.padding if window else ()):
            recorder.emit("global_pool", [x], call.outputs[:1])
            return
        recorder.emit(kind, [x], call.outputs, window=window)

    return describe_call


def adaptive_pool(kind: str) -> Describe:
    """Return the description of a pool that states its output; its windows are equal if the sides divide."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        x: Tensor = call["self"]
        output = call.outputs[0]
        sides = len(call["output_size"])
        inputs, outputs = x.shape[-sides:], output.shape[-sides:]
        if outputs.numel() == 1 and kind == "average_pool" and sides == 2:
            recorder.emit("global_pool", [x], call.outputs[:1])
            return
        steps = tuple(into // max(out, 1) for into, out in zip(inputs, outputs, strict=True))
        kernel = tuple(into - (out - 1) * step for into, out, step in zip(inputs, outputs, steps, strict=True))
        exact = all(into % max(out, 1) == 0 for into, out in zip(inputs, outputs, strict=True))
        if sides > 2 or not exact:
            recorder.emit("reduce", [x], call.outputs, function="mean" if kind == "average_pool" else "max",
                          axes=tuple(range(x.ndim - sides, x.ndim)))  # fmt: skip
            return
        window = Window(_pair(kernel, sides, 1), _pair(steps, sides, 1))
        recorder.emit(kind, [x], call.outputs, window=window)

    return describe_call
