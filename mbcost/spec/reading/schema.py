"""The JSON Schema of a spec, made from the records that the reader uses: what an editor completes and underlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mbcost.spec.reading import flat
from mbcost.spec.reading.columns import COLUMNS, SpecColumn
from mbcost.spec.reading.graph import graph_schema
from mbcost.spec.reading.implementations import FIELDS, RULE
from mbcost.spec.reading.table import FORMS, KEYS
from mbcost.spec.reading.values import LINE, SIDES, TEXT, WHOLE, Schema, schema_of_mapping

_REQUIRED = ("name", "input", "columns", "rows", "implementations")


def spec_schema(families: Iterable[str]) -> Schema:
    """Return the JSON Schema, draft 2020-12, of tables and flat lists; a spec can name one of `families`.

    The schema knows the type of each cell from its column, and the length of a row from the number of columns. Rules
    between rows or between cells are not in it; `mbcost check` reports them.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mbcost spec",
        "description": "A network: its layer table as its paper prints it, a flat list of its layers, or a graph.",
        "type": "object",
        # With `anyOf`, an editor would report one mistake against both kinds of documents.
        "if": {"required": ["layers"]},
        "then": {"$ref": "#/$defs/list"},
        "else": {
            "if": {"required": ["operators"]},
            "then": {"$ref": "#/$defs/graph"},
            "else": {"$ref": "#/$defs/table"},
        },
        "$defs": {
            "table": _table(families),
            "list": _list(),
            "graph": graph_schema(),
            "cells": {letter: _cell(column) for letter, column in COLUMNS.items()},
            "list_cells": {heading: _list_cell(column) for heading, column in flat.COLUMNS.items()},
            "implementation": schema_of_mapping(
                {name: field.schema for name, field in FIELDS.items()},
                description="An implementation's rules. The first record is complete, the others state what differs.",
            ),
            "rule": RULE,
        },
    }


def _table(families: Iterable[str]) -> Schema:
    keys = {key: _KEYS.get(key, {}) for key in KEYS} | {"implementations": _implementations(families)}
    return {
        **schema_of_mapping(keys, _REQUIRED, "A network's layer table as its paper prints it."),
        "allOf": [*_cells(), *_lengths()],
    }


def _list() -> Schema:
    length = len(flat.COLUMNS)
    row = {
        "type": "array",
        "prefixItems": [{"$ref": f"#/$defs/list_cells/{heading}"} for heading in flat.COLUMNS],
        "minItems": length,
        "maxItems": length,
    }
    own: dict[str, Schema] = {
        "columns": {"const": list(flat.COLUMNS), "description": "The headings, which are always these."},
        "layers": {
            "type": "array",
            "items": row,
            "minItems": 1,
            "description": "The layers in order of execution, with every number stated.",
        },
        "source": {**TEXT, "description": "The model from which the list was written."},
    }
    keys = {key: own.get(key) or _KEYS[key] for key in flat.KEYS}
    required = (key for key in flat.KEYS if key != "source")
    return schema_of_mapping(keys, required, "A network as a flat list of layers, as `mbcost export --from` writes it.")


def _list_cell(column: flat.ListColumn) -> Schema:
    return {**column.schema, "description": column.description} if column.description else column.schema


def _cell(column: SpecColumn) -> Schema:
    """Return the schema of a cell; `~` leaves it empty in every column but `operator`."""
    if column.letter == "operator":
        return {**column.schema, "description": column.description}
    return {"description": column.description, "anyOf": [column.schema, {"type": "null"}]}


def _cells() -> Iterable[Schema]:
    """Yield, for every index and column: if the column has this index in the heading, so has its cell in every row."""
    for index in range(len(COLUMNS)):
        for letter in COLUMNS:
            before: list[object] = [True] * index
            heading = {"prefixItems": [*before, {"const": letter}], "minItems": index + 1}
            cell = {"$ref": f"#/$defs/cells/{letter}"}
            yield _where_columns(heading, {"items": {"prefixItems": [*before, cell]}})


def _lengths() -> Iterable[Schema]:
    """Yield, for every number of columns: a row has as many cells."""
    for length in range(1, len(COLUMNS) + 1):
        bounds = {"minItems": length, "maxItems": length}
        yield _where_columns(bounds, {"items": bounds})


def _where_columns(heading: Schema, rows: Schema) -> Schema:
    return {
        "if": {"properties": {"columns": heading}, "required": ["columns"]},
        "then": {"properties": {"rows": rows}},
    }


def _implementations(families: Iterable[str]) -> Schema:
    named = schema_of_mapping(
        {
            "family": {"enum": list(families), "description": "The implementations of tables that are built alike."},
            "only": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "The implementations of the family that have this network.",
            },
        },
        ["family"],
    )
    records = {
        "type": "object",
        "minProperties": 1,
        "properties": {"family": False},
        "additionalProperties": {"$ref": "#/$defs/implementation"},
    }
    return {
        "description": "How the table becomes layers: the name of a family, or one record per implementation.",
        "if": {"required": ["family"]},
        "then": named,
        "else": records,
    }


_ALPHAS: Schema = {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}}
_RESOLUTION: Schema = {"anyOf": [*SIDES["anyOf"], {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}]}
_KEYS: Mapping[str, Schema] = {
    "name": {**LINE, "description": "The name of the network in the output."},
    "aliases": {
        "type": "array",
        "items": LINE,
        "description": "Other names of a built-in network. Capitals, '-', '_' and '.' make no difference.",
    },
    "title": {**LINE, "description": "The headline of the network's tables."},
    "source": {
        **schema_of_mapping({"paper": TEXT, "code": TEXT, "table": TEXT}),
        "description": "Where the table was read.",
    },
    "remark": {**TEXT, "description": "What to know when the paper's totals are compared with these."},
    "input": {
        **schema_of_mapping({"channels": WHOLE, "resolution": _RESOLUTION}, ["channels", "resolution"]),
        "description": "Channels and resolution (N, HxW or [H, W]) of the input.",
    },
    "published": {
        **schema_of_mapping({"alpha": _ALPHAS, "resolution": {"type": "array", "items": WHOLE}}),
        "description": "Width multipliers and resolutions that `mbcost validate` takes by default.",
    },
    "shown_as": {
        "enum": list(FORMS),
        "description": "How the paper prints the table: one line per row, or one line per convolution.",
    },
    "columns": {
        "type": "array",
        "items": {"enum": list(COLUMNS)},
        "uniqueItems": True,
        "contains": {"const": "operator"},
        "description": "The headings, once; every row has a cell for each.",
    },
    "rows": {
        "type": "array",
        "items": {"type": "array"},
        "minItems": 1,
        "description": "The rows as printed at alpha 1; ~ is an empty cell.",
    },
}
