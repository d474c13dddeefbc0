"""An independent count of a file: a few lines on the modules that are generated from the schema."""

from __future__ import annotations

from math import prod
from typing import Any

import tflite

LAYERS = {3: "conv", 4: "conv", 9: "linear", 67: "transposed", 132: "conv"}
"""The numbers of the operators with weights, in their second input."""
OTHERS = {0, 18, 54}
"""ADD, MUL and PRELU, whose constants of more than one value are parameters."""


def count(data: bytes) -> tuple[int, int]:
    """The multiply-adds per image, and the values of weights, biases, slopes and scales."""
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    macs, stored = 0, {}
    sources = {}
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        code = model.OperatorCodes(operator.OpcodeIndex())
        number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
        if number == 6:  # DEQUANTIZE, of weights in float16
            sources[operator.Outputs(0)] = operator.Inputs(0)
        batch, made = graph.Tensors(graph.Inputs(0)).Shape(0), _shape(graph, operator.Outputs(0))
        if number == 126:  # BATCH_MATMUL
            first = _shape(graph, operator.Inputs(0))
            macs += prod(made) * first[-1] // batch
        if number in LAYERS:
            reads = [
                sources.get(operator.Inputs(side), operator.Inputs(side)) for side in range(operator.InputsLength())
            ]
            weights = _shape(graph, reads[1])
            moves = _shape(graph, reads[2]) if LAYERS[number] == "transposed" else made
            macs += prod(weights) * prod(moves[:-1]) // batch
            sides = (1, 3) if LAYERS[number] == "transposed" else (1, 2)
            used = [reads[side] for side in sides if side < len(reads) and reads[side] >= 0]
            stored.update({graph.Tensors(tensor).Buffer(): prod(_shape(graph, tensor)) for tensor in used})
        if number in OTHERS:
            reads = [sources.get(operator.Inputs(side), operator.Inputs(side)) for side in (0, 1)]
            used = [tensor for tensor in reads if model.Buffers(graph.Tensors(tensor).Buffer()).DataLength()]
            sizes = {graph.Tensors(tensor).Buffer(): prod(_shape(graph, tensor)) for tensor in used}
            stored.update({buffer: size for buffer, size in sizes.items() if size > 1})
    return macs, sum(stored.values())


def _shape(graph: Any, index: int) -> list[int]:
    tensor = graph.Tensors(index)
    return [tensor.Shape(side) for side in range(tensor.ShapeLength())]
