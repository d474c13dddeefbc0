"""The table of a spec as its paper prints it."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.layers import Conv2d, Leading, Linear, VectorNorm, WindowPool
from mbcost.analytic.network import Network
from mbcost.present.cost.letters import explain_letters, letter_legend
from mbcost.present.names import size_text
from mbcost.present.table import Column, Table, build_table
from mbcost.spec.table import Row, Spec

LETTERS = 2
"""A header of at most so many characters is not a word."""
HEADERS = {"operator": "Operator", "k": "kernel", "exp": "exp size", "se": "SE", "nl": "NL"}


def as_table(network: Network) -> Table:
    """Return the table row by row with the input maps, or layer by layer if the paper prints layers."""
    spec = network.spec
    title = f"{spec.display_title}  ({spec.source})" if spec.source else spec.display_title
    return _layers(network, title) if spec.shown_as == "layers" else _stages(network, title)


def as_json(network: Network) -> dict[str, Any]:
    """Return the object of `mbcost show --format json`."""
    spec = network.spec
    return {
        "schema": "mbcost/show/1",
        "network": spec.name,
        "title": spec.display_title,
        "source": spec.source,
        "resolution": list(spec.resolution),
        "in_channels": spec.channels,
        "columns": list(spec.columns),
        "rows": [_row_json(row, spec) for row in spec.rows],
        "implementations": {name: record.source for name, record in spec.implementations.items()},
    }


def _stages(network: Network, title: str) -> Table:
    spec = network.spec
    inputs = {step.row.stage: step.lead.input.map for step in reversed(network.steps)}
    # A flattening without a grid is not a step; it reads what the step before it makes.
    outputs = {step.row.stage + 1: step.output.map for step in network.steps}
    columns: tuple[Column[Row], ...] = (
        Column("input", "Input", lambda row: size_text(inputs.get(row.stage) or outputs[row.stage])),
        Column("operator", "Operator", lambda row: _operator(row, spec)),
        *(_printed_column(letter) for letter in spec.columns if letter != "operator"),
    )
    return explain_letters(build_table(title, columns, spec.rows))


def _printed_column(letter: str) -> Column[Row]:
    numeric, header = letter not in ("se", "nl", "res"), HEADERS.get(letter, letter)
    legend = letter_legend(letter, header) if len(header) <= LETTERS else ""
    return Column(letter, header, lambda row: row.letters[letter], numeric=numeric, legend=legend)


def _layers(network: Network, title: str) -> Table:
    columns: tuple[Column[Leading], ...] = (
        Column("operator", "Type / Stride", _type),
        Column("filter", "Filter Shape", _filter),
        Column("input", "Input Size", lambda lead: size_text(lead.input.map)),
    )
    return build_table(title, columns, [step.lead for step in network.steps])


def _type(lead: Leading) -> str:
    return f"{_kind(lead)} / s{lead.stride if isinstance(lead, Conv2d | WindowPool) else 1}"


def _kind(lead: Leading) -> str:
    if isinstance(lead, Conv2d):
        if lead.name.endswith(".classifier"):
            return "FC"
        return "Conv dw" if lead.operator == "depthwise" else "Conv"
    if isinstance(lead, WindowPool):
        return f"{lead.kind.title()} Pool".replace("Average", "Avg")
    if isinstance(lead, VectorNorm):
        return "Norm"
    return "FC" if isinstance(lead, Linear) else "Avg Pool"


def _filter(lead: Leading) -> str:
    inputs = lead.input.channels
    if isinstance(lead, Conv2d) and not lead.name.endswith(".classifier"):
        kernel = size_text(lead.kernel)
        depthwise = lead.operator == "depthwise"
        return f"{kernel}x{inputs} dw" if depthwise else f"{kernel}x{inputs // lead.groups}x{lead.channels}"
    if isinstance(lead, Conv2d | Linear):
        return f"{inputs}x{lead.channels}"
    if isinstance(lead, WindowPool):
        return f"Pool {size_text(lead.kernel)}"
    if isinstance(lead, VectorNorm):
        return str(inputs)
    return f"Pool {lead.input.height}x{lead.input.width}"


def _operator(row: Row, spec: Spec) -> str:
    return row.operator if row.k is None or "k" in spec.columns else f"{row.operator} {row.letters['k']}"


def _row_json(row: Row, spec: Spec) -> dict[str, Any]:
    cells = {letter: getattr(row, letter) for letter in spec.columns if letter not in ("operator", "k")}
    return {"stage": row.stage, "operator": row.operator, "k": list(row.kernel), **cells}
