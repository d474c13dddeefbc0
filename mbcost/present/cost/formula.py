"""A layer's equations as a table and as JSON."""

from __future__ import annotations

from typing import Any

from mbcost.present.names import describe, size_text
from mbcost.present.table import Cell, Column, Table
from mbcost.questions.cost.formula import ClosedForm, Formula, Term
from mbcost.spec.scaling import alpha_text

LETTERS = (
    "D_K: side of the kernel, M: input channels, N: output channels, D_F: side of the output map "
    "(V1 paper, equations 2 and 4)"
)


def as_table(formula: Formula) -> Table:
    """Equation, numbers and value of the weights and the multiply-adds, and the closed forms below."""
    rows: list[tuple[Cell, ...]] = []
    for name, term in (("mult-adds", formula.mult_adds), ("weights", formula.weights)):
        if term is not None:
            rows.append((name, term.letters, term.numbers, term.value))
    tally = formula.step.tally
    rows.append(
        (
            "params",
            "weights + biases + norm scale and shift",
            f"{tally.weights:,} + {tally.biases:,} + 2 · {tally.norm_channels:,}",
            formula.params,
        )
    )
    network, step = formula.network, formula.step
    height, width = network.resolution
    notes = []
    if formula.mult_adds is None:
        article = "an" if formula.kind[0] in "aeiou" else "a"
        notes.append(f"{article} {formula.kind} layer has no weights and no multiply-adds")
    else:
        notes.append(LETTERS if formula.kind != "grouped" else f"{LETTERS}; G: groups")
    base = size_text(network.spec.resolution)
    for name, closed, term in (
        ("mult-adds", formula.closed_mult_adds, formula.mult_adds),
        ("weights", formula.closed_weights, formula.weights),
    ):
        if closed is not None and term is not None:
            notes.append(
                f"{name}(alpha, rho) = {closed_text(closed)} before channels and maps are rounded, rho = 1 at {base}"
            )
    lead_in, lead_out = step.lead.input, step.output
    title = (
        f"{network.spec.display_title} {step.name}: {formula.kind}  "
        f"{size_text((lead_in.height, lead_in.width, lead_in.channels))} -> "
        f"{size_text((lead_out.height, lead_out.width, lead_out.channels))}  alpha {alpha_text(network.alpha)}  "
        f"resolution {height}x{width}  implementation {network.implementation}"
    )
    columns = (
        Column[Any]("quantity", "quantity"),
        Column[Any]("letters", "equation"),
        Column[Any]("numbers", "numbers"),
        Column[Any]("value", "value", numeric=True),
    )
    return Table(title, columns, tuple(rows), notes=tuple(notes))


def closed_text(closed: ClosedForm) -> str:
    """The coefficient with its powers.

    >>> closed_text(ClosedForm(1605632, 2, 2))
    '1,605,632 · alpha^2 · rho^2'
    """
    powers = (("alpha", closed.alpha_power), ("rho", closed.rho_power))
    factors = [name if power == 1 else f"{name}^{power}" for name, power in powers if power]
    return " · ".join([f"{closed.value:,}", *factors])


def as_json(formula: Formula) -> dict[str, Any]:
    """The object of `mbcost formula --format json`."""
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
