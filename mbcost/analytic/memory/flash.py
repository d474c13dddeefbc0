"""What must be stored: weights and biases with the norms folded into them, and what quantization adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import PROBE
from mbcost.analytic.layers import Conv2d, Layer, Linear, Shape
from mbcost.analytic.network import Network
from mbcost.analytic.operators import build_layers
from mbcost.spec.dtype import dtype_of

SCALE = 4
"""Bytes of a float32 scale, and of an int32 zero point."""


@dataclass(frozen=True)
class Stored:
    """Counts of what is stored."""

    weights: int = 0
    """Weights of convolution and linear layers."""
    channels: int = 0
    """Output channels of convolution and linear layers, each with a bias once its norm is folded."""
    maps: int = 0
    """Maps and vectors that are made: outputs of steps. The network's input is one more."""

    def __add__(self, other: Stored) -> Stored:
        return Stored(self.weights + other.weights, self.channels + other.channels, self.maps + other.maps)


@dataclass(frozen=True)
class Flash:
    """Bytes of a stored network. A runtime's graph, its names and its padding come on top of them."""

    weights: int
    """At their dtype."""
    biases: int
    """One an output channel: int32 beside int8 weights, else at the weights' dtype."""
    scales: int
    """float32: one an output channel of int8 weights, and one an int8 map."""
    zero_points: int
    """int32, one an int8 map. Those of the weights are 0 (symmetric) and not stored."""

    @property
    def total(self) -> int:
        """The parts together."""
        return self.weights + self.biases + self.scales + self.zero_points


def compute_flash(stored: Stored, weights: str, activations: str | None = None) -> Flash:
    """The bytes of what is stored with dtypes of `weights` and of `activations`, by default the same.

    Weights of int8 have a scale for each output channel and zero point 0; maps have a scale and a zero point each: the
    TensorFlow Lite 8-bit quantization specification. Here zero points take the four bytes that kernels read them as.

    >>> compute_flash(Stored(weights=3_469_760, channels=18_056, maps=64), "int8")
    Flash(weights=3469760, biases=72224, scales=72484, zero_points=260)
    """
    dtype, dtype_of_maps = dtype_of(weights), dtype_of(activations or weights)
    maps = stored.maps + 1 if dtype_of_maps.quantized else 0
    return Flash(
        weights=stored.weights * dtype.value,
        biases=stored.channels * dtype.bias,
        scales=((stored.channels if dtype.quantized else 0) + maps) * SCALE,
        zero_points=maps * SCALE,
    )


def count_stored(network: Network) -> Stored:
    """What a network stores."""
    return _stored(network.layers)


def count_stored_blocks(blocks: Iterable[Block]) -> Stored:
    """The same of a network that is planned as `blocks`; it does not depend on the resolution."""
    found = Stored()
    for block in blocks:
        found += _stored_of_form(block.form)
    return found


@cache
def _stored_of_form(form: Form) -> Stored:
    # A linear layer reads a vector. For the others any map does; a large one is not empty whatever the padding.
    side = 1 if form.operator == "linear" else PROBE
    return _stored(build_layers(form, "0.1", Shape(form.inputs, side, side)))


def _stored(layers: Iterable[Layer]) -> Stored:
    found = list(layers)
    weighted = [layer for layer in found if isinstance(layer, Conv2d | Linear)]
    return Stored(
        weights=sum(layer.tally().weights for layer in weighted),
        channels=sum(layer.channels for layer in weighted),
        maps=len({layer.name for layer in found}),
    )
