"""Networks side by side, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.present.cost.nets import file_totals_json
from mbcost.present.names import (
    UNITS,
    convention_text,
    implementation_cell,
    list_totals_notes,
    name_text,
    network_text,
    own_alpha_cell,
    resolution_cell,
)
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table, decimal_cell
from mbcost.questions.compare.compare import SideBySide
from mbcost.questions.cost.nets import NetworkTotals


def as_table(answer: SideBySide, *, is_sorted: bool = False) -> Table:
    """Return one row per network, with ratios to the first; the note names it if the rows are to be sorted."""

    def ratio_cell(totals: NetworkTotals, quantity: str) -> Cell:
        ratio = answer.ratio(totals, quantity)
        return None if ratio is None else decimal_cell(ratio, 3)

    implementations = {totals.network.implementation for totals in answer.totals}
    same_rules = 1 if len(implementations) == 1 else 0
    columns: tuple[Column[NetworkTotals], ...] = (
        Column("network", "network", lambda totals: name_text(totals.network)),
        Column("alpha", "alpha", lambda totals: own_alpha_cell(totals.network), numeric=True),
        Column("resolution", "resolution", lambda totals: resolution_cell(totals.network.resolution), numeric=True),
        Column(
            "implementation", "implementation", lambda totals: implementation_cell(totals.network), spare=same_rules
        ),
        Column("params", "params", lambda totals: totals.params, numeric=True),
        Column("params_ratio", "ratio", lambda totals: ratio_cell(totals, "params"), numeric=True, spare=2),
        Column("mult_adds", "mult-adds", lambda totals: totals.mult_adds, numeric=True),
        Column("mult_adds_ratio", "ratio", lambda totals: ratio_cell(totals, "mult_adds"), numeric=True, spare=2),
        Column("activations", "activations", lambda totals: totals.activations, numeric=True, spare=3),
        Column("activations_ratio", "ratio", lambda totals: ratio_cell(totals, "activations"), numeric=True, spare=4),
    )
    first = network_text(answer.totals[0].network) if is_sorted else "the first row"
    ratios = tuple(column.key for column in columns if column.header == "ratio")
    notes: tuple[str | ColumnNote, ...] = (
        ColumnNote(f"ratios are to {first}", ratios),
        ColumnNote(convention_text(answer.convention), ("params", "mult_adds", *ratios)),
        *list_totals_notes([totals.network for totals in answer.totals]),
    )
    return build_table("Networks side by side", columns, answer.totals, notes=notes)


def as_json(answer: SideBySide) -> dict[str, Any]:
    """Return the object of `mbcost compare NET … --format json`."""
    return {
        "schema": "mbcost/compare/1",
        "convention": answer.convention.name,
        "units": UNITS,
        "networks": [file_totals_json(totals) for totals in answer.totals],
    }
