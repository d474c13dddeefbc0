"""What each operator that torch dispatches is in a graph: one function per operator, listed at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from mbcost.measured.graph_calls import Emitter, OperatorCall
from mbcost.measured.versions import Value, describe

Describe = Callable[[Emitter, OperatorCall], None]
"""Adds the operators of a call."""


def describe_unknown(recorder: Emitter, call: OperatorCall) -> None:
    """An operator that is not in the table: it is not counted, unless it only computes constants."""
    if call.outputs and not call.counted and all(map(recorder.is_fixed, call.operands)):
        recorder.emit("arithmetic", call.operands, call.outputs, function=call.name)
        return
    reason = "torch counts its operations, mbcost does not" if call.counted else "an operator that mbcost does not know"
    recorder.emit("unknown", call.operands, call.outputs or call.writes, reason=reason)


def simple(kind: str, **fields: Any) -> Describe:
    """Return the description of an operator that reads all its tensors."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        recorder.emit(kind, call.operands, call.outputs, **fields)

    return describe_call


def activation(function: str) -> Describe:
    """Return the description of an activation of one tensor."""
    return simple("activation", function=function)


def elementwise(kind: str, function: str = "") -> Describe:
    """Return the description of a function of two operands, of which one can be a number."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        operands = [value for value in call.arguments.values() if _is_operand(value)][:2]
        recorder.emit(kind, operands, call.outputs[:1], **({"function": function} if function else {}))

    return describe_call


def scaled_sum(kind: str, function: str = "") -> Describe:
    """Return the description of a sum or a difference, of which the second operand is multiplied by `alpha`."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        first, second, alpha = call["self"], call["other"], call.arguments.get("alpha", 1)
        if alpha != 1:
            if isinstance(second, Tensor):
                scaled = describe(second)
                recorder.emit("multiply", [second, alpha], [scaled], written="mul")
                second = scaled
            else:
                second *= alpha
        recorder.emit(kind, [first, second], call.outputs[:1], **({"function": function} if function else {}))

    return describe_call


def clamp(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a clamp: an activation with a name, or with its bounds as the name."""
    lowest = call.arguments.get("min", call.arguments.get("min_val"))
    highest = call.arguments.get("max", call.arguments.get("max_val"))
    tensors = [bound for bound in (lowest, highest) if isinstance(bound, Tensor)]
    if tensors:
        recorder.emit("arithmetic", [call["self"], *tensors], call.outputs, function="clamp")
        return
    bounds = tuple(None if bound is None else float(bound) for bound in (lowest, highest))
    function = CLAMPS.get(bounds) or "clamp " + " ".join("-" if bound is None else f"{bound:g}" for bound in bounds)
    recorder.emit("activation", [call["self"]], call.outputs, function=function)


def prelu(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a PReLU, which reads its slopes."""
    recorder.emit("activation", [call["self"], call["weight"]], call.outputs, function="prelu")


def power(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a power, of which either operand can be a number."""
    recorder.emit("arithmetic", list(call.arguments.values()), call.outputs, function="power")


def glu(recorder: Emitter, call: OperatorCall) -> None:
    """A map whose one half is multiplied by the sigmoid of the other half."""
    half = describe(call.outputs[0])
    parts = [Value(half.shape, half.dtype) for _ in range(2)]
    axis = _axis(call["dim"], call["self"])
    recorder.emit("split", [call["self"]], parts, axes=(axis,), written="chunk")
    recorder.emit("activation", [parts[1]], [half], function="sigmoid", written="sigmoid")
    recorder.emit("multiply", [parts[0], half], call.outputs)


def norm(kind: str) -> Describe:
    """Return the description of a norm; it reads scale, shift, mean and variance, in this order."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        x = call["input"] if "input" in call.arguments else call["self"]
        names = ("weight", "bias", "running_mean", "running_var")
        epsilon = next((call[name] for name in ("eps", "epsilon") if call.arguments.get(name) is not None), None)
        recorder.emit(
            "norm", [x, *(call.arguments.get(name) for name in names)], call.outputs[:1], function=kind,
            epsilon=None if epsilon is None else float(epsilon), **_norm_groups(kind, call),
        )  # fmt: skip

    return describe_call


def _norm_groups(kind: str, call: OperatorCall) -> dict[str, int]:
    return {"groups": int(call["group"])} if kind == "group norm" else {}


def mean(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a mean, which is a global pool if it is over height and width."""
    x: Tensor = call["self"]
    axes = _list_axes(call, x)
    if x.ndim == 4 and axes == (2, 3):
        recorder.emit("global_pool", [x], call.outputs)
        return
    recorder.emit("reduce", [x], call.outputs, function="mean", axes=axes)


def reduce(function: str) -> Describe:
    """Return the description of a reduction over dimensions."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        recorder.emit("reduce", call.operands, call.outputs, function=function, axes=_list_axes(call, call.operands[0]))

    return describe_call


def _list_axes(call: OperatorCall, x: Tensor) -> tuple[int, ...]:
    dims = call.arguments.get("dim")
    if dims is None or (isinstance(dims, list | tuple) and not dims):
        return tuple(range(x.ndim))
    return tuple(sorted(_axis(dim, x) for dim in (dims if isinstance(dims, list | tuple) else [dims])))


def _axis(dimension: Any, x: Tensor) -> int:
    return int(dimension) % max(x.ndim, 1)


def along(kind: str) -> Describe:
    """Return the description of an operator along one dimension."""

    def describe_call(recorder: Emitter, call: OperatorCall) -> None:
        axis = call.arguments.get("dim", 0)
        recorder.emit(kind, call.operands, call.outputs, axes=(_axis(axis, call.operands[0]),))

    return describe_call


def softmax(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a softmax."""
    recorder.emit("softmax", [call["self"]], call.outputs, axes=(_axis(call["dim"], call["self"]),))


def stack(recorder: Emitter, call: OperatorCall) -> None:
    """Tensors along a new dimension."""
    axis = int(call["dim"]) % call.outputs[0].ndim
    recorder.emit("concat", call.operands, call.outputs, axes=(axis,))


def transpose(recorder: Emitter, call: OperatorCall) -> None:
    """Describe another order of dimensions."""
    x: Tensor = call["self"]
    order = list(range(x.ndim))
    if "dims" in call.arguments:
        order = [_axis(dim, x) for dim in call["dims"]]
    elif x.ndim > 1:
        first, second = (call.arguments.get(name, index) for index, name in enumerate(("dim0", "dim1")))
        first, second = _axis(first, x), _axis(second, x)
        order[first], order[second] = order[second], order[first]
    recorder.emit("transpose", [x], call.outputs, axes=tuple(order))


def pad(recorder: Emitter, call: OperatorCall) -> None:
    """Describe padding; a negative one is a slice."""
    x: Tensor = call["input"] if "input" in call.arguments else call["self"]
    sides = [0] * (2 * x.ndim)
    numbers = list(map(int, call["pad"] if "pad" in call.arguments else call["padding"]))
    # torch lists the dimensions from the last one backwards.
    for index, (before, after) in enumerate(zip(numbers[::2], numbers[1::2], strict=True), start=1):
        sides[-2 * index], sides[1 - 2 * index or len(sides) - 1] = before, after
    kind = "slice" if min(sides) < 0 and max(sides) <= 0 else "pad"
    mode = call.arguments.get("mode")
    fields = {"padding": tuple(sides)} if kind == "pad" else {}
    recorder.emit(kind, [x], call.outputs, written=f"{call.name} {mode}" if mode else call.name, **fields)


def copy_into(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a copy into a tensor, whose former values are not read."""
    recorder.emit("copy", [call["src"]], call.outputs)


def constant(recorder: Emitter, call: OperatorCall) -> None:
    """Describe a tensor that is made from numbers."""
    recorder.emit("constant", [], call.outputs)


def share_value(recorder: Emitter, call: OperatorCall) -> None:
    """A new tensor object for the same values, which is no work."""
    recorder.share(call.operands[0], call.outputs[0])


def _is_operand(value: Any) -> bool:
    return isinstance(value, Tensor | bool | int | float)


def is_circular(arguments: Mapping[str, Any]) -> bool:
    """Return whether padding continues with the other side of the map."""
    return arguments.get("mode") == "circular"


def always(_arguments: Mapping[str, Any]) -> bool:
    """Return true: whatever the arguments are."""
    return True


def shape_only(recorder: Emitter, call: OperatorCall) -> None:
    """A tensor of which only the shape is used."""
    recorder.emit("constant", [], call.outputs)


CLAMPS: Mapping[tuple[float | None, ...], str] = {
    (0, 6): "relu6",
    (0, None): "relu",
    (-1, 1): "hard_tanh",
}
"""The bounds of a clamp -> the name of the activation."""
