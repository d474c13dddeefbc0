"""Figures that their table's way of counting does not give: errors with a cause, and those that stay open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from mbcost.analytic.network import resolve
from mbcost.questions.explain.answer import (
    CLAIM,
    DISTINCT_DIGITS,
    DISTINCT_ROWS,
    Answer,
    Explanation,
    Value,
    amounts,
    explain,
    network_of,
)
from mbcost.questions.explain.facts import RELATIVES, Query
from mbcost.questions.explain.readings import Reading, named_readings
from mbcost.questions.explain.structures import Structure
from mbcost.questions.published.verdict import (
    Right,
    Verdict,
    alike,
    fact_of,
    paper_of,
    query_of,
    right_of,
    text_of,
    verdict_of,
)
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.table import CLASSES

ALONE = 0.01
"""The share of random numbers that may be explained as cheaply as a single one whose mechanism is claimed."""
TRIED = 5
"""How many explanations are looked at for one that can be believed."""
CANDIDATES = 3
"""How many are listed of an open figure, the least likely by chance first."""


def errata(missed: Sequence[tuple[Published, Answer]], known: Mapping[str, Verdict]) -> Iterator[Verdict]:
    """What is left of one source and network: rows with one cause together, then each by itself."""
    tables = {figure.id: answer for figure, answer in missed}
    figures = []
    for figure, table in missed:
        first = _copied_from(figure, [each for each, _ in missed] + [verdict.figure for verdict in known.values()])
        if first is None:
            figures.append(figure)
        else:
            where = (
                f"{first.id}, of another resolution"
                if first.table == figure.table
                else f"{first.table}, of other classes"
            )
            reason = f"repeats the number of {where}"
            yield Verdict(figure, "erratum", reason, _expected(figure, table), departures=("copied",))
    while len(figures) > 1:
        proved = _first_proved(figures, explain(query_of(figures, _counted(missed)), limit=TRIED), known)
        if not proved:
            break
        yield from proved
        figures = [figure for figure in figures if figure.id not in {each.figure.id for each in proved}]
    for figure in figures:
        earlier = _from_earlier_version(figure, known.values())
        yield _alone(figure, tables[figure.id], known) if earlier is None else earlier


def _from_earlier_version(figure: Published, known: Iterable[Verdict]) -> Verdict | None:
    """The verdict on a number that an earlier version of the paper prints as well, where it is right of its table."""
    for other in known:
        if (
            other.status == "exact"
            and other.network in RELATIVES.get(figure.net, ())
            and paper_of(other.figure) == paper_of(figure)
            and alike(figure, other.figure, "net", "alpha", "resolution", "quantity", "value")
        ):
            reason = f"left over from an earlier version, whose table has another network: {other.network}"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    return None


def _first_proved(figures: Sequence[Published], answer: Answer, known: Mapping[str, Verdict]) -> list[Verdict]:
    """Errata by the simplest explanation that is better than chance and spoils no figure that is right without it."""
    for explanation in answer.explanations:
        right = right_of(figures, explanation)
        if right and _proved(explanation, right) and not _doubt(answer.query, explanation, right, known):
            alone = explain(query_of([figure for figure, _ in right], explanation.counted), limit=1).explanations[0]
            return [
                replace(
                    verdict_of(figure, "erratum", value, explanation, "; ".join(_mechanism(value, explanation))),
                    chance=alone.chance,
                )
                for figure, value in right
            ]
    return []


def _copied_from(figure: Published, others: Iterable[Published]) -> Published | None:
    """Another row with the same mult-adds for another network, of which one is no count: the one it was copied from.

    That is an earlier row of its table about another resolution, or one of the source about other classes.
    """
    for other in others:
        same = alike(figure, other, "source", "net", "alpha", "quantity", "value")
        if not same or figure.quantity != "mult_adds":
            continue
        if other.table == figure.table and other.resolution != figure.resolution and other.id < figure.id:
            return other
        classes = {figure.classes, other.classes}
        if alike(figure, other, "resolution") and len(classes) > 1 and None not in classes:
            return other
    return None


def _doubt(query: Query, explanation: Explanation, right: Right, known: Mapping[str, Verdict]) -> bool:
    """Whether a mistake in building the network would spoil figures of the same network that are exact without it."""
    if not explanation.structure.mistakes:
        return False
    for figure, _ in right:
        for other in known.values():
            same = alike(figure, other.figure, "source", "net", "alpha", "table")
            fixed = other.figure.quantity == "params" or other.figure.resolution == figure.resolution
            if same and fixed and other.status == "exact" and other.rounding is not None:
                fact = fact_of(other.figure, 1)
                reading = next(each for each in named_readings(fact.quantity or "") if each.name == other.convention)
                network = network_of(query, explanation.setting, explanation.structure, fact)
                if not other.figure.prints(sum(amounts(network, explanation.structure, reading)), other.rounding):
                    return True
    return False


def _counted(missed: Sequence[tuple[Published, Answer]]) -> tuple[Reading, ...]:
    """How the tables that the figures stand in are counted, as far as that was found."""
    return tuple(dict.fromkeys(way for _, answer in missed for each in answer.explanations[:1] for way in each.counted))


def _proved(explanation: Explanation, right: Right) -> bool:
    """Whether it is better than chance: several distinct rows of several digits, or a small chance.

    A number alone must be less likely than a table's: there are many of them, and one in twenty would be claimed.
    """
    rows = {(value.fact.quantity, value.value) for _, value in right if value.fact.printed.digits >= DISTINCT_DIGITS}
    return len(rows) >= DISTINCT_ROWS or explanation.chance <= (CLAIM if len(right) > 1 else ALONE)


def _mechanism(value: Value, explanation: Explanation) -> Iterator[str]:
    """What is otherwise than in the rest of the table."""
    yield from explanation.clauses
    if value.rounding == "mistyped":
        yield f"mistyped for {value.meant}"
    elif value.rounding != "rounds" and value.rounding is not None:
        yield {"floors": "floored", "ceils": "rounded up"}.get(value.rounding, value.rounding)
    elif not explanation.clauses:
        structure = explanation.structure
        yield f"{value.reading.name}, {structure.implementation}, {structure.classes} classes, rounded"


def _alone(figure: Published, table: Answer, known: Mapping[str, Verdict]) -> Verdict:
    """A figure that no cause of several rows explains: counted as its table is, and if a program did, in any way."""
    for other in known.values():
        if _contradicts(figure, other):
            reason = f"{other.figure.table} of the same source prints {text_of(other.figure)}, which is right"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    answers = [
        explain(query_of([figure], counted), limit=TRIED)
        for counted in dict.fromkeys((_counted([(figure, table)]), ()))
    ]
    for answer in answers:
        if proved := _first_proved([figure], answer, known):
            return proved[0]
    found = {(each.clauses, each.values[0].value): each for answer in answers for each in answer.explanations}
    candidates = [
        f"{'; '.join(_mechanism(each.values[0], each))}: {each.values[0].value:,} (chance {each.chance:.0%})"
        for each in sorted(found.values(), key=lambda each: each.chance)[:CANDIDATES]
    ]
    reason = " | ".join(candidates) or "nothing gives these digits"
    return Verdict(figure, "open", reason, _expected(figure, table))


def _contradicts(figure: Published, other: Verdict) -> bool:
    """Whether the source prints another number for the same network elsewhere, and that one is right."""
    return (
        other.status == "exact"
        and alike(figure, other.figure, "source", "net", "alpha", "resolution", "quantity", "classes", "task")
        and abs(other.figure.number - figure.number) > (other.figure.step + figure.step) / 2
    )


def _expected(figure: Published, table: Answer) -> Fraction:
    """What the figure's table would have in its place, counted as the rest of it is."""
    fact = fact_of(figure, 1)
    for explanation in table.explanations[:1]:
        for reading in explanation.counted:
            if reading.quantity == fact.quantity:
                network = network_of(table.query, explanation.setting, explanation.structure, fact)
                return Fraction(sum(amounts(network, explanation.structure, reading)))
    query = query_of([figure])
    spec = query.spec or load_spec(figure.net)
    network = resolve(spec, alpha=fact.alpha or 1.0, resolution=fact.resolution, classes=query.classes or CLASSES)
    reading = named_readings(fact.quantity or "")[0]
    return Fraction(sum(amounts(network, Structure(network.implementation, network.classes), reading)))
