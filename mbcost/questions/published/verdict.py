"""The verdict on a published figure, and the query about its network that the verdict answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from mbcost.questions.explain.answer import Answer, Explanation, Value
from mbcost.questions.explain.explain import RESTS, explain
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.readings import Reading
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.published import Published
from mbcost.spec.printed import Printed
from mbcost.spec.quantity import PREFIXES
from mbcost.spec.shown import show

STATUSES = ("exact", "erratum", "open", "out of scope")
QUANTITIES = {"mult_adds": "mult_adds", "params": "params", "activations": "activations", "model_size": "bytes"}
"""Quantity of a figure about a whole network -> the quantity of its readings."""
NO_CLASSIFIER = ("backbone", "face_attributes")
"""Tasks whose figures are about the network without the global pool and what follows it."""
ANSWERS = 512
"""So many answers are kept: sources repeat the numbers of others, and every figure of a paper is asked about."""
Right = Sequence[tuple[Published, Value]]
"""The figures whose digits an explanation gives, with the values."""


@dataclass(frozen=True)
class Verdict:
    """A figure, whether it is right, and how it was counted. Unknown fields are None."""

    figure: Published
    status: str
    """One of `STATUSES`."""
    reason: str = ""
    """The cause of an erratum, the candidates for an open figure, or why a figure is out of scope."""
    ours: Fraction | None = None
    """Our number: it has the printed digits, or for an open figure it is what its table should have."""
    network: str | None = None
    implementation: str | None = None
    classes: int | None = None
    convention: str | None = None
    rounding: str | None = None
    departures: tuple[str, ...] = ()
    chance: float | None = None
    """The share of similar random numbers that would get an equally simple explanation."""

    def __repr__(self) -> str:
        figure = self.figure
        return show(self, f"{figure.net} {figure.quantity} {figure.value} ({figure.id}): {self.status}")


def query_of(group: Sequence[Published], counted: tuple[Reading, ...] = (), *, plain: bool = False) -> Query:
    """Return the query about the figures that a table prints of one network.

    Args:
        group: the figures.
        counted: how quantities are counted, as far as this is known.
        plain: whether to try only unmodified networks and conventions.
    """
    first = group[0]
    spec = load_spec(first.net)
    classes = None
    if first.task in NO_CLASSIFIER:
        spec = spec.without_top()
    elif first.classes and all(figure.classes == first.classes for figure in group):
        classes = first.classes
    facts = tuple(fact_of(figure, row) for row, figure in enumerate(group, 1))
    return Query(facts, spec, classes=classes, plain=plain, by_tool=first.source.by_tool, counted=counted)


@lru_cache(maxsize=ANSWERS)
def answer(query: Query, limit: int, *, rests: int = RESTS) -> Answer:
    """Return the answer to a query about figures; equal queries are answered once.

    Raises:
        MbcostError: no network can be built as the query says.
    """
    return explain(query, limit, rests=rests)


def fact_of(figure: Published, row: int) -> Fact:
    """Return the figure as a fact, in row `row` of its table."""
    printed = Printed(figure_text(figure), figure.number, figure.step, binary=_binary(figure))
    return Fact(printed, QUANTITIES[figure.quantity], figure.alpha or 1.0, figure.resolution, row)


def figure_text(figure: Published) -> str:
    """Spell the figure with its unit."""
    return figure.value if figure.value[-1].isalpha() or figure.unit == "1" else f"{figure.value}{figure.unit}"


def _binary(figure: Published) -> Fraction:
    prefix = figure.unit.removesuffix("B").upper() if figure.quantity == "model_size" else ""
    return Fraction(1024, 1000) ** list(PREFIXES).index(prefix)


def right_of(group: Sequence[Published], explanation: Explanation) -> Right:
    """Return the figures whose digits the explanation gives, with the values."""
    return [(figure, value) for figure, value in zip(group, explanation.values, strict=True) if value.exact]


def verdict_of(figure: Published, status: str, value: Value, explanation: Explanation, reason: str = "") -> Verdict:
    """Return the verdict on a figure whose value under an explanation is `value`."""
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
    """Return what identifies the paper in all its versions; for other sources, the name of the source."""
    match = re.match(r"arXiv:\d+\.\d+", figure.source.where)
    return figure.source.name if match is None else match[0]


def agree(first: Published, second: Published, *names: str) -> bool:
    """Return whether the fields `names` of two figures are equal."""
    return all(getattr(first, name) == getattr(second, name) for name in names)
