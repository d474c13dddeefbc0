"""Peaks and flash of many networks at once equal those computed from each network's layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import plan
from mbcost.analytic.many.polynomial import group_columns
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS, count_live_elements
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.memory.peaks import compute_flashes, compute_needs, find_peaks
from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.dtype import DTYPES
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.tables import tables, where_possible

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
SIZES = st.integers(33, 400)


def check(spec: Spec, name: str, alphas: list[float], sizes: list[tuple[int, int]], allocator: str, dtype: str) -> None:
    plans = [plan(Scaling(spec, spec.implementation(name), alpha, 7), spec.channels) for alpha in alphas]
    columns = group_columns(plans)
    peaks = find_peaks(compute_needs(columns, allocator), sizes)
    for row, alpha in enumerate(alphas):
        for column, size in enumerate(sizes):
            network = resolve(spec, alpha=alpha, resolution=size, implementation=name, classes=7)
            assert peaks[row, column] == max(count_live_elements(network, allocator))
    if any(row.keeps_map for row in spec.rows):
        return  # flash then depends on the resolution
    for alpha, flash in zip(alphas, compute_flashes(columns, dtype), strict=True):
        network = resolve(spec, alpha=alpha, resolution=sizes[0], implementation=name, classes=7)
        assert flash == compute_flash(count_stored(network), dtype).total


@given(
    st.sampled_from(PAIRS),
    st.lists(st.floats(0.2, 2.0), min_size=1, max_size=4),
    st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=2),
    st.sampled_from(WITHOUT_OFFSETS),
    st.sampled_from(sorted(DTYPES)),
)
def test_every_peak_is_that_of_the_layers(
    pair: tuple[str, str], alphas: list[float], sizes: list[tuple[int, int]], allocator: str, dtype: str
) -> None:
    check(load_spec(pair[0]), pair[1], alphas, sizes, allocator, dtype)


@given(
    tables(),
    st.lists(st.sampled_from([0.1, 0.3, 1.0, 1.7, 2.0]), min_size=1, max_size=3),
    st.sampled_from(WITHOUT_OFFSETS),
)
def test_every_peak_of_a_random_table_is_that_of_the_layers(text: str, alphas: list[float], allocator: str) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    sizes = [(90, 61), (61, 90)]
    for alpha in alphas:
        for size in sizes:
            with where_possible():
                resolve(spec, alpha=alpha, resolution=size, classes=7)
    check(spec, "any", alphas, sizes, allocator, "int8")


@pytest.mark.parametrize("allocator", WITHOUT_OFFSETS)
def test_peaks_of_fifty_alphas_at_once_are_those_of_the_layers(allocator: str) -> None:
    check(
        load_spec("v3-large"), "official", [0.1 + number / 40 for number in range(50)], [(97, 320)], allocator, "int8"
    )


@pytest.mark.parametrize("allocator", WITHOUT_OFFSETS)
@pytest.mark.parametrize("alphas", [[1 / 32, 0.5], [0.5, 1 / 32]])
def test_a_convolution_of_a_single_channel_is_not_taken_for_a_depthwise_one(
    allocator: str, alphas: list[float]
) -> None:
    """With Keras's rules the first depthwise layer of V1 at alpha 1/32 has one channel."""
    check(load_spec("v1"), "keras", alphas, [(64, 64)], allocator, "int8")
