"""The forms of totals that only the benchmarks measure equal those of the engine."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.totals import split_totals, weigh
from mbcost.analytic.blocks import plan
from mbcost.analytic.compact import compact
from mbcost.analytic.many.grid import compute_costs, compute_totals
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import NETWORKS, load_conventions, load_spec
from mbcost.spec.scaling import Scaling

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
SIZES = st.integers(33, 400)


@given(
    pair=st.sampled_from(PAIRS),
    alpha=st.floats(0.2, 2.0),
    size=st.one_of(st.tuples(SIZES, SIZES), st.sampled_from([(10**6, 10**6 + 1), (10**9, 10**9)])),
    convention=st.sampled_from(sorted(load_conventions())),
    quantity=st.sampled_from(["params", "mult_adds"]),
)
def test_a_weighted_total_is_the_weighted_sum_over_the_layers(
    pair: tuple[str, str], alpha: float, size: tuple[int, int], convention: str, quantity: str
) -> None:
    spec, coefficients = load_spec(pair[0]), load_conventions()[convention].coefficients(quantity)
    blocks = plan(Scaling(spec, spec.implementation(pair[1]), alpha, 7), spec.channels)
    tally = resolve(spec, alpha=alpha, resolution=size, implementation=pair[1], classes=7).tally()
    expected = sum(factor * getattr(tally, count) for count, factor in coefficients.items())
    assert weigh(compact(blocks), coefficients).at(size) == expected


@given(
    pair=st.sampled_from(PAIRS),
    heights=st.lists(SIZES, min_size=1, max_size=5),
    widths=st.lists(SIZES, min_size=1, max_size=5),
    most=st.integers(1, 60),
)
def test_chunks_are_the_whole_table_in_order(
    pair: tuple[str, str], heights: list[int], widths: list[int], most: int
) -> None:
    spec = load_spec(pair[0])
    plans = [plan(Scaling(spec, spec.implementation(pair[1]), alpha, 10), 3) for alpha in (0.5, 0.75, 1.0)]
    costs = compute_costs(group_columns(plans), WeightedCount.from_coefficients({"conv_macs": 1}))
    chunks = list(split_totals(costs, heights, widths, most))
    assert all(chunk.size <= max(most, len(widths)) for chunk in chunks)
    table = compute_totals(costs, [(height, width) for height in heights for width in widths])
    assert (np.concatenate(chunks) == table.reshape(-1, len(widths))).all()
