"""Every structure of a trial, under every reading, against the printed digits of one quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mbcost.questions.explain.arrays import Array, Flags
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Fact, Query, quantity_of
from mbcost.questions.explain.reading_sets import ReadingSet, choose_readings, is_known, load_readings
from mbcost.questions.explain.trials import Trial, is_long
from mbcost.questions.explain.windows import PrintWindow, list_deep_windows, list_misprints, list_windows

PLAIN_ROUNDINGS = ("rounds", "floors", "binary bytes", ">", "<")
"""The roundings of numbers that are published without an error."""
_TENSORFLOW = {"tensorflow", "keras"}
"""Keras models are counted by tools for TensorFlow."""
CELLS = 2**20
"""So many values are computed at once: eight megabytes."""
SLACK = 2
"""A reading is compared if it explains at most so many rows fewer than the best one."""


def plan_passes(query: Query, trial: Trial, quantity: str) -> Iterator[tuple[int, ReadingSet]]:
    """Yield which readings apply to how many of the structures, counted from the first one.

    Readings that are not a convention apply to structures with a mistake only in a deep search.
    """
    every = len(trial.structures)
    yield every, choose_readings(query, quantity)
    if query.by_tool and not (query.plain or trial.setting.departures or is_known(query, quantity)):
        yield every if query.deep else trial.plain, load_readings(quantity, named=False)


@dataclass(frozen=True, eq=False)
class Hits:
    """Structures and readings that give digits of the facts of one quantity: parallel arrays with one entry per hit."""

    facts: tuple[int, ...]
    """The indices of the quantity's facts in the query."""
    structures: Array
    reading_set: ReadingSet
    reading: Array
    windows: tuple[tuple[PrintWindow, ...], ...]
    """For each kind of rounding, the windows of the facts."""
    rounding: Array
    explained: Flags
    """Hit x fact: whether the hit gives the digits of the fact."""
    cost: Array
    """What reading, rounding and missed facts cost, without the structure."""


def find_hits(query: Query, trial: Trial, quantity: str) -> list[Hits]:
    """Return all hits of one quantity, pass by pass."""
    indices = tuple(index for index, fact in enumerate(query.facts) if fact.quantity == quantity)
    if not group_windows(query, indices):  # no whole number is printed like this
        return []
    passes: list[Hits] = []
    for number, readings in plan_passes(query, trial, quantity):
        passes.append(_hits_inside(query, trial, indices, readings, number))
        if len(query.facts) == 1 and number == len(trial.structures):
            plain = slice(0, trial.plain)
            values, costs = readings.weigh(trial.counts[0][plain]), reading_costs(trial, plain, readings)
            passes.append(_mistyped_hits(query, readings, values, costs))
    return passes


def can_count(tool: str | None, model: str | None) -> bool:
    """Return whether a tool of one framework can count a model of another; nothing stands for any."""
    return not tool or not model or tool == model or {tool, model} <= _TENSORFLOW


def reading_costs(trial: Trial, rows: slice, readings: ReadingSet) -> Array:
    """Return structure x reading: what the readings cost for each of some structures."""
    import numpy as np

    names = [structure.implementation for structure in trial.structures[rows]]
    positions = {name: row for row, name in enumerate(dict.fromkeys(names))}
    models = [trial.setting.spec.implementation(name).framework for name in positions]
    price = cost_of("conventions", "of a different framework")
    tools = [reading.framework for reading in readings.readings]
    table = [[0 if can_count(tool, model) else price for tool in tools] for model in models]
    tool_costs = np.array(table, dtype=np.int64).reshape(len(positions), len(tools))
    unnamed = np.array([reading.unnamed for reading in readings.readings], dtype=np.int64)
    costs: Array = tool_costs[np.array([positions[name] for name in names], dtype=np.int64)]
    costs += readings.cost
    costs[max(trial.plain - rows.start, 0) :] += unnamed * cost_of("counting", "with a mistake")
    return costs


def _hits_inside(query: Query, trial: Trial, indices: tuple[int, ...], readings: ReadingSet, number: int) -> Hits:
    """Return the hits of the first `number` structures in the windows of the facts.

    All facts of a hit are rounded alike, and it explains at most `SLACK` facts fewer than the best one.
    """
    import numpy as np

    groups = group_windows(query, indices)
    chunks = list_chunks(number, readings)
    most = (
        max(_count_most(trial, indices, readings, rows, groups) for rows in chunks) if len(indices) > 1 + SLACK else 1
    )
    missed = np.array(missed_costs(query), dtype=np.int64)[list(indices)]
    parts: list[list[tuple[Any, ...]]] = [[] for _ in groups]
    for rows in chunks:
        costs = reading_costs(trial, rows, readings)
        numbers = _count_right(trial, indices, readings, rows, groups)
        chosen = [np.nonzero(right >= max(most - SLACK, 1)) for right in numbers]
        explained = [np.zeros((len(structure), len(indices)), dtype=bool) for structure, _ in chosen]
        for at, value in enumerate(list_values(trial, indices, readings, rows)):
            for flags, group, pairs in zip(explained, groups, chosen, strict=True):
                flags[:, at] = (group[at].low <= value[pairs]) & (value[pairs] <= group[at].high)
        for kind, (pairs, group, flags) in enumerate(zip(chosen, groups, explained, strict=True)):
            unexplained: Array = (~flags).astype(np.int64) @ missed
            cost: Array = costs[pairs] + group[0].cost + unexplained
            parts[kind].append((pairs[0] + rows.start, pairs[1], np.full(len(cost), kind), flags, cost))
    ordered = [part for of_kind in parts for part in of_kind]
    structures, reading, rounding, right, total = (np.concatenate(column) for column in zip(*ordered, strict=True))
    return Hits(indices, structures, readings, reading, groups, rounding, right, total)


Groups = Sequence[Sequence[PrintWindow]]


def _count_most(trial: Trial, indices: Sequence[int], readings: ReadingSet, rows: slice, groups: Groups) -> int:
    """Return how many facts the best of some structures explains."""
    return max(int(right.max(initial=0)) for right in _count_right(trial, indices, readings, rows, groups))


def _count_right(
    trial: Trial, indices: Sequence[int], readings: ReadingSet, rows: slice, groups: Groups
) -> list[Array]:
    """Return for each kind of rounding structure x reading: how many facts are inside their windows."""
    import numpy as np

    numbers = [np.zeros((rows.stop - rows.start, len(readings.readings)), dtype=np.int64) for _ in groups]
    for at, value in enumerate(list_values(trial, indices, readings, rows)):
        for right, group in zip(numbers, groups, strict=True):
            right += (group[at].low <= value) & (value <= group[at].high)
    return numbers


def list_chunks(number: int, readings: ReadingSet) -> list[slice]:
    """Return slices of the first `number` structures, so small that their values need little memory."""
    step = max(1, CELLS // max(1, len(readings.readings)))
    return [slice(start, min(start + step, number)) for start in range(0, max(number, 1), step)]


def list_values(trial: Trial, indices: Iterable[int], readings: ReadingSet, rows: slice) -> Iterator[Array]:
    """Yield for each fact structure x reading: the values of some structures.

    They are computed when they are needed, and not kept: a table has many facts.
    """
    last: tuple[Array, Array] | None = None
    for index in indices:
        counts = trial.counts[index]
        if last is None or last[0] is not counts:
            last = counts, readings.weigh(counts[rows])
        yield last[1]


def missed_costs(query: Query) -> list[int]:
    """Return for each fact what it costs to leave it unexplained.

    It costs nothing if an earlier row states the same, and less than usual if the number may be copied.
    """
    counts: dict[object, set[object]] = {}
    for fact in query.facts:
        counts.setdefault((fact.quantity, fact.printed.number), set()).add(count_of(fact))
    usual, copied = (cost_of("tables", name) for name in ("missed", "copied"))
    costs, stated = [], set()
    for fact in query.facts:
        number = fact.quantity, fact.printed.number
        costs.append(0 if (number, count_of(fact)) in stated else copied if len(counts[number]) > 1 else usual)
        stated.add((number, count_of(fact)))
    return costs


def find_original(facts: Iterable[Fact], fact: Fact) -> Fact | None:
    """Return a fact with the same number about a different network or resolution: one of the two is a copy."""
    for other in facts:
        alike = other.quantity == fact.quantity and other.printed.number == fact.printed.number
        if other is not fact and alike and not _same_count(other, fact):
            return other
    return None


def _same_count(first: Fact, second: Fact) -> bool:
    """Return whether two facts are about one count."""
    return count_of(first) == count_of(second)


def count_of(fact: Fact) -> tuple[object, ...]:
    """Return the key that facts about one count share."""
    return fact.quantity, fact.alpha, fact.resolution if fact.needs_resolution else None


def _mistyped_hits(query: Query, readings: ReadingSet, values: Array, costs: Array) -> Hits:
    """Return the hits of a single fact in the windows of its misprints."""
    import numpy as np

    misprints = list_misprints(query.facts[0].printed)
    low = np.array([window.low for window in misprints], dtype=np.int64)
    high = np.array([window.high for window in misprints], dtype=np.int64)
    nearest = np.searchsorted(low, values, side="right") - 1
    inside = (nearest >= 0) & (values <= high[nearest]) if misprints else np.zeros(values.shape, dtype=bool)
    inside &= ~np.array([reading.is_part for reading in readings.readings], dtype=bool)
    structure, reading = np.nonzero(inside)
    cost = costs[structure, reading] + (misprints[0].cost if misprints else 0)
    explained = np.ones((len(structure), 1), dtype=bool)
    groups = tuple((window,) for window in misprints)
    return Hits((0,), structure, readings, reading, groups, nearest[structure, reading], explained, cost)


def group_windows(query: Query, indices: tuple[int, ...]) -> tuple[tuple[PrintWindow, ...], ...]:
    """Return groups with one window for each of the facts, rounded alike."""
    per_fact = [_windows(query, query.facts[index]) for index in indices]
    if len(per_fact) == 1:
        return tuple((window,) for window in per_fact[0])
    by_name = [{window.rounding: window for window in reversed(windows)} for windows in per_fact]
    return tuple(
        tuple(windows[name] for windows in by_name)
        for name in ("rounds", "floors", "ceils", ">", "<")
        if all(name in windows for windows in by_name)
    )


def _windows(query: Query, fact: Fact) -> tuple[PrintWindow, ...]:
    windows = list_windows(fact.printed, quantity_of(fact))
    if query.plain:
        return tuple(window for window in windows if window.rounding in PLAIN_ROUNDINGS)
    if query.deep or (query.wide and is_long(fact.printed)):
        return (*windows, *list_deep_windows(fact.printed, quantity_of(fact)))
    return windows
