"""The polynomial of a kind of block gives the counts of its layers at any widths, equal and very large ones too."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from mbcost.analytic.blocks import Block
from mbcost.analytic.many.grid import compute_costs
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.spec.catalogue.library import load_convention
from tests.forms import ROWS, list_networks, make_form

QUANTITIES = [
    WeightedCount.from_coefficients(load_convention().coefficients(quantity)) for quantity in ("params", "mult_adds")
]


@pytest.mark.parametrize("widths", [(1, 2, 3, 8), (1, 5, 2**31), (2**20, 2**31 - 1, 2**40)])
@pytest.mark.parametrize("name", ROWS)
def test_every_combination_of_widths_costs_what_the_layers_of_the_block_cost(
    name: str, widths: tuple[int, ...]
) -> None:
    networks = list_networks(name, widths)
    columns = group_columns(networks)
    for quantity in QUANTITIES:
        costs = compute_costs(columns, quantity)
        for (block,), row in zip(networks, costs.per_position.tolist(), strict=True):
            expected = quantity(block.form)
            assert {scale: number for scale, number in zip(costs.scales, row, strict=True) if number} == {
                scale: number for scale, number in expected.items() if number
            }


@pytest.mark.parametrize("groups", [2**31, 2**40, 2**62])
def test_convolutions_of_very_many_groups_cost_what_their_layers_cost(groups: int) -> None:
    """The widths are near those at which the polynomial is fitted, so that only the groups are large."""
    form = make_form("grouped conv")
    networks = [
        (Block(0, 1, replace(form, groups=groups, inputs=inputs * groups, outputs=outputs * groups)),)
        for inputs, outputs in product((1, 2), (31, 32))
    ]
    for quantity in QUANTITIES:
        costs = compute_costs(group_columns(networks), quantity)
        totals = [sum(quantity(block.form).values()) for (block,) in networks]
        assert [sum(row) for row in costs.per_position.tolist()] == totals


def test_blocks_are_in_one_group_if_they_have_the_same_layers_and_equal_widths_in_the_same_positions() -> None:
    """With equal input and output a block can have a residual connection, so that it has another polynomial."""
    networks = list_networks("bottleneck", (8, 9))
    (groups,) = group_columns(networks)
    is_square = [block.form.inputs == block.form.outputs for (block,) in networks]
    assert {tuple(group.networks) for group in groups} == {
        tuple(index for index, square in enumerate(is_square) if square is wanted) for wanted in (True, False)
    }
    ((single,),) = group_columns(networks[:1])
    assert (single.networks, single.form, single.widths.tolist()) == ([0], networks[0][0].form, [[8, 8, 0, 8]])
