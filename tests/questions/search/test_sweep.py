"""A sweep compared with the layers of each configuration, and its front with the definition of a front."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.blocks import plan
from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.errors import MbcostError
from mbcost.questions.device.memory import compute_memory
from mbcost.questions.search.configurations import Batch, Configuration, CountingRules, compute_sheet
from mbcost.questions.search.series import Series
from mbcost.questions.search.sweep import BETTER, Aim, find_front, parse_aims, sweep
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_spec
from mbcost.spec.scaling import Scaling

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
ALPHAS = st.lists(st.sampled_from([0.3, 0.33, 0.35, 0.5, 0.74, 0.75, 1.0, 1.3]), min_size=1, max_size=6)
SIZES = st.lists(st.sampled_from([(96, 96), (97, 130), (128, 128), (224, 224)]), min_size=1, max_size=4, unique=True)
AIMS = st.builds(Aim, st.sampled_from(sorted(BETTER.keys() - {"latency"})), st.sampled_from([-1, 1]))


def series(net: str, name: str = "official") -> Series:
    spec = load_spec(net)
    return Series(spec, spec.implementation(name), 10, spec.channels)


@settings(max_examples=6)
@given(st.sampled_from(PAIRS), ALPHAS, SIZES, st.sampled_from(["macs", "ptflops"]), st.sampled_from(ALLOCATORS))
def test_every_configuration_costs_what_its_layers_cost(
    pair: tuple[str, str], alphas: list[float], sizes: list[tuple[int, int]], convention: str, allocator: str
) -> None:
    rules = CountingRules(load_convention(convention), allocator, "float16")
    subject = series(*pair)
    sheet = compute_sheet(subject, subject.plan_alphas(alphas), rules)
    points = {
        (alpha, point.resolution): point
        for batch in sweep([sheet], [sizes])
        for point in batch.list_configurations()
        for alpha in alphas
        if point.plateau.least <= alpha <= point.plateau.most
    }
    assert points.keys() == {(alpha, size) for alpha in alphas for size in sizes}
    for (alpha, size), point in points.items():
        network = subject.resolve(alpha, size)
        assert point.network.layers == network.layers
        assert (point.mult_adds, point.params) == (
            network.mult_adds(rules.convention),
            network.params(rules.convention),
        )
        assert point.memory == compute_memory(network, (allocator,), "float16", "float16").peaks[0].bytes
        assert point.flash == compute_flash(count_stored(network), "float16").total


@pytest.mark.parametrize("net", ["v1", "v2"])
def test_many_alphas_are_planned_by_plateaus_to_the_same_networks(net: str) -> None:
    alphas = [0.1 + index / 1500 for index in range(1200)]
    subject = series(net)
    one_by_one = {alpha: plan(Scaling(subject.spec, subject.implementation, alpha, 10), 3) for alpha in alphas}
    plateaus = subject.plan_alphas(alphas)
    assert len(plateaus) == len(set(one_by_one.values()))
    for alpha, blocks in one_by_one.items():
        assert [plateau.blocks for plateau in plateaus if plateau.least <= alpha <= plateau.most] == [blocks]


def test_a_list_of_alphas_with_too_many_plateaus_is_planned_one_by_one() -> None:
    alphas = [1.0 + index for index in range(600)]
    assert [plateau.alpha for plateau in series("v1").plan_alphas(alphas)] == alphas


def test_only_the_released_implementation_has_an_accuracy() -> None:
    rules = CountingRules(load_convention(), "naive", "int8")
    for name, expected in [("official", 68.8), ("torchvision", None)]:
        subject = series("v2", name)
        (batch,) = sweep([compute_sheet(subject, subject.plan_alphas([0.99, 1.0]), rules)], [[(160, 160)]])
        (*_, last) = batch.list_configurations()
        assert (last.checkpoint.top1 if last.checkpoint else None) == expected


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from(["v1", "v2", "v3-large"]), min_size=1, max_size=3, unique=True), ALPHAS, SIZES, AIMS, AIMS
)
def test_the_front_holds_the_pareto_optimal_configurations(
    nets: list[str], alphas: list[float], sizes: list[tuple[int, int]], first: Aim, second: Aim
) -> None:
    rules = CountingRules(load_convention(), "naive", "int8")
    sheets = [compute_sheet(series(net), series(net).plan_alphas(alphas), rules) for net in nets]

    def batches() -> Iterator[Batch]:
        return sweep(sheets, [sizes] * len(sheets))

    def scores(point: Configuration) -> tuple[float, float]:
        return score(point, first), score(point, second)

    def score(point: Configuration, aim: Aim) -> float:
        if aim.quantity == "top1":
            return aim.sign * point.checkpoint.top1 if point.checkpoint else float("nan")
        return float(aim.sign * getattr(point, aim.quantity))

    points = [point for batch in batches() for point in batch.list_configurations()]
    known = [point for point in points if scores(point) == scores(point)]  # NaN is not equal to itself
    expected = [
        point
        for point in known
        if not any(
            scores(other) != scores(point)
            and all(left >= right for left, right in zip(scores(other), scores(point), strict=True))
            for other in known
        )
    ]
    front = find_front(batches(), (first, second))
    assert sorted(map(scores, front)) == sorted(map(scores, expected))
    assert list(front) == sorted(front, key=lambda point: -scores(point)[0])


@pytest.mark.parametrize("text", ["mult-adds", "mult-adds,mult-adds", "mult-adds,top1,flash"])
def test_a_front_has_two_quantities(text: str) -> None:
    with pytest.raises(MbcostError, match="write two quantities"):
        parse_aims(text)
