"""How much work a search is, from its query alone, so that a long one can be announced or refused before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb

from mbcost.errors import MbcostError
from mbcost.questions.explain.facts import (
    OPEN_QUANTITIES,
    Query,
    Setting,
    is_built_in,
    list_alphas,
    list_sizes,
    list_specs,
)
from mbcost.questions.explain.structures import COMMON, LEFT_OUT, OTHER_CLASSES, USUAL_CLASSES, Choices
from mbcost.questions.explain.trials import allowed_choices, choices_of, is_long
from mbcost.questions.explain.wide import ALPHAS, SIDES
from mbcost.questions.mistakes.known import MISTAKES
from mbcost.questions.work import Work
from mbcost.spec.table import Spec

MOST_NUMBERS = 50
"""The numbers of one network that are explained together without the user's consent: more need more than 500 MB. V2's
22 released networks, with two numbers each, are 44."""
RATE = 20_000
"""Counts per second, about: queries of 3 to 100 seconds were half to three times as fast on the test machine."""
BOUND = 10_000_000
"""The most counts without the user's consent."""
REMEDY = "state more of the network, give fewer rows, or leave out --deep"
SEARCH = 800
"""What a search takes besides its networks, in counts."""
SOLVED = 3000
"""What heads and numbers of classes that are solved from a number take in one setting, in counts."""
FACTS_PER_COUNT = 4
"""Counting the structures takes as long as comparing the counts with so many printed numbers."""
CHANGES = 8
"""A deep search changes a row of a table in at most so many ways."""


def measure_search(queries: Sequence[Query], *, force: bool) -> Work:
    """Return the work of explaining the numbers of several networks.

    Raises:
        MbcostError: one network has more than `MOST_NUMBERS` numbers, and the user does not lift the limit.
    """
    most = max(len(query.facts) for query in queries)
    if most > MOST_NUMBERS and not force:
        raise MbcostError(
            f"the table has {most:,} numbers of one network: give at most {MOST_NUMBERS} at a time, or add --force"
        )
    return Work(sum(map(count_work, queries)), "counts of networks and blocks", RATE, BOUND, REMEDY)


def count_work(query: Query) -> int:
    """Return about how many counts a search makes.

    A count is a structure for one fact in one setting, or one block of a structure that is not built ahead.
    """
    quantities = 1 if all(fact.quantity for fact in query.facts) else len(OPEN_QUANTITIES)
    distinct = len({(fact.quantity, fact.alpha, fact.resolution) for fact in query.facts})
    solves = any(fact.quantity in (None, "params") and is_long(fact.printed) for fact in query.facts)
    total = SEARCH + len(query.facts) ** 2
    for spec, _ in list_specs(query):
        sizes = sum(1 for _ in list_sizes(query, spec))
        for setting in list_alphas(query, spec):
            if query.plain and setting.departures:
                continue
            choices = choices_of(query, setting, allowed_choices(query))
            weight = distinct + len(query.facts) // FACTS_PER_COUNT
            total += quantities * sizes * weight * sum(_count_rows(spec, choices))
            total += sizes * SOLVED if solves and choices.mistakes else 0
            total += _count_built(query, setting, choices)
        total += _count_wide(query, spec)
    return total


def _count_structures(spec: Spec, choices: Choices) -> tuple[int, int]:
    """Return how many structures there are at most: unmodified ones and others."""
    implementations = 1 if choices.implementation else max(1, len(spec.implementations))
    if not choices.mistakes:
        return implementations, 0
    parts, single = 3 * len(LEFT_OUT), len(MISTAKES)
    if choices.mistakes == 1:
        pairs = comb(len(COMMON), 2) if choices.pairs else 0
        return implementations, implementations * (parts + single + pairs)
    changed = CHANGES * len(spec.rows)
    return implementations, implementations * (parts + single * (1 + parts)) + changed * (1 + parts) + comb(single, 2)


def _count_rows(spec: Spec, choices: Choices) -> Iterator[int]:
    """Yield how many structures with a number of classes there are: unmodified ones and others."""
    plain, others = _count_structures(spec, choices)
    usual = len(USUAL_CLASSES)
    yield plain * (usual + (len(OTHER_CLASSES) if choices.classes is None else 1))
    yield others * (usual if choices.classes is None else 1)


def _count_built(query: Query, setting: Setting, choices: Choices) -> int:
    """Return how many blocks are built that are not built ahead."""
    spec = setting.spec
    ahead = is_built_in(spec) and choices.mistakes < 2 and choices.in_channels is None
    alphas = {setting.alpha_of(fact) for fact in query.facts} - set(spec.published_alphas if ahead else ())
    return len(alphas) * sum(_count_structures(spec, choices)) * _count_blocks(spec)


def _count_wide(query: Query, spec: Spec) -> int:
    """Return how many counts a wide search adds, if nothing simpler fits."""
    is_wide = any(is_long(fact.printed) for fact in query.facts) and not (query.plain or query.deep)
    if not is_wide or query.spec not in (None, spec):
        return 0
    networks = 1 if query.implementation else max(1, len(spec.implementations))
    return len(query.facts) * (len(SIDES) * networks + len(ALPHAS) * _count_blocks(spec))


def _count_blocks(spec: Spec) -> int:
    return sum(row.repeats for row in spec.rows)
