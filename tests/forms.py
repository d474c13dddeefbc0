"""Blocks of every operator with every combination of a few widths, so that each order and each equality occurs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product

from mbcost.analytic.blocks import Block, Form, plan
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row

ROWS: dict[str, Row] = {
    "conv": Row(1, operator="conv", c=8, nl="RE"),
    "grouped conv": Row(1, operator="conv", c=8, nl="RE", g=2),
    "strided conv": Row(1, operator="conv", k=(5, 3), c=8, nl="RE", s=2),
    "separable": Row(1, operator="separable", c=8, nl="RE"),
    "bottleneck": Row(1, operator="bottleneck", exp=32, c=8, nl="RE"),
    "bottleneck with squeeze-and-excite": Row(1, operator="bottleneck", exp=32, c=8, nl="RE", se=True),
    "bottleneck without expansion": Row(1, operator="bottleneck", t=1, c=8, nl="RE", se=True, s=2),
    "fused bottleneck": Row(1, operator="fused_bottleneck", exp=32, c=8, nl="RE"),
    "universal bottleneck": Row(1, operator="universal_bottleneck", exp=32, c=8, nl="RE", a=(3, 3)),
    "basic residual": Row(1, operator="residual", c=8, nl="RE"),
    "residual with an inner width": Row(1, operator="residual", exp=4, c=8, nl="RE", s=2),
    "grouped residual": Row(1, operator="residual", exp=4, c=8, nl="RE", g=2),
}
"""One row of each kind; its widths are replaced."""


@cache
def make_form(name: str) -> Form:
    """Return the form of a row that reads 16 channels."""
    spec = load_spec("v3-small")
    rows = (Row(0, operator="conv", c=16, nl="RE"), ROWS[name])
    return plan(Scaling(replace(spec, rows=rows), spec.implementation("timm"), 1.0, 10), 3)[1].form


def list_networks(name: str, widths: Sequence[int]) -> list[tuple[Block, ...]]:
    """Return networks of one block each, with every combination of these widths.

    The channels of a grouped convolution are as many groups. Around a grouped one, a residual block has any channels.
    """
    return [(Block(0, 1, form),) for form in dict.fromkeys(_vary(make_form(name), widths))]


def _vary(form: Form, widths: Sequence[int]) -> Iterator[Form]:
    for inputs, expanded, squeezed, outputs in product(widths, repeat=4):
        outer = 1 if form.expanded else form.groups
        inner = expanded * form.groups if form.expands else inputs
        yield replace(
            form,
            inputs=inputs * outer,
            outputs=outputs * outer,
            expanded=inner if form.expanded else 0,
            squeezed=squeezed if form.squeezed else 0,
        )
