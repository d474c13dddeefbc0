"""Networks side by side."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mbcost.present.names import describe, size_text
from mbcost.present.table import Column, Table, decimal
from mbcost.questions.compare.nets import SideBySide, Totals
from mbcost.spec.scaling import alpha_text


def side_by_side_table(answer: SideBySide) -> Table:
    """One row a network, with ratios to the first."""
    ratios = zip(*(answer.ratios(quantity) for quantity in ("params", "mult_adds", "activations")), strict=True)
    rows = []
    for totals, (params, mult_adds, activations) in zip(answer.totals, ratios, strict=True):
        network = totals.network
        rows.append(
            (
                network.spec.name,
                alpha_text(network.alpha),
                size_text(network.resolution),
                network.implementation,
                totals.params,
                _ratio(params),
                totals.mult_adds,
                _ratio(mult_adds),
                totals.activations,
                _ratio(activations),
            )
        )
    implementations = {totals.network.implementation for totals in answer.totals}
    columns = (
        Column[Any]("network", "network"),
        Column[Any]("alpha", "alpha", numeric=True),
        Column[Any]("resolution", "resolution", numeric=True),
        Column[Any]("implementation", "implementation", spare=1 if len(implementations) == 1 else 0),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("params_ratio", "ratio", numeric=True, spare=2),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("mult_adds_ratio", "ratio", numeric=True, spare=2),
        Column[Any]("activations", "activations", numeric=True, spare=3),
        Column[Any]("activations_ratio", "ratio", numeric=True, spare=4),
    )
    notes = ("ratios are to the first row", f"convention {answer.convention.name}: {answer.convention.title}")
    return Table("Networks side by side", columns, tuple(rows), notes=notes)


def side_by_side_json(answer: SideBySide) -> dict[str, Any]:
    """The object of `mbcost compare NET … --format json`."""
    return {
        "schema": "mbcost/compare/1",
        "convention": answer.convention.name,
        "units": {"params": "parameters", "mult_adds": "multiply-adds", "activations": "elements"},
        "networks": [network_totals_json(totals) for totals in answer.totals],
    }


def network_totals_json(totals: Totals) -> dict[str, Any]:
    """One network and its totals."""
    return {
        **describe(totals.network),
        "params": totals.params,
        "mult_adds": totals.mult_adds,
        "activations": totals.activations,
    }


def _ratio(value: Fraction | None) -> str:
    return "" if value is None else decimal(value, 3)
