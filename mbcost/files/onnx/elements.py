"""Operators that work element by element, and norms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

from mbcost.files.onnx.made import Maker
from mbcost.files.onnx.nodes import Node
from mbcost.spec.graph import Operator

Translate = Callable[[Node, Maker], Iterator[Operator]]
SLOPE, OFFSET = 1 / 6, 0.5
"""Of the hard sigmoid of MobileNetV3; those of ONNX's own default are 0.2 and 0.5."""
CLOSE = 1e-3
"""1/6 in float16 is 0.16663."""
LARGE = 3e38
"""Bounds from here on are none: exporters write the largest number of the type."""


def activation(function: str, reads: int = 1) -> Translate:
    """Return the translation of a function of each element that reads so many tensors."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        yield maker.make(node, "activation", node.reads[:reads], function=function)

    return translate


def clip(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield the activation that is a limit of values: ReLU6, ReLU, or none with a name of its own.

    The bounds are attributes before version 11, and inputs since.
    """
    low, high = (_bound(node, maker, index, name) for index, name in ((1, "min"), (2, "max")))
    function = "clip"
    if low == 0:
        function = "relu6" if high == 6 else "relu" if high is not None and high >= LARGE else "clip"
    yield maker.make(node, "activation", node.reads[:1], function=function)


def _bound(node: Node, maker: Maker, index: int, name: str) -> float | None:
    """Return a bound, infinite if there is none, None if it is not known."""
    none = -inf if index == 1 else inf
    if name in node.attributes:
        return node.real(name, none)
    if not node.read(index):
        return none
    values = maker.facts.reals(node.read(index))
    return values[0] if values is not None and len(values) == 1 else None


def hard_sigmoid(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield a hard sigmoid; one of another slope has another name."""
    slope, offset = node.real("alpha", 0.2), node.real("beta", 0.5)
    mobile = abs(slope - SLOPE) < CLOSE and abs(offset - OFFSET) < CLOSE
    function = "hard_sigmoid" if mobile else f"hard_sigmoid({slope:.4g}x+{offset:.4g})"
    yield maker.make(node, "activation", node.reads[:1], function=function)


def swish(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield ONNX's Swish, x * sigmoid(alpha * x)."""
    alpha = node.real("alpha", 1.0)
    yield maker.make(node, "activation", node.reads[:1], function="swish" if alpha == 1 else f"swish({alpha:.4g}x)")


def binary(kind: str, first: int = 0, second: int = 1) -> Translate:
    """Return the translation of a sum or product of the tensors at these inputs; a constant one is second."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        for index in (first, second):
            if second == 3 and maker.is_fixed(node.read(index)):
                maker.scales[node.read(index)] = 1
        left, right = node.read(first), node.read(second)
        yield maker.make(node, kind, (right, left) if maker.is_fixed(left) else (left, right))

    return translate


def sum_all(node: Node, maker: Maker) -> Iterator[Operator]:
    """Yield the sum of any number of tensors as sums of two."""
    names = sorted(filter(None, node.reads), key=maker.is_fixed)
    if len(names) < 2:
        yield maker.make(node, "copy", tuple(names))
        return
    total = names[0]
    for index, name in enumerate(names[1:-1], 1):
        partial = maker.add_tensor(f"{node.makes[0]}.sum{index}", maker.shape(node.makes[0]), node.makes[0])
        yield maker.make(node, "add", (total, name), f"sum{index}", makes=(partial,))
        total = partial
    yield maker.make(node, "add", (total, names[-1]))


def arithmetic(function: str) -> Translate:
    """Return the translation of any other function of elements; the order of its inputs is that of the file."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        yield maker.make(node, "arithmetic", node.reads, function=function)

    return translate


def norm(function: str, reads: int) -> Translate:
    """Return the translation of a norm that reads so many tensors."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        epsilon = node.real("epsilon", 1e-5)
        yield maker.make(node, "norm", node.reads[:reads], function=function, epsilon=epsilon)

    return translate


def skip_norm(function: str) -> Translate:
    """Return the translation of ONNX Runtime's norm of a sum: the sum, perhaps with a bias, and the norm."""

    def translate(node: Node, maker: Maker) -> Iterator[Operator]:
        shift = node.read(3) if function == "layer_norm" else ""
        bias = node.read(4 if function == "layer_norm" else 3)
        made = maker.shape(node.makes[0])
        total = maker.add_tensor(f"{node.makes[0]}.sum", made, node.makes[0])
        yield maker.make(node, "add", node.reads[:2], "add", makes=(total,))
        if bias:
            biased = maker.add_tensor(f"{node.makes[0]}.biased", made, node.makes[0])
            yield maker.make(node, "add", (total, bias), "bias", makes=(biased,))
            total = biased
        epsilon = node.real("epsilon", 1e-5)
        yield maker.make(node, "norm", (total, node.read(2), shift), function=function, epsilon=epsilon)

    return translate


ACTIVATIONS = {
    "Relu": "relu",
    "HardSwish": "hard_swish",
    "Sigmoid": "sigmoid",
    "LeakyRelu": "leaky_relu",
    "ThresholdedRelu": "thresholded_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Celu": "celu",
    "Gelu": "gelu",
    "Mish": "mish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
    "Shrink": "shrink",
}
"""Functions of one number, and their names here."""
ARITHMETIC = {
    "Sub": "subtract",
    "Div": "divide",
    "Pow": "power",
    "Min": "minimum",
    "Max": "maximum",
    "Mean": "mean",
    "Neg": "negative",
    "Abs": "absolute",
    "Mod": "remainder",
    "Reciprocal": "reciprocal",
    "Where": "where",
    "LRN": "local_response_norm",
    "LpNormalization": "lp_norm",
    "MeanVarianceNormalization": "mean_variance_norm",
    "CumSum": "cumulative_sum",
    "CumProd": "cumulative_product",
    "BitShift": "bit_shift",
    "OneHot": "one_hot",
    "Expand": "expand",
    "Tile": "tile",
    "ScatterND": "scatter",
    "ScatterElements": "scatter",
    "Scatter": "scatter",
    "TopK": "top_k",
    "NonMaxSuppression": "non_max_suppression",
    "NonZero": "non_zero",
    "Unique": "unique",
    "ArgMax": "argmax",
    "ArgMin": "argmin",
    "Hardmax": "hardmax",
    "MaxUnpool": "max_unpool",
    "Col2Im": "col2im",
    "MaxRoiPool": "max_roi_pool",
    "RotaryEmbedding": "rotary_embedding",
    "TensorScatter": "scatter",
    "NegativeLogLikelihoodLoss": "loss",
    "SoftmaxCrossEntropyLoss": "loss",
    "AffineGrid": "affine_grid",
    "IsInf": "isinf",
    "IsNaN": "isnan",
    "GreaterOrEqual": "greater_equal",
    "LessOrEqual": "less_equal",
    "SwiGLU": "swiglu",
    "BitCast": "bit_cast",
    **{name: f"bitwise_{name[7:].lower()}" for name in ("BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor")},
    **{
        name: name.lower()
        for name in (
            *("Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Sin", "Sinh", "Tan", "Erf", "Exp"),
            *("Log", "Sqrt", "Floor", "Ceil", "Round", "Sign", "And", "Or", "Xor", "Not", "Equal", "Greater", "Less"),
            *("Trilu", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli"),
            *("Multinomial", "StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch"),
        )
    },
}
"""Other functions, and their names here, as numpy has them if it does."""
