"""A user's model compared with a network, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mbcost.errors import escape
from mbcost.present import junit
from mbcost.present.annotations import annotation
from mbcost.present.names import describe, network_text
from mbcost.present.table import Column, SignedCount, Table, build_table
from mbcost.present.verify.proof import proof_json
from mbcost.present.verify.words import (
    describe_layer,
    join_clauses,
    list_all_notes,
    list_lead,
    list_rest,
    make_title,
    name_layer,
)
from mbcost.questions.verify.identify import NetworkMatch
from mbcost.questions.verify.verification import Verification


@dataclass(frozen=True)
class _DifferenceRow:
    """A layer that differs, or a parameter that belongs to no layer."""

    layer: str | None
    model: str | None
    changes: str
    params: int
    mult_adds: int


COLUMNS = (
    Column[_DifferenceRow]("layer", "layer", lambda row: row.layer or f"({row.model})", only="people"),
    Column[_DifferenceRow]("layer", "layer", lambda row: row.layer, only="data"),
    Column[_DifferenceRow](
        "model_layer", "in the model", lambda row: row.model if row.layer else None, spare=1, only="people"
    ),
    Column[_DifferenceRow]("model_layer", "in the model", lambda row: row.model, only="data"),
    Column[_DifferenceRow]("changes", "what differs", lambda row: row.changes),
    Column[_DifferenceRow]("params_difference", "params", lambda row: SignedCount(row.params), numeric=True),
    Column[_DifferenceRow]("mult_adds_difference", "mult-adds", lambda row: SignedCount(row.mult_adds), numeric=True),
)


def as_table(answer: Verification, *, prove: bool = False) -> Table:
    """Return one row per layer that differs. The title names the first one; the footer is the difference of totals."""
    rows = _list_rows(answer)
    totals = {
        "params_difference": SignedCount(answer.params),
        "mult_adds_difference": SignedCount(answer.mult_adds),
    }
    return build_table(
        make_title(answer),
        COLUMNS,
        rows,
        {"layer": "total", **totals} if rows else None,
        list_rest(answer, prove=prove),
        lead=list_lead(answer),
    )


def _list_rows(answer: Verification) -> list[_DifferenceRow]:
    rows = [
        _DifferenceRow(
            name_layer(layer.expected), name_layer(layer.actual), describe_layer(layer), layer.params, layer.mult_adds
        )
        for layer in answer.layers
    ]
    return rows + [
        _DifferenceRow(None, name, "parameter of no layer" if values else "not compared", values, 0)
        for name, values in answer.model.loose
    ]


def as_json(answer: Verification) -> dict[str, Any]:
    """Return the object of `mbcost verify --format json`."""
    model, network = answer.model, answer.network
    return {
        "schema": "mbcost/verify/1",
        "equal": answer.equal,
        "units": {"params": "parameters", "mult_adds": "multiply-adds"},
        "network": {**describe(network), "params": network.params(), "mult_adds": network.mult_adds()},
        "model": {
            "name": model.name,
            "params": model.params,
            "mult_adds": model.macs,
            "calls": len(model.calls),
            "computed": model.computed,
            "stored_params": model.stored,
        },
        "same": answer.same,
        "layers": [
            {
                "layer": name_layer(layer.expected),
                "model": name_layer(layer.actual),
                "behind": layer.preceding,
                "inherited": layer.inherited,
                "changes": [
                    {
                        "feature": difference.feature,
                        "expected": difference.expected,
                        "found": difference.actual,
                        "inherited": difference.inherited,
                    }
                    for difference in layer.features
                ],
                "params": layer.params,
                "mult_adds": layer.mult_adds,
            }
            for layer in answer.layers
        ],
        "loose": [{"name": name, "params": values} for name, values in model.loose],
        "computed_weights": [
            {
                "name": call.facts.name,
                "params": call.params,
                "stored_params": call.stored,
                "parameters": list(call.computed_from),
            }
            for call in model.calls
            if call.computed_from
        ],
        "epsilon": answer.epsilon,
        "totals": {"params": answer.params, "mult_adds": answer.mult_adds},
        "explanation": answer.explanation and _match_json(answer.explanation),
        "candidates": [_match_json(match) for match in answer.candidates],
        "proof": answer.proof and proof_json(answer.proof),
    }


def render_github(answer: Verification, *, prove: bool = False) -> str:
    """Return the annotations of a GitHub workflow: errors for what differs, notices for the notes."""
    title = "mbcost verify"
    level = "notice" if answer.equal else "error"
    lines = [annotation(level, title, escape(make_title(answer)))]
    lines += [annotation("error", title, text) for text in _list_differences(answer)]
    lines += [annotation("notice", title, escape(note)) for note in list_all_notes(answer, prove=prove)]
    return "\n".join(lines) + "\n"


def render_junit(answer: Verification, *, prove: bool = False) -> str:
    """Return JUnit XML with one test case, whose failure lists what differs."""
    name = f"{answer.model.name} is {network_text(answer.network)}"
    failure = None if answer.equal else make_title(answer)
    details = () if answer.equal else (*_list_differences(answer), *list_all_notes(answer, prove=prove))
    return junit.render_suite("mbcost verify", [junit.Case("mbcost.verify", name, failure, details)])


def _list_differences(answer: Verification) -> Iterator[str]:
    """Yield each row of the table in one line."""
    for row in _list_rows(answer):
        names = [escape(name) for name in (row.layer, row.model and f"the model's {row.model}") if name]
        changes = escape(row.changes)
        yield f"{', '.join(names)}: {changes} ({row.params:+,} params, {row.mult_adds:+,} mult-adds)"


def _match_json(match: NetworkMatch) -> dict[str, Any]:
    return {
        **describe(match.network),
        "mistakes": list(match.mistakes),
        "text": join_clauses(match.clauses),
        "exact": match.exact,
        "apart": match.unmatched,
    }
