"""What does not depend on a graph's inputs becomes a constant, and what changes no value disappears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from mbcost.spec.graph import Graph, Operator, Tensor

MOST = 1 << 62
"""Sums of sums of constants in a hostile file would become numbers of thousands of digits."""
SAME_VALUES = frozenset({"copy", "dequantize", "quantize", "reshape", "transpose"})
"""Kinds of operators whose result has a value for each value that they read."""
KEEP_ORDER = frozenset({"copy", "reshape"})
"""Those whose result has the same values in the same order."""
CHOOSE_PART = frozenset({"slice", "split", "gather", "constant"})
"""Kinds of operators that read one constant and can make different ones of it."""


def fold_constants(graph: Graph) -> Graph:
    """Return the graph without operators that only read constants, and without those that only copy.

    A constant that is computed from others counts as the values that are computed, as with weight norm. It is the same
    as another one if it is computed alike. A float number that becomes an integer and then a float number again, as in
    models that simulate quantization, is a copy, too.
    """
    tensors: dict[str, Tensor] = dict(graph.tensors)
    renamed: dict[str, str] = {}
    sources: dict[str, str] = {}
    operators: list[Operator] = []
    for operator in graph.operators:
        reads = tuple(renamed.get(name, name) for name in operator.reads)
        operands = [tensors[name] for name in reads if name]
        if operator.kind != "unknown" and all(operand.constant for operand in operands) and _is_foldable(operator):
            for index, name in enumerate(operator.makes):
                tensors[name] = _compute(operator, index, operands, tensors[name])
        elif operator.kind == "copy" and len(operator.makes) == 1:
            renamed[operator.makes[0]] = reads[0]
        elif operator.kind == "dequantize" and reads[0] in sources:
            renamed[operator.makes[0]] = sources[reads[0]]
        else:
            if operator.kind == "quantize" and tensors[reads[0]].dtype.startswith("float"):
                sources[operator.makes[0]] = reads[0]
            operators.append(replace(operator, reads=reads))
    outputs = tuple(renamed.get(name, name) for name in graph.outputs)
    return replace(graph, operators=_drop_unused_quantization(operators, outputs), tensors=tensors, outputs=outputs)


def _is_foldable(operator: Operator) -> bool:
    return operator.kind == "constant" or any(operator.reads)


def _drop_unused_quantization(operators: list[Operator], outputs: tuple[str, ...]) -> tuple[Operator, ...]:
    """Return the operators without those quantizations whose result nobody reads any more."""
    read = {name for operator in operators for name in operator.reads} | set(outputs)
    return tuple(operator for operator in operators if operator.kind != "quantize" or read & set(operator.makes))


def _compute(operator: Operator, index: int, operands: list[Tensor], made: Tensor) -> Tensor:
    """Return what an operator makes of constants."""
    if operator.kind in SAME_VALUES and operands and operands[0].elements == made.elements:
        source = operands[0]
        is_float = operator.kind == "dequantize" and source.dtype.startswith("float")
        values = source.values if operator.kind in KEEP_ORDER or is_float else None
        return replace(
            made,
            stored=source.stored,
            values=values,
            scales=max(source.scales, made.scales),
            origin=source.origin,
            buffer=source.storage,
        )
    stored = {operand.storage: operand.stored or 0 for operand in operands}
    numbers = [operand for operand in operands if is_number(operand)]
    origins = {item.storage: item.elements if item.origin is None else item.origin for item in numbers}
    own = operator.name if operator.kind in CHOOSE_PART else ""
    signature = operator.kind, own, operator.function, operator.axes, operator.padding, index, *stored
    digest = sha256(repr(signature).encode()).hexdigest()  # a constant of constants of ... has a very long signature
    return replace(
        made,
        stored=min(sum(stored.values()), MOST),
        origin=min(sum(origins.values()), MOST),
        buffer=f"computed {digest}",
    )


def is_number(tensor: Tensor) -> bool:
    """Return whether a tensor contains real numbers, in full or quantized, and not indices or sizes."""
    return tensor.dtype.startswith(("float", "bfloat")) or tensor.scales > 0


def list_consumers(graph: Graph) -> Mapping[str, list[Operator]]:
    """Return the operators that read each tensor, once for each time that they read it."""
    consumers: dict[str, list[Operator]] = {}
    for operator in graph.operators:
        for name in operator.reads:
            consumers.setdefault(name, []).append(operator)
    return consumers
