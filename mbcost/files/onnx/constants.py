"""Small constants that the file computes: the sides of reshapes, mostly, from `Shape`, `Gather` and `Concat`.

Every operator here is evaluated only if its result has at most `MOST_ELEMENTS` values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from mbcost.files.onnx.nodes import MOST_ELEMENTS, Facts, Node, Shape

Evaluate = Callable[[Node, list[Any], list[Shape]], Any]
"""Makes the result, or a list of results, from the inputs as arrays and the shapes of the results."""
BROKEN = (ArithmeticError, AttributeError, IndexError, KeyError, LookupError, MemoryError, TypeError, ValueError)
"""What numpy raises when the operator cannot be evaluated."""


def evaluate(node: Node, facts: Facts) -> None:
    """Remember the results of a node if they are small constants that are easy to know."""
    import numpy

    if not node.standard or node.op not in EVALUATORS:
        return
    shapes = [facts.shape(name) for name in node.makes]
    known = [shape for shape in shapes if shape is not None and prod(shape) <= MOST_ELEMENTS]
    arrays = _inputs(node, facts)
    if arrays is None or len(known) != len(shapes):
        return
    try:
        with numpy.errstate(all="ignore"):
            results = EVALUATORS[node.op](node, arrays, known)
    except BROKEN:
        return
    for name, result, shape in zip(
        node.makes, results if isinstance(results, list) else [results], known, strict=False
    ):
        _remember(facts, name, result, shape)


def _remember(facts: Facts, name: str, result: Any, shape: Shape) -> None:
    import numpy
    from onnx import helper

    try:
        dtype = helper.tensor_dtype_to_np_dtype(facts.types[name].tensor_type.elem_type)
        if name and dtype.kind in "biuf":
            facts.add_values(name, numpy.asarray(result).astype(dtype).reshape(shape))
    except BROKEN:
        return


def _inputs(node: Node, facts: Facts) -> list[Any] | None:
    """Return the inputs as arrays; of `Shape` and `Size`, the sides of the input."""
    import numpy

    if node.op in ("Shape", "Size"):
        shape = facts.shape(node.read(0))
        return None if shape is None else [numpy.array(shape, dtype="int64")]
    reads = node.reads[:1] if node.op == "CastLike" else node.reads
    arrays = [facts.values(name) if name else None for name in reads]
    missing = any(name and array is None for name, array in zip(reads, arrays, strict=True))
    return None if missing else arrays


def _shape(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    return arrays[0][slice(node.number("start", 0), node.number("end", len(arrays[0])))]


def _size(_node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    return prod(int(side) for side in arrays[0])


def _same(_node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    return arrays[0]


def _gather(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    return numpy.take(arrays[0], arrays[1].astype("int64"), axis=node.number("axis", 0))


def _concat(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    return numpy.concatenate(arrays, axis=node.number("axis", 0))


def _slice(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    data = arrays[0]
    bounds = [None if array is None else [int(value) for value in array.flat] for array in arrays[1:]]
    starts, ends, axes, steps = (bounds + [None] * 4)[:4]
    if "starts" in node.attributes:
        starts, ends, axes = list(node.numbers("starts")), list(node.numbers("ends")), list(node.numbers("axes"))
    if starts is None or ends is None:
        raise ValueError("no bounds")
    steps = steps or [1] * len(starts)
    cut = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes or range(len(starts)), starts, ends, steps, strict=False):
        cut[axis] = slice(start, None if step < 0 and end < -data.shape[axis] else end, step)
    return data[tuple(cut)]


def _split(node: Node, arrays: list[Any], shapes: list[Shape]) -> Any:
    import numpy

    axis = node.number("axis", 0)
    sides = [shape[axis] for shape in shapes]
    return numpy.split(arrays[0], [sum(sides[: index + 1]) for index in range(len(sides) - 1)], axis=axis)


def _divide(_node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    dividend, divisor = arrays
    if dividend.dtype.kind == "f":
        return dividend / divisor
    if not divisor.all():
        raise ZeroDivisionError
    return numpy.sign(dividend) * numpy.sign(divisor) * (abs(dividend) // abs(divisor))  # truncates, as in C


def _transpose(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    return arrays[0].transpose(node.numbers("perm") or None)


def _fill(node: Node, _arrays: list[Any], shapes: list[Shape]) -> Any:
    import numpy
    from onnx import numpy_helper

    value = numpy_helper.to_array(node.attributes["value"].t).reshape(-1)[0] if "value" in node.attributes else 0.0
    return numpy.full(shapes[0], value)


def _range(_node: Node, arrays: list[Any], shapes: list[Shape]) -> Any:
    import numpy

    start, _, step = (array.reshape(-1)[0] for array in arrays)
    return start + step * numpy.arange(prod(shapes[0]))


def _reduce(name: str) -> Evaluate:
    def reduce(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
        axes = node.numbers("axes")
        if len(arrays) > 1 and arrays[1] is not None:
            axes = tuple(int(axis) for axis in arrays[1].flat)
        return getattr(arrays[0], name)(axis=axes or None)

    return reduce


def _expand(_node: Node, arrays: list[Any], shapes: list[Shape]) -> Any:
    import numpy

    return numpy.broadcast_to(arrays[0], shapes[0])


def _tile(_node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    return numpy.tile(arrays[0], [int(value) for value in arrays[1]])


def _modulo(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    if not arrays[1].all():
        raise ZeroDivisionError
    return (numpy.fmod if node.number("fmod", 0) else numpy.mod)(*arrays)


def _clip(node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
    import numpy

    data, low, high = (*arrays, None, None)[:3]
    low = node.real("min", -numpy.inf) if "min" in node.attributes else low
    high = node.real("max", numpy.inf) if "max" in node.attributes else high
    data = data if low is None else numpy.maximum(data, low)
    return data if high is None else numpy.minimum(data, high)


def _call(name: str) -> Evaluate:
    """Return the function of numpy, over all inputs one after the other if it takes two."""

    def call(_node: Node, arrays: list[Any], _shapes: list[Shape]) -> Any:
        import numpy

        function, (result, *others) = getattr(numpy, name), arrays
        if name == "where" or not others:
            return function(*arrays)
        for other in others:
            result = function(result, other)
        return result

    return call


EVALUATORS: Mapping[str, Evaluate] = {
    "Shape": _shape,
    "Size": _size,
    **dict.fromkeys(("Identity", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze"), _same),
    "Gather": _gather,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Div": _divide,
    "Mod": _modulo,
    "Transpose": _transpose,
    "ConstantOfShape": _fill,
    "Range": _range,
    "Expand": _expand,
    "Tile": _tile,
    "ReduceProd": _reduce("prod"),
    "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce("max"),
    "ReduceMin": _reduce("min"),
    "Where": _call("where"),
    "Clip": _clip,
    "Pow": _call("power"),
    "Reciprocal": _call("reciprocal"),
    "Round": _call("round"),
    "Sign": _call("sign"),
    "Xor": _call("logical_xor"),
    "Add": _call("add"),
    "Sub": _call("subtract"),
    "Mul": _call("multiply"),
    "Min": _call("minimum"),
    "Max": _call("maximum"),
    "Neg": _call("negative"),
    "Abs": _call("abs"),
    "Sqrt": _call("sqrt"),
    "Floor": _call("floor"),
    "Ceil": _call("ceil"),
    "Not": _call("logical_not"),
    "And": _call("logical_and"),
    "Or": _call("logical_or"),
    "Equal": _call("equal"),
    "Greater": _call("greater"),
    "GreaterOrEqual": _call("greater_equal"),
    "Less": _call("less"),
    "LessOrEqual": _call("less_equal"),
}
"""What is evaluated, by operator."""
