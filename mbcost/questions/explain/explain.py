"""The search for explanations of a query, and what may be claimed of the first one."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from mbcost.questions.explain.advice import advise
from mbcost.questions.explain.answer import MARGIN, Answer, Explanation
from mbcost.questions.explain.arrays import check_memory
from mbcost.questions.explain.chance import compute_chances
from mbcost.questions.explain.evaluate import confirm, make_explanation
from mbcost.questions.explain.expanded import Stacks
from mbcost.questions.explain.facts import Fact, Query, fill_quantities
from mbcost.questions.explain.kept import Kept
from mbcost.questions.explain.nearest import find_nearest
from mbcost.questions.explain.search import Candidate, find_candidates
from mbcost.questions.explain.trials import Trial, build_trials, is_long
from mbcost.questions.explain.wide import build_wide_trials

Watch = Callable[[Iterator[Trial]], Iterable[Trial]]
WIDE = 1400
"""What only a wide search tries costs at least this, in hundredths of a bit: it is left out if a simpler cause fits."""
RESTS = 3
"""A table that needs more than this and one explanation is not a table of one network: the last one misses numbers."""


def explain(query: Query, limit: int = 10, watch: Watch = iter, *, rests: int = RESTS) -> Answer:
    """Return the `limit` simplest explanations of the facts of `query`.

    Args:
        query: what to explain.
        limit: how many explanations to list.
        watch: iterates over the trials, and can show the progress.
        rests: how often to explain in turn what the first explanation misses.

    Raises:
        MbcostError: no network can be built as the query says.
    """
    tried, confirmed = _search(query, watch)
    is_simple = bool(confirmed) and confirmed[0][0].cost + MARGIN <= WIDE
    if not (is_simple or query.plain or query.deep) and any(is_long(fact.printed) for fact in query.facts):
        tried = []  # free its memory
        tried, confirmed = _search(replace(query, wide=True), watch)
    causes: dict[tuple[object, ...], tuple[Candidate, Query]] = {}
    for candidate, filled in confirmed:
        causes.setdefault(_cause(candidate), (candidate, filled))
    simplest = list(causes.values())[:limit]
    chances = compute_chances(tried, [candidate for candidate, _ in simplest])
    explanations = [
        make_explanation(filled, candidate, chance, sum(other.cost <= candidate.cost for other, _ in confirmed) - 1)
        for (candidate, filled), chance in zip(simplest, chances, strict=True)
    ]
    explanations, claimed_by = _claim(explanations, [candidate for candidate, _ in causes.values()])
    fits = any(_gives_digits(candidate) for candidate, _ in confirmed)
    is_explained = any(not candidate.mistyped for candidate, _ in confirmed)
    nearest = () if is_explained else find_nearest(tried)
    rest = None
    if rests and explanations and (missed := _left(explanations[0])):
        rest = explain(replace(query, facts=missed, counted=explanations[0].counted), limit, watch, rests=rests - 1)
    return Answer(query, tuple(explanations), fits, nearest, advise(query, explanations), rest, claimed_by)


def _search(query: Query, watch: Watch) -> tuple[list[tuple[Query, list[Trial]]], list[tuple[Candidate, Query]]]:
    """Return the trials, and the candidates that give the facts, the simplest first, with their quantities."""
    stacks: Stacks = {}
    kept = Kept()
    tried = [
        (filled, list(watch(_build_trials(filled, cost, stacks, kept)))) for filled, cost in fill_quantities(query)
    ]
    confirmed = [
        (candidate, filled)
        for filled, trials in tried
        for candidate in find_candidates(filled, trials)
        if confirm(filled, candidate)
    ]
    # A mistyped digit explains almost anything, so it is only offered if nothing else fits.
    confirmed = [pair for pair in confirmed if not pair[0].mistyped] or confirmed
    return tried, sorted(confirmed, key=lambda pair: pair[0].order)


def _build_trials(query: Query, cost: int, stacks: Stacks, kept: Kept) -> Iterator[Trial]:
    """Yield all trials of the query.

    Raises:
        TooMuchMemory: all arrays together need too much memory.
    """
    for built in chain(build_trials(query, cost, stacks), build_wide_trials(query, cost)):
        trial = kept.add(built)
        check_memory(kept.size + sum(expanded.stack.size for expanded in stacks.values()), force=query.force)
        yield trial


def _claim(
    explanations: list[Explanation], candidates: Sequence[Candidate]
) -> tuple[list[Explanation], tuple[int, ...]]:
    """Return the explanations, marked with what the first one explains, and the ranks of those that explain the same.

    A number is explained if its chance is small and no explanation that misses it is about as simple.

    Args:
        explanations: the simplest first.
        candidates: every cause that fits, in the same order; also those that are not listed.
    """
    if not explanations:
        return explanations, ()
    first, *others = explanations
    near = [candidate for candidate in candidates[1:] if candidate.cost <= first.cost + MARGIN]
    covered = {index for index in first.provable if not any(index in candidate.missed for candidate in near)}
    if not covered:
        return explanations, ()
    rivals = [
        rank
        for rank, candidate in enumerate(near, 2)
        if covered.isdisjoint(candidate.missed) and not _say_the_same(candidates[0], candidate, covered)
    ]
    values = tuple(replace(value, explained=index in covered) for index, value in enumerate(first.values))
    first = replace(first, values=values, claimed=not rivals)
    return [first, *others], (1, *rivals)


def _say_the_same(first: Candidate, second: Candidate, facts: set[int]) -> bool:
    """Return whether two candidates say the same about some of the facts: their sums, or their causes, are equal."""
    if all(first.identity[index] == second.identity[index] for index in facts):
        return True
    return _cause(first, facts) == _cause(second, facts)


def _left(explanation: Explanation) -> tuple[Fact, ...]:
    """Return the facts that the explanation misses and that are not copies."""
    return tuple(value.fact for value in explanation.missed if value.copied is None)


def _gives_digits(candidate: Candidate) -> bool:
    return all(match.window is not None and match.window.exact for match in candidate.matches)


def _cause(candidate: Candidate, facts: Container[int] | None = None) -> tuple[object, ...]:
    """Return the key that candidates share if only their implementation, classes or rounding differ.

    With `facts`, candidates that say the same about these facts share it.
    """
    setting, structure = candidate.setting, candidate.structure
    counted = tuple(
        (match.reading, match.window is None)
        for index, match in enumerate(candidate.matches)
        if facts is None or index in facts
    )
    head = structure.head
    return setting.spec.name, setting.alpha, setting.resolution, setting.departures, structure.departures, head, counted
