"""The values of small tensors of integers that follow from shapes, such as the target of a reshape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from mbcost.files.tflite.node import Node
from mbcost.spec.graph import MOST_VALUES

Values = tuple[float, ...]


def compute_values(node: Node) -> Values | None:
    """Return the values of what an operator makes, None if they are not known or too many."""
    rule = RULES.get(node.written)
    if rule is None or len(node.outputs) != 1:
        return None
    values = rule(node)
    return values if values is not None and len(values) <= MOST_VALUES else None


def _all_known(node: Node) -> list[Values] | None:
    values = [tensor.values if tensor else None for tensor in node.inputs]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _shape(node: Node) -> Values | None:
    return tuple(map(float, node.input(0).shape))


def _kept(node: Node) -> Values | None:
    return node.input(0).values


def _joined(node: Node) -> Values | None:
    known = _all_known(node)
    return None if known is None else tuple(value for values in known for value in values)


def _elementwise(function: Callable[[float, float], float]) -> Callable[[Node], Values | None]:
    def rule(node: Node) -> Values | None:
        known = _all_known(node)
        if known is None or len(known) != 2:
            return None
        first, second = known
        size = max(len(first), len(second))
        if {len(first), len(second)} - {1, size}:
            return None
        longer = [values * size if len(values) == 1 else values for values in (first, second)]
        return tuple(function(one, other) for one, other in zip(*longer, strict=True))

    return rule


def _product(node: Node) -> Values | None:
    values = node.input(0).values
    return None if values is None or len(node.input(0).shape) != 1 else (float(prod(values)),)


def _gathered(node: Node) -> Values | None:
    known = _all_known(node)
    if known is None or len(node.input(0).shape) != 1 or len(known) != 2:
        return None
    values, indices = known
    if any(not 0 <= index < len(values) for index in indices):
        return None
    return tuple(values[int(index)] for index in indices)


def _strided(node: Node) -> Values | None:
    known = _all_known(node)
    if known is None or len(node.input(0).shape) != 1 or len(known) != 4 or {len(part) for part in known[1:]} != {1}:
        return None
    values, (begin,), (end,), (step,) = known
    if node.option("EllipsisMask") or node.option("NewAxisMask") or not step:
        return None
    if node.option("ShrinkAxisMask"):
        return values[int(begin) :][:1]
    start = None if node.option("BeginMask") else int(begin)
    stop = None if node.option("EndMask") else int(end)
    return values[slice(start, stop, int(step))]


def _sliced(node: Node) -> Values | None:
    known = _all_known(node)
    if known is None or len(node.input(0).shape) != 1 or len(known) != 3 or not known[1] or not known[2]:
        return None
    values, (begin, *_), (size, *_) = known
    rest = values[int(begin) :]
    return rest if size < 0 else rest[: int(size)]


def _larger(one: float, other: float) -> float:
    return max(one, other)


def _smaller(one: float, other: float) -> float:
    return min(one, other)


def _divided(one: float, other: float) -> float:
    return one // other if other else 0.0


RULES: Mapping[str, Callable[[Node], Values | None]] = {
    "SHAPE": _shape,
    "CAST": _kept,
    "RESHAPE": _kept,
    "SQUEEZE": _kept,
    "EXPAND_DIMS": _kept,
    "PACK": _joined,
    "CONCATENATION": _joined,
    "MUL": _elementwise(lambda one, other: one * other),
    "ADD": _elementwise(lambda one, other: one + other),
    "SUB": _elementwise(lambda one, other: one - other),
    "FLOOR_DIV": _elementwise(_divided),
    "MAXIMUM": _elementwise(_larger),
    "MINIMUM": _elementwise(_smaller),
    "REDUCE_PROD": _product,
    "GATHER": _gathered,
    "STRIDED_SLICE": _strided,
    "SLICE": _sliced,
}
"""The operators between a shape and its use, and how each computes its values."""
