"""Reads counting conventions from YAML."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from mbcost.spec.convention import FRAMEWORKS, PROOFS, BlindSpot, Convention
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.tally import COUNTS

_KEYS = (
    "title", "source", "proved", "params", "mult_adds", "blind", "earlier", "framework", "proof", "versions", "run_on",
)  # fmt: skip
_BLIND_KEYS = ("models", "networks", "says", "without", "keeps_params", "params", "mult_adds", "partial", "fails")
_SUBTRACTED = "outputs"
"""The raw count that can have the coefficient -1: a sum of K products needs K - 1 additions."""


def parse_conventions(text: str, origin: str) -> dict[str, Convention]:
    """Return conventions by name. The first states both quantities; others take what they do not state from the first.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        records = reader.mapping(reader.root)
        default: dict[str, yaml.Node] = {}
        conventions = {}
        for name, record in records.items():
            values = reader.mapping(record, _KEYS)
            default = default or {key: values[key] for key in ("params", "mult_adds") if key in values}
            conventions[name] = Convention(
                name=name,
                title=reader.text(reader.require(record, values, "title")),
                source=reader.text(reader.require(record, values, "source")),
                proved=_read_texts(reader, values.get("proved")),
                params_coefficients=_read_coefficients(reader, reader.require(record, default | values, "params")),
                mult_adds_coefficients=_read_coefficients(
                    reader, reader.require(record, default | values, "mult_adds")
                ),
                blind=_read_blind_spots(reader, values.get("blind")),
                earlier="earlier" in values and reader.flag(values["earlier"]),
                framework=reader.word(values["framework"], "framework", FRAMEWORKS) if "framework" in values else None,
                proof=_read_proof(reader, values),
                versions=_read_texts(reader, values.get("versions")),
                run_on=_read_texts(reader, values.get("run_on")),
            )
    return conventions


def _read_blind_spots(reader: Reader, node: yaml.Node | None) -> tuple[BlindSpot, ...]:
    return () if node is None else tuple(_read_blind_spot(reader, item) for item in reader.sequence(node))


def _read_blind_spot(reader: Reader, node: yaml.Node) -> BlindSpot:
    values = reader.mapping(node, _BLIND_KEYS)

    def flag(key: str) -> bool:
        return key in values and reader.flag(values[key])

    def coefficients(key: str) -> dict[str, int] | None:
        return _read_coefficients(reader, values[key]) if key in values else None

    return BlindSpot(
        models=reader.text(reader.require(node, values, "models")),
        networks=frozenset(_read_texts(reader, values.get("networks"))),
        says=reader.text(reader.require(node, values, "says")),
        without=frozenset(_read_texts(reader, values.get("without"))),
        params_coefficients=coefficients("params"),
        mult_adds_coefficients=coefficients("mult_adds"),
        keeps_params=flag("keeps_params"),
        partial=frozenset(
            reader.word(item, "quantity", ("params", "mult_adds"))
            for item in (reader.sequence(values["partial"]) if "partial" in values else ())
        ),
        fails=flag("fails"),
    )


def _read_proof(reader: Reader, values: Mapping[str, yaml.Node]) -> str | None:
    """Return what confirms a convention. `proved` means that a test does, so that `proof` is not stated."""
    if "proved" not in values:
        return reader.word(values["proof"], "proof", PROOFS[1:]) if "proof" in values else None
    if "proof" in values:
        reader.report(values["proof"], "'proved' and 'proof' are both given: remove 'proof'")
    return PROOFS[0]


def _read_texts(reader: Reader, node: yaml.Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(map(reader.text, reader.sequence(node)))


def _read_coefficients(reader: Reader, node: yaml.Node) -> dict[str, int]:
    return {
        count: reader.whole(factor, -1 if count == _SUBTRACTED else 1)
        for count, factor in reader.mapping(node, COUNTS).items()
    }
