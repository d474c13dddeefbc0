"""What differs between two networks, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.network import Network
from mbcost.present.names import describe, network_text
from mbcost.present.table import Cell, Column, SignedCount, Table
from mbcost.questions.compare.diff import LayerDiff, NetworkDiff


def as_table(answer: NetworkDiff) -> Table:
    """One row a layer that differs; the footer is the difference of the totals."""
    columns = (
        Column[Any]("first", "layer"),
        Column[Any]("second", "in the second", spare=2),
        Column[Any]("changes", "what differs"),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("activations", "activations", numeric=True, spare=1),
    )
    rows = tuple(
        (
            layer.first,
            None if layer.second == layer.first else layer.second,
            _what(layer),
            SignedCount(layer.params),
            SignedCount(layer.mult_adds),
            SignedCount(layer.activations),
        )
        for layer in answer.layers
    )
    footer: tuple[Cell, ...] = (
        "total", None, None, SignedCount(answer.params), SignedCount(answer.mult_adds), SignedCount(answer.activations),
    )  # fmt: skip
    convention = answer.convention
    notes = [
        f"{answer.same} layers are alike, {len(answer.layers)} differ",
        *(_total(network, answer) for network in (answer.first, answer.second)),
        f"convention {convention.name}: {convention.title}",
    ]
    return Table(
        f"{network_text(answer.second)} less {network_text(answer.first)}", columns, rows, footer, tuple(notes)
    )


def as_json(answer: NetworkDiff) -> dict[str, Any]:
    """The object of `mbcost diff --format json`."""
    return {
        "schema": "mbcost/diff/1",
        "convention": answer.convention.name,
        "units": {"params": "parameters", "mult_adds": "multiply-adds", "activations": "elements"},
        "first": _totals(answer.first, answer),
        "second": _totals(answer.second, answer),
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


def _what(layer: LayerDiff) -> str:
    if layer.first is None:
        return "only in the second"
    if layer.second is None:
        return "only in the first"
    return ", ".join(f"{named(change.feature, change.first)} -> {change.second}" for change in layer.changes)


def named(feature: str, value: str) -> str:
    """A feature's value in words, which for some names the feature.

    >>> named("stride", "2"), named("bias", "no bias")
    ('stride 2', 'no bias')
    """
    return value if feature in ("bias", "norm") else f"{feature} {value}"


def _totals(network: Network, answer: NetworkDiff) -> dict[str, Any]:
    return {
        **describe(network),
        "params": network.params(answer.convention),
        "mult_adds": network.mult_adds(answer.convention),
        "activations": network.tally().outputs,
    }


def _total(network: Network, answer: NetworkDiff) -> str:
    totals = _totals(network, answer)
    return f"{network_text(network)}: {totals['mult_adds']:,} mult-adds, {totals['params']:,} params"
