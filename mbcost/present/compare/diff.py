"""The differences of two networks as a table and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.network import Network
from mbcost.present.cost.nets import file_totals_json
from mbcost.present.names import UNITS, convention_text, feature_text, list_totals_notes, network_text
from mbcost.present.table import Cell, Column, SignedCount, Table, build_table
from mbcost.questions.compare.diff import LayerDiff, NetworkDiff
from mbcost.questions.cost.nets import sum_network


def as_table(answer: NetworkDiff) -> Table:
    """Return one row per layer that differs; the footer is the difference of the totals."""
    columns: tuple[Column[LayerDiff], ...] = (
        Column("first_layer", "layer", lambda layer: layer.first or f"({layer.second})", only="people"),
        Column("first_layer", "layer", lambda layer: layer.first, only="data"),
        Column("second_layer", "in the second", _renamed_text, spare=2, only="people"),
        Column("second_layer", "in the second", lambda layer: layer.second, only="data"),
        Column("changes", "what differs", _changes_text),
        Column("params_difference", "params", lambda layer: SignedCount(layer.params), numeric=True),
        Column("mult_adds_difference", "mult-adds", lambda layer: SignedCount(layer.mult_adds), numeric=True),
        Column(
            "activations_difference", "activations", lambda layer: SignedCount(layer.activations), numeric=True, spare=1
        ),
    )
    footer: dict[str, Cell] = {
        "first_layer": "total",
        "params_difference": SignedCount(answer.params),
        "mult_adds_difference": SignedCount(answer.mult_adds),
        "activations_difference": SignedCount(answer.activations),
    }
    notes = [
        *([f"{answer.same} layers are equal, {_count_differing(len(answer.layers))}"] if answer.layers else []),
        *(_totals_text(network, answer) for network in (answer.first, answer.second)),
        convention_text(answer.convention),
        *([f"the norms of {network_text(answer.folded)} are folded, as in the file"] if answer.folded else []),
        *list_totals_notes((answer.first, answer.second)),
    ]
    title = f"{network_text(answer.second)} minus {network_text(answer.first)}"
    if not answer.layers:
        title += f": all {answer.same} layers are equal"
    return build_table(title, columns, answer.layers, footer, notes)


def as_json(answer: NetworkDiff) -> dict[str, Any]:
    """Return the object of `mbcost diff --format json`."""
    return {
        "schema": "mbcost/diff/1",
        "convention": answer.convention.name,
        "units": UNITS,
        "first": file_totals_json(sum_network(answer.first, answer.convention)),
        "second": file_totals_json(sum_network(answer.second, answer.convention)),
        "folded": None if answer.folded is None else network_text(answer.folded),
        "same": answer.same,
        "layers": [
            {
                "first": layer.first,
                "second": layer.second,
                "changes": [vars(change) for change in layer.changes],
                "params": layer.params,
                "mult_adds": layer.mult_adds,
                "activations": layer.activations,
            }
            for layer in answer.layers
        ],
        "totals": {"params": answer.params, "mult_adds": answer.mult_adds, "activations": answer.activations},
    }


def _renamed_text(layer: LayerDiff) -> str | None:
    """Return the name in the second network if it is a different one, and not shown as that of the layer."""
    return None if layer.first in (None, layer.second) else layer.second


def _changes_text(layer: LayerDiff) -> str:
    if layer.first is None:
        return "only in the second"
    if layer.second is None:
        return "only in the first"
    return ", ".join(f"{feature_text(change.feature, change.first)} -> {change.second}" for change in layer.changes)


def _totals_text(network: Network, answer: NetworkDiff) -> str:
    totals = sum_network(network, answer.convention)
    return f"{network_text(network)}: {totals.mult_adds:,} mult-adds, {totals.params:,} params"


def _count_differing(number: int) -> str:
    return f"{number} differ{'s' if number == 1 else ''}"
