"""What fits, against every configuration worked out from its layers, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mbcost.analytic.memory.lifetimes import ALLOCATORS
from mbcost.errors import MbcostError
from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.search.configurations import Configuration, Series, Sheet, Ways, sheet_of
from mbcost.questions.search.fit import Fit, Limit, fit, peak
from mbcost.questions.search.ranking import RANKS, Pool
from mbcost.spec.catalogue.checkpoints import load_checkpoints
from mbcost.spec.catalogue.library import load_convention, load_spec

NETS = ("v1", "v2", "v3-small")
ALPHAS = (0.25, 0.35, 0.5, 0.75, 1.0)
SIZES = ((96, 96), (97, 97), (128, 128), (192, 192), (224, 224))
UNITS = {"memory": 2**15, "flash": 2**18, "mult_adds": 2_000_000, "params": 100_000}
"""Multiples of these are tried as limits: between nothing and everything."""


@dataclass(frozen=True)
class Row:
    """One configuration from its layers alone."""

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
def sheets(allocator: str) -> tuple[Sheet, ...]:
    found = []
    for net in NETS:
        spec = load_spec(net)
        series = Series(spec, spec.implementation("official"), 10, 3)
        found.append(sheet_of(series, series.at(ALPHAS), Ways(load_convention(), allocator, "int8")))
    return tuple(found)


@cache
def everything(allocator: str) -> tuple[Row, ...]:
    known = {(each.net, each.alpha, each.resolution): each for each in load_checkpoints()}
    rows = []
    for sheet in sheets(allocator):
        for alpha in ALPHAS:
            for size in SIZES:
                network = sheet.series.network(alpha, size)
                found = compute_memory(network, (allocator,))
                checkpoint = known.get((network.spec.name, alpha, size[0]))
                rows.append(
                    Row(
                        network.spec.name, alpha, size, network.mult_adds(), network.params(), found.peaks[0].bytes,
                        found.flash.total, found.peaks[0].name, checkpoint.top1 if checkpoint else None,
                        checkpoint.latency_ms.get("pixel1") if checkpoint else None,
                    )
                )  # fmt: skip
    return tuple(rows)


def asked(limits: list[Limit], allocator: str = "naive", rank: str = "mult_adds", most: int = 1000) -> Fit:
    return fit(sheets(allocator), [SIZES] * len(NETS), limits, rank=rank, most=most)


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


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.sampled_from(ALLOCATORS), st.sampled_from(sorted(RANKS)), st.integers(1, 60))
def test_what_fits_keeps_every_limit_and_nothing_better_is_missed(
    limits: list[Limit], allocator: str, rank: str, most: int
) -> None:
    answer = asked(limits, allocator, rank, most)
    rows = everything(allocator)
    fits = [row for row in rows if all(row.keeps(limit) for limit in limits)]
    assume(not (allocator == "arena" and rank == "memory"))  # ranked by the lower bound, and the answer says so
    if allocator != "arena":
        assert (answer.tried, answer.fitting) == (len(rows), len(fits))
    apart = {
        (row.mult_adds, row.params, row.memory, row.flash): row for row in sorted(fits, key=lambda row: row.order(rank))
    }
    expected = [row.order(rank) for row in sorted(apart.values(), key=lambda row: row.order(rank))]
    by_place = {(row.net, row.alpha, row.size): row for row in rows}
    found = [
        by_place[each.configuration.series.spec.name, each.configuration.plateau.alpha, each.configuration.resolution]
        for each in answer.found
    ]
    if allocator != "arena":
        assert [row.order(rank) for row in found] == expected[:most]
    else:
        assert [row.order(rank)[:2] for row in found] == [order[:2] for order in expected][: len(found)]
    if answer.nearest is not None and found and rank in UNITS:
        nearest, best = answer.nearest.configuration, answer.found[0].configuration
        assert RANKS[rank] * getattr(nearest, rank) > RANKS[rank] * getattr(best, rank)
    for row, each in zip(found, answer.found, strict=True):
        assert row in fits
        assert (each.configuration.memory, each.configuration.flash) == (row.memory, row.flash)
        left = {limit: -(limit.share(each.configuration) or 0) for limit in limits}
        assert each.binding is None if not limits else left[each.binding] == min(left.values())  # type: ignore[index]


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.sampled_from(["mult_adds", "memory"]))
def test_the_front_is_what_nothing_beats(limits: list[Limit], rank: str) -> None:
    answer = asked(limits, rank=rank)
    fits = [row for row in everything("naive") if all(row.keeps(limit) for limit in limits)]

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
    assert answer.front == len(front)
    found = {
        (-RANKS[rank] * getattr(each.configuration, rank), each.configuration.memory, each.configuration.flash)
        for each in answer.found
        if each.in_front
    }
    assert found == front


@settings(max_examples=60, deadline=None)
@given(LIMITS)
def test_the_nearest_miss_and_what_would_have_to_give(limits: list[Limit]) -> None:
    answer, rows = asked(limits), everything("naive")
    fits = [row for row in rows if all(row.keeps(limit) for limit in limits)]
    best = max((row.mult_adds for row in fits), default=-1)

    def worst(row: Row) -> float:
        shares: list[float] = []
        for limit in limits:
            value = getattr(row, limit.quantity)
            over = limit.value - value if limit.at_least else value - limit.value
            shares.append(over / limit.value)
        return max(shares)

    open_to = [row for row in rows if row not in fits and row.mult_adds > best]
    known = [row for row in open_to if all(getattr(row, limit.quantity) is not None for limit in limits)]
    assert (answer.nearest is None) == (not known)
    if answer.nearest is not None:
        found = answer.nearest
        place = (
            found.configuration.series.spec.name,
            found.configuration.plateau.alpha,
            found.configuration.resolution,
        )
        (row,) = [row for row in known if (row.net, row.alpha, row.size) == place]
        assert worst(row) == pytest.approx(min(map(worst, known)), abs=1e-12)
        assert set(found.broken) == {limit for limit in limits if not row.keeps(limit)}
        assert found.layer == (row.layer if "memory" in {limit.quantity for limit in found.broken} else None)
    for relief in answer.reliefs:
        others = [limit for limit in limits if limit is not relief.limit]
        opened = [row for row in rows if all(row.keeps(limit) for limit in others) and not row.keeps(relief.limit)]
        if fits:
            better = [row.mult_adds for row in opened if row.mult_adds > best]
            assert (relief.configuration.mult_adds if relief.configuration else None) == max(better, default=None)
        elif relief.configuration is not None and not relief.limit.at_least:
            values = [getattr(row, relief.limit.quantity) for row in opened]
            assert relief.limit.of(relief.configuration) == min(value for value in values if value is not None)
    if fits:
        assert answer.impossible == ()
    else:
        assert {limit for limit, _ in answer.impossible} == {
            limit for limit in limits if not any(row.keeps(limit) for row in rows)
        }


def test_an_implementation_that_was_not_released_has_no_accuracy() -> None:
    sheet = sheets("naive")[1]
    series = replace(sheet.series, implementation=sheet.series.spec.implementation("torchvision"))
    other = sheet_of(series, series.at(ALPHAS), sheet.ways)
    answer = fit([other], [SIZES], [Limit("top1", 50, at_least=True)])
    assert (answer.found, answer.impossible) == ((), ((Limit("top1", 50, at_least=True), None),))


def test_maps_that_would_be_empty_are_left_out_and_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load_spec("vgg-16")
    series = Series(spec, spec.implementation(spec.default_implementation), 10, 3)
    sheet = sheet_of(series, series.at([0.5]), Ways(load_convention(), "naive", "int8"))
    assert fit([sheet], [[(1, 1), (32, 32)]], []).tried == 1
    with pytest.raises(MbcostError, match="no network has a map left"):
        fit([sheet], [[(1, 1)]], [])
    monkeypatch.setattr("mbcost.questions.search.fit.MOST", 1)
    with pytest.raises(MbcostError, match="there are more than 1 configurations"):
        fit([sheet], [[(32, 32), (33, 32)]], [])


def test_of_many_rows_the_columns_are_joined_once() -> None:
    pool = Pool(tuple(sheet.batch(slice(None), SIZES) for sheet in sheets("naive")))
    assert pool.column("memory") is pool.column("memory")
    assert [pool.configuration(place).resolution for place in pool.same_network(len(pool) - 2)] == list(SIZES)


def test_an_arena_that_is_found_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = []

    def counted(configuration: Configuration, ways: Ways) -> Peak:
        laid_out.append((configuration.series.spec.name, configuration.plateau.alpha, configuration.resolution))
        return peak(configuration, ways)

    monkeypatch.setattr("mbcost.questions.search.fit.peak", counted)
    answer = asked([], "arena", most=5)
    assert len(answer.found) == 5
    assert len(laid_out) == len(set(laid_out)) == 5


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_where_nothing_fits_no_arena_is_nearer_than_the_nearest(memory_times: int, flash_times: int) -> None:
    limits = [Limit("memory", 2**12 * memory_times), Limit("flash", 2**15 * flash_times)]
    answer = asked(limits, "arena")
    assume(not answer.found)
    shares = [
        max((getattr(row, each.quantity) - each.value) / each.value for each in limits) for row in everything("arena")
    ]
    assert answer.nearest is not None
    worst = max(float(each.share(answer.nearest.configuration) or 0) for each in answer.nearest.broken)
    assert worst == pytest.approx(min(shares))
