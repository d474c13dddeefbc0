"""The scratch buffers that TensorFlow Lite's kernels ask for before they run, by operator.

The rules are those of the kernels' Prepare functions (tensorflow/lite/kernels, TensorFlow 2.21, built with Ruy as in
its Python packages). They were compared with an allocated interpreter, operator by operator: tools/arena.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from mbcost.analytic.memory.tensors import BYTE, count_bits, count_bytes
from mbcost.errors import MbcostError
from mbcost.spec.graph import Graph, Operator, Tensor

MALFORMED = (IndexError, KeyError, ValueError, ZeroDivisionError, AssertionError)
"""What a rule raises for a tensor that is absent or has other sides than the kernel reads."""
WORD = 4
"""Bytes of an int32 and of a float32."""


@dataclass(frozen=True)
class Scratch:
    """A scratch buffer."""

    size: int
    """Its bytes; 0 if it is only requested, and gets memory elsewhere or none."""
    persistent: bool = False
    """Whether it lies in the arena of what is kept between two runs."""


Rule = Callable[[Graph, Operator], Iterator[Scratch]]


def list_scratches(graph: Graph, operator: Operator) -> tuple[Scratch, ...]:
    """Return the scratch buffers of an operator in the order of the requests.

    Raises:
        MbcostError: they are not known.
    """
    if operator.written in WITHOUT:
        return ()
    rule = RULES.get(operator.written)
    if rule is None:
        raise MbcostError(
            f"{graph.name}: {operator.name}: the scratch buffers of {operator.written or operator.kind} are not known: "
            "leave out the option of the arena"
        )
    try:
        return tuple(rule(graph, operator))
    except MALFORMED:
        raise refuse_operands(graph, operator) from None


def refuse_operands(graph: Graph, operator: Operator) -> MbcostError:
    """Return the error for an operator whose tensors do not have the sides that its kernel reads."""
    return MbcostError(
        f"{graph.name}: {operator.name}: {operator.written} does not have the tensors that its kernel reads: leave out "
        "the option of the arena"
    )


def _is_hybrid(source: Tensor, weights: Tensor) -> bool:
    """Return whether float maps meet integer weights, as after dynamic range quantization."""
    return source.dtype == "float32" and weights.dtype in ("int8", "uint8", "int4")


def _list_conv(graph: Graph, operator: Operator) -> Iterator[Scratch]:
    """An unfolded input (im2col) unless the kernel, the stride and the dilation are 1 (conv.cc)."""
    source, output = graph.tensors[operator.reads[0]], graph.tensors[operator.makes[0]]
    weights = graph.tensors[operator.reads[1]]
    window = operator.window
    assert window is not None, "a convolution has a window"
    hybrid = _is_hybrid(source, weights)
    if {*window.kernel, *window.stride, *window.dilation} != {1}:
        values = prod(output.shape[:3]) * prod(window.kernel) * weights.shape[3]
        yield Scratch(-(-values * count_bits(weights if hybrid else source) // BYTE))
    if hybrid:
        rows = source.elements // weights.shape[3]
        yield from map(Scratch, (source.elements, rows * WORD, output.elements * WORD))
        if weights.scales > 1:
            yield from (Scratch(rows * WORD), Scratch(weights.shape[0] * WORD, persistent=True))


def _list_depthwise(graph: Graph, operator: Operator) -> Iterator[Scratch]:
    """Only with integer weights and float maps: the quantized input, its scales and offsets (depthwise_conv.cc)."""
    source = graph.tensors[operator.reads[0]]
    if _is_hybrid(source, graph.tensors[operator.reads[1]]):
        yield from map(Scratch, (source.elements, source.shape[0] * WORD, source.shape[0] * WORD))


def _list_linear(graph: Graph, operator: Operator) -> Iterator[Scratch]:
    """Only with integer weights and float maps: as above, int32 sums, and the sums of weights (fully_connected.cc)."""
    source = graph.tensors[operator.reads[0]]
    weights = graph.tensors[operator.reads[1]]
    if _is_hybrid(source, weights):
        units, width = weights.shape
        batch = source.elements // width
        yield from map(Scratch, (source.elements, batch * WORD, units * batch * WORD, batch * WORD))
        yield Scratch(units * WORD, persistent=True)


def _list_sum(graph: Graph, operator: Operator) -> Iterator[Scratch]:
    """An index with one number per dimension, the axes, and the sums (reduce.cc)."""
    source, output = graph.tensors[operator.reads[0]], graph.tensors[operator.makes[0]]
    axes = graph.tensors[operator.reads[1]].elements
    width = max(WORD, count_bytes(Tensor("", (), source.dtype)))
    yield from map(Scratch, (len(source.shape) * WORD, axes * WORD, output.elements * width, 0))


def _list_extremum(graph: Graph, operator: Operator) -> Iterator[Scratch]:
    """The same without the sums."""
    source = graph.tensors[operator.reads[0]]
    axes = graph.tensors[operator.reads[1]].elements
    yield from map(Scratch, (len(source.shape) * WORD, axes * WORD, 0, 0))


RULES: Mapping[str, Rule] = {
    "CONV_2D": _list_conv,
    "DEPTHWISE_CONV_2D": _list_depthwise,
    "FULLY_CONNECTED": _list_linear,
    "MEAN": _list_sum,
    "SUM": _list_sum,
    "REDUCE_PROD": _list_sum,
    "REDUCE_MAX": _list_extremum,
    "REDUCE_MIN": _list_extremum,
}
"""The operators with scratch buffers."""
WITHOUT = frozenset({
    "ABS", "ADD", "ARG_MAX", "AVERAGE_POOL_2D", "BROADCAST_TO", "CAST", "CEIL", "CONCATENATION", "COS",
    "CUMSUM", "DEPTH_TO_SPACE", "DEQUANTIZE", "DIV", "ELU", "EXP", "EXPAND_DIMS", "FLOOR", "FLOOR_DIV",
    "FLOOR_MOD", "GATHER", "GELU", "GREATER", "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU",
    "LOCAL_RESPONSE_NORMALIZATION", "LOG", "LOGISTIC", "LOG_SOFTMAX", "MAXIMUM", "MAX_POOL_2D", "MINIMUM",
    "MIRROR_PAD", "MUL", "NEG", "PACK", "PAD", "PADV2", "POW", "PRELU", "QUANTIZE", "RELU", "RELU6",
    "RELU_0_TO_1", "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2",
    "ROUND", "RSQRT", "SELECT", "SELECT_V2", "SHAPE", "SIGN", "SIN", "SLICE", "SOFTMAX", "SPACE_TO_BATCH_ND",
    "SPACE_TO_DEPTH", "SPLIT", "SQRT", "SQUARE", "SQUARED_DIFFERENCE", "SQUEEZE", "STRIDED_SLICE", "SUB",
    "TANH", "TILE", "TRANSPOSE", "UNPACK",
})  # fmt: skip
"""The operators without scratch buffers."""
