"""What is wrong in a source: figures, and cells of its layer tables."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from mbcost.spec.catalogue.library import NETWORKS
from mbcost.spec.reading.nodes import Reader

CELLS = ("in", "exp", "se", "s")
"""Columns of a layer table in which misprints are known, under the letters that specs use."""


@dataclass(frozen=True)
class Erratum:
    """Figures of a source that are wrong for one reason."""

    figures: tuple[str, ...]
    """The ids of the figures."""
    cause: str
    """Why the figures are wrong, as far as it is known; empty if the verdict says it."""
    network: str | None
    """The network that the figures should be about, if it is not the one that the rest of the table is about."""
    implementation: str | None
    since: str = ""
    """Since when the figures are printed; empty if this is stated for the whole source."""


@dataclass(frozen=True)
class Misprint:
    """A cell of a layer table that is printed wrong."""

    id: str
    table: str
    row: str
    """The row in the paper's words."""
    column: str
    """One of `CELLS`."""
    printed: str
    network: str
    """The built-in network whose table has the right cell."""
    stage: int
    """The row of the built-in network."""
    against: str | None
    """The built-in network that has the wrong cell; None if there is none."""
    cause: str
    since: str = ""
    """Since when the cell is printed; empty if this is stated for the whole source."""


def read_errata(reader: Reader, node: yaml.Node) -> tuple[Erratum, ...]:
    """Return the errata of a source."""
    return tuple(_read_erratum(reader, item) for item in reader.sequence(node))


def read_misprints(reader: Reader, node: yaml.Node) -> tuple[Misprint, ...]:
    """Return the misprints in the layer tables of a source."""
    return tuple(_read_misprint(reader, item) for item in reader.sequence(node))


def _read_erratum(reader: Reader, node: yaml.Node) -> Erratum:
    values = reader.mapping(node, ("figures", "cause", "network", "implementation", "since"))
    return Erratum(
        figures=tuple(reader.text(item) for item in reader.sequence(reader.require(node, values, "figures"))),
        cause=reader.text(values["cause"]) if "cause" in values else "",
        network=_read_network(reader, values["network"]) if "network" in values else None,
        implementation=reader.text(values["implementation"]) if "implementation" in values else None,
        since=reader.text(values["since"]) if "since" in values else "",
    )


def _read_misprint(reader: Reader, node: yaml.Node) -> Misprint:
    keys = ("id", "table", "row", "column", "printed", "network", "stage", "cause")
    values = reader.mapping(node, (*keys, "against", "since"))
    cells = {key: reader.require(node, values, key) for key in keys}
    return Misprint(
        id=reader.text(cells["id"]),
        table=reader.text(cells["table"]),
        row=reader.text(cells["row"]),
        column=reader.word(cells["column"], "column", CELLS),
        printed=reader.text(cells["printed"]),
        network=_read_network(reader, cells["network"]),
        stage=reader.whole(cells["stage"], 0),
        against=_read_network(reader, values["against"]) if "against" in values else None,
        cause=reader.text(cells["cause"]),
        since=reader.text(values["since"]) if "since" in values else "",
    )


def _read_network(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "network", NETWORKS)
