"""The built-in networks as a list."""

from __future__ import annotations

from typing import Any

from mbcost.present.compare.nets import network_totals_json
from mbcost.present.names import size_text
from mbcost.present.table import Column, Table
from mbcost.questions.compare.nets import SideBySide


def as_table(answer: SideBySide) -> Table:
    """One row a network: what it costs at alpha 1, its source and who builds it."""
    columns = (
        Column[Any]("network", "network"),
        Column[Any]("title", "title", spare=2),
        Column[Any]("resolution", "resolution", numeric=True, spare=1),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("implementations", "implementations", spare=3),
        Column[Any]("source", "source", spare=4),
    )
    rows = tuple(
        (
            totals.network.spec.name,
            totals.network.spec.display_title,
            size_text(totals.network.resolution),
            totals.params,
            totals.mult_adds,
            ", ".join(totals.network.spec.implementations),
            totals.network.spec.source,
        )
        for totals in answer.totals
    )
    rules = "at alpha 1, implementation official, else the first"
    notes = (f"{rules}; convention {answer.convention.name}: {answer.convention.title}",)
    return Table("Built-in networks", columns, rows, notes=notes)


def as_json(answer: SideBySide) -> dict[str, Any]:
    """The object of `mbcost nets --format json`."""
    return {
        "schema": "mbcost/nets/1",
        "convention": answer.convention.name,
        "units": {"params": "parameters", "mult_adds": "multiply-adds", "activations": "elements"},
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
