"""Figures that do not follow from the reading of their table: errors with a cause, and figures that stay open."""

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
)
from mbcost.questions.explain.evaluate import list_amounts, network_of
from mbcost.questions.explain.facts import RELATIVES, Query
from mbcost.questions.explain.readings import Reading, named_readings
from mbcost.questions.explain.structures import Structure
from mbcost.questions.explain.windows import ROUNDING_TEXTS
from mbcost.questions.published.verdict import (
    Right,
    Verdict,
    agree,
    answer,
    fact_of,
    figure_text,
    paper_of,
    query_of,
    right_of,
    verdict_of,
)
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.table import CLASSES

ALONE = 0.01
"""The cause of a single figure is claimed up to this chance."""
TRIED = 5
"""So many explanations are tried until one is credible."""
CANDIDATES = 3
"""So many explanations of an open figure are listed, the one with the smallest chance first."""


def find_errata(missed: Sequence[tuple[Published, Answer]], known: Mapping[str, Verdict]) -> Iterator[Verdict]:
    """Yield the verdicts on the remaining figures of one source and network.

    Figures with a common cause are judged together, then each of the others alone.

    Args:
        missed: each figure with the answer about its table, which misses the figure.
        known: the verdicts so far, by the id of the figure.
    """
    tables = {figure.id: answer for figure, answer in missed}
    counted = _counted(missed)
    candidates = [*(figure for figure, _ in missed), *(verdict.figure for verdict in known.values())]
    figures = []
    for figure, table in missed:
        original = _find_original(figure, candidates)
        if original is None:
            figures.append(figure)
        elif original.table == figure.table:
            yield _copied(figure, table, f"{original.id}, which is about a different resolution")
        else:
            yield _copied(figure, table, f"{original.table}, which is about a different number of classes")
    while len(figures) > 1:
        proved = _prove_together(figures, counted, known)
        if not proved:
            break
        yield from proved
        figures = [figure for figure in figures if figure.id not in {verdict.figure.id for verdict in proved}]
    for figure in figures:
        yield _from_earlier_version(figure, known.values()) or _judge_alone(figure, tables[figure.id], known)


def _copied(figure: Published, table: Answer, original: str) -> Verdict:
    reason = f"repeats the number of {original}"
    return Verdict(figure, "erratum", reason, _expected(figure, table), departures=("copied",))


def _from_earlier_version(figure: Published, known: Iterable[Verdict]) -> Verdict | None:
    """Return the verdict on a number that an earlier version of the paper prints too, and for which it is right."""
    for other in known:
        if (
            other.status == "exact"
            and other.network in RELATIVES.get(figure.net, ())
            and paper_of(other.figure) == paper_of(figure)
            and agree(figure, other.figure, "net", "alpha", "resolution", "quantity", "value")
        ):
            reason = f"left over from an earlier version, whose table describes a different network: {other.network}"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    return None


def _prove_together(
    figures: Sequence[Published], counted: tuple[Reading, ...], known: Mapping[str, Verdict]
) -> list[Verdict]:
    """Return errata by a common cause, counted as their table is counted, or else in any way."""
    for readings in dict.fromkeys((counted, ())):
        common = answer(query_of(figures, readings), TRIED, rests=0)
        if proved := _first_proved(figures, common, known):
            return proved
    return []


def _first_proved(figures: Sequence[Published], common: Answer, known: Mapping[str, Verdict]) -> list[Verdict]:
    """Return errata by the first explanation that is better than chance and contradicts no exact figure."""
    for explanation in common.explanations:
        right = right_of(figures, explanation)
        if right and _is_proved(explanation, right) and not _is_doubtful(common.query, explanation, right, known):
            alone = answer(query_of([figure for figure, _ in right], explanation.counted), 1).explanations[0]
            return [
                replace(
                    verdict_of(figure, "erratum", value, explanation, "; ".join(_clauses(value, explanation))),
                    chance=alone.chance,
                )
                for figure, value in right
            ]
    return []


def _find_original(figure: Published, others: Iterable[Published]) -> Published | None:
    """Return the figure from which the mult-adds are copied: the same number for a different network.

    The original is an earlier row of the same table about a different resolution, or a figure of the same source about
    a different number of classes.
    """
    for other in others:
        same = agree(figure, other, "source", "net", "alpha", "quantity", "value")
        if not same or figure.quantity != "mult_adds":
            continue
        if other.table == figure.table and other.resolution != figure.resolution and other.id < figure.id:
            return other
        classes = {figure.classes, other.classes}
        if agree(figure, other, "resolution") and len(classes) > 1 and None not in classes:
            return other
    return None


def _is_doubtful(query: Query, explanation: Explanation, right: Right, known: Mapping[str, Verdict]) -> bool:
    """Return whether the mistakes of the explanation would spoil exact figures about the same network.

    A part that is left out of one quantity is still in the network, so that the other quantity keeps it.
    """
    if not explanation.structure.mistakes:
        return False
    quantities = {figure.quantity for figure, _ in right}
    for figure, _ in right:
        for verdict in known.values():
            other = verdict.figure
            same = agree(figure, other, "source", "net", "alpha", "table")
            fixed = other.quantity == "params" or other.resolution == figure.resolution
            if same and fixed and verdict.status == "exact" and verdict.rounding is not None:
                fact = fact_of(other, 1)
                readings = {reading.name: reading for reading in named_readings(fact.quantity or "")}
                left_out = explanation.structure.left_out if other.quantity in quantities else None
                structure = replace(explanation.structure, left_out=left_out)
                network = network_of(query, explanation.setting, structure, fact)
                amounts = list_amounts(network, structure, readings[verdict.convention or ""])
                if not other.prints(sum(amounts), verdict.rounding):
                    return True
    return False


def _counted(missed: Sequence[tuple[Published, Answer]]) -> tuple[Reading, ...]:
    """Return the readings of the tables of the figures, as far as these are known."""
    return tuple(
        dict.fromkeys(
            reading for _, table in missed for explanation in table.explanations[:1] for reading in explanation.counted
        )
    )


def _is_proved(explanation: Explanation, right: Right) -> bool:
    """Return whether the explanation is better than chance: several distinct rows of several digits, or a small chance.

    The limit for a single number is lower than for a table: with many single numbers, one in twenty would be claimed.
    """
    rows = {(value.fact.quantity, value.value) for _, value in right if value.fact.printed.digits >= DISTINCT_DIGITS}
    return len(rows) >= DISTINCT_ROWS or explanation.chance <= (CLAIM if len(right) > 1 else ALONE)


def _clauses(value: Value, explanation: Explanation) -> Iterator[str]:
    """Yield the differences from the rest of the table, one clause each."""
    yield from explanation.clauses
    if value.rounding == "mistyped":
        yield f"mistyped for {value.meant}"
    elif value.rounding != "rounds" and value.rounding is not None:
        yield ROUNDING_TEXTS.get(value.rounding, value.rounding)
    elif not explanation.clauses:
        structure = explanation.structure
        yield f"{value.reading.name}, {structure.implementation}, {structure.classes} classes, rounded"


def _judge_alone(figure: Published, table: Answer, known: Mapping[str, Verdict]) -> Verdict:
    """Return the verdict on a figure that has no cause in common with others.

    It is counted like its table, and if a tool counted, by every reading.
    """
    for other in sorted(known.values(), key=lambda other: not agree(figure, other.figure, "source")):
        if _contradicts(figure, other, table):
            source = "the same source" if agree(figure, other.figure, "source") else other.figure.source.name
            reason = f"{other.figure.table} of {source} prints {figure_text(other.figure)}, which is right"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    answers = [
        answer(query_of([figure], counted), TRIED) for counted in dict.fromkeys((_counted([(figure, table)]), ()))
    ]
    for single in answers:
        if proved := _first_proved([figure], single, known):
            return proved[0]
    explanations = {
        (explanation.clauses, explanation.values[0].value): explanation
        for single in answers
        for explanation in single.explanations
    }
    likeliest = sorted(explanations.values(), key=lambda explanation: explanation.chance)[:CANDIDATES]
    reason = " | ".join(map(_candidate_text, likeliest)) or "no explanation gives these digits"
    return Verdict(figure, "open", reason, _expected(figure, table))


def _candidate_text(explanation: Explanation) -> str:
    value = explanation.values[0]
    return f"{'; '.join(_clauses(value, explanation))}: {value.value:,} (chance {explanation.chance:.0%})"


def _contradicts(figure: Published, other: Verdict, table: Answer) -> bool:
    """Return whether the paper, in any of its versions, prints a different, exact number for the same network.

    Versions of a paper describe different networks under one name, so the rest of the figure's table decides.
    """
    return (
        other.status == "exact"
        and agree(figure, other.figure, "net", "alpha", "resolution", "quantity", "classes", "task")
        and abs(other.figure.number - figure.number) > (other.figure.step + figure.step) / 2
        and (agree(figure, other.figure, "source") or _is_same_network(figure, other, table))
    )


def _is_same_network(figure: Published, other: Verdict, table: Answer) -> bool:
    """Return whether another version of the paper has the network that the figure's table is about."""
    networks = {explanation.spec.name for explanation in table.explanations[:1]}
    return paper_of(figure) == paper_of(other.figure) and networks == {other.network}


def _expected(figure: Published, table: Answer) -> Fraction:
    """Return the number that the figure's table should have, counted like the rest of the table."""
    fact = fact_of(figure, 1)
    for explanation in table.explanations[:1]:
        for reading in explanation.counted:
            if reading.quantity == fact.quantity:
                network = network_of(table.query, explanation.setting, explanation.structure, fact)
                return Fraction(sum(list_amounts(network, explanation.structure, reading)))
    query = query_of([figure])
    spec = query.spec or load_spec(figure.net)
    network = resolve(spec, alpha=fact.alpha or 1.0, resolution=fact.resolution, classes=query.classes or CLASSES)
    structure = Structure(network.implementation, network.classes)
    return Fraction(sum(list_amounts(network, structure, named_readings(fact.quantity or "")[0])))
