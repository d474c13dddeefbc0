"""Every builtin operator of TensorFlow Lite as an operator of a graph: `RULES` at the bottom."""

from __future__ import annotations

from collections.abc import Mapping

from mbcost.files.tflite.node import Node
from mbcost.files.tflite.products import dot_general, linear, matmul
from mbcost.files.tflite.rules import (
    Rule,
    activation,
    add_n,
    along,
    axis_of,
    constant,
    elementwise,
    gather,
    keep_order,
    keep_values,
    padding,
    reduce,
    softmax,
    transpose,
    unknown,
)
from mbcost.files.tflite.windows import conv, conv_3d, depthwise, pool, transposed, transposed_with_bias
from mbcost.spec.graph import Operator


def translate(node: Node) -> Operator:
    """Return the operator of a graph that an operator of a file is.

    Raises:
        MbcostError: it contradicts itself.
    """
    if node.operator.code.custom:
        if node.written == "Convolution2DTransposeBias":
            return transposed_with_bias(node)
        name = "Flex" if node.written.startswith("Flex") else node.written
        return node.give_up(CUSTOM.get(name, "a custom operator"))
    node.fused()
    rule = RULES.get(node.written)
    if rule is None:
        return node.give_up("an operator that is newer than this reader")
    operator = rule(node)
    if operator.kind != "unknown":
        node.output()
    return operator


RECURRENT = unknown("a recurrent operator")
CONTROL = unknown("it runs other subgraphs")
TABLES = unknown("it keeps a table of keys")
BOXES = unknown("it selects boxes")
RANDOM = keep_order("arithmetic", "random")
VARIABLE = unknown("it uses a variable")
REGION = unknown("it runs a region of StableHLO")

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
    "ADD": elementwise("add"),
    "MUL": elementwise("multiply"),
    "SUB": elementwise("arithmetic", "subtract"),
    "DIV": elementwise("arithmetic", "divide"),
    "ADD_N": add_n,
    **{
        name: activation(name.lower())
        for name in (
            "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "GELU", "PRELU",
        )
    },
    "LOGISTIC": activation("sigmoid"),
    "STABLEHLO_LOGISTIC": activation("sigmoid"),
    "STABLEHLO_TANH": activation("tanh"),
    "STABLEHLO_ADD": elementwise("add"),
    "STABLEHLO_MULTIPLY": elementwise("multiply"),
    "STABLEHLO_SUBTRACT": elementwise("arithmetic", "subtract"),
    "STABLEHLO_DIVIDE": elementwise("arithmetic", "divide"),
    **{
        name: keep_order("arithmetic", name.lower().removeprefix("stablehlo_"))
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
    "L2_NORMALIZATION": keep_order("norm", "l2"),
    "LOCAL_RESPONSE_NORMALIZATION": keep_order("norm", "local_response"),
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
    "L2_POOL_2D": unknown("a pool of squares"),
    "MEAN": reduce("mean"),
    "SUM": reduce("sum"),
    "REDUCE_PROD": reduce("product"),
    "REDUCE_MAX": reduce("max"),
    "REDUCE_MIN": reduce("min"),
    "REDUCE_ANY": reduce("any"),
    "REDUCE_ALL": reduce("all"),
    "ARG_MAX": reduce("arg_max"),
    "ARG_MIN": reduce("arg_min"),
    **{
        name: keep_order("reduce", name.lower().removeprefix("unsorted_"))
        for name in (
            "SEGMENT_SUM", "UNSORTED_SEGMENT_SUM", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX",
            "UNSORTED_SEGMENT_MIN",
        )
    },
    "SOFTMAX": softmax,
    "LOG_SOFTMAX": softmax,
    # that move values
    "RESIZE_BILINEAR": keep_order("resize"),
    "RESIZE_NEAREST_NEIGHBOR": keep_order("resize"),
    "CONCATENATION": along("concat", lambda node: node.option("Axis"), fused=True),
    "PACK": along("concat", lambda node: node.option("Axis")),
    "UNPACK": along("split", lambda node: node.option("Axis")),
    "SPLIT": along("split", axis_of(0)),
    "SPLIT_V": along("split", axis_of(2)),
    "STABLEHLO_CONCATENATE": keep_order("concat"),
    "SLICE": keep_order("slice"),
    "STRIDED_SLICE": keep_order("slice"),
    "STABLEHLO_SLICE": keep_order("slice"),
    "STABLEHLO_DYNAMIC_SLICE": keep_order("slice"),
    "PAD": padding,
    "PADV2": padding,
    "MIRROR_PAD": padding,
    "STABLEHLO_PAD": keep_order("pad"),
    "RESHAPE": keep_values("reshape"),
    "SQUEEZE": keep_values("reshape"),
    "EXPAND_DIMS": keep_values("reshape"),
    "STABLEHLO_RESHAPE": keep_values("reshape"),
    "BITCAST": keep_order("reshape"),
    "TRANSPOSE": transpose,
    "STABLEHLO_TRANSPOSE": keep_values("transpose"),
    "DEPTH_TO_SPACE": keep_values("transpose"),
    "SPACE_TO_DEPTH": keep_values("transpose"),
    "SPACE_TO_BATCH_ND": keep_order("transpose"),
    "BATCH_TO_SPACE_ND": keep_order("transpose"),
    "REVERSE_V2": keep_order("transpose"),
    "REVERSE_SEQUENCE": keep_order("transpose"),
    "GATHER": gather,
    "GATHER_ND": gather,
    "EMBEDDING_LOOKUP": gather,
    # that change the type
    "QUANTIZE": keep_values("quantize"),
    "DEQUANTIZE": keep_values("dequantize"),
    "FAKE_QUANT": keep_values("copy"),
    "CAST": keep_values("copy"),
    "STABLEHLO_CONVERT": keep_values("copy"),
    "DENSIFY": keep_values("copy"),
    # that depend on shapes only
    "SHAPE": constant,
    "RANK": constant,
    "ZEROS_LIKE": constant,
    "STABLEHLO_IOTA": constant,
    "FILL": keep_order("constant"),
    # that are not counted
    **dict.fromkeys(
        (
            "LSTM", "RNN", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN",
            "BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN",
        ),
        RECURRENT,
    ),
    **dict.fromkeys(("IF", "WHILE", "CALL", "CALL_ONCE", "STABLEHLO_WHILE", "STABLEHLO_CASE"), CONTROL),
    "STABLEHLO_COMPOSITE": unknown("a composite, which its runtime replaces"),
    "STABLEHLO_CONVOLUTION": unknown("a convolution of StableHLO"),
    "STABLEHLO_CUSTOM_CALL": unknown("a custom operator"),
    **dict.fromkeys(
        ("STABLEHLO_REDUCE", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SCATTER", "STABLEHLO_SORT", "REDUCE_WINDOW"), REGION
    ),
    "STABLEHLO_GATHER": gather,
    **dict.fromkeys(
        ("HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "HASHTABLE_LOOKUP"), TABLES
    ),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"), VARIABLE),
    **dict.fromkeys(("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"), BOXES),
    "RFFT2D": unknown("a Fourier transform"),
    "LSH_PROJECTION": unknown("a projection to hashes"),
    "EMBEDDING_LOOKUP_SPARSE": unknown("a weighted sum of embeddings"),
    "CONCAT_EMBEDDINGS": unknown("an operator that no runtime has"),
    "SKIP_GRAM": unknown("an operator on texts"),
    "DELEGATE": unknown("a part that a delegate runs"),
}  # fmt: skip
"""Each builtin operator and the rule that translates it."""

CUSTOM: Mapping[str, str] = {
    "TFLite_Detection_PostProcess": "a custom operator that decodes and selects boxes",
    "ethos-u": "a custom operator: a part that Vela compiled for an Ethos-U; count the file from before Vela",
    "Flex": "an operator of TensorFlow itself, which runs outside of TensorFlow Lite",
    "edgetpu-custom-op": "a custom operator: a part compiled for an Edge TPU; count the file from before its compiler",
}
"""Custom operators that are often seen, and what they are."""
