"""Records every operator that torch dispatches while a model runs, with the tensors that it reads and makes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mbcost.errors import MbcostError
from mbcost.measured.flow import list_tensors
from mbcost.measured.graph_calls import OperatorCall, Read, Step
from mbcost.measured.graph_operators import describe_unknown
from mbcost.measured.graph_table import FUNCTIONS, OPERATORS
from mbcost.measured.shapes import run_operator
from mbcost.measured.versions import Value, Versions, describe, identify, store, store_number
from mbcost.measured.watching import Watching

MOST_OPERATORS = 200_000
"""A model with more operators on one image, such as a recurrent layer over a very long sequence, is not traced."""


class GraphRecorder(Watching):  # type: ignore[no-untyped-call]
    """Records every operator, so that a graph can be made of them.

    Args:
        model: the model whose parameters and buffers are the stored tensors of the graph.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self.steps: list[Step] = []
        self.versions = Versions()
        self.image: Value | None = None
        self.outputs: list[Value] = []
        self.functions = _Functions(self)
        self.hidden = 0
        """How many functions are being computed that are recorded as one operator, one inside the other."""
        self._names = {identify(tensor): name for name, tensor in reversed(list(_list_tensors(model)))}
        self._tensors = dict(_list_tensors(model))
        self._parts = _name_parts(self._tensors)
        self._stored: dict[str, Value] = {}
        self._numbers: dict[tuple[float, str], Value] = {}
        self._unnamed = 0
        self._stand_ins: list[Tensor] = []
        """They are kept alive: torch would make others."""

    def add_stand_ins(self, stand_in: Callable[[Tensor], Tensor]) -> None:
        """Know the tensors that torch uses instead of those of the model."""
        for name, tensor in self._tensors.items():
            self._stand_ins.append(stand_in(tensor))
            self._names.setdefault(identify(self._stand_ins[-1]), name)

    def start(self, image: Tensor) -> None:
        """Know the image."""
        self.image = describe(image)
        self.versions.set(image, self.image, writes=False)

    def finish(self, output: Any) -> None:
        """Know what the model returns: the tensors in it."""
        tensors = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        if not tensors and hasattr(output, "__dict__"):
            tensors = list(list_tensors(vars(output)))
        self.outputs = list(dict.fromkeys(self.find(tensor) for tensor in tensors))

    def count_elements(self) -> int:
        """Return the elements of the largest tensor that an operator has made."""
        return max((value.elements for step in self.steps for value in step.makes), default=0)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # What is read is looked up before an operator in place changes it.
        with self.noticing_faults():
            call = None if self.hidden else _bind(func, args, kwargs or {})
            before = [self.find(tensor) for tensor in call.operands] if call is not None else []
        output = run_operator(func, args, kwargs or {}) if self.alone else func(*args, **(kwargs or {}))
        if call is not None:
            with self.noticing_faults():
                call.outputs = list(list_tensors(output))
                self.record(call, before)
        return output

    def record(self, call: OperatorCall, before: Sequence[Value]) -> None:
        """Record a call; `before` is what its operands were."""
        if len(self.steps) >= MOST_OPERATORS:
            raise MbcostError(f"more than {MOST_OPERATORS:,} operators: use a smaller model, or a shorter sequence")
        if not call.writes and _is_alias(call.outputs, call.operands):
            return
        self._before = {id(tensor): value for tensor, value in zip(call.operands, before, strict=True)}
        self._writing = {identify(tensor) for tensor in call.writes}
        self._call = call
        OPERATORS.get(call.name, describe_unknown)(self, call)

    def emit(self, kind: str, reads: Sequence[Read], makes: Sequence[Tensor | Value], **fields: Any) -> None:
        """Add an operator of the call that is being recorded."""
        dtype = next((describe(made).dtype for made in makes if isinstance(made, Tensor)), "float32")
        values = [self._read(read, dtype) for read in reads]
        while values and values[-1] is None:
            values.pop()
        fixed = all(value is None or value.fixed for value in values)
        made_values = [made if isinstance(made, Value) else describe(made) for made in makes]
        for value in made_values:
            value.fixed = fixed
        for made, value in zip(makes, made_values, strict=True):
            if isinstance(made, Tensor):
                self.versions.set(made, value, writes=identify(made) in self._writing)
        written = fields.pop("written", self._call.name)
        module = self.running[-1] if self.running else ""
        self.steps.append(Step(kind, values, made_values, module, written, fields))

    def is_fixed(self, tensor: Tensor) -> bool:
        """Return whether no input changes a tensor that the recorded call reads."""
        return self._before[id(tensor)].fixed

    def share(self, source: Tensor, copy: Tensor) -> None:
        """Know that two tensors have the same value, although no operator of the graph makes one from the other."""
        self.versions.set(copy, self._before[id(source)], writes=False)

    def _read(self, read: Read, dtype: str) -> Value | None:
        if read is None or isinstance(read, Value):
            return read
        if isinstance(read, Tensor):
            known = self._before.get(id(read))
            return self.find(read) if known is None else known
        number = float(read)
        return self._numbers.setdefault((number, dtype), store_number(number, dtype))

    def find(self, tensor: Tensor) -> Value:
        """Return the value of a tensor: that of an operator, or that of a tensor that is stored."""
        value, writes = self.versions.get(tensor)
        if value is not None and not writes:
            return value
        if value is None:
            name = self._names.get(identify(tensor))
            value = None if name is None and writes else self._find_stored(tensor, name)
        for written in writes:
            value = self._derive(tensor, value, written)
        assert value is not None, "a tensor is stored, or an operator has written into its storage"
        self.versions.set(tensor, value, writes=False)
        return value

    def _derive(self, tensor: Tensor, old: Value | None, written: Value) -> Value:
        """Return the value of a tensor after another view of the same storage has been written into."""
        value, fields = describe(tensor), dict[str, Any]()
        reads: list[Value | None] = [written]
        kind, name = ("reshape", "view") if written.elements == value.elements else ("slice", "view")
        if old is not None and written.elements < value.elements:
            kind, name, reads, fields = "arithmetic", "assign", [old, written], {"function": "assign"}
        value.fixed = all(read is None or read.fixed for read in reads)
        self.steps.append(Step(kind, reads, [value], self.running[-1] if self.running else "", name, fields))
        return value

    def _find_stored(self, tensor: Tensor, name: str | None) -> Value:
        if name is None:
            self._unnamed += 1
            name = f"constant {self._unnamed}"
        if name not in self._stored:
            self._stored[name] = store(self._tensors.get(name, tensor), name, self._parts.get(name, ""))
        return self._stored[name]

    def list_unread(self) -> Iterator[tuple[str, int]]:
        """Yield the parameters that no operator reads, and how many values each has."""
        read = {self._parts[value.name] for step in self.steps for value in step.reads
                if value is not None and value.name in self._parts}  # fmt: skip
        for name, parameter in self.model.named_parameters():
            if self._parts[name] not in read:
                yield name, parameter.numel()


class _Functions(TorchFunctionMode):
    """Records functions of torch as one operator that are several operators for torch."""

    def __init__(self, recorder: GraphRecorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        call, recorder = _bind_function(func, args, kwargs or {}), self.recorder
        if call is None or recorder.hidden:
            return func(*args, **(kwargs or {}))
        with recorder.noticing_faults():
            before = [recorder.find(tensor) for tensor in call.operands]
        recorder.hidden += 1
        try:
            output = func(*args, **(kwargs or {}))
        finally:
            recorder.hidden -= 1
        with recorder.noticing_faults():
            call.outputs = list(list_tensors(output))
            recorder.record(call, before)
        return output


def _bind(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OperatorCall:
    packet, schema = func.overloadpacket, func._schema
    arguments = {
        argument.name: value
        for argument, value in zip(
            schema.arguments,
            (*args, *(kwargs.get(argument.name, _default(argument)) for argument in schema.arguments[len(args) :])),
            strict=True,
        )
    }
    writes = [
        tensor
        for argument in schema.arguments
        if argument.alias_info is not None and argument.alias_info.is_write
        for tensor in list_tensors(arguments[argument.name])
    ]
    name = packet.__name__.removesuffix("_") if writes else packet.__name__
    name = name if func.namespace == "aten" else f"{func.namespace}::{name}"
    return OperatorCall(name, arguments, [], packet in flop_registry, writes)


def _default(argument: Any) -> Any:
    return argument.default_value if argument.has_default_value() else None


def _bind_function(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OperatorCall | None:
    """Return the call of a function that is recorded as one operator; None for every other function."""
    full_name = str(getattr(func, "__name__", ""))
    name = full_name.partition(".")[0]
    if name not in FUNCTIONS:
        return None
    if isinstance(func, torch._ops.OpOverload):
        arguments = dict(_bind(func, args, kwargs).arguments)
    elif getattr(functional, name, None) is func:
        bound = signature(getattr(functional, name)).bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
    else:
        return None
    return OperatorCall(name, arguments, []) if FUNCTIONS[name](arguments) else None


def _is_alias(outputs: Sequence[Tensor], operands: Sequence[Tensor]) -> bool:
    """Return whether every output is an operand, as of a view in the same shape."""
    keys: set[Hashable] = set(map(identify, operands))
    return all(identify(output) in keys for output in outputs)


def _list_tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a model by name: parameters, buffers and other attributes of its modules."""
    yield from model.named_parameters()
    yield from model.named_buffers()
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{name}.{attribute}".removeprefix("."), value


def _name_parts(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Return for every name the first name of a tensor that is stored in the same part of the same storage."""
    first: dict[Hashable, str] = {}
    names = {}
    for name, tensor in tensors.items():
        whole = identify(tensor)
        part = (*whole[:2], tensor.numel()) if isinstance(whole, tuple) else whole
        names[name] = first.setdefault(part, name)
    return names
