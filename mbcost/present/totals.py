"""What several answers say alike: which network, and the totals of a tally."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.network import Network
from mbcost.spec.library import load_convention
from mbcost.spec.model import alpha_text
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


def short_name(network: Network) -> str:
    """Which network it is, as one writes it on the command line.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.library import load_spec
    >>> short_name(resolve(load_spec("v2"), alpha=0.75))
    'v2@0.75/224x224:official'
    """
    height, width = network.resolution
    return f"{network.spec.name}@{alpha_text(network.alpha)}/{height}x{width}:{network.implementation}"


def headline(network: Network) -> str:
    """Which network it is, above a table."""
    height, width = network.resolution
    return (
        f"{network.spec.display_title}  alpha {alpha_text(network.alpha)}  resolution {height}x{width}  "
        f"implementation {network.implementation}  {f'classes {network.classes}' if has_top(network) else 'no top'}"
    )


def has_top(network: Network) -> bool:
    """Whether anything follows the last feature map."""
    return any(row.operator in ("global_pool", "linear") for row in network.spec.rows)


def params_of(tally: Tally) -> int:
    """Parameters in the default convention: weights, biases, norm scale and shift."""
    return load_convention().params(tally)


def macs_of(tally: Tally) -> int:
    """Multiply-adds in the default convention: those of convolution and linear layers."""
    return load_convention().mult_adds(tally)


def totals_json(tally: Tally) -> dict[str, int]:
    """Both totals."""
    return {"params": params_of(tally), "mult_adds": macs_of(tally)}
