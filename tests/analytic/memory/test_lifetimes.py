"""Memory models: golden values, their two forms, their order, and what is held step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.memory.flash import Flash, Stored, compute_flash, count_stored, count_stored_blocks
from mbcost.analytic.memory.lifetimes import (
    WITHOUT_OFFSETS,
    count_live_elements,
    find_lifetimes,
    find_needs,
    list_step_memory,
)
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec
from tests.tables import tables, where_possible

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
SIDES = st.tuples(st.integers(1, 90), st.integers(1, 90))


def planned(spec: Spec, implementation: str, alpha: float, classes: int = 1000) -> tuple[Block, ...]:
    return plan(Scaling(spec, spec.implementation(implementation), alpha, classes), spec.channels)


def check(network: Network, blocks: tuple[Block, ...]) -> None:
    """Both forms alike, every model at most the one before it, step by step what is read, made and kept."""
    assert count_stored(network) == count_stored_blocks(blocks)
    naive = count_live_elements(network, "naive")
    assert naive == tuple(each.reads + each.makes + each.waiting for each in list_step_memory(network))
    peaks = []
    for allocator in WITHOUT_OFFSETS:
        layers = count_live_elements(network, allocator)
        peaks.append(max(layers))
        compact = {need.name: need.elements(network.resolution) for need in find_needs(blocks, allocator)}
        # The compact form leaves out a step that needs what the one before it needs.
        latest = 0
        for step, elements in zip(network.steps, layers, strict=True):
            latest = compact.get(step.name, latest)
            assert latest == elements, (allocator, step.name)
    assert peaks == sorted(peaks, reverse=True)
    alive = [0] * len(network.steps)
    for each in find_lifetimes(network):
        for place in range(each.first, each.last + 1):
            alive[place] += each.elements
    assert tuple(alive) == naive


@given(
    pair=st.sampled_from(PAIRS),
    alpha=st.floats(0.2, 2.0),
    resolution=st.tuples(st.integers(33, 400), st.integers(33, 400)),
)
def test_both_forms_and_the_lifetimes_agree_on_any_network(
    pair: tuple[str, str], alpha: float, resolution: tuple[int, int]
) -> None:
    spec = load_spec(pair[0])
    network = resolve(spec, alpha=alpha, resolution=resolution, implementation=pair[1])
    check(network, planned(spec, pair[1], alpha))


@given(tables(), st.sampled_from([0.3, 1.0, 1.7]), SIDES)
def test_both_forms_and_the_lifetimes_agree_on_any_table(text: str, alpha: float, resolution: tuple[int, int]) -> None:
    """Where the layers can be made at all."""
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, alpha=alpha, resolution=resolution, implementation="any", classes=7)
    check(network, planned(spec, "any", alpha, 7))


@pytest.mark.parametrize(
    ("allocator", "elements", "step"),
    [
        ("naive", 1_505_280, "2.1.depthwise"),  # 112x112x96 + 56x56x96
        ("inplace-depthwise", 1_404_928, "2.1.expand"),  # 112x112x(16 + 96)
        ("fused-block", 602_112, "1.1.project"),  # 112x112x(32 + 16): the block without an expansion
    ],
)
def test_v2_at_224(allocator: str, elements: int, step: str) -> None:
    network = resolve(load_spec("v2"))
    found = count_live_elements(network, allocator)
    assert (max(found), network.steps[found.index(max(found))].name) == (elements, step)


def test_mlperf_tiny_has_v1_at_a_quarter() -> None:
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


def test_the_map_waits_for_its_gate_and_the_input_for_the_sum() -> None:
    """V3-Large's 5.1, by hand: a block with squeeze-and-excite (32 channels inside) and a residual connection."""
    steps = {each.step.name: each for each in list_step_memory(resolve(load_spec("v3-large")))}
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
    found = {part: steps[f"5.1.{part}"] for part in rows}
    assert {part: (each.reads, each.makes, each.waiting) for part, each in found.items()} == rows


def test_a_shortcut_reads_the_blocks_input_after_the_main_path() -> None:
    """ResNet-50's first block of stage 3, by hand."""
    steps = {each.step.name: each for each in list_step_memory(resolve(load_spec("resnet-50")))}
    given, made = 56 * 56 * 256, 28 * 28 * 512
    assert (steps["3.1.conv"].waiting, steps["3.1.shortcut"].reads) == (given, given)
    assert (steps["3.1.shortcut"].waiting, steps["3.1.add"].reads) == (made, 2 * made)


def test_flash_by_dtype() -> None:
    """Float needs no scales; biases of int8 are int32; the input has a scale too."""
    counts = Stored(weights=100, channels=7, maps=3)
    assert compute_flash(counts, "float32") == Flash(400, 28, 0, 0)
    assert compute_flash(counts, "float16") == Flash(200, 14, 0, 0)
    assert compute_flash(counts, "int8") == Flash(100, 28, 4 * (7 + 4), 4 * 4)
    assert compute_flash(counts, "int8").total == 100 + 28 + 44 + 16
    v2 = resolve(load_spec("v2"))
    folded = v2.tally()
    assert count_stored(v2).channels == folded.norm_channels + folded.biases


def test_a_flat_list_does_not_say_what_waits() -> None:
    network = resolve(load_spec("v1"))
    network = replace(network, spec=replace(network.spec, implementations={}))
    with pytest.raises(MbcostError, match="does not say which maps wait"):
        count_live_elements(network, "naive")
