"""The JSON Schema of a spec, made of the tables that the parser reads by: what an editor completes and underlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mbcost.spec.implementation import EXACT, INTEGER_STEPS, PADDINGS, POOLS, ROLES
from mbcost.spec.reading import flat
from mbcost.spec.reading.implementations import ACTIVATIONS, FIELDS, PARTS, SQUEEZED
from mbcost.spec.reading.inputs import INPUT
from mbcost.spec.reading.table import COLUMNS, FORMS, KEYS, MOST_REPEATS, OPERATORS

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number"]}
_WHOLE: Schema = {"type": "integer", "minimum": 1, "maximum": EXACT}
_REQUIRED = ("name", "input", "columns", "rows", "implementations")


def spec_schema(families: Iterable[str]) -> Schema:
    """JSON Schema, draft 2020-12, of both kinds of documents; `families` are the implementations that a spec can name.

    It knows the type of each cell by its column and the length of a row by the number of columns. What needs more
    than one row, or a rule between cells, `mbcost check` says.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mbcost spec",
        "description": "A network: its layer table as its paper prints it, or a flat list of its layers.",
        "type": "object",
        # Not `anyOf`: an editor would then say of one slip what is wrong with both documents.
        "if": {"required": ["layers"]},
        "then": {"$ref": "#/$defs/list"},
        "else": {"$ref": "#/$defs/table"},
        "$defs": {
            "table": _table(families),
            "list": _list(),
            "cells": {column: _cell(column) for column in COLUMNS},
            "list_cells": {column: _LIST_CELLS[column] for column in flat.COLUMNS},
            "implementation": _object(
                {field: _FIELDS.get(field, {}) for field in FIELDS},
                description="An implementation's rules; all but the first record state what differs from it.",
            ),
            "rule": _RULE,
        },
    }


def _table(families: Iterable[str]) -> Schema:
    keys = {key: _KEYS.get(key, {}) for key in KEYS} | {"implementations": _implementations(families)}
    return {
        **_object(keys, _REQUIRED, "A network's layer table as its paper prints it."),
        "allOf": [*_cells(), *_lengths()],
    }


def _list() -> Schema:
    length = len(flat.COLUMNS)
    row = {
        "type": "array",
        "prefixItems": [{"$ref": f"#/$defs/list_cells/{column}"} for column in flat.COLUMNS],
        "minItems": length,
        "maxItems": length,
    }
    own: dict[str, Schema] = {
        "columns": {"const": list(flat.COLUMNS), "description": "The headings, which are always these."},
        "layers": {
            "type": "array",
            "items": row,
            "minItems": 1,
            "description": "The layers in order of execution, every number worked out.",
        },
        "source": {**_TEXT, "description": "Which model this was written from."},
    }
    keys = {key: own.get(key) or _KEYS[key] for key in flat.KEYS}
    required = (key for key in flat.KEYS if key != "source")
    return _object(keys, required, "A network as a flat list of layers, as `mbcost export --from` writes it.")


def _object(properties: Mapping[str, Schema], required: Iterable[str] = (), description: str = "") -> Schema:
    said = {"description": description} if description else {}
    return {
        **said,
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _cell(column: str) -> Schema:
    """A cell of the column; `~` leaves it empty everywhere but under `operator`."""
    schema = _CELLS.get(column, {})
    filled = {key: value for key, value in schema.items() if key != "description"}
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**described, "anyOf": [filled, {"type": "null"}]} if column != "operator" and filled else schema


def _cells() -> Iterable[Schema]:
    """Per place and column: where the heading has the column there, every row has such a cell there."""
    for place in range(len(COLUMNS)):
        for column in COLUMNS:
            before: list[Any] = [True] * place
            heading = {"prefixItems": [*before, {"const": column}], "minItems": place + 1}
            cell = {"$ref": f"#/$defs/cells/{column}"}
            yield _where_columns(heading, {"items": {"prefixItems": [*before, cell]}})


def _lengths() -> Iterable[Schema]:
    """A row is as long as the heading."""
    for length in range(1, len(COLUMNS) + 1):
        bounds = {"minItems": length, "maxItems": length}
        yield _where_columns(bounds, {"items": bounds})


def _where_columns(heading: Schema, rows: Schema) -> Schema:
    return {
        "if": {"properties": {"columns": heading}, "required": ["columns"]},
        "then": {"properties": {"rows": rows}},
    }


def _implementations(families: Iterable[str]) -> Schema:
    named = _object(
        {
            "family": {"enum": list(families), "description": "The implementations of tables that are built alike."},
            "only": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "Those of the family that have this network.",
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
        "description": "How the table becomes layers: a family by name, or records by implementation.",
        "if": {"required": ["family"]},
        "then": named,
        "else": records,
    }


_RULE = _object(
    {"integer": {"enum": list(INTEGER_STEPS)}, "divisor": _WHOLE, "minimum": {**_WHOLE, "minimum": 0}},
    ["integer", "divisor", "minimum"],
    "Rounds a scaled width: the integer step, then to a multiple of the divisor, at least the minimum.",
)
_RULE_OF: Schema = {"$ref": "#/$defs/rule"}
_PAIR: Schema = {"anyOf": [_WHOLE, {"type": "string", "pattern": "^[0-9]{1,9}x[0-9]{1,9}$"}]}
_KERNEL: Schema = {"anyOf": [*_PAIR["anyOf"], {"enum": [0, "0"]}]}
_FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
_ALPHA: Schema = {"type": "number", "minimum": 0}
_ALPHAS: Schema = {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}}
_KEYS: dict[str, Schema] = {
    "name": {**_TEXT, "description": "What the network is called in output."},
    "title": {**_TEXT, "description": "The headline of its tables."},
    "source": {
        **_object({"paper": _TEXT, "code": _TEXT, "table": _TEXT}),
        "description": "Where the table was read.",
    },
    "remark": {**_TEXT, "description": "What to know when the paper's totals are compared with these."},
    "input": {
        **_object(
            {
                "channels": _WHOLE,
                "resolution": {
                    "anyOf": [*_PAIR["anyOf"], {"type": "array", "items": _WHOLE, "minItems": 2, "maxItems": 2}]
                },
            },
            ["channels", "resolution"],
        ),
        "description": "Channels and resolution (N, HxW or [H, W]) of the input.",
    },
    "published": {
        **_object({"alpha": _ALPHAS, "resolution": {"type": "array", "items": _WHOLE}}),
        "description": "Width multipliers and resolutions that `mbcost validate` takes by default.",
    },
    "shown_as": {
        "enum": list(FORMS),
        "description": "How the paper prints the table: a line a row, or a line a convolution.",
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
_CELLS: dict[str, Schema] = {
    "operator": {
        "anyOf": [
            {"enum": list(OPERATORS)},
            {"type": "string", "pattern": f"^({'|'.join(OPERATORS)}) .+$"},
        ],
        "description": "What the row is, with a kernel behind it where the paper prints one: bottleneck 5x5.",
    },
    "k": {**_KERNEL, "description": "The kernel, 3 or 3x5; 0 is none, for MobileNetV4."},
    "a": {**_KERNEL, "description": "Kernel of MobileNetV4's depthwise layer before the expansion."},
    "g": {**_WHOLE, "description": "Groups of a convolution."},
    "d": {**_WHOLE, "description": "Dilation."},
    "res": {**_FLAG, "description": "With or without a residual connection; empty: where shapes agree."},
    "t": {"type": "number", "minimum": 1, "maximum": EXACT, "description": "Expansion factor of a bottleneck."},
    "exp": {**_WHOLE, "description": "Expanded width of a bottleneck."},
    "c": {"anyOf": [_WHOLE, {"const": "k"}], "description": "Output channels; k is the number of classes."},
    "se": {**_FLAG, "description": "Squeeze-and-excite behind the depthwise layer."},
    "nl": {"type": "string", "description": "Non-linearity, a letter of the implementation's activations: RE, HS."},
    "n": {**_WHOLE, "maximum": MOST_REPEATS, "description": "How often the row is repeated."},
    "s": {**_WHOLE, "description": "Stride of the first repeat; the others have 1."},
    "in": {
        "anyOf": [_WHOLE, {"type": "string", "pattern": f"^({INPUT})$"}],
        "description": "The input that the row prints: 112x112x32, 112^2 x 32, 112x112 or 32 (channels). Only checked.",
    },
}
_MAP: Schema = {"type": "string", "pattern": f"^{flat.SIDE}x{flat.SIDE}x{flat.SIDE}$"}
_LIST_CELLS: dict[str, Schema] = {
    "name": {**_TEXT, "description": "What the layer is called, each another name."},
    "operator": {"enum": list(flat.OPERATORS)},
    "input": {**_MAP, "description": "The map that it reads, HxWxC."},
    "output": {**_MAP, "description": "The map that it makes, HxWxC."},
    "k": {"type": "string", "pattern": f"^{flat.SIDE}x{flat.SIDE}$", "description": "The kernel, HxW."},
    "s": {**_WHOLE, "description": "Stride."},
    "d": {**_WHOLE, "description": "Dilation."},
    "g": {**_WHOLE, "description": "Groups."},
    "bias": _FLAG,
    "norm": {"anyOf": [_WHOLE, {"type": "null"}], "description": "Channels of the norms behind it; ~ without one."},
}
_FUNCTION: Schema = {"enum": list(ACTIVATIONS)}
_PARTS: Schema = {"type": "array", "items": {"enum": list(PARTS)}}
_PADDING: Schema = {"enum": list(PADDINGS)}
_POOL: Schema = {"enum": list(POOLS)}
_FIELDS: dict[str, Schema] = {
    "source": {**_TEXT, "description": "File and version that the rules were read from."},
    "channels": _RULE_OF,
    "channels_of": _object(dict.fromkeys(ROLES, _RULE_OF)),
    "squeeze": _RULE_OF,
    "expansion": {"enum": ["input", "printed"]},
    "unscaled_below": _object(dict.fromkeys(ROLES, _ALPHA)),
    "width_from_input": _object(dict.fromkeys(ROLES, _WHOLE)),
    "padding": _object({"conv": _PADDING, "depthwise": _PADDING, "pool": _PADDING}, ["conv", "depthwise"]),
    "without_residual": {"type": "array", "items": {**_WHOLE, "minimum": 0}},
    "bias": _PARTS,
    "linear": _PARTS,
    "activations": {"type": "object", "additionalProperties": _FUNCTION},
    "squeeze_of": {"enum": list(SQUEEZED)},
    "squeeze_activation": _FUNCTION,
    "squeeze_gate": _FUNCTION,
    "norm_epsilon": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "pool": _POOL,
    "squeeze_pool": _POOL,
    "fused_norm": _FLAG,
}
