"""What torch really executes: the convolutions and linear layers of any model, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from mbcost.errors import MbcostError
from mbcost.measured.eval_mode import evaluating
from mbcost.measured.torch_operators import (
    FOLLOWERS,
    LAYERS,
    WEIGHTS,
    WITH_PARAMETERS,
    ExecutedLayer,
    Execution,
    Followers,
    describe_other,
)
from mbcost.spec.observed import Call, LayerFacts


def trace(model: nn.Module, image: Tensor) -> tuple[LayerFacts, ...]:
    """Return the convolutions and linear layers that `model` executes on `image`, in order of execution.

    The model runs once, in eval mode. On the meta device torch decides every shape and computes nothing. The facts come
    from the operators that torch dispatches, so they do not depend on the modules that the model is made of. A norm, a
    bias that is added afterwards and an activation belong to the layer before them. The multiply-accumulates are half
    of what `torch.utils.flop_counter` counts for the call. The input map is the one before explicit zero padding. A
    layer has the model's own name, which is that of the parameter that contains its weights.

    Args:
        model: any model; its training flags are restored afterwards.
        image: one image, (1, C, H, W) or whatever layout the model reads.

    Raises:
        MbcostError: the facts cannot describe what the model does: it executes a transposed convolution, one that is
            not 2D, or another operator for which torch counts operations and that is not a linear layer.
    """
    recorder = Recorder(model)
    with evaluating(model), torch.no_grad(), recorder:
        model(image)
    return tuple(layer.followers.complete(layer.facts) for layer in recorder.layers)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the layers among all operators that torch dispatches.

    Args:
        model: the model whose parameters are to be recognized.
        strict: whether an operator that `LayerFacts` cannot describe is an error; else it is recorded as far as it can
            be described.
        stand_ins: tensors that torch uses instead of parameters, by the parameters' names.
    """

    def __init__(self, model: nn.Module, *, strict: bool = True, stand_ins: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.strict = strict
        self.execution = Execution([*model.named_parameters(), *(stand_ins or {}).items()], strict=strict)
        self.layers = self.execution.layers
        self.sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
        """The number of values of each parameter; a parameter that modules share has its first name."""
        self.unused = dict(self.sizes)
        """The parameters that no layer has used yet."""
        self.modules = {module: name for name, module in model.named_modules()}
        self.running: list[str] = []
        """The modules whose forward is being executed, the innermost last; known inside `naming_modules`."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        packet = func.overloadpacket
        # relu_ is relu in place.
        operator = packet.__name__.removesuffix("_")
        if packet in flop_registry:
            self.record(operator, packet, output, args, kwargs or {})
        elif operator in FOLLOWERS:
            FOLLOWERS[operator](self.execution, output, *args)
            if operator in WITH_PARAMETERS:
                self.assign_parameters(args)
        return output

    def record(self, operator: str, packet: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Record the layer that an operator has executed."""
        if operator not in LAYERS and self.strict:
            raise MbcostError(f"the model calls {packet}, which is neither a convolution nor a linear layer")
        layer = LAYERS.get(operator, describe_other(operator))(self.execution, output, *args)
        flops = flop_registry[packet](*args, **kwargs, out_val=output)
        macs = halve(flops, layer.name) if self.strict else flops // 2
        self.execution.followers = Followers()
        weights = self.execution.owner(args[WEIGHTS[operator]]) if operator in WEIGHTS else None
        module = self.running[-1] if self.running else ""
        self.layers.append(ExecutedLayer(replace(layer, macs=macs), self.execution.followers, weights, module))
        self.assign_parameters(args)

    def assign_parameters(self, args: Iterable[Any]) -> None:
        """Assign the parameters among `args` to the last layer, unless an earlier layer has them."""
        for tensor in args if self.layers else ():
            if (owner := self.execution.owner(tensor)) is not None and self.unused.pop(owner, None) is not None:
                self.layers[-1].first_used.append(owner)

    @contextmanager
    def naming_modules(self) -> Iterator[None]:
        """Know which module makes a call. The hooks are torch's global ones, so no module gets a hook."""

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
        """Return the recorded layers, each with the parameters that it is the first to use."""
        first_calls: dict[str, str] = {}
        calls = []
        for index, layer in enumerate(self.layers):
            facts, weights = layer.followers.complete(layer.facts), layer.weights
            name = layer.module or str(index) if weights is None else weights.removesuffix(".weight")
            facts = replace(facts, name=name)
            params = sum(self.sizes[name] for name in layer.first_used)
            shares = None if weights is None or weights in layer.first_used else first_calls.get(weights)
            calls.append(Call(facts, params, weights is not None, shares))
            first_calls.setdefault(weights or "", facts.name)
        return tuple(calls)


def halve(flops: int, subject: str) -> int:
    """Return the multiply-accumulates in a count of torch's, which has two operations for each.

    Raises:
        MbcostError: the count is odd, so it contains something else.
    """
    if flops % 2:
        raise MbcostError(f"torch counts an odd {flops} for {subject}: expected two operations per multiply-accumulate")
    return flops // 2
