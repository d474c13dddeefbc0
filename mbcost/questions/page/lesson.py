"""The lesson of the page: the V1 paper's Table 3, as a network that the page can scale, and what the paper prints."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mbcost.questions.compare.separable import ConvolutionForm, LayerSizes, compare_as_printed
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published, load_published
from mbcost.spec.table import Row, Spec

NAME = "lesson"
"""The name of the network, which the page does not list; another one if a network of the page is called so."""
ROWS: Mapping[str, tuple[str, ...]] = {"standard": ("2.1.conv",), "separable": ("1.1.depthwise", "1.1.pointwise")}
"""A form of the layer -> the layers of the network that it consists of."""
TABLE = ("paper_v1", "Table 3")
ROUNDINGS: Mapping[str, str] = {"rounds": "rounded", "floors": "rounded down"}


def make_lesson_spec(taken: Collection[str] = ()) -> Spec:
    """Return the layer of the V1 paper's Table 3 in both forms, one after the other, with its weights only.

    The first row makes the M channels, so that alpha scales them as it does in V1; it belongs to neither form. The
    paper's table counts no norm and no bias, so the implementation has none.

    Args:
        taken: names that other networks have.
    """
    name = NAME
    while name in taken:
        name += "\u2032"
    sizes, v1 = LayerSizes(), load_spec("v1")
    rules = v1.implementation(v1.default_implementation)
    bare = replace(rules.layer_rules, bare=frozenset({"conv", "depthwise", "pointwise"}))
    kernel = (sizes.kernel, sizes.kernel)
    return Spec(
        name=name,
        title="One layer, standard and depthwise separable",
        source=f"{v1.source.partition(',')[0]}, table 3",
        channels=sizes.inputs,
        resolution=(sizes.feature, sizes.feature),
        columns=("operator", "k", "c", "n", "s"),
        rows=(
            Row(0, "conv", (1, 1), c=sizes.inputs, n=1, s=1),
            Row(1, "separable", kernel, c=sizes.outputs, n=1, s=sizes.stride),
            Row(2, "conv", kernel, c=sizes.outputs, n=1, s=sizes.stride),
        ),
        implementations={rules.name: replace(rules, layer_rules=bare)},
        published_alphas=v1.published_alphas,
    )


def describe_lesson(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the page says of the lesson, as values of JSON.

    Args:
        layer: the network of `make_lesson_spec`, as the page has networks.

    The keys: `layer`, `network` (its name), `kernel`, `feature` (the side of the map at rho = 1), `alpha` and `rho` of
    the table, `rows` (as `ROWS`), and `forms`, the four rows of the table with their exact counts and what is printed.
    """
    compared = compare_as_printed({})
    figures = {
        (figure.row, figure.quantity): figure
        for figure in load_published()
        if (figure.source.name, figure.table) == TABLE
    }
    rows = dict.fromkeys(row for row, _ in figures)
    return {
        "layer": layer,
        "network": layer["name"],
        "kernel": compared.sizes.kernel,
        "feature": compared.sizes.feature,
        "alpha": compared.alpha,
        "rho": float(compared.rho),
        "rows": {form: list(names) for form, names in ROWS.items()},
        "forms": [
            _describe_form(form, {quantity: figures[row, quantity] for quantity in ("mult_adds", "params")})
            for form, row in zip(compared.forms, rows, strict=True)
        ],
    }


def _describe_form(form: ConvolutionForm, figures: Mapping[str, Published]) -> Mapping[str, Any]:
    counts = {"mult_adds": form.mult_adds, "params": form.params}
    return {
        "title": form.title,
        "inputs": form.inputs,
        "outputs": form.outputs,
        "feature": form.feature,
        **counts,
        "printed": {quantity: _describe_print(figures[quantity], exact) for quantity, exact in counts.items()},
    }


def _describe_print(figure: Published, exact: int) -> Mapping[str, str]:
    """Return a printed figure with its unit, and how it was shortened; empty if the exact number is not printed so."""
    rounding = next((words for name, words in ROUNDINGS.items() if figure.prints(exact, name)), "")
    return {"text": f"{figure.value} {figure.unit}", "rounding": rounding}
