"""Kinds of values that several keys and columns of a spec share: their JSON Schema, and how two sides are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from mbcost.spec.implementation import EXACT
from mbcost.spec.reading.nodes import LONGEST_LINE, Reader, kind_of

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "number"]}
LINE: Schema = {**TEXT, "maxLength": LONGEST_LINE}
WHOLE: Schema = {"type": "integer", "minimum": 1, "maximum": EXACT}
FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
SIDES: Schema = {"anyOf": [WHOLE, {"type": "string", "pattern": "^[0-9]{1,9}x[0-9]{1,9}$"}]}
"""Height and width: `3` or `3x5`."""

_PRODUCT = re.compile(r"[0-9]\s*[xX×*]\s*[-+]?[0-9]")
"""Text that is meant as two sides, correctly written or not."""


def read_sides(reader: Reader, node: yaml.Node, forms: str = "3 or 3x5") -> tuple[int, int]:
    """Read height and width, written `3` or `3x5`; `forms` lists the accepted forms in the message."""
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", text)
    if match and int(match[1]) and int(match[2]):
        return int(match[1]), int(match[2])
    if match or isinstance(node, yaml.SequenceNode) or _PRODUCT.search(text):
        reader.report(node, f"expected {forms}, found {kind_of(node)}")
        return 1, 1
    side = reader.whole(node)
    return side, side


def read_resolution(reader: Reader, node: yaml.Node) -> tuple[int, int]:
    """Read height and width, written `224`, `160x224` or `[160, 224]`."""
    if isinstance(node, yaml.SequenceNode) and len(node.value) == 2:
        return reader.whole(node.value[0]), reader.whole(node.value[1])
    return read_sides(reader, node, "160, 160x224 or [160, 224]")


def schema_of_mapping(properties: Mapping[str, Schema], required: Iterable[str] = (), description: str = "") -> Schema:
    """Return the schema of a mapping that has no other keys than `properties`."""
    head = {"description": description} if description else {}
    return {
        **head,
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
