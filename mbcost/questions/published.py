"""What becomes of every published figure: reproduced, an error of its source, or open; nothing of it is typed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from mbcost.questions.explain.facts import RELATIVES, Fact, Query
from mbcost.questions.explain.readings import Reading, named_readings
from mbcost.questions.explain.structures import Structure
from mbcost.questions.published_parts import PARTS, digits_swapped
from mbcost.spec.library import NETWORKS, load_spec
from mbcost.spec.model import CLASSES
from mbcost.spec.printed import PREFIXES, Printed
from mbcost.spec.published import Published

Watch = Callable[[Sequence[Sequence[Published]]], Iterable[Sequence[Published]]]
ALONE = 0.01
"""The share of random numbers that may be explained as cheaply as a single one whose mechanism is claimed."""
Right = Sequence[tuple[Published, Value]]
"""Figures that an explanation gives the digits of."""
TRIED = 5
"""How many explanations are looked at for one that can be believed."""
CANDIDATES = 3
"""How many are listed of an open figure, the least likely by chance first."""
STATUSES = ("exact", "erratum", "open", "out of scope")
QUANTITIES = {"mult_adds": "mult_adds", "params": "params", "activations": "activations", "model_size": "bytes"}
"""Of the figures that are about a whole network -> what they are counted as."""
OTHER_TASKS = {
    "detection": "a detector: its head is not among these networks",
    "segmentation": "a segmentation network: its head is not among these networks",
    "face_embedding": "another head, of which the paper says nothing",
    "geolocation": "another head, of which the paper says nothing",
    "visual_wake_words": "another network, of which the source says no more",
    "memory": "memory at a map size, not a sum over the network",
    "ablation": "a difference to a network that is not printed",
}
"""Tasks whose figures are about something else -> why."""
NO_CLASSIFIER = ("backbone", "face_attributes")
"""Tasks whose network ends before the global pool, as far as the figures go."""


@dataclass(frozen=True)
class Verdict:
    """A figure, and what is to be said of it. What is not known of it is None."""

    figure: Published
    status: str
    """One of `STATUSES`."""
    reason: str = ""
    """The mechanism of an erratum, the candidates of an open figure, or what puts one out of scope."""
    ours: Fraction | None = None
    """Our number: the one that has the printed digits, or for an open figure the one that its table would have."""
    network: str | None = None
    implementation: str | None = None
    classes: int | None = None
    convention: str | None = None
    rounding: str | None = None
    departures: tuple[str, ...] = ()
    chance: float | None = None
    """The share of random numbers that would be explained as cheaply."""


def verdicts(figures: Sequence[Published], watch: Watch = list) -> tuple[Verdict, ...]:
    """One for every figure, in their order; `watch` iterates over the groups of them, to show how far it is.

    A figure's verdict depends on the others about the same network in all versions of its paper: ask about all of
    those.
    """
    found: dict[str, Verdict] = {}
    groups = _groups(figures)
    for figure in figures:
        if (reason := _out_of_scope(figure)) is not None:
            found[figure.id] = Verdict(figure, "out of scope", reason)
        elif figure.task in PARTS:
            found[figure.id] = _part_verdict(figure)
    left: dict[tuple[str, ...], list[tuple[Published, Answer]]] = {}
    for group in watch(groups):
        answer = explain(_query(group, plain=True), limit=1)
        for explanation in answer.explanations:
            right = _right(group, explanation)
            found |= {figure.id: _verdict(figure, "exact", value, explanation) for figure, value in right}
        missed = [(figure, answer) for figure in group if figure.id not in found]
        if missed:
            left.setdefault((group[0].source.name, group[0].net, group[0].task), []).extend(missed)
    for missed in left.values():
        found |= {verdict.figure.id: verdict for verdict in _errata(missed, found)}
    return tuple(found[figure.id] for figure in figures)


@dataclass(frozen=True)
class Summary:
    """How many of a source's figures have each verdict, and what reproduces its exact ones."""

    source: str
    counts: Mapping[str, int]
    """Status -> number, in the order of `STATUSES`."""
    readings: tuple[str, ...]
    """Network, convention and rounding, each once."""


def summarize(answers: Iterable[Verdict]) -> tuple[Summary, ...]:
    """One a source, in the order of their first figures."""
    by_source: dict[str, list[Verdict]] = {}
    for verdict in answers:
        by_source.setdefault(verdict.figure.source.name, []).append(verdict)
    return tuple(
        Summary(
            name,
            {status: sum(each.status == status for each in some) for status in STATUSES},
            tuple(
                dict.fromkeys(
                    f"{each.figure.net} {each.figure.quantity.replace('_', '-')}: {each.convention}, {each.rounding}"
                    for each in some
                    if each.status == "exact"
                )
            ),
        )
        for name, some in by_source.items()
    )


def _groups(figures: Iterable[Published]) -> list[list[Published]]:
    """Whole networks in scope: those of one table about one network and with the same classes together."""
    groups: dict[tuple[object, ...], list[Published]] = {}
    key: tuple[object, ...]
    for figure in figures:
        if _out_of_scope(figure) is None and figure.task not in PARTS:
            key = (figure.source.name, figure.table, figure.net, figure.task, figure.classes)
            # Sizes are of files, and running text is no table: its numbers stand alone.
            key = (*key, figure.quantity == "model_size", figure.alpha if "text" in figure.table else None)
            groups.setdefault(key, []).append(figure)
    return list(groups.values())


def _out_of_scope(figure: Published) -> str | None:
    if figure.task in OTHER_TASKS:
        return OTHER_TASKS[figure.task]
    return None if figure.net in NETWORKS or figure.task in PARTS else "another network"


def _query(group: Sequence[Published], counted: tuple[Reading, ...] = (), *, plain: bool = False) -> Query:
    first = group[0]
    spec = load_spec(first.net)
    classes = None
    if first.task in NO_CLASSIFIER:
        spec = spec.without_top()
    elif first.classes and all(figure.classes == first.classes for figure in group):
        classes = first.classes
    facts = tuple(_fact(figure, row) for row, figure in enumerate(group, 1))
    return Query(facts, spec, classes=classes, plain=plain, by_tool=first.source.by_tool, counted=counted)


def _fact(figure: Published, row: int) -> Fact:
    printed = Printed(_text(figure), figure.number, figure.step, binary=_binary(figure))
    return Fact(printed, QUANTITIES[figure.quantity], figure.alpha or 1.0, figure.resolution, row)


def _text(figure: Published) -> str:
    return figure.value if figure.value[-1].isalpha() or figure.unit == "1" else f"{figure.value}{figure.unit}"


def _binary(figure: Published) -> Fraction:
    prefix = figure.unit.removesuffix("B").upper() if figure.quantity == "model_size" else ""
    return Fraction(1024, 1000) ** list(PREFIXES).index(prefix)


def _right(group: Sequence[Published], explanation: Explanation) -> Right:
    """The figures whose digits the explanation gives."""
    return [(figure, value) for figure, value in zip(group, explanation.values, strict=True) if value.exact]


def _verdict(figure: Published, status: str, value: Value, explanation: Explanation, reason: str = "") -> Verdict:
    return Verdict(
        figure,
        status,
        reason,
        Fraction(value.value),
        explanation.spec.name,
        explanation.structure.implementation,
        explanation.structure.classes if figure.task not in NO_CLASSIFIER else None,
        value.reading.name,
        value.rounding,
        explanation.departures,
        explanation.chance,
    )


def _errata(missed: Sequence[tuple[Published, Answer]], known: Mapping[str, Verdict]) -> Iterator[Verdict]:
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
        proved = _first_proved(figures, explain(_query(figures, _counted(missed)), limit=TRIED), known)
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
            and _alike(figure, other.figure, "net", "alpha", "resolution", "quantity", "value")
        ):
            reason = f"left over from an earlier version, whose table has another network: {other.network}"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    return None


def paper_of(figure: Published) -> str:
    """What the versions of a paper have in common; another source is one of its own."""
    match = re.match(r"arXiv:\d+\.\d+", figure.source.where)
    return figure.source.name if match is None else match[0]


def _first_proved(figures: Sequence[Published], answer: Answer, known: Mapping[str, Verdict]) -> list[Verdict]:
    """Errata by the simplest explanation that is better than chance and spoils no figure that is right without it."""
    for explanation in answer.explanations:
        right = _right(figures, explanation)
        if right and _proved(explanation, right) and not _doubt(answer.query, explanation, right, known):
            alone = explain(_query([figure for figure, _ in right], explanation.counted), limit=1).explanations[0]
            return [
                replace(
                    _verdict(figure, "erratum", value, explanation, "; ".join(_mechanism(value, explanation))),
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
        same = _alike(figure, other, "source", "net", "alpha", "quantity", "value")
        if not same or figure.quantity != "mult_adds":
            continue
        if other.table == figure.table and other.resolution != figure.resolution and other.id < figure.id:
            return other
        classes = {figure.classes, other.classes}
        if _alike(figure, other, "resolution") and len(classes) > 1 and None not in classes:
            return other
    return None


def _doubt(query: Query, explanation: Explanation, right: Right, known: Mapping[str, Verdict]) -> bool:
    """Whether a mistake in building the network would spoil figures of the same network that are exact without it."""
    if not explanation.structure.mistakes:
        return False
    for figure, _ in right:
        for other in known.values():
            same = _alike(figure, other.figure, "source", "net", "alpha", "table")
            fixed = other.figure.quantity == "params" or other.figure.resolution == figure.resolution
            if same and fixed and other.status == "exact" and other.rounding is not None:
                fact = _fact(other.figure, 1)
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
            reason = f"{other.figure.table} of the same source prints {_text(other.figure)}, which is right"
            return replace(other, figure=figure, status="erratum", reason=reason, chance=None)
    answers = [
        explain(_query([figure], counted), limit=TRIED) for counted in dict.fromkeys((_counted([(figure, table)]), ()))
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


def _alike(first: Published, second: Published, *names: str) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in names)


def _contradicts(figure: Published, other: Verdict) -> bool:
    """Whether the source prints another number for the same network elsewhere, and that one is right."""
    return (
        other.status == "exact"
        and _alike(figure, other.figure, "source", "net", "alpha", "resolution", "quantity", "classes", "task")
        and abs(other.figure.number - figure.number) > (other.figure.step + figure.step) / 2
    )


def _expected(figure: Published, table: Answer) -> Fraction:
    """What the figure's table would have in its place, counted as the rest of it is."""
    fact = _fact(figure, 1)
    for explanation in table.explanations[:1]:
        for reading in explanation.counted:
            if reading.quantity == fact.quantity:
                network = network_of(table.query, explanation.setting, explanation.structure, fact)
                return Fraction(sum(amounts(network, explanation.structure, reading)))
    query = _query([figure])
    spec = query.spec or load_spec(figure.net)
    network = resolve(spec, alpha=fact.alpha or 1.0, resolution=fact.resolution, classes=query.classes or CLASSES)
    reading = named_readings(fact.quantity or "")[0]
    return Fraction(sum(amounts(network, Structure(network.implementation, network.classes), reading)))


def _part_verdict(figure: Published) -> Verdict:
    """A figure about a part of a network, worked out from its layers."""
    part = PARTS[figure.task](figure)
    verdict = Verdict(
        figure, "open", "nothing gives these digits", part.value, part.network, "official", None, part.convention
    )
    rounding = next((name for name in ("rounds", "floors") if figure.prints(part.value, name)), None)
    if rounding is not None:
        return replace(verdict, status="exact", reason="", rounding=rounding)
    meant = digits_swapped(figure, part.value)
    if meant is None:
        return verdict
    reason = f"two digits swapped: {meant}, with which the column adds up"
    return replace(verdict, status="erratum", reason=reason, rounding="mistyped", departures=("mistyped",))
