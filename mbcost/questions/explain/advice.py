"""What further number would decide between explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from mbcost.questions.explain.answer import Explanation
from mbcost.questions.explain.evaluate import count_network
from mbcost.questions.explain.facts import Query
from mbcost.questions.explain.readings import named_readings

COMPARED = 5
"""A further number is to decide between so many of the first explanations."""


def advise(query: Query, explanations: Sequence[Explanation]) -> str | None:
    """Return which further number would decide between the first explanations, with the value for each of them."""
    ranked = [(rank, explanation) for rank, explanation in enumerate(explanations, 1) if explanation.exact][:COMPARED]
    if not ranked or (explanations[0].claimed and all(value.explained for value in explanations[0].values)):
        return None
    best: tuple[int, str] | None = None
    for number, predict in _further_numbers(query, ranked[0][1]):
        ranks_by_count: dict[int, list[str]] = {}
        for rank, explanation in ranked:
            ranks_by_count.setdefault(predict(explanation), []).append(f"#{rank}")
        apart = any("#2" in ranks and "#1" not in ranks for ranks in ranks_by_count.values())
        if apart and (best is None or len(ranks_by_count) > best[0]):
            counts = "; ".join(f"{count:,} if {' or '.join(ranks)} is right" for count, ranks in ranks_by_count.items())
            best = len(ranks_by_count), f"find {number}: {counts}"
    if best is not None:
        return best[1]
    return "find the cost of each layer" if len(ranked) > 1 else "find more digits, or another number of this network"


def _further_numbers(query: Query, first: Explanation) -> Iterator[tuple[str, Callable[[Explanation], int]]]:
    """Yield numbers that the query does not give: the name of each, and its value under an explanation."""
    known = {value.fact.quantity for value in first.values}
    for quantity, name in (("params", "the number of parameters"), ("mult_adds", "the number of multiply-adds")):
        if quantity not in known:
            yield name, partial(_predict, query, quantity)
    for index, value in enumerate(first.values[:COMPARED]):
        if value.fact.printed.step > 1:
            name = "the number" if len(first.values) == 1 else value.fact.printed.text
            yield f"{name} with all its digits", partial(_full_digits, index)


def _full_digits(index: int, explanation: Explanation) -> int:
    return explanation.values[index].value


def _predict(query: Query, quantity: str, explanation: Explanation) -> int:
    """Return the explanation's count of a quantity that the query does not give, by the default convention."""
    first = explanation.values[0]
    fact = replace(first.fact, quantity=quantity, alpha=first.alpha, resolution=first.resolution)
    counts = count_network(query, explanation.setting, explanation.structure, fact)
    return named_readings(quantity)[0].weigh(counts)
