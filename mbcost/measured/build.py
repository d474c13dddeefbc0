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
    Add,
    AddUnit,
    ConvUnit,
    GridPool,
    LinearUnit,
    Parts,
    SqueezeExcite,
    WindowPool,
)
from mbcost.spec.implementation import LayerRules
from mbcost.spec.scaling import Scaling, check_whole
from mbcost.spec.table import CLASSES, Row, Spec


class Model(nn.Sequential):
    """A network whose modules are called as the table's layers are: `2.1.expand` is the submodule of that path."""

    flatten = True
    """Whether the output is a vector, which it is where the table ends in a linear row."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, classes), or the last map where the table does not end in a linear row."""
        out = x
        for stage in self:
            out = stage(out)
        return torch.flatten(out, 1) if self.flatten else out


def build(
    spec: Spec,
    *,
    alpha: float = 1.0,
    implementation: str | None = None,
    classes: int = CLASSES,
    in_channels: int | None = None,
) -> nn.Module:
    """The PyTorch model of `spec`, randomly initialized, without dropout.

    Args:
        spec: the printed table.
        alpha: width multiplier, a positive number.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: outputs of the classifier.
        in_channels: channels of the input; by default the spec's own.

    Raises:
        MbcostError: an argument that no network can be built with, or an implementation that the spec does not have.
    """
    scaling = Scaling(spec, spec.implementation(implementation or spec.default_implementation), alpha, classes)
    channels = check_whole(spec.channels if in_channels is None else in_channels, "in-channels")
    model = Model()
    model.flatten = spec.rows[-1].operator == "linear"
    for row in spec.rows:
        stage = nn.Sequential()
        for repeat in range(1, row.repeats + 1):
            place = _Place(row, repeat, channels, scaling)
            stage.add_module(str(repeat), Parts(BUILDERS[row.operator](place)))
            channels = place.outputs
        model.add_module(str(row.stage), stage)
    return model


@dataclass(frozen=True)
class _Place:
    """One repeat of a row and the channels that reach it."""

    row: Row
    repeat: int
    inputs: int
    scaling: Scaling

    @property
    def stride(self) -> int:
        return self.row.stride if self.repeat == 1 else 1

    @property
    def outputs(self) -> int:
        channels = self.scaling.output(self.row.stage, self.inputs)
        return channels * math.prod(self.row.kernel) if self.row.operator == "flatten" else channels

    @property
    def expanded(self) -> int:
        return self.scaling.expanded(self.row.stage, self.inputs, first=self.repeat == 1)

    @property
    def rules(self) -> LayerRules:
        return self.scaling.implementation.layer_rules

    @property
    def activation(self) -> str | None:
        return self.scaling.implementation.activations[self.row.nl] if self.row.nl else None

    def unit(self, part: str, inputs: int, outputs: int, **options: Any) -> ConvUnit:
        rules = self.rules
        return ConvUnit(
            inputs,
            outputs,
            bias=part in rules.bias,
            padding=rules.padding.depthwise if part in ("start", "depthwise") else rules.padding.conv,
            norm_epsilon=self.scaling.implementation.norm_epsilon,
            fused_norm=rules.fused_norm,
            **options,
        )


def _conv(place: _Place) -> dict[str, nn.Module]:
    groups = place.scaling.groups(place.row.stage, place.inputs, place.outputs)
    unit = place.unit(
        "conv", place.inputs, place.outputs, kernel=place.row.kernel, stride=place.stride, groups=groups,
        dilation=place.row.dilation, activation=place.activation,
    )  # fmt: skip
    return {"conv": unit}


def _separable(place: _Place) -> dict[str, nn.Module]:
    return {
        "depthwise": _depthwise(place, place.inputs),
        "pointwise": place.unit("pointwise", place.inputs, place.outputs, activation=place.activation),
    }


def _bottleneck(place: _Place) -> dict[str, nn.Module]:
    parts: dict[str, nn.Module] = {}
    if place.expanded != place.inputs:
        parts["expand"] = place.unit("expand", place.inputs, place.expanded, activation=place.activation)
    parts["depthwise"] = _depthwise(place, place.expanded)
    return {**parts, **_projected(place)}


def _fused_bottleneck(place: _Place) -> dict[str, nn.Module]:
    window = {"kernel": place.row.kernel, "stride": place.stride}
    if place.expanded == place.inputs:
        unit = place.unit("conv", place.inputs, place.outputs, activation=place.activation, **window)
        return {**_squeeze_excite(place), "conv": unit, **_connection(place)}
    expand = place.unit("expand", place.inputs, place.expanded, activation=place.activation, **window)
    return {"expand": expand, **_projected(place)}


def _universal_bottleneck(place: _Place) -> dict[str, nn.Module]:
    row, inputs = place.row, place.inputs
    parts: dict[str, nn.Module] = {}
    if row.a is not None:
        stride = place.stride if row.kernel == (0, 0) else 1
        parts["start"] = place.unit("start", inputs, inputs, kernel=row.a, stride=stride, groups=inputs)
    parts["expand"] = place.unit("expand", inputs, place.expanded, activation=place.activation)
    if row.kernel != (0, 0):
        parts["depthwise"] = _depthwise(place, place.expanded)
    return {**parts, **_projected(place)}


def _residual(place: _Place) -> dict[str, nn.Module]:
    inputs, outputs, kernel = place.inputs, place.outputs, place.row.kernel
    active = {"activation": place.activation}
    parts: dict[str, nn.Module] = {}
    if place.row.exp is None:
        parts["conv1"] = place.unit("conv1", inputs, outputs, kernel=kernel, stride=place.stride, **active)
        parts["conv2"] = place.unit("conv2", outputs, outputs, kernel=kernel)
    else:
        inner = place.expanded
        groups = place.scaling.groups(place.row.stage, inner, inner)
        parts["reduce"] = place.unit("reduce", inputs, inner, **active)
        parts["conv"] = place.unit("conv", inner, inner, kernel=kernel, stride=place.stride, groups=groups, **active)
        parts["restore"] = place.unit("restore", inner, outputs)
    if place.stride > 1 or inputs != outputs:
        parts["shortcut"] = place.unit("shortcut", inputs, outputs, stride=place.stride)
    parts["add"] = Add() if place.activation is None else AddUnit(place.activation)
    return parts


def _projected(place: _Place) -> dict[str, nn.Module]:
    """How every inverted residual ends."""
    project = place.unit("project", place.expanded, place.outputs)
    return {**_squeeze_excite(place), "project": project, **_connection(place)}


def _connection(place: _Place) -> dict[str, nn.Module]:
    """The residual connection, where the block has one."""
    allowed = place.row.res is not False and place.row.stage not in place.scaling.implementation.without_residual
    return {"add": Add()} if allowed and place.stride == 1 and place.inputs == place.outputs else {}


def _depthwise(place: _Place, channels: int) -> ConvUnit:
    return place.unit(
        "depthwise", channels, channels, kernel=place.row.kernel, stride=place.stride, groups=channels,
        dilation=place.row.dilation, activation=place.activation,
    )  # fmt: skip


def _squeeze_excite(place: _Place) -> dict[str, nn.Module]:
    """Squeeze-and-excite on the map inside the block, where the row has it."""
    if not place.row.se:
        return {}
    rules, channels = place.rules, place.expanded
    squeezed = place.scaling.squeezed(place.row.stage, place.inputs, channels)
    module = SqueezeExcite(
        POOLS[rules.squeeze_pool](),
        place.unit("se.reduce", channels, squeezed, activation=rules.squeeze_activation),
        place.unit("se.expand", squeezed, channels, activation=rules.squeeze_gate),
    )
    return {"se": module}


def _global_pool(place: _Place) -> dict[str, nn.Module]:
    return {"pool": POOLS[place.rules.pool]()}


def _max_pool(place: _Place) -> dict[str, nn.Module]:
    return {"pool": WindowPool("max", place.row.kernel, place.stride, place.rules.padding.pool)}


def _average_pool(place: _Place) -> dict[str, nn.Module]:
    return {"pool": WindowPool("average", place.row.kernel, place.stride, place.rules.padding.pool)}


def _flatten(place: _Place) -> dict[str, nn.Module]:
    return {"pool": GridPool(place.row.kernel)}


def _linear(place: _Place) -> dict[str, nn.Module]:
    part = "classifier" if place.row.c == "k" else "head"
    if part in place.rules.linear:
        bias = part in place.rules.bias
        return {part: LinearUnit(place.inputs, place.outputs, bias=bias, activation=place.activation)}
    return {part: place.unit(part, place.inputs, place.outputs, activation=place.activation)}


BUILDERS: Mapping[str, Callable[[_Place], dict[str, nn.Module]]] = {
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
}
