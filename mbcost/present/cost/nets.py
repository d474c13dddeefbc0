"""The built-in networks as a list."""

from __future__ import annotations

from typing import Any

from mbcost.present.names import UNITS, convention_text, describe, list_not_counted, resolution_cell
from mbcost.present.table import Column, Table, build_table
from mbcost.questions.cost.nets import BuiltInNetworks, NetworkTotals


def as_table(answer: BuiltInNetworks) -> Table:
    """Return one row per network: its cost at alpha 1, its source and its implementations."""
    columns: tuple[Column[NetworkTotals], ...] = (
        Column("network", "network", lambda totals: totals.network.spec.name),
        Column("title", "title", lambda totals: totals.network.spec.display_title, spare=2),
        Column(
            "resolution", "resolution", lambda totals: resolution_cell(totals.network.resolution), numeric=True, spare=1
        ),
        Column("params", "params", lambda totals: totals.params, numeric=True),
        Column("mult_adds", "mult-adds", lambda totals: totals.mult_adds, numeric=True),
        Column(
            "implementations", "implementations", lambda totals: ", ".join(totals.network.spec.implementations), spare=3
        ),
        Column("source", "source", lambda totals: totals.network.spec.source, spare=4),
    )
    rules = "at alpha 1, with the implementation official or else the first one"
    note = f"{rules}; {convention_text(answer.convention)}"
    return build_table("Built-in networks", columns, answer.totals, notes=[note])


def as_json(answer: BuiltInNetworks) -> dict[str, Any]:
    """Return the object of `mbcost nets --format json`."""
    return {
        "schema": "mbcost/nets/1",
        "convention": answer.convention.name,
        "units": UNITS,
        "networks": [
            {
                **network_totals_json(totals),
                "title": totals.network.spec.display_title,
                "source": totals.network.spec.source,
                "implementations": list(totals.network.spec.implementations),
                "published": {
                    "alpha": list(totals.network.spec.published_alphas),
                    "resolution": list(totals.network.spec.published_resolutions),
                },
            }
            for totals in answer.totals
        ],
    }


def network_totals_json(totals: NetworkTotals) -> dict[str, Any]:
    """Return a network and its totals."""
    return {
        **describe(totals.network),
        "params": totals.params,
        "mult_adds": totals.mult_adds,
        "activations": totals.activations,
    }


def file_totals_json(totals: NetworkTotals) -> dict[str, Any]:
    """Return a network and its totals, and what they leave out if it is a file."""
    return {**network_totals_json(totals), "not_counted": list_not_counted(totals.network)}
