"""The ways to count a file that give printed numbers, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mbcost.present.explain.explain import answer_json, value_json
from mbcost.present.explain.verdict import list_all
from mbcost.present.explain.words import QUANTITY, counters_text, how, mechanism_text
from mbcost.present.names import describe, list_not_counted, list_totals_notes, network_text, reference_text
from mbcost.present.table import Column, Spelled, Table, build_table
from mbcost.questions.explain.of_file import Counted, FileAnswer, Number


@dataclass(frozen=True)
class _Row:
    rank: int | None
    """None for a value that does not give the number."""
    number: Number
    counted: Counted


COLUMNS: tuple[Column[_Row], ...] = (
    Column("printed", "printed", lambda row: row.number.text, numeric=True),
    Column("rank", "#", lambda row: row.rank, numeric=True),
    Column("quantity", "quantity", lambda row: QUANTITY[row.counted.value.fact.quantity]),
    Column("convention", "convention", lambda row: row.counted.value.reading.name),
    Column("exact", "exact", lambda row: row.counted.value.value, numeric=True),
    Column("rounding", "how", lambda row: how(row.counted.value)),
    Column("mechanism", "counted are", lambda row: mechanism_text(row.counted.value), spare=1),
    Column("counted_by", "as do", lambda row: counters_text(row.counted.value), spare=2),
    Column("bits", "bits", lambda row: Spelled(f"{row.counted.cost / 100:.1f}", row.counted.cost / 100),
           numeric=True, spare=3, legend="bits = length of the explanation"),
)  # fmt: skip


def as_table(answer: FileAnswer) -> Table:
    """Return one row per way to count that gives a number, or per nearest value."""
    rows = [row for number in answer.numbers for row in _list_rows(number)]
    name = network_text(answer.network)
    lead = [_describe(number, name) for number in answer.numbers]
    notes = [
        f"{number.text}: {number.others} more ways to count give these digits: --limit lists them"
        for number in answer.numbers
        if number.others
    ]
    notes += _describe_twin(answer)
    notes += list_totals_notes([answer.network])
    title = f"{', '.join(number.text for number in answer.numbers)} of {name}"
    return build_table(title, COLUMNS, rows, notes=notes, lead=lead)


def as_json(answer: FileAnswer) -> dict[str, Any]:
    """Return the object of `mbcost explain NUMBER FILE --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/explain-model/1",
        **describe(answer.network),
        "fits": answer.fits,
        "numbers": [
            {
                "printed": number.text,
                "explanations": [_counted_json(item) for item in number.explanations],
                "others": number.others,
                "nearest": [_counted_json(item) for item in number.nearest],
            }
            for number in answer.numbers
        ],
        "as_network": None if answer.as_network is None else answer_json(answer.as_network),
        "not_counted": list_not_counted(answer.network),
    }


def _list_rows(number: Number) -> Iterator[_Row]:
    for rank, counted in enumerate(number.explanations, 1):
        yield _Row(rank, number, counted)
    for counted in number.nearest:
        yield _Row(None, number, counted)


def _describe(number: Number, name: str) -> str:
    """Return what gives the number, in a sentence."""
    if not number.explanations:
        return f"No way to count {name} gives {number.text}; the nearest conventions are shown."
    first = number.explanations[0].value
    return f"{number.text} is {first.value:,} {QUANTITY[first.fact.quantity]} of {name}: {mechanism_text(first)}."


def _describe_twin(answer: FileAnswer) -> Iterator[str]:
    """Yield the explanations for the built-in network with the file's layers."""
    if answer.as_network is None or (spec := answer.as_network.query.spec) is None:
        return
    fact = answer.as_network.query.facts[0]
    yield f"it has the layers of {reference_text(spec.name, fact.alpha, fact.resolution)}, for which:"
    yield from list_all(answer.as_network)


def _counted_json(item: Counted) -> dict[str, Any]:
    value = value_json(item.value)
    keys = ("quantity", "convention", "mechanism", "counted_by", "rounding", "value", "exact")
    return {**{key: value[key] for key in keys}, "bits": item.cost / 100}
