"""Rows of a table become blocks: their widths, what a repeat keeps of its row, and the rules of an implementation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mbcost.analytic.blocks import Block, Form, plan
from mbcost.analytic.layers import Conv2d
from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec


def plan_blocks(spec: Spec, implementation: str) -> dict[str, Form]:
    """The forms at alpha 1 with 1000 classes, by the names of their blocks."""
    blocks = plan(Scaling(spec, spec.implementation(implementation), 1.0, 1000), spec.channels)
    return {block.name: block.form for block in blocks}


def plan_row(implementation: str, operator: str, inputs: int = 16, **cells: Any) -> list[Form]:
    """The forms of one row of V2's table that reads `inputs` channels."""
    v2 = load_spec("v2")
    spec = replace(v2, rows=(Row(0, "conv", c=inputs), Row(1, operator, **cells)))
    return list(plan_blocks(spec, implementation).values())[1:]


def test_the_blocks_of_v2s_second_row_are_those_of_the_paper() -> None:
    """V2 paper, table 2: t 6, c 24, n 2, s 2 after 16 channels; the second repeat has stride 1 and reads 24."""
    v2 = load_spec("v2")
    rules = v2.implementation("official").layer_rules
    first = Form(
        "bottleneck", inputs=16, outputs=24, rules=rules, kernel=(3, 3), stride=2, groups=1, dilation=1, start=(0, 0),
        function="relu6", expanded=96, expands=True, squeezed=0, connected=True, part="head",
    )  # fmt: skip
    forms = plan_blocks(v2, "official")
    assert forms["2.1"] == first
    assert forms["2.2"] == replace(first, inputs=24, expanded=144, stride=1)
    assert Block(2, 2, forms["2.2"]).name == "2.2"


def test_only_a_bottleneck_or_a_residual_block_has_channels_inside() -> None:
    for net, implementation in (("v3-small", "official"), ("resnet-50", "torchvision"), ("vgg-16", "torchvision")):
        for form in plan_blocks(load_spec(net), implementation).values():
            has_inside = form.operator in ("bottleneck", "residual")
            assert (form.expanded > 0) == has_inside, form
            assert form.squeezed == 0 or form.operator == "bottleneck", form
    squeezed = [form.squeezed for form in plan_blocks(load_spec("v3-small"), "official").values()]
    # V3 paper, table 2: SE in rows 1 and 4 to 11. A quarter of the expanded width, rounded to a multiple of 8.
    assert squeezed == [0, 8, 0, 0, 24, 64, 64, 32, 40, 72, 144, 144, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("implementation", "operator", "expanded", "expands"),
    [
        ("official", "bottleneck", 16, False),  # t = 1: no expansion
        ("official", "bottleneck", 96, True),
        ("official", "bottleneck", 8, True),  # a narrower one, too
        ("official", "fused_bottleneck", 16, False),
        ("transformers", "bottleneck", 16, False),
        ("always", "bottleneck", 16, True),
        ("always", "fused_bottleneck", 16, False),  # only a bottleneck has an expansion that can be left out
    ],
)
def test_an_expansion_that_keeps_the_width_is_left_out_unless_the_implementation_has_one(
    implementation: str, operator: str, expanded: int, expands: bool
) -> None:
    v2 = load_spec("v2")
    always = replace(v2.implementation("official"), name="always", expands_always=True)
    spec = replace(v2, rows=(Row(0, "conv", c=16), Row(1, operator, exp=expanded, c=16)))
    spec = replace(spec, implementations={**v2.implementations, "always": always})
    form = plan_blocks(spec, implementation)["1.1"]
    assert (form.expanded, form.expands) == (expanded, expands)


@pytest.mark.parametrize(
    ("cell", "without", "connected"),
    [
        (None, frozenset(), True), (True, frozenset(), True), (False, frozenset(), False),
        (None, frozenset({0}), True), (None, frozenset({1}), False), (True, frozenset({1}), False),
    ],
)  # fmt: skip
def test_the_table_and_the_implementation_can_both_leave_out_a_residual_connection(
    cell: bool | None, without: frozenset[int], connected: bool
) -> None:
    v2 = load_spec("v2")
    record = replace(v2.implementation("official"), without_residual=without)
    rows = (Row(0, "conv", c=16), Row(1, "bottleneck", t=6, c=16, res=cell))
    form = plan_blocks(replace(v2, rows=rows, implementations={"official": record}), "official")["1.1"]
    assert form.connected == connected


def test_a_flattening_multiplies_the_width_by_the_cells_of_its_grid_and_keeps_the_map_without_one() -> None:
    (grid,) = plan_row("official", "flatten", inputs=16, k=(7, 2))
    assert (grid.outputs, grid.kernel) == (16 * 14, (7, 2))
    (kept,) = plan_row("official", "flatten", inputs=16)
    assert (kept.outputs, kept.kernel) == (16, (0, 0))
    # Any other operator without a printed kernel has 3x3, and a kernel changes no width.
    (conv,) = plan_row("official", "conv", inputs=16, c=32)
    assert (conv.outputs, conv.kernel) == (32, (3, 3))
    assert plan_row("official", "max_pool", inputs=16, k=(2, 3))[0].outputs == 16


def test_groups_divide_the_channels_inside_a_residual_block_and_those_outside_of_a_convolution() -> None:
    """ResNeXt groups the inner convolution: its 24 channels have 3 groups, its 16 outer channels could not."""
    assert plan_row("official", "residual", inputs=16, exp=24, c=16, g=3)[0].groups == 3
    assert plan_row("official", "conv", inputs=24, c=48, g=3)[0].groups == 3


def test_a_universal_bottleneck_has_a_first_depthwise_layer_only_if_the_table_prints_its_kernel() -> None:
    forms = plan_row("official", "universal_bottleneck", t=4, c=16, n=2, a=(5, 3), k=(0, 0))
    assert [(form.start, form.kernel) for form in forms] == 2 * [((5, 3), (0, 0))]
    (without,) = plan_row("official", "universal_bottleneck", t=4, c=16, k=(5, 5))
    assert (without.start, without.kernel) == ((0, 0), (5, 5))


@pytest.mark.parametrize(
    ("operator", "cells", "function", "part"),
    [
        ("dense", {"c": 32}, "relu", "head"),  # a hidden layer of a user's own head
        ("dense", {"c": "k"}, None, "classifier"),
        ("linear", {"c": "k"}, None, "classifier"),
        ("linear", {"c": 32, "nl": "HS"}, "hard_swish", "head"),
        ("conv", {"c": 32, "nl": "RE"}, "relu", "head"),
        ("global_pool", {}, None, "head"),
    ],
)
def test_a_row_has_the_activation_of_its_letter_and_a_hidden_dense_layer_a_relu(
    operator: str, cells: dict[str, Any], function: str | None, part: str
) -> None:
    v3 = load_spec("v3-large")
    spec = replace(v3, rows=(Row(0, "conv", c=16, nl="HS"), Row(1, operator, **cells)))
    form = plan_blocks(spec, "official")["1.1"]
    assert (form.function, form.part) == (function, part)


@pytest.mark.parametrize(
    "operator", ["bottleneck", "fused_bottleneck", "universal_bottleneck", "residual", "separable"]
)
def test_a_dilated_row_spreads_only_the_kernel_of_the_row(operator: str) -> None:
    """Pointwise convolutions, shortcuts and the first depthwise layer of a universal bottleneck keep dilation 1."""
    cells: dict[str, Any] = {"t": 6} if "bottleneck" in operator else {"exp": 32} if operator == "residual" else {}
    start = (5, 5) if operator == "universal_bottleneck" else None
    v2 = load_spec("v2")
    spec = replace(v2, rows=(Row(0, "conv", c=16), Row(1, operator, c=32, k=(3, 3), d=2, a=start, **cells)))
    layers = [layer for layer in resolve(spec, resolution=32).layers if isinstance(layer, Conv2d)][1:]
    assert {layer.kernel: layer.dilation for layer in layers} == {(1, 1): 1, (3, 3): 2} | ({start: 1} if start else {})
    assert {layer.window for layer in layers} == {(1, 1), (5, 5)}
