"""YAML text -> `Convention`s."""

from __future__ import annotations

import yaml

from mbcost.spec.convention import Convention
from mbcost.spec.nodes import Reader
from mbcost.spec.tally import COUNTS


def parse_conventions(text: str, origin: str) -> dict[str, Convention]:
    """Conventions by name. The first is complete; one that is about one quantity takes the other from the first.

    Raises:
        SpecError: with every problem that was found.
    """
    reader = Reader(text, origin)
    with reader.complete():
        records = reader.mapping(reader.root)
        default: dict[str, yaml.Node] = {}
        conventions = {}
        for name, record in records.items():
            values = reader.mapping(record, ("title", "source", "params", "mult_adds"))
            default = default or values
            conventions[name] = Convention(
                name=name,
                title=reader.text(reader.require(record, values, "title")),
                source=reader.text(reader.require(record, values, "source")),
                params_coefficients=_coefficients(reader, reader.require(record, default | values, "params")),
                mult_adds_coefficients=_coefficients(reader, reader.require(record, default | values, "mult_adds")),
            )
    return conventions


def _coefficients(reader: Reader, node: yaml.Node) -> dict[str, int]:
    return {count: reader.whole(factor) for count, factor in reader.mapping(node, COUNTS).items()}
