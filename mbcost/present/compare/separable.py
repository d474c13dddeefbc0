"""Standard and depthwise separable convolutions, side by side."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mbcost.present.compare.totals import macs_of, params_of, totals_json
from mbcost.present.names import describe, size_text
from mbcost.present.table import Cell, Column, Table, decimal
from mbcost.questions.compare.separable import Form, LayerComparison, NetworkComparison, Pair
from mbcost.spec.scaling import alpha_text

STANDARD_FORM = (
    "The standard form of depthwise + pointwise is one dense KxK convolution; that of expand + depthwise (+ project) "
    "is one dense KxK convolution to the expanded width, followed by the projection as it is."
)
PROJECTION = "The columns leave the projection out on both sides: it is the same in both. The whole network has it."
INVERTED_RATIO = (
    "Where the pointwise layer comes first (expand, then depthwise) the exact ratio is 1/M + (D/D')^2/K^2 with input "
    "map D and output map D', and 1/M where there is no expansion, not 1/N + 1/K^2."
)


def layer_table(comparison: LayerComparison) -> Table:
    """One row a form, each beside the standard one."""
    first = comparison.forms[0]
    rows = tuple(_form_cells(form, first) for form in comparison.forms)
    notes = [
        f"separable / standard = {_fraction(comparison.ratio)}, formula 1/N + 1/K^2 = {_fraction(comparison.formula)}: "
        + ("equal" if comparison.ratio == comparison.formula else "not equal")
    ]
    separable = comparison.forms[1]
    if comparison.alpha != 1:
        thin = comparison.forms[2]
        notes.append(
            f"alpha^2 = {decimal(_exact(comparison.alpha) ** 2)}; really x {decimal(_over(thin, separable))} with "
            f"M {separable.inputs} -> {thin.inputs}, N {separable.outputs} -> {thin.outputs} "
            "(the depthwise part goes with alpha only)"
        )
    if comparison.rho != 1:
        small, before = comparison.forms[-1], comparison.forms[-2]
        notes.append(
            f"rho^2 = {decimal(comparison.rho**2)}; really x {decimal(_over(small, before))} with "
            f"D_F {before.feature} -> {small.feature}"
        )
    notes.append(
        "params are the weights alone and mult-adds those of the convolutions: no norm, no bias, as in the paper"
    )
    columns = (
        Column[Any]("form", "form"),
        Column[Any]("inputs", "M", numeric=True, spare=2),
        Column[Any]("outputs", "N", numeric=True, spare=2),
        Column[Any]("feature", "D_F", numeric=True, spare=2),
        Column[Any]("mult_adds", "mult-adds", numeric=True),
        Column[Any]("mult_adds_ratio", "ratio", numeric=True, spare=1),
        Column[Any]("params", "params", numeric=True),
        Column[Any]("params_ratio", "ratio", numeric=True, spare=3),
    )
    title = f"Standard and depthwise separable convolution  K {comparison.kernel}  stride {comparison.stride}"
    return Table(title, columns, rows, notes=tuple(notes))


def layer_json(comparison: LayerComparison) -> dict[str, Any]:
    """The object of `mbcost compare standard-vs-dws --format json` for one layer."""
    return {
        "schema": "mbcost/standard-vs-dws/1",
        "kernel": comparison.kernel,
        "stride": comparison.stride,
        "alpha": comparison.alpha,
        "rho": _fraction_json(comparison.rho),
        "ratio": _fraction_json(comparison.ratio),
        "formula": _fraction_json(comparison.formula),
        "units": {"params": "weights", "mult_adds": "multiply-adds"},
        "forms": [vars(form) for form in comparison.forms],
    }


def network_table(comparison: NetworkComparison) -> Table:
    """One row a block, and the whole network below."""
    rows = tuple(_pair_cells(pair) for pair in comparison.pairs)
    standard = sum(pair.standard.conv_macs for pair in comparison.pairs)
    separable = sum(pair.separable.conv_macs for pair in comparison.pairs)
    footer: tuple[Cell, ...] = (
        "total",
        None,
        None,
        None,
        None,
        sum(map(params_of, (pair.standard for pair in comparison.pairs))),
        sum(map(params_of, (pair.separable for pair in comparison.pairs))),
        standard,
        separable,
        decimal(Fraction(separable, standard)),
        None,
        decimal(Fraction(standard, separable), 2),
    )
    columns = (
        Column[Any]("name", "block"),
        Column[Any]("kernel", "K", spare=1),
        Column[Any]("stride", "stride", numeric=True, spare=2),
        Column[Any]("inputs", "M", numeric=True, spare=4),
        Column[Any]("outputs", "N", numeric=True, spare=4),
        Column[Any]("standard_params", "standard params", numeric=True, spare=5),
        Column[Any]("separable_params", "separable params", numeric=True, spare=5),
        Column[Any]("standard_mult_adds", "standard mult-adds", numeric=True),
        Column[Any]("separable_mult_adds", "separable mult-adds", numeric=True),
        Column[Any]("ratio", "ratio", numeric=True),
        Column[Any]("formula", "1/N+1/K^2", numeric=True, spare=3),
        Column[Any]("times", "times", numeric=True),
    )
    network = comparison.network
    height, width = network.resolution
    title = (
        f"{network.spec.display_title} in standard and separable form  alpha {alpha_text(network.alpha)}  "
        f"resolution {height}x{width}  implementation {network.implementation}"
    )
    return Table(title, columns, rows, footer, tuple(_network_notes(comparison)))


def network_json(comparison: NetworkComparison) -> dict[str, Any]:
    """The object of `mbcost compare standard-vs-dws --net NET --format json`."""
    network = comparison.network
    return {
        "schema": "mbcost/standard-vs-dws-network/1",
        **describe(network),
        "standard_form": STANDARD_FORM,
        "units": {"params": "weights, biases, norm scale and shift", "mult_adds": "multiply-adds"},
        "blocks": [
            {
                "name": pair.name,
                "kernel": list(pair.kernel),
                "stride": pair.stride,
                "inputs": pair.inputs,
                "outputs": pair.outputs,
                "standard": totals_json(pair.standard),
                "separable": totals_json(pair.separable),
                "ratio": _fraction_json(pair.ratio),
                "formula": _fraction_json(pair.formula),
            }
            for pair in comparison.pairs
        ],
        "standard": totals_json(comparison.standard),
        "separable": totals_json(comparison.separable),
        "classifier": totals_json(comparison.classifier),
        "eight_to_nine_times": sum(pair.eight_to_nine for pair in comparison.pairs),
    }


def _network_notes(comparison: NetworkComparison) -> list[str]:
    standard, separable, classifier = comparison.standard, comparison.separable, comparison.classifier
    macs, params = macs_of(classifier), params_of(classifier)
    within = sum(pair.eight_to_nine for pair in comparison.pairs)
    notes = [STANDARD_FORM]
    if any(step.name.endswith(".project") for step in comparison.network.steps):
        notes.append(PROJECTION)
    if any(pair.ratio != pair.formula for pair in comparison.pairs):
        notes.append(INVERTED_RATIO)
    notes += [
        f"8 to 9 times cheaper in {within} of {len(comparison.pairs)} blocks",
        "whole network, with its other layers:",
        f"  standard   {macs_of(standard):,} mult-adds, {params_of(standard):,} params "
        f"({macs_of(standard) - macs:,} and {params_of(standard) - params:,} without the classifier)",
        f"  separable  {macs_of(separable):,} mult-adds, {params_of(separable):,} params "
        f"({macs_of(separable) - macs:,} and {params_of(separable) - params:,} without the classifier)",
    ]
    if comparison.network.spec.remark:
        notes.append(comparison.network.spec.remark)
    network, full = comparison.network, comparison.full
    if network.alpha != full.alpha or network.resolution != full.resolution:
        area = Fraction(network.resolution[0] * network.resolution[1], full.resolution[0] * full.resolution[1])
        scale = _exact(network.alpha) ** 2
        real = Fraction(macs_of(separable), macs_of(full.tally()))
        notes.append(
            f"alpha^2 rho^2 = {decimal(scale)} x {decimal(area)} = {decimal(scale * area)}; really x {decimal(real)} "
            "of the mult-adds at alpha 1 and the table's own resolution, after rounding channels and maps"
        )
    return notes


def _form_cells(form: Form, first: Form) -> tuple[Cell, ...]:
    return (
        form.title,
        form.inputs,
        form.outputs,
        form.feature,
        form.mult_adds,
        decimal(_over(form, first)),
        form.params,
        decimal(Fraction(form.params, first.params)),
    )


def _pair_cells(pair: Pair) -> tuple[Cell, ...]:
    return (
        pair.name,
        size_text(pair.kernel),
        pair.stride,
        pair.inputs,
        pair.outputs,
        params_of(pair.standard),
        params_of(pair.separable),
        pair.standard.conv_macs,
        pair.separable.conv_macs,
        decimal(pair.ratio),
        decimal(pair.formula),
        decimal(1 / pair.ratio, 2),
    )


def _over(form: Form, other: Form) -> Fraction:
    return Fraction(form.mult_adds, other.mult_adds)


def _exact(alpha: float) -> Fraction:
    """The decimal that was typed, not its nearest binary fraction."""
    return Fraction(str(alpha))


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator} = {decimal(value)}"


def _fraction_json(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]
