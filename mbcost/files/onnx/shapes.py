"""The shape that a node makes: by the onnx package, else by the rules here.

The rules are for operators that the package does not know, such as those of ONNX Runtime, and for old versions of
operators of which it does not infer shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from mbcost.errors import one_line, shorten
from mbcost.files.onnx.nodes import Facts, Node, Shape
from mbcost.files.onnx.windows import read_geometry

Rule = Callable[[Node, Facts], "Shape | None"]
CHECKED = ("Conv", "ConvInteger", "QLinearConv", "FusedConv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool")
"""Operators whose windows are checked before anything else reads them."""
LENIENT = ("Range", "If", "Loop", "Scan", "SequenceMap")
"""Operators of which the onnx package refuses more than runtimes do."""


def infer_types(node: Node, facts: Facts, opsets: Mapping[str, int]) -> dict[str, Any]:
    """Return the types of what a node makes, by the names in the file, as far as the onnx package knows them.

    Raises:
        MbcostError: the shapes that the node reads do not fit each other.
    """
    import onnx
    from onnx import shape_inference

    check_window(node, facts)
    try:
        schema = onnx.defs.get_schema(node.op, node.version, "" if node.standard else node.domain)
    except (onnx.defs.SchemaError, RuntimeError, TypeError):
        return {}
    types, data = dict[str, Any](), dict[str, Any]()
    for local, name in zip(node.proto.input, node.reads, strict=False):
        if local:
            types[local] = facts.types.get(name, onnx.TypeProto())
            if name in facts.data:
                data[local] = facts.data[name]
    imports = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    try:
        inferred = shape_inference.infer_node_outputs(schema, node.proto, types, data, opset_imports=imports)
    except (shape_inference.InferenceError, onnx.checker.ValidationError) as error:
        if node.op not in LENIENT and all(full_known(facts, name) for name in node.reads if name):
            raise facts.refuse(node, f"does not fit its inputs ({_summarize(error)})") from None
        return {}
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError, OverflowError):
        return {}
    return dict(inferred)


def full_known(facts: Facts, name: str) -> bool:
    """Return whether shape and type of a tensor are known."""
    return name in facts.shapes and name in facts.dtypes


def _summarize(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shorten(one_line(lines[-1] if lines else type(error).__name__), 160)


def check_window(node: Node, facts: Facts) -> None:
    """Refuse a convolution or pool whose attributes are not possible.

    Raises:
        MbcostError: they are not.
    """
    if node.op not in CHECKED:
        return
    image = facts.shape(node.read(0))
    if image is None or len(image) < 3:
        return
    if node.number("group", 1) < 1:
        raise facts.refuse(node, f"has group {node.number('group', 1)}")
    read_geometry(node, facts, len(image) - 2, _kernel(node, facts))


def _kernel(node: Node, facts: Facts) -> Shape | None:
    """Return the sides of the weights of a convolution; None for a pool."""
    if "Conv" not in node.op:
        return None
    weights = facts.shape(node.read(3 if node.op == "QLinearConv" else 1))
    return None if weights is None else weights[2:]


def apply_rule(node: Node, facts: Facts) -> Shape | None:
    """Return the shape of the first tensor that a node makes, None if no rule is for it or too little is known."""
    rule = RULES.get(node.op)
    try:
        return None if rule is None else rule(node, facts)
    except (IndexError, ValueError, ZeroDivisionError):
        return None


def broadcast(*shapes: Shape) -> Shape | None:
    """Return the shape of an element-by-element operator, None if the shapes do not fit each other.

    >>> broadcast((1, 8, 7, 7), (8, 1, 1))
    (1, 8, 7, 7)
    """
    sides = list[int]()
    for column in zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        longest = {side for side in column if side != 1}
        if len(longest) > 1:
            return None
        sides.append(longest.pop() if longest else 1)
    return tuple(reversed(sides))


def _same(node: Node, facts: Facts) -> Shape | None:
    return facts.shape(node.read(0))


def _broadcast(*positions: int) -> Rule:
    """Return the rule for the inputs at these positions, all of them by default."""

    def rule(node: Node, facts: Facts) -> Shape | None:
        names = [node.read(position) for position in positions] or list(node.reads)
        shapes = [facts.shape(name) for name in names]
        known = [shape for shape in shapes if shape is not None]
        return broadcast(*known) if len(known) == len(shapes) else None

    return rule


def _multiply(first: int, second: int) -> Rule:
    """Return the rule for matrix products whose factors are at these positions."""

    def rule(node: Node, facts: Facts) -> Shape | None:
        left, right = facts.shape(node.read(first)), facts.shape(node.read(second))
        if left is None or right is None:
            return None
        left = _transposed(left, node.number("transA", 0))
        right = _transposed(right, node.number("transB", 0))
        return multiply_shapes(left, right)

    return rule


def _transposed(shape: Shape, swap: int) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2]) if swap and len(shape) > 1 else shape


def multiply_shapes(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of a matrix product as numpy's `matmul` has it, None if the shapes do not fit.

    >>> multiply_shapes((1, 49, 8), (8, 4)), multiply_shapes((8,), (8, 4))
    ((1, 49, 4), (4,))
    """
    if not left or not right:
        return None
    rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
    outer = broadcast(left[:-2], right[:-2])
    if left[-1] != (right[-2] if len(right) > 1 else right[0]) or outer is None:
        return None
    return (*outer, *rows, *columns)


def _convolve(node: Node, facts: Facts) -> Shape | None:
    image, weights = facts.shape(node.read(0)), facts.shape(node.read(3 if node.op == "QLinearConv" else 1))
    if image is None or weights is None or node.number("channels_last", 0):
        return None
    geometry = read_geometry(node, facts, len(image) - 2, weights[2:])
    return (image[0], weights[0], *geometry.output(image[2:]))


def _spread(node: Node, facts: Facts) -> Shape | None:
    image, weights = facts.shape(node.read(0)), facts.shape(node.read(1))
    if image is None or weights is None:
        return None
    rank = len(image) - 2
    geometry = read_geometry(node, facts, rank, weights[2:])
    extra = node.numbers("output_padding") or (0,) * rank
    sides = node.numbers("output_shape")[-rank:] or geometry.spread(image[2:], extra)
    return (image[0], weights[1] * node.number("group", 1), *sides)


def _pool(node: Node, facts: Facts) -> Shape | None:
    image = facts.shape(node.read(0))
    if image is None:
        return None
    last = node.op.startswith("Nhwc") or node.number("channels_last", 0)
    sides = image[1:-1] if last else image[2:]
    made = read_geometry(node, facts, len(image) - 2).output(sides, ceiling=bool(node.number("ceil_mode", 0)))
    return (image[0], *made, image[-1]) if last else (*image[:2], *made)


def _pool_all(node: Node, facts: Facts) -> Shape | None:
    image = facts.shape(node.read(0))
    if image is None:
        return None
    ones = (1,) * (len(image) - 2)
    return (image[0], *ones, image[-1]) if node.number("channels_last", 0) else (*image[:2], *ones)


def _join(first: int, step: int) -> Rule:
    """Return the rule for tensors one after the other; every `step`th input from the first one is such a tensor."""

    def rule(node: Node, facts: Facts) -> Shape | None:
        shapes = [facts.shape(name) for name in node.reads[first::step]]
        known = [shape for shape in shapes if shape is not None]
        if len(known) != len(shapes) or not known:
            return None
        sides, axis = list(known[0]), node.number("axis", 1)
        sides[axis] = sum(shape[axis] for shape in known)
        return tuple(sides)

    return rule


def _reshape(node: Node, facts: Facts) -> Shape | None:
    """Return the rule of `Reshape` before version 5, whose shape is an attribute."""
    image, wanted = facts.shape(node.read(0)), node.numbers("shape")
    if image is None or not wanted:
        return None
    sides = [image[index] if side == 0 else side for index, side in enumerate(wanted)]
    known = elements = 1
    for side in sides:
        known *= abs(side)
    for side in image:
        elements *= side
    return tuple(elements // known if side == -1 else side for side in sides)


def _pad(node: Node, facts: Facts) -> Shape | None:
    """Return the rule of `Pad` before version 11, whose padding is an attribute."""
    image, pads = facts.shape(node.read(0)), node.numbers("pads") or node.numbers("paddings")
    if image is None or len(pads) != 2 * len(image):
        return None
    return tuple(side + before + after for side, before, after in zip(image, pads, pads[len(image) :], strict=False))


def _scale(node: Node, facts: Facts) -> Shape | None:
    """Return the rule of `Upsample`, whose scales are an attribute or an input."""
    image = facts.shape(node.read(0))
    scales = tuple(node.attributes["scales"].floats) if "scales" in node.attributes else facts.reals(node.read(1))
    if image is None or scales is None or len(scales) != len(image):
        return None
    return tuple(int(side * scale) for side, scale in zip(image, scales, strict=False))


def _pack(node: Node, facts: Facts) -> Shape | None:
    """Return the rule of `MatMulNBits`, whose weights are packed."""
    image = facts.shape(node.read(0))
    return None if image is None else (*image[:-1], node.number("N", 0))


UNARY = (
    *("Abs", "BatchNormalization", "Cast", "Ceil", "Clip", "Dropout", "Elu", "Erf", "Exp", "FastGelu", "Floor"),
    *("Gelu", "HardSigmoid", "HardSwish", "Identity", "InstanceNormalization", "LRN", "LayerNormalization"),
    *("LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "Mish", "Neg", "PRelu", "QLinearLeakyRelu"),
    *("QLinearSigmoid", "QLinearSoftmax", "QuickGelu", "Reciprocal", "Relu", "Selu", "Sigmoid", "Sign"),
    *("SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "Softmax"),
    *("Softplus", "Softsign", "Sqrt", "Swish", "Tanh", "BiasGelu", "BiasSplitGelu", "QuantizeLinear"),
    *("DequantizeLinear", "GroupNorm", "SkipGroupNorm", "GroupNormalization", "RMSNormalization", "ThresholdedRelu"),
)
"""Operators whose result has the shape of their first input."""
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(UNARY, _same),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow"), _broadcast(0, 1)),
    **dict.fromkeys(("Sum", "Max", "Min", "Mean"), _broadcast()),
    **dict.fromkeys(("QLinearAdd", "QLinearMul"), _broadcast(0, 3)),
    **dict.fromkeys(("Gemm", "FusedGemm", "MatMul", "FusedMatMul", "MatMulInteger", "GemmFastGelu"), _multiply(0, 1)),
    "DynamicQuantizeMatMul": _multiply(0, 1),
    "MatMulIntegerToFloat": _multiply(0, 1),
    "QLinearMatMul": _multiply(0, 3),
    "QGemm": _multiply(0, 3),
    "MatMulNBits": _pack,
    **dict.fromkeys(("Conv", "ConvInteger", "FusedConv", "QLinearConv"), _convolve),
    "ConvTranspose": _spread,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool", "NhwcMaxPool", "QLinearAveragePool"), _pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "QLinearGlobalAveragePool"), _pool_all),
    "Concat": _join(0, 1),
    "QLinearConcat": _join(2, 3),
    "Reshape": _reshape,
    "Pad": _pad,
    "Upsample": _scale,
}
"""The rule of each operator, whatever its domain."""
