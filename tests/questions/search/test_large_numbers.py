"""Numbers of any size: `sweep`, `fit`, `memory` and `plot` agree with the layers, from which nothing overflows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mbcost.analytic.many.exact import make_integers
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.network import Network
from mbcost.questions.device.memory import compute_memory
from mbcost.questions.plot import compute_cost_grid
from mbcost.questions.search.configurations import CostSheet, CountingRules, compute_sheet
from mbcost.questions.search.fit import Wish, fit
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.series import Series
from mbcost.questions.search.sweep import Aim, find_front, sweep
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_conventions, load_family, load_spec
from mbcost.spec.dtype import DTYPES
from mbcost.spec.reading.table import parse_spec
from mbcost.spec.table import Row, Spec
from tests.tables import tables, where_possible

LARGE = st.integers(0, 100).flatmap(lambda power: st.integers(1, 2**power))
"""Numbers up to 10^30, with as many small ones as large ones."""
ALPHAS = st.lists(st.sampled_from([0.3, 1.0, 1.7, 1e3, 2.0**20, 2.0**26, 2.0**27 + 8, 2.0**40]), min_size=1, max_size=3)
SIDES = st.integers(5, 100).flatmap(lambda power: st.integers(2**power // 2, 2**power))
SIZES = st.lists(st.tuples(SIDES, SIDES) | SIDES.map(lambda side: (side, side)), min_size=1, max_size=2)
RULES = st.builds(
    CountingRules,
    st.sampled_from(sorted(load_conventions())).map(load_convention),
    st.sampled_from(WITHOUT_OFFSETS),
    st.sampled_from(sorted(DTYPES)),
)


@dataclass(frozen=True)
class Expected:
    """What the layers of a configuration say."""

    mult_adds: int
    params: int
    memory: int
    flash: int

    @staticmethod
    def of(network: Network, rules: CountingRules) -> Expected:
        memory = compute_memory(network, (rules.allocator,), rules.dtype, rules.dtype)
        flash = compute_flash(count_stored(network), rules.dtype).total
        assert memory.flash.total == flash
        return Expected(
            network.mult_adds(rules.convention), network.params(rules.convention), memory.peaks[0].bytes, flash
        )


def check(series: Series, alphas: list[float], sizes: list[tuple[int, int]], rules: CountingRules) -> None:
    """Compare every command's numbers with the layers', at the exact value as a limit, below it and above."""
    sheet = compute_sheet(series, series.plan_alphas(alphas), rules)
    sizes = list(dict.fromkeys(sizes))
    expected = {
        (alpha, size): Expected.of(series.resolve(alpha, size), rules) for alpha in set(alphas) for size in sizes
    }
    points = [point for batch in sweep([sheet], [sizes]) for point in batch.list_configurations()]
    for (alpha, size), costs in expected.items():
        (point,) = (
            point for point in points if point.plateau.least <= alpha <= point.plateau.most and point.resolution == size
        )
        assert Expected(point.mult_adds, point.params, point.memory, point.flash) == costs
    check_fit(sheet, sizes, list(expected.values()))
    sides = [height for height, width in sizes if height == width]
    if sides:
        grid = compute_cost_grid(
            series.spec, series.implementation.name, rules.convention, alphas, sides, classes=series.classes,
            in_channels=series.in_channels,
        )  # fmt: skip
        assert grid.mult_adds == tuple(
            tuple(expected[alpha, (side, side)].mult_adds for side in sides) for alpha in alphas
        )


def check_fit(sheet: CostSheet, sizes: list[tuple[int, int]], expected: list[Expected]) -> None:
    limits = [Limit(quantity, getattr(expected[0], quantity)) for quantity in ("memory", "flash", "mult_adds")]
    distinct = [point for batch in sweep([sheet], [sizes]) for point in batch.list_configurations()]
    for limit in limits:
        for value in (limit.value - 1, limit.value, limit.value + 1):
            answer = fit([sheet], [sizes], [replace(limit, value=value)], Wish("mult_adds", "all", 9))
            values = [getattr(point, limit.quantity) for point in distinct]
            assert answer.fitting == sum(number <= value for number in values)
            ranked = [fitting.configuration.mult_adds for fitting in answer.best]
            assert ranked == sorted(ranked, reverse=True)
            if not answer.best:
                ((_, nearest),) = answer.impossible
                assert nearest is not None
                assert getattr(nearest, limit.quantity) == min(values)
    front = find_front(sweep([sheet], [sizes]), (Aim("memory", -1), Aim("mult_adds", 1)))
    pairs = {(point.memory, -point.mult_adds) for point in distinct}
    assert {(point.memory, -point.mult_adds) for point in front} == {
        pair
        for pair in pairs
        if not any(other != pair and other[0] <= pair[0] and other[1] <= pair[1] for other in pairs)
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(tables(), ALPHAS, SIZES, LARGE, LARGE, RULES)
def test_a_random_table_of_any_size_costs_what_its_layers_cost(
    text: str, alphas: list[float], sizes: list[tuple[int, int]], classes: int, in_channels: int, rules: CountingRules
) -> None:
    spec = parse_spec(text, "any.yaml", load_family)
    assume(not any(row.keeps_map for row in spec.rows))  # flash then depends on the resolution, which is refused
    series = Series(spec, spec.implementation("any"), classes, in_channels)
    for alpha in alphas:
        for size in sizes:
            with where_possible():
                series.resolve(alpha, size)
    check(series, alphas, sizes, rules)


@settings(max_examples=12)
@given(st.sampled_from(NETWORKS), ALPHAS, SIDES, LARGE, LARGE, RULES)
def test_a_built_in_network_of_any_size_costs_what_its_layers_cost(
    net: str, alphas: list[float], side: int, classes: int, in_channels: int, rules: CountingRules
) -> None:
    spec = load_spec(net)
    series = Series(spec, spec.implementation(spec.default_implementation), classes, in_channels)
    size = (side + 300, side + 300)
    with where_possible():
        for alpha in alphas:
            series.resolve(alpha, size)
    check(series, alphas, [size, (side + 301, 333)], rules)


def make_table(rows: list[dict[str, Any]], channels: int = 3) -> Series:
    v1 = load_spec("v1")
    spec = Spec(
        "any", "", v1.source, channels, (224, 224), ("operator", "k", "c"),
        tuple(Row(index, **row) for index, row in enumerate(rows)), {"official": v1.implementation("official")},
    )  # fmt: skip
    return Series(spec, spec.implementation("official"), 1000, channels)


CONV = {"operator": "conv", "nl": None}
CASES: dict[str, tuple[Series, list[float], list[tuple[int, int]]]] = {
    "a grid of 65537 x 65536 cells": (
        make_table([{"operator": "flatten", "k": (65537, 65536)}, {"operator": "dense", "c": "k"}]), [1.0], [(9, 9)],
    ),
    "a grid of 10^20 cells on each side": (
        make_table([CONV | {"k": (1, 1), "c": 8}, {"operator": "flatten", "k": (10**20, 10**20)},
                    {"operator": "dense", "c": 5}, {"operator": "dense", "c": "k"}]), [1.0], [(9, 9)],
    ),
    "one block": (make_table([CONV | {"k": (3, 3), "c": 8}]), [1.0, 0.5], [(5, 7), (10**30, 10**30)]),
    "one row of 2^52 channels": (make_table([CONV | {"k": (3, 3), "c": 2**52}]), [1.0, 0.1], [(5, 7), (99, 99)]),
    "groups as large as the channels": (
        make_table([CONV | {"k": (3, 3), "c": 2**40}, CONV | {"k": (3, 3), "c": 2**40, "g": 2**40},
                    CONV | {"k": (3, 3), "c": 2**41, "g": 2**35}]), [1.0, 2.0], [(5, 7), (10**9, 10**9)],
    ),
    "a large kernel and a large stride": (
        make_table([CONV | {"k": (10**19, 1), "c": 8, "s": 10**19}, CONV | {"k": (1, 10**9), "c": 8, "d": 10**12}]),
        [1.0, 0.5], [(5, 7), (10**30, 10**30)],
    ),
    "10^70 classes": (
        replace(make_table([CONV | {"k": (3, 3), "c": 8}, {"operator": "global_pool"},
                            {"operator": "linear", "c": "k"}]), classes=10**70), [1.0], [(5, 7), (10**9, 10**9)],
    ),
    "widths on both sides of 2^30": (
        make_table([CONV | {"k": (3, 3), "c": 2**30}, {"operator": "separable", "k": (3, 3), "c": 2**30, "nl": None}]),
        [2**-10, 0.999, 1.0, 1.001, 2.0**3], [(224, 224), (223, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_large_numbers_in_every_part_of_a_table_are_exact(name: str, dtype: str) -> None:
    check(*CASES[name], CountingRules(load_convention(), "naive", dtype))


def test_values_between_the_exact_numbers_of_float64_and_of_int64_are_told_apart() -> None:
    """The limits differ by 1 from the number, which float64 and uint64 round away."""
    series = Series(load_spec("v2"), load_spec("v2").implementation("official"), 1000, 3)
    for side in (10**7 + 1, 10**8 + 1, 5 * 10**8, 10**15):
        check(
            series, [1.0, 0.75], [(side, side), (side, side + 1)], CountingRules(load_convention(), "naive", "float32")
        )


NUMBERS = st.integers(-(2**70), 2**70) | st.sampled_from(
    [0, 1, -1, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 2**64 - 1]
)


@given(st.lists(NUMBERS, min_size=1, max_size=5), NUMBERS, st.booleans())
def test_a_limit_is_compared_exactly(values: list[int], limit: int, at_least: bool) -> None:
    for number in (limit, float(limit)):
        kept = Limit("memory", number, at_least).find_kept(make_integers(values))
        assert kept.tolist() == [value >= number if at_least else value <= number for value in values]
