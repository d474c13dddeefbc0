"""Residual and inverted residual blocks, side by side."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mbcost.present.compare.totals import params_of, totals_json
from mbcost.present.table import Column, Table, decimal
from mbcost.questions.compare.residuals import ResidualBlock


def residuals_table(blocks: tuple[ResidualBlock, ...], feature: int) -> Table:
    """One row a block, each beside ResNet's."""
    first = blocks[0].tally
    rows = tuple(
        (
            block.title,
            " - ".join(map(str, block.widths)),
            params_of(block.tally),
            decimal(Fraction(params_of(block.tally), params_of(first)), 2),
            block.tally.conv_macs,
            decimal(Fraction(block.tally.conv_macs, first.conv_macs), 2),
            block.largest_map,
        )
        for block in blocks
    )
    columns = (
        Column[Any]("block", "block"),
        Column[Any]("widths", "channels", spare=1),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("params_ratio", "ratio", numeric=True, spare=2),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("mult_adds_ratio", "ratio", numeric=True, spare=2),
        Column[Any]("largest_map", "largest map", numeric=True, spare=3),
    )
    title = f"Residual and inverted residual blocks  {blocks[0].widths[0]} channels  map {feature}x{feature}  stride 1"
    notes = (
        "ResNet's block goes wide - narrow - wide; the inverted one narrow - wide - narrow, residual on the narrow end",
        "params: weights, biases, norm scale and shift; mult-adds: those of the convolutions; largest map: elements",
    )
    return Table(title, columns, rows, notes=notes)


def residuals_json(blocks: tuple[ResidualBlock, ...], feature: int) -> dict[str, Any]:
    """The object of `mbcost compare residual-vs-inverted --format json`."""
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
