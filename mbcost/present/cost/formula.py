"""The equations of a layer as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mbcost.present.names import describe, name_text, settings_text, size_text
from mbcost.present.table import Column, Table, build_table
from mbcost.questions.cost.formula import ClosedForm, Formula, Term

LETTERS = (
    "D_K: side of the kernel, M: input channels, N: output channels, D_F: side of the output map "
    "(V1 paper, equations 2 and 4)"
)


def as_table(formula: Formula) -> Table:
    """Return the equation, the numbers and the value of each quantity, with the closed forms as notes."""
    network, step, tally = formula.network, formula.step, formula.step.tally
    params = Term(
        "weights + biases + norm scale and shift",
        f"{tally.weights:,} + {tally.biases:,} + 2 · {tally.norm_channels:,}",
        formula.params,
    )
    terms = [("mult-adds", formula.mult_adds), ("weights", formula.weights), ("params", params)]
    columns: tuple[Column[tuple[str, Term]], ...] = (
        Column("quantity", "quantity", lambda item: item[0]),
        Column("equation", "equation", lambda item: item[1].letters),
        Column("numbers", "numbers", lambda item: item[1].numbers),
        Column("value", "value", lambda item: item[1].value, numeric=True),
    )
    name = network.spec.display_title if network.graph is None else name_text(network)
    title = (
        f"{name} {step.name}: {formula.kind}  {size_text(step.lead.input.map)} -> "
        f"{size_text(step.output.map)}  {settings_text(network)}"
    )
    items = [(name, term) for name, term in terms if term is not None]
    return build_table(title, columns, items, notes=_notes(formula))


def _notes(formula: Formula) -> Iterator[str]:
    if formula.mult_adds is None:
        article = "an" if formula.kind[0] in "aeiou" else "a"
        yield f"{article} {formula.kind} layer has no weights and no multiply-adds"
    else:
        yield LETTERS if formula.kind != "grouped" else f"{LETTERS}; G: groups"
    base = size_text(formula.network.spec.resolution)
    for name, closed in (("mult-adds", formula.closed_mult_adds), ("weights", formula.closed_weights)):
        if closed is not None:
            yield f"{name}(alpha, rho) = {closed_text(closed)} before channels and maps are rounded, rho = 1 at {base}"


def closed_text(closed: ClosedForm) -> str:
    """Spell the coefficient with its powers.

    >>> closed_text(ClosedForm(1605632, 2, 2))
    '1,605,632 · alpha^2 · rho^2'
    """
    powers = (("alpha", closed.alpha_power), ("rho", closed.rho_power))
    factors = [name if power == 1 else f"{name}^{power}" for name, power in powers if power]
    return " · ".join([f"{closed.value:,}", *factors])


def as_json(formula: Formula) -> dict[str, Any]:
    """Return the object of `mbcost formula --format json`."""
    network = formula.network
    return {
        "schema": "mbcost/formula/1",
        **describe(network),
        "layer": formula.step.name,
        "kind": formula.kind,
        "mult_adds": _term_json(formula.mult_adds, formula.closed_mult_adds),
        "weights": _term_json(formula.weights, formula.closed_weights),
        "params": formula.params,
    }


def _term_json(term: Term | None, closed: ClosedForm | None) -> dict[str, Any] | None:
    if term is None:
        return None
    return {
        "equation": term.letters,
        "numbers": term.numbers,
        "value": term.value,
        "closed_form": None if closed is None else vars(closed),
    }
