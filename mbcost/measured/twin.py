"""Our own model of a network with the weights of another model, and the results of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.errors import MbcostError
from mbcost.measured.capture import CapturedLayer, CapturedNorm
from mbcost.measured.modules import ConvUnit

Norms = list[nn.BatchNorm1d | nn.BatchNorm2d]


@dataclass
class TwinLayer:
    """A convolution or linear layer of our model with the norms after it."""

    module: nn.Conv2d | nn.Linear
    norms: Norms
    unit: nn.Module
    """The module that pads the map before the layer reads it."""


@dataclass
class Results:
    """What one image gives in our model."""

    outputs: list[Tensor]
    """Those of the layers in order, without their bias."""
    inputs: dict[int, Tensor]
    """The inputs of the layers that were asked for, before any padding."""
    final: Tensor


class Twin:
    """Our model of a network, in eval mode and float64.

    Args:
        model: what `build` has made; its lazy layers get their size from the image.
        image: (1, C, H, W).
    """

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        self.model = model.to(torch.float64).eval()
        with torch.no_grad():
            self.model(image)
        self.layers = list_layers(model)

    def copy(self, layers: Sequence[CapturedLayer]) -> None:
        """Copy the weights of another model's layers, one for each of ours and in our order.

        Raises:
            MbcostError: the shapes differ, so the layers were not the same.
        """
        for ours, theirs in zip(self.layers, layers, strict=True):
            weight = theirs.weight.t() if theirs.operator in ("addmm", "mm") else theirs.weight
            _copy(ours.module.weight, weight)
            if ours.module.bias is not None:
                _copy(ours.module.bias, theirs.bias)
            for norm, captured in zip(ours.norms, theirs.norms, strict=True):
                _copy_norm(norm, captured)

    def run(self, image: Tensor, inputs: frozenset[int] = frozenset()) -> Results:
        """Return the results of the layers for (1, C, H, W); `inputs` are positions of layers whose input is kept."""
        outputs: list[Tensor] = []
        kept: dict[int, Tensor] = {}
        with ExitStack() as stack, torch.no_grad():
            for position, layer in enumerate(self.layers):

                def keep_output(module: Any, _: object, output: Tensor) -> None:
                    bias = module.bias
                    shape = (1, -1) + (1,) * (output.ndim - 2)
                    outputs.append(output.clone() if bias is None else output - bias.reshape(shape))

                def keep_input(_: nn.Module, read: tuple[Tensor, ...], position: int = position) -> None:
                    kept[position] = read[0].clone()

                stack.callback(layer.module.register_forward_hook(keep_output).remove)
                if position in inputs:
                    stack.callback(layer.unit.register_forward_pre_hook(keep_input).remove)
            final = self.model(image)
        return Results(outputs, kept, final)


def list_layers(model: nn.Module) -> list[TwinLayer]:
    """Return the layers of our model, in the order of the table."""
    layers: list[TwinLayer] = []
    unit: nn.Module = model
    for module in model.modules():
        if isinstance(module, ConvUnit):
            unit = module
        elif isinstance(module, nn.Conv2d):
            layers.append(TwinLayer(module, [], unit))
        elif isinstance(module, nn.Linear):
            layers.append(TwinLayer(module, [], module))
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            layers[-1].norms.append(module)
    return layers


def _copy_norm(norm: nn.BatchNorm1d | nn.BatchNorm2d, captured: CapturedNorm) -> None:
    pairs = (
        (norm.running_mean, captured.mean), (norm.running_var, captured.variance), (norm.weight, captured.scale),
        (norm.bias, captured.shift),
    )  # fmt: skip
    for ours, theirs in pairs:
        assert ours is not None, "our norms have statistics, scale and shift"
        _copy(ours, theirs)


def _copy(ours: Tensor, theirs: Tensor | None) -> None:
    if theirs is None or ours.numel() != theirs.numel():
        have = "nothing" if theirs is None else "x".join(map(str, theirs.shape))
        raise MbcostError(f"a tensor of {'x'.join(map(str, ours.shape))} cannot be copied from {have}")
    with torch.no_grad():
        ours.copy_(theirs.reshape(ours.shape))
