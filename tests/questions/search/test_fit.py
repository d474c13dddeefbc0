"""What fits, compared with every configuration worked out from its layers, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import estimate_accuracy
from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.latency.estimate import estimate_latency
from mbcost.questions.search.configurations import Batch, Configuration, CostSheet, CountingRules, compute_sheet
from mbcost.questions.search.estimates import Estimator, make_estimator
from mbcost.questions.search.fit import LISTINGS, Wish, fit
from mbcost.questions.search.fit_answer import Fit, Fitting
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.near import find_peak
from mbcost.questions.search.ranking import RANKS
from mbcost.questions.search.series import Series
from mbcost.spec.catalogue.library import load_convention, load_spec

NETS = ("v1", "v2", "v3-small")
ALPHAS = (0.25, 0.35, 0.5, 0.6, 1.0)
SIZES = ((96, 96), (97, 97), (128, 128), (192, 192), (224, 160), (224, 224))
UNITS = {"memory": 2**15, "flash": 2**18, "mult_adds": 2_000_000, "params": 100_000, "top1": 2, "latency": 2}
"""Multiples of these are tried as limits: some admit nothing, some everything."""
DEVICE = "pixel1-tflite"
"""It was measured with V2 and V3, so that V1 has no interval; neither have the fastest and the slowest networks."""


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
    exact: bool
    latency: float
    latency_high: float | None

    @property
    def key(self) -> tuple[str, float, tuple[int, int]]:
        return self.net, self.alpha, self.size

    def keeps(self, limit: Limit) -> bool:
        value = getattr(self, limit.quantity)
        return value is not None and bool(value >= limit.value if limit.at_least else value <= limit.value)

    def is_sure(self, limits: Sequence[Limit]) -> bool:
        """Whether the upper end of the latency keeps the limit, if there is one."""
        latency = [limit for limit in limits if limit.quantity == "latency"]
        return not latency or (self.latency_high is not None and self.latency_high <= latency[0].value)

    def order(self, rank: str, limits: Sequence[Limit] = ()) -> tuple[float, ...]:
        score = getattr(self, rank)
        ranked = (1.0, 0.0) if score is None else (0.0, -RANKS[rank] * score)
        costs = (-self.mult_adds, self.memory, self.flash, not self.exact)
        return (not self.is_sure(limits), *ranked, *costs)


@cache
def make_sheets(allocator: str) -> tuple[CostSheet, ...]:
    sheets = []
    for group, net in enumerate(NETS):
        spec = load_spec(net)
        series = Series(spec, spec.implementation("official"), 1000, 3)
        rules = CountingRules(load_convention(), allocator, "int8")
        sheets.append(replace(compute_sheet(series, series.plan_alphas(ALPHAS), rules), group=group))
    return tuple(sheets)


class _Remembering(Estimator):
    """An estimator that computes the columns of a batch once, so that many questions are cheap."""

    def estimate(self, batch: Batch) -> Mapping[str, Any]:
        key = batch.series.spec.name, batch.plateaus, batch.resolutions
        if key not in ESTIMATES:
            ESTIMATES[key] = super().estimate(batch)
        return ESTIMATES[key]


ESTIMATES: dict[Any, Mapping[str, Any]] = {}


@cache
def make_device() -> Estimator:
    return _Remembering(make_estimator(DEVICE, limits_latency=True).calibration)


@cache
def list_rows(allocator: str = "naive") -> tuple[Row, ...]:
    rows = []
    calibration = make_device().calibration
    assert calibration is not None
    for sheet in make_sheets(allocator):
        for alpha in ALPHAS:
            for size in SIZES:
                network = sheet.series.resolve(alpha, size)
                memory = compute_memory(network, (allocator,))
                accuracy, latency = estimate_accuracy(network), estimate_latency(calibration, network)
                rows.append(
                    Row(
                        network.spec.name, alpha, size, network.mult_adds(), network.params(), memory.peaks[0].bytes,
                        memory.flash.total, memory.peaks[0].name, accuracy.top1, accuracy.exact, latency.milliseconds,
                        latency.high,
                    )
                )  # fmt: skip
    return tuple(rows)


def find_fit(limits: Sequence[Limit], allocator: str = "naive", **wish: object) -> Fit:
    chosen = replace(Wish("top1", "all", 1000), **wish)  # type: ignore[arg-type]
    return fit(make_sheets(allocator), [SIZES] * len(NETS), limits, chosen, make_device())


def row_of(configuration: Configuration, allocator: str = "naive") -> Row:
    key = configuration.series.spec.name, configuration.plateau.alpha, configuration.resolution
    return next(row for row in list_rows(allocator) if row.key == key)


LIMITS = st.lists(
    st.builds(
        lambda name, times: Limit(name, UNITS[name] * times, name == "top1", DEVICE if name == "latency" else ""),
        st.sampled_from(sorted(UNITS)),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda limit: limit.quantity,
)


@settings(max_examples=15, deadline=None)
@given(LIMITS, st.sampled_from(sorted(RANKS)), st.sampled_from(LISTINGS), st.integers(1, 6))
def test_what_is_listed_is_the_best_of_what_fits(limits: list[Limit], rank: str, listing: str, most: int) -> None:
    """The best are those that fit for sure, then those that may fit; each of them by rank."""
    answer = find_fit(limits, rank=rank, listing=listing, most=most)
    fits = [row for row in list_rows() if all(row.keeps(limit) for limit in limits)]
    assert (answer.tried, answer.fitting) == (len(list_rows()), len(fits))
    assert answer.sure == sum(row.is_sure(limits) for row in fits)
    ranked = sorted(fits, key=lambda row: row.order(rank, limits))
    if listing == "front":
        ranked = [row for row in ranked if is_optimal(row, fits)]
    distinct = {(row.net, row.mult_adds, row.params, row.memory, row.flash): row for row in reversed(ranked)}
    expected = [row for row in ranked if row in distinct.values()]
    if listing == "networks":
        expected = [row for row in expected if row in [other for other in expected if other.net == row.net][:most]]
        assert set(answer.missing) == set(NETS) - {row.net for row in fits}
    else:
        expected = expected[:most]
    best = [row_of(fitting.configuration) for fitting in answer.best]
    assert [row.order(rank, limits) for row in best] == [row.order(rank, limits) for row in expected]
    for fitting, row in zip(answer.best, best, strict=True):
        check_fitting(fitting, row, limits)
        assert fitting.on_front == is_optimal(row, fits)
    released = [row for row in ranked if row.exact and row.key not in {row.key for row in best}]
    if listing != "front":
        assert [row_of(fitting.configuration).key for fitting in answer.released] == [row.key for row in released]
    if answer.may_fit is not None:
        other = row_of(answer.may_fit.configuration)
        assert best[0].is_sure(limits)
        assert not other.is_sure(limits)
        assert other.order(rank)[1:3] < best[0].order(rank)[1:3]


def is_optimal(row: Row, fits: Sequence[Row]) -> bool:
    """Apply the rule of docs/fit.md: no other is at least as good in all four and better in one."""
    has_top1 = any(other.top1 is not None for other in fits)

    def aims(row: Row) -> tuple[float, ...]:
        first = row.top1 if has_top1 else row.mult_adds
        return -(first or 0), row.latency, row.memory, row.flash

    if has_top1 and row.top1 is None:
        return False
    others = [aims(other) for other in fits if other.top1 is not None or not has_top1]
    return not any(
        other != aims(row) and all(a <= b for a, b in zip(other, aims(row), strict=True)) for other in others
    )


def check_fitting(fitting: Fitting, row: Row, limits: Sequence[Limit]) -> None:
    """Check the numbers of a row against the network that is worked out alone."""
    configuration, known = fitting.configuration, fitting.configuration.estimated
    assert (configuration.memory, configuration.flash) == (row.memory, row.flash)
    assert fitting.is_sure == row.is_sure(limits)
    assert known.top1 == (None if row.top1 is None else pytest.approx(row.top1, abs=1e-9))
    assert (configuration.checkpoint is not None) == row.exact
    assert known.milliseconds == pytest.approx(row.latency, rel=1e-9)
    assert known.milliseconds_high == (None if row.latency_high is None else pytest.approx(row.latency_high, rel=1e-9))
    assert (fitting.why_no_top1 is None, fitting.why_no_interval is None) == (
        row.top1 is not None,
        row.latency_high is not None,
    )
    assert fitting.binding is not None
    left = {limit: -(limit.measure_share(configuration) or 0) for limit in limits}
    assert 0 <= left[fitting.binding] == min(left.values())


@settings(max_examples=12, deadline=None)
@given(LIMITS, st.integers(1, 4))
def test_a_looser_limit_never_gives_a_worse_best(limits: list[Limit], looser: int) -> None:
    first = limits[0]
    value = first.value / 2**looser if first.at_least else first.value * 2**looser
    tight, loose = find_fit(limits, most=1), find_fit([replace(first, value=value), *limits[1:]], most=1)
    assert loose.fitting >= tight.fitting
    assert loose.sure >= tight.sure
    if tight.best:
        orders = [(not row.best[0].is_sure, *row_of(row.best[0].configuration).order("top1")[1:]) for row in
                  (loose, tight)]  # fmt: skip
        assert orders[0] <= orders[1]


@settings(max_examples=12, deadline=None)
@given(LIMITS)
def test_the_nearest_miss_and_the_reliefs_are_the_best_of_all_configurations(limits: list[Limit]) -> None:
    answer, rows = find_fit(limits, most=1), list_rows()
    fits = [row for row in rows if all(row.keeps(limit) for limit in limits)]

    def score(row: Row) -> tuple[float, float]:
        return (-1.0, row.mult_adds) if row.top1 is None else (row.top1, 0.0)

    best = score(row_of(answer.best[0].configuration)) if fits else (-2.0, 0.0)

    def worst(row: Row) -> float:
        shares: list[float] = []
        for limit in limits:
            value = getattr(row, limit.quantity)
            shares.append((limit.value - value if limit.at_least else value - limit.value) / limit.value)
        return max(shares)

    candidates = [row for row in rows if row not in fits and score(row) > best]
    known = [row for row in candidates if all(getattr(row, limit.quantity) is not None for limit in limits)]
    assert (answer.nearest is None) == (not known)
    if answer.nearest is not None:
        row = row_of(answer.nearest.configuration)
        assert worst(row) == pytest.approx(min(map(worst, known)), abs=1e-9)
        assert set(answer.nearest.broken) == {limit for limit in limits if not row.keeps(limit)}
        assert answer.nearest.layer == (row.layer if not all(row.memory <= limit.value for limit in limits
                                                             if limit.quantity == "memory") else None)  # fmt: skip
    for relief in answer.reliefs:
        others = [limit for limit in limits if limit is not relief.limit]
        freed = [row for row in rows if all(row.keeps(limit) for limit in others) and not row.keeps(relief.limit)]
        if fits:
            better = [score(row) for row in freed if score(row) > best]
            found = None if relief.configuration is None else score(row_of(relief.configuration))
            assert found == max(better, default=None)
        elif relief.configuration is not None:
            sign = -1 if relief.limit.at_least else 1
            values = [sign * value for row in freed if (value := getattr(row, relief.limit.quantity)) is not None]
            assert sign * (relief.limit.read(relief.configuration) or 0) == pytest.approx(min(values), abs=1e-9)
    impossible = {limit for limit in limits if not any(row.keeps(limit) for row in rows)}
    assert {limit for limit, _ in answer.impossible} == (set() if fits else impossible)


@settings(max_examples=12, deadline=None)
@given(LIMITS, st.sampled_from(ALLOCATORS[1:]), st.sampled_from(["top1", "mult_adds"]), st.integers(1, 9))
def test_every_allocator_gives_the_best_that_fits(limits: list[Limit], allocator: str, rank: str, most: int) -> None:
    answer = find_fit(limits, allocator, rank=rank, listing="all", most=most)
    rows = list_rows(allocator)
    fits = sorted(
        (row for row in rows if all(row.keeps(limit) for limit in limits)), key=lambda row: row.order(rank, limits)
    )
    # Under `arena`, resolutions whose lower bounds are the same are one row.
    best = [row_of(fitting.configuration, allocator) for fitting in answer.best]
    assert all(row in fits for row in best)
    assert [row.order(rank, limits)[:3] for row in best[:1]] == [row.order(rank, limits)[:3] for row in fits[:1]]
    assert answer.gave_up is False


def test_an_implementation_that_nobody_trained_has_no_accuracy() -> None:
    sheet = make_sheets("naive")[1]
    series = replace(sheet.series, implementation=sheet.series.spec.implementation("torchvision"))
    other = compute_sheet(series, series.plan_alphas(ALPHAS), sheet.rules)
    limit = Limit("top1", 50, at_least=True)
    answer = fit([other], [SIZES], [limit])
    assert (answer.best, answer.impossible) == ((), ((limit, None),))
    (best,) = fit([other], [SIZES], [Limit("memory", 2**20)]).best
    assert "no recipe here trained the implementation torchvision" in (best.why_no_top1 or "")


def test_the_accuracy_does_not_depend_on_the_classes_but_on_the_released_head() -> None:
    sheet = make_sheets("naive")[1]
    series = replace(sheet.series, classes=2, in_channels=1)
    rules = replace(sheet.rules, allocator="naive")
    small = fit([compute_sheet(series, series.plan_alphas(ALPHAS), rules)], [SIZES], [Limit("memory", 2**19)])
    assert [row.configuration.estimated.top1 for row in small.best] == [
        row.configuration.estimated.top1
        for row in fit([sheet], [SIZES], [Limit("memory", 2**19)]).best
    ]  # fmt: skip


def test_resolutions_that_leave_an_empty_map_are_left_out() -> None:
    spec = load_spec("vgg-16")
    series = Series(spec, spec.implementation(spec.default_implementation), 10, 3)
    sheet = compute_sheet(series, series.plan_alphas([0.5]), CountingRules(load_convention(), "naive", "int8"))
    assert fit([sheet], [[(1, 1), (32, 32)]], [Limit("params", 1)]).tried == 1
    with pytest.raises(MbcostError, match="every network has an empty feature map"):
        fit([sheet], [[(1, 1)]], [Limit("params", 1)])


def test_batches_of_any_size_give_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [Limit("memory", 2**19), Limit("latency", 20, device=DEVICE)]
    expected = find_fit(limits, listing="networks", most=3)
    monkeypatch.setattr("mbcost.questions.search.gathering.BATCH_SIZE", 7)
    assert find_fit(limits, listing="networks", most=3) == expected


def test_each_arena_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = []

    def count_calls(configuration: Configuration, rules: CountingRules) -> Peak:
        laid_out.append((configuration.series.spec.name, configuration.plateau.alpha, configuration.resolution))
        return find_peak(configuration, rules)

    monkeypatch.setattr("mbcost.questions.search.near.find_peak", count_calls)
    answer = find_fit([Limit("flash", 2**30)], "arena", listing="networks", most=1)
    assert len(answer.best) == len(NETS)
    assert len(laid_out) == len(set(laid_out)) <= len(NETS) + len(answer.released)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_if_nothing_fits_no_arena_is_nearer_than_the_nearest_miss(memory_times: int, flash_times: int) -> None:
    limits = [Limit("memory", 2**12 * memory_times), Limit("flash", 2**15 * flash_times)]
    answer = find_fit(limits, "arena", rank="mult_adds")
    assume(not answer.best)
    shares = [
        max((getattr(row, limit.quantity) - limit.value) / limit.value for limit in limits)
        for row in list_rows("arena")
    ]
    assert answer.nearest is not None
    assert float(answer.nearest.worst_share) == pytest.approx(min(shares))
