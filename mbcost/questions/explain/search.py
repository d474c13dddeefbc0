"""The search: the cheapest candidates over all trials, each network and sum once.

Candidates have a total order, `Candidate.order`, and a cut never divides candidates of equal cost. So the answer does
not depend on the order in which a processor's instructions leave equal elements of an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.facts import Fact, Query, Setting
from mbcost.questions.explain.hits import Hits, hits, missed_cost, ways
from mbcost.questions.explain.readings import Reading, Window, named_readings
from mbcost.questions.explain.structures import Structure
from mbcost.questions.explain.trials import Trial, quantities_of, quantity_of
from mbcost.spec.tally import COUNTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Costs = NDArray[np.int64]
else:
    Array = Costs = Any

KEPT = 200
"""How many candidates of one setting are compared: the cheapest ones, and all that cost as much as the last of them."""
BEST = 6
"""How many ways to count one quantity are combined with those of the other, per structure: likewise the cheapest."""


@dataclass(frozen=True)
class Match:
    """One fact under a candidate: how it is counted and printed; no window where it is missed."""

    fact: Fact
    reading: Reading
    window: Window | None


@dataclass(frozen=True)
class Candidate:
    """A network and a way to count it that gives the printed digits of all facts, or of most of them."""

    setting: Setting
    structure: Structure
    matches: tuple[Match, ...]
    cost: int
    equals: tuple[Structure, ...] = ()
    """Other structures that build the same network, as far as its numbers go."""

    @property
    def missed(self) -> tuple[int, ...]:
        """Places of the facts that it does not explain."""
        return tuple(place for place, match in enumerate(self.matches) if match.window is None)

    @property
    def order(self) -> tuple[Any, ...]:
        """The key of their total order: cost, unmodified first, the order of the conventions, name, then the rest."""
        return _order(self.cost, self.setting, self.structure, self.matches)


def search(query: Query, tried: list[Trial]) -> list[Candidate]:
    """The cheapest candidates that give all digits, or most where there are many facts; each network and sum once."""
    quantities = quantities_of(query)
    found: list[Found] = []
    for trial in tried:
        each = [hits(query, trial, quantity) for quantity in quantities]
        found += _single(query, trial, each[0]) if len(each) == 1 else _joint(query, trial, each)
    groups: dict[tuple[Any, ...], list[Found]] = {}
    for one in _cheapest_found(found, 10 * KEPT):
        groups.setdefault(_identity(one), []).append(one)
    return [_candidate(group) for group in groups.values()]


def _candidate(group: list[Found]) -> Candidate:
    """The cheapest of those that build the same network and have the same numbers."""
    cost, trial, structure, matches = group[0]
    equals = (other.structures[place] for _, other, place, _ in group[1:] if other.setting.spec is trial.setting.spec)
    return Candidate(trial.setting, trial.structures[structure], matches, cost, tuple(equals))


Option = tuple[int, tuple[tuple[int, Match], ...]]
"""A way to count the facts of one quantity, each with its place in the query, and its cost."""
Found = tuple[int, Trial, int, tuple[Match, ...]]
"""The cost of a candidate, where it was found, and its facts."""


def _order(cost: int, setting: Setting, structure: Structure, matches: tuple[Match, ...]) -> tuple[Any, ...]:
    departures = (*setting.departures, *structure.departures)
    counted = tuple(match.reading.rank for match in matches)
    printed = tuple("" if match.window is None else match.window.rounding for match in matches)
    name = setting.spec.name, structure.implementation, structure.classes, departures
    size = setting.alpha or 0.0, setting.resolution or (0, 0)
    return cost, len(departures), counted, name, size, printed


def _cheapest_found(found: list[Found], number: int) -> list[Found]:
    """The first `number` in order, with all that cost as much as the last of them."""
    if len(found) > number:
        limit = sorted(cost for cost, *_ in found)[number - 1]
        found = [one for one in found if one[0] <= limit]
    return sorted(found, key=lambda one: _order(one[0], one[1].setting, one[1].structures[one[2]], one[3]))


def _single(query: Query, trial: Trial, every: list[Hits]) -> Iterator[Found]:
    for each in every:
        total = trial.cost[each.structures] + each.cost
        for place in _cheapest(total, KEPT):
            matches = tuple(match for _, match in _matches(query, each, place))
            yield int(total[place]), trial, int(each.structures[place]), matches


def _joint(query: Query, trial: Trial, every: list[list[Hits]]) -> Iterator[Found]:
    """Structures with the cheapest ways of each quantity; one of which nothing is explained costs all its facts."""
    options: list[dict[int, list[Option]]] = []
    for group in every:
        by_structure: dict[int, list[Option]] = {}
        for each in group:
            for place in _cheapest(each.cost + trial.cost[each.structures], 10 * KEPT):
                some = by_structure.setdefault(int(each.structures[place]), [])
                if len(some) < BEST or some[-1][0] == each.cost[place]:
                    some.append((int(each.cost[place]), _matches(query, each, place)))
        options.append(by_structure)
    none = [[_unexplained(query, quantity)] for quantity in quantities_of(query)]
    for structure in sorted(set().union(*options)):
        choices = (each.get(structure, nothing) for each, nothing in zip(options, none, strict=True))
        for combined in product(*choices):
            cost = int(trial.cost[structure]) + sum(cost for cost, _ in combined)
            by_place = {place: match for _, some in combined for place, match in some}
            yield cost, trial, structure, tuple(by_place[place] for place in sorted(by_place))


def _unexplained(query: Query, quantity: str) -> Option:
    facts = [(place, fact) for place, fact in enumerate(query.facts) if fact.quantity == quantity]
    cost = sum(missed_cost(query, fact) for _, fact in facts)
    return cost, tuple((place, Match(fact, named_readings(quantity)[0], None)) for place, fact in facts)


def _cheapest(costs: Costs, number: int) -> list[int]:
    """The indices of the `number` lowest costs, lowest first, with all that are equal to the last of them."""
    import numpy as np

    few = np.arange(len(costs))
    if len(costs) > number:
        few = np.flatnonzero(costs <= np.partition(costs, number - 1)[number - 1])
    ordered: list[int] = few[np.argsort(costs[few], kind="stable")].tolist()
    return ordered


def _matches(query: Query, each: Hits, place: int) -> tuple[tuple[int, Match], ...]:
    group, reading = each.roundings[int(each.rounding[place])], each.ways.readings[int(each.reading[place])]
    return tuple(
        (fact, Match(query.facts[fact], reading, window if right else None))
        for fact, window, right in zip(each.facts, group, each.explained[place], strict=True)
    )


def _identity(found: Found) -> tuple[Any, ...]:
    """Equal where the same network gives the same numbers, whatever it is called."""
    _, trial, structure, matches = found
    facts = ((counts[structure], match) for counts, match in zip(trial.counts, matches, strict=True))
    return tuple(
        (*(int(counts @ basis) for basis in _bases(quantity_of(match.fact))), _value(counts, match))
        for counts, match in facts
    )


def _value(counts: Array, match: Match) -> int | None:
    if match.window is None:
        return None
    return sum(int(count) * factor for count, factor in zip(counts, match.reading.row, strict=True))


@cache
def _bases(quantity: str) -> tuple[Array, ...]:
    """What makes two networks the same, as far as a quantity goes."""
    import numpy as np

    sums = (("conv_macs", "linear_macs"),) if quantity in ("mult_adds", "activations") else (
        ("weights",), ("biases",), ("plain_norm_channels", "fused_norm_channels"),
    )  # fmt: skip
    return tuple(np.array([int(count in names) for count in COUNTS], dtype=np.int64) for names in sums)


def nearest_candidate(alternatives: list[tuple[Query, list[Trial]]]) -> tuple[Query, Candidate]:
    """The network as published that comes nearest to the facts, counted by a convention; it misses all of them."""
    best = min(
        (
            (*_nearest_of(query, trial), query, trial)
            for query, tried in alternatives
            for trial in tried
            if trial.plain and not trial.setting.departures
        ),
        key=lambda found: found[0],
    )
    _, place, readings, query, trial = best
    matches = tuple(Match(fact, readings[quantity_of(fact)], None) for fact in query.facts)
    return query, Candidate(trial.setting, trial.structures[place], matches, int(trial.cost[place]))


def _nearest_of(query: Query, trial: Trial) -> tuple[float, int, dict[str, Reading]]:
    """The least distance in a trial, the structure, and the reading of each quantity."""
    import numpy as np

    distance, chosen = np.zeros(trial.plain), {}
    for quantity in quantities_of(query):
        some = ways(quantity, named=True)
        away = np.zeros((trial.plain, len(some.readings)))
        for fact, counts in zip(query.facts, trial.counts, strict=True):
            if fact.quantity == quantity:
                away += np.abs((counts[: trial.plain] @ some.coefficients) / float(fact.printed.number) - 1)
        chosen[quantity] = away.argmin(axis=1), some
        distance += away.min(axis=1)
    place = int(distance.argmin())
    return float(distance[place]), place, {name: some.readings[int(at[place])] for name, (at, some) in chosen.items()}
