"""Whether networks with fixed numbers keep limits, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mbcost.analytic.network import Network
from mbcost.errors import enumerate_words
from mbcost.present.estimates import round_json
from mbcost.present.names import convention_text, describe, list_not_counted, list_totals_notes, network_text
from mbcost.present.search.words import amount_text, difference_text, option_of
from mbcost.present.table import Cell, Column, Spelled, Table, build_table
from mbcost.questions.search.fixed import MAYBE, NO, UNKNOWN, YES, FixedFit, LimitCheck

WORDS = {YES: "fits", MAYBE: "may fit", NO: "does not fit"}
KEYS = {YES: "yes", MAYBE: "maybe", NO: "no", UNKNOWN: "unknown"}
"""A verdict as programs read it."""
COLUMNS: tuple[Column[LimitCheck], ...] = (
    Column("network", "network", lambda check: network_text(check.network)),
    Column("limit", "limit", lambda check: option_of(check.limit)),
    Column("limit_value", "is", lambda check: _amount(check, check.limit.value), numeric=True, only="people"),
    Column("limit_value", "is", lambda check: _number(check.limit.value), only="data"),
    Column("value", "value", lambda check: _amount(check, check.value), numeric=True, only="people"),
    Column("value", "value", lambda check: _number(check.value), only="data"),
    Column("fits", "fits", lambda check: Spelled(check.fits, KEYS[check.fits])),
    Column("missing", "missing", lambda check: _difference(check, check.missing), numeric=True, only="people"),
    Column("missing", "missing", lambda check: _number(check.missing), only="data"),
    Column("left", "left", lambda check: _difference(check, None if check.missing is None else -check.missing),
           numeric=True, only="people"),
    Column("reason", "reason", lambda check: check.reason, only="data"),
)  # fmt: skip


def as_table(answer: FixedFit) -> Table:
    """Return one row per network and limit."""
    lead = [_write_verdict(answer, network) for network in answer.networks]
    notes = [
        *dict.fromkeys(f"{option_of(check.limit)}: {check.reason}" for check in answer.checks if check.reason),
        f"memory and flash in {answer.dtype or 'the dtype of the model'}, memory by the allocation model "
        f"{answer.rules.allocator}",
        convention_text(answer.rules.convention),
        *list_totals_notes(answer.networks),
    ]
    return build_table("Limits of a model that is fixed", COLUMNS, answer.checks, notes=notes, lead=lead)


def as_json(answer: FixedFit) -> dict[str, Any]:
    """Return the object of `mbcost fit FILE --format json`, described in docs/json.md."""
    rules = answer.rules
    return {
        "schema": "mbcost/fit-model/1",
        "passed": answer.passed,
        "convention": rules.convention.name,
        "allocator": rules.allocator,
        "dtype": answer.dtype,
        "units": {"memory": "bytes", "flash": "bytes", "latency": "ms", "top1": "percent"},
        "networks": [
            {
                **describe(network),
                "fits": KEYS[answer.fits(network)],
                "limits": [_check_json(check) for check in answer.list_checks(network)],
                "not_counted": list_not_counted(network),
            }
            for network in answer.networks
        ],
    }


def _check_json(check: LimitCheck) -> dict[str, Any]:
    return {
        "quantity": check.limit.quantity,
        "limit": check.limit.value,
        "value": _round(check.value),
        "fits": KEYS[check.fits],
        "missing": _round(check.missing),
        "reason": check.reason or None,
    }


def _round(value: int | float | None) -> int | float | None:
    return value if value is None or isinstance(value, int) else round_json(value)


def _write_verdict(answer: FixedFit, network: Network) -> str:
    name, verdict = network_text(network), answer.fits(network)
    if verdict == UNKNOWN:
        unknown = [option_of(check.limit) for check in answer.list_checks(network) if check.fits == UNKNOWN]
        return f"Whether {name} fits is not known: {enumerate_words(unknown)}."
    missing = ", ".join(_list_missing(answer, network))
    return f"{name} {WORDS[verdict]}{': ' if missing else ''}{missing}."


def _list_missing(answer: FixedFit, network: Network) -> Iterator[str]:
    for check in answer.list_checks(network):
        if check.fits == NO and check.missing is not None:
            amount = difference_text(check.limit, check.missing)
            yield f"{amount} {'too few' if check.limit.at_least else 'more'} than {option_of(check.limit)} allows"


def _amount(check: LimitCheck, value: int | float | None) -> Cell:
    return None if value is None else Spelled(amount_text(check.limit, value), value)


def _number(value: int | float | None) -> Cell:
    """Return the cell of a number for programs."""
    shown = _round(value)
    return shown if shown is None or isinstance(shown, int) else Spelled(f"{shown:g}", shown)


def _difference(check: LimitCheck, value: int | float | None) -> Cell:
    """Return the cell of a positive difference."""
    return None if value is None or value <= 0 else Spelled(difference_text(check.limit, value), value)
