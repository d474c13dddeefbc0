"""Our own model of a network beside a file of it: every layer reads what the earlier layers of the file gave."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from mbcost.measured.capture import CapturedLayer, CapturedNorm, set_statistics
from mbcost.measured.draw import SMALL
from mbcost.measured.twin import Twin, TwinLayer

ROUNDING = 2.0**-22
"""The rounding of float32 that a layer may have relative to its largest value: four times half a unit in the last
digit. A layer that loses more in our own model is compared with what it loses, so that small sums of large numbers
are not taken for a difference."""
SCALE, SHIFT = 2.5, 1.5
"""Results reach from far below zero to beyond six, so that every activation function shows."""


@dataclass(frozen=True)
class Comparison:
    """The results of our layers, and how much those of the file differ from them."""

    layers: tuple[float, ...]
    final: float
    inputs: dict[int, Tensor]
    """What our layers read, before any padding, where it was asked for."""
    output: Tensor
    finite: bool
    """Whether all of the file's results are numbers that float32 can hold."""


class FileTwin(Twin):
    """Our model of a network, which runs on the results of a file's layers in float64 and in float32.

    In float32 it shows how much rounding costs in each layer.
    """

    def compare(
        self, image: Tensor, results: Sequence[Tensor], outputs: Sequence[Tensor], keep: frozenset[int] = frozenset()
    ) -> Comparison:
        """Compare the results of a file's layers, with their bias, and its outputs, for (N, C, H, W)."""
        exact, inputs = self._follow(self, image, results, keep)
        short = FileTwin.__new__(FileTwin)
        short.model = deepcopy(self.model).to(torch.float32)
        short.layers = self.list_own(short.model)
        rounded, _ = self._follow(short, image.to(torch.float32), results, frozenset())
        final, output = exact[-1], choose_output(exact[-1], outputs)
        layers = [measure(*triple) for triple in zip(exact[:-1], results, rounded[:-1], strict=True)]
        return Comparison(
            tuple(layers), float("inf") if output is None else measure(final, output, rounded[-1]), inputs, final,
            all(bool(torch.isfinite(result).all()) for result in (*results, *outputs[:1])),
        )  # fmt: skip

    @staticmethod
    def list_own(model: nn.Module) -> list[TwinLayer]:
        """Return the layers of a copy."""
        from mbcost.measured.twin import list_layers

        return list_layers(model)

    @staticmethod
    def _follow(
        twin: Twin, image: Tensor, results: Sequence[Tensor], keep: frozenset[int]
    ) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Return what the layers give, then the output, where each layer hands on the result of the file's one."""
        made: list[Tensor] = []
        inputs: dict[int, Tensor] = {}
        with ExitStack() as stack, torch.no_grad():
            for position, layer in enumerate(twin.layers):

                def hand_on(_: nn.Module, __: object, output: Tensor, position: int = position) -> Tensor:
                    made.append(output)
                    theirs = results[position]
                    return match_shape(theirs.to(output.dtype), output) if theirs.numel() == output.numel() else output

                def keep_input(_: nn.Module, read: tuple[Tensor, ...], position: int = position) -> None:
                    inputs[position] = read[0].clone()

                stack.callback(layer.module.register_forward_hook(hand_on).remove)
                if position in keep:
                    stack.callback(layer.unit.register_forward_pre_hook(keep_input).remove)
            final = twin.model(image)
        return [*made, final], inputs

    def draw(self, image: Tensor, seed: int, plain: Sequence[int]) -> list[CapturedLayer]:
        """Draw weights, set every norm and bias by what it reads, and return the weights as float32 holds them.

        Convolutions keep the scale of the maps (He and others, arXiv:1502.01852, equation 10). A layer without a norm
        gets weights and a bias as if it had one that is folded into it.

        Args:
            image: (N, C, H, W).
            seed: of the random numbers.
            plain: the positions of layers whose bias stays zero.
        """
        random = torch.Generator().manual_seed(seed)
        with ExitStack() as stack, torch.no_grad():
            for position, layer in enumerate(self.layers):
                inputs = layer.module.weight[0].numel()
                spread = (2 / inputs) ** 0.5 * (SMALL if layer.norms else 1)
                layer.module.weight.copy_(_normal(layer.module.weight, random) * spread)
                if layer.module.bias is not None:
                    layer.module.bias.zero_()
                if not layer.norms:
                    hook = _Fold(random, shifts=position not in plain)
                    stack.callback(layer.module.register_forward_hook(hook).remove)
                elif layer.module.bias is not None and position not in plain:
                    layer.module.bias.copy_(_normal(layer.module.bias, random) / 2)
                for norm in layer.norms:
                    norm.weight.copy_(SCALE + _normal(norm.weight, random) / 2)
                    norm.bias.copy_(SHIFT * _normal(norm.bias, random))
                    stack.callback(norm.register_forward_pre_hook(_set_statistics).remove)
            self.model(image)
        return [_round(layer) for layer in self.layers]


class _Fold:
    """Scales a layer and gives it a bias, as if a norm of its result were folded into it."""

    def __init__(self, random: torch.Generator, *, shifts: bool) -> None:
        self.random, self.shifts = random, shifts

    def __call__(self, module: Any, _: object, output: Tensor) -> Tensor:
        """Change the layer by what it gives, and return what it gives then."""
        channels = output.shape[1]
        mean, variance = (torch.zeros(channels, dtype=output.dtype) for _ in range(2))
        set_statistics(output.movedim(1, -1), mean, variance)
        usable = torch.isfinite(variance) & (variance > 0)
        scale = torch.where(usable, (SCALE + _normal(mean, self.random) / 2) / variance.sqrt(), torch.ones(()).double())
        shape = (1, -1) + (1,) * (output.ndim - 2)
        module.weight.mul_(scale.reshape((-1,) + (1,) * (module.weight.ndim - 1)))
        out = output * scale.reshape(shape)
        if module.bias is not None and self.shifts:
            shift = SHIFT * _normal(mean, self.random) - torch.nan_to_num(mean) * scale
            module.bias.copy_(shift)
            out = out + shift.reshape(shape)
        return out


def _set_statistics(norm: Any, read: tuple[Tensor, ...]) -> None:
    set_statistics(read[0].movedim(1, -1), norm.running_mean, norm.running_var)
    norm.running_mean.nan_to_num_(nan=0.0)
    norm.running_var.nan_to_num_(nan=1.0)


def _normal(like: Tensor, random: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=random, dtype=torch.float64)


def _round(layer: TwinLayer) -> CapturedLayer:
    norms = [
        CapturedNorm(*(_short(value) for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)))
        for norm in layer.norms
    ]
    weight, bias = _short(layer.module.weight), _short(layer.module.bias)
    assert weight is not None, "every layer has weights"
    return CapturedLayer("convolution", weight, bias, None, weight, norms)


def _short(value: Tensor | None) -> Tensor | None:
    return None if value is None else value.detach().to(torch.float32).to(torch.float64)


def match_shape(theirs: Tensor, ours: Tensor) -> Tensor:
    """Return a file's result in the shape of ours, which has as many values; it can have its channels last."""
    if ours.ndim == theirs.ndim == 4 and ours.shape != theirs.shape:
        theirs = theirs.permute(0, 3, 1, 2)
    return theirs.reshape(ours.shape)


def choose_output(ours: Tensor, outputs: Sequence[Tensor]) -> Tensor | None:
    """Return the first output with as many values as ours, or None."""
    return next((output for output in outputs if output.numel() == ours.numel()), None)


def measure(ours: Tensor, theirs: Tensor, rounded: Tensor) -> float:
    """Return the largest difference of a file's result, relative to the largest value of ours.

    It is infinite for another size. Where float32 costs our own model more than `ROUNDING`, it is relative to that
    cost.

    Args:
        ours: our result in float64.
        theirs: the file's.
        rounded: our result in float32.
    """
    if ours.numel() != theirs.numel():
        return float("inf")
    difference = float((ours - match_shape(theirs, ours)).abs().max())
    lost = float((ours - rounded.to(torch.float64)).abs().max())
    scale = max(float(ours.abs().max()), lost / ROUNDING)
    return difference / scale if scale else (difference and float("inf"))


def with_zeros(layers: Sequence[CapturedLayer], twin: Twin) -> list[CapturedLayer]:
    """Return a file's layers with a bias of zeros wherever only our model has one; a single value becomes a vector."""
    result = []
    for ours, theirs in zip(twin.layers, layers, strict=True):
        bias = ours.module.bias
        if bias is not None:
            own = torch.zeros(1, dtype=torch.float64) if theirs.bias is None else theirs.bias
            theirs = replace(theirs, bias=own.reshape(-1).expand(bias.numel()) if own.numel() == 1 else own)
        result.append(theirs)
    return result
