"""Reads implementations from YAML: one record per field, from which the reader and the JSON Schema are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import yaml

from mbcost.spec.implementation import (
    FRAMEWORKS,
    INTEGER_STEPS,
    PADDINGS,
    POOLS,
    ROLES,
    STRIDED,
    ChannelRule,
    Implementation,
    LayerRules,
    Padding,
)
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.reading.values import FLAG, TEXT, WHOLE, Schema, schema_of_mapping

EXPANSIONS = ("input", "printed")
SQUEEZED = ("expanded", "input")
ACTIVATIONS = ("relu", "relu6", "hard_swish", "hard_sigmoid", "swish", "sigmoid")
NORMED_PARTS = (
    "conv", "start", "expand", "depthwise", "pointwise", "project", "conv1", "conv2", "reduce", "restore", "shortcut",
)  # fmt: skip
PARTS = (*NORMED_PARTS, "se.reduce", "se.expand", "head", "classifier")

_BY_NAME = "{{family: {}}}"
"""How a spec names a family that comes with mbcost."""


@dataclass(frozen=True)
class ImplementationField:
    """A field of `Implementation` as YAML states it."""

    read: Callable[[Reader, yaml.Node], Any]
    schema: Schema
    default: Any = None
    """The value if the first record leaves the field out; None if the first record must state it."""


def parse_family(text: str, origin: str) -> dict[str, Implementation]:
    """Return implementations by name. The first record is complete, the others state what differs from it.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        family = read_family(reader, reader.root)
    return family


def read_family(reader: Reader, node: yaml.Node) -> dict[str, Implementation]:
    """Return the implementations under `node`; see `parse_family`."""
    records = reader.mapping(node, instead=_BY_NAME)
    if not records:
        if isinstance(node, yaml.MappingNode):
            reader.report(node, "expected at least one implementation")
        return {}
    first = next(iter(records.values()))
    base = reader.mapping(first, FIELDS, instead=_BY_NAME)
    for name, field in FIELDS.items():
        if field.default is None and name not in base and isinstance(first, yaml.MappingNode):
            reader.report(first, f"the first implementation must be complete: '{name}' is missing")
    reader.finish()
    return {
        name: _read_implementation(reader, name, {**base, **reader.mapping(record, FIELDS)})
        for name, record in records.items()
    }


def _read_implementation(reader: Reader, name: str, values: Mapping[str, yaml.Node]) -> Implementation:
    stated = {key: field.read(reader, values[key]) if key in values else field.default for key, field in FIELDS.items()}
    rules = LayerRules(**{field.name: stated.pop(field.name) for field in fields(LayerRules) if field.name in stated})
    lists = {"bias": rules.bias, "bias_and_norm": rules.bias_and_norm, "bare": rules.bare}
    for (first, parts), (second, others) in combinations(lists.items(), 2):
        if (both := sorted(parts & others)) and second in values:
            reader.report(values[second], f"'{both[0]}' is in '{first}' as well: remove it from one of them")
    return Implementation(name=name, layer_rules=rules, **stated)


def _read_rule(reader: Reader, node: yaml.Node) -> ChannelRule:
    values = reader.mapping(node, ("integer", "divisor", "minimum", "up"))
    return ChannelRule(
        integer=reader.word(reader.require(node, values, "integer"), "integer step", INTEGER_STEPS),
        divisor=reader.whole(reader.require(node, values, "divisor")),
        minimum=reader.whole(reader.require(node, values, "minimum"), 0),
        up="up" in values and reader.flag(values["up"]),
    )


def _read_rules(reader: Reader, node: yaml.Node) -> dict[str, ChannelRule]:
    return {role: _read_rule(reader, rule) for role, rule in reader.mapping(node, ROLES).items()}


def _read_thresholds(reader: Reader, node: yaml.Node) -> dict[str, float]:
    return {role: float(reader.number(alpha, infinite=True)) for role, alpha in reader.mapping(node, ROLES).items()}


def _read_factors(reader: Reader, node: yaml.Node) -> dict[str, int]:
    return {role: reader.whole(factor) for role, factor in reader.mapping(node, ROLES).items()}


def _read_padding(reader: Reader, node: yaml.Node) -> Padding:
    values = reader.mapping(node, ("conv", "depthwise", "pool"))
    padding = {
        kind: reader.word(reader.require(node, values, kind), "padding", PADDINGS) for kind in ("conv", "depthwise")
    }
    pool = reader.word(values["pool"], "padding", PADDINGS) if "pool" in values else padding["conv"]
    return Padding(**padding, pool=pool)


def _read_parts(reader: Reader, node: yaml.Node) -> frozenset[str]:
    return frozenset(reader.word(item, "part", PARTS) for item in reader.sequence(node))


def _read_stages(reader: Reader, node: yaml.Node) -> frozenset[int]:
    return frozenset(reader.whole(item, 0) for item in reader.sequence(node))


def _read_activations(reader: Reader, node: yaml.Node) -> dict[str, str]:
    return {letter: reader.word(name, "activation", ACTIVATIONS) for letter, name in reader.mapping(node).items()}


def _read_epsilon(reader: Reader, node: yaml.Node) -> float:
    problems, epsilon = len(reader.problems), float(reader.number(node))
    if len(reader.problems) == problems and not 0 < epsilon < 1:
        reader.report(node, "an epsilon must lie between 0 and 1")
    return epsilon


def _word_field(kind: str, choices: Iterable[str], default: str | None = None) -> ImplementationField:
    """Return the field that holds one of `choices`; messages call it a `kind`."""
    words = list(choices)
    return ImplementationField(lambda reader, node: reader.word(node, kind, words), {"enum": words}, default)


RULE = schema_of_mapping(
    {"integer": {"enum": list(INTEGER_STEPS)}, "divisor": WHOLE, "minimum": {**WHOLE, "minimum": 0}, "up": FLAG},
    ["integer", "divisor", "minimum"],
    "Rounds a scaled width: the integer step, then to a multiple of the divisor, at least the minimum.",
)
"""The schema to which `_RULE` refers."""
_RULE: Schema = {"$ref": "#/$defs/rule"}
_ALPHA: Schema = {"type": "number", "minimum": 0}
_PARTS: Schema = {"type": "array", "items": {"enum": list(PARTS)}}
_PADDING: Schema = {"enum": list(PADDINGS)}

FIELDS: Mapping[str, ImplementationField] = {
    "source": ImplementationField(
        Reader.text, {**TEXT, "description": "File and version from which the rules were read."}
    ),
    "framework": _word_field("framework", FRAMEWORKS, ""),
    "channels": ImplementationField(_read_rule, _RULE),
    "channels_of": ImplementationField(_read_rules, schema_of_mapping(dict.fromkeys(ROLES, _RULE)), {}),
    "squeeze": ImplementationField(_read_rule, _RULE, ChannelRule("none", divisor=1, minimum=1)),
    "squeeze_of": _word_field("width", SQUEEZED, "expanded"),
    "expansion": _word_field("expansion", EXPANSIONS),
    "expands_always": ImplementationField(Reader.flag, FLAG, False),
    "strided": _word_field("convolution", STRIDED, "inner"),
    "unscaled_below": ImplementationField(_read_thresholds, schema_of_mapping(dict.fromkeys(ROLES, _ALPHA)), {}),
    "width_from_input": ImplementationField(_read_factors, schema_of_mapping(dict.fromkeys(ROLES, WHOLE)), {}),
    "padding": ImplementationField(
        _read_padding,
        schema_of_mapping({"conv": _PADDING, "depthwise": _PADDING, "pool": _PADDING}, ["conv", "depthwise"]),
    ),
    "without_residual": ImplementationField(
        _read_stages, {"type": "array", "items": {**WHOLE, "minimum": 0}}, frozenset()
    ),
    "bias": ImplementationField(_read_parts, _PARTS),
    "bias_and_norm": ImplementationField(_read_parts, _PARTS, frozenset()),
    "bare": ImplementationField(_read_parts, _PARTS, frozenset()),
    "linear": ImplementationField(_read_parts, _PARTS),
    "activations": ImplementationField(
        _read_activations, {"type": "object", "additionalProperties": {"enum": list(ACTIVATIONS)}}
    ),
    # ReLU and a sigmoid gate are those of the paper on squeeze-and-excite (arXiv:1709.01507, equation 3).
    "squeeze_activation": _word_field("activation", ACTIVATIONS, "relu"),
    "squeeze_gate": _word_field("activation", ACTIVATIONS, "sigmoid"),
    "norm_epsilon": ImplementationField(
        _read_epsilon, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    ),
    "pool": _word_field("pool", POOLS),
    "squeeze_pool": _word_field("pool", POOLS, "adaptive"),
    "fused_norm": ImplementationField(Reader.flag, FLAG),
}
