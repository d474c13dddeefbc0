"""What each operator that torch dispatches says about the layers: one function per operator, listed at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import _disable_current_modes

from mbcost.errors import MbcostError
from mbcost.measured.execution import Execution, Followers
from mbcost.spec.observed import LayerFacts, Map, NormFacts


def _convolution(
    execution: Execution, output: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, *settings: Any
) -> LayerFacts:
    stride, _padding, dilation, transposed, _output_padding, groups = settings[:6]
    name = execution.layer_name(weight)
    if execution.strict and (weight.ndim != 4 or transposed):
        raise MbcostError(f"{name} is a transposed convolution or not a 2D one: no network here has such a layer")
    if weight.ndim != 4 or transposed:
        facts = describe_other("transposed conv" if transposed else f"conv{weight.ndim - 2}d")(execution, output, x)
        return replace(facts, name=name, groups=groups, weights=weight.numel(), biases=_count_values(bias))
    zeros = execution.zeros.get(id(x), (0, 0, 0, 0))
    channels, height, width = (size - zero for size, zero in zip(x.shape[1:], zeros[1:], strict=True))
    kernel, strides = (weight.shape[2], weight.shape[3]), (stride[0], stride[1])
    output_map = output.shape[2], output.shape[3], output.shape[1]
    return LayerFacts(
        name, "conv", kernel, strides, groups, (height, width, channels), output_map,
        weights=weight.numel(), biases=_count_values(bias), norm_channels=0, macs=0,
        dilation=(dilation[0], dilation[-1]),
    )  # fmt: skip


def _addmm(execution: Execution, output: Tensor, bias: Tensor | None, x: Tensor, weight: Tensor) -> LayerFacts:
    input_map, output_map = (1, x.shape[0], x.shape[1]), (1, output.shape[0], output.shape[1])
    return LayerFacts(
        execution.layer_name(weight), "linear", (1, 1), (1, 1), 1, input_map, output_map,
        weights=weight.numel(), biases=_count_values(bias), norm_channels=0, macs=0,
    )  # fmt: skip


def _mm(execution: Execution, output: Tensor, x: Tensor, weight: Tensor) -> LayerFacts:
    return _addmm(execution, output, None, x, weight)


def describe_other(operator: str) -> Callable[..., LayerFacts]:
    """Return the function that describes an operator which is neither a 2D convolution nor a linear layer."""

    def describe(execution: Execution, output: Any, *args: Any) -> LayerFacts:
        x = next((argument for argument in args if isinstance(argument, Tensor)), output)
        return LayerFacts(
            str(len(execution.layers)), operator, None, None, None, _map(x), _map(output),
            weights=0, biases=0, norm_channels=0, macs=0,
        )  # fmt: skip

    return describe


def _map(tensor: Any) -> Map:
    """Return (height, width, channels) of a map in PyTorch's order; any other tensor is one row of vectors."""
    if not isinstance(tensor, Tensor):  # several outputs: the first is the map
        tensor = next(output for output in tensor if isinstance(output, Tensor))
    if tensor.ndim > 2:
        return tensor.shape[2], tensor.shape[3:].numel(), tensor.shape[1]
    return 1, tensor.shape[:-1].numel(), tensor.shape[-1] if tensor.ndim else 1


def describe_norm(kind: str, operands: Mapping[str, Any], x: Tensor) -> NormFacts:
    """Return the facts about a norm of the map `x` whose operator has `operands` by name."""
    scale, shift = operands.get("weight"), operands.get("bias")
    parameters = {(True, True): "scale and shift", (True, False): "scale only", (False, True): "shift only"}
    running = operands.get("running_mean") is not None and not operands.get("training")
    channels = next((tensor.numel() for tensor in (scale, shift) if tensor is not None), x.shape[min(1, x.ndim - 1)])
    return NormFacts(
        kind,
        channels,
        operands.get("group") if kind == "group norm" else None,
        parameters.get((scale is not None, shift is not None), "no scale and no shift"),
        "running" if running or kind != "batch norm" else "of the input",
        _find_epsilon(operands),
    )


def _find_epsilon(operands: Mapping[str, Any]) -> float | None:
    epsilon = next((operands[name] for name in ("eps", "epsilon") if name in operands), None)
    return float(epsilon) if isinstance(epsilon, int | float) else None


def _written_out_norm(execution: Execution, output: Tensor, _variance: Tensor) -> None:
    """1 / sqrt(variance + epsilon), one value per channel: Keras writes batch norm out in single operators."""
    if execution.layers and output.numel() == execution.layers[-1].facts.output[2]:
        execution.followers.norm_channels += output.numel()
        execution.layers[-1].norms.append(NormFacts("batch norm", output.numel()))


def _add(execution: Execution, _output: Tensor, x: Tensor, y: Any) -> None:
    """A bias, the shift of a norm, a step of an activation, or a residual connection, which is not a layer here."""
    if execution.flow.origin(x) is not None:  # variance + epsilon
        return
    origin = execution.flow.origin(y)
    if origin is not None and origin.parameters:
        if not execution.followers.norm_channels:
            execution.followers.biases += y.numel()
        elif not origin.computed:
            execution.followers.norm_elements += x.numel()
    elif (number := _number(y)) is not None:
        execution.followers.function.append(f"+ {number:.4g}")
    elif isinstance(y, Tensor) and x.shape == y.shape:
        # ResNet has an activation after the addition, which does not belong to the convolution before it.
        execution.followers = Followers()


def _multiply(execution: Execution, _output: Tensor, _x: Tensor, y: Any) -> None:
    """A step of an activation, or the gate of squeeze-and-excite, which is not a layer here."""
    if (number := _number(y)) is not None:
        execution.followers.function.append(f"x {number:.4g}")


def _activation(function: str) -> Callable[..., None]:
    def record(execution: Execution, output: Tensor, _x: Tensor) -> None:
        execution.followers.function.append(function)
        execution.followers.activation_elements += output.numel()

    return record


def _hardtanh(execution: Execution, output: Tensor, x: Tensor, lowest: float = -1, highest: float = 1) -> None:
    _activation(f"clamp {lowest:g} {highest:g}")(execution, output, x)


def _clamp(execution: Execution, output: Tensor, x: Tensor, lowest: Any = None, highest: Any = None) -> None:
    """A clamp, of which a bound can be left out or be a map: such a bound is written as `-`."""
    bounds = [None if bound is None else _number(bound) for bound in (lowest, highest)]
    text = " ".join("-" if bound is None else f"{bound:g}" for bound in bounds)
    _activation(f"clamp {text}")(execution, output, x)


def _pad(execution: Execution, output: Tensor, x: Tensor, pad: list[int], value: float = 0) -> None:
    execution.pad(output, x, pad, "zeros" if value == 0 else f"{value:g}")


def _pad_with(kind: str) -> Callable[..., None]:
    def record(execution: Execution, output: Tensor, x: Tensor, pad: list[int]) -> None:
        execution.pad(output, x, pad, kind)

    return record


def _permute(execution: Execution, output: Tensor, x: Tensor, dimensions: list[int]) -> None:
    if id(x) in execution.zeros:
        zeros = (execution.zeros[id(x)][dimension] for dimension in dimensions)
        execution.remember_padding(output, zeros, execution.padding[id(x)])


def _clone(execution: Execution, output: Tensor, x: Tensor) -> None:
    if id(x) in execution.zeros:
        execution.remember_padding(output, execution.zeros[id(x)], execution.padding[id(x)])


def _count_values(parameter: Tensor | None) -> int:
    return 0 if parameter is None else parameter.numel()


def _number(operand: Any) -> float | None:
    """Return the value of a real number or of a tensor that is one; None for a map, or for a tensor without values."""
    if isinstance(operand, Tensor):
        if operand.ndim or operand.is_meta or isinstance(operand, FakeTensor):
            return None
        with _disable_current_modes():  # a parameter has its value also while torch works out shapes only
            operand = operand.item()
    return None if isinstance(operand, complex) else float(operand)


LAYERS: Mapping[str, Callable[..., LayerFacts]] = {
    "convolution": _convolution,
    "_convolution": _convolution,  # as torch.jit.trace writes it
    "addmm": _addmm,
    "mm": _mm,
}
WEIGHTS: Mapping[str, int] = {"convolution": 1, "_convolution": 1, "addmm": 2, "mm": 1}
"""The position of the weights among an operator's arguments."""
NORMS: Mapping[str, str] = {
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm",
    "_batch_norm_no_update": "batch norm",
    "_batch_norm_with_update": "batch norm",
    "cudnn_batch_norm": "batch norm",
    "miopen_batch_norm": "batch norm",
    "native_group_norm": "group norm",
    "native_layer_norm": "layer norm",
    "_fused_rms_norm": "rms norm",
}
"""The kind of norm that an operator computes."""
NORM_FUNCTIONS: Mapping[str, str] = {
    "instance_norm": "instance norm",
    "local_response_norm": "local response norm",
    "rms_norm": "rms norm",
}
"""The kind of norm that a function of torch computes by several operators, or by those of another kind."""
FOLLOWERS: Mapping[str, Callable[..., None]] = {
    "rsqrt": _written_out_norm,
    "add": _add,
    "mul": _multiply,
    "relu": _activation("relu"),
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "hardswish": _activation("hard_swish"),
    "hardsigmoid": _activation("hard_sigmoid"),
    "silu": _activation("swish"),
    "sigmoid": _activation("sigmoid"),
    "constant_pad_nd": _pad,
    "reflection_pad2d": _pad_with("reflect"),
    "replication_pad2d": _pad_with("replicate"),
    "permute": _permute,
    "clone": _clone,
    "_to_copy": _clone,
}
COPIES = frozenset({"clone", "_to_copy", "contiguous", "detach", "alias", "lift_fresh"})
"""Operators whose result has the values of their operand."""
WITH_PARAMETERS = frozenset(NORMS) | {"add", "mul"}
"""Operators whose parameters belong to the layer that they follow."""
