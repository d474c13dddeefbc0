"""The factors for which networks give moved numbers: for each way to count a structure, one range.

The ways of one quantity are looked at fact by fact, and only what the tests of `chance` move is kept: all facts of the
quantity, one of them, or none. A table of many numbers therefore needs no more memory than one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from mbcost.questions.explain.arrays import Array, Flags, Floats
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import (
    CELLS,
    Groups,
    group_windows,
    list_chunks,
    list_values,
    plan_passes,
    reading_costs,
)
from mbcost.questions.explain.reach import Moved
from mbcost.questions.explain.reading_sets import ReadingSet
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.questions.explain.windows import PrintWindow

SPREAD = 1.15
"""The study of shifted figures moved them by up to 15 %."""
_SPREAD = Fraction(SPREAD)


@dataclass(frozen=True, eq=False)
class Spans:
    """Parallel arrays: a structure, what is added to its cost, and the range of factors for which it is right."""

    structure: Array
    cost: Array
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Ways:
    """The ways to count the facts of one quantity in a trial, with one kind of rounding."""

    together: Spans
    """The factors for which a way gives all facts if all are moved."""
    unmoved: Spans
    """The ways that give all facts as they are printed, for any factor."""
    single: Mapping[int, Spans]
    """For the index of each fact, the factors for which a way gives it if it is moved, and the others as printed."""

    def spans(self, moved: Moved) -> Spans:
        """Return the factors for which a way gives the moved facts; it gives the other facts as they are printed."""
        here = moved & self.single.keys()
        if len(here) == len(self.single):
            return self.together
        if not here:
            return self.unmoved
        (index,) = here
        return self.single[index]


def list_ways(query: Query, trial: Trial, limit: int) -> list[list[Ways]]:
    """Return for each quantity of the query the ways to count it in a trial that cost at most `limit`."""
    return [list(_quantity_ways(query, trial, quantity, limit)) for quantity in quantities_of(query)]


def join_spans(ways: Sequence[Sequence[Ways]], moved: Moved) -> Iterator[Spans]:
    """Yield, part by part, the factors for which one structure gives the facts of all quantities.

    Args:
        ways: for each quantity, the ways to count it.
        moved: the facts that are moved; the others keep their printed numbers.
    """
    *before, last = ways
    own = [spans for spans in (way.spans(moved) for way in last) if len(spans.structure)]
    if before:
        for left in join_spans(before, moved):
            for right in own:
                yield from _intersect(left, right)
    else:
        yield from own


def _quantity_ways(query: Query, trial: Trial, quantity: str, limit: int) -> Iterator[Ways]:
    """Yield the ways to count one quantity that cost at most `limit`, for each kind of rounding."""
    indices = tuple(index for index, fact in enumerate(query.facts) if fact.quantity == quantity)
    groups = group_windows(query, indices)
    for number, readings in plan_passes(query, trial, quantity):
        for rows in list_chunks(number, readings):
            yield from _chunk_ways(trial, rows, indices, readings, groups, limit)


def _chunk_ways(
    trial: Trial, rows: slice, indices: tuple[int, ...], readings: ReadingSet, groups: Groups, limit: int
) -> Iterator[Ways]:
    """Yield the ways to count some structures that cost at most `limit`, for each kind of rounding."""
    import numpy as np

    costs = reading_costs(trial, rows, readings)
    near = costs <= limit - trial.cost[rows, None]
    for at, value in enumerate(list_values(trial, indices, readings, rows)):
        lowest, highest = _bounds([windows[at] for windows in groups])
        near &= lowest <= value
        near &= value <= highest
        if not near.any():
            return
    pairs = np.nonzero(near)
    cost, structure = costs[pairs], pairs[0] + rows.start
    total = trial.cost[structure] + cost
    followed = [_Followed.start(windows, len(cost)) for windows in groups]
    for at, value in enumerate(list_values(trial, indices, readings, rows)):
        for ranges in followed:
            ranges.follow(at, value[pairs])
    for ranges in followed:
        cheap = total + ranges.windows[0].cost <= limit
        if (cheap & ranges.can_move()).any():
            yield ranges.finish(trial, indices, readings, structure, pairs[1], cost, cheap)


@dataclass(eq=False)
class _Followed:
    """What is known of ways after the facts that were looked at: arrays with one entry per way."""

    windows: Sequence[PrintWindow]
    """For each fact, its window, all of one kind of rounding."""
    low: Floats
    """The lowest factor for which the way gives all facts."""
    high: Floats
    outside: Array
    """How many facts the way does not give as they are printed."""
    last: Array
    """The position of the last of these facts."""

    @classmethod
    def start(cls, windows: Sequence[PrintWindow], number: int) -> _Followed:
        """Return what is known of so many ways before the first fact."""
        import numpy as np

        low, high = np.full(number, -np.inf), np.full(number, np.inf)
        return cls(windows, low, high, np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64))

    def follow(self, at: int, value: Array) -> None:
        """Look at the values of the fact at the position `at`."""
        import numpy as np

        low, high = _factors(self.windows[at], value)
        np.maximum(self.low, low, out=self.low)
        np.minimum(self.high, high, out=self.high)
        outside = ~_is_inside(self.windows[at], value)
        self.outside += outside
        self.last[outside] = at

    def can_move(self) -> Flags:
        """Return whether a way can give each fact, moved on its own."""
        return (self.low < SPREAD) & (self.high > 1 / SPREAD)

    def finish(
        self, trial: Trial, indices: tuple[int, ...], readings: ReadingSet,
        structure: Array, reading: Array, cost: Array, cheap: Flags,
    ) -> Ways:  # fmt: skip
        """Return the ways after all facts."""
        import numpy as np

        good = cheap & self.can_move()
        paid = cost + self.windows[0].cost

        def select(chosen: Flags, low: Floats, high: Floats) -> Spans:
            inside = np.maximum(low, 1 / SPREAD), np.minimum(high, SPREAD)
            valid = inside[0] < inside[1]
            here = np.flatnonzero(chosen)[valid]
            return Spans(structure[here], paid[here], inside[0][valid], inside[1][valid])

        together = select(good, self.low[good], self.high[good])
        exact = good & (self.outside == 0)
        unmoved = select(exact, np.full(exact.sum(), 1 / SPREAD), np.full(exact.sum(), SPREAD))
        single = {indices[0]: together}
        if len(indices) > 1:
            for at, index in enumerate(indices):
                chosen = exact | (good & (self.outside == 1) & (self.last == at))
                unique, row = np.unique(structure[chosen], return_inverse=True)
                value = readings.weigh(trial.counts[index][unique])[row, reading[chosen]]
                single[index] = select(chosen, *_factors(self.windows[at], value))
        return Ways(together, unmoved, single)


def _is_inside(window: PrintWindow, value: Array) -> Flags:
    """Return whether the values are printed like the number of the window."""
    inside: Flags = (window.low <= value) & (value <= window.high)
    return inside


def _factors(window: PrintWindow, value: Array) -> tuple[Floats, Floats]:
    """Return the lowest and the highest factor for which the values are printed like the moved number."""
    import numpy as np

    printed = window.printed.number
    if window.rounding == "float32":  # a network gives one number, even if not the nearest to its sum
        window = replace(window, low=int(printed), high=int(printed))
    # Half a unit on each side: a whole number represents the numbers around it.
    low: Floats = (value.astype(np.float64) - float(window.high - printed) - 0.5) / float(printed)
    high: Floats = (value.astype(np.float64) - float(window.low - printed) + 0.5) / float(printed)
    return low, high


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
    """Yield, part by part, the factors for which both quantities of one structure are right."""
    import numpy as np

    order = np.argsort(second.structure, kind="stable")
    starts = np.searchsorted(second.structure[order], first.structure, side="left")
    numbers = np.searchsorted(second.structure[order], first.structure, side="right") - starts
    ends = np.cumsum(numbers)
    for part in _list_parts(ends):
        left = np.repeat(np.arange(part.start, part.stop), numbers[part])
        before = ends[part] - numbers[part] - (ends[part.start] - numbers[part.start])
        right = order[np.repeat(starts[part] - before, numbers[part]) + np.arange(len(left))]
        cost = first.cost[left] + second.cost[right]
        low, high = np.maximum(first.low[left], second.low[right]), np.minimum(first.high[left], second.high[right])
        good = low < high
        if good.any():
            yield Spans(first.structure[left][good], cost[good], low[good], high[good])


def _list_parts(ends: Array) -> Iterator[slice]:
    """Yield slices of entries that have about `CELLS` pairs together.

    Args:
        ends: how many pairs there are up to each entry, that entry included.
    """
    import numpy as np

    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + CELLS, side="right")))
        yield slice(start, stop)
        start = stop
