"""Every builtin operator of TensorFlow Lite as an operator of a graph: `RULES` at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.products import dot_general, linear, matmul
from mbcost.files.tflite.windows import conv, conv_3d, depthwise, pool, transposed
from mbcost.spec.graph import Operator, Tensor

Rule = Callable[[Node], Operator]


def translate(node: Node) -> Operator:
    """Return the operator of a graph that an operator of a file is.

    Raises:
        MbcostError: it contradicts itself.
    """
    if node.operator.code.custom:
        return node.give_up(CUSTOM.get(node.written, "a custom operator"))
    rule = RULES.get(node.written)
    if rule is None:
        return node.give_up("an operator that is newer than this reader")
    return rule(node)


def _same(kind: str, function: str = "") -> Rule:
    """Return the rule for an operator that reads its tensors in the order of the file."""
    return lambda node: node.make(kind, function=function)


def _activation(function: str) -> Rule:
    def rule(node: Node) -> Operator:
        node.input(0)
        return node.make("activation", function=function)

    return rule


def _elementwise(kind: str, function: str = "") -> Rule:
    """Return the rule for a function of two tensors, into which an activation can be fused.

    For a sum and a product, whose order does not matter, constants come last.
    """

    def rule(node: Node) -> Operator:
        first, second = node.input(0), node.input(1)
        reads = (second, first) if first.constant and not second.constant else (first, second)
        return node.make(kind, reads, node.fused()) if not function else _fused_arithmetic(node, function)

    return rule


def _fused_arithmetic(node: Node, function: str) -> Operator:
    activation = node.fused()
    return node.make("arithmetic", function=f"{function} and {activation}" if activation else function)


def _add_n(node: Node) -> Operator:
    return node.make("add" if len(node.inputs) == 2 else "arithmetic", function="" if len(node.inputs) == 2 else "sum")


def _reduce(function: str) -> Rule:
    """Return the rule for an operator that reduces the dimensions that its second tensor names."""

    def rule(node: Node) -> Operator:
        source = node.input(0)
        axes = node.axes(1, len(source.shape)) or ()
        if function == "mean" and len(source.shape) == 4 and sorted(axes) == [1, 2]:
            return node.make("global_pool")
        return replace(node.make("reduce", function=function), axes=axes)

    return rule


def _along(kind: str, axis: Callable[[Node], int | None], *, fused: bool = False) -> Rule:
    """Return the rule for an operator along one dimension of what it makes or reads."""

    def rule(node: Node) -> Operator:
        rank = len((node.output() if kind == "concat" else _data(node)).shape)
        value = axis(node)
        axes = () if value is None else (node.axis(value, rank),)
        return replace(node.make(kind, _computed_first(node), node.fused() if fused else ""), axes=axes)

    return rule


def _data(node: Node) -> Tensor:
    """Return what a split takes apart: it reads the dimension first, SPLIT_V last."""
    return node.input(1) if node.written == "SPLIT" else node.input(0)


def _computed_first(node: Node) -> tuple[Tensor | None, ...] | None:
    return (node.input(1), node.input(0)) if node.written == "SPLIT" else None


def _axis_of(index: int) -> Callable[[Node], int | None]:
    def axis(node: Node) -> int | None:
        values = node.integers(index)
        return values[0] if values else None

    return axis


def _pad(node: Node) -> Operator:
    """Return a padding; its second tensor has two numbers for each dimension."""
    source, made, padding = node.input(0), node.output(), node.integers(1)
    operator = node.make("pad", function="" if node.written != "MIRROR_PAD" else "mirror")
    if padding is None:
        return operator
    if len(padding) != 2 * len(source.shape) or min(padding, default=0) < 0:
        raise node.refuse(f"pads {list(padding)} around the shape {list(source.shape)}")
    sums = (before + after for before, after in zip(padding[::2], padding[1::2], strict=True))
    expected = tuple(side + zeros for side, zeros in zip(source.shape, sums, strict=True))
    if made.shape != expected:
        raise node.refuse(f"makes the shape {list(made.shape)}, expected {list(expected)}")
    return replace(operator, padding=padding)


def _transpose(node: Node) -> Operator:
    axes = node.axes(1, len(node.input(0).shape))
    return replace(node.make("transpose"), axes=axes or ())


def _values_kept(kind: str) -> Rule:
    """Return the rule for an operator that makes as many values as it reads."""

    def rule(node: Node) -> Operator:
        source, made = node.input(0), node.output()
        if source.elements != made.elements:
            raise node.refuse(f"makes the shape {list(made.shape)} of {list(source.shape)}")
        return node.make(kind)

    return rule


def _constant(node: Node) -> Operator:
    """Return an operator whose result depends on shapes only, which are known."""
    return node.make("constant", ())


def _softmax(node: Node) -> Operator:
    rank = len(node.input(0).shape)
    return replace(node.make("softmax"), axes=(rank - 1,) if rank else ())


def _gather(node: Node) -> Operator:
    """Return a choice of parts; what is computed comes first."""
    return node.make("gather", tuple(sorted(node.inputs, key=lambda tensor: tensor is None or tensor.constant)))


def _unknown(reason: str) -> Rule:
    return lambda node: node.give_up(reason)


RECURRENT = _unknown("a recurrent operator")
CONTROL = _unknown("it runs other subgraphs")
TABLES = _unknown("it keeps a table of keys")
BOXES = _unknown("it selects boxes")
RANDOM = _same("arithmetic", "random")
VARIABLE = _unknown("it uses a variable")
REGION = _unknown("it runs a region of StableHLO")

RULES: Mapping[str, Rule] = {
    # with multiply-adds
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": transposed,
    "CONV_3D": conv_3d,
    "CONV_3D_TRANSPOSE": conv_3d,
    "FULLY_CONNECTED": linear,
    "BATCH_MATMUL": matmul,
    "STABLEHLO_DOT_GENERAL": dot_general,
    # of each element
    "ADD": _elementwise("add"),
    "MUL": _elementwise("multiply"),
    "SUB": _elementwise("arithmetic", "subtract"),
    "DIV": _elementwise("arithmetic", "divide"),
    "ADD_N": _add_n,
    **{
        name: _activation(name.lower())
        for name in (
            "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "GELU", "PRELU",
        )
    },
    "LOGISTIC": _activation("sigmoid"),
    "STABLEHLO_LOGISTIC": _activation("sigmoid"),
    "STABLEHLO_TANH": _activation("tanh"),
    "STABLEHLO_ADD": _elementwise("add"),
    "STABLEHLO_MULTIPLY": _elementwise("multiply"),
    "STABLEHLO_SUBTRACT": _elementwise("arithmetic", "subtract"),
    "STABLEHLO_DIVIDE": _elementwise("arithmetic", "divide"),
    **{
        name: _same("arithmetic", name.lower().removeprefix("stablehlo_"))
        for name in (
            "ABS", "ATAN2", "BITWISE_XOR", "CEIL", "COMPLEX_ABS", "COS", "CUMSUM", "EQUAL", "EXP", "FLOOR", "FLOOR_DIV",
            "FLOOR_MOD", "GREATER", "GREATER_EQUAL", "IMAG", "LESS", "LESS_EQUAL", "LOG", "LOGICAL_AND", "LOGICAL_NOT",
            "LOGICAL_OR", "MAXIMUM", "MINIMUM", "NEG", "NOT_EQUAL", "POW", "REAL", "RIGHT_SHIFT", "ROUND", "RSQRT",
            "SELECT", "SELECT_V2", "SIGN", "SIN", "SQRT", "SQUARE", "SQUARED_DIFFERENCE", "BUCKETIZE", "ONE_HOT",
            "TOPK_V2", "UNIQUE", "WHERE", "RANGE", "TILE", "BROADCAST_TO", "BROADCAST_ARGS", "DYNAMIC_UPDATE_SLICE",
            "MATRIX_DIAG", "MATRIX_SET_DIAG", "SCATTER_ND", "SPARSE_TO_DENSE", "DILATE", "STABLEHLO_MAXIMUM",
            "STABLEHLO_CLAMP", "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_ABS", "STABLEHLO_AND", "STABLEHLO_COSINE",
            "STABLEHLO_EXPONENTIAL", "STABLEHLO_FLOOR", "STABLEHLO_LOG", "STABLEHLO_MINIMUM", "STABLEHLO_NEGATE",
            "STABLEHLO_OR", "STABLEHLO_POWER", "STABLEHLO_REMAINDER", "STABLEHLO_RSQRT", "STABLEHLO_SELECT",
            "STABLEHLO_COMPARE", "STABLEHLO_DYNAMIC_UPDATE_SLICE", "STABLEHLO_SHIFT_LEFT", "STABLEHLO_CBRT",
        )
    },
    "RANDOM_STANDARD_NORMAL": RANDOM,
    "RANDOM_UNIFORM": RANDOM,
    "MULTINOMIAL": RANDOM,
    "STABLEHLO_RNG_BIT_GENERATOR": RANDOM,
    # norms, pools, reductions
    "L2_NORMALIZATION": _same("norm", "l2"),
    "LOCAL_RESPONSE_NORMALIZATION": _same("norm", "local_response"),
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
    "L2_POOL_2D": _unknown("a pool of squares"),
    "MEAN": _reduce("mean"),
    "SUM": _reduce("sum"),
    "REDUCE_PROD": _reduce("product"),
    "REDUCE_MAX": _reduce("max"),
    "REDUCE_MIN": _reduce("min"),
    "REDUCE_ANY": _reduce("any"),
    "REDUCE_ALL": _reduce("all"),
    "ARG_MAX": _reduce("arg_max"),
    "ARG_MIN": _reduce("arg_min"),
    **{
        name: _same("reduce", name.lower().removeprefix("unsorted_"))
        for name in (
            "SEGMENT_SUM", "UNSORTED_SEGMENT_SUM", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX",
            "UNSORTED_SEGMENT_MIN",
        )
    },
    "SOFTMAX": _softmax,
    "LOG_SOFTMAX": _softmax,
    # that move values
    "RESIZE_BILINEAR": _same("resize"),
    "RESIZE_NEAREST_NEIGHBOR": _same("resize"),
    "CONCATENATION": _along("concat", lambda node: node.option("Axis"), fused=True),
    "PACK": _along("concat", lambda node: node.option("Axis")),
    "UNPACK": _along("split", lambda node: node.option("Axis")),
    "SPLIT": _along("split", _axis_of(0)),
    "SPLIT_V": _along("split", _axis_of(2)),
    "STABLEHLO_CONCATENATE": _same("concat"),
    "SLICE": _same("slice"),
    "STRIDED_SLICE": _same("slice"),
    "STABLEHLO_SLICE": _same("slice"),
    "STABLEHLO_DYNAMIC_SLICE": _same("slice"),
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _pad,
    "STABLEHLO_PAD": _same("pad"),
    "RESHAPE": _values_kept("reshape"),
    "SQUEEZE": _values_kept("reshape"),
    "EXPAND_DIMS": _values_kept("reshape"),
    "STABLEHLO_RESHAPE": _values_kept("reshape"),
    "BITCAST": _same("reshape"),
    "TRANSPOSE": _transpose,
    "STABLEHLO_TRANSPOSE": _values_kept("transpose"),
    "DEPTH_TO_SPACE": _values_kept("transpose"),
    "SPACE_TO_DEPTH": _values_kept("transpose"),
    "SPACE_TO_BATCH_ND": _same("transpose"),
    "BATCH_TO_SPACE_ND": _same("transpose"),
    "REVERSE_V2": _same("transpose"),
    "REVERSE_SEQUENCE": _same("transpose"),
    "GATHER": _gather,
    "GATHER_ND": _gather,
    "EMBEDDING_LOOKUP": _gather,
    # that change the type
    "QUANTIZE": _values_kept("quantize"),
    "DEQUANTIZE": _values_kept("dequantize"),
    "FAKE_QUANT": _values_kept("copy"),
    "CAST": _values_kept("copy"),
    "STABLEHLO_CONVERT": _values_kept("copy"),
    "DENSIFY": _values_kept("copy"),
    # that depend on shapes only
    "SHAPE": _constant,
    "RANK": _constant,
    "ZEROS_LIKE": _constant,
    "STABLEHLO_IOTA": _constant,
    "FILL": _same("constant"),
    # that are not counted
    **dict.fromkeys(
        (
            "LSTM", "RNN", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN",
            "BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN",
        ),
        RECURRENT,
    ),
    **dict.fromkeys(("IF", "WHILE", "CALL", "CALL_ONCE", "STABLEHLO_WHILE", "STABLEHLO_CASE"), CONTROL),
    "STABLEHLO_COMPOSITE": _unknown("a composite, which its runtime replaces"),
    "STABLEHLO_CONVOLUTION": _unknown("a convolution of StableHLO"),
    "STABLEHLO_CUSTOM_CALL": _unknown("a custom operator"),
    **dict.fromkeys(
        ("STABLEHLO_REDUCE", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SCATTER", "STABLEHLO_SORT", "REDUCE_WINDOW"), REGION
    ),
    "STABLEHLO_GATHER": _gather,
    **dict.fromkeys(
        ("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "HASHTABLE_LOOKUP"), TABLES
    ),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"), VARIABLE),
    **dict.fromkeys(("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"), BOXES),
    "RFFT2D": _unknown("a Fourier transform"),
    "LSH_PROJECTION": _unknown("a projection to hashes"),
    "EMBEDDING_LOOKUP_SPARSE": _unknown("a weighted sum of embeddings"),
    "CONCAT_EMBEDDINGS": _unknown("an operator that no runtime has"),
    "SKIP_GRAM": _unknown("an operator on texts"),
    "DELEGATE": _unknown("a part that a delegate runs"),
}  # fmt: skip
"""Each builtin operator and the rule that translates it."""

CUSTOM: Mapping[str, str] = {
    "TFLite_Detection_PostProcess": "a custom operator that decodes and selects boxes",
    "ethos-u": "a custom operator: a part that Vela compiled for an Ethos-U; count the file from before Vela",
    "edgetpu-custom-op": "a custom operator: a part compiled for an Edge TPU; count the file from before its compiler",
}
"""Custom operators that are often seen, and what they are."""
