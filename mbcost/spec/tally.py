"""Raw counts of a layer, before any convention weighs them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Tally:
    """Exact counts of one layer, or of a sum of layers, for one input (batch 1).

    Every field is a count, no two fields overlap, and counts of layers can be added. A `Convention` says which of them
    make "params" or "mult-adds".
    """

    weights: int = 0
    """Weights of convolution and linear layers."""
    biases: int = 0
    """Bias values of convolution and linear layers."""
    plain_norm_channels: int = 0
    """Channels of batch norm: each has a scale and a shift (and two moving statistics)."""
    fused_norm_channels: int = 0
    """The same, if the norm and its activation, if there is one, are one module."""
    conv_macs: int = 0
    """Multiply-accumulates of convolutions, without biases."""
    linear_macs: int = 0
    """Multiply-accumulates of linear layers; one that is built as a 1x1 convolution has `conv_macs` instead."""
    conv_bias_adds: int = 0
    """Output elements of convolutions to which a bias is added."""
    linear_bias_adds: int = 0
    """Outputs of linear layers to which a bias is added."""
    plain_norm_elements: int = 0
    """Elements to which batch norm is applied."""
    fused_norm_elements: int = 0
    """The same, if norm and activation are one module."""
    relu_elements: int = 0
    """Elements to which a ReLU is applied; the next counts are the same for other activations."""
    relu6_elements: int = 0
    hard_swish_elements: int = 0
    hard_sigmoid_elements: int = 0
    swish_elements: int = 0
    sigmoid_elements: int = 0
    adaptive_pool_inputs: int = 0
    """Elements that a global pool, called as an adaptive pooling module, reads; the pool of a squeeze is included."""
    functional_pool_inputs: int = 0
    """The same, if it is called as an adaptive pooling function."""
    mean_pool_inputs: int = 0
    """The same, if it is written as a mean."""
    adaptive_pool_outputs: int = 0
    functional_pool_outputs: int = 0
    mean_pool_outputs: int = 0
    max_pool_inputs: int = 0
    """Elements of the map that a max pool reads, each counted once even if windows overlap."""
    max_pool_outputs: int = 0
    average_pool_inputs: int = 0
    """The same for an average pool over a moving window, which is not a global pool."""
    average_pool_outputs: int = 0
    multiplies: int = 0
    """Elements that squeeze-and-excite rescales."""
    adds: int = 0
    """Elements that residual connections add."""
    outputs: int = 0
    """Output elements of convolution and linear layers (what timm publishes as "activations")."""
    norms: int = 0
    """Layers of batch norm: each has one counter of batches in PyTorch's state_dict."""

    @property
    def norm_channels(self) -> int:
        """Channels of batch norm, plain or fused."""
        return self.plain_norm_channels + self.fused_norm_channels

    @property
    def norm_elements(self) -> int:
        """Elements to which batch norm is applied, plain or fused."""
        return self.plain_norm_elements + self.fused_norm_elements

    @property
    def activation_elements(self) -> int:
        """Elements to which activations are applied."""
        return (
            self.relu_elements
            + self.relu6_elements
            + self.hard_swish_elements
            + self.hard_sigmoid_elements
            + self.swish_elements
            + self.sigmoid_elements
        )

    @property
    def pool_inputs(self) -> int:
        """Elements that global pools read, whatever they are called as."""
        return self.adaptive_pool_inputs + self.functional_pool_inputs + self.mean_pool_inputs

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(operator.add, counts_of(self), counts_of(other)))


COUNTS = tuple(field.name for field in fields(Tally))
"""The names of the raw counts."""
counts_of: Callable[[Tally], tuple[int, ...]] = operator.attrgetter(*COUNTS)
"""Returns the counts of a tally in the order of `COUNTS`."""


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of `tallies`, field by field.

    >>> total([Tally(weights=2), Tally(weights=3, adds=1)]) == Tally(weights=5, adds=1)
    True
    """
    return Tally(*map(sum, zip(*map(counts_of, tallies), strict=True)))
