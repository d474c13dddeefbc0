"""Memory models: golden values, their two forms, their order, and the live maps of each step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.memory.allocators import (
    WITHOUT_OFFSETS,
    count_live_elements,
    find_lifetimes,
    find_needs,
    list_step_memory,
)
from mbcost.analytic.memory.flash import Flash, Stored, compute_flash, count_stored, count_stored_blocks
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.tables import tables, where_possible

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
SIDES = st.tuples(st.integers(1, 90), st.integers(1, 90))


def plan_blocks(spec: Spec, implementation: str, alpha: float, classes: int = 1000) -> tuple[Block, ...]:
    return plan(Scaling(spec, spec.implementation(implementation), alpha, classes), spec.channels)


def check(network: Network, blocks: tuple[Block, ...]) -> None:
    """Both forms are equal, no model needs more than the one before it, and `naive` is the sum of the live maps."""
    if any(row.keeps_map for row in network.spec.rows):
        with pytest.raises(MbcostError, match="makes flash depend on the resolution"):
            count_stored_blocks(blocks)
    else:
        assert count_stored(network) == count_stored_blocks(blocks)
    naive = count_live_elements(network, "naive")
    assert naive == tuple(step.reads + step.makes + step.waiting for step in list_step_memory(network))
    peaks = []
    for allocator in WITHOUT_OFFSETS:
        layers = count_live_elements(network, allocator)
        peaks.append(max(layers))
        compact = {need.name: need.elements(network.resolution) for need in find_needs(blocks, allocator)}
        # The compact form leaves out a step that needs the same as the one before it.
        latest = 0
        for step, elements in zip(network.steps, layers, strict=True):
            latest = compact.get(step.name, latest)
            assert latest == elements, (allocator, step.name)
    assert peaks == sorted(peaks, reverse=True)
    live = [0] * len(network.steps)
    for lifetime in find_lifetimes(network):
        for index in range(lifetime.first, lifetime.last + 1):
            live[index] += lifetime.elements
    assert tuple(live) == naive


@given(
    pair=st.sampled_from(PAIRS),
    alpha=st.floats(0.2, 2.0),
    resolution=st.tuples(st.integers(33, 400), st.integers(33, 400)),
)
def test_both_forms_of_a_built_in_network_are_equal(
    pair: tuple[str, str], alpha: float, resolution: tuple[int, int]
) -> None:
    spec = load_spec(pair[0])
    network = resolve(spec, alpha=alpha, resolution=resolution, implementation=pair[1])
    check(network, plan_blocks(spec, pair[1], alpha))


@given(tables(), st.sampled_from([0.3, 1.0, 1.7]), SIDES)
def test_both_forms_of_a_random_table_are_equal(text: str, alpha: float, resolution: tuple[int, int]) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, alpha=alpha, resolution=resolution, implementation="any", classes=7)
    check(network, plan_blocks(spec, "any", alpha, 7))


@pytest.mark.parametrize(
    ("allocator", "elements", "step"),
    [
        ("naive", 1_505_280, "2.1.depthwise"),  # 112x112x96 + 56x56x96
        ("inplace-depthwise", 1_404_928, "2.1.expand"),  # 112x112x(16 + 96)
        ("fused-block", 602_112, "1.1.project"),  # 112x112x(32 + 16): the block without an expansion
    ],
)
def test_the_peak_of_v2_at_224_is_the_one_computed_by_hand(allocator: str, elements: int, step: str) -> None:
    network = resolve(load_spec("v2"))
    live = count_live_elements(network, allocator)
    assert (max(live), network.steps[live.index(max(live))].name) == (elements, step)


def test_mlperf_tinys_v1_at_a_quarter_needs_what_was_computed_by_hand() -> None:
    """MLPerf Tiny's visual wake words model: 96x96x3, 2 classes."""
    network = resolve(load_spec("v1"), alpha=0.25, resolution=96, classes=2)
    assert network.mult_adds() == 7_489_664
    # 48x48x8 -> 48x48x16 by the first pointwise layer.
    assert max(count_live_elements(network, "naive")) == 48 * 48 * (8 + 16)
    # 3x3x3x8 + the blocks + 256x2, by hand from Table 1 at a quarter of the widths.
    widths = [(8, 16), (16, 32), (32, 32), (32, 64), (64, 64), (64, 128), *[(128, 128)] * 5, (128, 256), (256, 256)]
    weights = 9 * 3 * 8 + sum(9 * inputs + inputs * outputs for inputs, outputs in widths) + 256 * 2
    channels = 8 + sum(inputs + outputs for inputs, outputs in widths) + 2
    assert count_stored(network) == Stored(weights, channels, maps=1 + 26 + 2)


def test_a_map_waits_for_its_gate_and_a_blocks_input_for_the_sum() -> None:
    """V3-Large's block 5.1, by hand: it has squeeze-and-excite (32 channels inside) and a residual connection."""
    steps = {memory.step.name: memory for memory in list_step_memory(resolve(load_spec("v3-large")))}
    inside, outside = 28 * 28 * 120, 28 * 28 * 40
    rows = {
        "expand": (outside, inside, 0),
        "depthwise": (inside, inside, outside),
        "se.pool": (inside, 120, outside),
        "se.reduce": (120, 32, inside + outside),
        "se.expand": (32, 120, inside + outside),
        "se.multiply": (inside + 120, inside, outside),
        "project": (inside, outside, outside),
        "add": (2 * outside, outside, 0),
    }
    memory = {part: steps[f"5.1.{part}"] for part in rows}
    assert {part: (step.reads, step.makes, step.waiting) for part, step in memory.items()} == rows


def test_a_shortcut_reads_the_blocks_input_after_the_main_path() -> None:
    """ResNet-50's first block of stage 3, by hand."""
    steps = {memory.step.name: memory for memory in list_step_memory(resolve(load_spec("resnet-50")))}
    inputs, outputs = 56 * 56 * 256, 28 * 28 * 512
    assert (steps["3.1.conv"].waiting, steps["3.1.shortcut"].reads) == (inputs, inputs)
    assert (steps["3.1.shortcut"].waiting, steps["3.1.add"].reads) == (outputs, 2 * outputs)


def test_flash_has_the_scales_and_biases_of_its_dtype() -> None:
    """Floats need no scales, biases for int8 weights are int32, and the input has a scale too."""
    counts = Stored(weights=100, channels=7, maps=3)
    assert compute_flash(counts, "float32") == Flash(400, 28, 0, 0)
    assert compute_flash(counts, "float16") == Flash(200, 14, 0, 0)
    assert compute_flash(counts, "int8") == Flash(100, 28, 4 * (7 + 4), 4 * 4)
    assert compute_flash(counts, "int8").total == 100 + 28 + 44 + 16
    v2 = resolve(load_spec("v2"))
    folded = v2.tally()
    assert count_stored(v2).channels == folded.norm_channels + folded.biases


def test_memory_of_a_flat_list_is_refused() -> None:
    network = resolve(load_spec("v1"))
    network = replace(network, spec=replace(network.spec, implementations={}))
    with pytest.raises(MbcostError, match="does not say which maps a later layer reads"):
        count_live_elements(network, "naive")
