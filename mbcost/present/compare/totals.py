"""The totals of a tally in the default convention."""

from __future__ import annotations

from mbcost.spec.catalogue.library import load_convention
from mbcost.spec.tally import Tally


def params_of(tally: Tally) -> int:
    """Return the parameters in the default convention: weights, biases, norm scale and shift."""
    return load_convention().params(tally)


def macs_of(tally: Tally) -> int:
    """Return the multiply-adds in the default convention: those of convolution and linear layers."""
    return load_convention().mult_adds(tally)


def totals_json(tally: Tally) -> dict[str, int]:
    """Return both totals."""
    return {"params": params_of(tally), "mult_adds": macs_of(tally)}
