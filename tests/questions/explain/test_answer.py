"""What is put in is found again: any network, any convention, any known mistake; and chance is not understated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mbcost.analytic.network import Network
from mbcost.questions.explain.answer import Explanation, amounts, explain, network_of
from mbcost.questions.explain.facts import RELATIVES, Fact, Query
from mbcost.questions.explain.mistakes import MISTAKES, Draft
from mbcost.questions.explain.structures import LEFT_OUT, role_of
from mbcost.spec.library import load_convention, load_conventions, load_spec
from mbcost.spec.printed import Printed, parse_printed
from mbcost.spec.published import load_published

MAIN = ("v1", "v2", "v3-large", "v3-small")
CONVENTIONS = [name for name, each in load_conventions().items() if not each.earlier]
KNOWN = ["", *MISTAKES, *LEFT_OUT]
"""Mistakes by name; the empty one is none."""


def printed(number: int, digits: int) -> Printed:
    """The number rounded to so many digits, in millions."""
    step = Fraction(10) ** max(len(str(number)) - digits, 0)
    return Printed(f"{number}/{digits}", round(number / step) * step, step)


def query(net: str, *facts: Fact, classes: int | None = None) -> Query:
    return Query(facts, load_spec(net), classes=classes)


def network(net: str, alpha: float, resolution: int, mistake: str) -> Network:
    spec = load_spec(net)
    draft = Draft(spec, spec.implementation("official"))
    if mistake in MISTAKES:
        draft = MISTAKES[mistake].make(draft)
    return draft.network(alpha, (resolution, resolution), 1000)


def total(built: Network, convention: str, quantity: str, mistake: str) -> int:
    """The count by the layers, the mistake of counting included."""
    known = load_convention(convention)
    sums = 0
    for layer in built.layers:
        amount = known.params(layer.tally()) if quantity == "params" else known.mult_adds(layer.tally())
        times = 1
        if mistake in LEFT_OUT and role_of(built.spec, int(layer.name.split(".")[0])) in LEFT_OUT[mistake][1]:
            times += LEFT_OUT[mistake][2] if LEFT_OUT[mistake][2] < 0 or quantity != "params" else 0
        sums += amount * times
    return sums


def gives(asked: Query, explanation: Explanation, fact: Fact, number: int) -> bool:
    """Whether its network, layer by layer, has the number under its reading."""
    value = next(each for each in explanation.values if each.fact is fact)
    built = network_of(asked, explanation.setting, explanation.structure, fact)
    return value.value == number == sum(amounts(built, explanation.structure, value.reading))


@given(
    net=st.sampled_from(MAIN),
    place=st.integers(0, 4),
    resolution=st.sampled_from([96, 128, 161, 192, 224]),
    convention=st.sampled_from(CONVENTIONS),
    mistake=st.sampled_from(KNOWN),
    quantity=st.sampled_from(["mult_adds", "params"]),
)
@settings(max_examples=150, deadline=None)
def test_a_cause_that_is_put_in_is_found(
    net: str, place: int, resolution: int, convention: str, mistake: str, quantity: str
) -> None:
    alphas = load_spec(net).published_alphas
    alpha = alphas[place % len(alphas)]
    built, plain = (network(net, alpha, resolution, each) for each in (mistake, ""))
    roles = {role_of(plain.spec, row.stage) for row in plain.spec.rows}
    assume(mistake not in LEFT_OUT or roles.issuperset(LEFT_OUT[mistake][1]))  # V1 has no head to leave out
    number = total(built, convention, quantity, mistake)
    fact = Fact(parse_printed(str(number)), quantity, alpha, (resolution, resolution))
    asked = query(net, fact, classes=1000)
    every = explain(asked, limit=1000).explanations
    found = [each for each in every if each.exact and gives(asked, each, fact, number)]
    if number in {total(plain, name, quantity, "") for name in load_conventions()}:
        assert any(not each.departures for each in found)  # a mistake that changes nothing of it is not needed
        return
    same = [each for each in found if mistake in " ".join(each.departures)]
    # What makes the same network goes by one name: that of the cheapest, be it an implementation or another mistake.
    sizes = [size(network_of(asked, each.setting, each.structure, fact), quantity) for each in found]
    assert same or (size(built, quantity) in sizes and mistake in MISTAKES)


def size(built: Network, quantity: str) -> tuple[int, ...]:
    """What makes two networks the same, as far as a quantity goes."""
    tally = built.tally()
    if quantity == "mult_adds":
        return (tally.conv_macs + tally.linear_macs,)
    return tally.weights, tally.biases, tally.norm_channels


@pytest.mark.parametrize("net", MAIN)
def test_pairs_of_mistakes_compose(net: str) -> None:
    """Each is keyed on the blocks' identity, so that the order makes no difference."""
    spec = load_spec(net)
    start = Draft(spec, spec.implementation("official"))
    generator = random.Random(net)
    for _ in range(40):
        first, second = generator.sample(sorted(MISTAKES), 2)
        if {"dense instead of depthwise", "groups ignored"} == {first, second} or _exclude(first, second):
            continue
        there = MISTAKES[second].make(MISTAKES[first].make(start)).network(0.5, (128, 128), 1000).tally()
        back = MISTAKES[first].make(MISTAKES[second].make(start)).network(0.5, (128, 128), 1000).tally()
        assert there == back, (first, second)


def _exclude(first: str, second: str) -> bool:
    """Two answers to one question: the later one holds."""
    subjects = (
        "widths",
        "expansion from",
        "head",
        "last convolution",
        "squeeze",
        "bias",
        "norm",
        "depthwise",
        "groups",
    )
    return any(subject in first and subject in second for subject in subjects)


def joint(generator: random.Random) -> tuple[Query, str, str]:
    """Mult-adds at four resolutions and the params of one network with one mistake, three digits each."""
    net = generator.choice(MAIN)
    alpha = generator.choice(load_spec(net).published_alphas)
    mistake, convention = generator.choice(KNOWN), generator.choice(CONVENTIONS[:14])
    facts = []
    for row, resolution in enumerate((224, 192, 160, 128), 1):
        number = total(network(net, alpha, resolution, mistake), convention, "mult_adds", mistake)
        facts.append(Fact(printed(number, 3), "mult_adds", alpha, (resolution, resolution), row))
    number = total(network(net, alpha, 224, mistake), "macs", "params", mistake)
    facts.append(Fact(printed(number, 3), "params", alpha, None, 5))
    return query(net, *facts), mistake, convention


def test_four_resolutions_and_params_identify_the_cause() -> None:
    """Among the first three in at least four of five; what builds the same network counts as the same."""
    generator = random.Random(20261124)
    right, rounds = 0, 40
    for _ in range(rounds):
        asked, mistake, convention = joint(generator)
        fact = asked.facts[0]
        assert asked.spec is not None
        built = network(asked.spec.name, fact.alpha or 1, 224, mistake)
        wanted = total(built, convention, "mult_adds", mistake)
        first = explain(asked, limit=3).explanations
        right += any(each.exact and each.values[0].value == wanted for each in first)
    assert right >= 0.8 * rounds, f"{right} of {rounds}"


def figures() -> Iterator[tuple[str, Fact]]:
    """Published totals as single facts, each with its network."""
    for figure in load_published():
        if figure.quantity in ("params", "mult_adds") and figure.task == "classification" and figure.net in RELATIVES:
            shown = Printed(figure.value, figure.number, figure.step)
            yield figure.net, Fact(shown, figure.quantity, figure.alpha or 1.0, figure.resolution)


@pytest.mark.parametrize("digits", [(2, 3), (3, 4), (4, 12)], ids=["two digits", "three digits", "four and more"])
def test_the_placebo_is_claimed_no_more_often_than_chance_says(digits: tuple[int, int]) -> None:
    """Real figures moved by 1.5 to 15 %: the share that is explained at chance c or less is at most c."""
    generator = random.Random(str(digits))
    known = [(net, fact) for net, fact in figures() if digits[0] <= fact.printed.digits < digits[1]]
    rounds, found = 150, list[float]()
    for _ in range(rounds):
        net, fact = generator.choice(known)
        factor = 1 + generator.choice((-1, 1)) * generator.uniform(0.015, 0.15)
        number = round(fact.printed.number * Fraction(factor) / fact.printed.step) * fact.printed.step
        moved = replace(fact, printed=replace(fact.printed, number=number))
        first = explain(query(net, moved), limit=1).explanations
        found.append(first[0].chance if first else 1.0)
    for level in (0.01, 0.05, 0.1, 0.2, 0.5):
        share = sum(chance <= level for chance in found) / rounds
        allowed = level + 2.5 * (level * (1 - level) / rounds) ** 0.5
        assert share <= allowed, f"chance {level}: {share}"
