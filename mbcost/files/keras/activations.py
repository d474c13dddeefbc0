"""Activations of Keras: layers, and names in the configuration of other layers."""

from __future__ import annotations

from typing import Any

from mbcost.files.keras.builder import Builder, Layer

NAMES = {
    "relu": "relu", "relu6": "relu6", "hard_silu": "hard_swish", "hard_swish": "hard_swish", "hardswish": "hard_swish",
    "hard_sigmoid": "hard_sigmoid", "silu": "swish", "swish": "swish", "sigmoid": "sigmoid", "tanh": "tanh",
    "gelu": "gelu", "elu": "elu", "selu": "selu", "celu": "celu", "leaky_relu": "leaky_relu", "softplus": "softplus",
    "softsign": "softsign", "exponential": "exponential", "mish": "mish", "glu": "glu", "hard_tanh": "hard_tanh",
    "log_sigmoid": "log_sigmoid", "squareplus": "squareplus", "tanh_shrink": "tanh_shrink", "threshold": "threshold",
    "soft_shrink": "softshrink", "hard_shrink": "hardshrink", "sparse_plus": "sparse_plus", "sparsemax": "sparsemax",
}  # fmt: skip
"""What Keras calls an activation -> its name in a graph."""


def activate(builder: Builder, layer: Layer, x: str, *, own: bool = False) -> str:
    """Add the activation that a layer's configuration names; `own` says that the layer is nothing else."""
    name = find_name(layer.config.get("activation"))
    shape, part = builder.shape(x), "" if own else "activation"
    if name in ("", "linear"):
        return builder.add(layer, "copy", [x], shape) if own else x
    if name in ("softmax", "log_softmax"):
        return builder.add(layer, "softmax", [x], shape, part, axes=(len(shape) - 1,))
    if name in NAMES:
        return builder.add(layer, "activation", [x], shape, part, function=NAMES[name])
    reason = f"'{name}' is a function of its own, which is not executed"
    return builder.add(layer, "unknown", [x], shape, part, reason=reason)


def find_name(value: Any) -> str:
    """Return the name of an activation in a configuration; empty if there is none."""
    if isinstance(value, dict):  # a layer, or a function of the user
        config = value.get("config")
        value = config if isinstance(config, str) else _describe_layer(str(value.get("class_name")), config or {})
    return "" if value is None else str(value).rpartition(">")[2].lower()


def _describe_layer(kind: str, config: dict[str, Any]) -> str:
    if kind == "ReLU":
        return describe_relu(config)
    snake = "".join(f"_{letter.lower()}" if letter.isupper() and index else letter.lower()
                    for index, letter in enumerate(kind))  # fmt: skip
    return snake


def describe_relu(config: dict[str, Any]) -> str:
    """Return the name of the function of a ReLU layer with its settings."""
    highest, slope = config.get("max_value"), float(config.get("negative_slope", config.get("alpha")) or 0)
    threshold = float(config.get("threshold") or 0)
    if slope or threshold:
        return f"relu slope {slope:g} from {threshold:g} to {'-' if highest is None else format(float(highest), 'g')}"
    if highest is None:
        return "relu"
    return "relu6" if float(highest) == 6 else f"clamp 0 {float(highest):g}"


def relu(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a ReLU with its bounds."""
    function = describe_relu(dict(layer.config))
    return builder.add(layer, "activation", reads[:1], builder.shape(reads[0]), function=function)


def prelu(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a PReLU; its slopes are shared over the axes that its configuration names."""
    shape = builder.shape(reads[0])
    slopes = list(shape[1:])
    for axis in layer.config.get("shared_axes") or ():
        slopes[int(axis) - 1] = 1
    weights = builder.weight(layer, "alpha", tuple(slopes))
    return builder.add(layer, "activation", [reads[0], weights], shape, function="prelu")


def activation(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add the activation of a layer that is nothing else."""
    return activate(builder, layer, reads[0], own=True)


def softmax(builder: Builder, layer: Layer, reads: list[str]) -> str:
    """Add a softmax."""
    shape, axis = builder.shape(reads[0]), layer.read("axis", -1)
    axes = tuple(int(value) % len(shape) for value in (axis if isinstance(axis, list) else [axis]))
    return builder.add(layer, "softmax", reads[:1], shape, axes=axes)
