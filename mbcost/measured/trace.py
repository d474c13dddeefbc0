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
from mbcost.measured.operators import FOLLOWERS, LAYERS, WEIGHTS, WITH_PARAMETERS, After, Executed, Seen, other
from mbcost.spec.observed import Call, LayerFacts


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
        self.seen = Seen([*model.named_parameters(), *(stand_ins or {}).items()], strict=strict)
        self.layers = self.seen.layers
        self.sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
        """Parameter -> how many values it has; one that modules share, under its first name."""
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
            self.note(operator, packet, output, args, kwargs or {})
        elif operator in FOLLOWERS:
            FOLLOWERS[operator](self.seen, output, *args)
            if operator in WITH_PARAMETERS:
                self.use(args)
        return output

    def note(self, operator: str, packet: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A layer has been executed."""
        if operator not in LAYERS and self.strict:
            raise MbcostError(f"the model calls {packet}, which is neither a convolution nor a linear layer")
        layer = LAYERS.get(operator, other(operator))(self.seen, output, *args)
        flops = flop_registry[packet](*args, **kwargs, out_val=output)
        macs = half(flops, layer.name) if self.strict else flops // 2
        self.seen.after = After()
        weights = self.seen.owner(args[WEIGHTS[operator]]) if operator in WEIGHTS else None
        module = self.running[-1] if self.running else ""
        self.layers.append(Executed(replace(layer, macs=macs), self.seen.after, weights, module))
        self.use(args)

    def use(self, args: Iterable[Any]) -> None:
        """The last layer has the parameters among `args`, unless one before it has them."""
        for tensor in args if self.layers else ():
            if (owner := self.seen.owner(tensor)) is not None and self.unused.pop(owner, None) is not None:
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


def half(flops: int, what: str) -> int:
    """The multiply-accumulates among what torch counts, two operations each.

    Raises:
        MbcostError: the count is odd, so something else is in it.
    """
    if flops % 2:
        raise MbcostError(f"torch counts an odd {flops} for {what}, where it should count every operation twice")
    return flops // 2
