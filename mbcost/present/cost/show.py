"""A spec's table as its paper prints it."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.layers import Conv2d, Layer, Linear, WindowPool
from mbcost.analytic.network import Network
from mbcost.present.names import size_text
from mbcost.present.table import Cell, Column, Table
from mbcost.spec.table import Row, Spec

HEADERS = {"operator": "Operator", "k": "kernel", "exp": "exp size", "se": "SE", "nl": "NL"}


def as_table(network: Network) -> Table:
    """The stages with their input maps, or layer by layer where the paper prints layers."""
    spec = network.spec
    title = f"{spec.display_title}  ({spec.source})" if spec.source else spec.display_title
    return _layers(network, title) if spec.shown_as == "layers" else _stages(network, title)


def as_json(network: Network) -> dict[str, Any]:
    """The object of `mbcost show --format json`."""
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
    letters = [column for column in spec.columns if column != "operator"]
    columns = (
        Column[Any]("input", "Input"),
        Column[Any]("operator", "Operator"),
        *(
            Column[Any](letter, HEADERS.get(letter, letter), numeric=letter not in ("se", "nl", "res"))
            for letter in letters
        ),
    )
    rows = []
    for row in spec.rows:
        first = next(layer for layer in network.layers if layer.name.startswith(f"{row.stage}.1."))
        cells = row.letters
        rows.append((_map(first), _operator(row, spec), *(cells[letter] for letter in letters)))
    return Table(title, columns, tuple(rows))


def _layers(network: Network, title: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for step in network.steps:
        lead = step.lead
        stride = lead.stride if isinstance(lead, Conv2d | WindowPool) else 1
        rows.append((f"{_type(lead)} / s{stride}", _filter(lead), _map(lead)))
    columns = (
        Column[Any]("type", "Type / Stride"),
        Column[Any]("filter", "Filter Shape"),
        Column[Any]("input", "Input Size"),
    )
    return Table(title, columns, tuple(rows))


def _type(lead: Layer) -> str:
    if isinstance(lead, Conv2d):
        if lead.name.endswith(".classifier"):
            return "FC"
        return "Conv dw" if lead.operator == "depthwise" else "Conv"
    if isinstance(lead, WindowPool):
        return f"{lead.kind.title()} Pool".replace("Average", "Avg")
    return "FC" if isinstance(lead, Linear) else "Avg Pool"


def _filter(lead: Layer) -> str:
    inputs = lead.input.channels
    if isinstance(lead, Conv2d) and not lead.name.endswith(".classifier"):
        kernel = size_text(lead.kernel)
        depthwise = lead.operator == "depthwise"
        return f"{kernel}x{inputs} dw" if depthwise else f"{kernel}x{inputs // lead.groups}x{lead.channels}"
    if isinstance(lead, Conv2d | Linear):
        return f"{inputs}x{lead.channels}"
    if isinstance(lead, WindowPool):
        return f"Pool {lead.kernel[0]}x{lead.kernel[1]}"
    return f"Pool {lead.input.height}x{lead.input.width}"


def _operator(row: Row, spec: Spec) -> str:
    return row.operator if row.k is None or "k" in spec.columns else f"{row.operator} {row.letters['k']}"


def _map(layer: Layer) -> str:
    shape = layer.input
    return f"{shape.height}x{shape.width}x{shape.channels}"


def _row_json(row: Row, spec: Spec) -> dict[str, Any]:
    cells = {letter: getattr(row, letter) for letter in spec.columns if letter not in ("operator", "k")}
    return {"stage": row.stage, "operator": row.operator, "k": list(row.kernel), **cells}
