"""A ledger as a table, with one column of coefficients per convention, and as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mbcost.present.cost.counts import count_text
from mbcost.present.names import describe, headline, list_graph_notes, list_not_counted
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table, text_of
from mbcost.questions.cost.ledger import BlindTotal, Ledger, Line


def as_table(answer: Ledger, *, merge: bool = False) -> Table:
    """Return one row per raw count, with the totals in the footer; for two conventions also their difference.

    Programs read one row per convention and raw count.

    Args:
        answer: the ledger.
        merge: conventions that count this quantity alike share one column, named for the first of them.
    """
    names = [convention.name for convention in answer.conventions]
    alike: dict[tuple[int, ...], list[int]] = {}
    for index in range(len(names)):
        coefficients = tuple(line.coefficients[index] for line in answer.lines)
        alike.setdefault(coefficients if merge else (index,), []).append(index)
    shown = [indices[0] for indices in alike.values()]
    columns: list[Column[Line]] = [
        Column("count", "count", lambda line: count_text(line.count)),
        Column("value", "value", lambda line: line.value, numeric=True),
        # On a narrow terminal the last conventions go first.
        *(_coefficients(names[index], index, spare) for spare, index in enumerate(shown)),
    ]
    footer: dict[str, Cell] = {"count": "total", **{names[index]: answer.totals[index] for index in shown}}
    quantity = answer.quantity.replace("_", "-")
    notes: list[str | ColumnNote] = [
        f"each convention's column has the factor with which it counts a line in {quantity}; its total is the sum of "
        "value x factor"
    ]
    if len(names) == 2:
        columns.append(Column("difference", "difference", lambda line: line.amounts[1] - line.amounts[0], numeric=True))
        footer["difference"] = answer.totals[1] - answer.totals[0]
        notes.append(ColumnNote(f"difference: what the line adds to {names[1]} beyond {names[0]}", ("difference",)))
    notes += [
        ColumnNote(f"same as {names[first]}: {', '.join(names[index] for index in rest)}", (names[first],))
        for first, *rest in alike.values()
        if rest
    ]
    if not answer.zeros:
        notes.append("lines that are 0 here, or that no column counts, are left out: --zeros shows them")
    column_of = {names[index]: names[indices[0]] for indices in alike.values() for index in indices}
    notes += [ColumnNote(_blind_text(answer, blind), (column_of[blind.convention],)) for blind in answer.blind_totals]
    notes += list_graph_notes(answer.network)
    asked = [] if merge else [*names, "difference"]
    title = f"{headline(answer.network)}  {quantity}"
    table = build_table(title, columns, answer.lines, footer, notes, asked=asked)
    return replace(table, data=_list_factors(answer, title))


def _list_factors(answer: Ledger, title: str) -> Table:
    """Return one row per convention and raw count: the factor, and the amount that it adds to the total."""
    columns: tuple[Column[tuple[int, Line]], ...] = (
        Column("convention", "convention", lambda item: answer.conventions[item[0]].name),
        Column("count", "count", lambda item: item[1].count),
        Column("value", "value", lambda item: item[1].value, numeric=True),
        Column("factor", "factor", lambda item: item[1].coefficients[item[0]], numeric=True),
        Column("amount", "amount", lambda item: item[1].amounts[item[0]], numeric=True),
    )
    items = ((index, line) for index in range(len(answer.conventions)) for line in answer.lines)
    return build_table(title, columns, items)


def as_json(answer: Ledger) -> dict[str, Any]:
    """Return the object of `mbcost ledger --format json`, described in docs/json.md."""
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
                "difference": None if differences is None else differences[index],
            }
            for index, line in enumerate(answer.lines)
        ],
        "totals": dict(zip(names, answer.totals, strict=True)),
        "difference": None if differences is None else sum(differences),
        "not_counted": list_not_counted(answer.network),
        "otherwise": [
            {
                "convention": blind.convention,
                "models": blind.spot.models,
                "total": blind.total,
                "partial": blind.partial,
                "says": blind.spot.says,
            }
            for blind in answer.blind_totals
        ],
    }


def _coefficients(name: str, index: int, spare: int) -> Column[Line]:
    """Return the column of the convention `name`, which is at `index` in the ledger."""
    return Column(name, name, lambda line: line.coefficients[index] or None, numeric=True, spare=spare)


def _blind_text(answer: Ledger, blind: BlindTotal) -> str:
    number = "no number" if blind.total is None else text_of(blind.total) + (" and more" if blind.partial else "")
    return f"{blind.convention} on {blind.spot.models}'s own {answer.network.spec.name}: {number}; {blind.spot.says}"
