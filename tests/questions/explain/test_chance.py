"""Placebo studies: of random numbers, alone, beside a right number or in a table, at most one in twenty is claimed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from math import sqrt

import pytest

from mbcost.analytic.network import resolve
from mbcost.questions.explain.answer import CLAIM, Answer
from mbcost.questions.explain.explain import RESTS, explain
from mbcost.questions.explain.facts import Fact, Query
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.printed import Printed, parse_printed

NETS = (
    "v1", "v2", "v3-large", "v3-small", "v3-large-minimalistic", "v3-small-minimalistic", "mobilenet-v4-conv-small",
    "mobilenet-v4-conv-medium", "mobilenet-v4-conv-large", "mnasnet-1.0", "efficientnet-b0", "resnet-50", "vgg-16",
)  # fmt: skip
QUANTITIES = ("mult_adds", "params")
PARTS = 1
TRIALS = 30
"""Trials in each of `PARTS` parts."""


def shorten(number: int, digits: int | None) -> Printed:
    """Return the number rounded to so many digits, or exactly."""
    if digits is None:
        return parse_printed(str(number))
    step = Fraction(10) ** max(len(str(number)) - digits, 0)
    return Printed(f"{number}/{digits}", round(number / step) * step, step)


def move(number: int, generator: random.Random) -> int:
    """Return a number that is 1.5 to 15 % larger or smaller."""
    return round(number * (1 + generator.choice((-1, 1)) * generator.uniform(0.015, 0.15)))


def is_claimed(answer: Answer, facts: Iterable[Fact]) -> bool:
    """Return whether the answer explains one of the facts, by one cause or by several."""
    wanted = list(facts)
    return any(value.fact is fact for entry in answer.explanations for value in entry.explained for fact in wanted)


def allowed(trials: int) -> float:
    """Return how many of the trials may be claimed: 5 %, and two and a half standard deviations."""
    return trials * CLAIM + 2.5 * sqrt(trials * CLAIM * (1 - CLAIM))


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_a_random_number_beside_a_right_one_is_not_claimed(part: int) -> None:
    """The right one is exact or has three digits, the random one three to five; either counts mult-adds or params.

    The right number is claimed in nearly all of the trials: it loses nothing beside a wrong one.
    """
    generator = random.Random(part)
    random_claimed = exact_claimed = exact = 0
    for _ in range(TRIALS):
        spec = load_spec(generator.choice(NETS))
        alpha = generator.choice(spec.published_alphas)
        side = generator.choice(spec.published_resolutions or (spec.resolution[0],))
        built = resolve(spec, alpha=alpha, resolution=side)
        counts = {"mult_adds": built.mult_adds(), "params": built.params()}
        wrong, right = generator.sample(QUANTITIES, 2)
        digits = generator.choice((None, None, 3))
        facts = {
            wrong: Fact(
                shorten(move(counts[wrong], generator), generator.choice((3, 4, 5))), wrong, alpha, (side, side)
            ),
            right: Fact(shorten(counts[right], digits), right, alpha, (side, side)),
        }
        answer = explain(Query(tuple(facts.values()), spec), limit=1, rests=0)
        random_claimed += is_claimed(answer, [facts[wrong]])
        exact += digits is None
        exact_claimed += digits is None and is_claimed(answer, [facts[right]])
    assert random_claimed <= allowed(TRIALS), f"{random_claimed} of {TRIALS}"
    assert exact_claimed >= 0.9 * exact, f"{exact_claimed} of {exact}"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["one row", "one quantity", "all rows by one factor"])
def test_random_numbers_in_a_table_are_not_claimed(kind: str) -> None:
    """A table has mult-adds and params at four alphas, three digits each; some of its numbers are random."""
    generator = random.Random(kind)
    trials, claimed = 5, 0
    for _ in range(trials):
        spec = load_spec(generator.choice(("v1", "v2", "v3-large", "v3-small")))
        factor = move(10**6, generator) / 10**6
        alphas = generator.sample(spec.published_alphas, min(4, len(spec.published_alphas)))
        facts, wrong = [], []
        for row, alpha in enumerate(alphas, 1):
            built = resolve(spec, alpha=alpha)
            for quantity, count in (("mult_adds", built.mult_adds()), ("params", built.params())):
                is_random = quantity == "mult_adds" and (kind != "one row" or row == 1)
                is_random = is_random or kind == "all rows by one factor"
                moved = move(count, generator) if kind != "all rows by one factor" else round(count * factor)
                fact = Fact(shorten(moved if is_random else count, 3), quantity, alpha, (224, 224), row)
                facts.append(fact)
                wrong += [fact] if is_random else []
        claimed += is_claimed(explain(Query(tuple(facts), spec), limit=1, rests=0), wrong)
    assert claimed <= allowed(trials), f"{claimed} of {trials}"


def test_a_claim_says_which_of_the_numbers_it_covers() -> None:
    """The params are EfficientNet-B0's; nothing simple gives 349 M multiply-adds."""
    facts = (
        Fact(parse_printed("349M"), "mult_adds", 1.0, (224, 224)),
        Fact(parse_printed("5,288,548"), "params", 1.0, (224, 224)),
    )
    answer = explain(Query(facts, load_spec("efficientnet-b0")))
    first = answer.explanations[0]
    assert [value.fact.quantity for value in first.explained] == ["params"]
    for rank in answer.claimed_by:
        values = answer.explanations[rank - 1].values
        assert [value.rounding is not None for value in values if value.fact.quantity == "params"] == [True]


def test_only_explanations_that_meet_every_claimed_number_are_named() -> None:
    facts = (
        Fact(parse_printed("500M"), "mult_adds", 1.0, (224, 224)),
        Fact(parse_printed("4,231,976"), "params", 1.0, (224, 224)),
    )
    answer = explain(Query(facts, load_spec("v1")))
    covered = {value.fact.quantity for value in answer.explanations[0].explained}
    assert covered == {"params"}
    for rank in answer.claimed_by:
        missed = {value.fact.quantity for value in answer.explanations[rank - 1].missed}
        assert not covered & missed


def test_two_causes_with_the_same_sums_are_both_named() -> None:
    """Twice the resolution, and a stem of stride 1: every map is the same."""
    facts = (Fact(parse_printed("1252681984"), "mult_adds", 1.0, (224, 224)),)
    first = explain(Query(facts, load_spec("v2"))).explanations[0]
    clauses = {first.clauses, *(same.clauses for same in first.same_sums)}
    assert ("the stem has stride 1",) in clauses
    assert any("the resolution is 448" in text for listed in clauses for text in listed)


def test_a_mistyped_digit_is_offered_only_if_nothing_else_fits() -> None:
    """3,504,872 is V2's number; 3,504,879 has a wrong digit."""
    right, wrong = (
        explain(Query((Fact(parse_printed(text), "params", 1.0),), load_spec("v2")))
        for text in ("3,504,872", "3,504,879")
    )
    assert not any(value.rounding == "mistyped" for entry in right.explanations for value in entry.values)
    assert wrong.explanations[0].values[0].meant == "3,504,872"
    assert not wrong.claimed_by
    assert not wrong.fits
    assert wrong.nearest


def test_a_number_that_is_stated_twice_is_no_surer() -> None:
    """Two rows of a table that state the same are one fact: its chance stays, at a fraction of the memory."""
    fact = Fact(parse_printed("301M"), "mult_adds", 1.0, (224, 224))
    once, twice = (explain(Query((fact,) * number, load_spec("v2"))) for number in (1, 2))
    assert once.explanations[0].values[0].chance > 0
    assert [[value.chance for value in entry.values] for entry in twice.explanations] == [
        [value.chance for value in entry.values] * 2 for entry in once.explanations
    ]


def test_numbers_that_have_nothing_in_common_are_explained_a_few_times_and_then_listed() -> None:
    facts = [
        Fact(parse_printed(f"{number}M"), "params", 1.0, (224, 224)) for number in (3.4, 3.9, 4.9, 5.3, 6.1, 6.9, 7.3)
    ]
    answer: Answer | None = explain(Query(tuple(facts), load_spec("v2")), limit=1)
    number = 0
    while answer is not None:
        last = answer.explanations[0]
        number, answer = number + 1, answer.rest
    assert number == RESTS + 1
    assert last.missed
