"""Layers of which a file states the output map, and for which it can state the counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from mbcost.analytic.layers import Activation, BatchNorm, Conv2d, Linear, Shape, WindowPool
from mbcost.spec.tally import Tally

Sides = tuple[int, int]


@dataclass(frozen=True)
class WrittenConv2d(Conv2d):
    """A convolution whose output map is stated, whatever its padding."""

    written: Shape = field(kw_only=True)
    strides: Sides | None = field(default=None, kw_only=True)
    """Down and across, if they differ."""
    dilations: Sides | None = field(default=None, kw_only=True)
    """The same."""
    transposed: bool = field(default=False, kw_only=True)
    counts: Tally | None = field(default=None, kw_only=True)
    """What it counts, if that does not follow from its sizes: with weights that an earlier layer has, or transposed."""

    @property
    def output(self) -> Shape:
        """The shape of the output map."""
        return self.written

    @property
    def operator(self) -> str:
        """`depthwise`, `conv` or `transposed_conv`."""
        return "transposed_conv" if self.transposed else super().operator

    def tally(self) -> Tally:
        """Return the counts."""
        return super().tally() if self.counts is None else self.counts


@dataclass(frozen=True)
class WrittenLinear(Linear):
    """A fully connected layer on one or more vectors."""

    written: Shape = field(kw_only=True)
    counts: Tally = field(kw_only=True)

    @property
    def output(self) -> Shape:
        """The shape of the output: N values for each vector."""
        return self.written

    def tally(self) -> Tally:
        """Return the stated counts."""
        return self.counts


@dataclass(frozen=True)
class WrittenNorm(BatchNorm):
    """A norm of any kind."""

    counts: Tally = field(kw_only=True)

    def tally(self) -> Tally:
        """Return the stated counts."""
        return self.counts


@dataclass(frozen=True)
class WrittenPool(WindowPool):
    """A pool over a moving window whose output map is stated."""

    written: Shape = field(kw_only=True)

    @property
    def output(self) -> Shape:
        """The shape of the output map."""
        return self.written


@dataclass(frozen=True)
class OtherActivation(Activation):
    """An activation that no convention weighs, such as a GELU."""

    def tally(self) -> Tally:
        """Return no counts."""
        return Tally()
