"""A published figure's verdict, and the question about its network that the verdict is the answer to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mbcost.questions.explain.answer import Explanation, Value
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.readings import Reading
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.printed import PREFIXES, Printed

STATUSES = ("exact", "erratum", "open", "out of scope")
QUANTITIES = {"mult_adds": "mult_adds", "params": "params", "activations": "activations", "model_size": "bytes"}
"""Of the figures that are about a whole network -> what they are counted as."""
NO_CLASSIFIER = ("backbone", "face_attributes")
"""Tasks whose network ends before the global pool, as far as the figures go."""
Right = Sequence[tuple[Published, Value]]
"""Figures that an explanation gives the digits of."""


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


def query_of(group: Sequence[Published], counted: tuple[Reading, ...] = (), *, plain: bool = False) -> Query:
    """The question about the network of figures that a table prints of it, counted as `counted` says, if it does."""
    first = group[0]
    spec = load_spec(first.net)
    classes = None
    if first.task in NO_CLASSIFIER:
        spec = spec.without_top()
    elif first.classes and all(figure.classes == first.classes for figure in group):
        classes = first.classes
    facts = tuple(fact_of(figure, row) for row, figure in enumerate(group, 1))
    return Query(facts, spec, classes=classes, plain=plain, by_tool=first.source.by_tool, counted=counted)


def fact_of(figure: Published, row: int) -> Fact:
    """The figure as a fact, in row `row` of its table."""
    printed = Printed(text_of(figure), figure.number, figure.step, binary=_binary(figure))
    return Fact(printed, QUANTITIES[figure.quantity], figure.alpha or 1.0, figure.resolution, row)


def text_of(figure: Published) -> str:
    """The figure as one says it, with its unit."""
    return figure.value if figure.value[-1].isalpha() or figure.unit == "1" else f"{figure.value}{figure.unit}"


def _binary(figure: Published) -> Fraction:
    prefix = figure.unit.removesuffix("B").upper() if figure.quantity == "model_size" else ""
    return Fraction(1024, 1000) ** list(PREFIXES).index(prefix)


def right_of(group: Sequence[Published], explanation: Explanation) -> Right:
    """The figures whose digits the explanation gives."""
    return [(figure, value) for figure, value in zip(group, explanation.values, strict=True) if value.exact]


def verdict_of(figure: Published, status: str, value: Value, explanation: Explanation, reason: str = "") -> Verdict:
    """The verdict on a figure whose value under an explanation is `value`."""
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


def paper_of(figure: Published) -> str:
    """What the versions of a paper have in common; another source is one of its own."""
    match = re.match(r"arXiv:\d+\.\d+", figure.source.where)
    return figure.source.name if match is None else match[0]


def alike(first: Published, second: Published, *names: str) -> bool:
    """Whether two figures have the same `names`."""
    return all(getattr(first, name) == getattr(second, name) for name in names)
