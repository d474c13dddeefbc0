"""Random values for the tensors of a model, so that no zero and no one among its own hides a difference."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mbcost.measured.capture import Capture, CapturedLayer

SMALL = 0.03
"""The scale of the weights before a norm: of a small variance, an epsilon is a large part."""


def draw_values(capture: Capture, parameters: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Return values for the parameters that the layers compute with, by name.

    Convolutions keep the scale of the maps through ReLU (He and others, arXiv:1502.01852, equation 10). The scales and
    shifts of norms are so large that every activation function meets numbers from far below zero to beyond six. A
    parameter from which weights are computed gets a random number added to each of its values. All others keep theirs.

    Args:
        capture: a run of the model.
        parameters: the model's parameters.
        seed: of the random numbers.
    """
    random = torch.Generator().manual_seed(seed)
    values: dict[str, Tensor] = {}

    def add(operand: Tensor | None, scale: float, middle: float = 0.0) -> None:
        origin = None if operand is None else capture.flow.origin(operand)
        for name in () if origin is None else sorted(origin.parameters):
            own = parameters[name].detach().to("cpu", torch.float64)
            noise = torch.randn(own.shape, generator=random, dtype=torch.float64)
            computed = origin is not None and origin.computed
            spread = float(own.std()) if own.numel() > 1 else 0.0
            values.setdefault(name, own + noise * (spread or 0.1) if computed else middle + scale * noise)

    for layer in capture.results:
        add(layer.weight, (2 / _count_inputs(layer)) ** 0.5 * (SMALL if layer.norms else 1))
        add(layer.bias, 0.5)
        for norm in layer.norms:
            add(norm.scale, 0.5, 2.5)
            add(norm.shift, 1.5)
    return values


def _count_inputs(layer: CapturedLayer) -> int:
    """Return the number of products in each sum of a layer."""
    if layer.operator in ("addmm", "mm"):
        return int(layer.weight.shape[0])
    return int(layer.weight[0].numel())
