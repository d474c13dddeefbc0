"""Standard and depthwise separable convolutions side by side, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any

from mbcost.present.compare.totals import macs_of, params_of, totals_json
from mbcost.present.names import describe, settings_text, size_cell
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table, decimal, decimal_cell
from mbcost.questions.compare.separable import BlockComparison, ConvolutionForm, LayerComparison, NetworkComparison
from mbcost.spec.tally import total

STANDARD_FORM = (
    "The standard form of depthwise + pointwise is one dense KxK convolution; that of expand + depthwise (+ project) "
    "is one dense KxK convolution to the expanded width, followed by the projection as it is."
)
INPUTS, OUTPUTS = "M = input channels", "N = output channels"
KERNEL, SIDE = "K = kernel", "D_F = side of the map"
PROJECTION = "The columns leave out the projection, which is the same in both forms; the whole network includes it."
INVERTED_RATIO = ColumnNote(
    "Where the pointwise layer comes first (expand, then depthwise), the exact ratio is not 1/N + 1/K^2 but "
    "1/M + (D/D')^2/K^2 with input map D and output map D', or 1/M without an expansion.",
    ("formula_ratio",),
)


def layer_table(comparison: LayerComparison) -> Table:
    """Return one row per form, with ratios to the standard form."""
    first = comparison.forms[0]
    columns: tuple[Column[ConvolutionForm], ...] = (
        Column("form", "form", lambda form: form.title),
        Column("in_channels", "M", lambda form: form.inputs, numeric=True, spare=2, legend=INPUTS),
        Column("out_channels", "N", lambda form: form.outputs, numeric=True, spare=2, legend=OUTPUTS),
        Column("map_side", "D_F", lambda form: form.feature, numeric=True, spare=2, legend=SIDE),
        Column("mult_adds", "mult-adds", lambda form: form.mult_adds, numeric=True),
        Column("mult_adds_ratio", "ratio", lambda form: decimal_cell(_factor(form, first)), numeric=True, spare=1),
        Column("params", "params", lambda form: form.params, numeric=True),
        Column(
            "params_ratio",
            "ratio",
            lambda form: decimal_cell(Fraction(form.params, first.params)),
            numeric=True,
            spare=3,
        ),
    )
    sizes = comparison.sizes
    title = f"Standard and depthwise separable convolution  K {sizes.kernel}  stride {sizes.stride}"
    return build_table(title, columns, comparison.forms, notes=_layer_notes(comparison))


def _layer_notes(comparison: LayerComparison) -> Iterator[str]:
    yield (
        f"separable / standard = {_fraction(comparison.ratio)}, formula 1/N + 1/K^2 = {_fraction(comparison.formula)}: "
        + ("equal" if comparison.ratio == comparison.formula else "not equal")
    )
    if comparison.alpha != 1:
        separable, thin = comparison.forms[1:3]
        yield (
            f"alpha^2 = {decimal(_exact(comparison.alpha) ** 2)}; the exact factor is "
            f"{decimal(_factor(thin, separable))} with M {separable.inputs} -> {thin.inputs}, "
            f"N {separable.outputs} -> {thin.outputs} (the depthwise part scales with alpha only)"
        )
    if comparison.rho != 1:
        before, small = comparison.forms[-2:]
        yield (
            f"rho^2 = {decimal(comparison.rho**2)}; the exact factor is {decimal(_factor(small, before))} with "
            f"D_F {before.feature} -> {small.feature}"
        )
    yield "as in the paper, params are the weights only, and mult-adds those of the convolutions: no norm, no bias"


def layer_json(comparison: LayerComparison) -> dict[str, Any]:
    """Return the object of `mbcost compare standard-vs-dws --format json` for one layer."""
    return {
        "schema": "mbcost/standard-vs-dws/1",
        "kernel": comparison.sizes.kernel,
        "stride": comparison.sizes.stride,
        "alpha": comparison.alpha,
        "rho": _fraction_json(comparison.rho),
        "ratio": _fraction_json(comparison.ratio),
        "formula": _fraction_json(comparison.formula),
        "units": {"params": "weights", "mult_adds": "multiply-adds"},
        "forms": [vars(form) for form in comparison.forms],
    }


def network_table(comparison: NetworkComparison) -> Table:
    """Return one row per block, with their sums in the footer and the whole network in the notes."""
    columns: tuple[Column[BlockComparison], ...] = (
        Column("block", "block", lambda block: block.name),
        Column("kernel", "K", lambda block: size_cell(block.kernel), spare=1, legend=KERNEL),
        Column("stride", "stride", lambda block: block.stride, numeric=True, spare=2),
        Column("in_channels", "M", lambda block: block.inputs, numeric=True, spare=4, legend=INPUTS),
        Column("out_channels", "N", lambda block: block.outputs, numeric=True, spare=4, legend=OUTPUTS),
        Column("standard_params", "standard params", lambda block: params_of(block.standard), numeric=True, spare=5),
        Column("separable_params", "separable params", lambda block: params_of(block.separable), numeric=True, spare=5),
        Column("standard_mult_adds", "standard mult-adds", lambda block: block.standard.conv_macs, numeric=True),
        Column("separable_mult_adds", "separable mult-adds", lambda block: block.separable.conv_macs, numeric=True),
        Column("mult_adds_ratio", "ratio", lambda block: decimal_cell(block.ratio), numeric=True),
        Column("formula_ratio", "1/N+1/K^2", lambda block: decimal_cell(block.formula), numeric=True, spare=3),
        Column("times_cheaper", "times", lambda block: decimal_cell(1 / block.ratio, 2), numeric=True),
    )
    standard, separable = (
        total(getattr(block, form) for block in comparison.blocks) for form in ("standard", "separable")
    )
    ratio = Fraction(separable.conv_macs, standard.conv_macs)
    footer: dict[str, Cell] = {
        "block": "total",
        "standard_params": params_of(standard),
        "separable_params": params_of(separable),
        "standard_mult_adds": standard.conv_macs,
        "separable_mult_adds": separable.conv_macs,
        "mult_adds_ratio": decimal(ratio),
        "times_cheaper": decimal(1 / ratio, 2),
    }
    network = comparison.network
    title = f"{network.spec.display_title} in standard and separable form  {settings_text(network)}"
    return build_table(title, columns, comparison.blocks, footer, _network_notes(comparison))


def network_json(comparison: NetworkComparison) -> dict[str, Any]:
    """Return the object of `mbcost compare standard-vs-dws --net NET --format json`."""
    network = comparison.network
    return {
        "schema": "mbcost/standard-vs-dws-network/1",
        **describe(network),
        "standard_form": STANDARD_FORM,
        "units": {"params": "weights, biases, norm scale and shift", "mult_adds": "multiply-adds"},
        "blocks": [
            {
                "name": block.name,
                "kernel": list(block.kernel),
                "stride": block.stride,
                "inputs": block.inputs,
                "outputs": block.outputs,
                "standard": totals_json(block.standard),
                "separable": totals_json(block.separable),
                "ratio": _fraction_json(block.ratio),
                "formula": _fraction_json(block.formula),
            }
            for block in comparison.blocks
        ],
        "standard": totals_json(comparison.standard),
        "separable": totals_json(comparison.separable),
        "classifier": totals_json(comparison.classifier),
        "eight_to_nine_times": sum(block.eight_to_nine for block in comparison.blocks),
    }


def _network_notes(comparison: NetworkComparison) -> Iterator[str | ColumnNote]:
    network, full, blocks = comparison.network, comparison.full, comparison.blocks
    yield STANDARD_FORM
    if any(step.part == "project" for step in network.steps):
        yield PROJECTION
    if any(block.ratio != block.formula for block in blocks):
        yield INVERTED_RATIO
    yield f"8 to 9 times cheaper in {sum(block.eight_to_nine for block in blocks)} of {len(blocks)} blocks"
    yield "whole network, with its other layers:"
    for name, tally in (("standard ", comparison.standard), ("separable", comparison.separable)):
        macs, params = macs_of(tally), params_of(tally)
        yield (
            f"  {name}  {macs:,} mult-adds, {params:,} params ({macs - macs_of(comparison.classifier):,} and "
            f"{params - params_of(comparison.classifier):,} without the classifier)"
        )
    if network.spec.remark:
        yield network.spec.remark
    if (network.alpha, network.resolution) != (full.alpha, full.resolution):
        area = Fraction(prod(network.resolution), prod(full.resolution))
        scale = _exact(network.alpha) ** 2
        factor = Fraction(macs_of(comparison.separable), macs_of(full.tally()))
        yield (
            f"alpha^2 rho^2 = {decimal(scale)} x {decimal(area)} = {decimal(scale * area)}; the exact factor is "
            f"{decimal(factor)}: the mult-adds, with rounded channels and maps, divided by those at alpha 1 and the "
            "table's own resolution"
        )


def _factor(form: ConvolutionForm, base: ConvolutionForm) -> Fraction:
    return Fraction(form.mult_adds, base.mult_adds)


def _exact(alpha: float) -> Fraction:
    """Return the decimal that was typed, not its nearest binary fraction."""
    return Fraction(str(alpha))


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator} = {decimal(value)}"


def _fraction_json(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]
