"""Totals in the default convention, where an answer holds a tally."""

from __future__ import annotations

from mbcost.spec.tally import Tally


def params_of(tally: Tally) -> int:
    """Weights, biases, norm scale and shift."""
    return tally.weights + tally.biases + 2 * tally.norm_channels


def macs_of(tally: Tally) -> int:
    """Multiply-adds of convolution and linear layers."""
    return tally.conv_macs + tally.linear_macs


def totals_json(tally: Tally) -> dict[str, int]:
    """Both totals."""
    return {"params": params_of(tally), "mult_adds": macs_of(tally)}
