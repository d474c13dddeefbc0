"""What each operator that torch dispatches says about the layers: one function per operator, listed at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from mbcost.errors import MbcostError
from mbcost.measured.flow import IMAGE, DataFlow, list_tensors
from mbcost.spec.observed import LayerFacts, Map, NormFacts


@dataclass
class Followers:
    """The operators that follow a layer before the next layer begins."""

    biases: int = 0
    norm_channels: int = 0
    norm_elements: int = 0
    function: list[str] = field(default_factory=list)
    """The steps of the activation function."""
    activation_elements: int = 0

    def complete(self, layer: LayerFacts) -> LayerFacts:
        """Return the layer together with its followers."""
        function = " ".join(self.function) or "none"
        return replace(
            layer, biases=layer.biases + self.biases, norm_channels=self.norm_channels,
            norm_elements=self.norm_elements, activation=_FUNCTIONS.get(function, function),
            activation_elements=self.activation_elements,
        )  # fmt: skip


@dataclass
class ExecutedLayer:
    """One call of a layer."""

    facts: LayerFacts
    followers: Followers
    weights: str | None
    """The name of the parameter that contains its weights."""
    module: str
    """The name of the module that made the call."""
    of_weights: bool = False
    """Whether no map is among its operands, so that it can be a step of computing weights."""
    first_used: list[str] = field(default_factory=list)
    """The parameters that no earlier layer had used."""
    computed_from: tuple[str, ...] = ()
    """The parameters from which its weights are computed."""
    identity: tuple[int, int, int] | None = None
    """Equal for layers with the same weights."""
    params: int = 0
    """The number of values that it is the first to use, computed ones included."""
    norms: list[NormFacts] = field(default_factory=list)
    padding: str = "zeros"
    reads: frozenset[int] = frozenset()
    """The layers whose outputs reach this one, as positions; `IMAGE` is the image."""


class Execution:
    """What has been executed so far. It decides what the next operator means.

    Args:
        flow: where the values of every tensor come from.
        strict: whether a convolution that `LayerFacts` cannot describe is an error.
    """

    def __init__(self, flow: DataFlow, *, strict: bool) -> None:
        self.flow = flow
        self.strict = strict
        self.layers: list[ExecutedLayer] = []
        self.followers = Followers()
        """Those of the last layer. What comes before the first layer is dropped: Keras V3 rescales the image."""
        self.early_norms: list[NormFacts] = []
        """Norms of the image."""
        self.zeros: dict[int, tuple[int, ...]] = {}
        """How much was added along each dimension by the identity of the padded map."""
        self.padding: dict[int, str] = {}
        """What was added if it was not zeros, by the identity of the padded map."""
        self.kept_alive: list[Tensor] = []
        """The tensors in `zeros`, so that none of their identities is used again."""

    def owner(self, tensor: Any) -> str | None:
        """Return the parameter that `tensor` is, is a view of or was copied from; None for a map or a number."""
        return self.flow.owner(tensor)

    def find_layer(self, operands: Any) -> ExecutedLayer | None:
        """Return the layer to which an operator on `operands` belongs: the last one whose output reaches a map."""
        sources = frozenset[int]().union(*map(self.flow.sources, list_tensors(operands)))
        if sources:
            return self.layers[max(sources)] if max(sources) > IMAGE else None
        return next((layer for layer in reversed(self.layers) if not layer.of_weights), None)

    def add_norm(self, norm: NormFacts, x: Tensor) -> None:
        """Add a norm of the map `x` to the layer before it."""
        layer = self.find_layer(x)
        if layer is None:
            self.early_norms.append(norm)
            return
        layer.norms.append(norm)
        layer.followers.norm_channels += norm.channels if norm.parameters in ("scale and shift", "scale only") else 0
        layer.followers.norm_elements += x.numel()

    def layer_name(self, weight: Tensor) -> str:
        """Return `features.0.0` for its parameter `features.0.0.weight`; Keras writes `_torch_params.conv/kernel`."""
        owner = self.owner(weight) or f"{len(self.layers)}.weight"
        return owner.replace("/", ".").rpartition(".")[0].removeprefix("_torch_params.")

    def remember_padding(self, padded: Tensor, zeros: Iterable[int], kind: str = "zeros") -> None:
        """Remember how much `padded` has been padded along each of its dimensions, and with what."""
        self.zeros[id(padded)] = tuple(zeros)
        self.padding[id(padded)] = kind
        self.kept_alive.append(padded)

    def pad(self, output: Tensor, x: Tensor, pad: Iterable[int], kind: str) -> None:
        """Remember that `output` is `x`, padded."""
        zeros, sides = list(self.zeros.get(id(x), (0,) * x.ndim)), list(pad)
        # torch lists the dimensions from the last one backwards, two numbers for each.
        for dimension, (before, after) in enumerate(zip(sides[::2], sides[1::2], strict=True), start=1):
            zeros[-dimension] += before + after
        kinds = dict.fromkeys((self.padding.get(id(x), kind), kind))
        self.remember_padding(output, zeros, " and ".join(kinds))


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
    channels = next((tensor.numel() for tensor in (scale, shift) if tensor is not None), x.shape[1])
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
    elif x.shape == y.shape:
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
    """Return the value of a number or of a tensor that is one; None for a map, or for a tensor without values."""
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
