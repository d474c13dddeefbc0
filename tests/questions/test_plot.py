from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest
import torch
from torch.nn import functional

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.questions.plot import (
    EXAMPLES,
    compute_cost_grid,
    describe_block,
    profile_layers,
    sample_activations,
)
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_spec

MACS = load_convention()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("convention", ["macs", "flops2"])
def test_the_bars_add_up_to_the_network(name: str, convention: str) -> None:
    network, counted = resolve(load_spec(name), alpha=0.5), load_convention(convention)
    bars = profile_layers(network, counted).bars
    assert sum(bar.mult_adds for bar in bars) == network.mult_adds(counted)
    assert sum(bar.params for bar in bars) == network.params(counted)
    assert sum(bar.activations for bar in bars) == network.tally().outputs
    names = [step.name for step in network.steps]
    assert [name for name in names if name in {bar.name for bar in bars}] == [bar.name for bar in bars]


def test_every_point_of_a_grid_is_the_cost_of_its_network() -> None:
    spec, alphas, sides = load_spec("v3-large"), [0.35, 0.75, 1.0, 1.25], [97, 160, 224]
    grid = compute_cost_grid(spec, "keras", MACS, alphas, sides, classes=10, in_channels=1)
    expected = [
        [
            resolve(spec, alpha=alpha, resolution=side, implementation="keras", classes=10, in_channels=1).mult_adds()
            for side in sides
        ]
        for alpha in alphas
    ]
    assert [list(row) for row in grid.mult_adds] == expected


def test_a_grid_with_too_many_points_is_refused() -> None:
    with pytest.raises(MbcostError, match="200 x 101 points are too many for a picture: ask for at most 20,000"):
        compute_cost_grid(load_spec("v2"), "official", MACS, [1.0] * 200, [224] * 101, classes=1000, in_channels=3)


def test_the_example_blocks_have_the_shapes_of_the_papers_figures() -> None:
    shapes = {name: describe_block(resolve(load_spec(name)), block, MACS) for name, block in EXAMPLES}
    assert {name: shape.widths for name, shape in shapes.items()} == {
        "resnet-50": (1024, 256, 256, 1024),
        "v1": (512, 512, 512),
        "v2": (96, 576, 576, 96),
        "v3-large": (112, 672, 672, 112),
    }
    assert {shape.map for shape in shapes.values()} == {(14, 14)}
    assert [shape.added for shape in shapes.values()] == [True, False, True, True]
    assert [shape.squeezed for shape in shapes.values()] == [0, 0, 0, 168]
    kinds = [convolution.kind for convolution in shapes["v2"].convolutions]
    assert kinds == ["pointwise", "depthwise", "pointwise"]
    assert shapes["v2"].mult_adds == 14 * 14 * (2 * 96 * 576 + 9 * 576)
    assert shapes["v1"].params == 9 * 512 + 2 * 512 + 512 * 512 + 2 * 512
    assert shapes["resnet-50"].mult_adds == 14 * 14 * (2 * 1024 * 256 + 9 * 256 * 256)


def test_a_shortcut_is_not_part_of_the_chain() -> None:
    shape = describe_block(resolve(load_spec("resnet-50")), "4.1", MACS)
    assert (shape.widths, shape.added) == ((512, 256, 256, 1024), True)


def test_an_unknown_block_and_one_without_convolutions_are_refused() -> None:
    v2 = resolve(load_spec("v2"))
    with pytest.raises(MbcostError, match=r"unknown block of v2 '4\.9': did you mean"):
        describe_block(v2, "4.9", MACS)
    with pytest.raises(MbcostError, match=r"block 9\.1 of v2 has no convolution to draw"):
        describe_block(v2, "9.1", MACS)


def test_the_curves_equal_torchs_functions() -> None:
    functions: list[Callable[[torch.Tensor], torch.Tensor]] = [
        torch.sigmoid, functional.hardsigmoid, functional.silu, functional.hardswish,
    ]  # fmt: skip
    curves = [(pair.abscissas, curve) for pair in sample_activations() for curve in (pair.smooth, pair.hard)]
    assert [curve.name for _, curve in curves] == ["sigmoid", "hard-sigmoid", "swish", "hard-swish"]
    for (abscissas, curve), function in zip(curves, functions, strict=True):
        expected = function(torch.tensor(abscissas, dtype=torch.float64))
        torch.testing.assert_close(torch.tensor(curve.values, dtype=torch.float64), expected, rtol=0, atol=1e-14)


def test_the_largest_distance_of_the_hard_forms_is_the_analytic_one() -> None:
    sigmoids, swishes = sample_activations()
    # Where the slopes are equal, sigmoid(x) (1 - sigmoid(x)) = 1/6: x = ln(2 - sqrt(3)) = -1.317. Swish: at the kink.
    assert [abscissa for _, abscissa in (sigmoids.distance, swishes.distance)] == [-1.32, -3.0]
    assert sigmoids.distance[0] == pytest.approx((3 - 1.32) / 6 - 1 / (1 + exp(1.32)), abs=1e-12)
    assert swishes.distance[0] == pytest.approx(3 / (1 + exp(3)), abs=1e-12)
