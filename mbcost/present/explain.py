"""Explanations of a printed number as a table of candidates, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mbcost.present.table import Cell, Column, Table
from mbcost.questions.explain.answer import CLAIM, MARGIN, Answer, Explanation, Value
from mbcost.questions.explain.facts import Fact
from mbcost.spec.scaling import alpha_text

FEW = 2
"""How many numbers are shown one beside the other; of more, how many are explained."""
AS_PRINTED = "as its table"
"""What is said of a network without departures."""
QUANTITY = {
    "mult_adds": "mult-adds", "params": "params", "activations": "activations", "bytes": "bytes of weights", None: "?",
}  # fmt: skip
_ROUNDING = {
    "rounds": "rounded", "floors": "floored", "ceils": "rounded up", "off by one": "one off in the last digit",
    "mistyped": "mistyped", "float32": "summed in float32", "binary": "in powers of 1024",
    "binary bytes": "in powers of 1024", ">": "more than that", "<": "less than that", None: "missed",
}  # fmt: skip


def as_table(answers: Sequence[Answer]) -> Table:
    """The explanations of the first answer, and its rest and the further answers as notes."""
    first = answers[0]
    columns = (
        Column[Any]("rank", "#", numeric=True),
        Column[Any]("network", "network"),
        Column[Any]("what", "as"),
        Column[Any]("counted", "counted by"),
        Column[Any]("value", "exact", numeric=True),
        Column[Any]("printed", "printed", spare=1),
        Column[Any]("bits", "bits", numeric=True, spare=3),
        Column[Any]("chance", "chance", numeric=True),
        Column[Any]("others", "others", numeric=True, spare=2),
    )
    shown = first.explanations or ((first.nearest,) if first.nearest else ())
    rows = [_row(first, explanation, rank) for rank, explanation in enumerate(shown, 1)]
    notes = _notes(first)
    for answer in answers[1:]:
        notes += [f"{_facts(answer)}: {_simplest(answer)}", *_notes(answer)]
    many = len(answers) > 1 or len(first.query.facts) > FEW
    details = _details(answers) if many else None
    return Table(f"{_facts(first)}: what gives it", columns, tuple(rows), notes=tuple(notes), details=details)


def _row(answer: Answer, explanation: Explanation, rank: int) -> tuple[Cell, ...]:
    few, single = len(explanation.values) <= FEW, len(explanation.values) == 1
    values = ", ".join(dict.fromkeys(f"{value.value:,}" for value in explanation.values))
    right = sum(value.exact for value in explanation.values)
    found = bool(answer.explanations)
    return (
        rank if found else None,
        _network(explanation),
        "; ".join(explanation.clauses) or AS_PRINTED,
        ", ".join(dict.fromkeys(value.reading.name for value in explanation.values)),
        explanation.values[0].value if single else values if few else f"{right} of {len(explanation.values)}",
        ", ".join(dict.fromkeys(_printed(value) for value in explanation.values)) if few else None,
        f"{explanation.cost / 100:.1f}",
        _percent(explanation.chance) if found else "",
        explanation.others if found else None,
    )


def _details(answers: Sequence[Answer]) -> Table:
    """Every fact under the first explanation of its answer, and what that one misses under the next."""
    columns = (
        Column[Any]("row", "row", numeric=True),
        Column[Any]("network", "network"),
        Column[Any]("quantity", "quantity"),
        Column[Any]("printed", "printed", numeric=True),
        Column[Any]("value", "exact", numeric=True),
        Column[Any]("how", "how"),
        Column[Any]("what", "as"),
        Column[Any]("counted", "counted by"),
    )
    return Table("Every number", columns, tuple(row for answer in answers for row in _fact_rows(answer)))


def _fact_rows(answer: Answer) -> Iterator[tuple[Cell, ...]]:
    shown = (*answer.explanations[:1], *([] if answer.nearest is None else [answer.nearest]))
    for value in shown[0].values if shown else ():
        if value.rounding is not None or answer.rest is None:
            yield (
                value.fact.row,
                f"{shown[0].spec.name}@{alpha_text(value.alpha)}/{'x'.join(map(str, dict.fromkeys(value.resolution)))}",
                QUANTITY[value.fact.quantity],
                value.fact.printed.text,
                value.value,
                _how(value),
                "; ".join(shown[0].clauses) or AS_PRINTED,
                value.reading.name,
            )
    if answer.rest is not None:
        yield from _fact_rows(answer.rest)


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """The object of `mbcost explain --format json`, described in docs/json.md."""
    first, *others = answers
    return {"schema": "mbcost/explain/1", **_answer(first), "more": [_answer(answer) for answer in others]}


def text_of_explanation(explanation: Explanation) -> str:
    """One sentence: which network, what is wrong with it, and what it gives how counted."""
    if len(explanation.values) <= FEW:
        values = "; ".join(
            f"{value.value:,} {QUANTITY[value.fact.quantity]} by {value.reading.name}, {_how(value)}"
            for value in explanation.values
        )
    else:
        ways = dict.fromkeys((value.fact.quantity, value.reading.name, value.rounding) for value in explanation.values)
        values = "; ".join(f"{QUANTITY[way[0]]} by {way[1]}, {_ROUNDING[way[2]]}" for way in ways if way[2])
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
    """What is to be said of an answer: is it proved, what is missed, what would decide; then the same of the rest."""
    if not answer.explanations:
        return ["nothing gives these digits; the nearest is shown"] if answer.nearest else []
    first = answer.explanations[0]
    notes = [_verdict(answer, first)]
    copied = [
        f"{value.fact.printed.text} in row {value.fact.row}, as in row {value.copied}"
        for value in first.missed
        if value.copied
    ]
    if copied:
        notes.append(f"copied from another row: {', '.join(copied)}")
    if answer.advice:
        notes.append(f"to decide: {answer.advice}")
    if answer.rest is not None:
        notes += [f"the rest, {_listed(answer.rest)}: {_simplest(answer.rest)}", *_notes(answer.rest)]
    return notes


def _verdict(answer: Answer, first: Explanation) -> str:
    share = f"of random numbers printed like this, {_percent(first.chance)} would be explained as cheaply"
    if first.claimed:
        return f"explained: {text_of_explanation(first)}; {share}"
    if first.missed:
        right = len(first.values) - len(first.missed)
        return f"the first gives {right} of {len(first.values)} numbers; {share}"
    if not first.exact:
        return f"nothing gives these digits as they are: the first takes a slip for granted; {share}"
    if first.proved:
        near = [str(rank) for rank, each in enumerate(answer.explanations, 1) if each.cost <= first.cost + MARGIN]
        return f"explained by one of #{', #'.join(near)}, which fit about as well; {share}"
    return f"not proved: {share} (a cause is claimed up to {CLAIM:.0%})"


def _simplest(answer: Answer) -> str:
    found = (*answer.explanations[:1], *filter(None, [answer.nearest]))
    return text_of_explanation(found[0]) if answer.explanations else "nothing gives these digits"


def _listed(answer: Answer) -> str:
    return ", ".join(f"{fact.printed.text} in row {fact.row}" for fact in answer.query.facts)


def _facts(answer: Answer) -> str:
    net = "" if answer.query.spec is None else f" of {answer.query.spec.name}"
    if len(answer.query.facts) > FEW:
        return f"{len(answer.query.facts)} numbers{net}"
    return ", ".join(map(_fact_text, answer.query.facts)) + net


def _fact_text(fact: Fact) -> str:
    """The number, with what it counts where its own text does not say it."""
    said = any(character.isalpha() for character in fact.printed.text.rstrip("KMGTkB").rstrip("KMGTk"))
    known = said or fact.quantity is None or fact.printed.text.endswith("B")
    return fact.printed.text if known else f"{fact.printed.text} {QUANTITY[fact.quantity]}"


def _network(explanation: Explanation) -> str:
    alphas = dict.fromkeys(alpha_text(value.alpha) for value in explanation.values)
    sizes = dict.fromkeys(
        "x".join(map(str, dict.fromkeys(value.resolution)))
        for value in explanation.values
        if value.fact.needs_resolution
    )
    name = explanation.spec.name + (f"@{next(iter(alphas))}" if len(alphas) == 1 else "")
    name += f"/{next(iter(sizes))}" if len(sizes) == 1 else ""
    classes = explanation.structure.classes
    return f"{name}:{explanation.structure.implementation}" + ("" if classes == 1000 else f" {classes} classes")


def _printed(value: Value) -> str:
    return f"{value.fact.printed.text} {_how(value)}"


def _how(value: Value) -> str:
    if value.copied is not None:
        return f"copied from row {value.copied}"
    return _ROUNDING.get(value.rounding, str(value.rounding)) + (f" for {value.meant}" if value.meant else "")


def _percent(share: float) -> str:
    if share < 0.0001:
        return "<0.01%"
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}" if share < 2 * CLAIM else f"{share:.0%}"
