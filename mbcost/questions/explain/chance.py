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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import repeat
from math import ceil, comb, floor, fsum, prod

from mbcost.questions.explain.arrays import Array, Flags, Floats
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import (
    Groups,
    group_windows,
    list_chunks,
    list_values,
    missed_costs,
    plan_passes,
    reading_costs,
)
from mbcost.questions.explain.reach import Moved, SolvedFacts, reach_facts
from mbcost.questions.explain.reading_sets import ReadingSet
from mbcost.questions.explain.search import Candidate
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.questions.explain.windows import PrintWindow, list_misprints

SPREAD = 1.15
"""The study of shifted figures moved them by up to 15 %."""
_SPREAD = Fraction(SPREAD)

Tried = tuple[Query, Sequence[Trial]]
"""A query without open quantities, and its trials."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """The ways to count the facts of one quantity in a trial: parallel arrays with one entry per way."""

    facts: tuple[int, ...]
    """The indices of the facts in the query."""
    structure: Array
    cost: Array
    """What is added to the cost of the structure."""
    inside: Flags
    """Fact x way: whether the way gives the printed number."""
    low: Floats
    """Fact x way: the lowest factor for which the way gives the moved number."""
    high: Floats

    def spans(self, moved: Moved) -> Spans:
        """Return the factors for which a way gives the moved facts; it gives the other facts as they are printed."""
        import numpy as np

        here = np.array([index in moved for index in self.facts])
        good = self.inside[~here].all(axis=0)
        low = self.low[here][:, good].max(axis=0, initial=1 / SPREAD)
        high = self.high[here][:, good].min(axis=0, initial=SPREAD)
        some = low < high
        return Spans(self.structure[good][some], self.cost[good][some], low[some], high[some])


@dataclass(frozen=True, eq=False)
class Spans:
    """Parallel arrays: a structure, what is added to its cost, and the range of factors for which it is right."""

    structure: Array
    cost: Array
    low: Floats
    high: Floats


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
        low, high = (ends[cheap][order] for ends in (self.low, self.high))
        reached = np.maximum.accumulate(np.concatenate([[1 / SPREAD], high[:-1]]))
        # fsum rounds once, so that the share does not depend on how a processor groups the terms.
        return fsum(np.maximum(high - np.maximum(low, reached), 0)) / (SPREAD - 1 / SPREAD)


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
    tests: dict[tuple[int, ...], _Tests] = {}
    missed = missed_costs(query)
    chances: list[dict[int, float]] = []
    for candidate in candidates:
        explained = tuple(index for index, match in enumerate(candidate.matches) if match.window is not None)
        if explained not in tests:
            restricted = [_restrict(alternative, explained) for alternative in alternatives]
            tests[explained] = _Tests(restricted, [part.restrict(explained) for part in solved], highest)
        limit = candidate.cost - sum(missed[index] for index in candidate.missed)
        shares = tests[explained].chances(limit, mistyped=candidate.mistyped)
        choices = _count_choices(query, explained)
        chances.append({index: min(1.0, share * choices) for index, share in zip(explained, shares, strict=True)})
    return chances


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

    def __init__(self, tried: Sequence[Tried], solved: Sequence[SolvedFacts], limit: int) -> None:
        self._query = tried[0][0]
        moves = _list_moves(self._query)
        by_query = [_reach(query, trials, moves, limit) for query, trials in tried]
        self._reaches = {moved: [reaches[moved] for reaches in by_query] for moved in moves}
        self._solved = solved

    def chances(self, limit: int, *, mistyped: bool) -> list[float]:
        """Return the chance of each fact, which is the largest share of the tests that move it.

        Args:
            limit: the highest cost of an explanation.
            mistyped: whether an explanation may assume a mistyped digit.
        """
        share = partial(_mistyped_share, self._query) if mistyped else Reach.share
        shares = {}
        for moved, reaches in self._reaches.items():
            built = 1 - prod(1 - share(reach, limit) for reach in reaches)
            shares[moved] = min(1.0, built + fsum(part.bound(moved, limit) for part in self._solved))
        number = len(self._query.facts)
        return [max(share for moved, share in shares.items() if index in moved) for index in range(number)]


def _list_moves(query: Query) -> list[Moved]:
    """Return what is moved together: all facts, those of each quantity, each single fact."""
    every = range(len(query.facts))
    by_quantity = (
        frozenset(index for index in every if query.facts[index].quantity == quantity)
        for quantity in quantities_of(query)
    )
    return list(dict.fromkeys((frozenset(every), *by_quantity, *(frozenset({index}) for index in every))))


def _mistyped_share(query: Query, reach: Reach, limit: int) -> float:
    """Return the share of explained factors if a digit of the only number may be mistyped.

    Each misprint of the number has the same chance to be explained, at what remains after the cost of the slip.
    """
    misprints = len(list_misprints(query.facts[0].printed))
    unexplained = repeat(1 - reach.share(limit - cost_of("roundings", "mistyped")), misprints)
    return 1 - (1 - reach.share(limit)) * prod(unexplained)


ByQuantity = Mapping[str, Sequence[Ranges]]


def _reach(query: Query, trials: Iterable[Trial], moves: Sequence[Moved], limit: int) -> dict[Moved, Reach]:
    """Return what each test can reach; the ways to count are listed for one trial at a time."""
    parts: dict[Moved, list[Reach]] = {moved: [] for moved in moves}
    for trial in trials:
        ranges = _list_ranges(query, trial, limit)
        for moved, reached in parts.items():
            spans = list(_joint_spans(ranges, moved))
            if spans:
                reached.append(
                    _unique([Reach(trial.cost[one.structure] + one.cost, one.low, one.high) for one in spans])
                )
    return {moved: _unique(reached) for moved, reached in parts.items()}


def _unique(parts: Sequence[Reach]) -> Reach:
    """Return each range of factors once, at its lowest cost: a second one adds nothing to a share."""
    import numpy as np

    if not parts:
        return Reach(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    cost, low, high = (np.concatenate([getattr(part, name) for part in parts]) for name in ("cost", "low", "high"))
    order = np.lexsort((cost, high, low))
    cost, low, high = cost[order], low[order], high[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return Reach(cost[first], low[first], high[first])


def _joint_spans(ranges: ByQuantity, moved: Moved) -> Iterator[Spans]:
    """Yield the spans of one trial, for all quantities together."""
    first, *others = [[way.spans(moved) for way in ways] for ways in ranges.values()]
    joint = first
    for second in others:
        joint = [common for left in joint for right in second for common in _intersect(left, right)]
    yield from joint


def _list_ranges(query: Query, trial: Trial, limit: int) -> dict[str, list[Ranges]]:
    return {quantity: list(_quantity_ranges(query, trial, quantity, limit)) for quantity in quantities_of(query)}


def _quantity_ranges(query: Query, trial: Trial, quantity: str, limit: int) -> Iterator[Ranges]:
    """Yield the ways to count one quantity that cost at most `limit`, for each kind of rounding."""
    indices = tuple(index for index, fact in enumerate(query.facts) if fact.quantity == quantity)
    groups = group_windows(query, indices)
    for number, readings in plan_passes(query, trial, quantity):
        for rows in list_chunks(number, readings):
            yield from _chunk_ranges(trial, rows, indices, readings, groups, limit)


def _chunk_ranges(
    trial: Trial, rows: slice, indices: tuple[int, ...], readings: ReadingSet, groups: Groups, limit: int
) -> Iterator[Ranges]:
    """Yield the ways to count some structures that cost at most `limit`, for each kind of rounding."""
    import numpy as np

    costs = reading_costs(trial, rows, readings)
    near = costs <= limit - trial.cost[rows, None]
    for at, value in enumerate(list_values(trial, indices, readings, rows)):
        lowest, highest = _bounds([windows[at] for windows in groups])
        near &= lowest <= value
        near &= value <= highest
    at_structure, reading = np.nonzero(near)
    if not len(at_structure):
        return
    values = [value[at_structure, reading] for value in list_values(trial, indices, readings, rows)]
    cost, structure = costs[at_structure, reading], at_structure + rows.start
    total = trial.cost[structure] + cost
    for windows in groups:
        cheap = total + windows[0].cost <= limit
        inside, low, high = [], [], []
        for window, value in zip(windows, values, strict=True):
            printed = window.printed.number
            inside.append((window.low <= value) & (value <= window.high))
            if window.rounding == "float32":  # a network gives one number, even if not the nearest to its sum
                window = replace(window, low=int(printed), high=int(printed))
            # Half a unit on each side: a whole number represents the numbers around it.
            low.append((value - float(window.high - printed) - 0.5) / float(printed))
            high.append((value - float(window.low - printed) + 0.5) / float(printed))
        lows, highs = np.stack(low), np.stack(high)
        good = cheap & (lows < SPREAD).all(axis=0) & (highs > 1 / SPREAD).all(axis=0)
        if good.any():
            yield Ranges(
                indices,
                structure[good],
                cost[good] + windows[0].cost,
                np.stack(inside)[:, good],
                lows[:, good],
                highs[:, good],
            )


def _bounds(windows: Sequence[PrintWindow]) -> tuple[int, int]:
    """Return the smallest and the largest count that any moved window can contain, and a little more.

    The precise ends are worked out in float64, so that the bounds leave it much more room than it can err.
    """
    lows, highs = [], []
    for window in windows:
        printed = window.printed.number
        slack = 2 + int(printed / 2**40)
        lows.append(floor(printed / _SPREAD + min(window.low - printed, Fraction(0))) - slack)
        highs.append(ceil(printed * _SPREAD + max(window.high - printed, Fraction(0))) + slack)
    return min(lows, default=1), max(highs, default=0)


def _intersect(first: Spans, second: Spans) -> Iterator[Spans]:
    """Yield the factors for which both quantities of one structure are right."""
    import numpy as np

    order = np.argsort(second.structure, kind="stable")
    starts = np.searchsorted(second.structure[order], first.structure, side="left")
    numbers = np.searchsorted(second.structure[order], first.structure, side="right") - starts
    left = np.repeat(np.arange(len(first.structure)), numbers)
    before = np.cumsum(numbers) - numbers
    right = order[np.repeat(starts - before, numbers) + np.arange(len(left))]
    structure = first.structure[left]
    cost = first.cost[left] + second.cost[right]
    low, high = np.maximum(first.low[left], second.low[right]), np.minimum(first.high[left], second.high[right])
    good = low < high
    if good.any():
        yield Spans(structure[good], cost[good], low[good], high[good])
