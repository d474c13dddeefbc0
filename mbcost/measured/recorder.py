"""Records the layers among all operators that torch dispatches while a model runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import signature
from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import flop_registry

from mbcost.errors import MbcostError
from mbcost.measured.execution import ExecutedLayer, Execution, Followers
from mbcost.measured.flow import DataFlow, count_distinct, list_tensors
from mbcost.measured.shapes import run_operator
from mbcost.measured.torch_operators import (
    COPIES,
    FOLLOWERS,
    LAYERS,
    NORM_FUNCTIONS,
    NORMS,
    WEIGHTS,
    WITH_PARAMETERS,
    describe_norm,
    describe_other,
)
from mbcost.measured.watching import Watching
from mbcost.measured.written_norms import WrittenNorm, WrittenNorms
from mbcost.spec.observed import Call


class Recorder(Watching):  # type: ignore[no-untyped-call]
    """Records the layers among all operators that torch dispatches.

    Args:
        model: the model whose parameters are to be recognized.
        strict: whether an operator that `LayerFacts` cannot describe is an error; else it is recorded as far as it can
            be described.
    """

    def __init__(self, model: nn.Module, *, strict: bool = True) -> None:
        super().__init__(model)
        self.strict = strict
        parameters = list(model.named_parameters())
        self.flow = DataFlow(list_other_tensors(model), parameters)
        self.execution = Execution(self.flow, strict=strict)
        self.sizes = {name: parameter.numel() for name, parameter in parameters}
        """The number of values of each parameter; a parameter that modules share has its first name."""
        self.unused = {name: tensor.numel() for name, tensor in parameters if not _is_state(name, tensor)}
        """The parameters that no layer has used yet."""
        self.written_norms = WrittenNorms(self.flow)
        self.identities: set[tuple[int, int, int]] = set()
        """What the layers have used, whether it is stored or computed."""
        self.computing: set[int] = set()
        """The positions of those recorded layers that turned out to compute weights."""
        self.functions: _Functions = _Functions(self)
        self.stand_ins: dict[str, Tensor] = {}
        """They are kept alive: torch would make others."""

    def add_stand_ins(self, stand_in: Callable[[Tensor], Tensor]) -> None:
        """Know the tensors that torch uses instead of parameters."""
        self.stand_ins.update((name, stand_in(parameter)) for name, parameter in self.model.named_parameters())
        self.flow.add_parameters(self.stand_ins.items())

    def start(self, image: Tensor) -> None:
        """Know the image."""
        self.flow.start(image)

    def count_elements(self) -> int:
        """Return the elements of the largest map that a layer has returned."""
        return max((math.prod(layer.facts.output) for layer in self.execution.layers), default=0)

    @property
    def layers(self) -> list[ExecutedLayer]:
        """The recorded layers, without those that only compute the weights of others."""
        return [self.execution.layers[index] for index in self.kept]

    @property
    def kept(self) -> list[int]:
        """The positions of `layers` among all that were recorded."""
        return [index for index in range(len(self.execution.layers)) if index not in self.computing]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = run_operator(func, args, kwargs or {})
        with self.noticing_faults():
            # relu_ is relu in place.
            self.dispatch(func.overloadpacket.__name__.removesuffix("_"), func, output, args, kwargs or {})
        return output

    def dispatch(self, operator: str, func: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Record what an operator says about the layers, and where its result comes from."""
        is_layer = func.overloadpacket in flop_registry
        tensors = list(list_tensors((args, kwargs)))
        of_weights = bool(tensors) and all(self.flow.origin(tensor) is not None for tensor in tensors)
        if is_layer:
            self.record(operator, func.overloadpacket, output, args, kwargs, of_weights=of_weights)
        elif not self.functions.norm:
            self.follow(operator, func, output, args, kwargs, of_weights=of_weights)
        self.flow.follow(func, args, kwargs, output, copies=operator in COPIES)
        if is_layer:
            self.flow.record(output, len(self.execution.layers) - 1, of_weights=of_weights)

    def follow(
        self, operator: str, func: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, of_weights: bool
    ) -> None:
        """Record an operator that follows a layer, unless it computes weights."""
        if operator in ("sub", "rsqrt", "mul") and (norm := self.written_norms.notice(operator, args)) is not None:
            self.add_written_norm(norm, args[0])
        if of_weights and operator != "rsqrt":
            return
        if operator in NORMS:
            operands = name_operands(func, args, kwargs)
            self.execution.add_norm(describe_norm(NORMS[operator], operands, args[0]), args[0])
        elif operator in FOLLOWERS:
            FOLLOWERS[operator](self.execution, output, *args)
        if operator in WITH_PARAMETERS:
            self.assign_parameters(self.execution.find_layer(args), (args, kwargs))

    def record(
        self,
        operator: str,
        packet: Any,
        output: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        of_weights: bool,
    ) -> None:
        """Record the layer that an operator has executed."""
        if operator not in LAYERS and self.strict:
            raise MbcostError(f"the model calls {packet}, which is neither a convolution nor a linear layer")
        facts = LAYERS.get(operator, describe_other(operator))(self.execution, output, *args)
        flops = flop_registry[packet](*args, **kwargs, out_val=output)
        macs = halve(flops, facts.name) if self.strict else flops // 2
        followers = Followers()
        if not of_weights:
            self.execution.followers = followers
        weights = args[WEIGHTS[operator]] if operator in WEIGHTS else None
        layer = ExecutedLayer(
            replace(facts, macs=macs), followers, self.flow.owner(weights), self.running[-1] if self.running else "",
            of_weights=of_weights, padding=self.execution.padding.get(id(args[0]), "zeros"),
            reads=frozenset[int]().union(*map(self.flow.sources, list_tensors((args, kwargs)))),
        )  # fmt: skip
        if weights is not None:
            layer.identity = self.flow.identify(weights)
            origin = self.flow.origin(weights)
            layer.computed_from = tuple(sorted(origin.parameters)) if origin is not None and origin.computed else ()
        self.execution.layers.append(layer)
        if not of_weights:
            self.assign_parameters(layer, (args, kwargs), weights)

    def assign_parameters(self, layer: ExecutedLayer | None, operands: Any, weights: Any = None) -> None:
        """Assign the parameters from which `operands` come to a layer, unless an earlier layer has them."""
        for tensor in list_tensors(operands) if layer is not None else ():
            origin = self.flow.origin(tensor)
            if origin is None or not origin.parameters:
                continue
            assert layer is not None, "there is a layer, or there are no operands"
            self.computing |= origin.layers
            owners = [name for name in sorted(origin.parameters) if self.unused.pop(name, None) is not None]
            layer.first_used += owners
            identity = self.flow.identify(tensor)
            if identity is not None and identity not in self.identities:
                self.identities.add(identity)
                values = count_distinct(tensor)
                if tensor is not weights and origin.computed:  # a scale can be computed as large as its map
                    values = min(values, sum(self.sizes[name] for name in origin.parameters))
                layer.params += values

    def add_written_norm(self, norm: WrittenNorm, _x: Tensor) -> None:
        """Record a norm of a map whose statistics are parameters, which is what they are only in Keras."""
        for name in (norm.mean, norm.variance):
            self.sizes[name] = 0
            self.unused.pop(name, None)

    def add_norm_function(self, kind: str, operands: dict[str, Any], x: Tensor) -> None:
        """Record a norm that is a function of torch."""
        self.execution.add_norm(describe_norm(kind, operands, x), x)
        self.assign_parameters(self.execution.find_layer(x), list(operands.values()))

    def calls(self) -> tuple[Call, ...]:
        """Return the recorded layers, each with the parameters that it is the first to use."""
        first_calls: dict[tuple[int, int, int], str] = {}
        calls: list[Call] = []
        positions = {index: position for position, index in enumerate(self.kept)}
        for layer in self.layers:
            facts, weights = layer.followers.complete(layer.facts), layer.weights
            name = layer.module or str(len(calls)) if weights is None else weights.removesuffix(".weight")
            facts = replace(facts, name=name)
            identity = layer.identity or (0, 0, 0)
            calls.append(
                Call(
                    facts,
                    layer.params,
                    named=weights is not None or bool(layer.computed_from),
                    shares=first_calls.get(identity) if layer.identity else None,
                    stored=sum(self.sizes[name] for name in layer.first_used),
                    computed_from=layer.computed_from,
                    norms=(*(() if calls else self.execution.early_norms), *layer.norms),
                    padding=layer.padding,
                    # If it is not known what a layer reads, every earlier layer could be it.
                    reads=tuple(sorted(positions[index] for index in layer.reads if index in positions))
                    if layer.reads
                    else tuple(range(len(calls))),
                )
            )
            first_calls.setdefault(identity, facts.name)
        return tuple(calls)


class _Functions(TorchFunctionMode):
    """Notices the functions of torch that say more than the operators that they call."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.norm = 0
        """How many norms are being computed, one inside the other."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        function: Any = func
        if name in NORM_FUNCTIONS and getattr(functional, name, None) is func:
            operands = signature(function).bind(*args, **kwargs).arguments
            self.norm += 1
            try:
                output = function(*args, **kwargs)
            finally:
                self.norm -= 1
            x = operands["input"]
            with self.recorder.noticing_faults():
                if self.recorder.flow.origin(x) is None:
                    self.recorder.add_norm_function(NORM_FUNCTIONS[name], {"eps": 1e-5, **operands}, x)
            return output
        output = function(*args, **kwargs)
        if function is functional.pad:
            operands = signature(function).bind(*args, **kwargs).arguments
            if operands.get("mode") == "circular":
                with self.recorder.noticing_faults():
                    self.recorder.execution.pad(output, operands["input"], operands["pad"], "circular")
        return output


def _is_state(name: str, parameter: Tensor) -> bool:
    """Return whether a parameter is what Keras calls a variable that is not trained, such as a random seed."""
    return name.startswith("_torch_params.") and not parameter.requires_grad


def list_other_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a model that are not parameters: buffers and other attributes of its modules."""
    yield from model.named_buffers()
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{name}.{attribute}", value


def name_operands(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the operands of an operator by their names."""
    names = [argument.name for argument in func._schema.arguments]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def halve(flops: int, subject: str) -> int:
    """Return the multiply-accumulates in a count of torch's, which has two operations for each.

    Raises:
        MbcostError: the count is odd, so it contains something else.
    """
    if flops % 2:
        raise MbcostError(f"torch counts an odd {flops} for {subject}: expected two operations per multiply-accumulate")
    return flops // 2
