"""What fits, compared with every configuration worked out from its layers, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.errors import MbcostError
from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.search.configurations import (
    Configuration,
    CostSheet,
    CountingRules,
    Near,
    Series,
    compute_sheet,
)
from mbcost.questions.search.fit import find_peak, fit
from mbcost.questions.search.limits import Fit, Limit
from mbcost.questions.search.ranking import RANKS, join_pools, make_pool
from mbcost.spec.catalogue.checkpoints import load_checkpoints
from mbcost.spec.catalogue.library import load_convention, load_spec

NETS = ("v1", "v2", "v3-small")
ALPHAS = (0.25, 0.35, 0.5, 0.75, 1.0)
SIZES = ((96, 96), (97, 97), (128, 128), (192, 192), (224, 224))
UNITS = {"memory": 2**15, "flash": 2**18, "mult_adds": 2_000_000, "params": 100_000}
"""Multiples of these are tried as limits: some admit nothing, some everything."""


@dataclass(frozen=True)
class Row:
    """One configuration, worked out from its layers."""

    net: str
    alpha: float
    size: tuple[int, int]
    mult_adds: int
    params: int
    memory: int
    flash: int
    layer: str
    top1: float | None
    latency: float | None

    def keeps(self, limit: Limit) -> bool:
        value = getattr(self, limit.quantity)
        return value is not None and (value >= limit.value if limit.at_least else value <= limit.value)

    def order(self, rank: str) -> tuple[float, ...]:
        score = getattr(self, rank)
        return (float("inf") if score is None else -RANKS[rank] * score, -self.mult_adds, self.memory, self.flash)


@cache
def make_sheets(allocator: str) -> tuple[CostSheet, ...]:
    sheets = []
    for net in NETS:
        spec = load_spec(net)
        series = Series(spec, spec.implementation("official"), 10, 3)
        sheets.append(
            compute_sheet(series, series.plan_alphas(ALPHAS), CountingRules(load_convention(), allocator, "int8"))
        )
    return tuple(sheets)


@cache
def list_rows(allocator: str) -> tuple[Row, ...]:
    checkpoints = {(item.net, item.alpha, item.resolution): item for item in load_checkpoints()}
    rows = []
    for sheet in make_sheets(allocator):
        for alpha in ALPHAS:
            for size in SIZES:
                network = sheet.series.resolve(alpha, size)
                memory = compute_memory(network, (allocator,))
                checkpoint = checkpoints.get((network.spec.name, alpha, size[0]))
                rows.append(
                    Row(
                        network.spec.name, alpha, size, network.mult_adds(), network.params(), memory.peaks[0].bytes,
                        memory.flash.total, memory.peaks[0].name, checkpoint.top1 if checkpoint else None,
                        checkpoint.latency_ms.get("pixel1") if checkpoint else None,
                    )
                )  # fmt: skip
    return tuple(rows)


def find_fit(limits: list[Limit], allocator: str = "naive", rank: str = "mult_adds", most: int = 1000) -> Fit:
    return fit(make_sheets(allocator), [SIZES] * len(NETS), limits, rank=rank, most=most)


LIMITS = st.lists(
    st.one_of(
        st.builds(
            lambda name, times: Limit(name, UNITS[name] * times), st.sampled_from(sorted(UNITS)), st.integers(1, 40)
        ),
        st.builds(lambda value: Limit("top1", value, at_least=True), st.integers(45, 75)),
        st.builds(lambda value: Limit("latency", value, phone="pixel1"), st.integers(5, 80)),
    ),
    max_size=4,
    unique_by=lambda limit: limit.quantity,
)


@settings(max_examples=40, deadline=None)
@given(LIMITS, st.sampled_from(ALLOCATORS), st.sampled_from(sorted(RANKS)), st.integers(1, 60))
def test_what_fits_keeps_every_limit_and_nothing_better_is_missed(
    limits: list[Limit], allocator: str, rank: str, most: int
) -> None:
    assume((allocator, rank) != ("arena", "memory"))  # arenas are ranked by their lower bound, and the notes say so
    answer = find_fit(limits, allocator, rank, most)
    rows = list_rows(allocator)
    fits = [row for row in rows if all(row.keeps(limit) for limit in limits)]
    if allocator != "arena":
        assert (answer.tried, answer.fitting) == (len(rows), len(fits))
    distinct = {
        (row.mult_adds, row.params, row.memory, row.flash): row for row in sorted(fits, key=lambda row: row.order(rank))
    }
    expected = [row.order(rank) for row in sorted(distinct.values(), key=lambda row: row.order(rank))]
    row_of = {(row.net, row.alpha, row.size): row for row in rows}
    points = [fitting.configuration for fitting in answer.best]
    best = [row_of[point.series.spec.name, point.plateau.alpha, point.resolution] for point in points]
    if allocator != "arena":
        assert [row.order(rank) for row in best] == expected[:most]
    else:
        assert [row.order(rank)[:2] for row in best] == [order[:2] for order in expected][: len(best)]
    if answer.nearest is not None and best and rank in UNITS:
        nearest = answer.nearest.configuration
        assert RANKS[rank] * getattr(nearest, rank) > RANKS[rank] * getattr(points[0], rank)
    for row, fitting in zip(best, answer.best, strict=True):
        assert row in fits
        assert (fitting.configuration.memory, fitting.configuration.flash) == (row.memory, row.flash)
        left = {limit: -(limit.measure_share(fitting.configuration) or 0) for limit in limits}
        assert fitting.binding is None if not limits else left[fitting.binding] == min(left.values())  # type: ignore[index]


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.sampled_from(["mult_adds", "memory"]))
def test_the_front_holds_the_pareto_optimal_configurations(limits: list[Limit], rank: str) -> None:
    answer = find_fit(limits, rank=rank)
    fits = [row for row in list_rows("naive") if all(row.keeps(limit) for limit in limits)]

    def aims(row: Row) -> tuple[float, float, float]:
        return row.order(rank)[0], row.memory, row.flash

    front = {
        aims(row)
        for row in fits
        if not any(
            aims(other) != aims(row) and all(a <= b for a, b in zip(aims(other), aims(row), strict=True))
            for other in fits
        )
    }
    assert answer.front_size == len(front)
    marked = [fitting.configuration for fitting in answer.best if fitting.on_front]
    assert {(-RANKS[rank] * getattr(point, rank), point.memory, point.flash) for point in marked} == front


@settings(max_examples=60, deadline=None)
@given(LIMITS)
def test_the_nearest_miss_and_the_reliefs_are_the_best_of_all_configurations(limits: list[Limit]) -> None:
    answer, rows = find_fit(limits), list_rows("naive")
    fits = [row for row in rows if all(row.keeps(limit) for limit in limits)]
    best = max((row.mult_adds for row in fits), default=-1)

    def worst(row: Row) -> float:
        shares: list[float] = []
        for limit in limits:
            value = getattr(row, limit.quantity)
            over = limit.value - value if limit.at_least else value - limit.value
            shares.append(over / limit.value)
        return max(shares)

    candidates = [row for row in rows if row not in fits and row.mult_adds > best]
    known = [row for row in candidates if all(getattr(row, limit.quantity) is not None for limit in limits)]
    assert (answer.nearest is None) == (not known)
    if answer.nearest is not None:
        miss = answer.nearest
        point = miss.configuration
        key = (point.series.spec.name, point.plateau.alpha, point.resolution)
        (row,) = [row for row in known if (row.net, row.alpha, row.size) == key]
        assert worst(row) == pytest.approx(min(map(worst, known)), abs=1e-12)
        assert set(miss.broken) == {limit for limit in limits if not row.keeps(limit)}
        assert miss.layer == (row.layer if "memory" in {limit.quantity for limit in miss.broken} else None)
    for relief in answer.reliefs:
        others = [limit for limit in limits if limit is not relief.limit]
        released = [row for row in rows if all(row.keeps(limit) for limit in others) and not row.keeps(relief.limit)]
        if fits:
            better = [row.mult_adds for row in released if row.mult_adds > best]
            assert (relief.configuration.mult_adds if relief.configuration else None) == max(better, default=None)
        elif relief.configuration is not None and not relief.limit.at_least:
            values = [getattr(row, relief.limit.quantity) for row in released]
            assert relief.limit.read(relief.configuration) == min(value for value in values if value is not None)
    if fits:
        assert answer.impossible == ()
    else:
        assert {limit for limit, _ in answer.impossible} == {
            limit for limit in limits if not any(row.keeps(limit) for row in rows)
        }


def test_an_implementation_without_released_checkpoints_has_no_accuracy() -> None:
    sheet = make_sheets("naive")[1]
    series = replace(sheet.series, implementation=sheet.series.spec.implementation("torchvision"))
    other = compute_sheet(series, series.plan_alphas(ALPHAS), sheet.rules)
    answer = fit([other], [SIZES], [Limit("top1", 50, at_least=True)])
    assert (answer.best, answer.impossible) == ((), ((Limit("top1", 50, at_least=True), None),))


def test_resolutions_that_leave_an_empty_map_are_left_out() -> None:
    spec = load_spec("vgg-16")
    series = Series(spec, spec.implementation(spec.default_implementation), 10, 3)
    sheet = compute_sheet(series, series.plan_alphas([0.5]), CountingRules(load_convention(), "naive", "int8"))
    assert fit([sheet], [[(1, 1), (32, 32)]], []).tried == 1
    with pytest.raises(MbcostError, match="every network has an empty feature map"):
        fit([sheet], [[(1, 1)]], [])


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.sampled_from(sorted(RANKS)), st.integers(1, 9), st.booleans(), st.integers(1, 40))
def test_an_answer_from_parts_is_the_answer_from_all_configurations_together(
    limits: list[Limit], rank: str, most: int, only_front: bool, size: int
) -> None:
    def ask() -> Fit:
        return fit(make_sheets("naive"), [SIZES] * len(NETS), limits, rank=rank, most=most, only_front=only_front)

    expected = ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mbcost.questions.search.gathering.POOL_SIZE", size)
        assert ask() == expected


NEAR_ALPHAS = (0.5, 0.52, 0.55, 0.6, 0.601, 0.75, 1.0, 1.004, 1.05, 1.2)
NEAR_SIZES = ((96, 96), (97, 97), (98, 98), (104, 97), (107, 107), (108, 108), (224, 224))


@cache
def list_near_points() -> list[Configuration]:
    batches = (sheet.compute_batch(slice(None), NEAR_SIZES) for sheet in make_near_sheets(False, False))
    return [point for batch in batches for point in batch.list_configurations()]


@cache
def make_near_series() -> tuple[Series, ...]:
    specs = enumerate(load_spec(net) for net in ("v2", "v3-small", "v2"))
    return tuple(Series(spec, spec.implementation("official"), 10 + index, 3) for index, spec in specs)


@cache
def make_near_sheets(alpha: bool, resolution: bool) -> tuple[CostSheet, ...]:
    rules = CountingRules(load_convention(), "naive", "int8")
    sheets = [
        compute_sheet(series, series.plan_alphas(alphas), rules)
        for series in make_near_series()
        for alphas in (NEAR_ALPHAS[:4], NEAR_ALPHAS[4:])
    ]
    return tuple(replace(sheet, near=Near(alpha, resolution)) for sheet in sheets)


def are_twins(one: Configuration, other: Configuration, near: Near) -> bool:
    """Apply the rule of docs/fit.md to two configurations."""

    def is_near(first: int, second: int) -> bool:
        return first == second or abs(first - second) * 10 < max(first, second)

    alphas = round(100 * one.plateau.alpha), round(100 * other.plateau.alpha)
    return (
        one.series is other.series
        and (is_near(*alphas) if near.alpha else one.plateau == other.plateau)
        and all(
            is_near(*sides) if near.resolution else sides[0] == sides[1]
            for sides in zip(one.resolution, other.resolution, strict=True)
        )
    )


@settings(max_examples=20, deadline=None)
@given(
    st.builds(Near, st.booleans(), st.booleans()),
    st.integers(1, 40).map(lambda times: Limit("memory", 2**14 * times)),
    st.sampled_from(["mult_adds", "memory", "top1"]),
    st.integers(1, 12),
    st.integers(1, 60),
)
def test_a_list_has_one_of_near_twins_and_every_released_checkpoint(
    near: Near, limit: Limit, rank: str, most: int, size: int
) -> None:
    sheets = make_near_sheets(near.alpha, near.resolution)
    sizes = [NEAR_SIZES] * len(sheets)
    fits = [point for point in list_near_points() if point.memory <= limit.value]

    def order(point: Configuration) -> tuple[float, ...]:
        top1 = None if point.checkpoint is None else point.checkpoint.top1
        score = top1 if rank == "top1" else getattr(point, rank)
        best = float("inf") if score is None else -RANKS[rank] * score
        return best, -point.mult_adds, point.memory, point.flash, top1 is None

    listed: list[Configuration] = []
    equals: list[Configuration] = []
    for point in sorted(fits, key=order):
        if point.checkpoint is None and any(are_twins(point, other, near) for other in [*listed, *equals]):
            continue
        costs = {(id(other.series), other.plateau, other.mult_adds, other.memory) for other in listed}
        is_equal = (id(point.series), point.plateau, point.mult_adds, point.memory) in costs
        if not is_equal and len(listed) == most:
            break
        (equals if is_equal else listed).append(point)
    answer = fit(sheets, sizes, [limit], rank=rank, most=most)
    assert [row.configuration for row in answer.best] == listed
    shown = {(id(point.series), point.plateau, point.resolution) for point in listed} | {
        (id(row.configuration.series), row.configuration.plateau, size)
        for row in answer.best
        for size in row.equal_resolutions
    }
    others = [point for point in fits if (id(point.series), point.plateau, point.resolution) not in shown]
    twins = [point for point in others if any(are_twins(point, other, near) for other in listed)]
    if near != Near() and not equals:
        assert answer.near_twins == sum(point.checkpoint is None for point in twins)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mbcost.questions.search.gathering.POOL_SIZE", size)
        again = fit(sheets, sizes, [limit], rank=rank, most=most)
    assert again.near_twins in (answer.near_twins, None)
    assert replace(again, near_twins=answer.near_twins) == answer


def test_the_columns_of_a_pool_are_computed_once() -> None:
    pool = join_pools([make_pool(sheet.compute_batch(slice(None), SIZES)) for sheet in make_sheets("naive")])
    assert pool.get_column("latency", "pixel1") is pool.get_column("latency", "pixel1")
    assert [pool.select(index).resolution for index in pool.list_resolutions(len(pool) - 2)] == list(SIZES)


def test_each_arena_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = []

    def count_calls(configuration: Configuration, rules: CountingRules) -> Peak:
        laid_out.append((configuration.series.spec.name, configuration.plateau.alpha, configuration.resolution))
        return find_peak(configuration, rules)

    monkeypatch.setattr("mbcost.questions.search.fit.find_peak", count_calls)
    answer = find_fit([], "arena", most=5)
    assert len(answer.best) == 5
    assert len(laid_out) == len(set(laid_out)) == 5


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_if_nothing_fits_no_arena_is_nearer_than_the_nearest_miss(memory_times: int, flash_times: int) -> None:
    limits = [Limit("memory", 2**12 * memory_times), Limit("flash", 2**15 * flash_times)]
    answer = find_fit(limits, "arena")
    assume(not answer.best)
    shares = [
        max((getattr(row, limit.quantity) - limit.value) / limit.value for limit in limits)
        for row in list_rows("arena")
    ]
    assert answer.nearest is not None
    worst = float(answer.nearest.worst_share)
    assert worst == pytest.approx(min(shares))
