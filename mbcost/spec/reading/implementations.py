"""YAML text -> `Implementation`s, with every problem located."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import yaml

from mbcost.spec.implementation import (
    INTEGER_STEPS,
    PADDINGS,
    POOLS,
    ROLES,
    ChannelRule,
    Implementation,
    LayerRules,
    Padding,
)
from mbcost.spec.reading.nodes import Reader

SQUEEZED = ("expanded", "input")
ACTIVATIONS = ("relu", "relu6", "hard_swish", "hard_sigmoid", "swish", "sigmoid")
NORMED_PARTS = (
    "conv", "start", "expand", "depthwise", "pointwise", "project", "conv1", "conv2", "reduce", "restore", "shortcut",
)  # fmt: skip
PARTS = (*NORMED_PARTS, "se.reduce", "se.expand", "head", "classifier")

_BY_NAME = "{{family: {}}}"
"""How a spec takes over a family that comes with mbcost."""


def parse_family(text: str, origin: str) -> dict[str, Implementation]:
    """Implementations by name; the first record is complete, the others state what differs from it.

    Raises:
        SpecError: with every problem that was found.
    """
    reader = Reader(text, origin)
    with reader.complete():
        family = read_family(reader, reader.root)
    return family


def read_family(reader: Reader, node: yaml.Node) -> dict[str, Implementation]:
    """The records under `node`: the first one complete, the others with what differs from it."""
    records = reader.mapping(node, instead=_BY_NAME)
    if not records:
        if isinstance(node, yaml.MappingNode):
            reader.problem(node, "expected at least one implementation")
        return {}
    first = next(iter(records))
    base = reader.mapping(records[first], FIELDS, instead=_BY_NAME)
    missing = set(FIELDS) - set(DEFAULTS) - set(base) if isinstance(records[first], yaml.MappingNode) else set()
    for key in missing:
        reader.problem(records[first], f"the first implementation must be complete: '{key}' is missing")
    reader.finish()
    return {
        name: _implementation(reader, name, {**base, **reader.mapping(record, FIELDS)})
        for name, record in records.items()
    }


def _implementation(reader: Reader, name: str, values: Mapping[str, yaml.Node]) -> Implementation:
    read = {field: reads(reader, values[field]) for field, reads in FIELDS.items() if field in values}
    complete = {**DEFAULTS, **read}
    rules = LayerRules(**{field.name: complete.pop(field.name) for field in fields(LayerRules)})
    return Implementation(name=name, layer_rules=rules, **complete)


def _rule(reader: Reader, node: yaml.Node) -> ChannelRule:
    values = reader.mapping(node, ("integer", "divisor", "minimum"))
    return ChannelRule(
        integer=reader.word(reader.require(node, values, "integer"), "integer step", INTEGER_STEPS),
        divisor=reader.whole(reader.require(node, values, "divisor")),
        minimum=reader.whole(reader.require(node, values, "minimum"), 0),
    )


def _rules(reader: Reader, node: yaml.Node) -> dict[str, ChannelRule]:
    return {role: _rule(reader, rule) for role, rule in reader.mapping(node, ROLES).items()}


def _thresholds(reader: Reader, node: yaml.Node) -> dict[str, float]:
    return {role: float(reader.number(alpha, infinite=True)) for role, alpha in reader.mapping(node, ROLES).items()}


def _factors(reader: Reader, node: yaml.Node) -> dict[str, int]:
    return {role: reader.whole(factor) for role, factor in reader.mapping(node, ROLES).items()}


def _padding(reader: Reader, node: yaml.Node) -> Padding:
    values = reader.mapping(node, ("conv", "depthwise", "pool"))
    read = {
        kind: reader.word(reader.require(node, values, kind), "padding", PADDINGS) for kind in ("conv", "depthwise")
    }
    pool = reader.word(values["pool"], "padding", PADDINGS) if "pool" in values else read["conv"]
    return Padding(**read, pool=pool)


def _parts(reader: Reader, node: yaml.Node) -> frozenset[str]:
    return frozenset(reader.word(item, "part", PARTS) for item in reader.sequence(node))


def _stages(reader: Reader, node: yaml.Node) -> frozenset[int]:
    return frozenset(reader.whole(item, 0) for item in reader.sequence(node))


def _activations(reader: Reader, node: yaml.Node) -> dict[str, str]:
    return {letter: _activation(reader, name) for letter, name in reader.mapping(node).items()}


def _activation(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "activation", ACTIVATIONS)


def _pool(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "pool", POOLS)


def _squeezed(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "width", SQUEEZED)


def _expansion(reader: Reader, node: yaml.Node) -> str:
    return reader.word(node, "expansion", ("input", "printed"))


def _epsilon(reader: Reader, node: yaml.Node) -> float:
    problems, epsilon = len(reader.problems), float(reader.number(node))
    if len(reader.problems) == problems and not 0 < epsilon < 1:
        reader.problem(node, "an epsilon lies between 0 and 1")
    return epsilon


FIELDS: dict[str, Callable[[Reader, yaml.Node], Any]] = {
    "source": Reader.text,
    "channels": _rule,
    "channels_of": _rules,
    "squeeze": _rule,
    "squeeze_of": _squeezed,
    "expansion": _expansion,
    "unscaled_below": _thresholds,
    "width_from_input": _factors,
    "padding": _padding,
    "without_residual": _stages,
    "bias": _parts,
    "linear": _parts,
    "activations": _activations,
    "squeeze_activation": _activation,
    "squeeze_gate": _activation,
    "norm_epsilon": _epsilon,
    "pool": _pool,
    "squeeze_pool": _pool,
    "fused_norm": Reader.flag,
}
DEFAULTS: dict[str, Any] = {
    "channels_of": {},
    "without_residual": frozenset(),
    "unscaled_below": {},
    "width_from_input": {},
    "squeeze": ChannelRule("none", divisor=1, minimum=1),
    "squeeze_of": "expanded",
    "squeeze_activation": "relu",
    "squeeze_gate": "sigmoid",
    "squeeze_pool": "adaptive",
}
"""Fields that also the first record can leave out; ReLU and a sigmoid gate are those of the paper on
squeeze-and-excite (arXiv:1709.01507, equation 3)."""
