"""The counting conventions as a list, and one of them with its source, its proof and an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mbcost.present.cost.counts import coefficients_text, count_text
from mbcost.present.names import describe, network_text
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table
from mbcost.questions.cost.conventions import ConventionExample
from mbcost.questions.cost.ledger import Ledger, Line
from mbcost.spec.convention import BlindSpot, Convention

PROOF_WORDS: Mapping[str | None, str] = {
    "live": "live, a test runs the tool on models of {} and compares every integer",
    "recorded": "recorded, the tool was run once, and its numbers were those of the convention",
    "published": "published, the convention gives published figures; no test runs a tool",
    "source": "source, the recipe was read in the tool's source; the tool was not run",
    None: "none, it is a definition",
}
PROVED_ON: Mapping[str | None, str] = {"torch": "torchvision, timm, Keras and transformers", "keras": "Keras"}
"""The libraries whose models a test runs the tools of a framework on."""


def as_table(conventions: Iterable[Convention]) -> Table:
    """Return one row per convention, with what confirms it; CSV has the coefficients in addition."""
    listed = tuple(conventions)
    columns: tuple[Column[Convention], ...] = (
        Column("convention", "convention", lambda convention: convention.name),
        Column("title", "title", lambda convention: convention.title),
        Column("framework", "framework", lambda convention: convention.framework, spare=2),
        Column("proof", "proof", lambda convention: convention.proof, spare=1),
        Column("versions", "versions", lambda convention: ", ".join(convention.holds_in), spare=3),
    )
    recipes: tuple[Column[Convention], ...] = (
        Column("params_formula", "params", lambda convention: coefficients_text(convention.params_coefficients)),
        Column(
            "mult_adds_formula", "mult-adds", lambda convention: coefficients_text(convention.mult_adds_coefficients)
        ),
    )
    notes: list[str | ColumnNote] = [
        ColumnNote(
            "proof live: a test runs the tool; recorded: it was run once; published: published figures have its "
            "numbers; source: it was only read",
            ("proof",),
        ),
        "mbcost conventions NAME shows what a convention counts, what it leaves out, and an example",
    ]
    table = build_table("Who counts what", columns, listed, notes=notes)
    return replace(table, details=build_table("Who counts what", (*columns, *recipes), listed))


def as_json(conventions: Iterable[Convention]) -> dict[str, Any]:
    """Return the object of `mbcost conventions --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/conventions/1",
        "conventions": [_convention_json(convention) for convention in conventions],
    }


def example_table(answer: ConventionExample) -> Table:
    """Return the sum of mult-adds of the example, one row per raw count; the facts about the convention are notes."""
    columns: tuple[Column[Line], ...] = (
        Column("count", "count", lambda line: count_text(line.count)),
        Column("value", "value", lambda line: line.value, numeric=True),
        Column("factor", "factor", lambda line: line.coefficients[0], numeric=True),
        Column("amount", "amount", lambda line: line.amounts[0], numeric=True),
    )
    convention, ledger = answer.convention, answer.mult_adds
    title = f"{convention.name}: {convention.title}  mult-adds of {network_text(answer.network)}"
    notes = [f"{name}: {text}" for name, text in _facts(answer)]
    footer: dict[str, Cell] = {"count": "total", "amount": ledger.totals[0]}
    return build_table(title, columns, ledger.lines, footer, notes)


def example_json(answer: ConventionExample) -> dict[str, Any]:
    """Return the object of `mbcost conventions NAME --format json`, described in docs/json.md."""
    return {
        "schema": "mbcost/convention/1",
        "convention": _convention_json(answer.convention),
        "left_out": list(answer.left_out),
        "example": {
            **describe(answer.network),
            "params": _ledger_json(answer.params),
            "mult_adds": _ledger_json(answer.mult_adds),
        },
    }


def models(spot: BlindSpot) -> str:
    """Name the models of a blind spot: `timm's own v3-large, v3-small`."""
    return f"{spot.models}'s own " + (", ".join(sorted(spot.networks)) or "models")


def _facts(answer: ConventionExample) -> Iterator[tuple[str, str]]:
    convention = answer.convention
    yield "mult-adds", coefficients_text(convention.mult_adds_coefficients)
    yield "left out", ", ".join(answer.left_out) or "nothing"
    yield "params", coefficients_text(convention.params_coefficients)
    yield f"params of {network_text(answer.network)}", sum_text(answer.params)
    yield "source", convention.source
    yield "framework", convention.framework or "any"
    yield "versions", ", ".join(convention.holds_in) or "any"
    yield "proof", PROOF_WORDS[convention.proof].format(PROVED_ON.get(convention.framework))
    if convention.run_on:
        yield "run on", ", ".join(convention.run_on)
    for spot in convention.blind:
        yield f"on {models(spot)}", spot.says


def sum_text(ledger: Ledger) -> str:
    """Write the only convention's total as the sum of its lines: `2 x 300,774,272 macs - 6,679,112 outputs = …`."""
    text = ""
    for line in ledger.lines:
        (factor,) = line.coefficients
        sign = " - " if factor < 0 else " + "
        times = "" if abs(factor) == 1 else f"{abs(factor)} x "
        text += f"{sign if text else ''}{times}{line.value:,} {count_text(line.count)}"
    (total,) = ledger.totals
    return f"{text or 'nothing'} = {total:,}"


def _ledger_json(ledger: Ledger) -> dict[str, Any]:
    return {
        "lines": [
            {"count": line.count, "value": line.value, "coefficient": line.coefficients[0]} for line in ledger.lines
        ],
        "total": ledger.totals[0],
    }


def _convention_json(convention: Convention) -> dict[str, Any]:
    return {
        "name": convention.name,
        "title": convention.title,
        "source": convention.source,
        "framework": convention.framework,
        "proof": convention.proof,
        "proved": list(convention.proved),
        "versions": list(convention.holds_in),
        "run_on": list(convention.run_on),
        "earlier": convention.earlier,
        "params": dict(convention.params_coefficients),
        "mult_adds": dict(convention.mult_adds_coefficients),
        "blind": [_spot_json(spot) for spot in convention.blind],
    }


def _spot_json(spot: BlindSpot) -> dict[str, Any]:
    params, mult_adds = spot.params_coefficients, spot.mult_adds_coefficients
    return {
        "models": spot.models,
        "networks": sorted(spot.networks),
        "says": spot.says,
        "without": sorted(spot.without),
        "keeps_params": spot.keeps_params,
        "params": None if params is None else dict(params),
        "mult_adds": None if mult_adds is None else dict(mult_adds),
        "partial": sorted(spot.partial),
        "fails": spot.fails,
    }
