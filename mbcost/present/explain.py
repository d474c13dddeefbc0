"""Explanations of a printed number as a table of candidates, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mbcost.present.names import reference_text
from mbcost.present.table import Cell, Column, Table, build_table
from mbcost.questions.explain.answer import CLAIM, MARGIN, Answer, Explanation, Value
from mbcost.questions.explain.facts import Fact
from mbcost.questions.explain.windows import ROUNDING_TEXTS
from mbcost.spec.table import CLASSES

FEW = 2
"""Up to so many numbers are shown side by side; of more numbers, the table says how many are explained."""
UNMODIFIED = "unmodified"
QUANTITY = {
    "mult_adds": "mult-adds", "params": "params", "activations": "activations", "bytes": "bytes of weights", None: "?",
}  # fmt: skip


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
            return _list(f"{value.value:,}" for value in values)
        return f"{sum(value.exact for value in values)} of {len(values)}"

    @property
    def printed(self) -> str | None:
        values = self.explanation.values
        return _list(f"{value.fact.printed.text} {_how(value)}" for value in values) if len(values) <= FEW else None

    @property
    def chance(self) -> str:
        return "" if self.rank is None else _percent(self.explanation.chance)

    @property
    def others(self) -> int | None:
        return None if self.rank is None else self.explanation.others


@dataclass(frozen=True)
class _Number:
    """One number of a table, under the explanation of its row."""

    explanation: Explanation
    value: Value

    @property
    def network(self) -> str:
        return reference_text(self.explanation.spec.name, self.value.alpha, self.value.resolution)


_COLUMNS = (
    Column[_Ranked]("rank", "#", lambda row: row.rank, numeric=True),
    Column[_Ranked]("network", "network", lambda row: _network(row.explanation)),
    Column[_Ranked]("what", "modification", lambda row: _modification(row.explanation)),
    Column[_Ranked]("counted", "convention", lambda row: _list(value.reading.name for value in row.explanation.values)),
    Column[_Ranked]("value", "exact", lambda row: row.counts, numeric=True),
    Column[_Ranked]("printed", "printed", lambda row: row.printed, spare=1),
    Column[_Ranked]("bits", "bits", lambda row: f"{row.explanation.cost / 100:.1f}", numeric=True, spare=3),
    Column[_Ranked]("chance", "chance", lambda row: row.chance, numeric=True),
    Column[_Ranked]("others", "others", lambda row: row.others, numeric=True, spare=2),
)

_DETAILS = (
    Column[_Number]("row", "row", lambda number: number.value.fact.row, numeric=True),
    Column[_Number]("network", "network", lambda number: number.network),
    Column[_Number]("quantity", "quantity", lambda number: QUANTITY[number.value.fact.quantity]),
    Column[_Number]("printed", "printed", lambda number: number.value.fact.printed.text, numeric=True),
    Column[_Number]("value", "exact", lambda number: number.value.value, numeric=True),
    Column[_Number]("how", "how", lambda number: _how(number.value)),
    Column[_Number]("what", "modification", lambda number: _modification(number.explanation)),
    Column[_Number]("counted", "convention", lambda number: number.value.reading.name),
)


def as_table(answers: Sequence[Answer]) -> Table:
    """Return the explanations of the first answer; its rest and the further answers are notes."""
    first, *others = answers
    rows = [_Ranked(rank, explanation) for rank, explanation in enumerate(first.explanations, 1)]
    if not rows and first.nearest is not None:
        rows = [_Ranked(None, first.nearest)]
    notes = _notes(first)
    for answer in others:
        notes += [f"{_facts(answer)}: {_simplest(answer)}", *_notes(answer)]
    details = None
    if others or len(first.query.facts) > FEW:
        details = build_table("Every number", _DETAILS, (number for answer in answers for number in _numbers(answer)))
    title = f"{_facts(first)}: {'explanations, the simplest first' if first.explanations else 'no explanation'}"
    table = build_table(title, _COLUMNS, rows, notes=notes)
    return replace(table, details=details)


def _numbers(answer: Answer) -> Iterator[_Number]:
    """Yield every number under the first explanation of the answer, then what that one misses under the next."""
    shown = (*answer.explanations[:1], *([] if answer.nearest is None else [answer.nearest]))[:1]
    for explanation in shown:
        for value in explanation.values:
            if value.rounding is not None or answer.rest is None:
                yield _Number(explanation, value)
    if answer.rest is not None:
        yield from _numbers(answer.rest)


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the object of `mbcost explain --format json`, described in docs/json.md."""
    first, *others = answers
    return {"schema": "mbcost/explain/1", **_answer(first), "more": [_answer(answer) for answer in others]}


def text_of_explanation(explanation: Explanation) -> str:
    """Return one sentence: the network, its modifications, its numbers, and how they are counted and printed."""
    if len(explanation.values) <= FEW:
        values = "; ".join(
            f"{value.value:,} {QUANTITY[value.fact.quantity]} (convention {value.reading.name}, {_how(value)})"
            for value in explanation.values
        )
    else:
        counted = dict.fromkeys(
            (value.fact.quantity, value.reading.name, value.rounding) for value in explanation.values
        )
        values = "; ".join(
            f"{QUANTITY[quantity]} (convention {reading}, {ROUNDING_TEXTS.get(rounding, rounding)})"
            for quantity, reading, rounding in counted
            if rounding is not None
        )
    where = "".join(f", {clause}" for clause in explanation.clauses)
    return f"{_network(explanation)}{where}: {values}"


def _answer(answer: Answer) -> dict[str, Any]:
    query = answer.query
    return {
        "query": {
            "network": None if query.spec is None else query.spec.name,
            "implementation": query.implementation,
            "classes": query.classes,
            "in_channels": query.in_channels,
            "deep": query.deep,
            "facts": [_fact(fact) for fact in query.facts],
        },
        "explanations": [_explanation(explanation) for explanation in answer.explanations],
        "fits": answer.fits,
        "nearest": None if answer.nearest is None else _explanation(answer.nearest),
        "advice": answer.advice,
        "rest": None if answer.rest is None else _answer(answer.rest),
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
    first = _value(explanation.values[0])
    return {
        "network": explanation.spec.name,
        "alpha": first["alpha"],
        "resolution": first["resolution"],
        "classes": explanation.structure.classes,
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
        "claimed": explanation.claimed,
        "text": text_of_explanation(explanation),
        "values": [_value(value) for value in explanation.values],
    }


def _value(value: Value) -> dict[str, Any]:
    return {
        "row": value.fact.row,
        "printed": value.fact.printed.text,
        "alpha": value.alpha,
        "resolution": list(value.resolution),
        "convention": value.reading.name,
        "quantity": value.fact.quantity,
        "rounding": value.rounding,
        "value": value.value,
        "exact": value.exact,
        "copied": value.copied,
    }


def _notes(answer: Answer) -> list[str]:
    """Return the notes on an answer: its verdict, copies, what would decide, then the same for the rest."""
    if not answer.explanations:
        return ["no explanation gives these digits; the nearest network is shown"] if answer.nearest else []
    first = answer.explanations[0]
    notes = [_verdict(answer, first)]
    copied = [
        f"{value.fact.printed.text} in row {value.fact.row} repeats row {value.copied}"
        for value in first.missed
        if value.copied
    ]
    if copied:
        notes.append(f"copied from a different row: {', '.join(copied)}")
    if answer.advice:
        notes.append(f"to decide, {answer.advice}")
    if answer.rest is not None:
        facts = ", ".join(f"{fact.printed.text} in row {fact.row}" for fact in answer.rest.query.facts)
        notes += [f"for the rest, {facts}: {_simplest(answer.rest)}", *_notes(answer.rest)]
    return notes


def _verdict(answer: Answer, first: Explanation) -> str:
    share = f"{_percent(first.chance)} of similar random numbers would get an equally simple explanation"
    if first.claimed:
        return f"explained: {text_of_explanation(first)}; {share}"
    if first.missed:
        right = len(first.values) - len(first.missed)
        return f"the first explanation gives {right} of {len(first.values)} numbers; {share}"
    if not first.exact:
        return f"no explanation gives exactly these digits; the first one assumes an error in them; {share}"
    if first.explained:
        near = [f"#{rank}" for rank, other in enumerate(answer.explanations, 1) if other.cost <= first.cost + MARGIN]
        return f"explained by one of {', '.join(near)}, which are about equally simple; {share}"
    return f"not proved: {share} (a cause is claimed up to {CLAIM:.0%})"


def _simplest(answer: Answer) -> str:
    return text_of_explanation(answer.explanations[0]) if answer.explanations else "no explanation gives these digits"


def _facts(answer: Answer) -> str:
    net = "" if answer.query.spec is None else f" of {answer.query.spec.name}"
    if len(answer.query.facts) > FEW:
        return f"{len(answer.query.facts)} numbers{net}"
    return ", ".join(map(_fact_text, answer.query.facts)) + net


def _fact_text(fact: Fact) -> str:
    """Return the number, with its quantity if its own text does not say it."""
    text = fact.printed.text
    has_unit = any(character.isalpha() for character in text.rstrip("KMGTkB").rstrip("KMGTk"))
    known = has_unit or fact.quantity is None or text.endswith("B")
    return text if known else f"{text} {QUANTITY[fact.quantity]}"


def _network(explanation: Explanation) -> str:
    """Return the reference of the network, without an alpha or a resolution in which the numbers differ."""
    alphas = {value.alpha for value in explanation.values}
    resolutions = {value.resolution for value in explanation.values if value.fact.needs_resolution}
    structure = explanation.structure
    reference = reference_text(
        explanation.spec.name,
        alphas.pop() if len(alphas) == 1 else None,
        resolutions.pop() if len(resolutions) == 1 else None,
        structure.implementation,
    )
    return reference if structure.classes == CLASSES else f"{reference} {structure.classes} classes"


def _modification(explanation: Explanation) -> str:
    return "; ".join(explanation.clauses) or UNMODIFIED


def _list(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _how(value: Value) -> str:
    """Return how the number is printed, or why it is not what the explanation gives."""
    if value.rounding is None:
        return "does not match" if value.copied is None else f"copied from row {value.copied}"
    return ROUNDING_TEXTS.get(value.rounding, value.rounding) + (f" for {value.meant}" if value.meant else "")


def _percent(share: float) -> str:
    if share < 0.0001:
        return "<0.01%"
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}" if share < 2 * CLAIM else f"{share:.0%}"
