"""What torch really executes: the convolutions and linear layers of any model, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from mbcost.errors import MbcostError
from mbcost.spec.measurement import LayerFacts, Map
from mbcost.spec.traced import Call


def trace(model: nn.Module, image: Tensor) -> tuple[LayerFacts, ...]:
    """The convolutions and linear layers that `model` executes on `image`, in order of execution.

    The model runs once, in eval mode; on the meta device torch decides every shape and computes nothing. Everything is
    read off the operators that torch dispatches, so it does not matter of what modules the model is made. A norm, a
    bias that is added afterwards and an activation belong to the layer before them. The multiply-accumulates are half
    of what `torch.utils.flop_counter` counts for the call. The input map is the one before explicit zero padding. A
    layer's name is the model's own, from the parameter that holds its weights.

    Args:
        model: any model; its training flag is as before afterwards.
        image: one image, (1, C, H, W) or whatever layout the model reads.

    Raises:
        MbcostError: the model does something that these facts cannot say: an operator that torch counts operations
            for and that is neither a convolution nor a linear layer, or a transposed or not 2D convolution.
    """
    recorder = Recorder(model)
    with evaluating(model), torch.no_grad(), recorder:
        model(image)
    return tuple(executed.after.complete(executed.facts) for executed in recorder.layers)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Every module of `model` in eval mode, and afterwards in the mode that it was in.

    The flags are set one by one: a model's own `train()` and `eval()` can do more than that, such as merge weights.
    """
    training = {module: module.training for module in model.modules()}
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module, flag in training.items():
            module.training = flag


@dataclass
class _After:
    """What follows a layer before the next one begins."""

    biases: int = 0
    norm_channels: int = 0
    norm_elements: int = 0
    function: list[str] = field(default_factory=list)
    """The steps of the activation function."""
    activation_elements: int = 0

    def complete(self, layer: LayerFacts) -> LayerFacts:
        function = " ".join(self.function) or "none"
        return replace(
            layer, biases=layer.biases + self.biases, norm_channels=self.norm_channels,
            norm_elements=self.norm_elements, activation=_FUNCTIONS.get(function, function),
            activation_elements=self.activation_elements,
        )  # fmt: skip


@dataclass
class _Executed:
    """One call of a layer."""

    facts: LayerFacts
    after: _After
    weights: str | None
    """The parameter that holds its weights."""
    module: str
    """The module that made the call."""
    first_used: list[str] = field(default_factory=list)
    """The parameters that no layer before had used."""


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operator call and notes the layers.

    Args:
        model: whose parameters are to be recognised.
        strict: whether an operator that `LayerFacts` cannot describe is an error; else it is noted with what can be
            said of it.
        stand_ins: tensors that torch puts in the place of parameters, by the parameters' names.
    """

    def __init__(self, model: nn.Module, *, strict: bool = True, stand_ins: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.strict = strict
        self.layers: list[_Executed] = []
        self.after = _After()
        """Of the last layer; before the first one, what nobody asks for: Keras V3 rescales the image."""
        self.sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
        """Parameter -> how many values it has; one that modules share, under its first name."""
        self.unused = dict(self.sizes)
        """The parameters that no layer has used yet."""
        self.owners = {_storage(parameter): name for name, parameter in model.named_parameters()}
        """Storage of a parameter, or of a copy of it -> the parameter's name."""
        self.owners |= {_storage(tensor): name for name, tensor in (stand_ins or {}).items()}
        self.modules = {module: name for name, module in model.named_modules()}
        self.running: list[str] = []
        """The modules whose forward is being executed, the innermost last; known inside `naming_modules`."""
        self.zeros: dict[int, tuple[int, ...]] = {}
        """Identity of a map with zeros around it -> how many of them along each dimension."""
        self.alive: list[Tensor] = list((stand_ins or {}).values())
        """What `owners` and `zeros` know, lest its identity pass to another."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        packet = func.overloadpacket
        # relu_ is relu in place.
        operator = packet.__name__.removesuffix("_")
        if packet in flop_registry:
            self.note(operator, packet, output, args, kwargs or {})
        elif operator in _FOLLOWERS:
            _FOLLOWERS[operator](self, output, *args)
            if operator in _WITH_PARAMETERS:
                self.use(args)
        return output

    def note(self, operator: str, packet: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A layer has been executed."""
        if operator not in _LAYERS and self.strict:
            raise MbcostError(f"the model calls {packet}, which is neither a convolution nor a linear layer")
        layer = _LAYERS.get(operator, _other(operator))(self, output, *args)
        flops = flop_registry[packet](*args, **kwargs, out_val=output)
        macs = half(flops, layer.name) if self.strict else flops // 2
        self.after = _After()
        weights = self.owner(args[_WEIGHTS[operator]]) if operator in _WEIGHTS else None
        module = self.running[-1] if self.running else ""
        self.layers.append(_Executed(replace(layer, macs=macs), self.after, weights, module))
        self.use(args)

    def use(self, args: Iterable[Any]) -> None:
        """The last layer has the parameters among `args`, unless one before it has them."""
        for tensor in args if self.layers else ():
            if (owner := self.owner(tensor)) is not None and self.unused.pop(owner, None) is not None:
                self.layers[-1].first_used.append(owner)

    @contextmanager
    def naming_modules(self) -> Iterator[None]:
        """Know which module makes a call. The hooks are torch's global ones: no module gets any."""

        def enter(module: nn.Module, _inputs: Any) -> None:
            self.running.append(self.modules.get(module, self.running[-1] if self.running else ""))

        def leave(_module: nn.Module, _inputs: Any, _output: Any) -> None:
            self.running.pop()

        handles = register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def calls(self) -> tuple[Call, ...]:
        """The layers with whose parameters they use."""
        first: dict[str, str] = {}
        calls = []
        for place, executed in enumerate(self.layers):
            facts, weights = executed.after.complete(executed.facts), executed.weights
            name = executed.module or str(place) if weights is None else weights.removesuffix(".weight")
            facts = replace(facts, name=name)
            params = sum(self.sizes[name] for name in executed.first_used)
            shares = None if weights is None or weights in executed.first_used else first.get(weights)
            calls.append(Call(facts, params, weights is not None, shares))
            first.setdefault(weights or "", facts.name)
        return tuple(calls)

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
    recorder: Recorder, output: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, stride: list[int],
    _padding: list[int], dilation: list[int], transposed: bool, _output_padding: list[int], groups: int,
) -> LayerFacts:  # fmt: skip
    name = recorder.name(weight)
    if recorder.strict and (weight.ndim != 4 or transposed):
        raise MbcostError(f"{name} is a transposed or not 2D convolution: no network here has one")
    if weight.ndim != 4 or transposed:
        facts = _other("transposed conv" if transposed else f"conv{weight.ndim - 2}d")(recorder, output, x)
        return replace(facts, name=name, groups=groups, weights=weight.numel(), biases=_values(bias))
    zeros = recorder.zeros.get(id(x), (0, 0, 0, 0))
    channels, height, width = (size - zero for size, zero in zip(x.shape[1:], zeros[1:], strict=True))
    kernel, strides = (weight.shape[2], weight.shape[3]), (stride[0], stride[1])
    output_map = output.shape[2], output.shape[3], output.shape[1]
    return LayerFacts(
        name, "conv", kernel, strides, groups, (height, width, channels), output_map,
        weights=weight.numel(), biases=_values(bias), norm_channels=0, macs=0, dilation=(dilation[0], dilation[-1]),
    )  # fmt: skip


def _addmm(recorder: Recorder, output: Tensor, bias: Tensor | None, x: Tensor, weight: Tensor) -> LayerFacts:
    input_map, output_map = (1, x.shape[0], x.shape[1]), (1, output.shape[0], output.shape[1])
    return LayerFacts(
        recorder.name(weight), "linear", (1, 1), (1, 1), 1, input_map, output_map,
        weights=weight.numel(), biases=_values(bias), norm_channels=0, macs=0,
    )  # fmt: skip


def _mm(recorder: Recorder, output: Tensor, x: Tensor, weight: Tensor) -> LayerFacts:
    return _addmm(recorder, output, None, x, weight)


def _other(operator: str) -> Callable[..., LayerFacts]:
    """Of an operator that is no 2D convolution and no linear layer, what there is to say."""

    def note(recorder: Recorder, output: Any, *args: Any) -> LayerFacts:
        x = next((argument for argument in args if isinstance(argument, Tensor)), output)
        return LayerFacts(
            str(len(recorder.layers)), operator, None, None, None, _map(x), _map(output),
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


def _layer_norm(recorder: Recorder, output: Any, x: Tensor, _shape: Any, scale: Tensor | None, *_rest: Any) -> None:
    _norm(recorder, output, x, scale)


def _norm(recorder: Recorder, _output: Any, x: Tensor, scale: Tensor | None, *_rest: Any) -> None:
    recorder.after.norm_channels += _values(scale)
    recorder.after.norm_elements += x.numel()


def _written_out_norm(recorder: Recorder, output: Tensor, _variance: Tensor) -> None:
    """1 / sqrt(variance + epsilon), one a channel: Keras writes batch norm out in single operators."""
    if recorder.layers and output.numel() == recorder.layers[-1].facts.output[2]:
        recorder.after.norm_channels += output.numel()


def _add(recorder: Recorder, _output: Tensor, x: Tensor, y: Any) -> None:
    """A bias, the shift of a norm, a step of an activation, or a residual connection, which is no layer."""
    if recorder.owner(x) is not None:  # variance + epsilon
        return
    if recorder.owner(y) is not None:
        if recorder.after.norm_channels:
            recorder.after.norm_elements += x.numel()
        else:
            recorder.after.biases += y.numel()
    elif (number := _number(y)) is not None:
        recorder.after.function.append(f"+ {number:.4g}")
    elif x.shape == y.shape:  # ResNet has an activation after it, which does not belong to the convolution before it
        recorder.after = _After()


def _multiply(recorder: Recorder, _output: Tensor, _x: Tensor, y: Any) -> None:
    """A step of an activation, or squeeze-and-excite, which is no layer."""
    if (number := _number(y)) is not None:
        recorder.after.function.append(f"x {number:.4g}")


def _activation(function: str) -> Callable[..., None]:
    def note(recorder: Recorder, output: Tensor, _x: Tensor) -> None:
        recorder.after.function.append(function)
        recorder.after.activation_elements += output.numel()

    return note


def _hardtanh(recorder: Recorder, output: Tensor, x: Tensor, lowest: float = -1, highest: float = 1) -> None:
    _activation(f"clamp {lowest:g} {highest:g}")(recorder, output, x)


def _clamp(recorder: Recorder, output: Tensor, x: Tensor, lowest: Any = None, highest: Any = None) -> None:
    """A bound that is left out, or that is a map, is no number."""
    bounds = [None if bound is None else _number(bound) for bound in (lowest, highest)]
    said = " ".join("-" if bound is None else f"{bound:g}" for bound in bounds)
    _activation(f"clamp {said}")(recorder, output, x)


def _pad(recorder: Recorder, output: Tensor, x: Tensor, pad: list[int], value: float = 0) -> None:
    if value != 0:
        return
    zeros = list(recorder.zeros.get(id(x), (0,) * x.ndim))
    # torch counts the dimensions from the last one backwards, two numbers each.
    for place, (before, behind) in enumerate(zip(pad[::2], pad[1::2], strict=True), start=1):
        zeros[-place] += before + behind
    recorder.remember_zeros(output, zeros)


def _permute(recorder: Recorder, output: Tensor, x: Tensor, dimensions: list[int]) -> None:
    if id(x) in recorder.zeros:
        recorder.remember_zeros(output, (recorder.zeros[id(x)][dimension] for dimension in dimensions))


def _clone(recorder: Recorder, output: Tensor, x: Tensor) -> None:
    if (owner := recorder.owner(x)) is not None:
        recorder.owners[_storage(output)] = owner
        recorder.alive.append(output)
    if id(x) in recorder.zeros:
        recorder.remember_zeros(output, recorder.zeros[id(x)])


def _values(parameter: Tensor | None) -> int:
    return 0 if parameter is None else parameter.numel()


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _number(operand: Any) -> float | None:
    """The value of a number or of a tensor that is one; None for a map, and for a tensor that has a shape only."""
    if isinstance(operand, Tensor):
        return None if operand.ndim or operand.is_meta or isinstance(operand, FakeTensor) else float(operand.item())
    return float(operand)


def half(flops: int, what: str) -> int:
    """The multiply-accumulates among what torch counts, two operations each.

    Raises:
        MbcostError: the count is odd, so something else is in it.
    """
    if flops % 2:
        raise MbcostError(f"torch counts an odd {flops} for {what}, where it should count every operation twice")
    return flops // 2


_FUNCTIONS: Mapping[str, str] = {
    "clamp 0 6": "relu6",
    "+ 3 clamp 0 6 x 0.1667": "hard_sigmoid",  # as Keras V3 writes it
}
_LAYERS: Mapping[str, Callable[..., LayerFacts]] = {"convolution": _convolution, "addmm": _addmm, "mm": _mm}
_WEIGHTS: Mapping[str, int] = {"convolution": 1, "addmm": 2, "mm": 1}
"""Where among its arguments an operator has its weights."""
_FOLLOWERS: Mapping[str, Callable[..., None]] = {
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
_WITH_PARAMETERS = frozenset(name for name in _FOLLOWERS if "norm" in name) | {"add", "mul"}
"""Operators whose parameters belong to the layer that they follow."""
