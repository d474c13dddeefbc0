"""What a call of a layer reads, as Keras 3 and Keras 2 write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

Key = tuple[str, int, int]
"""A result of a layer: the layer's name, which of its calls, and which of the results of that."""
Recorded = Mapping[Key, "list[Optional[int]]"]
"""The shapes of results as far as a file states them."""


@dataclass(frozen=True)
class Node:
    """One call of a layer."""

    operands: tuple[Union[Key, float], ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shapes: Recorded = field(default_factory=dict)

    @property
    def keys(self) -> list[Key]:
        """The results that it reads."""
        return [operand for operand in self.operands if isinstance(operand, tuple)]


def read_nodes(entry: Mapping[str, Any]) -> list[Node]:
    """Return the calls of a layer."""
    return [_read_node(node) for node in entry.get("inbound_nodes") or ()]


def _read_node(node: Any) -> Node:
    operands: list[Key | float] = []
    shapes: dict[Key, list[int | None]] = {}
    arguments: dict[str, Any] = {}
    if isinstance(node, dict):  # Keras 3
        positional, named = node.get("args") or [], dict(node.get("kwargs") or {})
    else:
        positional, named = [node], {}
        for part in _list_extra(node):
            named.update(part)
    for value in positional:
        operands += list(_walk(value, shapes))
        if isinstance(value, int | float) and not isinstance(value, bool):
            operands.append(float(value))
    for name, value in named.items():
        keys = list(_walk(value, shapes))
        operands += keys
        if not keys and name in ("x", "y", "x1", "x2") and isinstance(value, int | float):
            operands.append(float(value))
        elif not keys:
            arguments[name] = value
    return Node(tuple(operands), arguments, shapes)


def _list_extra(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the keyword arguments in a call of Keras 2: the fourth item after the three of a result."""
    if not isinstance(node, list):
        return
    if _is_key(node) and len(node) > 3 and isinstance(node[3], dict):
        yield node[3]
    for part in node:
        if isinstance(part, list):
            yield from _list_extra(part)


def _walk(value: Any, shapes: dict[Key, list[int | None]], depth: int = 0) -> Iterator[Key]:
    """Yield the results in an argument, in order."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value["config"]
        key = _make_key(config["keras_history"])
        if isinstance(config.get("shape"), list):
            shapes[key] = config["shape"]
        yield key
    elif _is_key(value):
        yield _make_key(value)
    elif isinstance(value, list | dict) and depth < 8:
        for part in value if isinstance(value, list) else value.values():
            yield from _walk(part, shapes, depth + 1)


def find_keys(value: Any) -> list[Key]:
    """Return the results that a configuration lists, as `output_layers` does."""
    return list(_walk(value, {}))


def _is_key(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)
        and all(isinstance(number, int) for number in value[1:3])
    )  # fmt: skip


def _make_key(value: list[Any]) -> Key:
    return str(value[0]), int(value[1]), int(value[2])
