"""How often a random number gets an equally simple explanation: without this share, an explanation is worth nothing.

All printed numbers are multiplied by the same factor, at most `SPREAD` and at least 1 / `SPREAD`. The chance is the
share of the factors for which some network under some reading gives the new numbers at the same cost or less. It is
computed from the values that can be reached, not by drawing numbers. It behaves like a p-value: of random numbers, at
most a share c get a chance of c or less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from math import comb, fsum, prod

from mbcost.questions.explain.arrays import Array, Floats
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import group_windows, missed_cost, plan_passes, reading_costs
from mbcost.questions.explain.search import Candidate
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.questions.explain.windows import list_misprints

SPREAD = 1.15
"""The study of shifted figures moved them by up to 15 %."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Parallel arrays: a structure, what is added to its cost, and the range of factors for which it is right."""

    structure: Array
    cost: Array
    low: Floats
    high: Floats


Tried = tuple[Query, Sequence[Trial]]
"""A query without open quantities, and its trials."""


@dataclass(frozen=True, eq=False)
class Reach:
    """What can be reached: parallel arrays of costs and of the ranges of factors."""

    cost: Array
    low: Floats
    high: Floats

    def share(self, limit: int) -> float:
        """Return the share of the factors for which there is an explanation that costs at most `limit`."""
        import numpy as np

        cheap = self.cost <= limit
        if not cheap.any():
            return 0.0
        order = np.lexsort((self.high[cheap], self.low[cheap]))
        low, high = (np.clip(ends[cheap][order], 1 / SPREAD, SPREAD) for ends in (self.low, self.high))
        reached = np.maximum.accumulate(np.concatenate([[1 / SPREAD], high[:-1]]))
        # fsum rounds once, so that the share does not depend on how a processor groups the terms.
        return fsum(np.maximum(high - np.maximum(low, reached), 0)) / (SPREAD - 1 / SPREAD)


def compute_chances(alternatives: Sequence[Tried], candidates: Sequence[Candidate]) -> list[float]:
    """Return for each candidate the share of factors for which there is an explanation that costs no more.

    If a candidate misses facts, it could have explained any others of the same number: the share is multiplied by the
    number of such choices.

    Args:
        alternatives: one query for each quantity that the facts may have; any of them may explain the facts.
        candidates: what was found.
    """
    reach_by_facts: dict[tuple[int, ...], list[tuple[Query, Reach]]] = {}
    chances: list[float] = []
    query = alternatives[0][0]
    highest = max((candidate.cost for candidate in candidates), default=0)
    for candidate in candidates:
        indices = tuple(index for index, match in enumerate(candidate.matches) if match.window is not None)
        if indices not in reach_by_facts:
            tried = [_restrict(alternative, indices) for alternative in alternatives]
            reach_by_facts[indices] = [(part, _reach(part, trials, highest)) for part, trials in tried]
        limit = candidate.cost - sum(missed_cost(query, query.facts[index]) for index in candidate.missed)
        share = 1 - prod(1 - _share(part, reach, limit) for part, reach in reach_by_facts[indices])
        chances.append(min(1.0, share * _count_choices(query, indices)))
    return chances


def _count_choices(query: Query, indices: tuple[int, ...]) -> int:
    """Return how many sets of as many distinct facts there are."""
    distinct = {index for index, fact in enumerate(query.facts) if missed_cost(query, fact) > 0}
    return comb(len(distinct), len(distinct & set(indices)))


def _restrict(tried: Tried, indices: tuple[int, ...]) -> Tried:
    """Return the query and its trials with only some of the facts."""
    query, trials = tried
    facts = tuple(query.facts[index] for index in indices)
    return replace(query, facts=facts), [
        replace(trial, counts=tuple(trial.counts[index] for index in indices)) for trial in trials
    ]


def _share(query: Query, reach: Reach, limit: int) -> float:
    """Return the share of explained factors, typing errors included."""
    share = reach.share(limit)
    slip = cost_of("roundings", "mistyped")
    if len(query.facts) == 1 and limit >= slip:
        # Each misprint of the number has the same chance to be explained, at what remains after the cost of the slip.
        unexplained = repeat(1 - reach.share(limit - slip), len(list_misprints(query.facts[0].printed)))
        share = 1 - (1 - share) * prod(unexplained)
    return share


def _reach(query: Query, trials: Sequence[Trial], limit: int) -> Reach:
    """Return everything that costs at most `limit`."""
    import numpy as np

    parts = [(trial, spans) for trial in trials for spans in _trial_spans(query, trial, limit)]
    if not parts:
        return Reach(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    cost = np.concatenate([trial.cost[spans.structure] + spans.cost for trial, spans in parts])
    low, high = (np.concatenate([getattr(spans, end) for _, spans in parts]) for end in ("low", "high"))
    return Reach(cost, low, high)


def _trial_spans(query: Query, trial: Trial, limit: int) -> Iterator[Spans]:
    """Yield the spans of one trial that cost at most `limit`, for all quantities together."""
    first, *others = [list(_quantity_spans(query, trial, quantity, limit)) for quantity in quantities_of(query)]
    joint = first
    for second in others:
        joint = [common for left in joint for right in second for common in _intersect(trial, left, right, limit)]
    yield from joint


def _quantity_spans(query: Query, trial: Trial, quantity: str, limit: int) -> Iterator[Spans]:
    import numpy as np

    indices = tuple(index for index, fact in enumerate(query.facts) if fact.quantity == quantity)
    for number, readings in plan_passes(query, trial, quantity):
        costs = reading_costs(trial, number, readings)
        structure, reading = np.nonzero(trial.cost[:number, None] + costs <= limit)
        if not len(structure):
            continue
        cost, coefficients = costs[structure, reading], readings.coefficients.T[reading]
        values = [np.einsum("ij,ij->i", trial.counts[index][structure], coefficients) for index in indices]
        for windows in group_windows(query, indices):
            low, high = np.full(len(cost), -np.inf), np.full(len(cost), np.inf)
            for window, value in zip(windows, values, strict=True):
                printed = window.printed.number
                if window.rounding == "float32":  # a network gives one number, even if not the nearest to its sum
                    window = replace(window, low=int(printed), high=int(printed))
                # Half a unit on each side: a whole number represents the numbers around it.
                low = np.maximum(low, (value - float(window.high - printed) - 0.5) / float(printed))
                high = np.minimum(high, (value - float(window.low - printed) + 0.5) / float(printed))
            cheap = trial.cost[structure] + cost + windows[0].cost <= limit
            good = (low < high) & (low < SPREAD) & (high > 1 / SPREAD) & cheap
            if good.any():
                yield Spans(structure[good], cost[good] + windows[0].cost, low[good], high[good])


def _intersect(trial: Trial, first: Spans, second: Spans, limit: int) -> Iterator[Spans]:
    """Yield the factors for which both quantities of one structure are right."""
    import numpy as np

    order = np.argsort(second.structure, kind="stable")
    starts = np.searchsorted(second.structure[order], first.structure, side="left")
    ends = np.searchsorted(second.structure[order], first.structure, side="right")
    left = np.repeat(np.arange(len(first.structure)), ends - starts)
    right = order[np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)] or [order[:0]])]
    structure = first.structure[left]
    cost = first.cost[left] + second.cost[right]
    low, high = np.maximum(first.low[left], second.low[right]), np.minimum(first.high[left], second.high[right])
    good = (low < high) & (trial.cost[structure] + cost <= limit)
    if good.any():
        yield Spans(structure[good], cost[good], low[good], high[good])
