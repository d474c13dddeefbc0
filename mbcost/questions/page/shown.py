"""What an interactive page shows first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.page.tables import MOST_CLASSES
from mbcost.spec.scaling import alpha_text


def describe_shown(network: Network, described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a network that the page shows first.

    Args:
        network: the network with its settings.
        described: what the page carries of it.

    Raises:
        MbcostError: the page's sliders do not reach the settings.
    """
    implementation = described["implementations"][network.implementation]
    if "alpha_range" in implementation:
        least, most = implementation["alpha_range"]
        if not least <= network.alpha <= most:
            raise _refuse(network, f"alphas from {alpha_text(least)} to {alpha_text(most)}")
        if max(network.resolution) > implementation["most_resolution"]:
            raise _refuse(network, f"resolutions up to {implementation['most_resolution']}")
        if described["has_classes"] and network.classes > MOST_CLASSES:
            raise _refuse(network, f"up to {MOST_CLASSES:,} classes")
    return {
        "network": described["name"],
        "alpha": network.alpha,
        "resolution": list(network.resolution),
        "implementation": network.implementation,
        "classes": network.classes,
    }


def _refuse(network: Network, reach: str) -> MbcostError:
    return MbcostError(f"{network.label}: a page has {reach}: name the network without it, or use mbcost table instead")
