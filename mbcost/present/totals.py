"""What several answers say alike: which network, and the totals of a tally."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.network import Network
from mbcost.spec.tally import Tally


def describe(network: Network) -> dict[str, Any]:
    """Which network it is, for JSON."""
    return {
        "network": network.spec.name,
        "alpha": network.alpha,
        "resolution": list(network.resolution),
        "implementation": network.implementation,
        "classes": network.classes,
        "in_channels": network.in_channels,
    }


def headline(network: Network) -> str:
    """Which network it is, above a table."""
    height, width = network.resolution
    return (
        f"{network.spec.title or network.spec.name}  alpha {network.alpha:g}  resolution {height}x{width}  "
        f"implementation {network.implementation}  classes {network.classes}"
    )


def params_of(tally: Tally) -> int:
    """Weights, biases, norm scale and shift."""
    return tally.weights + tally.biases + 2 * tally.norm_channels


def macs_of(tally: Tally) -> int:
    """Multiply-adds of convolution and linear layers."""
    return tally.conv_macs + tally.linear_macs


def totals_json(tally: Tally) -> dict[str, int]:
    """Both totals."""
    return {"params": params_of(tally), "mult_adds": macs_of(tally)}
