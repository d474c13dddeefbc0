"""Raw counts of a layer, before any convention weighs them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Tally:
    """Exact counts of one layer or of a sum of layers, for one input (batch 1).

    Every field is a plain count and adds up; which of them make "params" or "mult-adds" is a `Convention`'s affair.
    """

    weights: int = 0
    """Weights of convolution and linear layers."""
    biases: int = 0
    """Bias values of convolution and linear layers."""
    norm_channels: int = 0
    """Channels of batch norm: each has a scale and a shift (and two moving statistics)."""
    conv_macs: int = 0
    """Multiply-accumulates of convolutions, biases left out."""
    linear_macs: int = 0
    """Multiply-accumulates of linear layers; where an implementation builds one as a 1x1 convolution, `conv_macs`."""
    bias_adds: int = 0
    """Output elements to which a bias is added."""
    norm_elements: int = 0
    """Elements that batch norm works on."""
    activation_elements: int = 0
    """Elements that a non-linearity works on."""
    pool_inputs: int = 0
    """Elements that global pooling reads, the squeeze's included."""
    multiplies: int = 0
    """Elements that squeeze-and-excite rescales."""
    adds: int = 0
    """Elements that residual connections add."""
    outputs: int = 0
    """Output elements of convolution and linear layers ("activations" as timm publishes them)."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(operator.add, _counts(self), _counts(other)))


COUNTS = tuple(field.name for field in fields(Tally))
"""The names of the raw counts."""
_counts: Callable[[Tally], tuple[int, ...]] = operator.attrgetter(*COUNTS)


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of `tallies`, field by field.

    >>> total([Tally(weights=2), Tally(weights=3, adds=1)])
    Tally(weights=5, biases=0, norm_channels=0, conv_macs=0, linear_macs=0, bias_adds=0, norm_elements=0, \
activation_elements=0, pool_inputs=0, multiplies=0, adds=1, outputs=0)
    """
    return Tally(*map(sum, zip(*map(_counts, tallies), strict=True)))
