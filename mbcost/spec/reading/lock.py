"""YAML → `Lock`, and `Lock` → YAML, which keeps the section of the budgets as somebody wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import yaml

from mbcost.errors import MbcostError, suggestion
from mbcost.spec.lock import COLUMNS, FORMAT, TEXTS, Budgets, Lock, LockedLayer, LockedNetwork, Terms
from mbcost.spec.reading.budgets import Grammar, list_yaml_settings, read_budgets
from mbcost.spec.reading.compose import LARGEST
from mbcost.spec.reading.nodes import Reader, is_empty, kind_of

MOST_VALUES = 200_000
"""Values in a lock; a layer has 9 of them."""
KEYS = ("lock", "mbcost", "convention", "allocator", "dtype", "budgets", "columns", "networks")
NETWORK_KEYS = ("params", "mult-adds", "peak", "flash", "not-counted", "layers")
HEADER = "# mbcost lock writes this file again and keeps the section budgets; mbcost lock --check compares it.\n"
_TERMS = ("convention", "allocator", "dtype")
_AGAIN = "write the lock again with mbcost lock"
_WHOLE = re.compile("0|[1-9][0-9]{0,4000}")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@-]*")


def parse_lock(text: str, origin: str, version: str, grammar: Grammar) -> Lock:
    """Return the lock in a text.

    Args:
        text: the YAML text.
        origin: the file, for messages.
        version: the version of this mbcost, for messages.
        grammar: how budgets are read.

    Raises:
        SpecError: with every problem in the text, or because its format is that of a different version.
    """
    reader = Reader(text, origin, MOST_VALUES)
    _check_format(reader, version)
    with reader.complete():
        values = reader.mapping(reader.root, KEYS)
        terms = Terms(
            **{key: reader.name(values[key]) for key in ("convention", "allocator", "dtype") if key in values}
        )
        _check_columns(reader, reader.require(reader.root, values, "columns"))
        networks = reader.require(reader.root, values, "networks")
        nodes = reader.mapping(networks) if "networks" in values else {}
        locked = {name: _read_network(reader, name, node, networks) for name, node in nodes.items()}
        written_by = reader.name(values["mbcost"]) if "mbcost" in values else ""
    budgets, kept = Budgets(), ""
    if "budgets" in values and not is_empty(values["budgets"]):
        budgets = read_budgets(list_yaml_settings(values["budgets"]), origin, grammar)
        kept = _cut_budgets(reader.root, text)
    return Lock(terms, locked, written_by, budgets, kept)


def _check_format(reader: Reader, version: str) -> None:
    """Refuse what is not a lock, and the lock of a different version.

    Raises:
        SpecError: the document is one of them.
    """
    keys = {key.value: value for key, value in reader.root.value if isinstance(key, yaml.ScalarNode)}
    if "lock" not in keys:
        near = suggestion("lock", [key for key in keys if key not in KEYS]) if len(keys) < 20 else ""
        meant = f" {near}" if near.startswith("did") else ""
        reader.report(reader.root, f"this is not a lock, whose first key is lock: {FORMAT}:{meant} {_AGAIN}")
    elif getattr(keys["lock"], "value", None) != str(FORMAT):
        expected = f"expected version {FORMAT} of locks, which mbcost {version} reads"
        actual = f"found {kind_of(keys['lock'])}"
        reader.report(keys["lock"], f"{expected}, {actual}: install a newer mbcost, or {_AGAIN}")
    reader.finish()


def _check_columns(reader: Reader, node: yaml.Node) -> None:
    cells = [getattr(cell, "value", "") for cell in reader.sequence(node)] if reader.root is not node else []
    if isinstance(node, yaml.SequenceNode) and cells != list(COLUMNS):
        reader.report(node, f"expected the columns {', '.join(COLUMNS)}: {_AGAIN}")


def _read_network(reader: Reader, name: str, node: yaml.Node, parent: yaml.Node) -> LockedNetwork:
    values = reader.mapping(node, NETWORK_KEYS)
    rows = reader.require(node, values, "layers")
    layers = tuple(_read_layer(reader, row) for row in reader.sequence(rows)) if "layers" in values else ()
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            reader.problems.append((layer.line, 1, f"the layer '{layer.name}' of {name} is given twice: {_AGAIN}"))
        seen.add(layer.name)
    totals = {
        key: _read_whole(reader, reader.require(node, values, key)) if key in values or key not in ("peak", "flash")
        else None
        for key in ("params", "mult-adds", "peak", "flash")
    }  # fmt: skip
    not_counted = reader.mapping(values["not-counted"]) if "not-counted" in values else {}
    key = next((key for key, value in parent.value if value is node), node)
    return LockedNetwork(
        name,
        totals["params"] or 0,
        totals["mult-adds"] or 0,
        totals["peak"],
        totals["flash"],
        layers,
        {operator: _read_whole(reader, count) for operator, count in not_counted.items()},
        reader.position(key)[0],
    )


def _read_layer(reader: Reader, row: yaml.Node) -> LockedLayer:
    cells = reader.sequence(row, f"[{', '.join(COLUMNS)}]")
    line = reader.position(row)[0]
    if len(cells) != len(COLUMNS):
        if isinstance(row, yaml.SequenceNode):
            reader.report(row, f"expected {len(COLUMNS)} cells ({', '.join(COLUMNS)}), found {len(cells)}: {_AGAIN}")
        return LockedLayer(("",) * len(TEXTS), 0, 0, line)
    texts = tuple("" if is_empty(cell) else reader.text(cell) for cell in cells[: len(TEXTS)])
    params, mult_adds = (_read_whole(reader, cell) for cell in cells[len(TEXTS) :])
    return LockedLayer(texts, params, mult_adds, line)


def _read_whole(reader: Reader, node: yaml.Node) -> int:
    if not isinstance(node, yaml.ScalarNode) or not _WHOLE.fullmatch(node.value):
        reader.report(node, f"expected a whole number, found {kind_of(node)}: {_AGAIN}")
        return 0
    return int(node.value)


def _cut_budgets(root: yaml.Node, text: str) -> str:
    """Return the lines of the section of the budgets, with the comments directly above it and inside."""
    pairs = root.value
    index = next(index for index, (key, _) in enumerate(pairs) if key.value == "budgets")
    key, value = pairs[index]
    if getattr(root, "flow_style", False):
        return f"budgets: {text[value.start_mark.index : value.end_mark.index]}\n"
    lines = text.splitlines()
    first = key.start_mark.line
    while first and lines[first - 1].startswith("#") and lines[first - 1].strip() != HEADER.strip():
        first -= 1
    last = pairs[index + 1][0].start_mark.line if index + 1 < len(pairs) else len(lines)
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
        last -= 1
    return "".join(f"{line.rstrip()}\n" for line in lines[first:last])


def write_lock(lock: Lock, grammar: Grammar) -> str:
    """Return the text of a lock; reading it gives the same lock. Networks are in alphabetical order.

    Raises:
        MbcostError: the text would be too large, or the section of the budgets does not stay what it is.
    """
    text = "".join(_write_parts(lock))
    if len(text) > LARGEST or 9 * sum(len(network.layers) for network in lock.networks.values()) > MOST_VALUES - 1_000:
        raise MbcostError(f"the lock would have more than {LARGEST:,} bytes or {MOST_VALUES:,} values: write several")
    try:
        again = parse_lock(text, "lock", lock.written_by, grammar)
    except MbcostError as error:
        raise MbcostError(f"the budgets of the lock cannot be kept: {error}: write them as plain YAML") from None
    if again.budgets != lock.budgets:
        raise MbcostError("the budgets of the lock cannot be kept: write them as plain YAML, without anchors")
    assert (again.terms, dict(again.networks)) == (lock.terms, dict(lock.networks)), "it is read as it was written"
    return text


def _write_parts(lock: Lock) -> Iterator[str]:
    terms = lock.terms
    yield f"{HEADER}lock: {FORMAT}\nmbcost: {_write_text(lock.written_by)}\n"
    yield f"convention: {terms.convention}\nallocator: {terms.allocator}\ndtype: {terms.dtype}\n"
    if lock.kept:
        yield f"\n{lock.kept}\n"
    yield f"columns: [{', '.join(COLUMNS)}]\n"
    yield "networks:\n" if lock.networks else "networks: {}\n"
    for name, network in sorted(lock.networks.items()):
        text = _write_text(name)
        yield f"  {text}:\n" if len(text) <= 120 else f"  ? {text}\n  :\n"
        yield from _write_network(network)


def _write_network(network: LockedNetwork) -> Iterator[str]:
    yield f"    params: {network.params}\n    mult-adds: {network.mult_adds}\n"
    for key, value in (("peak", network.peak), ("flash", network.flash)):
        if value is not None:
            yield f"    {key}: {value}\n"
    if network.not_counted:
        pairs = ", ".join(f"{_write_text(name)}: {count}" for name, count in sorted(network.not_counted.items()))
        yield f"    not-counted: {{{pairs}}}\n"
    yield "    layers:\n" if network.layers else "    layers: []\n"
    for layer in network.layers:
        yield f"      - [{_write_cells(layer.texts)}, {layer.params}, {layer.mult_adds}]\n"


def _write_cells(texts: Sequence[str]) -> str:
    name, *features = texts
    return ", ".join([_write_text(name), *map(_write_feature, features)])


def _write_feature(text: str) -> str:
    if text.isascii() and text.isdecimal():
        return text  # the reader takes numbers as text, too
    return _write_text(text) if text else "~"


@lru_cache(maxsize=2**12)
def _write_text(text: str) -> str:
    """Return text on one line, which every reader of YAML takes for text."""
    if _PLAIN.fullmatch(text) and _is_text(text):
        return text
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    dumped: str = yaml.safe_dump(text, allow_unicode=True, width=float("inf"), default_style='"')
    return dumped.rstrip("\n")


def _is_text(text: str) -> bool:
    """Return whether YAML takes these characters for text, and not for a number, a date or a truth value."""
    resolver: Any = yaml.SafeLoader
    patterns = resolver.yaml_implicit_resolvers.get(text[:1], ())
    return not any(pattern.match(text) for _, pattern in patterns)
