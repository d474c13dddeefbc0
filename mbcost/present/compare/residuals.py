"""Residual and inverted residual blocks side by side, as a table and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mbcost.present.compare.totals import params_of, totals_json
from mbcost.present.table import Column, ColumnNote, Spelled, Table, build_table, decimal_cell
from mbcost.questions.compare.residuals import ResidualBlock


def as_table(blocks: tuple[ResidualBlock, ...], feature: int) -> Table:
    """Return one row per block, with ratios to the first, which is ResNet's."""
    first = blocks[0].tally

    def params_ratio(block: ResidualBlock) -> Spelled:
        return decimal_cell(Fraction(params_of(block.tally), params_of(first)), 2)

    def mult_adds_ratio(block: ResidualBlock) -> Spelled:
        return decimal_cell(Fraction(block.tally.conv_macs, first.conv_macs), 2)

    columns: tuple[Column[ResidualBlock], ...] = (
        Column("block", "block", lambda block: block.title),
        Column("channels", "channels", lambda block: " - ".join(map(str, block.widths)), spare=1),
        Column("params", "params", lambda block: params_of(block.tally), numeric=True),
        Column("params_ratio", "ratio", params_ratio, numeric=True, spare=2),
        Column("mult_adds", "mult-adds", lambda block: block.tally.conv_macs, numeric=True),
        Column("mult_adds_ratio", "ratio", mult_adds_ratio, numeric=True, spare=2),
        Column("largest_map_elements", "largest map", lambda block: block.largest_map, numeric=True, spare=3),
    )
    title = f"Residual and inverted residual blocks  {blocks[0].widths[0]} channels  map {feature}x{feature}  stride 1"
    notes = (
        "ResNet's block goes from wide to narrow to wide; the inverted block from narrow to wide to narrow, and its "
        "residual connection joins the narrow ends",
        ColumnNote("params: weights, biases, norm scale and shift", ("params", "params_ratio")),
        ColumnNote("mult-adds: those of the convolutions", ("mult_adds", "mult_adds_ratio")),
        ColumnNote("largest map: elements", ("largest_map_elements",)),
    )
    return build_table(title, columns, blocks, notes=notes)


def as_json(blocks: tuple[ResidualBlock, ...], feature: int) -> dict[str, Any]:
    """Return the object of `mbcost compare residual-vs-inverted --format json`."""
    resnet, v2, *_ = blocks
    channels = resnet.widths[0]
    return {
        "schema": "mbcost/residual-vs-inverted/1",
        "channels": channels,
        "feature": feature,
        "expansion": v2.widths[1] // channels,
        "reduction": channels // resnet.widths[1],
        "units": {
            "params": "weights, biases, norm scale and shift",
            "mult_adds": "multiply-adds",
            "largest_map": "elements",
        },
        "blocks": [
            {
                "title": block.title,
                "widths": list(block.widths),
                **totals_json(block.tally),
                "largest_map": block.largest_map,
            }
            for block in blocks
        ],
    }
