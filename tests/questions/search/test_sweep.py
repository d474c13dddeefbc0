"""A sweep against the layers of each configuration, and its front against the definition of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.analytic.blocks import plan
from mbcost.analytic.memory.flash import compute_flash, count_stored
from mbcost.analytic.memory.lifetimes import ALLOCATORS
from mbcost.errors import MbcostError
from mbcost.questions.device.memory import compute_memory
from mbcost.questions.search.configurations import Batch, Configuration, Series, Ways, sheet_of
from mbcost.questions.search.sweep import BETTER, Aim, front, parse_aims, sweep
from mbcost.spec.catalogue.library import NETWORKS, load_convention, load_spec
from mbcost.spec.scaling import Scaling

PAIRS = [(net, name) for net in NETWORKS for name in load_spec(net).implementations]
ALPHAS = st.lists(st.sampled_from([0.3, 0.33, 0.35, 0.5, 0.74, 0.75, 1.0, 1.3]), min_size=1, max_size=6)
SIZES = st.lists(st.sampled_from([(96, 96), (97, 130), (128, 128), (224, 224)]), min_size=1, max_size=4, unique=True)
AIMS = st.builds(Aim, st.sampled_from(sorted(BETTER)), st.sampled_from([-1, 1]))


def series(net: str, name: str = "official") -> Series:
    spec = load_spec(net)
    return Series(spec, spec.implementation(name), 10, spec.channels)


@settings(max_examples=40)
@given(st.sampled_from(PAIRS), ALPHAS, SIZES, st.sampled_from(["macs", "ptflops"]), st.sampled_from(ALLOCATORS))
def test_every_configuration_is_what_its_layers_say(
    pair: tuple[str, str], alphas: list[float], sizes: list[tuple[int, int]], convention: str, allocator: str
) -> None:
    ways = Ways(load_convention(convention), allocator, "float16")
    subject = series(*pair)
    sheet = sheet_of(subject, subject.at(alphas), ways)
    found = {
        (alpha, each.resolution): each
        for batch in sweep([sheet], [sizes])
        for each in batch.configurations()
        for alpha in alphas
        if each.plateau.least <= alpha <= each.plateau.most
    }
    assert found.keys() == {(alpha, size) for alpha in alphas for size in sizes}
    for (alpha, size), each in found.items():
        network = subject.network(alpha, size)
        assert each.network.layers == network.layers
        assert (each.mult_adds, each.params) == (network.mult_adds(ways.convention), network.params(ways.convention))
        assert each.memory == compute_memory(network, (allocator,), "float16", "float16").peaks[0].bytes
        assert each.flash == compute_flash(count_stored(network), "float16").total


@pytest.mark.parametrize("net", ["v1", "v2"])
def test_many_alphas_are_planned_by_plateaus_to_the_same_networks(net: str) -> None:
    alphas = [0.1 + number / 1500 for number in range(1200)]
    subject = series(net)
    one_by_one = {alpha: plan(Scaling(subject.spec, subject.implementation, alpha, 10), 3) for alpha in alphas}
    found = subject.at(alphas)
    assert len(found) == len(set(one_by_one.values()))
    for alpha, blocks in one_by_one.items():
        assert [each.blocks for each in found if each.least <= alpha <= each.most] == [blocks]


def test_more_plateaus_than_are_listed_are_no_reason_to_refuse_a_range_with_a_step() -> None:
    alphas = [1.0 + number for number in range(600)]
    assert [each.alpha for each in series("v1").at(alphas)] == alphas


def test_accuracy_stands_only_beside_the_table_that_was_released() -> None:
    ways = Ways(load_convention(), "naive", "int8")
    for name, expected in [("official", 68.8), ("torchvision", None)]:
        subject = series("v2", name)
        (batch,) = sweep([sheet_of(subject, subject.at([0.99, 1.0]), ways)], [[(160, 160)]])
        (*_, last) = batch.configurations()
        assert (last.checkpoint.top1 if last.checkpoint else None) == expected


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["v1", "v2", "v3-large"]), min_size=1, max_size=3, unique=True), ALPHAS, SIZES, AIMS, AIMS
)
def test_the_front_is_what_nothing_beats(
    nets: list[str], alphas: list[float], sizes: list[tuple[int, int]], first: Aim, second: Aim
) -> None:
    ways = Ways(load_convention(), "naive", "int8")
    sheets = [sheet_of(series(net), series(net).at(alphas), ways) for net in nets]

    def batches() -> Iterator[Batch]:
        return sweep(sheets, [sizes] * len(sheets))

    def scores(each: Configuration) -> tuple[float, float]:
        return value(each, first), value(each, second)

    def value(each: Configuration, aim: Aim) -> float:
        if aim.quantity == "top1":
            return aim.sign * each.checkpoint.top1 if each.checkpoint else float("nan")
        return float(aim.sign * getattr(each, aim.quantity))

    everything = [each for batch in batches() for each in batch.configurations() if scores(each) == scores(each)]
    expected = [
        each
        for each in everything
        if not any(
            scores(other) != scores(each)
            and all(one >= two for one, two in zip(scores(other), scores(each), strict=True))
            for other in everything
        )
    ]
    found = front(batches(), (first, second))
    assert sorted(map(scores, found)) == sorted(map(scores, expected))
    assert list(found) == sorted(found, key=lambda each: -scores(each)[0])


@pytest.mark.parametrize("text", ["mult-adds", "mult-adds,mult-adds", "mult-adds,top1,flash"])
def test_a_front_has_two_quantities(text: str) -> None:
    with pytest.raises(MbcostError, match="write two quantities"):
        parse_aims(text)
