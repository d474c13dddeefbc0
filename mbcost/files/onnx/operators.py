"""Every operator of ONNX and of ONNX Runtime that is known, and the kind that it is here.

Sources: ONNX's Operators.md, all versions, and ONNX Runtime's ContribOperators.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mbcost.files.onnx import elements, moves, products, sequences
from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import STANDARD, Node
from mbcost.spec.graph import Operator

Translate = Callable[[Node, Maker], Iterator[Operator]]
ONNX_RUNTIME = "com.microsoft"
SHAPELESS = frozenset(
    {"arithmetic", "concat", "constant", "copy", "dequantize", "gather", "pad", "quantize", "reduce", "reshape"}
    | {"resize", "slice", "softmax", "split", "transpose", "unknown"}
)
"""Kinds that cost nothing by rule, so that their counts need no shape."""


def translate(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield the operators that a node is; most nodes are one.

    An operator that is not known, or whose shapes are needed and not known, is of kind `unknown`.
    """
    table = STANDARD_OPERATORS if node.standard else RUNTIME_OPERATORS if node.domain == ONNX_RUNTIME else {}
    if node.op not in table:
        where = "" if node.domain in STANDARD else f" of domain {node.domain}"
        yield maker.unknown(node, f"operator {node.op}{where} is not known")
        return
    for operator in table[node.op](node, maker):
        missing = [name for name in (*operator.reads, *operator.makes) if name and not maker.known(name)]
        if missing and operator.kind not in SHAPELESS:
            yield maker.unknown(node, "the shape of what it reads or makes is not known")
            return
        yield operator


STANDARD_OPERATORS: Mapping[str, Translate] = {
    "Conv": products.convolution(),
    "ConvInteger": products.convolution(),
    "QLinearConv": products.convolution(weights=3, bias=8),
    "ConvTranspose": products.convolution(transposed=True),
    "DeformConv": moves.unknown("the interpolation of a deformable convolution is not counted"),
    "Gemm": products.gemm(),
    "MatMul": products.product(0, 1),
    "MatMulInteger": products.product(0, 1),
    "QLinearMatMul": products.product(0, 3),
    "Einsum": products.einsum,
    "LSTM": sequences.recurrent(4),
    "GRU": sequences.recurrent(3),
    "RNN": sequences.recurrent(1),
    "Attention": sequences.attention,
    "BatchNormalization": elements.norm("batch_norm", 5),
    "InstanceNormalization": elements.norm("instance_norm", 3),
    "LayerNormalization": elements.norm("layer_norm", 3),
    "GroupNormalization": elements.norm("group_norm", 3),
    "RMSNormalization": elements.norm("rms_norm", 2),
    "SimplifiedLayerNormalization": elements.norm("rms_norm", 2),  # ONNX Runtime's, in ONNX's domain
    "Clip": elements.clip,
    "HardSigmoid": elements.hard_sigmoid,
    "Swish": elements.swish,
    "PRelu": elements.activation("prelu", 2),
    **{name: elements.activation(function) for name, function in elements.ACTIVATIONS.items()},
    "Add": elements.binary("add"),
    "Mul": elements.binary("multiply"),
    "Sum": elements.sum_all,
    **{name: elements.arithmetic(function) for name, function in elements.ARITHMETIC.items()},
    "MaxPool": moves.pool("max_pool"),
    "AveragePool": moves.pool("average_pool"),
    "LpPool": moves.pool("average_pool"),
    "GlobalAveragePool": moves.plain("global_pool"),
    "GlobalMaxPool": moves.pool_all("maximum"),
    "GlobalLpPool": moves.pool_all("lp"),
    **{name: moves.reduce(function) for name, function in moves.REDUCTIONS.items()},
    **{name: moves.plain(kind) for name, kind in moves.PLAIN.items()},
    **{name: moves.along(kind, default) for name, (kind, default) in moves.ALONG.items()},
    "Transpose": moves.transpose,
    "Pad": moves.pad,
    "Resize": moves.resize,
    "Upsample": moves.resize,
    "Shape": moves.constant,
    "Size": moves.constant,
    "QuantizeLinear": moves.plain("quantize"),
    "DynamicQuantizeLinear": moves.plain("quantize"),
    "DequantizeLinear": moves.plain("dequantize"),
    "If": sequences.control,
    "Loop": sequences.control,
    "Scan": sequences.control,
    "SequenceMap": sequences.control,
    **{name: moves.unknown(f"{name} is not counted") for name in moves.NOT_COUNTED},
}
"""The operators of ONNX itself."""
RUNTIME_OPERATORS: Mapping[str, Translate] = {
    "FusedConv": products.convolution(addend=3),
    "QLinearConv": products.convolution(weights=3, bias=8),
    "FusedGemm": products.gemm(),
    "QGemm": products.gemm(second=3, bias=6),
    "FusedMatMul": products.product(0, 1),
    "TransposeMatMul": products.product(0, 1),
    "MatMulIntegerToFloat": products.product(0, 1, bias=6),
    "DynamicQuantizeMatMul": products.product(0, 1, bias=4),
    "MatMulNBits": products.packed,
    "QLinearAdd": elements.binary("add", 0, 3),
    "QLinearMul": elements.binary("multiply", 0, 3),
    "QLinearSigmoid": elements.activation("sigmoid"),
    "QLinearLeakyRelu": elements.activation("leaky_relu"),
    "QLinearSoftmax": moves.along("softmax", -1),
    "QLinearAveragePool": moves.pool("average_pool"),
    "QLinearGlobalAveragePool": moves.plain("global_pool"),
    "QLinearReduceMean": moves.reduce("mean"),
    "QLinearConcat": moves.join(2, 3),
    "NhwcMaxPool": moves.pool("max_pool"),
    "Gelu": elements.activation("gelu"),
    "QuickGelu": elements.activation("quick_gelu"),
    "FastGelu": elements.arithmetic("fast_gelu"),
    "BiasGelu": elements.arithmetic("bias_gelu"),
    "LayerNormalization": elements.norm("layer_norm", 3),
    "SimplifiedLayerNormalization": elements.norm("rms_norm", 2),
    "SkipLayerNormalization": elements.skip_norm("layer_norm"),
    "SkipSimplifiedLayerNormalization": elements.skip_norm("rms_norm"),
    "QuantizeLinear": moves.plain("quantize"),
    "DequantizeLinear": moves.plain("dequantize"),
    "ReorderInput": moves.plain("transpose"),
    "ReorderOutput": moves.plain("transpose"),
    "Pad": moves.pad,
    "Trilu": elements.arithmetic("trilu"),
}
"""Those of ONNX Runtime's own domain."""
