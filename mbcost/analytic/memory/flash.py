"""What is stored in flash: weights and biases with the norms folded into them, and what quantization adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from mbcost.analytic.blocks import Block, Form
from mbcost.analytic.compact import choose_probe
from mbcost.analytic.layers import Conv2d, Layer, Linear, Shape, VectorNorm
from mbcost.analytic.network import Network
from mbcost.analytic.operators import build_layers
from mbcost.errors import MbcostError
from mbcost.spec.dtype import dtype_of
from mbcost.spec.operators import ON_VECTORS

SCALE = 4
"""Bytes of a float32 scale, and of an int32 zero point."""


@dataclass(frozen=True)
class Stored:
    """The numbers of stored values."""

    weights: int = 0
    """Weights of convolution and linear layers."""
    channels: int = 0
    """Output channels of convolution and linear layers; each has a bias after its norm is folded."""
    maps: int = 0
    """Feature maps and vectors that are outputs of steps; the network's input is not among them."""

    def __add__(self, other: Stored) -> Stored:
        return Stored(self.weights + other.weights, self.channels + other.channels, self.maps + other.maps)


@dataclass(frozen=True)
class Flash:
    """The bytes of a stored network, without a runtime's graph, names and padding."""

    weights: int
    """Bytes of weights in their dtype."""
    biases: int
    """Bytes of one bias per output channel: int32 for int8 weights, else in the weights' dtype."""
    scales: int
    """Bytes of float32 scales: one per output channel of int8 weights and one per int8 map."""
    zero_points: int
    """Bytes of int32 zero points, one per int8 map. Those of weights are 0 (symmetric) and not stored."""

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return self.weights + self.biases + self.scales + self.zero_points


def compute_flash(stored: Stored, weights: str, activations: str | None = None) -> Flash:
    """Return the bytes of flash.

    int8 weights have a scale per output channel and the zero point 0; an int8 map has one scale and one zero point (the
    TensorFlow Lite 8-bit quantization specification). A zero point takes the four bytes in which kernels read it.

    Args:
        stored: the numbers of stored values.
        weights: the dtype of weights.
        activations: the dtype of feature maps; by default that of the weights.

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
    """Return the numbers of values that a network stores."""
    return _count_layers(network.layers)


def count_stored_blocks(blocks: Iterable[Block]) -> Stored:
    """Return the same for a network that is planned as `blocks`; it does not depend on the resolution.

    Raises:
        MbcostError: the network flattens a map without a grid, so that it does.
    """
    stored = Stored()
    for block in blocks:
        stored += _count_form(block.form)
    return stored


@cache
def _count_form(form: Form) -> Stored:
    if form.operator == "flatten" and form.kernel == (0, 0):
        raise MbcostError("a flattened map makes flash depend on the resolution: use a head that pools the map")
    # A fully connected layer reads a vector. The others can read any map; a large one does not become empty.
    side = 1 if form.operator in ON_VECTORS else choose_probe(form)
    return _count_layers(build_layers(form, "0.1", Shape(form.inputs, side, side)))


def _count_layers(layers: Sequence[Layer]) -> Stored:
    # A norm of a vector is folded into the fully connected layer after it.
    weighted = [layer for layer in layers if isinstance(layer, Conv2d | Linear)]
    return Stored(
        weights=sum(layer.tally().weights for layer in weighted),
        channels=sum(layer.channels for layer in weighted),
        maps=len({layer.name for layer in layers if not isinstance(layer, VectorNorm)}),
    )
