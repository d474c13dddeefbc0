"""Every structure of a trial, counted in every way, against the printed digits of one quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.costs import load_weights
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.readings import (
    Reading,
    Window,
    deep_windows,
    misprints,
    multiply_adds_only,
    named_readings,
    other_readings,
    windows,
)
from mbcost.questions.explain.trials import Trial, quantity_of
from mbcost.spec.tally import COUNTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Costs = NDArray[np.int64]
    Flags = NDArray[np.bool_]
else:
    Array = Costs = Flags = Any

PLAIN_ROUNDINGS = ("rounds", "floors", "binary bytes", ">", "<")
"""How numbers are shortened that are published without an error."""
SLACK = 2
"""How many rows fewer than the most a way may explain and still be compared."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Readings of one quantity, and the same as arrays."""

    readings: tuple[Reading, ...]
    coefficients: Array
    """Count x reading."""
    cost: Costs


@cache
def ways(quantity: str, *, named: bool) -> Ways:
    """The conventions for `quantity`, or the other ways to count it."""
    return _only(named_readings(quantity) if named else other_readings(quantity))


@cache
def _only(found: tuple[Reading, ...]) -> Ways:
    import numpy as np

    rows = np.array([reading.row for reading in found], dtype=np.int64).reshape(-1, len(COUNTS))
    return Ways(found, rows.T, np.array([reading.cost for reading in found], dtype=np.int64))


def passes(query: Query, trial: Trial, quantity: str) -> Iterator[tuple[int, Ways]]:
    """How many of the structures are counted in which ways: mistakes in named ones only, but in a deep search."""
    known = tuple(reading for reading in query.counted if reading.quantity == quantity)
    if known:
        yield len(trial.structures), _only(known)
        return
    if not query.by_tool:
        yield len(trial.structures), _only(multiply_adds_only(quantity))
        return
    yield len(trial.structures), ways(quantity, named=True)
    if not (query.plain or trial.setting.departures):
        yield len(trial.structures) if query.deep else trial.plain, ways(quantity, named=False)


@dataclass(frozen=True, eq=False)
class Hits:
    """Ways of one quantity that give digits of its facts in one trial: parallel arrays, one place a hit."""

    facts: tuple[int, ...]
    """Places of the quantity's facts in the query."""
    structures: Array
    ways: Ways
    reading: Array
    roundings: tuple[tuple[Window, ...], ...]
    """The windows of the facts, by kind of rounding."""
    rounding: Array
    explained: Flags
    """Hit x fact: whether it gives the digits."""
    cost: Costs
    """What reading, rounding and misses cost, the structure aside."""


def hits(query: Query, trial: Trial, quantity: str) -> list[Hits]:
    """All of them, pass by pass."""
    places = tuple(place for place, fact in enumerate(query.facts) if fact.quantity == quantity)
    found: list[Hits] = []
    if not rounding_kinds(query, places):  # no whole number is printed like this
        return found
    for number, some in passes(query, trial, quantity):
        values = [trial.counts[place][:number] @ some.coefficients for place in places]
        costs = reading_costs(trial, number, some)
        found.append(_inside(query, places, some, values, costs))
        if len(query.facts) == 1 and number == len(trial.structures):
            found.append(_mistyped(query, some, values[0][: trial.plain], costs))
    return found


def reading_costs(trial: Trial, number: int, some: Ways) -> Costs:
    """Structure x reading: what it costs that the first `number` structures are counted so."""
    import numpy as np

    weights = load_weights()
    by_tool = np.array(
        [weights.cost("by_tool", each.implementation) for each in trial.structures[:number]], dtype=np.int64
    )
    mistaken = (np.arange(number) >= trial.plain) * weights.cost("counting", "with a mistake")
    tool, unnamed = (
        np.array([getattr(each, name) for each in some.readings], dtype=np.int64) for name in ("by_tool", "unnamed")
    )
    costs: Costs = some.cost[None, :] + np.outer(by_tool, tool) + np.outer(mistaken, unnamed)
    return costs


def _inside(query: Query, places: tuple[int, ...], some: Ways, values: list[Array], costs: Costs) -> Hits:
    """Hits in the windows of the facts: all are shortened alike, and the most of them must be right, or nearly."""
    import numpy as np

    kinds = rounding_kinds(query, places)
    groups = [np.stack([(w.low <= v) & (v <= w.high) for w, v in zip(g, values, strict=True)]) for g in kinds]
    most = max((int(inside.sum(axis=0).max(initial=0)) for inside in groups), default=0)
    missed = np.array([missed_cost(query, query.facts[place]) for place in places], dtype=np.int64)
    parts = []
    for kind, (group, inside) in enumerate(zip(kinds, groups, strict=True)):
        structure, reading = np.nonzero(inside.sum(axis=0) >= max(most - SLACK, 1))
        explained = inside[:, structure, reading].T
        cost = costs[structure, reading] + group[0].cost + ~explained @ missed
        parts.append((structure, reading, np.full(len(structure), kind), explained, cost))
    structures, reading, rounding, explained, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Hits(places, structures, some, reading, kinds, rounding, explained, cost)


def missed_cost(query: Query, fact: Fact) -> int:
    """What it costs not to explain `fact`: nothing for what an earlier row says as well, less for a copied number."""
    for other in query.facts:
        if other is fact:
            break
        if _same(other, fact) and other.printed.number == fact.printed.number:
            return 0
    return load_weights().cost("tables", "missed" if copied_from(query.facts, fact) is None else "copied")


def copied_from(facts: Iterable[Fact], fact: Fact) -> Fact | None:
    """A fact with the same number about another network, or another size of its input; one of the two is a copy."""
    for other in facts:
        alike = other.quantity == fact.quantity and other.printed.number == fact.printed.number
        if other is not fact and alike and not _same(other, fact):
            return other
    return None


def _same(first: Fact, second: Fact) -> bool:
    """Whether two facts are about one count."""
    size = not first.needs_resolution or first.resolution == second.resolution
    return first.quantity == second.quantity and first.alpha == second.alpha and size


def _mistyped(query: Query, some: Ways, values: Array, costs: Costs) -> Hits:
    """Hits of a single fact in one of the windows that a typing error would make of it."""
    import numpy as np

    slips = misprints(query.facts[0].printed)
    low, high = (np.array([getattr(slip, end) for slip in slips], dtype=np.int64) for end in ("low", "high"))
    nearest = np.searchsorted(low, values, side="right") - 1
    inside = (nearest >= 0) & (values <= high[nearest]) if slips else np.zeros(values.shape, dtype=bool)
    structure, reading = np.nonzero(inside)
    cost = costs[structure, reading] + (slips[0].cost if slips else 0)
    explained = np.ones((len(structure), 1), dtype=bool)
    kinds = tuple((slip,) for slip in slips)
    return Hits((0,), structure, some, reading, kinds, nearest[structure, reading], explained, cost)


def rounding_kinds(query: Query, places: tuple[int, ...]) -> tuple[tuple[Window, ...], ...]:
    """Groups with a window for every one of the facts, shortened alike."""
    every = [_windows(query, query.facts[place]) for place in places]
    if len(every) == 1:
        return tuple((window,) for window in every[0])
    return tuple(
        tuple(next(window for window in each if window.rounding == name) for each in every)
        for name in ("rounds", "floors", "ceils", ">", "<")
        if all(any(window.rounding == name for window in each) for each in every)
    )


def _windows(query: Query, fact: Fact) -> tuple[Window, ...]:
    every = windows(fact.printed, quantity_of(fact))
    if query.plain:
        return tuple(window for window in every if window.rounding in PLAIN_ROUNDINGS)
    return (*every, *deep_windows(fact.printed, quantity_of(fact))) if query.deep else every
