"""Explanations of a printed number as a table of candidates, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mbcost.present.explain.verdict import list_all, list_lead, list_notes
from mbcost.present.explain.words import (
    FEW,
    QUANTITY,
    facts_text,
    how,
    join_unique,
    mechanism_text,
    modification_text,
    network_text,
    percent,
    text_of_explanation,
)
from mbcost.present.names import alpha_cell, reference_text, resolution_cell
from mbcost.present.table import Cell, Column, Spelled, Table, build_table, decimal_cell
from mbcost.questions.explain.answer import Answer, Explanation, Nearby, Value
from mbcost.questions.explain.facts import Fact


@dataclass(frozen=True)
class _Ranked:
    """An explanation with its rank; None for the nearest network, which does not explain the numbers."""

    rank: int | None
    explanation: Explanation

    @property
    def counts(self) -> Cell:
        """The exact numbers, or how many of them have the printed digits."""
        values = self.explanation.values
        if len(values) == 1:
            return values[0].value
        if len(values) <= FEW:
            return join_unique(f"{value.value:,}" for value in values)
        return f"{sum(value.exact for value in values)} of {len(values)}"

    @property
    def printed(self) -> str | None:
        values = self.explanation.values
        return (
            join_unique(f"{value.fact.printed.text} {how(value)}" for value in values) if len(values) <= FEW else None
        )

    @property
    def counted(self) -> str:
        """How the numbers are counted."""
        return join_unique(value.reading.name for value in self.explanation.values)

    @property
    def chance(self) -> str:
        return "" if self.rank is None else percent(self.explanation.chance)

    @property
    def others(self) -> int | None:
        return None if self.rank is None else self.explanation.others


@dataclass(frozen=True)
class _Number:
    """One number of a table, under the explanation of its row."""

    rank: int | None
    explanation: Explanation
    value: Value

    @property
    def quantity(self) -> str | None:
        """The quantity that the number counts, or may count."""
        quantity = self.value.fact.quantity
        return None if quantity is None else QUANTITY[quantity]

    @property
    def network(self) -> str:
        return reference_text(self.explanation.spec.name, self.value.alpha, self.value.resolution)


COLUMNS = (
    Column[_Ranked]("rank", "#", lambda row: row.rank, numeric=True),
    Column[_Ranked]("network", "network", lambda row: network_text(row.explanation)),
    Column[_Ranked]("modification", "modification", lambda row: modification_text(row.explanation)),
    Column[_Ranked]("convention", "convention", lambda row: row.counted),
    Column[_Ranked]("exact", "exact", lambda row: row.counts, numeric=True),
    Column[_Ranked]("printed", "printed", lambda row: row.printed, spare=1),
    Column[_Ranked](
        "bits",
        "bits",
        lambda row: f"{row.explanation.cost / 100:.1f}",
        numeric=True,
        spare=3,
        legend="bits = length of the explanation",
    ),
    Column[_Ranked](
        "chance",
        "chance",
        lambda row: row.chance,
        numeric=True,
        legend="chance = share of similar random numbers with an equally simple explanation",
    ),
    Column[_Ranked](
        "others",
        "others",
        lambda row: row.others,
        numeric=True,
        spare=2,
        legend="others = explanations that are as simple or simpler",
    ),
)

DETAILS = (
    Column[_Number]("rank", "#", lambda number: number.rank, numeric=True, only="data"),
    Column[_Number]("row", "row", lambda number: number.value.fact.row, numeric=True),
    Column[_Number]("network", "network", lambda number: number.network, only="people"),
    Column[_Number]("network", "network", lambda number: number.explanation.spec.name, only="data"),
    Column[_Number]("alpha", "alpha", lambda number: alpha_cell(number.value.alpha), only="data"),
    Column[_Number]("resolution", "resolution", lambda number: resolution_cell(number.value.resolution), only="data"),
    Column[_Number](
        "implementation", "implementation", lambda number: number.explanation.structure.implementation, only="data"
    ),
    Column[_Number]("classes", "classes", lambda number: number.explanation.structure.classes, only="data"),
    Column[_Number]("head", "head", lambda number: number.explanation.head, only="data"),
    Column[_Number]("quantity", "quantity", lambda number: number.quantity),
    Column[_Number]("printed", "printed", lambda number: number.value.fact.printed.text, numeric=True),
    Column[_Number]("exact", "exact", lambda number: number.value.value, numeric=True),
    Column[_Number]("rounding", "how", lambda number: how(number.value)),
    Column[_Number]("modification", "modification", lambda number: modification_text(number.explanation)),
    Column[_Number]("convention", "convention", lambda number: number.value.reading.name),
    Column[_Number]("bits", "bits", lambda number: _bits_cell(number.explanation), only="data"),
    Column[_Number]("chance", "chance", lambda number: decimal_cell(number.value.chance, 6), only="data"),
    Column[_Number]("others", "others", lambda number: number.explanation.others, only="data"),
)


def _bits_cell(explanation: Explanation) -> Spelled:
    return Spelled(f"{explanation.cost / 100:g}", explanation.cost / 100)


def as_table(answers: Sequence[Answer]) -> Table:
    """Return the explanations of the first answer; its rest and the further answers are notes.

    Programs read one row per number: under every explanation, or for a table under the first one.
    """
    first, *others = answers
    rows = [_Ranked(rank, explanation) for rank, explanation in enumerate(first.explanations, 1)]
    if not rows:
        rows = [_Ranked(None, near.explanation) for near in first.nearest]
    notes = list_notes(first)
    for answer in others:
        notes += [f"{facts_text(answer)}:", *list_all(answer)]
    title = f"{facts_text(first)}: {'explanations, the simplest first' if first.explanations else 'no explanation'}"
    table = build_table(title, COLUMNS, rows, notes=notes, lead=list_lead(first))
    if others or len(first.query.facts) > FEW:
        numbers = (number for answer in answers for number in _numbers(answer))
        return replace(table, details=build_table("Every number", DETAILS, numbers))
    every = (_Number(row.rank, row.explanation, value) for row in rows for value in row.explanation.values)
    return replace(table, data=build_table(title, DETAILS, every))


def _numbers(answer: Answer) -> Iterator[_Number]:
    """Yield every number under the first explanation of the answer, then what that one misses under the next."""
    rank = 1 if answer.explanations else None
    shown = (*answer.explanations[:1], *(near.explanation for near in answer.nearest))[:1]
    for explanation in shown:
        for value in explanation.values:
            if value.rounding is not None or answer.rest is None:
                yield _Number(rank, explanation, value)
    if answer.rest is not None:
        yield from _numbers(answer.rest)


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the object of `mbcost explain --format json`, described in docs/json.md."""
    first, *others = answers
    return {"schema": "mbcost/explain/1", **answer_json(first), "more": [answer_json(answer) for answer in others]}


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the explanations of one network, for JSON."""
    query = answer.query
    return {
        "query": {
            "network": None if query.spec is None else query.spec.name,
            "implementation": query.implementation,
            "classes": query.classes,
            "head": (query.spec.head or None) if query.spec is not None else None,
            "in_channels": query.in_channels,
            "deep": query.deep,
            "facts": [_fact(fact) for fact in query.facts],
        },
        "explanations": [_explanation(explanation) for explanation in answer.explanations],
        "fits": answer.fits,
        "claimed_by": list(answer.claimed_by),
        "nearest": [_nearby(near) for near in answer.nearest],
        "advice": answer.advice,
        "rest": None if answer.rest is None else answer_json(answer.rest),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "row": fact.row,
        "quantity": fact.quantity,
        "printed": fact.printed.text,
        "alpha": fact.alpha,
        "resolution": None if fact.resolution is None else list(fact.resolution),
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    first = value_json(explanation.values[0])
    return {
        "network": explanation.spec.name,
        "alpha": first["alpha"],
        "resolution": first["resolution"],
        "classes": explanation.structure.classes,
        "head": explanation.head,
        "trained_from": explanation.structure.trained_from,
        "implementation": explanation.structure.implementation,
        "convention": first["convention"],
        "quantity": first["quantity"],
        "departures": list(explanation.departures),
        "rounding": first["rounding"],
        "value": first["value"],
        "exact": explanation.exact,
        "bits": explanation.cost / 100,
        "chance": round(explanation.chance, 6),
        "others": explanation.others,
        "variants": list(explanation.variants),
        "same_sums": [
            {
                "implementation": same.implementation,
                "conventions": list(same.conventions),
                "departures": list(same.clauses),
            }
            for same in explanation.same_sums
        ],
        "claimed": explanation.claimed,
        "text": text_of_explanation(explanation),
        "values": [value_json(value) for value in explanation.values],
    }


def _nearby(near: Nearby) -> dict[str, Any]:
    differences = [{"amount": difference.amount, "named": difference.named} for difference in near.differences]
    return {**_explanation(near.explanation), "differences": differences}


def value_json(value: Value) -> dict[str, Any]:
    """Return one number under an explanation, for JSON."""
    return {
        "row": value.fact.row,
        "printed": value.fact.printed.text,
        "alpha": value.alpha,
        "resolution": list(value.resolution),
        "convention": value.reading.name,
        "mechanism": mechanism_text(value),
        "counted_by": list(value.counted_by),
        "quantity": value.fact.quantity,
        "rounding": value.rounding,
        "value": value.value,
        "exact": value.exact,
        "copied": value.copied,
        "chance": round(value.chance, 6),
        "explained": value.explained,
    }
