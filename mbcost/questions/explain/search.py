"""The search: the cheapest candidates over all trials, each network and sum once.

Candidates have a total order, `Candidate.order`, and a cut never divides candidates of equal cost. So the answer does
not depend on the order in which a processor's instructions leave equal elements of an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import Any

from mbcost.questions.explain.arrays import Array
from mbcost.questions.explain.columns import COLUMNS
from mbcost.questions.explain.facts import Fact, Query, Setting, quantity_of
from mbcost.questions.explain.hits import Hits, find_hits, missed_costs
from mbcost.questions.explain.readings import Reading, named_readings
from mbcost.questions.explain.structures import Structure
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.questions.explain.windows import PrintWindow

KEPT = 200
"""How many candidates of one setting are compared: the cheapest ones, and all that cost as much as the last of them."""
_COMPARED = 50 * KEPT
"""When there are more candidates than this, those that are too expensive are dropped, so that memory stays small."""
BEST = 6
"""How many readings of one quantity are combined with those of the other, per structure: likewise the cheapest."""


@dataclass(frozen=True)
class Match:
    """One fact under a candidate: its reading, and its window or None if the candidate misses the fact."""

    fact: Fact
    reading: Reading
    window: PrintWindow | None


@dataclass(frozen=True)
class Candidate:
    """A network with readings that give the printed digits of all facts, or of most of them."""

    setting: Setting
    structure: Structure
    matches: tuple[Match, ...]
    cost: int
    equals: tuple[Candidate, ...] = ()
    """Others with the same network, as far as its numbers show, and the same numbers, the cheapest first."""
    identity: tuple[Any, ...] = ()
    """For each match, what two candidates share if they say the same about its number."""

    @property
    def missed(self) -> tuple[int, ...]:
        """The indices of the facts that the candidate does not explain."""
        return tuple(index for index, match in enumerate(self.matches) if match.window is None)

    @property
    def mistyped(self) -> bool:
        """Whether the candidate assumes a mistyped digit."""
        return any(match.window is not None and match.window.rounding == "mistyped" for match in self.matches)

    @property
    def order(self) -> tuple[Any, ...]:
        """The key of the total order: cost, unmodified first, the order of the conventions, name, then the rest."""
        return _order(self.setting, self.structure, self.matches, self.cost)


def _order(setting: Setting, structure: Structure, matches: tuple[Match, ...], cost: int) -> tuple[Any, ...]:
    departures = (*setting.departures, *structure.departures)
    counted = tuple([match.reading.rank for match in matches])
    printed = tuple(["" if match.window is None else match.window.rounding for match in matches])
    name = setting.spec.name, structure.implementation, structure.classes, departures
    size = setting.alpha or 0.0, setting.resolution or (0, 0)
    return cost, len(departures), counted, name, size, printed


@dataclass(frozen=True, eq=False)
class TrialHit:
    """A candidate before it is compared with others: the index of its structure in a trial, and its cost."""

    trial: Trial
    index: int
    matches: tuple[Match, ...]
    cost: int

    def candidate(self, equals: tuple[Candidate, ...] = ()) -> Candidate:
        """Return the candidate; `equals` are others with the same network and the same numbers."""
        setting, structure = self.trial.setting_of(self.index), self.trial.structures[self.index]
        return Candidate(setting, structure, self.matches, self.cost, equals, self.identity)

    @property
    def order(self) -> tuple[Any, ...]:
        """The key of the total order of candidates."""
        setting, structure = self.trial.setting_of(self.index), self.trial.structures[self.index]
        return _order(setting, structure, self.matches, self.cost)

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        """The key that hits share if the same network gives the same numbers, whatever it is called."""
        keys: list[tuple[int | None, ...]] = []
        last: Array | None = None
        row: list[int] = []
        for counts, match in zip(self.trial.counts, self.matches, strict=True):
            if counts is not last:  # facts about one count share an array
                last, row = counts, counts[self.index].tolist()
            value = None if match.window is None else match.reading.weigh(row)
            keys.append((*[sum([row[index] for index in basis]) for basis in _bases(quantity_of(match.fact))], value))
        return tuple(keys)


def find_candidates(query: Query, trials: list[Trial]) -> list[Candidate]:
    """Return the cheapest candidates that give all digits, or most if there are many facts.

    Each network occurs with each sum once.
    """
    quantities = quantities_of(query)
    hits: list[TrialHit] = []
    for trial in trials:
        by_quantity = [find_hits(query, trial, quantity) for quantity in quantities]
        single = len(by_quantity) == 1
        hits += _single(query, trial, by_quantity[0]) if single else _joint(query, trial, by_quantity)
        if len(hits) > _COMPARED:  # what is dropped is not among the cheapest of all trials either
            hits = _drop_expensive(hits, 10 * KEPT)
    groups: dict[tuple[Any, ...], list[TrialHit]] = {}
    for hit in _cheapest_hits(hits, 10 * KEPT):
        groups.setdefault(hit.identity, []).append(hit)
    return [_merge(group) for group in groups.values()]


def _merge(group: list[TrialHit]) -> Candidate:
    """Return the cheapest of the hits that build the same network and have the same numbers."""
    first, *others = group
    spec = first.trial.setting.spec
    return first.candidate(tuple(hit.candidate() for hit in others if hit.trial.setting.spec is spec))


Option = tuple[int, tuple[tuple[int, Match], ...]]
"""A way to count the facts of one quantity: its cost, and for each fact its index in the query and its match."""


def _cheapest_hits(hits: list[TrialHit], number: int) -> list[TrialHit]:
    """Return the first `number` in order, with all that cost as much as the last of them."""
    return sorted(_drop_expensive(hits, number), key=lambda hit: hit.order)


def _drop_expensive(hits: list[TrialHit], number: int) -> list[TrialHit]:
    """Return the `number` cheapest hits, with all that cost as much as the last of them."""
    if len(hits) <= number:
        return hits
    limit = sorted(hit.cost for hit in hits)[number - 1]
    return [hit for hit in hits if hit.cost <= limit]


def _single(query: Query, trial: Trial, passes: list[Hits]) -> Iterator[TrialHit]:
    for hits in passes:
        total = trial.cost[hits.structures] + hits.cost
        kept = _cheapest(total, KEPT)
        structures, costs = hits.structures[kept].tolist(), total[kept].tolist()
        for structure, cost, matched in zip(structures, costs, _list_matches(query, hits, kept), strict=True):
            yield TrialHit(trial, structure, tuple([match for _, match in matched]), cost)


def _joint(query: Query, trial: Trial, passes_by_quantity: list[list[Hits]]) -> Iterator[TrialHit]:
    """Yield structures with the cheapest readings of each quantity.

    If nothing explains a quantity of a structure, all its facts are missed, and cost what missed facts cost.
    """
    options: list[dict[int, list[Option]]] = []
    for passes in passes_by_quantity:
        by_structure: dict[int, list[Option]] = {}
        for hits in passes:
            kept = _cheapest(hits.cost + trial.cost[hits.structures], 10 * KEPT)
            rows, costs = hits.structures[kept].tolist(), hits.cost[kept].tolist()
            for structure, cost, matched in zip(rows, costs, _list_matches(query, hits, kept), strict=True):
                cheapest = by_structure.setdefault(structure, [])
                if len(cheapest) < BEST or cheapest[-1][0] == cost:
                    cheapest.append((cost, matched))
        options.append(by_structure)
    missed = [[_unexplained(query, quantity)] for quantity in quantities_of(query)]
    for structure in sorted(set().union(*options)):
        choices = (by_structure.get(structure, none) for by_structure, none in zip(options, missed, strict=True))
        for combination in product(*choices):
            cost = int(trial.cost[structure]) + sum(cost for cost, _ in combination)
            by_fact = {fact: match for _, matches in combination for fact, match in matches}
            yield TrialHit(trial, structure, tuple(by_fact[fact] for fact in sorted(by_fact)), cost)


def _unexplained(query: Query, quantity: str) -> Option:
    facts = [(index, fact) for index, fact in enumerate(query.facts) if fact.quantity == quantity]
    costs = missed_costs(query)
    cost = sum(costs[index] for index, _ in facts)
    return cost, tuple((index, Match(fact, named_readings(quantity)[0], None)) for index, fact in facts)


def _cheapest(costs: Array, number: int) -> list[int]:
    """Return the indices of the `number` lowest costs, lowest first, with all that are equal to the last of them."""
    import numpy as np

    few = np.arange(len(costs))
    if len(costs) > number:
        few = np.flatnonzero(costs <= np.partition(costs, number - 1)[number - 1])
    ordered: list[int] = few[np.argsort(costs[few], kind="stable")].tolist()
    return ordered


def _list_matches(query: Query, hits: Hits, indices: list[int]) -> Iterator[tuple[tuple[int, Match], ...]]:
    """Yield the matches of some hits: the index of each fact, and its match. Hits that are counted alike share them."""
    known: dict[tuple[Any, ...], tuple[tuple[int, Match], ...]] = {}
    columns = (hits.rounding[indices], hits.reading[indices], hits.explained[indices])
    for kind, number, explained in zip(*(column.tolist() for column in columns), strict=True):
        key = kind, number, *explained
        if key not in known:
            reading = hits.reading_set.readings[number]
            known[key] = tuple(
                (fact, Match(query.facts[fact], reading, window if right else None))
                for fact, window, right in zip(hits.facts, hits.windows[kind], explained, strict=True)
            )
        yield known[key]


@cache
def _bases(quantity: str) -> tuple[tuple[int, ...], ...]:
    """Return the sums of columns in which two networks are equal if they are the same, as far as `quantity` shows."""
    sums = (("conv_macs", "linear_macs"),) if quantity not in ("params", "bytes") else (
        ("weights",), ("biases",), ("plain_norm_channels", "fused_norm_channels"),
    )  # fmt: skip
    return tuple(tuple(map(COLUMNS.index, names)) for names in sums)
