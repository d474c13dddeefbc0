"""The arena beside TensorFlow Lite's own, to the byte and map by map, and what holds for any network."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

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
from mbcost.analytic.memory.lifetimes import count_live_elements
from mbcost.analytic.network import Network, resolve
from mbcost.spec.catalogue.library import load_family, load_spec
from mbcost.spec.reading.table import parse_spec
from tests.tables import tables, where_possible

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[2] / "data" / "arena.yaml").read_text())["cases"]
NO_STEP = ("PAD", "RESHAPE", "SOFTMAX")
"""Operators of TensorFlow Lite that are no step of the engine's: what they make is small, in place, or an option's."""
SWITCHES = [field.name for field in fields(ArenaOptions)]


def keras(case: dict[str, Any]) -> Network:
    spec = load_spec(case["net"])
    return resolve(spec, alpha=case["alpha"], resolution=case["resolution"], implementation="keras")


def name(case: dict[str, Any]) -> str:
    return f"{case['net']}@{case['alpha']}/{case['resolution']}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_equal_to_tensorflow_lite_to_the_byte(case: dict[str, Any]) -> None:
    """The size of the buffer, and the size and place of the input, of every map and of every scratch in it."""
    network = keras(case)
    placed = {each.name: each for each in plan_arena(network, 1, TENSORFLOW_LITE) if "scratch" not in each.name}
    scratches = [each for each in plan_arena(network, 1, TENSORFLOW_LITE) if "scratch" in each.name]
    assert measure_extent(plan_arena(network, 1, TENSORFLOW_LITE)) == case["arena"]
    assert [placed["input"].size, placed["input"].offset] == case["input"]
    assert sorted([each.size, each.offset] for each in scratches) == sorted(case["scratches"])
    measured = [operator for operator in case["operators"] if operator[0] not in NO_STEP]
    sums = {later.name: earlier.name for earlier, later in zip(network.steps, network.steps[1:], strict=False)}
    for step, (_, size, offset) in zip(network.steps, measured, strict=True):
        found = placed[sums[step.name] if step.part == "add" else step.name]
        assert (found.size, found.offset) == (size, offset), step.name
    padded = [each for each in placed if each.endswith(" padded")]
    pads = [[size, offset] for kind, size, offset in case["operators"] if kind == "PAD"]
    assert [[placed[each].size, placed[each].offset] for each in padded] == pads


def test_six_of_the_cases_pad_nowhere_and_no_option_is_idle() -> None:
    """Every option is needed for some case: without it, the buffer or a place in it is another."""
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
def test_live_buffers_of_any_table_never_overlap_and_hold_what_its_operators_need(
    text: str, resolution: tuple[int, int], size: int, options: ArenaOptions
) -> None:
    """No two that live at once share a byte; the maps alone are never below what one operator needs."""
    spec = parse_spec(text, "any.yaml", load_family)
    with where_possible():
        network = resolve(spec, resolution=resolution, implementation="any", classes=7)
    needed = count_live_elements(network, "naive")
    plain = plan_arena(network, size, MAPS_ALONE)
    assert all(end >= each * size for end, each in zip(find_ends(plain, len(needed)), needed, strict=True))
    placed = plan_arena(network, size, replace(options, pad=False))  # a pad comes before its step: two moments in one
    for place, one in enumerate(placed):
        assert one.offset % (64 if options.align else 1) == 0
        for other in placed[:place]:
            apart = one.end <= other.offset or other.end <= one.offset
            assert apart or one.last < other.first or other.last < one.first, (one, other)
    assert measure_extent(placed) == max(find_ends(placed, len(needed)))
    assert measure_extent(plan_arena(network, size, options)) >= max(each.size for each in placed)


def test_the_smallest_gap_wins_and_not_the_lowest() -> None:
    """As SimpleMemoryArena has it; TensorFlow Lite Micro's planner takes the lowest."""
    wanted = [Buffer("a", 0, 9, 0, 1), Buffer("b", 0, 8, 0, 9), Buffer("c", 0, 7, 0, 1), Buffer("d", 0, 6, 0, 9)]
    offsets = {each.name: each.offset for each in place_buffers([*wanted, Buffer("e", 0, 5, 2, 3)], 1, 99)}
    assert offsets == {"a": 0, "b": 9, "c": 17, "d": 24, "e": 17}
