"""Raw counts of a layer, before any convention weighs them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Tally:
    """Exact counts of one layer or of a sum of layers, for one input (batch 1).

    Every field is a plain count, no two overlap, and they add up; which of them make "params" or "mult-adds" is a
    `Convention`'s affair.
    """

    weights: int = 0
    """Weights of convolution and linear layers."""
    biases: int = 0
    """Bias values of convolution and linear layers."""
    plain_norm_channels: int = 0
    """Channels of batch norm: each has a scale and a shift (and two moving statistics)."""
    fused_norm_channels: int = 0
    """The same, where norm and activation, if there is one, are one module."""
    conv_macs: int = 0
    """Multiply-accumulates of convolutions, biases left out."""
    linear_macs: int = 0
    """Multiply-accumulates of linear layers; where an implementation builds one as a 1x1 convolution, `conv_macs`."""
    conv_bias_adds: int = 0
    """Output elements of convolutions to which a bias is added."""
    linear_bias_adds: int = 0
    """Outputs of linear layers to which a bias is added."""
    plain_norm_elements: int = 0
    """Elements that batch norm works on."""
    fused_norm_elements: int = 0
    """The same, where norm and activation are one module."""
    relu_elements: int = 0
    """Elements that a ReLU works on; so for each of the activations below."""
    relu6_elements: int = 0
    hard_swish_elements: int = 0
    hard_sigmoid_elements: int = 0
    swish_elements: int = 0
    sigmoid_elements: int = 0
    adaptive_pool_inputs: int = 0
    """Elements that a global pool reads, called as an adaptive pooling module; the squeeze's included."""
    functional_pool_inputs: int = 0
    """The same, called as an adaptive pooling function."""
    mean_pool_inputs: int = 0
    """The same, written as a mean."""
    adaptive_pool_outputs: int = 0
    functional_pool_outputs: int = 0
    mean_pool_outputs: int = 0
    max_pool_inputs: int = 0
    """Elements of the map that a max pool reads, once each however its windows overlap."""
    max_pool_outputs: int = 0
    average_pool_inputs: int = 0
    """The same for an average pool over a moving window; a global pool is above."""
    average_pool_outputs: int = 0
    multiplies: int = 0
    """Elements that squeeze-and-excite rescales."""
    adds: int = 0
    """Elements that residual connections add."""
    outputs: int = 0
    """Output elements of convolution and linear layers ("activations" as timm publishes them)."""

    @property
    def norm_channels(self) -> int:
        """Channels of batch norm, plain or fused."""
        return self.plain_norm_channels + self.fused_norm_channels

    @property
    def norm_elements(self) -> int:
        """Elements that batch norm works on, plain or fused."""
        return self.plain_norm_elements + self.fused_norm_elements

    @property
    def activation_elements(self) -> int:
        """Elements that non-linearities work on."""
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
        """Elements that global pools read, however they are called."""
        return self.adaptive_pool_inputs + self.functional_pool_inputs + self.mean_pool_inputs

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(operator.add, counts_of(self), counts_of(other)))


COUNTS = tuple(field.name for field in fields(Tally))
"""The names of the raw counts."""
counts_of: Callable[[Tally], tuple[int, ...]] = operator.attrgetter(*COUNTS)
"""The counts of a tally, in that order."""


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of `tallies`, field by field.

    >>> total([Tally(weights=2), Tally(weights=3, adds=1)]) == Tally(weights=5, adds=1)
    True
    """
    return Tally(*map(sum, zip(*map(counts_of, tallies), strict=True)))
