"""What each operator that torch dispatches says of the layers: one function an operator, in tables at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from mbcost.errors import MbcostError
from mbcost.spec.observed import LayerFacts, Map


@dataclass
class After:
    """What follows a layer before the next one begins."""

    biases: int = 0
    norm_channels: int = 0
    norm_elements: int = 0
    function: list[str] = field(default_factory=list)
    """The steps of the activation function."""
    activation_elements: int = 0

    def complete(self, layer: LayerFacts) -> LayerFacts:
        """The layer with what follows it."""
        function = " ".join(self.function) or "none"
        return replace(
            layer, biases=layer.biases + self.biases, norm_channels=self.norm_channels,
            norm_elements=self.norm_elements, activation=_FUNCTIONS.get(function, function),
            activation_elements=self.activation_elements,
        )  # fmt: skip


@dataclass
class Executed:
    """One call of a layer."""

    facts: LayerFacts
    after: After
    weights: str | None
    """The parameter that holds its weights."""
    module: str
    """The module that made the call."""
    first_used: list[str] = field(default_factory=list)
    """The parameters that no layer before had used."""


class Seen:
    """What has been executed so far, which says what the next operator means.

    Args:
        parameters: by name; a tensor that is one of them, or looks into it, is recognised.
        strict: whether a convolution that `LayerFacts` cannot describe is an error.
    """

    def __init__(self, parameters: Iterable[tuple[str, Tensor]], *, strict: bool) -> None:
        self.strict = strict
        self.layers: list[Executed] = []
        self.after = After()
        """Of the last layer; before the first one, what nobody asks for: Keras V3 rescales the image."""
        known = list(parameters)
        self.owners = {_storage(parameter): name for name, parameter in known}
        """Storage of a parameter, or of a copy of it -> the parameter's name."""
        self.zeros: dict[int, tuple[int, ...]] = {}
        """Identity of a map with zeros around it -> how many of them along each dimension."""
        self.alive = [parameter for _, parameter in known]
        """What `owners` and `zeros` know, lest its identity pass to another."""

    def owner(self, tensor: Any) -> str | None:
        """The parameter that `tensor` is, looks into or was copied from; None for a map or a number."""
        return self.owners.get(_storage(tensor)) if isinstance(tensor, Tensor) else None

    def name(self, weight: Tensor) -> str:
        """`features.0.0` for its parameter `features.0.0.weight`; Keras writes `_torch_params.conv/kernel`."""
        owner = self.owner(weight) or f"{len(self.layers)}.weight"
        return owner.replace("/", ".").rpartition(".")[0].removeprefix("_torch_params.")

    def remember_zeros(self, padded: Tensor, zeros: Iterable[int]) -> None:
        """`padded` has so many zeros around it along each of its dimensions."""
        self.zeros[id(padded)] = tuple(zeros)
        self.alive.append(padded)


def _convolution(
    seen: Seen, output: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int],
    _padding: list[int], dilation: list[int], transposed: bool, _output_padding: list[int], groups: int,
    *_flags: bool,
) -> LayerFacts:  # fmt: skip
    name = seen.name(weight)
    if seen.strict and (weight.ndim != 4 or transposed):
        raise MbcostError(f"{name} is a transposed or not 2D convolution: no network here has one")
    if weight.ndim != 4 or transposed:
        facts = other("transposed conv" if transposed else f"conv{weight.ndim - 2}d")(seen, output, x)
        return replace(facts, name=name, groups=groups, weights=weight.numel(), biases=_values(bias))
    zeros = seen.zeros.get(id(x), (0, 0, 0, 0))
    channels, height, width = (size - zero for size, zero in zip(x.shape[1:], zeros[1:], strict=True))
    kernel, strides = (weight.shape[2], weight.shape[3]), (stride[0], stride[1])
    output_map = output.shape[2], output.shape[3], output.shape[1]
    return LayerFacts(
        name, "conv", kernel, strides, groups, (height, width, channels), output_map,
        weights=weight.numel(), biases=_values(bias), norm_channels=0, macs=0, dilation=(dilation[0], dilation[-1]),
    )  # fmt: skip


def _addmm(seen: Seen, output: Tensor, bias: Tensor | None, x: Tensor, weight: Tensor) -> LayerFacts:
    input_map, output_map = (1, x.shape[0], x.shape[1]), (1, output.shape[0], output.shape[1])
    return LayerFacts(
        seen.name(weight), "linear", (1, 1), (1, 1), 1, input_map, output_map,
        weights=weight.numel(), biases=_values(bias), norm_channels=0, macs=0,
    )  # fmt: skip


def _mm(seen: Seen, output: Tensor, x: Tensor, weight: Tensor) -> LayerFacts:
    return _addmm(seen, output, None, x, weight)


def other(operator: str) -> Callable[..., LayerFacts]:
    """Of an operator that is no 2D convolution and no linear layer, what there is to say."""

    def note(seen: Seen, output: Any, *args: Any) -> LayerFacts:
        x = next((argument for argument in args if isinstance(argument, Tensor)), output)
        return LayerFacts(
            str(len(seen.layers)), operator, None, None, None, _map(x), _map(output),
            weights=0, biases=0, norm_channels=0, macs=0,
        )  # fmt: skip

    return note


def _map(tensor: Any) -> Map:
    """(height, width, channels) of a map in PyTorch's order; what is none is one row of vectors."""
    if not isinstance(tensor, Tensor):  # several outputs: the first is the map
        tensor = next(each for each in tensor if isinstance(each, Tensor))
    if tensor.ndim > 2:
        return tensor.shape[2], tensor.shape[3:].numel(), tensor.shape[1]
    return 1, tensor.shape[:-1].numel(), tensor.shape[-1] if tensor.ndim else 1


def _layer_norm(seen: Seen, output: Any, x: Tensor, _shape: Any, scale: Tensor | None, *_rest: Any) -> None:
    _norm(seen, output, x, scale)


def _norm(seen: Seen, _output: Any, x: Tensor, scale: Tensor | None, *_rest: Any) -> None:
    seen.after.norm_channels += _values(scale)
    seen.after.norm_elements += x.numel()


def _written_out_norm(seen: Seen, output: Tensor, _variance: Tensor) -> None:
    """1 / sqrt(variance + epsilon), one a channel: Keras writes batch norm out in single operators."""
    if seen.layers and output.numel() == seen.layers[-1].facts.output[2]:
        seen.after.norm_channels += output.numel()


def _add(seen: Seen, _output: Tensor, x: Tensor, y: Any) -> None:
    """A bias, the shift of a norm, a step of an activation, or a residual connection, which is no layer."""
    if seen.owner(x) is not None:  # variance + epsilon
        return
    if seen.owner(y) is not None:
        if seen.after.norm_channels:
            seen.after.norm_elements += x.numel()
        else:
            seen.after.biases += y.numel()
    elif (number := _number(y)) is not None:
        seen.after.function.append(f"+ {number:.4g}")
    elif x.shape == y.shape:  # ResNet has an activation after it, which does not belong to the convolution before it
        seen.after = After()


def _multiply(seen: Seen, _output: Tensor, _x: Tensor, y: Any) -> None:
    """A step of an activation, or squeeze-and-excite, which is no layer."""
    if (number := _number(y)) is not None:
        seen.after.function.append(f"x {number:.4g}")


def _activation(function: str) -> Callable[..., None]:
    def note(seen: Seen, output: Tensor, _x: Tensor) -> None:
        seen.after.function.append(function)
        seen.after.activation_elements += output.numel()

    return note


def _hardtanh(seen: Seen, output: Tensor, x: Tensor, lowest: float = -1, highest: float = 1) -> None:
    _activation(f"clamp {lowest:g} {highest:g}")(seen, output, x)


def _clamp(seen: Seen, output: Tensor, x: Tensor, lowest: Any = None, highest: Any = None) -> None:
    """A bound that is left out, or that is a map, is no number."""
    bounds = [None if bound is None else _number(bound) for bound in (lowest, highest)]
    said = " ".join("-" if bound is None else f"{bound:g}" for bound in bounds)
    _activation(f"clamp {said}")(seen, output, x)


def _pad(seen: Seen, output: Tensor, x: Tensor, pad: list[int], value: float = 0) -> None:
    if value != 0:
        return
    zeros = list(seen.zeros.get(id(x), (0,) * x.ndim))
    # torch counts the dimensions from the last one backwards, two numbers each.
    for place, (before, behind) in enumerate(zip(pad[::2], pad[1::2], strict=True), start=1):
        zeros[-place] += before + behind
    seen.remember_zeros(output, zeros)


def _permute(seen: Seen, output: Tensor, x: Tensor, dimensions: list[int]) -> None:
    if id(x) in seen.zeros:
        seen.remember_zeros(output, (seen.zeros[id(x)][dimension] for dimension in dimensions))


def _clone(seen: Seen, output: Tensor, x: Tensor) -> None:
    if (owner := seen.owner(x)) is not None:
        seen.owners[_storage(output)] = owner
        seen.alive.append(output)
    if id(x) in seen.zeros:
        seen.remember_zeros(output, seen.zeros[id(x)])


def _values(parameter: Tensor | None) -> int:
    return 0 if parameter is None else parameter.numel()


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _number(operand: Any) -> float | None:
    """The value of a number or of a tensor that is one; None for a map, and for a tensor that has a shape only."""
    if isinstance(operand, Tensor):
        return None if operand.ndim or operand.is_meta or isinstance(operand, FakeTensor) else float(operand.item())
    return float(operand)


_FUNCTIONS: Mapping[str, str] = {
    "clamp 0 6": "relu6",
    "+ 3 clamp 0 6 x 0.1667": "hard_sigmoid",  # as Keras V3 writes it
}
LAYERS: Mapping[str, Callable[..., LayerFacts]] = {
    "convolution": _convolution,
    "_convolution": _convolution,  # as torch.jit.trace writes it
    "addmm": _addmm,
    "mm": _mm,
}
WEIGHTS: Mapping[str, int] = {"convolution": 1, "_convolution": 1, "addmm": 2, "mm": 1}
"""Where among its arguments an operator has its weights."""
FOLLOWERS: Mapping[str, Callable[..., None]] = {
    "native_batch_norm": _norm,
    "_native_batch_norm_legit_no_training": _norm,
    "_batch_norm_no_update": _norm,
    "cudnn_batch_norm": _norm,
    "native_group_norm": _norm,
    "native_layer_norm": _layer_norm,
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
    "permute": _permute,
    "clone": _clone,
    "_to_copy": _clone,
}
WITH_PARAMETERS = frozenset(name for name in FOLLOWERS if "norm" in name) | {"add", "mul"}
"""Operators whose parameters belong to the layer that they follow."""
