"""How often a random number gets an equally simple explanation: without this share, an explanation is worth nothing.

Printed numbers are multiplied by a factor, at most `SPREAD` and at least 1 / `SPREAD`. The chance is the share of the
factors for which some network under some reading gives the new numbers at the same cost or less. It is computed from
the values that can be reached, not by drawing numbers. It behaves like a p-value: of random numbers, at most a share c
get a chance of c or less.

Several numbers are tested in turn: each one is moved while the others stay as they are printed, so that a number that
is simply right lends nothing to a random one beside it. The numbers of one quantity are also moved together, and so are
all of them, by one factor: a table that is wrong by a constant share is as easy to explain as one number. The chance of
a number is the largest of the shares in which it was moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from math import comb, fsum, prod

from mbcost.questions.explain.arrays import Floats
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import count_of, missed_costs
from mbcost.questions.explain.reach import Moved, SolvedFacts, reach_facts
from mbcost.questions.explain.search import Candidate
from mbcost.questions.explain.spans import SPREAD, join_spans, list_ways
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.questions.explain.windows import list_misprints

_SLIP = cost_of("roundings", "mistyped")

Tried = tuple[Query, Sequence[Trial]]
"""A query without open quantities, and its trials."""


@dataclass(frozen=True, eq=False)
class Reach:
    """The factors for which there is an explanation that costs at most a limit: ranges apart from each other."""

    low: Floats
    high: Floats

    @property
    def share(self) -> float:
        """The share of all factors."""
        # fsum rounds once, so that the share does not depend on how a processor groups the terms.
        return fsum(self.high - self.low) / (SPREAD - 1 / SPREAD)

    @property
    def is_full(self) -> bool:
        """Whether it has all factors."""
        return len(self.low) == 1 and bool(self.low[0] == 1 / SPREAD) and bool(self.high[0] == SPREAD)

    def join(self, low: Floats, high: Floats) -> Reach:
        """Return the factors of this one and of further ranges."""
        import numpy as np

        low, high = np.concatenate([self.low, low]), np.concatenate([self.high, high])
        order = np.argsort(low, kind="stable")
        low, reached = low[order], np.maximum.accumulate(high[order])
        apart = np.flatnonzero(low[1:] > reached[:-1])
        return Reach(low[np.append(0, apart + 1)], reached[np.append(apart, len(low) - 1)])


def compute_chances(alternatives: Sequence[Tried], candidates: Sequence[Candidate]) -> list[dict[int, float]]:
    """Return for each candidate the chance of each fact that it explains.

    If a candidate misses facts, it could have explained any others of the same number: the share is multiplied by the
    number of such choices.

    Args:
        alternatives: one query for each quantity that the facts may have; any of them may explain the facts.
        candidates: what was found.
    """
    query = alternatives[0][0]
    highest = max((candidate.cost for candidate in candidates), default=0)
    solved = [
        reach_facts(alternative, trial.families, highest, SPREAD)
        for alternative, trials in alternatives
        for trial in trials
        if trial.families is not None
    ]
    missed, first = missed_costs(query), _find_first(query)
    asked: list[tuple[tuple[int, ...], int]] = []
    limits: dict[tuple[int, ...], set[int]] = {}
    for candidate in candidates:
        stated = tuple(dict.fromkeys(first[index] for index in _explained(candidate)))
        limit = candidate.cost - sum(missed[index] for index in candidate.missed)
        asked.append((stated, limit))
        limits.setdefault(stated, set()).update({limit, limit - _SLIP} if candidate.mistyped else {limit})
    tests = {
        stated: _Tests(
            [_restrict(alternative, stated) for alternative in alternatives],
            [part.restrict(stated) for part in solved],
            sorted(costs),
        )
        for stated, costs in limits.items()
    }
    chances: list[dict[int, float]] = []
    for candidate, (stated, limit) in zip(candidates, asked, strict=True):
        shares = tests[stated].chances(limit, mistyped=candidate.mistyped)
        explained = _explained(candidate)
        choices = _count_choices(query, explained)
        chances.append({index: min(1.0, shares[stated.index(first[index])] * choices) for index in explained})
    return chances


def _explained(candidate: Candidate) -> tuple[int, ...]:
    """Return the indices of the facts that a candidate gives."""
    return tuple(index for index, match in enumerate(candidate.matches) if match.window is not None)


def _find_first(query: Query) -> list[int]:
    """Return for each fact the index of the first one that states the same: a repeated number proves nothing more."""
    keys = [(fact.printed, count_of(fact)) for fact in query.facts]
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    return [first[key] for key in keys]


def _count_choices(query: Query, indices: tuple[int, ...]) -> int:
    """Return how many sets of as many distinct facts there are."""
    distinct = {index for index, cost in enumerate(missed_costs(query)) if cost > 0}
    return comb(len(distinct), len(distinct & set(indices)))


def _restrict(tried: Tried, indices: tuple[int, ...]) -> Tried:
    """Return the query and its trials with only some of the facts."""
    query, trials = tried
    facts = tuple(query.facts[index] for index in indices)
    return replace(query, facts=facts), [trial.restrict(indices) for trial in trials]


class _Tests:
    """The tests of one set of facts: each moves some of them and holds the others."""

    def __init__(self, tried: Sequence[Tried], solved: Sequence[SolvedFacts], limits: Sequence[int]) -> None:
        self._query = tried[0][0]
        self._moves = _list_moves(self._query)
        self._reaches = [_reach(query, trials, self._moves, limits) for query, trials in tried]
        self._solved = solved

    def chances(self, limit: int, *, mistyped: bool) -> list[float]:
        """Return the chance of each fact, which is the largest share of the tests that move it.

        Args:
            limit: the highest cost of an explanation, one of those that the tests were made for.
            mistyped: whether an explanation may assume a mistyped digit.
        """
        shares = {}
        for moved in self._moves:
            reached = [self._share(reaches[moved], limit, mistyped=mistyped) for reaches in self._reaches]
            built = 1 - prod(1 - share for share in reached)
            shares[moved] = min(1.0, built + fsum(part.bound(moved, limit) for part in self._solved))
        number = len(self._query.facts)
        return [max(share for moved, share in shares.items() if index in moved) for index in range(number)]

    def _share(self, reaches: Mapping[int, Reach], limit: int, *, mistyped: bool) -> float:
        """Return the share of explained factors, also if a digit of the only number may be mistyped.

        Each misprint of the number has the same chance to be explained, at what remains after the cost of the slip.
        """
        if not mistyped:
            return reaches[limit].share
        misprints = len(list_misprints(self._query.facts[0].printed))
        unexplained = repeat(1 - reaches[limit - _SLIP].share, misprints)
        return 1 - (1 - reaches[limit].share) * prod(unexplained)


def _list_moves(query: Query) -> list[Moved]:
    """Return what is moved together: all facts, those of each quantity, each single fact."""
    every = range(len(query.facts))
    by_quantity = (
        frozenset(index for index in every if query.facts[index].quantity == quantity)
        for quantity in quantities_of(query)
    )
    return list(dict.fromkeys((frozenset(every), *by_quantity, *(frozenset({index}) for index in every))))


def _reach(
    query: Query, trials: Iterable[Trial], moves: Sequence[Moved], limits: Sequence[int]
) -> dict[Moved, dict[int, Reach]]:
    """Return what each test can reach at each limit; the ways to count are listed for one trial at a time."""
    import numpy as np

    nothing = Reach(np.zeros(0), np.zeros(0))
    reached = {moved: dict.fromkeys(limits, nothing) for moved in moves}
    for trial in trials:
        unfinished = [moved for moved in moves if not all(reach.is_full for reach in reached[moved].values())]
        ways = list_ways(query, trial, max(limits)) if unfinished else []
        for moved in unfinished:
            for spans in join_spans(ways, moved):
                cost = trial.cost[spans.structure] + spans.cost
                for limit, reach in reached[moved].items():
                    cheap = cost <= limit
                    if cheap.any() and not reach.is_full:
                        reached[moved][limit] = reach.join(spans.low[cheap], spans.high[cheap])
    return reached
