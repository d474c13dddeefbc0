"""Spec -> a real PyTorch model. It walks the table's rows itself and never sees the analytic network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.measured.modules import (
    POOLS,
    AddUnit,
    Convolution,
    ConvUnit,
    GridPool2d,
    LinearUnit,
    Parts,
    ResidualAdd,
    SqueezeExcite,
    VectorNorm,
    WindowPoolUnit,
)
from mbcost.spec.implementation import LayerRules
from mbcost.spec.operators import ON_VECTORS
from mbcost.spec.scaling import Scaling, check_whole
from mbcost.spec.table import Row, Spec


class Model(nn.Sequential):
    """A network whose modules have the names of the table's layers: `2.1.expand` is the submodule at that path."""

    flatten = True
    """Whether the output is a vector, as it is if the last row of the table is fully connected."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, classes), or the last map if the last row is not fully connected."""
        out = x
        for stage in self:
            out = stage(out)
        return torch.flatten(out, 1) if self.flatten else out


def build(
    spec: Spec,
    *,
    alpha: float = 1.0,
    implementation: str | None = None,
    classes: int | None = None,
    in_channels: int | None = None,
) -> nn.Module:
    """Build the PyTorch model of `spec`, randomly initialized, without dropout.

    If the map is flattened without a grid, the layers that read it are lazy: they get their size from the first image.

    Args:
        spec: the printed table.
        alpha: width multiplier, a positive number.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: outputs of the classifier; by default those of the spec's own head, else ImageNet's 1000.
        in_channels: channels of the input; by default the spec's own.

    Raises:
        MbcostError: no network can be built with an argument, or the spec does not have the implementation.
    """
    rules = spec.implementation(spec.default_implementation if implementation is None else implementation)
    scaling = Scaling(spec, rules, alpha, spec.count_classes(classes))
    channels = check_whole(spec.channels if in_channels is None else in_channels, "in-channels")
    model = Model()
    model.flatten = spec.rows[-1].operator in ON_VECTORS
    for row in spec.rows:
        stage = nn.Sequential()
        for number in range(1, row.repeats + 1):
            repeat = _Repeat(row, number, channels, scaling)
            stage.add_module(str(number), Parts(BUILDERS[row.operator](repeat)))
            channels = repeat.outputs
        model.add_module(str(row.stage), stage)
    return model


@dataclass(frozen=True)
class _Repeat:
    """One repeat of a row and the channels that reach it."""

    row: Row
    number: int
    """From 1."""
    inputs: int
    scaling: Scaling

    @property
    def stride(self) -> int:
        return self.row.stride if self.number == 1 else 1

    @property
    def outputs(self) -> int:
        channels = self.scaling.output(self.row.stage, self.inputs)
        has_grid = self.row.operator == "flatten" and not self.row.keeps_map
        return channels * math.prod(self.row.kernel) if has_grid else channels

    @property
    def vector(self) -> int | None:
        """The length of the vector that it reads; None if that is a flattened map, whose size only torch knows."""
        before = [row for row in self.scaling.spec.rows[: self.row.stage] if row.operator != "batch_norm"]
        return None if before[-1].keeps_map else self.inputs

    @property
    def expanded(self) -> int:
        return self.scaling.expanded(self.row.stage, self.inputs, first=self.number == 1)

    @property
    def rules(self) -> LayerRules:
        return self.scaling.implementation.layer_rules

    @property
    def activation(self) -> str | None:
        return self.scaling.implementation.activations[self.row.nl] if self.row.nl else None

    def unit(self, part: str, inputs: int, outputs: int, *, activation: str | None = None, **window: Any) -> ConvUnit:
        """Return the convolution of a part with its norm or bias; `window` has kernel, stride, groups and dilation."""
        rules = self.rules
        padding = rules.padding.depthwise if part in ("start", "depthwise") else rules.padding.conv
        return ConvUnit(
            Convolution(inputs, outputs, padding=padding, **window),
            bias=rules.has_bias(part),
            norm=rules.has_norm(part),
            activation=activation,
            norm_epsilon=self.scaling.implementation.norm_epsilon,
            fused_norm=rules.fused_norm,
        )


def _conv(repeat: _Repeat) -> dict[str, nn.Module]:
    groups = repeat.scaling.groups(repeat.row.stage, repeat.inputs, repeat.outputs)
    unit = repeat.unit(
        "conv", repeat.inputs, repeat.outputs, kernel=repeat.row.kernel, stride=repeat.stride, groups=groups,
        dilation=repeat.row.dilation, activation=repeat.activation,
    )  # fmt: skip
    return {"conv": unit}


def _separable(repeat: _Repeat) -> dict[str, nn.Module]:
    return {
        "depthwise": _depthwise(repeat, repeat.inputs),
        "pointwise": repeat.unit("pointwise", repeat.inputs, repeat.outputs, activation=repeat.activation),
    }


def _bottleneck(repeat: _Repeat) -> dict[str, nn.Module]:
    parts: dict[str, nn.Module] = {}
    if repeat.expanded != repeat.inputs or repeat.scaling.implementation.expands_always:
        parts["expand"] = repeat.unit("expand", repeat.inputs, repeat.expanded, activation=repeat.activation)
    parts["depthwise"] = _depthwise(repeat, repeat.expanded)
    return {**parts, **_projected(repeat)}


def _fused_bottleneck(repeat: _Repeat) -> dict[str, nn.Module]:
    window = {"kernel": repeat.row.kernel, "stride": repeat.stride}
    if repeat.expanded == repeat.inputs:
        unit = repeat.unit("conv", repeat.inputs, repeat.outputs, activation=repeat.activation, **window)
        return {**_squeeze_excite(repeat), "conv": unit, **_connection(repeat)}
    expand = repeat.unit("expand", repeat.inputs, repeat.expanded, activation=repeat.activation, **window)
    return {"expand": expand, **_projected(repeat)}


def _universal_bottleneck(repeat: _Repeat) -> dict[str, nn.Module]:
    row, inputs = repeat.row, repeat.inputs
    parts: dict[str, nn.Module] = {}
    if row.a is not None:
        stride = repeat.stride if row.kernel == (0, 0) else 1
        parts["start"] = repeat.unit("start", inputs, inputs, kernel=row.a, stride=stride, groups=inputs)
    parts["expand"] = repeat.unit("expand", inputs, repeat.expanded, activation=repeat.activation)
    if row.kernel != (0, 0):
        parts["depthwise"] = _depthwise(repeat, repeat.expanded)
    return {**parts, **_projected(repeat)}


def _residual(repeat: _Repeat) -> dict[str, nn.Module]:
    inputs, outputs, kernel = repeat.inputs, repeat.outputs, repeat.row.kernel
    active = {"activation": repeat.activation}
    parts: dict[str, nn.Module] = {}
    if repeat.row.exp is None:
        parts["conv1"] = repeat.unit("conv1", inputs, outputs, kernel=kernel, stride=repeat.stride, **active)
        parts["conv2"] = repeat.unit("conv2", outputs, outputs, kernel=kernel)
    else:
        inner = repeat.expanded
        groups = repeat.scaling.groups(repeat.row.stage, inner, inner)
        first, second = (repeat.stride, 1) if repeat.rules.strided == "reduce" else (1, repeat.stride)
        parts["reduce"] = repeat.unit("reduce", inputs, inner, stride=first, **active)
        parts["conv"] = repeat.unit("conv", inner, inner, kernel=kernel, stride=second, groups=groups, **active)
        parts["restore"] = repeat.unit("restore", inner, outputs)
    if repeat.stride > 1 or inputs != outputs:
        parts["shortcut"] = repeat.unit("shortcut", inputs, outputs, stride=repeat.stride)
    parts["add"] = ResidualAdd() if repeat.activation is None else AddUnit(repeat.activation)
    return parts


def _projected(repeat: _Repeat) -> dict[str, nn.Module]:
    """Return the parts that every inverted residual ends with."""
    project = repeat.unit("project", repeat.expanded, repeat.outputs)
    return {**_squeeze_excite(repeat), "project": project, **_connection(repeat)}


def _connection(repeat: _Repeat) -> dict[str, nn.Module]:
    """Return the residual connection if the block has one."""
    allowed = repeat.row.res is not False and repeat.row.stage not in repeat.scaling.implementation.without_residual
    return {"add": ResidualAdd()} if allowed and repeat.stride == 1 and repeat.inputs == repeat.outputs else {}


def _depthwise(repeat: _Repeat, channels: int) -> ConvUnit:
    return repeat.unit(
        "depthwise", channels, channels, kernel=repeat.row.kernel, stride=repeat.stride, groups=channels,
        dilation=repeat.row.dilation, activation=repeat.activation,
    )  # fmt: skip


def _squeeze_excite(repeat: _Repeat) -> dict[str, nn.Module]:
    """Return squeeze-and-excite on the map inside the block if the row has it."""
    if not repeat.row.se:
        return {}
    rules, channels = repeat.rules, repeat.expanded
    squeezed = repeat.scaling.squeezed(repeat.row.stage, repeat.inputs, channels)
    module = SqueezeExcite(
        POOLS[rules.squeeze_pool](),
        repeat.unit("se.reduce", channels, squeezed, activation=rules.squeeze_activation),
        repeat.unit("se.expand", squeezed, channels, activation=rules.squeeze_gate),
    )
    return {"se": module}


def _global_pool(repeat: _Repeat) -> dict[str, nn.Module]:
    return {"pool": POOLS[repeat.rules.pool]()}


def _max_pool(repeat: _Repeat) -> dict[str, nn.Module]:
    return {"pool": WindowPoolUnit("max", repeat.row.kernel, repeat.stride, repeat.rules.padding.pool)}


def _average_pool(repeat: _Repeat) -> dict[str, nn.Module]:
    return {"pool": WindowPoolUnit("average", repeat.row.kernel, repeat.stride, repeat.rules.padding.pool)}


def _flatten(repeat: _Repeat) -> dict[str, nn.Module]:
    if repeat.row.keeps_map:
        return {"flatten": nn.Identity()}  # the modules after it flatten what they read
    return {"pool": GridPool2d(repeat.row.kernel)}


def _linear(repeat: _Repeat) -> dict[str, nn.Module]:
    part = "classifier" if repeat.row.c == "k" else "head"
    if part in repeat.rules.linear:
        bias = part in repeat.rules.bias
        return {part: LinearUnit(repeat.inputs, repeat.outputs, bias=bias, activation=repeat.activation)}
    return {part: repeat.unit(part, repeat.inputs, repeat.outputs, activation=repeat.activation)}


def _dense(repeat: _Repeat) -> dict[str, nn.Module]:
    if repeat.row.c == "k":
        return {"classifier": LinearUnit(repeat.vector, repeat.outputs)}
    return {"head": LinearUnit(repeat.vector, repeat.outputs, activation="relu")}


def _batch_norm(repeat: _Repeat) -> dict[str, nn.Module]:
    return {"norm": VectorNorm(repeat.vector, repeat.scaling.implementation.norm_epsilon)}


BUILDERS: Mapping[str, Callable[[_Repeat], dict[str, nn.Module]]] = {
    "conv": _conv,
    "separable": _separable,
    "bottleneck": _bottleneck,
    "fused_bottleneck": _fused_bottleneck,
    "universal_bottleneck": _universal_bottleneck,
    "residual": _residual,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_pool": _global_pool,
    "flatten": _flatten,
    "linear": _linear,
    "dense": _dense,
    "batch_norm": _batch_norm,
}
