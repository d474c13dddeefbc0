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
    trace_flow,
)
from mbcost.analytic.memory.flash import Stored, count_stored, count_stored_blocks
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_family, load_spec
from mbcost.spec.implementation import ChannelRule
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec
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


def test_memory_of_a_flat_list_is_refused() -> None:
    network = resolve(load_spec("v1"))
    network = replace(network, spec=replace(network.spec, implementations={}))
    with pytest.raises(MbcostError, match="does not say which maps a later layer reads"):
        count_live_elements(network, "naive")


def resolve_rows(*rows: Row, resolution: tuple[int, int] = (4, 4)) -> tuple[Network, tuple[Block, ...]]:
    spec = replace(load_spec("v2"), rows=rows)
    return resolve(spec, resolution=resolution), plan_blocks(spec, "official", 1.0)


@pytest.mark.parametrize(
    ("inputs", "expanded", "outputs", "live"),
    [
        # Slices: in every step of the block only its input and its output are live.
        (16, 32, 24, [16 + 24] * 3),
        (32, 32, 24, [32, 32 + 24]),  # t = 1: there is no expansion, and the depthwise layer is in place
        (24, 32, 32, [24 + 32] * 3),  # as wide as the wider one of the two is wide enough
        # Layer by layer: the expanded map is narrower than the input, than the output, or than both.
        (32, 24, 16, [32 + 24, 24, 24 + 16]),
        (16, 24, 32, [16 + 24, 24, 24 + 32]),
        (32, 16, 24, [32 + 16, 16, 16 + 24]),
        (24, 16, 32, [24 + 16, 16, 16 + 32]),
        (32, 8, 24, [32 + 8, 8, 8 + 24]),
    ],
)
def test_a_block_is_sliced_only_if_its_expanded_map_is_at_least_as_wide_as_both_others(
    inputs: int, expanded: int, outputs: int, live: list[int]
) -> None:
    """By hand, in channels per position of a 4 x 4 map; the stem before it makes the inputs from three channels."""
    rows = Row(0, "conv", c=inputs), Row(1, "bottleneck", exp=expanded, c=outputs)
    network, blocks = resolve_rows(*rows)
    expected = [3 + inputs, *live]
    assert count_live_elements(network, "fused-block") == tuple(16 * channels for channels in expected)
    needs = {need.name: need.elements((4, 4)) for need in find_needs(blocks, "fused-block")}
    first = "1.1.expand" if expanded != inputs else "1.1.depthwise"
    assert needs[first] == 16 * live[0]


def test_a_block_of_bare_convolutions_is_sliced_like_any_other() -> None:
    """Without norms and activations a step is a single layer."""
    v2 = load_spec("v2")
    record = v2.implementation("official")
    bare = replace(record.layer_rules, bare=frozenset({"conv", "expand", "depthwise", "project"}))
    rows = Row(0, "conv", c=16), Row(1, "bottleneck", t=4, c=24)
    spec = replace(v2, rows=rows, implementations={"official": replace(record, layer_rules=bare)})
    network = resolve(spec, resolution=4)
    assert [len(step.layers) for step in network.steps] == [1, 1, 1, 1]
    assert count_live_elements(network, "fused-block") == (16 * 19, 16 * 40, 16 * 40, 16 * 40)


def test_a_sliced_block_keeps_what_came_before_its_expansion_and_adds_in_place() -> None:
    """A universal bottleneck of 16 -> 16 channels with a depthwise layer before the expansion, on a 4 x 4 map.

    The first depthwise layer reads the block's input, which the sum still needs, so it cannot be in place: 16 + 16. In
    slices, its output and the block's output are live, and the block's input waits for the sum: 16 + 16 + 16, until
    the end of the block.
    """
    rows = Row(0, "conv", c=16), Row(1, "universal_bottleneck", k=(3, 3), a=(3, 3), t=4, c=16)
    network, _ = resolve_rows(*rows)
    assert [step.part for step in network.steps] == ["conv", "start", "expand", "depthwise", "project", "add"]
    sliced = count_live_elements(network, "fused-block")
    assert sliced == tuple(16 * channels for channels in (3 + 16, 16 + 16, 48, 48, 48, 48))
    alone = count_live_elements(network, "inplace-depthwise")
    assert alone == tuple(16 * channels for channels in (19, 32, 16 + 64 + 16, 64 + 16, 64 + 16 + 16, 48))


def test_a_block_with_a_gate_is_not_sliced_and_a_strided_depthwise_layer_is_in_place() -> None:
    rows = Row(0, "conv", c=16), Row(1, "bottleneck", k=(3, 3), t=4, c=24, s=2, se=True)
    network, _ = resolve_rows(*rows)
    # On 4 x 4 and, after the depthwise layer, on 2 x 2 positions; 64 / 4 = 16 channels between the two convolutions.
    before, after = 16, 4
    expected = (
        before * (3 + 16),
        before * (16 + 64),
        before * 64,  # in place, although its output is smaller
        after * 64 + 64,  # the pool
        64 + 16 + after * 64,  # both convolutions wait with the map that the gate multiplies
        16 + 64 + after * 64,
        after * 64 + 64 + after * 64,
        after * (64 + 24),
    )
    assert count_live_elements(network, "fused-block") == expected
    assert count_live_elements(network, "inplace-depthwise") == expected


@pytest.mark.parametrize(
    ("inputs", "groups", "outputs", "live"),
    [
        (16, 16, 16, 16),  # in place
        (16, 16, 32, 16 + 32),  # every channel has two filters, so that the output does not fit
        (16, 8, 16, 16 + 16),
        (1, 1, 1, 1 + 1),  # nothing tells it from a standard convolution
    ],
)
def test_a_convolution_is_in_place_only_if_it_has_one_filter_per_channel(
    inputs: int, groups: int, outputs: int, live: int
) -> None:
    v2 = load_spec("v2")
    record = replace(v2.implementation("official"), channels=ChannelRule("none", 1, 1))
    rows = Row(0, "global_pool"), Row(1, "conv", c=outputs, g=groups)
    spec = replace(v2, rows=rows, implementations={"official": record})
    network = resolve(spec, resolution=4, in_channels=inputs)
    assert count_live_elements(network, "naive") == (16 * inputs + inputs, inputs + outputs)
    assert count_live_elements(network, "inplace-depthwise") == (16 * inputs + inputs, live)


def test_the_lifetime_of_a_map_ends_with_its_last_reader() -> None:
    rows = Row(0, "conv", c=16), Row(1, "bottleneck", k=(3, 3), t=4, c=16), Row(2, "conv", c=8)
    network, _ = resolve_rows(*rows)
    assert [(map_.name, map_.elements, map_.first, map_.last) for map_ in find_lifetimes(network)] == [
        ("input", 48, 0, 0),
        ("0.1.conv", 256, 0, 4),  # until the sum reads it
        ("1.1.expand", 1024, 1, 2),
        ("1.1.depthwise", 1024, 2, 3),
        ("1.1.project", 256, 3, 4),
        ("1.1.add", 256, 4, 5),
        ("2.1.conv", 128, 5, 5),  # the output
    ]


def test_a_network_of_one_block_needs_what_its_layers_need() -> None:
    """A single convolution of 3 -> 8 channels with stride 2 on 5 x 4 positions: 60 elements in, 3 x 2 x 8 out."""
    network, blocks = resolve_rows(Row(0, "conv", c=8, s=2), resolution=(5, 4))
    for allocator in WITHOUT_OFFSETS:
        assert count_live_elements(network, allocator) == (60 + 48,)
        (need,) = find_needs(blocks, allocator)
        assert (need.name, need.fixed, need.elements((5, 4))) == ("0.1.conv", 0, 108)


@pytest.mark.parametrize(
    ("parts", "reads", "waiting"),
    [
        (["conv"], [(0,)], [()]),
        (["expand", "depthwise", "project", "add"], [(0,), (1,), (2,), (0, 3)], [(), (0,), (0,), ()]),
        (
            ["conv1", "conv2", "shortcut", "add"],  # ResNet's projection reads the input after the main path
            [(0,), (1,), (0,), (2, 3)],
            [(), (0,), (2,), ()],
        ),
        (
            ["depthwise", "se.pool", "se.reduce", "se.expand", "se.multiply", "project", "add"],
            [(0,), (1,), (2,), (3,), (1, 4), (5,), (0, 6)],
            [(), (0,), (0, 1), (0, 1), (0,), (0,), ()],
        ),
        (  # squeeze-and-excite before a fused convolution multiplies the input itself
            ["se.pool", "se.reduce", "se.expand", "se.multiply", "conv"],
            [(0,), (1,), (2,), (0, 3), (4,)],
            [(), (0,), (0,), (), ()],
        ),
    ],
)  # fmt: skip
def test_the_flow_of_a_block_follows_from_its_parts(
    parts: list[str], reads: list[tuple[int, ...]], waiting: list[tuple[int, ...]]
) -> None:
    """Map 0 is the block's input, map k + 1 the output of step k."""
    uses = trace_flow(parts)
    assert [use.reads for use in uses] == reads
    assert [use.makes for use in uses] == list(range(1, len(parts) + 1))
    assert [use.waiting for use in uses] == waiting
