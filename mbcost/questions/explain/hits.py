"""Every structure of a trial, under every reading, against the printed digits of one quantity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
        values = [readings.weigh(trial.counts[index][:number]) for index in indices]
        costs = reading_costs(trial, number, readings)
        passes.append(_hits_inside(query, indices, readings, values, costs))
        if len(query.facts) == 1 and number == len(trial.structures):
            passes.append(_mistyped_hits(query, readings, values[0][: trial.plain], costs))
    return passes


def can_count(tool: str | None, model: str | None) -> bool:
    """Return whether a tool of one framework can count a model of another; nothing stands for any."""
    return not tool or not model or tool == model or {tool, model} <= _TENSORFLOW


def reading_costs(trial: Trial, number: int, readings: ReadingSet) -> Array:
    """Return structure x reading: what the readings cost for each of the first `number` structures."""
    import numpy as np

    spec = trial.setting.spec
    rows = {
        name: row for row, name in enumerate(dict.fromkeys(one.implementation for one in trial.structures[:number]))
    }
    models = [spec.implementation(name).framework for name in rows]
    price = cost_of("conventions", "of a different framework")
    tools = [reading.framework for reading in readings.readings]
    table = [[0 if can_count(tool, model) else price for tool in tools] for model in models]
    used = np.fromiter((rows[one.implementation] for one in trial.structures[:number]), dtype=np.int64, count=number)
    tool_costs = np.array(table, dtype=np.int64).reshape(len(rows), len(tools))[used]
    mistake_costs = (np.arange(number) >= trial.plain) * cost_of("counting", "with a mistake")
    unnamed = np.array([reading.unnamed for reading in readings.readings], dtype=np.int64)
    costs: Array = readings.cost[None, :] + tool_costs + np.outer(mistake_costs, unnamed)
    return costs


def _hits_inside(
    query: Query, indices: tuple[int, ...], readings: ReadingSet, values: list[Array], costs: Array
) -> Hits:
    """Return the hits in the windows of the facts.

    All facts of a hit are rounded alike, and it explains at most `SLACK` facts fewer than the best one.
    """
    import numpy as np

    groups = group_windows(query, indices)
    inside = [
        np.stack([(window.low <= value) & (value <= window.high) for window, value in zip(group, values, strict=True)])
        for group in groups
    ]
    most = max((int(flags.sum(axis=0).max(initial=0)) for flags in inside), default=0)
    missed = np.array([missed_cost(query, query.facts[index]) for index in indices], dtype=np.int64)
    parts = []
    for kind, (group, flags) in enumerate(zip(groups, inside, strict=True)):
        structure, reading = np.nonzero(flags.sum(axis=0) >= max(most - SLACK, 1))
        explained = flags[:, structure, reading].T
        cost = costs[structure, reading] + group[0].cost + ~explained @ missed
        parts.append((structure, reading, np.full(len(structure), kind), explained, cost))
    structures, reading, rounding, explained, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Hits(indices, structures, readings, reading, groups, rounding, explained, cost)


def missed_cost(query: Query, fact: Fact) -> int:
    """Return what it costs to leave `fact` unexplained.

    It costs nothing if an earlier row states the same, and less than usual if the number may be copied.
    """
    for other in query.facts:
        if other is fact:
            break
        if _same_count(other, fact) and other.printed.number == fact.printed.number:
            return 0
    return cost_of("tables", "missed" if find_original(query.facts, fact) is None else "copied")


def find_original(facts: Iterable[Fact], fact: Fact) -> Fact | None:
    """Return a fact with the same number about a different network or resolution: one of the two is a copy."""
    for other in facts:
        alike = other.quantity == fact.quantity and other.printed.number == fact.printed.number
        if other is not fact and alike and not _same_count(other, fact):
            return other
    return None


def _same_count(first: Fact, second: Fact) -> bool:
    """Return whether two facts are about one count."""
    same_size = not first.needs_resolution or first.resolution == second.resolution
    return first.quantity == second.quantity and first.alpha == second.alpha and same_size


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
