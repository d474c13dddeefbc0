"""A ledger as a table, one column of coefficients a convention, and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.present.cost.counts import words
from mbcost.present.names import describe, headline
from mbcost.present.table import Cell, Column, Table, text_of
from mbcost.questions.cost.ledger import Ledger, Otherwise


def as_table(answer: Ledger, *, merge: bool = False) -> Table:
    """One row a raw count, the totals at the foot; of two conventions also their difference, line by line.

    Args:
        answer: the ledger.
        merge: conventions that count this quantity alike share the column of the first of them.
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for place in range(len(answer.conventions)):
        counted = tuple(line.coefficients[place] for line in answer.lines)
        alike.setdefault(counted if merge else (place,), []).append(place)
    names = [convention.name for convention in answer.conventions]
    shown = [places[0] for places in alike.values()]
    columns = [Column[Any]("count", "count"), Column("value", "value", numeric=True)]
    # On a narrow terminal the last conventions go first.
    columns += [Column(names[place], names[place], numeric=True, spare=order) for order, place in enumerate(shown)]
    rows: list[list[Cell]] = [
        [words(line.count), line.value, *(line.coefficients[place] or None for place in shown)] for line in answer.lines
    ]
    footer: list[Cell] = ["total", None, *(answer.totals[place] for place in shown)]
    if (differences := answer.differences) is not None:
        columns.append(Column[Any]("difference", "difference", numeric=True))
        for row, difference in zip(rows, differences, strict=True):
            row.append(difference)
        footer.append(sum(differences))
    quantity = answer.quantity.replace("_", "-")
    notes = [f"a column holds how often each line is counted in {quantity}; its foot is the sum of value x that"]
    if differences is not None:
        notes.append(f"difference: what the line gives {names[1]} more than {names[0]}")
    notes += [
        f"as {names[first]}: {', '.join(names[place] for place in rest)}" for first, *rest in alike.values() if rest
    ]
    if not answer.zeros:
        notes.append("lines that are 0 here, or that no column counts, are left out: --zeros shows them")
    notes += [_silent(answer, each) for each in answer.otherwise]
    return Table(
        f"{headline(answer.network)}  {quantity}", tuple(columns), tuple(map(tuple, rows)), tuple(footer), tuple(notes)
    )


def as_json(answer: Ledger) -> dict[str, Any]:
    """The object of `mbcost ledger --format json`, described in docs/json.md."""
    names = [convention.name for convention in answer.conventions]
    differences = answer.differences
    return {
        "schema": "mbcost/ledger/1",
        **describe(answer.network),
        "quantity": answer.quantity,
        "conventions": names,
        "lines": [
            {
                "count": line.count,
                "value": line.value,
                "coefficients": dict(zip(names, line.coefficients, strict=True)),
                "difference": None if differences is None else differences[place],
            }
            for place, line in enumerate(answer.lines)
        ],
        "totals": dict(zip(names, answer.totals, strict=True)),
        "difference": None if differences is None else sum(differences),
        "otherwise": [
            {
                "convention": each.convention,
                "models": each.spot.models,
                "total": each.total,
                "partial": each.partial,
                "says": each.spot.says,
            }
            for each in answer.otherwise
        ],
    }


def _silent(answer: Ledger, each: Otherwise) -> str:
    number = "no number" if each.total is None else text_of(each.total) + (" and more" if each.partial else "")
    return f"{each.convention} on {each.spot.models}'s own {answer.network.spec.name}: {number}; {each.spot.says}"
