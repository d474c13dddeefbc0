"""What each operator that torch dispatches is in a graph: one function per operator, listed at the bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from torch import Tensor

from mbcost.measured.torch_operators import NORM_FUNCTIONS, NORMS
from mbcost.measured.versions import Value, describe
from mbcost.spec.graph import Window

if TYPE_CHECKING:
    from mbcost.measured.graph_recorder import GraphRecorder, OperatorCall

    Describe = Callable[[GraphRecorder, OperatorCall], None]
else:
    Describe = Callable


def describe_unknown(recorder: GraphRecorder, call: OperatorCall) -> None:
    """An operator that is not in the table: it is not counted, unless it only computes constants."""
    if call.outputs and not call.counted and all(map(recorder.is_fixed, call.operands)):
        recorder.emit("arithmetic", call.operands, call.outputs, function=call.name)
        return
    reason = "torch counts its operations, mbcost does not" if call.counted else "an operator that mbcost does not know"
    recorder.emit("unknown", call.operands, call.outputs or call.writes, reason=reason)


def _simple(kind: str, **fields: Any) -> Describe:
    """Return the description of an operator that reads all its tensors."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        recorder.emit(kind, call.operands, call.outputs, **fields)

    return describe_call


def _activation(function: str) -> Describe:
    return _simple("activation", function=function)


def _elementwise(kind: str, function: str = "") -> Describe:
    """Return the description of a function of two operands, of which one can be a number."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        operands = [value for value in call.arguments.values() if _is_operand(value)][:2]
        recorder.emit(kind, operands, call.outputs[:1], **({"function": function} if function else {}))

    return describe_call


def _sum(kind: str, function: str = "") -> Describe:
    """Return the description of a sum or a difference, of which the second operand is multiplied by `alpha`."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        first, second, alpha = call["self"], call["other"], call.arguments.get("alpha", 1)
        if alpha != 1:
            if isinstance(second, Tensor):
                scaled = describe(second)
                recorder.emit("multiply", [second, alpha], [scaled], written="mul")
                second = scaled
            else:
                second *= alpha
        recorder.emit(kind, [first, second], call.outputs[:1], **({"function": function} if function else {}))

    return describe_call


def _clamp(recorder: GraphRecorder, call: OperatorCall) -> None:
    lowest = call.arguments.get("min", call.arguments.get("min_val"))
    highest = call.arguments.get("max", call.arguments.get("max_val"))
    tensors = [bound for bound in (lowest, highest) if isinstance(bound, Tensor)]
    if tensors:
        recorder.emit("arithmetic", [call["self"], *tensors], call.outputs, function="clamp")
        return
    bounds = tuple(None if bound is None else float(bound) for bound in (lowest, highest))
    function = CLAMPS.get(bounds) or "clamp " + " ".join("-" if bound is None else f"{bound:g}" for bound in bounds)
    recorder.emit("activation", [call["self"]], call.outputs, function=function)


def _prelu(recorder: GraphRecorder, call: OperatorCall) -> None:
    recorder.emit("activation", [call["self"], call["weight"]], call.outputs, function="prelu")


def _power(recorder: GraphRecorder, call: OperatorCall) -> None:
    recorder.emit("arithmetic", list(call.arguments.values()), call.outputs, function="power")


def _glu(recorder: GraphRecorder, call: OperatorCall) -> None:
    """A map whose one half is multiplied by the sigmoid of the other half."""
    half = describe(call.outputs[0])
    parts = [Value(half.shape, half.dtype) for _ in range(2)]
    axis = _axis(call["dim"], call["self"])
    recorder.emit("split", [call["self"]], parts, axes=(axis,), written="chunk")
    recorder.emit("activation", [parts[1]], [half], function="sigmoid", written="sigmoid")
    recorder.emit("multiply", [parts[0], half], call.outputs)


def _convolution(recorder: GraphRecorder, call: OperatorCall) -> None:
    weight: Tensor = call["weight"]
    transposed = bool(call.arguments.get("transposed"))
    kind = "transposed_conv" if transposed else "conv"
    x = call["input"] if "input" in call.arguments else call["self"]
    recorder.emit(
        kind, [x, weight, call["bias"]], call.outputs, groups=int(call["groups"]),
        window=_window(weight.shape[2:], call), inner=prod(weight.shape[1:]),
    )  # fmt: skip


def _window(kernel: Any, call: OperatorCall) -> Window | None:
    """Return the window of a convolution or a pool over a map of one or two dimensions; None with other ones."""
    sides = len(kernel)
    if sides not in (1, 2):
        return None
    stride = _pair(call.arguments.get("stride") or kernel, sides, 1)
    top, left = _pair(call.arguments.get("padding") or 0, sides, 0)
    below, right = (0, 0)
    if call.arguments.get("transposed"):
        below, right = _pair(call.arguments.get("output_padding") or 0, sides, 0)
    dilation = _pair(call.arguments.get("dilation") or 1, sides, 1)
    return Window(_pair(kernel, sides, 1), stride, dilation, (top, left, top - below, left - right))


def _pair(values: Any, sides: int, single: int) -> tuple[int, int]:
    """Return two numbers of what torch writes as one, as a list of one, or as a list of two."""
    numbers = [int(values)] if not isinstance(values, list | tuple) and not hasattr(values, "__len__") else list(values)
    if sides == 1:
        return single, int(numbers[-1])
    return int(numbers[0]), int(numbers[-1])


def _product(recorder: GraphRecorder, first: Tensor, second: Tensor, bias: Any, made: Tensor | Value) -> None:
    """Add a product of two tensors: a linear layer if one of them is constant."""
    inner = int(first.shape[-1])
    fixed = [recorder.is_fixed(first), recorder.is_fixed(second)]
    if sum(fixed) != 1:
        product = made if bias is None else describe(made) if isinstance(made, Tensor) else made
        recorder.emit("matmul", [first, second], [product], inner=inner)
        if bias is not None:
            recorder.emit("add", [product, bias], [made], written="add")
        return
    x, weights = (second, first) if fixed[0] else (first, second)
    if bias is None or recorder.is_fixed(bias):
        recorder.emit("linear", [x, weights, bias], [made], inner=inner)
        return
    product = describe(made) if isinstance(made, Tensor) else made
    recorder.emit("linear", [x, weights], [product], inner=inner)
    recorder.emit("add", [product, bias], [made], written="add")


def _matrix(first: str, second: str, bias: str = "") -> Describe:
    """Return the description of a product of matrices, which can be scaled, plus a bias, which can be scaled."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        shift = call[bias] if bias else None
        alpha, beta = call.arguments.get("alpha", 1), call.arguments.get("beta", 1)
        if shift is None or (alpha == 1 and beta == 1):
            _product(recorder, call[first], call[second], shift, call.outputs[0])
            return
        parts = [describe(call.outputs[0]), describe(call.outputs[0]), describe(shift)]
        _product(recorder, call[first], call[second], None, parts[0])
        recorder.emit("multiply", [parts[0], alpha], [parts[1]], written="mul")
        recorder.emit("multiply", [shift, beta], [parts[2]], written="mul")
        recorder.emit("add", parts[1:], call.outputs[:1], written="add")

    return describe_call


def _attention(recorder: GraphRecorder, call: OperatorCall) -> None:
    """Attention: the product of queries and keys, its softmax, and its product with values."""
    query, key, value = call["query"], call["key"], call["value"]
    scores, chances = (Value((*query.shape[:-1], key.shape[-2]), describe(query).dtype) for _ in range(2))
    mask = next((call[name] for name in ("attn_mask", "attn_bias") if call.arguments.get(name) is not None), None)
    recorder.emit("matmul", [query, key], [scores], inner=int(query.shape[-1]), written="attention scores")
    if mask is not None:
        masked = Value(scores.shape, scores.dtype)
        recorder.emit("add", [scores, mask], [masked], written="attention mask")
        scores = masked
    recorder.emit("softmax", [scores], [chances], axes=(len(scores.shape) - 1,), written="attention softmax")
    recorder.emit("matmul", [chances, value], call.outputs[:1], inner=int(key.shape[-2]))


def _norm(kind: str) -> Describe:
    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        x = call["input"] if "input" in call.arguments else call["self"]
        names = ("weight", "bias", "running_mean", "running_var")
        epsilon = next((call[name] for name in ("eps", "epsilon") if call.arguments.get(name) is not None), None)
        recorder.emit(
            "norm", [x, *(call.arguments.get(name) for name in names)], call.outputs[:1], function=kind,
            epsilon=None if epsilon is None else float(epsilon), **_norm_groups(kind, call),
        )  # fmt: skip

    return describe_call


def _norm_groups(kind: str, call: OperatorCall) -> dict[str, int]:
    return {"groups": int(call["group"])} if kind == "group norm" else {}


def _pool(kind: str) -> Describe:
    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        x: Tensor = call["self"]
        kernel = call["kernel_size"]
        sides = x.ndim - 2 if call.name[-2:] not in ("1d", "2d", "3d") else int(call.name[-2])
        whole = [int(side) for side in (kernel if len(kernel) == sides else list(kernel) * sides)]
        window = _window(whole, call)
        everything = tuple(x.shape[-sides:]) == tuple(whole) and call.outputs[0].shape[-sides:].numel() == 1
        if kind == "average_pool" and everything and sides == 2 and not any(window.padding if window else ()):
            recorder.emit("global_pool", [x], call.outputs[:1])
            return
        recorder.emit(kind, [x], call.outputs, window=window)

    return describe_call


def _adaptive_pool(kind: str) -> Describe:
    """Return the description of a pool that states its output; its windows are equal if the sides divide."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        x: Tensor = call["self"]
        output = call.outputs[0]
        sides = len(call["output_size"])
        inputs, outputs = x.shape[-sides:], output.shape[-sides:]
        if outputs.numel() == 1 and kind == "average_pool" and sides == 2:
            recorder.emit("global_pool", [x], call.outputs[:1])
            return
        steps = tuple(into // out for into, out in zip(inputs, outputs, strict=True))
        kernel = tuple(into - (out - 1) * step for into, out, step in zip(inputs, outputs, steps, strict=True))
        exact = all(into % out == 0 for into, out in zip(inputs, outputs, strict=True))
        if sides > 2 or not exact:
            recorder.emit("reduce", [x], call.outputs, function="mean" if kind == "average_pool" else "max",
                          axes=tuple(range(x.ndim - sides, x.ndim)))  # fmt: skip
            return
        window = Window(_pair(kernel, sides, 1), _pair(steps, sides, 1))
        recorder.emit(kind, [x], call.outputs, window=window)

    return describe_call


def _mean(recorder: GraphRecorder, call: OperatorCall) -> None:
    x: Tensor = call["self"]
    axes = _list_axes(call, x)
    if x.ndim == 4 and axes == (2, 3):
        recorder.emit("global_pool", [x], call.outputs)
        return
    recorder.emit("reduce", [x], call.outputs, function="mean", axes=axes)


def _reduce(function: str) -> Describe:
    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        recorder.emit("reduce", call.operands, call.outputs, function=function, axes=_list_axes(call, call.operands[0]))

    return describe_call


def _list_axes(call: OperatorCall, x: Tensor) -> tuple[int, ...]:
    dims = call.arguments.get("dim")
    if dims is None or (isinstance(dims, list | tuple) and not dims):
        return tuple(range(x.ndim))
    return tuple(sorted(_axis(dim, x) for dim in (dims if isinstance(dims, list | tuple) else [dims])))


def _axis(dimension: Any, x: Tensor) -> int:
    return int(dimension) % max(x.ndim, 1)


def _along(kind: str) -> Describe:
    """Return the description of an operator along one dimension."""

    def describe_call(recorder: GraphRecorder, call: OperatorCall) -> None:
        axis = call.arguments.get("dim", 0)
        recorder.emit(kind, call.operands, call.outputs, axes=(_axis(axis, call.operands[0]),))

    return describe_call


def _softmax(recorder: GraphRecorder, call: OperatorCall) -> None:
    recorder.emit("softmax", [call["self"]], call.outputs, axes=(_axis(call["dim"], call["self"]),))


def _stack(recorder: GraphRecorder, call: OperatorCall) -> None:
    """Tensors along a new dimension."""
    axis = int(call["dim"]) % call.outputs[0].ndim
    recorder.emit("concat", call.operands, call.outputs, axes=(axis,))


def _transpose(recorder: GraphRecorder, call: OperatorCall) -> None:
    x: Tensor = call["self"]
    order = list(range(x.ndim))
    if "dims" in call.arguments:
        order = [_axis(dim, x) for dim in call["dims"]]
    elif x.ndim > 1:
        first, second = (call.arguments.get(name, index) for index, name in enumerate(("dim0", "dim1")))
        first, second = _axis(first, x), _axis(second, x)
        order[first], order[second] = order[second], order[first]
    recorder.emit("transpose", [x], call.outputs, axes=tuple(order))


def _pad(recorder: GraphRecorder, call: OperatorCall) -> None:
    x: Tensor = call["input"] if "input" in call.arguments else call["self"]
    sides = [0] * (2 * x.ndim)
    numbers = list(map(int, call["pad"] if "pad" in call.arguments else call["padding"]))
    # torch lists the dimensions from the last one backwards.
    for index, (before, after) in enumerate(zip(numbers[::2], numbers[1::2], strict=True), start=1):
        sides[-2 * index], sides[1 - 2 * index or len(sides) - 1] = before, after
    kind = "slice" if min(sides) < 0 and max(sides) <= 0 else "pad"
    mode = call.arguments.get("mode")
    fields = {"padding": tuple(sides)} if kind == "pad" else {}
    recorder.emit(kind, [x], call.outputs, written=f"{call.name} {mode}" if mode else call.name, **fields)


def _copy_into(recorder: GraphRecorder, call: OperatorCall) -> None:
    recorder.emit("copy", [call["src"]], call.outputs)


def _constant(recorder: GraphRecorder, call: OperatorCall) -> None:
    recorder.emit("constant", [], call.outputs)


def _share(recorder: GraphRecorder, call: OperatorCall) -> None:
    """A new tensor object for the same values, which is no work."""
    recorder.share(call.operands[0], call.outputs[0])


def _is_operand(value: Any) -> bool:
    return isinstance(value, Tensor | bool | int | float)


def _is_circular(arguments: Mapping[str, Any]) -> bool:
    return arguments.get("mode") == "circular"


def _always(_arguments: Mapping[str, Any]) -> bool:
    return True


def _shape_only(recorder: GraphRecorder, call: OperatorCall) -> None:
    """A tensor of which only the shape is used."""
    recorder.emit("constant", [], call.outputs)


FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    **dict.fromkeys(NORM_FUNCTIONS, _always),
    "pad": _is_circular,
}
"""Functions of torch that are recorded as one operator, and for which arguments."""
CLAMPS: Mapping[tuple[float | None, ...], str] = {
    (0, 6): "relu6",
    (0, None): "relu",
    (-1, 1): "hard_tanh",
}
"""The bounds of a clamp -> the name of the activation."""

_ELEMENTWISE_NAMES = (
    "abs", "acos", "acosh", "angle", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_not",
    "bitwise_or", "bitwise_xor", "bucketize", "ceil", "copysign", "cos", "cosh", "deg2rad", "digamma", "eq", "erf",
    "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "fmod", "frac", "frexp", "ge", "gt", "heaviside", "hypot",
    "isfinite", "isinf", "isnan", "ldexp", "le", "lerp", "lgamma", "log", "log10", "log1p", "log2", "logaddexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "lt", "masked_fill", "nan_to_num", "ne",
    "neg", "polar", "reciprocal", "remainder", "round", "rsqrt", "searchsorted", "sgn", "sign", "signbit", "sin",
    "sinc", "sinh", "sqrt", "square", "tan", "tril", "triu", "trunc", "where", "xlogy", "addcmul", "addcdiv",
    "fake_quantize_per_tensor_affine_cachemask", "fake_quantize_per_channel_affine_cachemask",
    "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams", "_weight_norm_interface", "bitwise_left_shift",
    "bitwise_right_shift", "complex", "real", "imag", "view_as_real", "view_as_complex", "_conj", "conj_physical",
    "expand", "expand_as", "repeat", "tile", "repeat_interleave", "bernoulli", "native_dropout",
)  # fmt: skip
"""Functions of the elements, and repetitions of them. They have no multiply-adds by the rule that counts those of
products only."""
_RESIZES = tuple(
    f"{prefix}upsample_{mode}{suffix}"
    for prefix in ("", "_")
    for mode in ("nearest1d", "nearest2d", "nearest3d", "linear1d", "bilinear2d", "trilinear3d", "bicubic2d",
                 "nearest_exact1d", "nearest_exact2d", "nearest_exact3d", "nearest-exact1d", "nearest-exact2d")
    for suffix in ("", "_aa")
)  # fmt: skip

OPERATORS: Mapping[str, Describe] = {
    **{name: _norm(kind) for name, kind in (*NORMS.items(), *NORM_FUNCTIONS.items())},
    **{name: _simple("arithmetic", function=name.strip("_")) for name in _ELEMENTWISE_NAMES},
    **dict.fromkeys(_RESIZES, _simple("resize")),
    **dict.fromkeys(
        ("convolution", "_convolution", "mkldnn_convolution", "conv_depthwise3d", "cudnn_convolution"), _convolution
    ),
    "addmm": _matrix("mat1", "mat2", "self"),
    "mm": _matrix("self", "mat2"),
    "_int_mm": _matrix("self", "mat2"),
    "bmm": _matrix("self", "mat2"),
    "baddbmm": _matrix("batch1", "batch2", "self"),
    "mv": _matrix("self", "vec"),
    "addmv": _matrix("mat", "vec", "self"),
    "dot": _matrix("self", "tensor"),
    "vdot": _matrix("self", "other"),
    "linear": _matrix("input", "weight", "bias"),
    "mkldnn_linear": _matrix("self", "weight", "bias"),
    **dict.fromkeys(
        (
            "scaled_dot_product_attention", "_scaled_dot_product_attention_math",
            "_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention",
        ),
        _attention,
    ),
    **{
        name: _activation(function)
        for name, function in {
            "relu": "relu", "relu6": "relu6", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
            "silu": "swish", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu", "leaky_relu": "leaky_relu",
            "elu": "elu", "selu": "selu", "celu": "celu", "mish": "mish", "softplus": "softplus",
            "log_sigmoid_forward": "log_sigmoid", "softshrink": "softshrink", "hardshrink": "hardshrink",
            "threshold": "threshold", "rrelu_with_noise": "leaky_relu", "rrelu_with_noise_functional": "leaky_relu",
        }.items()
    },
    "prelu": _prelu,
    "_prelu_kernel": _prelu,
    "glu": _glu,
    **dict.fromkeys(("hardtanh", "clamp", "clamp_min", "clamp_max", "clip"), _clamp),
    "add": _sum("add"),
    "sub": _sum("arithmetic", "subtract"),
    "rsub": _sum("arithmetic", "subtract from"),
    "mul": _elementwise("multiply"),
    "div": _elementwise("arithmetic", "divide"),
    "floor_divide": _elementwise("arithmetic", "floor divide"),
    "maximum": _elementwise("arithmetic", "maximum"),
    "minimum": _elementwise("arithmetic", "minimum"),
    "pow": _power,
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _pool("average_pool")),
    **dict.fromkeys(
        ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices",
         "mkldnn_max_pool2d", "max_pool1d_with_indices", "quantized_max_pool2d"),
        _pool("max_pool"),
    ),
    **dict.fromkeys(
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d",
         "_adaptive_avg_pool3d", "mkldnn_adaptive_avg_pool2d"),
        _adaptive_pool("average_pool"),
    ),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), _adaptive_pool("max_pool")),
    "mean": _mean,
    **{
        name: _reduce(function)
        for name, function in {
            "sum": "sum", "amax": "max", "amin": "min", "max": "max", "min": "min", "prod": "product",
            "var": "variance", "var_mean": "variance", "std": "deviation", "std_mean": "deviation", "norm": "norm",
            "linalg_vector_norm": "norm", "any": "any", "all": "all", "argmax": "argmax", "argmin": "argmin",
            "cumsum": "cumulative sum", "cumprod": "cumulative product", "logsumexp": "logarithm of sum",
            "median": "median", "logcumsumexp": "logarithm of sum", "aminmax": "min and max", "count_nonzero": "count",
        }.items()
    },
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax"), _softmax),
    "cat": _along("concat"),
    "stack": _stack,
    **dict.fromkeys(
        ("split", "split_with_sizes", "chunk", "unbind", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk",
         "tensor_split"),
        _along("split"),
    ),
    **dict.fromkeys(
        ("slice", "select", "narrow", "diagonal", "as_strided", "slice_scatter", "select_scatter"), _simple("slice")
    ),
    **dict.fromkeys(
        ("view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "flatten", "unflatten",
         "view_as", "_shape_as_tensor"),
        _simple("reshape"),
    ),
    **dict.fromkeys(("permute", "transpose", "t", "numpy_T", "swapaxes"), _transpose),
    **dict.fromkeys(
        ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "roll", "flip", "rot90"),
        _simple("transpose"),
    ),
    **dict.fromkeys(
        ("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d",
         "replication_pad2d", "replication_pad3d", "pad"),
        _pad,
    ),
    **dict.fromkeys(
        ("gather", "index", "index_select", "embedding", "take", "take_along_dim", "masked_select", "unfold",
         "im2col", "col2im", "sort", "topk", "argsort", "nonzero", "index_put", "index_add", "index_copy", "index_fill",
         "scatter", "scatter_add", "scatter_reduce", "one_hot", "masked_scatter", "max_unpool2d", "unique", "_unique2"),
        _simple("gather"),
    ),
    **dict.fromkeys(
        ("clone", "_to_copy", "contiguous", "dropout", "feature_dropout", "alpha_dropout", "to", "type_as", "to_dense"),
        _simple("copy"),
    ),
    "copy": _copy_into,
    **dict.fromkeys(("detach", "alias", "lift_fresh", "lift_fresh_copy", "lift", "view_dtype"), _share),
    **dict.fromkeys(
        ("zeros", "ones", "full", "empty", "arange", "eye", "linspace", "logspace", "scalar_tensor", "rand", "randn",
         "randint", "randperm", "zero", "fill", "uniform", "normal", "empty_strided", "new_empty", "new_empty_strided",
         "tril_indices", "triu_indices", "hann_window", "hamming_window"),
        _constant,
    ),
    **dict.fromkeys(
        ("zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like", "randint_like", "new_zeros",
         "new_ones", "new_full"),
        _shape_only,
    ),
    "quantize_per_tensor": _simple("quantize"),
    "quantize_per_tensor_dynamic": _simple("quantize"),
    "quantize_per_channel": _simple("quantize"),
    "quantized_decomposed::quantize_per_tensor": _simple("quantize"),
    "quantized_decomposed::quantize_per_channel": _simple("quantize"),
    "dequantize": _simple("dequantize"),
    "quantized_decomposed::dequantize_per_tensor": _simple("dequantize"),
    "quantized_decomposed::dequantize_per_channel": _simple("dequantize"),
}  # fmt: skip
"""Operators by name, without the underscore of those in place; of other namespaces than aten, as `namespace::name`."""
