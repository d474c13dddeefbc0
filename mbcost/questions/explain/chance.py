"""How often a random number is explained as cheaply: without that, an explanation is worth nothing.

The printed numbers are moved, all by the same factor within `SPREAD`, and the share of the moves is measured at which
some network, counted in some way, gives the moved numbers at the same cost or less. The share is computed from the
values that can be reached, not drawn. Over random numbers it is at most c in a share c of the cases, like a p-value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from math import comb, fsum, prod
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.costs import load_weights
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import missed_cost, passes, reading_costs, rounding_kinds
from mbcost.questions.explain.readings import misprints
from mbcost.questions.explain.search import Candidate
from mbcost.questions.explain.trials import Trial, quantities_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Costs = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
else:
    Costs = Floats = Places = Any

SPREAD = 1.15
"""The study of shifted figures moved them by up to 15 %."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Parallel arrays: a structure, what is added to its cost, and the factors between which the numbers are right."""

    structure: Places
    cost: Costs
    low: Floats
    high: Floats


Tried = tuple[Query, Sequence[Trial]]
"""A query without open quantities, and its trials."""


@dataclass(frozen=True, eq=False)
class Reached:
    """What can be reached: parallel arrays of costs and of the factors between which the moved numbers are right."""

    cost: Costs
    low: Floats
    high: Floats

    def share(self, limit: int) -> float:
        """The share of the moves that something explains which costs at most `limit`."""
        import numpy as np

        cheap = self.cost <= limit
        if not cheap.any():
            return 0.0
        order = np.lexsort((self.high[cheap], self.low[cheap]))
        low, high = (np.clip(ends[cheap][order], 1 / SPREAD, SPREAD) for ends in (self.low, self.high))
        reached = np.maximum.accumulate(np.concatenate([[1 / SPREAD], high[:-1]]))
        # fsum rounds once, so that the share does not depend on how a processor groups the terms.
        return fsum(np.maximum(high - np.maximum(low, reached), 0)) / (SPREAD - 1 / SPREAD)


def chances(alternatives: Sequence[Tried], candidates: Sequence[Candidate]) -> list[float]:
    """For each candidate, the share of moves at which one is found that costs no more.

    Where a candidate misses facts, any as many could have been the ones that it explains: the share is taken once for
    each choice of them. Quantities that the facts may be of are alternatives, each of which may explain them.
    """
    parts: dict[tuple[int, ...], list[tuple[Query, Reached]]] = {}
    answers: list[float] = []
    query = alternatives[0][0]
    most = max((candidate.cost for candidate in candidates), default=0)
    for candidate in candidates:
        places = tuple(place for place, match in enumerate(candidate.matches) if match.window is not None)
        if places not in parts:
            some = (_only(tried, places) for tried in alternatives)
            parts[places] = [(each, _reached(each, trials, most)) for each, trials in some]
        limit = candidate.cost - sum(missed_cost(query, query.facts[place]) for place in candidate.missed)
        share = 1 - prod(1 - _explained(each, reached, limit) for each, reached in parts[places])
        answers.append(min(1.0, share * _choices(query, places)))
    return answers


def _choices(query: Query, places: tuple[int, ...]) -> int:
    """How many sets of so many distinct facts there are."""
    distinct = {place for place, fact in enumerate(query.facts) if missed_cost(query, fact) > 0}
    return comb(len(distinct), len(distinct & set(places)))


def _only(tried: Tried, places: tuple[int, ...]) -> Tried:
    query, some = tried
    facts = tuple(query.facts[place] for place in places)
    return replace(query, facts=facts), [
        replace(trial, counts=tuple(trial.counts[place] for place in places)) for trial in some
    ]


def _explained(query: Query, reached: Reached, limit: int) -> float:
    share = reached.share(limit)
    slip = load_weights().cost("roundings", "mistyped")
    if len(query.facts) == 1 and limit >= slip:
        # Each of the numbers that a typing error makes of it can be explained as well, at the cost of the error more.
        others = repeat(1 - reached.share(limit - slip), len(misprints(query.facts[0].printed)))
        share = 1 - (1 - share) * prod(others)
    return share


def _reached(query: Query, trials: Sequence[Trial], limit: int) -> Reached:
    """Everything that costs at most `limit`."""
    import numpy as np

    parts = [(trial, spans) for trial in trials for spans in _trial(query, trial, limit)]
    if not parts:
        return Reached(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    cost = np.concatenate([trial.cost[spans.structure] + spans.cost for trial, spans in parts])
    low, high = (np.concatenate([getattr(spans, end) for _, spans in parts]) for end in ("low", "high"))
    return Reached(cost, low, high)


def _trial(query: Query, trial: Trial, limit: int) -> Iterator[Spans]:
    """The spans of one setting that cost at most `limit`, of all quantities together."""
    quantities = quantities_of(query)
    found, *others = [list(_spans(query, trial, quantity, limit)) for quantity in quantities]
    for more in others:
        found = [crossed for spans in found for other in more for crossed in _crossed(trial, spans, other, limit)]
    yield from found


def _spans(query: Query, trial: Trial, quantity: str, limit: int) -> Iterator[Spans]:
    import numpy as np

    places = tuple(place for place, fact in enumerate(query.facts) if fact.quantity == quantity)
    kinds = rounding_kinds(query, places)
    for number, some in passes(query, trial, quantity):
        costs = reading_costs(trial, number, some)
        structure, reading = np.nonzero(trial.cost[:number, None] + costs <= limit)
        if not len(structure):
            continue
        cost, chosen = costs[structure, reading], some.coefficients.T[reading]
        values = [np.einsum("ij,ij->i", trial.counts[place][structure], chosen) for place in places]
        for group in kinds:
            low, high = np.full(len(cost), -np.inf), np.full(len(cost), np.inf)
            for window, value in zip(group, values, strict=True):
                printed = window.printed.number
                if window.rounding == "float32":  # one number a network, if not the one nearest to its sum
                    window = replace(window, low=int(printed), high=int(printed))
                # Half a unit on each side: a whole number stands for the numbers around it.
                low = np.maximum(low, (value - float(window.high - printed) - 0.5) / float(printed))
                high = np.minimum(high, (value - float(window.low - printed) + 0.5) / float(printed))
            cheap = trial.cost[structure] + cost + group[0].cost <= limit
            good = (low < high) & (low < SPREAD) & (high > 1 / SPREAD) & cheap
            if good.any():
                yield Spans(structure[good], cost[good] + group[0].cost, low[good], high[good])


def _crossed(trial: Trial, first: Spans, second: Spans, limit: int) -> Iterator[Spans]:
    """Where both quantities of one structure are right."""
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
