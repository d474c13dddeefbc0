"""Titles of pictures."""

from __future__ import annotations

from mbcost.analytic.network import Network
from mbcost.spec.scaling import alpha_text


def where(network: Network) -> str:
    """Which network it is, above a picture."""
    height, width = network.resolution
    return (
        f"{network.spec.display_title}, α = {alpha_text(network.alpha)}, {height}×{width}, "
        f"implementation {network.implementation}"
    )


def brief(network: Network) -> str:
    """The same in few characters, beside a bar, as users type it; the official implementation goes without saying."""
    height, width = network.resolution
    size = str(height) if height == width else f"{height}x{width}"
    by = "" if network.spec.is_flat or network.implementation == "official" else f":{network.implementation}"
    return f"{network.spec.name}@{alpha_text(network.alpha)}/{size}{by}"
