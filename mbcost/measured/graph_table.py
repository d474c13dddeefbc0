"""Every operator of torch that a graph knows, and what describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mbcost.measured.graph_operators import (
    Describe,
    activation,
    along,
    always,
    clamp,
    constant,
    copy_into,
    elementwise,
    glu,
    is_circular,
    mean,
    norm,
    pad,
    power,
    prelu,
    reduce,
    scaled_sum,
    shape_only,
    share_value,
    simple,
    softmax,
    stack,
    transpose,
)
from mbcost.measured.graph_products import (
    adaptive_pool,
    attention,
    convolution,
    matrix,
    pool,
)
from mbcost.measured.torch_operators import NORM_FUNCTIONS, NORMS

FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    **dict.fromkeys(NORM_FUNCTIONS, always),
    "pad": is_circular,
}
"""Functions of torch that are recorded as one operator, and for which arguments."""
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
    **{name: norm(kind) for name, kind in (*NORMS.items(), *NORM_FUNCTIONS.items())},
    **{name: simple("arithmetic", function=name.strip("_")) for name in _ELEMENTWISE_NAMES},
    **dict.fromkeys(_RESIZES, simple("resize")),
    **dict.fromkeys(
        ("convolution", "_convolution", "mkldnn_convolution", "conv_depthwise3d", "cudnn_convolution"), convolution
    ),
    "addmm": matrix("mat1", "mat2", "self"),
    "mm": matrix("self", "mat2"),
    "_int_mm": matrix("self", "mat2"),
    "bmm": matrix("self", "mat2"),
    "baddbmm": matrix("batch1", "batch2", "self"),
    "mv": matrix("self", "vec"),
    "addmv": matrix("mat", "vec", "self"),
    "dot": matrix("self", "tensor"),
    "vdot": matrix("self", "other"),
    "linear": matrix("input", "weight", "bias"),
    "mkldnn_linear": matrix("self", "weight", "bias"),
    **dict.fromkeys(
        (
            "scaled_dot_product_attention", "_scaled_dot_product_attention_math",
            "_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention",
        ),
        attention,
    ),
    **{
        name: activation(function)
        for name, function in {
            "relu": "relu", "relu6": "relu6", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
            "silu": "swish", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu", "leaky_relu": "leaky_relu",
            "elu": "elu", "selu": "selu", "celu": "celu", "mish": "mish", "softplus": "softplus",
            "log_sigmoid_forward": "log_sigmoid", "softshrink": "softshrink", "hardshrink": "hardshrink",
            "threshold": "threshold", "rrelu_with_noise": "leaky_relu", "rrelu_with_noise_functional": "leaky_relu",
        }.items()
    },
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "glu": glu,
    **dict.fromkeys(("hardtanh", "clamp", "clamp_min", "clamp_max", "clip"), clamp),
    "add": scaled_sum("add"),
    "sub": scaled_sum("arithmetic", "subtract"),
    "rsub": scaled_sum("arithmetic", "subtract from"),
    "mul": elementwise("multiply"),
    "div": elementwise("arithmetic", "divide"),
    "floor_divide": elementwise("arithmetic", "floor divide"),
    "maximum": elementwise("arithmetic", "maximum"),
    "minimum": elementwise("arithmetic", "minimum"),
    "pow": power,
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), pool("average_pool")),
    **dict.fromkeys(
        ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices",
         "mkldnn_max_pool2d", "max_pool1d_with_indices", "quantized_max_pool2d"),
        pool("max_pool"),
    ),
    **dict.fromkeys(
        ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d",
         "_adaptive_avg_pool3d", "mkldnn_adaptive_avg_pool2d"),
        adaptive_pool("average_pool"),
    ),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), adaptive_pool("max_pool")),
    "mean": mean,
    **{
        name: reduce(function)
        for name, function in {
            "sum": "sum", "amax": "max", "amin": "min", "max": "max", "min": "min", "prod": "product",
            "var": "variance", "var_mean": "variance", "std": "deviation", "std_mean": "deviation", "norm": "norm",
            "linalg_vector_norm": "norm", "any": "any", "all": "all", "argmax": "argmax", "argmin": "argmin",
            "cumsum": "cumulative sum", "cumprod": "cumulative product", "logsumexp": "logarithm of sum",
            "median": "median", "logcumsumexp": "logarithm of sum", "aminmax": "min and max", "count_nonzero": "count",
        }.items()
    },
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax"), softmax),
    "cat": along("concat"),
    "stack": stack,
    **dict.fromkeys(
        ("split", "split_with_sizes", "chunk", "unbind", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk",
         "tensor_split"),
        along("split"),
    ),
    **dict.fromkeys(
        ("slice", "select", "narrow", "diagonal", "as_strided", "slice_scatter", "select_scatter"), simple("slice")
    ),
    **dict.fromkeys(
        ("view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "flatten", "unflatten",
         "view_as", "_shape_as_tensor"),
        simple("reshape"),
    ),
    **dict.fromkeys(("permute", "transpose", "t", "numpy_T", "swapaxes"), transpose),
    **dict.fromkeys(
        ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "roll", "flip", "rot90"),
        simple("transpose"),
    ),
    **dict.fromkeys(
        ("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d",
         "replication_pad2d", "replication_pad3d", "pad"),
        pad,
    ),
    **dict.fromkeys(
        ("gather", "index", "index_select", "embedding", "take", "take_along_dim", "masked_select", "unfold",
         "im2col", "col2im", "sort", "topk", "argsort", "nonzero", "index_put", "index_add", "index_copy", "index_fill",
         "scatter", "scatter_add", "scatter_reduce", "one_hot", "masked_scatter", "max_unpool2d", "unique", "_unique2"),
        simple("gather"),
    ),
    **dict.fromkeys(
        ("clone", "_to_copy", "contiguous", "dropout", "feature_dropout", "alpha_dropout", "to", "type_as", "to_dense"),
        simple("copy"),
    ),
    "copy": copy_into,
    **dict.fromkeys(("detach", "alias", "lift_fresh", "lift_fresh_copy", "lift", "view_dtype"), share_value),
    **dict.fromkeys(
        ("zeros", "ones", "full", "empty", "arange", "eye", "linspace", "logspace", "scalar_tensor", "rand", "randn",
         "randint", "randperm", "zero", "fill", "uniform", "normal", "empty_strided", "new_empty", "new_empty_strided",
         "tril_indices", "triu_indices", "hann_window", "hamming_window"),
        constant,
    ),
    **dict.fromkeys(
        ("zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like", "randint_like", "new_zeros",
         "new_ones", "new_full"),
        shape_only,
    ),
    "quantize_per_tensor": simple("quantize"),
    "quantize_per_tensor_dynamic": simple("quantize"),
    "quantize_per_channel": simple("quantize"),
    "quantized_decomposed::quantize_per_tensor": simple("quantize"),
    "quantized_decomposed::quantize_per_channel": simple("quantize"),
    "dequantize": simple("dequantize"),
    "quantized_decomposed::dequantize_per_tensor": simple("dequantize"),
    "quantized_decomposed::dequantize_per_channel": simple("dequantize"),
}  # fmt: skip
"""Operators by name, without the underscore of those in place; of other namespaces than aten, as `namespace::name`."""
