"""Every layer of Keras that is known, and what adds it to a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Union

from mbcost.files.keras.activations import activation, prelu, relu, softmax
from mbcost.files.keras.builder import Builder, Layer, Operand, Shape
from mbcost.files.keras.windows import (
    conv,
    dense,
    depthwise,
    flatten,
    global_pool,
    pad,
    pool,
    resize,
    separable,
    transposed,
)

Add = Callable[[Builder, Layer, Any], Union[str, list[str]]]


def broadcast(builder: Builder, reads: list[Operand]) -> Shape:
    """Return the shape of the result of operands that are repeated as needed."""
    shapes = [builder.shape(read) for read in reads if isinstance(read, str)]
    rank = max(map(len, shapes))
    aligned = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    sides = []
    for values in zip(*aligned, strict=True):
        others = {value for value in values if value != 1}
        if len(others) > 1:
            raise ValueError
        sides.append(max(values))
    return tuple(sides)


def elementwise(kind: str, function: str = "") -> Add:
    """Return what adds a function of two operands; more are joined one by one."""

    def add(builder: Builder, layer: Layer, reads: list[Operand]) -> str:
        fields = {"function": function} if function else {}
        if len(reads) == 1:
            return builder.add(layer, "copy", reads, broadcast(builder, reads))
        result: Operand = reads[0]
        for read in reads[1:]:
            result = builder.add(layer, kind, [result, read], broadcast(builder, [result, read]), **fields)
        return str(result)

    return add


def same_shape(kind: str, **fields: Any) -> Add:
    """Return what adds an operator whose result has the shape of its input."""

    def add(builder: Builder, layer: Layer, reads: list[str]) -> str:
        return builder.add(layer, kind, reads[:1], builder.shape(reads[0]), **fields)

    return add


def batch_norm(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a batch norm with its moving statistics."""
    shape = builder.shape(reads[0])
    axis = layer.config.get("axis", -1)
    channels = (shape[int(axis[0] if isinstance(axis, list) else axis)],)
    return _norm(builder, layer, reads[0], channels, "batch norm", ["moving_mean", "moving_variance"])


def layer_norm(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a layer norm, or one without a mean."""
    shape = builder.shape(reads[0])
    axis = layer.config.get("axis", -1)
    sides = tuple(shape[int(value)] for value in (axis if isinstance(axis, list) else [axis]))
    kind = "rms norm" if layer.config.get("rms_scaling") or layer.kind == "RMSNormalization" else "layer norm"
    return _norm(builder, layer, reads[0], sides, kind, [])


def group_norm(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a group norm."""
    shape = builder.shape(reads[0])
    axis = layer.config.get("axis", -1)
    channels = shape[int(axis[0] if isinstance(axis, list) else axis)]
    groups = int(layer.config.get("groups", 32))
    return _norm(builder, layer, reads[0], (channels,), "group norm", [], groups=channels if groups < 0 else groups)


def _norm(builder: Builder, layer: Layer, x: str, sides: Shape, kind: str, statistics: list[str], **fields: Any) -> str:
    rms = layer.kind == "RMSNormalization"
    scale = builder.weight(layer, "gamma", sides) if rms or layer.config.get("scale", True) else ""
    shift = builder.weight(layer, "beta", sides) if not rms and layer.config.get("center", True) else ""
    constants = [builder.weight(layer, name, sides) for name in statistics]
    epsilon = float(layer.config.get("epsilon", 1e-3))
    reads = [x, scale, shift, *constants]
    return builder.add(layer, "norm", reads, builder.shape(x), function=kind, epsilon=epsilon, **fields)


def normalization(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add what subtracts a mean and divides by a deviation, which are not trained."""
    shape, axis = builder.shape(reads[0]), layer.config.get("axis", -1)
    axes = [] if axis is None else axis if isinstance(axis, list) else [axis]
    sides = tuple(shape[int(value)] for value in axes)
    constants = [builder.weight(layer, name, sides) for name in ("mean", "variance")]
    return builder.add(layer, "norm", [reads[0], "", "", *constants], shape, function="normalization")


def rescale(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add the product with a number and the sum with another one."""
    scale, offset, output = layer.config.get("scale", 1), layer.config.get("offset", 0), reads[0]
    shape = builder.shape(output)
    if isinstance(scale, list | dict) or isinstance(offset, list | dict):
        return builder.add(layer, "arithmetic", [output], shape, function="rescale")
    output = builder.add(layer, "multiply", [output, float(scale)], shape)
    return builder.add(layer, "add", [output, float(offset)], shape, "offset") if offset else output


def layer_scale(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add the product with a learned number per channel, of ConvNeXt."""
    scale = builder.weight(layer, "gamma", (int(layer.config["projection_dim"]),))
    return builder.add(layer, "multiply", [reads[0], scale], builder.shape(reads[0]))


def scaled_sum(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add the sum of a tensor and a scaled one, of Inception-ResNet."""
    scaled = builder.add(layer, "multiply", [reads[1], float(layer.config["scale"])], builder.shape(reads[1]), "scale")
    return builder.add(layer, "add", [reads[0], scaled], broadcast(builder, [reads[0], scaled]))


def concatenate(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add tensors one after the other."""
    shapes = [builder.shape(read) for read in reads]
    axis = int(layer.read("axis", -1)) % len(shapes[0])
    if any(shape[:axis] + shape[axis + 1 :] != shapes[0][:axis] + shapes[0][axis + 1 :] for shape in shapes):
        raise ValueError
    made = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
    return builder.add(layer, "concat", reads, made, axes=(axis,))


def reshape(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a reshape; one side can be -1. That of the layer leaves the batch out."""
    shape, target = builder.shape(reads[0]), layer.read("target_shape")
    sides = [shape[0], *target] if target is not None else list(layer.read("newshape", layer.read("shape")))
    sides[0] = shape[0] if sides[0] in (None, -1) and -1 in sides[1:] else sides[0]
    wanted = [-1 if side is None else int(side) for side in sides]
    known = prod(side for side in wanted if side != -1)
    if -1 not in wanted and known != prod(shape):
        raise ValueError
    made = tuple(prod(shape) // known if side == -1 else side for side in wanted)
    if prod(made) != prod(shape):
        raise ValueError
    return builder.add(layer, "reshape", reads[:1], made)


def permute(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add another order of dimensions. That of the layer leaves the batch out."""
    shape, dims = builder.shape(reads[0]), layer.read("dims")
    order = (0, *map(int, dims)) if dims is not None else tuple(map(int, layer.read("axes") or range(len(shape))[::-1]))
    if sorted(order) != list(range(len(shape))):
        raise ValueError
    return builder.add(layer, "transpose", reads[:1], tuple(shape[axis] for axis in order), axes=order)


def reduce(function: str) -> Add:
    """Return what adds a reduction over axes; an average over height and width is a global pool."""

    def add(builder: Builder, layer: Layer, reads: list[str]) -> str:
        shape, axis = builder.shape(reads[0]), layer.read("axis")
        values = range(len(shape)) if axis is None else axis if isinstance(axis, list) else [axis]
        axes = tuple(sorted({int(value) % len(shape) for value in values}))
        keep = bool(layer.read("keepdims"))
        made = tuple(1 if at in axes else side for at, side in enumerate(shape) if keep or at not in axes)
        if function == "mean" and len(shape) == 4 and axes == ((2, 3) if builder.layout == "NCHW" else (1, 2)):
            return builder.add(layer, "global_pool", reads[:1], made)
        return builder.add(layer, "reduce", reads[:1], made, function=function, axes=axes)

    return add


def embedding(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add the rows of a table, by index."""
    width = int(layer.config["output_dim"])
    table = builder.weight(layer, "embeddings", (int(layer.config["input_dim"]), width))
    return builder.add(layer, "gather", [reads[0], table], (*builder.shape(reads[0]), width))


def squeeze(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a reshape without sides of 1."""
    shape, axis = builder.shape(reads[0]), layer.read("axis")
    values = [at for at, side in enumerate(shape) if side == 1] if axis is None else axis
    axes = {int(value) % len(shape) for value in (values if isinstance(values, list) else [values])}
    if any(shape[at] != 1 for at in axes):
        raise ValueError
    made = tuple(side for at, side in enumerate(shape) if at not in axes)
    return builder.add(layer, "reshape", reads[:1], made)


def expand(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a reshape with another side of 1."""
    shape = list(builder.shape(reads[0]))
    shape.insert(int(layer.read("axis", -1)) % (len(shape) + 1), 1)
    return builder.add(layer, "reshape", reads[:1], tuple(shape))


def matmul(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a product of two computed tensors."""
    first, second = (builder.shape(read) for read in reads)
    if first[-1] != second[-2]:
        raise ValueError
    made = (*(first if len(first) >= len(second) else second)[:-2], first[-2], second[-1])
    return builder.add(layer, "matmul", reads, made, inner=first[-1])


_SAME = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "GaussianNoise",
    "AlphaDropout", "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast",
    "RandomBrightness", "RandomTranslation", "FixedDropout", "Identity", "Cast", "StopGradient", "Copy", "Masking",
)  # fmt: skip
"""Layers that change nothing when a model is used."""
_OPERATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Silu": "swish", "Swish": "swish", "Tanh": "tanh",
    "HardSwish": "hard_swish", "HardSilu": "hard_swish", "HardSigmoid": "hard_sigmoid", "Gelu": "gelu", "Elu": "elu",
    "Selu": "selu", "LeakyRelu": "leaky_relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softplus": "softplus",
    "Mish": "mish", "Softsign": "softsign", "ThresholdedReLU": "threshold",
}  # fmt: skip
"""Activations that are layers or operations without settings that matter here."""
_ARITHMETIC = {
    "Negative": "negative", "Absolute": "absolute", "Abs": "absolute", "Exp": "exponential", "Log": "logarithm",
    "Sqrt": "square root", "Rsqrt": "inverse square root", "Square": "square", "Round": "round", "Clip": "clip",
    "UnitNormalization": "unit norm", "L2Normalize": "unit norm",
}  # fmt: skip

LAYERS: Mapping[str, Add] = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Convolution2D", "Convolution1D"), conv),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D", "SeparableConvolution2D"), separable),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Deconvolution2D"), transposed),
    **{f"{kind}Pooling{sides}D": pool for kind in ("Max", "Average") for sides in (1, 2, 3)},
    **{f"Global{kind}Pooling{sides}D": global_pool for kind in ("Max", "Average") for sides in (1, 2, 3)},
    **{f"{kind}{sides}D": pad for kind in ("ZeroPadding", "Cropping") for sides in (1, 2, 3)},
    **{f"UpSampling{sides}D": resize for sides in (1, 2, 3)},
    "Resizing": resize,
    "Dense": dense,
    "Flatten": flatten,
    "Reshape": reshape,
    **dict.fromkeys(("Permute", "Transpose"), permute),
    "Squeeze": squeeze,
    "ExpandDims": expand,
    "Matmul": matmul,
    "BatchNormalization": batch_norm,
    "BatchNormalizationV1": batch_norm,
    "SyncBatchNormalization": batch_norm,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), layer_norm),
    "GroupNormalization": group_norm,
    "Normalization": normalization,
    "Rescaling": rescale,
    "LayerScale": layer_scale,
    "CustomScaleLayer": scaled_sum,
    "Activation": activation,
    "ReLU": relu,
    "PReLU": prelu,
    **dict.fromkeys(("Softmax", "LogSoftmax"), softmax),
    "Concatenate": concatenate,
    "Add": elementwise("add"),
    "AddV2": elementwise("add"),
    "Multiply": elementwise("multiply"),
    "Mul": elementwise("multiply"),
    "Subtract": elementwise("arithmetic", "subtract"),
    "Average": elementwise("arithmetic", "average"),
    **dict.fromkeys(("Divide", "TrueDivide"), elementwise("arithmetic", "divide")),
    "Power": elementwise("arithmetic", "power"),
    "Maximum": elementwise("arithmetic", "maximum"),
    "Minimum": elementwise("arithmetic", "minimum"),
    **{kind: reduce(kind.lower()) for kind in ("Mean", "Sum", "Max", "Min")},
    "Embedding": embedding,
    **dict.fromkeys(_SAME, same_shape("copy")),
    **{kind: same_shape("activation", function=function) for kind, function in _OPERATIONS.items()},
    **{kind: same_shape("arithmetic", function=function) for kind, function in _ARITHMETIC.items()},
}
"""Classes of layers, and of operations that are recorded as layers."""

FUNCTIONS: Mapping[str, str] = {
    "add": "Add", "multiply": "Multiply", "mul": "Multiply", "subtract": "Subtract", "sub": "Subtract",
    "truediv": "Divide", "divide": "Divide", "pow": "Power", "maximum": "Maximum", "minimum": "Minimum",
    "reduce_mean": "Mean", "reduce_sum": "Sum", "reduce_max": "Max", "relu": "Relu", "relu6": "Relu6",
    "sigmoid": "Sigmoid", "silu": "Silu", "swish": "Silu", "tanh": "Tanh", "gelu": "Gelu", "softmax": "Softmax",
    "concat": "Concatenate", "reshape": "Reshape", "transpose": "Transpose", "squeeze": "Squeeze",
    "expand_dims": "ExpandDims", "matmul": "Matmul", "cast": "Cast", "identity": "Identity",
}  # fmt: skip
"""What the layers of Keras 2 for functions of TensorFlow call a function -> the class of the same operation."""
assert set(FUNCTIONS.values()) <= set(LAYERS)
