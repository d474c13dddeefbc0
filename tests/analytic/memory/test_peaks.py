"""Peaks and flash of many networks at once equal those computed from each network's layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import plan
from mbcost.analytic.many.polynomial import group_columns
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS, count_live_elements, find_needs
from mbcost.analytic.memory.flash import compute_flash, count_stored, count_stored_blocks
from mbcost.analytic.memory.peaks import MOST_CELLS, compute_flashes, compute_needs, find_peaks
from mbcost.analytic.network import resolve
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.dtype import DTYPES
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.forms import ROWS, list_networks
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


@pytest.mark.parametrize("widths", [(1, 2, 8, 9), (1, 5, 2**40)])
@pytest.mark.parametrize("allocator", WITHOUT_OFFSETS)
@pytest.mark.parametrize("name", ROWS)
def test_every_combination_of_widths_needs_what_the_maps_of_the_block_need(
    name: str, allocator: str, widths: tuple[int, ...]
) -> None:
    """The orders of the widths and the equal ones decide which maps are live, and which step needs the most.

    On a map of one position, the vectors of squeeze-and-excite count as much as the maps.
    """
    networks = list_networks(name, widths)
    sizes = [(64, 64), (1, 1), (3, 2)]
    peaks = find_peaks(compute_needs(group_columns(networks), allocator), sizes, 4)
    for blocks, row in zip(networks, peaks.tolist(), strict=True):
        needs = find_needs(blocks, allocator)
        assert row == [4 * max(need.elements(size) for need in needs) for size in sizes]


@pytest.mark.parametrize("name", ROWS)
def test_every_combination_of_widths_has_the_flash_of_its_layers(name: str) -> None:
    networks = list_networks(name, (1, 8, 9, 2**40))
    for dtype in DTYPES:
        expected = [compute_flash(count_stored_blocks(blocks), dtype).total for blocks in networks]
        assert compute_flashes(group_columns(networks), dtype).tolist() == expected


@pytest.mark.parametrize("most", [1, 20, 99, MOST_CELLS])
def test_a_long_table_is_computed_in_parts_with_a_limited_number_of_cells(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part ends with the position of the table that exceeds the limit. The parts have the peaks of the whole."""
    monkeypatch.setattr("mbcost.analytic.memory.peaks.MOST_CELLS", most)
    v2 = load_spec("v2")
    plans = [plan(Scaling(v2, v2.implementation("official"), alpha, 7), 3) for alpha in (0.5, 1.0)]
    needs = compute_needs(group_columns(plans), "naive")
    shapes = [part.channels.shape[1:] for part in needs.parts]
    assert all(steps * scales >= most for steps, scales in shapes[:-1])
    assert all(max(0, steps - 4) * max(0, scales - 4) < most for steps, scales in shapes), "without its last block"
    assert sum(steps for steps, _ in shapes) == sum(
        max(len(find_needs([block], "naive")) for block in column) for column in zip(*plans, strict=True)
    )
    assert len(shapes) == 1 or most < MOST_CELLS
    assert needs.scale_count == sum(len(part.scales) for part in needs.parts)
    expected = [[max(need.elements((96, 65)) for need in find_needs(blocks, "naive"))] for blocks in plans]
    assert find_peaks(needs, [(96, 65)]).tolist() == expected
    assert find_peaks(needs.select(slice(1, 2)), [(96, 65)]).tolist() == expected[1:]
