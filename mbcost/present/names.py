"""What several answers spell alike: which network it is, and bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mbcost.analytic.network import Network
from mbcost.spec.scaling import alpha_text


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
    >>> from mbcost.spec.catalogue.library import load_spec
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


def bytes_text(count: int) -> str:
    """Bytes as people read them: in binary units, rounded to a tenth, where they are many.

    >>> bytes_text(327680), bytes_text(1023), bytes_text(1404928), bytes_text(-12290)
    ('320 KiB', '1,023 B', '1.3 MiB', '-12 KiB')
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(count) >= unit:
            return f"{Decimal(count) / unit:,.1f}".removesuffix(".0") + f" {name}"
    return f"{count:,} B"
