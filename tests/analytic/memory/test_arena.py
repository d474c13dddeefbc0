"""The arena equals that of TensorFlow Lite, map by map and to the byte, and plans of any network are sound."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mbcost.analytic.memory.allocators import count_live_elements
from mbcost.analytic.memory.arena import (
    MAPS_ALONE,
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
from mbcost.spec.reading.table import parse_spec
from tests.tables import tables, where_possible

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[2] / "data" / "arena.yaml").read_text())["cases"]
NO_STEP = ("PAD", "RESHAPE", "SOFTMAX")
"""Operators of TensorFlow Lite without a step in the engine: their output is small, in place, or made by an option."""
SWITCHES = [field.name for field in fields(ArenaOptions)]


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
