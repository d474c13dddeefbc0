"""Reads values from YAML nodes, which know their position, so that every problem names its line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import yaml

from mbcost.errors import Position, Problem, SpecError, one_line, suggestion
from mbcost.spec.implementation import EXACT
from mbcost.spec.reading.compose import MOST_VALUES, compose

LONGEST_LINE = 200
"""The characters of the longest name or title, which tables show inside a line."""
MOST_VALUES_OF_GRAPH = 200_000
"""Values in the text of a graph, which has a row per tensor and per operator."""
_OPERATORS = re.compile("^operators:", re.MULTILINE)
MOST_PROBLEMS = 100
"""A file with more problems is probably not a spec, so reading ends there."""
_LONGEST_NUMBER = 20
"""Digits of the longest whole number that is read; 2^53 has 16."""
_LEADING_ZERO = re.compile(r"([-+]?)0[0_]*([0-9][0-9_.]*)")
"""YAML 1.1 reads 010 as 8 and YAML 1.2 as 10."""
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?|[-+]?\.[0-9]+")
_POWER = re.compile(r"([-+]?[0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)")
"""YAML 1.1 reads 1e-5 and 1.5e3 as text, because a number needs a point and a sign after the e."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
"""Control characters except the tab and line breaks."""
_BREAKS = re.compile("[\t\n\x85\u2028\u2029]")
_KINDS = {
    "map": "a mapping",
    "seq": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_TRUTH = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
"""A word that YAML 1.1 reads as a truth value, in lower case -> how to write it."""
_MISSING = yaml.ScalarNode(tag="missing", value="")
"""Stands for a missing node. That it is missing has been reported, so nothing else is reported about it."""


class Reader:
    """Reads values from one YAML document and collects the problems in it.

    A method that meets a problem records it and returns a substitute of the right type, so that one pass finds every
    problem. `finish` raises all of them together.
    """

    def __init__(self, text: str, origin: str, most: int = MOST_VALUES) -> None:
        self.origin = origin
        self.problems: list[tuple[int, int, str]] = []
        root = compose(text, origin, most)
        if not isinstance(root, yaml.MappingNode):
            self.report(root, f"expected a mapping, found {kind_of(root)}")
            self.finish()
        self.root: yaml.Node = root

    def report(self, node: yaml.Node, message: str) -> None:
        """Record a problem at `node`.

        Raises:
            SpecError: this is problem number `MOST_PROBLEMS`.
        """
        if node is not _MISSING:
            self.problems.append((*self.position(node), message))
            if len(self.problems) >= MOST_PROBLEMS:
                self.finish()

    def position(self, node: yaml.Node) -> Position:
        """Return the line and column where `node` starts."""
        return node.start_mark.line + 1, node.start_mark.column + 1

    def finish(self) -> None:
        """Raise the recorded problems, if there are any.

        Raises:
            SpecError: with every recorded problem, in order of position.
        """
        if self.problems:
            raise SpecError(
                Problem(self.origin, line, column, one_line(message))
                for line, column, message in sorted(set(self.problems))
            )

    @contextmanager
    def complete(self) -> Iterator[None]:
        """Raise every problem of the block at its end, even if substitutes for wrong values make the block fail."""
        try:
            yield
        except (ValueError, AssertionError, KeyError):
            if not self.problems:
                raise
        self.finish()

    def mapping(
        self, node: yaml.Node, known: Iterable[str] | None = None, *, instead: str = "", wrong: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        """Return the node of every key. Duplicate keys are problems, and so are keys that are not `known`.

        `instead` is what the message suggests if the node is text; the text replaces its `{}`. Keys that are `wrong`
        are returned, because the caller says what is wrong with them, but they are not suggested.
        """
        if not isinstance(node, yaml.MappingNode):
            remedy = f": did you mean {instead.format(node.value)}?" if instead and _tag(node) == "str" else ""
            self.report(node, f"expected a mapping, found {kind_of(node)}{remedy}")
            return {}
        names = None if known is None else list(known)
        values: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self.report(key, f"expected the name of a key, found {kind_of(key)}")
            elif name in values:
                self.report(key, f"'{name}' is given twice: remove one")
            elif name == "<<":
                self.report(key, "keys that '<<' merges are not read: write the keys themselves")
            elif names is not None and name not in (*names, *wrong):
                self.report(key, f"unknown key '{name}': {suggestion(name, names)}")
            else:
                values[name] = value
        return values

    def require(self, node: yaml.Node, values: dict[str, yaml.Node], key: str) -> yaml.Node:
        """Return the node of `key`. It is a problem if the key is missing."""
        if key in values:
            return values[key]
        if isinstance(node, yaml.MappingNode):
            self.report(node, f"the key '{key}' is missing: add it")
        return _MISSING

    def sequence(self, node: yaml.Node, form: str = "") -> list[yaml.Node]:
        """Return the items of a list; the message shows `form` as the way to write it."""
        if not isinstance(node, yaml.SequenceNode):
            self.report(node, f"expected a list, found {kind_of(node)}{f': write {form}' if form else ''}")
            return []
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        """Return text."""
        return self.text_or_none(node) or ""

    def text_or_none(self, node: yaml.Node) -> str | None:
        """Return text, which may be empty. It is a problem if the node is not text; then the result is None."""
        if not isinstance(node, yaml.ScalarNode) or _tag(node) in ("null", "bool"):
            quotes = f": put it in quotes, '{node.value}'" if _tag(node) == "bool" else ""
            self.report(node, f"expected text, found {kind_of(node)}{quotes}")
            return None
        if match := _CONTROL.search(node.value):
            self.report(node, f"text must not contain the character U+{ord(match[0]):04X}: remove it")
            return None
        return str(node.value)

    def name(self, node: yaml.Node) -> str:
        """Return text that output shows inside a line: it must be one line, not blank, and not too long."""
        name = self.line(node)
        if name is not None and not name.strip():
            self.report(node, "a name must not be blank")
        return name or ""

    def line(self, node: yaml.Node) -> str | None:
        """Return text of one line, which may be empty, and must not be too long. It is None if it is not such text."""
        text = self.text_or_none(node)
        if text is not None and _BREAKS.search(text):
            self.report(node, "this must be one line of text: remove the line break")
            return None
        if text is not None and len(text) > LONGEST_LINE:
            self.report(node, f"this must have at most {LONGEST_LINE} characters, found {len(text):,}: shorten it")
            return None
        return text

    def word(self, node: yaml.Node, kind: str, choices: Iterable[str]) -> str:
        """Return one of `choices`; messages call it a `kind`."""
        word, known = self.text_or_none(node), list(choices)
        if word not in known:
            if word is not None:
                self.report(node, f"unknown {kind} '{word}': {suggestion(word, known)}")
            return known[0]
        return word

    def whole(self, node: yaml.Node, minimum: int = 1, *, also: str = "") -> int:
        """Return a whole number of at least `minimum`. `also` is a word that is accepted instead, for the message."""
        value = self.number(node, minimum, also=also)
        if isinstance(value, int):
            return value
        self.report(node, f"expected a whole number, found {value}{f': write {value:.0f}' if value % 1 == 0 else ''}")
        return minimum

    def number(self, node: yaml.Node, minimum: float = 0, *, infinite: bool = False, also: str = "") -> int | float:
        """Return a number of at least `minimum`, or infinity if `infinite` allows it; `also` is as in `whole`."""
        substitute = max(1, math.ceil(minimum))
        if isinstance(node, yaml.ScalarNode) and (match := _LEADING_ZERO.fullmatch(node.value)):
            self.report(node, f"'{node.value}' starts with a 0, which YAML reads as octal: write {match[1]}{match[2]}")
            return substitute
        if not isinstance(node, yaml.ScalarNode) or _tag(node) not in ("int", "float"):
            self.report(node, f"expected a number, found {kind_of(node)}{_number_remedy(node, also)}")
            return substitute
        if _tag(node) == "int" and len(node.value) > _LONGEST_NUMBER:
            self.report(node, f"{node.value} is too large: it must be at most {EXACT}")
            return substitute
        try:
            value: int | float = int(node.value) if _tag(node) == "int" else float(node.value.replace(".inf", "inf"))
        except ValueError:
            self.report(node, f"expected a decimal number, found '{node.value}'")
            return substitute
        if not value >= minimum:
            self.report(node, f"{node.value} is too small: it must be at least {minimum}")
            return substitute
        if value > EXACT and not (infinite and value == math.inf):
            self.report(node, f"{node.value} is too large: it must be at most {EXACT}")
            return substitute
        return value

    def flag(self, node: yaml.Node) -> bool:
        """Return a truth value, written `true` or `false`."""
        if not isinstance(node, yaml.ScalarNode) or node.value not in ("true", "false"):
            kind = f"'{node.value}': write {_TRUTH[node.value.lower()]}" if _tag(node) == "bool" else kind_of(node)
            self.report(node, f"expected true or false, found {kind}")
            return False
        return str(node.value) == "true"


def is_empty(node: yaml.Node) -> bool:
    """Return whether the node is an empty cell, `~`."""
    return _tag(node) == "null"


def _number_remedy(node: yaml.Node, also: str) -> str:
    """Return the end of a message that says how to write a number; empty if there is nothing to add."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    if also and node.value.lower() == also:
        return f": did you mean '{also}'?"
    if _tag(node) == "bool":
        return ": write it in digits"
    if node.style in ("'", '"') and _NUMBER.fullmatch(node.value):
        return ": remove the quotation marks"
    if not node.style and (match := _POWER.fullmatch(node.value)) and abs(value := float(node.value)) <= EXACT:
        power = f"{match[1]}{match[2] or '.0'}e{match[3] or '+'}{match[4]}"
        return f": write {value:.0f}" if value.is_integer() else f": write {power}"
    return ""


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rsplit(":", 1)[-1]


def kind_of(node: yaml.Node) -> str:
    """Return what the node is and its text, for a message."""
    kind = _KINDS.get(_tag(node), "text")
    return f"{kind} '{node.value}'" if isinstance(node, yaml.ScalarNode) and not is_empty(node) else kind
