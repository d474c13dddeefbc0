"""The facts of TensorFlow Lite's schema that the reader needs: the numbers of fields, types and operators.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs. Field numbers never change there; new ones are added at the
end. A test compares them with the modules of the `tflite` package, which are generated from the schema.
"""

from __future__ import annotations

from collections.abc import Mapping

IDENTIFIER = b"TFL3"
VERSION = 3
"""The only version of the schema with this identifier; versions 1 and 2 were never in public use."""

FIELDS: Mapping[str, Mapping[str, int]] = {
    "Model": {
        "Version": 0, "OperatorCodes": 1, "Subgraphs": 2, "Description": 3, "Buffers": 4, "SignatureDefs": 7,
    },
    "OperatorCode": {"DeprecatedBuiltinCode": 0, "CustomCode": 1, "Version": 2, "BuiltinCode": 3},
    "SubGraph": {"Tensors": 0, "Inputs": 1, "Outputs": 2, "Operators": 3, "Name": 4},
    "Tensor": {
        "Shape": 0, "Type": 1, "Buffer": 2, "Name": 3, "Quantization": 4, "IsVariable": 5, "Sparsity": 6,
        "ShapeSignature": 7, "HasRank": 8,
    },
    "Buffer": {"Data": 0, "Offset": 1, "Size": 2},
    "Operator": {
        "OpcodeIndex": 0, "Inputs": 1, "Outputs": 2, "BuiltinOptionsType": 3, "BuiltinOptions": 4,
        "CustomOptions": 5, "BuiltinOptions2Type": 11, "BuiltinOptions2": 12,
    },
    "QuantizationParameters": {"Scale": 2, "ZeroPoint": 3},
    "SignatureDef": {"SignatureKey": 2, "SubgraphIndex": 4},
    "Conv2DOptions": {
        "Padding": 0, "StrideW": 1, "StrideH": 2, "FusedActivationFunction": 3, "DilationWFactor": 4,
        "DilationHFactor": 5,
    },
    "DepthwiseConv2DOptions": {
        "Padding": 0, "StrideW": 1, "StrideH": 2, "FusedActivationFunction": 4, "DilationWFactor": 5,
        "DilationHFactor": 6,
    },
    "Conv3DOptions": {
        "Padding": 0, "StrideD": 1, "StrideW": 2, "StrideH": 3, "FusedActivationFunction": 4, "DilationDFactor": 5,
        "DilationWFactor": 6, "DilationHFactor": 7,
    },
    "TransposeConvOptions": {"Padding": 0, "StrideW": 1, "StrideH": 2, "FusedActivationFunction": 3},
    "Pool2DOptions": {
        "Padding": 0, "StrideW": 1, "StrideH": 2, "FilterWidth": 3, "FilterHeight": 4, "FusedActivationFunction": 5,
    },
    "FullyConnectedOptions": {"FusedActivationFunction": 0, "WeightsFormat": 1, "KeepNumDims": 2},
    "BatchMatMulOptions": {"AdjX": 0, "AdjY": 1},
    "ConcatenationOptions": {"Axis": 0, "FusedActivationFunction": 1},
    "AddOptions": {"FusedActivationFunction": 0},
    "SubOptions": {"FusedActivationFunction": 0},
    "MulOptions": {"FusedActivationFunction": 0},
    "DivOptions": {"FusedActivationFunction": 0},
    "L2NormOptions": {"FusedActivationFunction": 0},
    "ReducerOptions": {"KeepDims": 0},
    "SplitOptions": {"NumSplits": 0},
    "SplitVOptions": {"NumSplits": 0},
    "GatherOptions": {"Axis": 0, "BatchDims": 1},
    "PackOptions": {"ValuesCount": 0, "Axis": 1},
    "UnpackOptions": {"Num": 0, "Axis": 1},
    "ReshapeOptions": {"NewShape": 0},
    "SqueezeOptions": {"SqueezeDims": 0},
    "SpaceToDepthOptions": {"BlockSize": 0},
    "DepthToSpaceOptions": {"BlockSize": 0},
    "StridedSliceOptions": {"BeginMask": 0, "EndMask": 1, "EllipsisMask": 2, "NewAxisMask": 3, "ShrinkAxisMask": 4},
    "CallOptions": {"Subgraph": 0},
    "IfOptions": {"ThenSubgraphIndex": 0, "ElseSubgraphIndex": 1},
    "WhileOptions": {"CondSubgraphIndex": 0, "BodySubgraphIndex": 1},
    "CallOnceOptions": {"InitSubgraphIndex": 0},
    "StablehloDotGeneralOptions": {"LhsBatchingDimensions": 0, "LhsContractingDimensions": 2},
    "StableHLOCompositeOptions": {"Name": 0, "DecompositionSubgraphIndex": 1},
}  # fmt: skip
"""The numbers of the fields of each table, as far as they are read."""

OPTIONS: Mapping[str, int] = {
    "Conv2DOptions": 1, "DepthwiseConv2DOptions": 2, "Pool2DOptions": 5, "FullyConnectedOptions": 8,
    "ConcatenationOptions": 10, "AddOptions": 11, "L2NormOptions": 12, "CallOptions": 16, "ReshapeOptions": 17,
    "SpaceToDepthOptions": 19, "MulOptions": 21, "GatherOptions": 23, "ReducerOptions": 27, "SubOptions": 28,
    "DivOptions": 29, "SqueezeOptions": 30, "StridedSliceOptions": 32, "SplitOptions": 35, "TransposeConvOptions": 49,
    "PackOptions": 59, "UnpackOptions": 64, "SplitVOptions": 79, "IfOptions": 92, "WhileOptions": 93,
    "DepthToSpaceOptions": 94, "BatchMatMulOptions": 101, "CallOnceOptions": 103, "Conv3DOptions": 106,
}  # fmt: skip
"""The numbers of the tables of options in the union `BuiltinOptions`."""
OPTIONS_2: Mapping[str, int] = {"StablehloDotGeneralOptions": 12, "StableHLOCompositeOptions": 21}
"""The same in the union `BuiltinOptions2`."""

DTYPES: Mapping[int, tuple[str, int]] = {
    0: ("float32", 32), 1: ("float16", 16), 2: ("int32", 32), 3: ("uint8", 8), 4: ("int64", 64), 5: ("string", 0),
    6: ("bool", 8), 7: ("int16", 16), 8: ("complex64", 64), 9: ("int8", 8), 10: ("float64", 64),
    11: ("complex128", 128), 12: ("uint64", 64), 13: ("resource", 0), 14: ("variant", 0), 15: ("uint32", 32),
    16: ("uint16", 16), 17: ("int4", 4), 18: ("bfloat16", 16), 19: ("int2", 2), 20: ("uint4", 4),
    21: ("float8_e4m3fn", 8), 22: ("float8_e5m2", 8),
}  # fmt: skip
"""Each type of tensor: its name, and the bits of a value, 0 if its values have different sizes."""

ACTIVATIONS = ("", "relu", "relu_n1_to_1", "relu6", "tanh", "sign_bit")
"""The activations that can be fused into an operator, by number."""
SAME, VALID = 0, 1
"""The two rules of padding."""

PLACEHOLDER = 127
"""The old field of an operator's code has one byte; it has this value if the code is in the newer field only."""
OPERATORS = (
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE",
    "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU",
    "RELU_N1_TO_1", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH",
    "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM", "EMBEDDING_LOOKUP_SPARSE", "PAD",
    "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB",
    "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP",
    "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM",
    "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE",
    "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
    "RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT",
    "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
    "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS",
    "SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU",
    "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
    "BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM", "CALL_ONCE", "BROADCAST_TO", "RFFT2D", "CONV_3D",
    "IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE",
    "REDUCE_ALL", "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "BROADCAST_ARGS",
    "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU", "DYNAMIC_UPDATE_SLICE",
    "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "ATAN2",
    "UNSORTED_SEGMENT_MIN", "SIGN", "BITCAST", "BITWISE_XOR", "RIGHT_SHIFT", "STABLEHLO_LOGISTIC", "STABLEHLO_ADD",
    "STABLEHLO_DIVIDE", "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM", "STABLEHLO_RESHAPE", "STABLEHLO_CLAMP",
    "STABLEHLO_CONCATENATE", "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_CONVOLUTION", "STABLEHLO_SLICE",
    "STABLEHLO_CUSTOM_CALL", "STABLEHLO_REDUCE", "STABLEHLO_ABS", "STABLEHLO_AND", "STABLEHLO_COSINE",
    "STABLEHLO_EXPONENTIAL", "STABLEHLO_FLOOR", "STABLEHLO_LOG", "STABLEHLO_MINIMUM", "STABLEHLO_NEGATE",
    "STABLEHLO_OR", "STABLEHLO_POWER", "STABLEHLO_REMAINDER", "STABLEHLO_RSQRT", "STABLEHLO_SELECT",
    "STABLEHLO_SUBTRACT", "STABLEHLO_TANH", "STABLEHLO_SCATTER", "STABLEHLO_COMPARE", "STABLEHLO_CONVERT",
    "STABLEHLO_DYNAMIC_SLICE", "STABLEHLO_DYNAMIC_UPDATE_SLICE", "STABLEHLO_PAD", "STABLEHLO_IOTA",
    "STABLEHLO_DOT_GENERAL", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SORT", "STABLEHLO_WHILE", "STABLEHLO_GATHER",
    "STABLEHLO_TRANSPOSE", "DILATE", "STABLEHLO_RNG_BIT_GENERATOR", "REDUCE_WINDOW", "STABLEHLO_COMPOSITE",
    "STABLEHLO_SHIFT_LEFT", "STABLEHLO_CBRT", "STABLEHLO_CASE",
)  # fmt: skip
"""The builtin operators, by number."""
