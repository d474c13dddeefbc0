"""The matrix form equals the sum over the layers, point by point, for numbers of any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbcost.analytic.blocks import plan
from mbcost.analytic.compact import Chain, compact
from mbcost.analytic.layers import padded_output
from mbcost.analytic.many.exact import multiply_exactly
from mbcost.analytic.many.grid import compute_costs, compute_sides, compute_totals
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_family, load_spec
from mbcost.spec.implementation import PADDINGS
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.tables import tables, where_possible

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
CONVENTIONS = st.sampled_from(sorted(load_conventions()))
QUANTITIES = st.sampled_from(["params", "mult_adds"])
SIZES = st.integers(33, 400)


def check(
    spec: Spec, name: str, alphas: list[float], sizes: list[tuple[int, int]], convention: str, quantity: str
) -> None:
    coefficients = load_conventions()[convention].coefficients(quantity)
    plans = [plan(Scaling(spec, spec.implementation(name), alpha, 7), spec.channels) for alpha in alphas]
    quantity_of = WeightedCount.from_coefficients(coefficients)
    totals = compute_totals(compute_costs(group_columns(plans), quantity_of), sizes)
    assert totals.shape == (len(alphas), len(sizes))
    for row, (alpha, blocks) in enumerate(zip(alphas, plans, strict=True)):
        counts = compact(blocks)
        for column, size in enumerate(sizes):
            tally = resolve(spec, alpha=alpha, resolution=size, implementation=name, classes=7).tally()
            expected = sum(factor * getattr(tally, count) for count, factor in coefficients.items())
            assert int(totals[row, column]) == quantity_of.weigh(counts.tally(size)) == expected


@given(
    st.sampled_from(PAIRS),
    st.lists(st.floats(0.2, 2.0), min_size=1, max_size=5),
    st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=3),
    CONVENTIONS,
    QUANTITIES,
)
def test_every_total_is_the_sum_over_the_layers(
    pair: tuple[str, str], alphas: list[float], sizes: list[tuple[int, int]], convention: str, quantity: str
) -> None:
    check(load_spec(pair[0]), pair[1], alphas, sizes, convention, quantity)


@given(tables(), st.lists(st.sampled_from([0.3, 1.0, 1.7, 2.0]), min_size=1, max_size=3), CONVENTIONS, QUANTITIES)
def test_every_total_of_a_random_table_is_the_sum_over_the_layers(
    text: str, alphas: list[float], convention: str, quantity: str
) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    for alpha in alphas:
        with where_possible():
            resolve(spec, alpha=alpha, resolution=(90, 61), classes=7)
    check(spec, "any", alphas, [(90, 61)], convention, quantity)


def test_a_network_of_one_layer_is_a_network() -> None:
    v1 = load_spec("v1")
    check(replace(v1, rows=v1.rows[:1]), "official", [1.0, 0.5], [(35, 33)], "macs", "mult_adds")


@pytest.mark.parametrize("alpha", [1.0, 1e4, 1e9])
@pytest.mark.parametrize("size", [(33, 97), (10**6, 10**6 + 1), (10**9, 10**9)])
def test_totals_of_large_networks_do_not_overflow_and_are_exact(alpha: float, size: tuple[int, int]) -> None:
    check(load_spec("v2"), "official", [alpha, alpha / 3], [(35, 33), size], "macs", "mult_adds")


@given(st.integers(0, 2**66), st.integers(1, 2**20), st.integers(1, 3))
def test_a_product_is_exact_at_every_size(large: int, small: int, count: int) -> None:
    left = np.array([[large + row, small] for row in range(count)], dtype=object)
    right = np.array([[1, small], [1, 3]], dtype=object)
    assert (multiply_exactly(left, right) == left @ right).all()


WINDOWS = st.sampled_from([1, 2, 3, 7, 2**31, 2**61, 2**62, 2**63 - 1, 2**65])
CHAINS = st.lists(st.tuples(WINDOWS, WINDOWS, st.sampled_from(PADDINGS)), max_size=3).map(tuple)


@example([((7, 1, "symmetric"),)], [2**63 - 2])
@example([((2**62, 2, "symmetric"),)], [2**62 + 9])
@example([((3, 2, "trailing"),)], [2**63 - 1])
@example([((3, 2, "symmetric"), (7, 3, "symmetric"), (2, 5, "same"))], [2**20])
@given(
    st.lists(CHAINS, min_size=1, max_size=3),
    st.lists(st.integers(1, 2**64) | st.just(2**63 - 1), min_size=1, max_size=3),
)
def test_sides_of_maps_are_those_of_the_layers_on_both_sides_of_the_largest_int64(
    chains: list[Chain], sizes: list[int]
) -> None:
    """A chain that begins as another one does continues from its sides. A map can be empty: its layer refuses it."""
    longer = [*chains, (*chains[0], (3, 2, "symmetric")), chains[-1][:2], chains[-1][:1]]
    sides = compute_sides([None, *((chain, ((2, 2, "same"),)) for chain in longer)], 0, sizes)
    expected = [[1] * len(sizes)]
    for chain in longer:
        row = list(sizes)
        for window, stride, padding in chain:
            row = [padded_output(side, window, stride, padding) for side in row]
        expected.append(row)
    assert sides.tolist() == expected
    is_large = any(abs(side) >= 2**63 for row in expected for side in row)
    assert sides.dtype == (object if is_large else np.int64)
