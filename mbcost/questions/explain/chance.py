"""How often a random number is explained as cheaply: without that, an explanation is worth nothing.

The printed numbers are moved, all by the same factor within `SPREAD`, and the share of the moves is measured at which
some network, counted in some way, gives the moved numbers at the same cost or less. The share is computed from the
values that can be reached, not drawn. Over random numbers it is at most c in a share c of the cases, like a p-value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.hits import missed_bits, passes, rounding_kinds
from mbcost.questions.explain.readings import misprints
from mbcost.questions.explain.search import Candidate
from mbcost.questions.explain.trials import Trial, quantities_of
from mbcost.spec.weights import load_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
else:
    Floats = Places = Any

SPREAD = 1.15
"""The study of shifted figures moved them by up to 15 %."""
_EPSILON = 1e-9
"""Costs are sums of decimal fractions: two that differ by less are the same."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Parallel arrays: a structure, what is added to its cost, and the factors between which the numbers are right."""

    structure: Places
    bits: Floats
    low: Floats
    high: Floats


Tried = tuple[Query, Sequence[Trial]]
"""A query without open quantities, and its trials."""


def chances(alternatives: Sequence[Tried], candidates: Sequence[Candidate]) -> list[float]:
    """For each candidate, the share of moves at which one is found that costs no more.

    Facts that a candidate misses are left aside for it. Quantities that the facts may be of are alternatives, each of
    which may explain them.
    """
    known: dict[tuple[tuple[int, ...], float], float] = {}
    answers: list[float] = []
    for candidate in candidates:
        places = tuple(place for place, match in enumerate(candidate.matches) if match.window is not None)
        query = alternatives[0][0]
        bits = candidate.bits - sum(missed_bits(query, query.facts[place]) for place in candidate.missed)
        if (places, bits) not in known:
            parts = (_chance(*_only(tried, places), bits) for tried in alternatives)
            known[places, bits] = 1 - prod(1 - share for share in parts)
        answers.append(known[places, bits])
    return answers


def _only(tried: Tried, places: tuple[int, ...]) -> Tried:
    query, some = tried
    facts = tuple(query.facts[place] for place in places)
    return replace(query, facts=facts), [
        replace(trial, counts=tuple(trial.counts[place] for place in places)) for trial in some
    ]


def _chance(query: Query, tried: Sequence[Trial], limit: float) -> float:
    share = _covered(query, tried, limit)
    slip = load_weights().bits("roundings", "mistyped")
    if len(query.facts) == 1 and limit >= slip:
        # Each of the numbers that a typing error makes of it can be explained as well, at the cost of the error more.
        share = 1 - (1 - share) * (1 - _covered(query, tried, limit - slip)) ** len(misprints(query.facts[0].printed))
    return share


def _covered(query: Query, tried: Sequence[Trial], limit: float) -> float:
    """The share of the factors at which some candidate costs at most `limit`."""
    import numpy as np

    parts = [spans for trial in tried for spans in _trial(query, trial, limit)]
    if not parts:
        return 0.0
    low, high = (np.concatenate([getattr(each, end) for each in parts]) for end in ("low", "high"))
    order = np.argsort(low)
    low, high = np.clip(low[order], 1 / SPREAD, SPREAD), np.clip(high[order], 1 / SPREAD, SPREAD)
    reached = np.maximum.accumulate(np.concatenate([[1 / SPREAD], high[:-1]]))
    return float(np.maximum(high - np.maximum(low, reached), 0).sum() / (SPREAD - 1 / SPREAD))


def _trial(query: Query, trial: Trial, limit: float) -> Iterator[Spans]:
    """The spans of one setting that cost at most `limit`, of all quantities together."""
    quantities = quantities_of(query)
    found, *others = [list(_spans(query, trial, quantity, limit)) for quantity in quantities]
    for more in others:
        found = [crossed for spans in found for other in more for crossed in _crossed(trial, spans, other, limit)]
    yield from found


def _spans(query: Query, trial: Trial, quantity: str, limit: float) -> Iterator[Spans]:
    import numpy as np

    places = tuple(place for place, fact in enumerate(query.facts) if fact.quantity == quantity)
    kinds = rounding_kinds(query, places)
    for number, some in passes(query, trial, quantity):
        bits = trial.bits[:number, None] + some.bits[None, :]
        if not bits.size or bits.min() > limit:
            continue
        structure, reading = np.nonzero(bits <= limit + _EPSILON)
        total = bits[structure, reading]
        chosen = some.coefficients.T[reading]
        values = [np.einsum("ij,ij->i", trial.counts[place][structure], chosen) for place in places]
        for group in kinds:
            low, high = np.full(len(total), -np.inf), np.full(len(total), np.inf)
            for window, value in zip(group, values, strict=True):
                printed = window.printed.number
                if window.rounding == "float32":  # one number a network, if not the one nearest to its sum
                    window = replace(window, low=int(printed), high=int(printed))
                # Half a unit on each side: a whole number stands for the numbers around it.
                low = np.maximum(low, (value - float(window.high - printed) - 0.5) / float(printed))
                high = np.minimum(high, (value - float(window.low - printed) + 0.5) / float(printed))
            good = (low < high) & (low < SPREAD) & (high > 1 / SPREAD) & (total + group[0].bits <= limit + _EPSILON)
            if good.any():
                cost = total[good] - trial.bits[structure[good]] + group[0].bits
                yield Spans(structure[good], cost, low[good], high[good])


def _crossed(trial: Trial, first: Spans, second: Spans, limit: float) -> Iterator[Spans]:
    """Where both quantities of one structure are right."""
    import numpy as np

    order = np.argsort(second.structure, kind="stable")
    starts = np.searchsorted(second.structure[order], first.structure, side="left")
    ends = np.searchsorted(second.structure[order], first.structure, side="right")
    left = np.repeat(np.arange(len(first.structure)), ends - starts)
    right = order[np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)] or [order[:0]])]
    structure = first.structure[left]
    bits = first.bits[left] + second.bits[right]
    low, high = np.maximum(first.low[left], second.low[right]), np.minimum(first.high[left], second.high[right])
    good = (low < high) & (trial.bits[structure] + bits <= limit + _EPSILON)
    if good.any():
        yield Spans(structure[good], bits[good], low[good], high[good])
