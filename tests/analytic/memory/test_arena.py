"""The arena equals that of TensorFlow Lite, map by map and to the byte, and plans of any network are sound."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.memory.allocators import count_live_elements
from mbcost.analytic.memory.arena import (
    MAPS_ALONE,
    OPTIONS,
    TENSORFLOW_LITE,
    ArenaOptions,
    Buffer,
    find_ends,
    measure_extent,
    place_buffers,
    plan_arena,
)
from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import load_family, load_spec
from mbcost.spec.implementation import Padding
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.table import Row
from tests.tables import tables, where_possible

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[2] / "data" / "arena.yaml").read_text())["cases"]
NO_STEP = ("PAD", "RESHAPE", "SOFTMAX")
"""Operators of TensorFlow Lite without a step in the engine: their output is small, in place, or made by an option."""
SWITCHES = [name.replace("-", "_") for name in OPTIONS]


def keras(case: dict[str, Any]) -> Network:
    spec = load_spec(case["net"])
    return resolve(spec, alpha=case["alpha"], resolution=case["resolution"], implementation="keras")


def name(case: dict[str, Any]) -> str:
    return f"{case['net']}@{case['alpha']}/{case['resolution']}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_arena_equals_that_of_tensorflow_lite_to_the_byte(case: dict[str, Any]) -> None:
    """The size of the arena is equal, and so are size and offset of the input, every map and every scratch buffer."""
    network = keras(case)
    buffers = plan_arena(network, 1, TENSORFLOW_LITE)
    maps = {buffer.name: buffer for buffer in buffers if "scratch" not in buffer.name}
    scratches = [buffer for buffer in buffers if "scratch" in buffer.name]
    assert measure_extent(buffers) == case["arena"]
    assert [maps["input"].size, maps["input"].offset] == case["input"]
    assert sorted([buffer.size, buffer.offset] for buffer in scratches) == sorted(case["scratches"])
    measured = [operator for operator in case["operators"] if operator[0] not in NO_STEP]
    sums = {later.name: earlier.name for earlier, later in zip(network.steps, network.steps[1:], strict=False)}
    for step, (_, size, offset) in zip(network.steps, measured, strict=True):
        buffer = maps[sums[step.name] if step.part == "add" else step.name]
        assert (buffer.size, buffer.offset) == (size, offset), step.name
    padded = [buffer for name, buffer in maps.items() if name.endswith(" padded")]
    pads = [[size, offset] for kind, size, offset in case["operators"] if kind == "PAD"]
    assert [[buffer.size, buffer.offset] for buffer in padded] == pads


def test_only_one_case_pads_and_every_option_changes_a_case() -> None:
    """Without any one of the options, the size or an offset differs in at least one case."""
    assert [name(case) for case in CASES if any(kind == "PAD" for kind, *_ in case["operators"])] == ["v1@0.75/100"]
    for switch in SWITCHES:
        less = replace(TENSORFLOW_LITE, **{switch: False})
        differing = [
            case
            for case in CASES
            if set(plan_arena(keras(case), 1, less)) - set(plan_arena(keras(case), 1, TENSORFLOW_LITE))
        ]
        assert differing, switch


@given(
    tables(),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.sampled_from([1, 2, 4]),
    st.builds(ArenaOptions, *[st.booleans()] * len(SWITCHES)),
)
def test_buffers_of_a_random_table_that_are_live_at_once_share_no_byte(
    text: str, resolution: tuple[int, int], size: int, options: ArenaOptions
) -> None:
    """An arena of the maps alone also has at least the bytes that are live in the model `naive`, at every step."""
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, resolution=resolution, implementation="any", classes=7)
    needed = count_live_elements(network, "naive")
    plain = plan_arena(network, size, MAPS_ALONE)
    assert all(end >= elements * size for end, elements in zip(find_ends(plain, len(needed)), needed, strict=True))
    # Padding runs before its step, at another moment of the same step, so it is left out.
    buffers = plan_arena(network, size, replace(options, pad=False))
    for index, buffer in enumerate(buffers):
        assert buffer.offset % (64 if options.align else 1) == 0
        for other in buffers[:index]:
            apart = buffer.end <= other.offset or other.end <= buffer.offset
            assert apart or buffer.last < other.first or other.last < buffer.first, (buffer, other)
    assert measure_extent(buffers) == max(find_ends(buffers, len(needed)))
    assert measure_extent(plan_arena(network, size, options)) >= max(buffer.size for buffer in buffers)


def test_a_buffer_gets_the_smallest_gap_and_not_the_lowest() -> None:
    """So does SimpleMemoryArena, whereas the planner of TensorFlow Lite Micro takes the lowest gap."""
    placed = [Buffer("a", 0, 9, 0, 1), Buffer("b", 0, 8, 0, 9), Buffer("c", 0, 7, 0, 1), Buffer("d", 0, 6, 0, 9)]
    buffers = place_buffers([*placed, Buffer("e", 0, 5, 2, 3)], 1, 99)
    offsets = {buffer.name: buffer.offset for buffer in buffers}
    assert offsets == {"a": 0, "b": 9, "c": 17, "d": 24, "e": 17}


def test_of_two_equal_gaps_a_buffer_gets_the_lower_one() -> None:
    placed = [Buffer("a", 0, 9, 0, 1), Buffer("b", 0, 9, 0, 9), Buffer("c", 0, 9, 0, 1), Buffer("d", 0, 9, 0, 9)]
    buffers = place_buffers([*placed, Buffer("e", 0, 5, 2, 3)], 1, 99)
    assert {buffer.name: buffer.offset for buffer in buffers} == {"a": 0, "b": 9, "c": 18, "d": 27, "e": 0}


def place_by_bytes(buffers: list[Buffer], steps: int, alignment: int = 1) -> dict[str, int]:
    """The rule of SimpleMemoryArena, byte by byte.

    First the buffers that are live in all steps, then the largest, then the first. A gap is a run of free bytes below
    a byte that is taken. From the lowest gap up, each one replaces the one before it if it is long enough from its
    first aligned byte on, and shorter from there than the whole of the other.
    """
    offsets: dict[str, int] = {}
    placed: list[Buffer] = []
    whole = [buffer for buffer in buffers if (buffer.first, buffer.last) == (0, steps)]
    others = sorted((buffer for buffer in buffers if buffer not in whole), key=lambda buffer: buffer.first)
    for buffer in sorted(whole, key=lambda buffer: -buffer.size) + sorted(others, key=lambda buffer: -buffer.size):
        moments = set(range(buffer.first, buffer.last + 1))
        live = [other for other in placed if moments & set(range(other.first, other.last + 1))]
        taken = {offsets[other.name] + byte for other in live for byte in range(other.size)}
        best: tuple[float, int] = (inf, -1)
        start = 0
        for byte in sorted(taken):
            first = next(number for number in range(start, start + alignment) if number % alignment == 0)
            if buffer.size <= byte - first < best[0]:
                best = (byte - start, first)
            start = byte + 1
        offsets[buffer.name] = best[1] if best[1] >= 0 else ceil(start / alignment) * alignment
        placed.append(buffer)
    return offsets


@st.composite
def lists_of_buffers(draw: st.DrawFn) -> list[Buffer]:
    buffers = []
    for index in range(draw(st.integers(1, 12))):
        first = draw(st.integers(0, 5))
        last = draw(st.integers(first, 6))
        buffers.append(Buffer(str(index), 0, draw(st.integers(1, 9)), first, last))
    return buffers


@given(lists_of_buffers(), st.sampled_from([1, 64]))
def test_every_buffer_gets_the_smallest_gap_found_byte_by_byte(buffers: list[Buffer], alignment: int) -> None:
    """With sizes that are multiples of the alignment, every offset is multiplied by it."""
    scaled = [replace(buffer, size=buffer.size * alignment) for buffer in buffers]
    placed = place_buffers(scaled, alignment, 6)
    assert {buffer.name: buffer.offset for buffer in placed} == {
        name: offset * alignment for name, offset in place_by_bytes(buffers, 6).items()
    }
    assert sorted(replace(buffer, offset=0).name for buffer in placed) == sorted(buffer.name for buffer in buffers)
    aligned = place_buffers(buffers, 4, 6)
    assert {buffer.name: buffer.offset for buffer in aligned} == place_by_bytes(buffers, 6, alignment=4)


def test_buffers_that_are_live_in_every_step_come_first() -> None:
    """A small input that is never overwritten is at the start of the arena, before the largest map."""
    maps = [Buffer("input", 0, 2, 0, 9), Buffer("map", 0, 8, 0, 1), Buffer("late", 0, 5, 1, 9), Buffer("b", 0, 1, 0, 9)]
    assert [(buffer.name, buffer.offset) for buffer in place_buffers(maps, 1, 9)] == [
        ("input", 0), ("b", 2), ("map", 3), ("late", 11),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "alignment", "offset"), [(64, 64, 64), (65, 64, 128), (1, 64, 64), (63, 1, 63), (65, 16, 80)]
)
def test_an_aligned_buffer_starts_at_the_next_multiple(size: int, alignment: int, offset: int) -> None:
    buffers = place_buffers([Buffer("a", 0, size, 0, 1), Buffer("b", 0, 1, 1, 1)], alignment, 9)
    assert buffers[1].offset == offset


def test_the_end_of_a_step_is_that_of_its_last_buffer() -> None:
    buffers = [Buffer("a", 0, 4, 0, 1), Buffer("b", 4, 6, 1, 2), Buffer("c", 0, 2, 2, 3)]
    assert find_ends(buffers, 3) == (4, 10, 10)  # "c" is live until the end of the network
    assert find_ends([*buffers, Buffer("d", 3, 1, 3, 3)], 4) == (4, 10, 10, 4)
    assert measure_extent(buffers) == 10
    assert find_ends([], 2) == (0, 0)


def test_without_the_option_offsets_are_not_aligned() -> None:
    """The output, 3 x 3 x 8 bytes, comes after the 9 x 9 x 3 bytes of the input; int16 doubles every offset."""
    network = resolve_rows(Row(0, "conv", c=8, s=3), padding="same", resolution=(9, 9))
    for size, align, offset in ((1, False, 243), (2, False, 486), (1, True, 256), (2, True, 512)):
        _, output = plan_arena(network, size, ArenaOptions(align=align))
        assert (output.name, output.size, output.offset) == ("0.1.conv", 72 * size, offset)


def test_the_scratch_buffers_of_a_step_are_those_of_its_kernel() -> None:
    """V3-Small at 224: only the stem is unfolded, and every pool, also that of a squeeze, sums in int32."""
    network = resolve(load_spec("v3-small"))
    plain = {buffer.name for buffer in plan_arena(network, 1)}
    assert plain == {"input", *(step.name for step in network.steps)}
    scratches = [
        (buffer.name, buffer.size, buffer.first, buffer.last)
        for buffer in plan_arena(network, 1, ArenaOptions(unfold=True, pool_sums=True))
        if buffer.name not in plain
    ]
    steps = {step.name: (index, step) for index, step in enumerate(network.steps)}
    expected = [("0.1.conv scratch", 112 * 112 * 27, 0, 0)]
    for name, (index, step) in steps.items():
        if name.endswith("pool"):
            sizes = (4 * step.output.channels, 16, 8)
            expected += [(f"{name} scratch", size, index, index) for size in sizes]
    assert sorted(scratches) == sorted(expected)


def resolve_rows(*rows: Row, padding: str, resolution: tuple[int, int]) -> Network:
    """A network of these rows under V2's official rules, with one padding everywhere."""
    v2 = load_spec("v2")
    record = v2.implementation("official")
    rules = replace(record.layer_rules, padding=Padding(padding, padding, padding))
    record = replace(record, layer_rules=rules)
    return resolve(replace(v2, rows=rows, implementations={"official": record}), resolution=resolution)


@pytest.mark.parametrize(
    ("padding", "kernel", "stride", "side", "padded"),
    [
        ("same", (3, 3), 2, (9, 9), None),
        ("symmetric", (3, 3), 1, (9, 9), None),  # one zero on each side, as `same` has
        ("symmetric", (1, 1), 2, (8, 8), None),  # a window of one position never needs a zero
        ("symmetric", (3, 3), 2, (9, 9), None),
        ("symmetric", (3, 3), 2, (8, 8), (10, 10)),  # `same` has no zero before an even side and one after it
        ("symmetric", (3, 3), 2, (9, 8), (11, 10)),
        ("symmetric", (3, 3), 2, (8, 9), (10, 11)),
        ("symmetric", (5, 3), 1, (9, 9), None),
        ("trailing", (3, 3), 2, (8, 8), None),
        ("trailing", (3, 3), 2, (9, 9), (10, 10)),
        ("trailing", (3, 3), 1, (9, 9), None),
        ("trailing", (1, 1), 2, (8, 8), (9, 9)),
        ("trailing", (5, 5), 3, (10, 7), (11, 8)),  # `same` has 2 + 2 and 2 + 2
    ],
)
def test_a_convolution_reads_a_padded_copy_unless_tensorflow_pads_as_it_does(
    padding: str, kernel: tuple[int, int], stride: int, side: tuple[int, int], padded: tuple[int, int] | None
) -> None:
    row = Row(0, "conv", k=kernel, c=8, s=stride)
    network = resolve_rows(row, padding=padding, resolution=side)
    buffers = plan_arena(network, 2, ArenaOptions(pad=True))
    copies = [buffer.size for buffer in buffers if buffer.name == "0.1.conv padded"]
    assert copies == ([] if padded is None else [2 * 3 * padded[0] * padded[1]])
    # The first map is only read by the pad; it is live as long as without the copy, since a step is not divided.
    assert [buffer.last for buffer in buffers if buffer.name == "input"] == [0]


def test_a_padded_copy_replaces_the_map_that_it_was_made_from() -> None:
    """The convolution reads the copy alone, so that its output can be at the place of the map.

    A map of 9 x 9 x 8 = 648 B, its copy of 10 x 10 x 8 = 800 B, and the output of 4 x 4 x 8 = 128 B: the map and the
    copy are live together, and the output reuses the bytes of the map.
    """
    rows = (Row(0, "conv", k=(1, 1), c=8), Row(1, "conv", k=(3, 3), c=8, s=2))
    network = resolve_rows(*rows, padding="trailing", resolution=(9, 9))
    buffers = {buffer.name: buffer for buffer in plan_arena(network, 1, ArenaOptions(pad=True))}
    copy, map_, output = buffers["1.1.conv padded"], buffers["0.1.conv"], buffers["1.1.conv"]
    assert (copy.size, map_.size, output.size) == (800, 648, 128)
    assert (copy.first, copy.last, map_.first, map_.last, output.first, output.last) == (1, 1, 0, 1, 1, 1)
    assert (copy.offset, map_.offset, output.offset) == (0, 800, 800)
    assert measure_extent(buffers.values()) == 1448


def test_the_output_of_a_padded_convolution_shares_no_byte_with_its_scratch_buffer() -> None:
    """On 8 x 9 positions of 3 channels, Keras's padding of 9 x 10 is not TensorFlow's own; a window has 27 values.

    The copy, the scratch buffer and the output are live together. The input is not needed after the copy is made.
    """
    network = resolve_rows(Row(0, "conv", c=8, s=2), padding="trailing", resolution=(8, 9))
    sizes = {"input": 8 * 9 * 3, "0.1.conv padded": 9 * 10 * 3, "0.1.conv scratch": 16 * 27, "0.1.conv": 16 * 8}
    buffers = {buffer.name: buffer for buffer in plan_arena(network, 1, ArenaOptions(pad=True, unfold=True))}
    assert {name: buffer.size for name, buffer in buffers.items()} == sizes
    offsets = {name: buffer.offset for name, buffer in buffers.items()}
    # The largest first: the copy above the scratch buffer, the input below the copy, the output above it.
    assert offsets == {"0.1.conv scratch": 0, "0.1.conv padded": 432, "input": 0, "0.1.conv": 702}


@pytest.mark.parametrize("keep", [False, True])
def test_an_input_that_is_never_overwritten_is_live_after_the_last_step(keep: bool) -> None:
    network = resolve(load_spec("v1"), resolution=32)
    buffers = {buffer.name: buffer for buffer in plan_arena(network, 1, ArenaOptions(keep_input=keep))}
    steps = len(network.steps)
    assert (buffers["input"].first, buffers["input"].last) == (0, steps if keep else 0)
    assert {buffer.last for buffer in buffers.values() if buffer.name != "input"} == set(range(1, steps))
    assert buffers[network.steps[-1].name].last == steps - 1


@pytest.mark.parametrize(
    ("kernel", "stride", "groups", "values"),
    [
        ((1, 1), 1, 1, 0),  # a pointwise convolution reads its input as it is
        ((1, 1), 2, 1, 3 * 4 * 16),  # with a stride, the positions that it reads are gathered first
        ((3, 3), 1, 1, 6 * 8 * 9 * 16),
        ((3, 1), 3, 1, 2 * 3 * 3 * 16),
        ((1, 5), 1, 2, 6 * 8 * 5 * 16),
        ((3, 3), 1, 16, 0),  # depthwise
    ],
)
@pytest.mark.parametrize("size", [1, 2])
def test_a_convolution_unfolds_whole_windows_unless_it_is_pointwise_or_depthwise(
    kernel: tuple[int, int], stride: int, groups: int, values: int, size: int
) -> None:
    """TensorFlow Lite's kernel of a convolution needs im2col if its kernel or its stride is not 1."""
    rows = Row(0, "conv", k=(1, 1), c=16), Row(1, "conv", k=kernel, c=16, s=stride, g=groups)
    network = resolve_rows(*rows, padding="same", resolution=(6, 8))
    buffers = plan_arena(network, size, ArenaOptions(unfold=True))
    scratches = [(buffer.name, buffer.size) for buffer in buffers if "scratch" in buffer.name]
    assert scratches == ([("1.1.conv scratch", values * size)] if values else [])
