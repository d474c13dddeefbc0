"""YAML read as a tree of nodes that know their place, so that every problem can name line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import yaml

from mbcost.errors import Position, Problem, SpecError, one_line, suggestion
from mbcost.spec.implementation import EXACT
from mbcost.spec.reading.compose import compose

MOST_PROBLEMS = 100
"""A file with more is not what it is taken for; the search ends there."""
_LONGEST_NUMBER = 20
"""Digits of a whole number; 2^53 has 16."""
_LEADING_ZERO = re.compile(r"([-+]?)0[0_]*([0-9][0-9_.]*)")
"""YAML 1.1 reads 010 as 8 and YAML 1.2 as 10."""
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?|[-+]?\.[0-9]+")
_POWER = re.compile(r"([-+]?[0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)")
"""YAML 1.1 takes 1e-5 and 1.5e3 for text: a number has a point and a sign behind the e."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
"""Control characters but the tab and line breaks."""
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
_MISSING = yaml.ScalarNode(tag="missing", value="")
"""Stands for a node that is not there, which has been reported: nothing more is said of it."""


class Reader:
    """Reads values out of one YAML document and collects what is wrong with it.

    A reading method that meets a problem records it and returns a stand-in of the right type, so that one pass finds
    every problem; `finish` raises them together.
    """

    def __init__(self, text: str, origin: str) -> None:
        self.origin = origin
        self.problems: list[tuple[int, int, str]] = []
        root = compose(text, origin)
        if not isinstance(root, yaml.MappingNode):
            self.problem(root, f"expected a mapping, found {kind_of(root)}")
            self.finish()
        self.root: yaml.Node = root

    def problem(self, node: yaml.Node, message: str) -> None:
        """Record that `node` is wrong.

        Raises:
            SpecError: that makes `MOST_PROBLEMS`.
        """
        if node is not _MISSING:
            self.problems.append((*self.position(node), message))
            if len(self.problems) >= MOST_PROBLEMS:
                self.finish()

    def position(self, node: yaml.Node) -> Position:
        """Where a node starts."""
        return node.start_mark.line + 1, node.start_mark.column + 1

    def finish(self) -> None:
        """Raise every recorded problem.

        Raises:
            SpecError: there was at least one, in order of place.
        """
        if self.problems:
            raise SpecError(
                Problem(self.origin, line, column, one_line(message))
                for line, column, message in sorted(set(self.problems))
            )

    @contextmanager
    def complete(self) -> Iterator[None]:
        """Everything recorded inside the block is raised at its end, also when stand-ins make the block fail."""
        try:
            yield
        except (ValueError, AssertionError, KeyError):
            if not self.problems:
                raise
        self.finish()

    def mapping(
        self, node: yaml.Node, known: Iterable[str] | None = None, *, instead: str = ""
    ) -> dict[str, yaml.Node]:
        """Key -> node; duplicate keys and keys that are not `known` are problems.

        `instead` is what to write where there is text and no mapping, with the text for its `{}`.
        """
        if not isinstance(node, yaml.MappingNode):
            remedy = f": did you mean {instead.format(node.value)}?" if instead and _tag(node) == "str" else ""
            self.problem(node, f"expected a mapping, found {kind_of(node)}{remedy}")
            return {}
        names = None if known is None else list(known)
        values: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self.problem(key, f"expected the name of a key, found {kind_of(key)}")
            elif name in values:
                self.problem(key, f"'{name}' stands here twice: keep one")
            elif name == "<<":
                self.problem(key, "keys that '<<' merges are not read: write them out")
            elif names is not None and name not in names:
                self.problem(key, f"unknown key '{name}': {suggestion(name, names)}")
            else:
                values[name] = value
        return values

    def require(self, node: yaml.Node, values: dict[str, yaml.Node], key: str) -> yaml.Node:
        """The node of `key`; its absence is a problem."""
        if key in values:
            return values[key]
        if isinstance(node, yaml.MappingNode):
            self.problem(node, f"the key '{key}' is missing")
        return _MISSING

    def sequence(self, node: yaml.Node, form: str = "") -> list[yaml.Node]:
        """The items of a list; `form` is how it is written, for the message."""
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, f"expected a list, found {kind_of(node)}{f': write {form}' if form else ''}")
            return []
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        """A piece of text."""
        return self.text_or_none(node) or ""

    def text_or_none(self, node: yaml.Node) -> str | None:
        """A piece of text, which may be empty; None where there is none, which is a problem."""
        if not isinstance(node, yaml.ScalarNode) or _tag(node) in ("null", "bool"):
            quotes = f": put it in quotes, '{node.value}'" if _tag(node) == "bool" else ""
            self.problem(node, f"expected text, found {kind_of(node)}{quotes}")
            return None
        if match := _CONTROL.search(node.value):
            self.problem(node, f"the character U+{ord(match[0]):04X} has no place in text: take it out")
            return None
        return str(node.value)

    def name(self, node: yaml.Node) -> str:
        """A piece of text that stands inside the lines of answers."""
        name = self.text_or_none(node)
        if name is not None and (not name.strip() or _BREAKS.search(name)):
            self.problem(node, "a name is one line with something in it")
        return name or ""

    def word(self, node: yaml.Node, kind: str, choices: Iterable[str]) -> str:
        """One of `choices`."""
        word, known = self.text_or_none(node), list(choices)
        if word not in known:
            if word is not None:
                self.problem(node, f"unknown {kind} '{word}': {suggestion(word, known)}")
            return known[0]
        return word

    def whole(self, node: yaml.Node, minimum: int = 1, *, also: str = "") -> int:
        """A whole number of at least `minimum`; `also` is the word that can stand in its place, for the message."""
        value = self.number(node, minimum, also=also)
        if isinstance(value, int):
            return value
        self.problem(node, f"expected a whole number, found {value}{f': write {value:.0f}' if value % 1 == 0 else ''}")
        return minimum

    def number(self, node: yaml.Node, minimum: float = 0, *, infinite: bool = False, also: str = "") -> int | float:
        """A number of at least `minimum`; infinity is one where it may be `infinite`, and `also` as for `whole`."""
        stand_in = max(1, math.ceil(minimum))
        if isinstance(node, yaml.ScalarNode) and (match := _LEADING_ZERO.fullmatch(node.value)):
            self.problem(
                node, f"'{node.value}' starts with a 0, which YAML takes for octal: write {match[1]}{match[2]}"
            )
            return stand_in
        if not isinstance(node, yaml.ScalarNode) or _tag(node) not in ("int", "float"):
            self.problem(node, f"expected a number, found {kind_of(node)}{_number_remedy(node, also)}")
            return stand_in
        if _tag(node) == "int" and len(node.value) > _LONGEST_NUMBER:
            self.problem(node, f"{node.value} is too large: the most is {EXACT}")
            return stand_in
        try:
            value: int | float = int(node.value) if _tag(node) == "int" else float(node.value.replace(".inf", "inf"))
        except ValueError:
            self.problem(node, f"expected a decimal number, found '{node.value}'")
            return stand_in
        if not value >= minimum:
            self.problem(node, f"{node.value} is too small: the least is {minimum}")
            return stand_in
        if value > EXACT and not (infinite and value == math.inf):
            self.problem(node, f"{node.value} is too large: the most is {EXACT}")
            return stand_in
        return value

    def flag(self, node: yaml.Node) -> bool:
        """True or false, written `true` or `false`."""
        if not isinstance(node, yaml.ScalarNode) or node.value not in ("true", "false"):
            found = f"'{node.value}': spell it out" if _tag(node) == "bool" else kind_of(node)
            self.problem(node, f"expected true or false, found {found}")
            return False
        return str(node.value) == "true"


def is_empty(node: yaml.Node) -> bool:
    """Whether the node is an empty cell, `~`."""
    return _tag(node) == "null"


def _number_remedy(node: yaml.Node, also: str) -> str:
    """What to write where a number is due, as the tail of a message; empty where that is plain."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    if also and node.value.lower() == also:
        return f": did you mean '{also}'?"
    if _tag(node) == "bool":
        return ": write it in digits"
    if node.style in ("'", '"') and _NUMBER.fullmatch(node.value):
        return ": take the quotation marks away"
    if not node.style and (match := _POWER.fullmatch(node.value)) and abs(value := float(node.value)) <= EXACT:
        power = f"{match[1]}{match[2] or '.0'}e{match[3] or '+'}{match[4]}"
        return f": write {value:.0f}" if value.is_integer() else f": write {power}"
    return ""


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rsplit(":", 1)[-1]


def kind_of(node: yaml.Node) -> str:
    """What stands there, for a message."""
    kind = _KINDS.get(_tag(node), "text")
    return f"{kind} '{node.value}'" if isinstance(node, yaml.ScalarNode) and not is_empty(node) else kind
