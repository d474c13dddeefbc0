"""YAML text -> nodes, refused before anything grows: too large, too deep, aliases that multiply, tags.

libyaml's composer recurses in C and crashes the process on some 50,000 nested brackets, so nothing is composed before
its events have been walked. Nodes are all that is made of a text: no tag ever becomes an object.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from mbcost.errors import Problem, SpecError, one_line

# libyaml is about eight times as fast as the pure parser; not every PyYAML is built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 1_000_000
"""Bytes of a text; the largest file that comes with mbcost has 13,000."""
DEEPEST = 50
"""Levels of nesting; a spec has four."""
MOST_VALUES = 10_000
"""Values in a text, those that aliases repeat among them; the largest file that comes with mbcost has 1,300."""

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.1, section 5.1: everything but the printable characters."""


def compose(text: str, origin: str) -> yaml.Node:
    """The root of the one document in `text`.

    Raises:
        SpecError: it is no YAML, or more of it than any spec needs.
    """
    _check_characters(text, origin)
    try:
        _check_events(text, origin)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        rest = "".join(lines(text)[line - 1 : line])[column - 1 :]
        remedy = ": indent with spaces, not with a tab" if rest.startswith("\t") else ""
        raise _refusal(origin, line, column, f"not YAML: {error.problem}{remedy}") from None
    except yaml.YAMLError as error:
        raise _refusal(origin, 1, 1, f"not YAML: {error}") from None
    if root is None:
        raise _refusal(origin, 1, 1, "the file is empty")
    return root


def lines(text: str) -> list[str]:
    """The text's lines as YAML counts them.

    >>> lines("a: 1" + chr(10) + "b: 2")
    ['a: 1', 'b: 2']
    """
    return _BREAK.split(text)


def _check_characters(text: str, origin: str) -> None:
    if len(text) > LARGEST:
        raise _refusal(origin, 1, 1, f"the file is too large: the most is {LARGEST:,} bytes")
    if match := _NOT_YAML.search(text):
        before = lines(text[: match.start()])
        message = f"the character U+{ord(match[0]):04X} has no place in YAML: take it out"
        raise _refusal(origin, len(before), len(before[-1]) + 1, message)


def _check_events(text: str, origin: str) -> None:
    """Refuses depth, aliases and tags; values are counted as if every alias were written out."""
    sizes: dict[str | None, int] = {}  # values under each anchor that is complete
    opened: list[tuple[str | None, int]] = []  # anchor of each open collection, and the values before it
    values = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        mark: Any = event.start_mark
        place = (origin, mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            if any(event.anchor == anchor for anchor, _ in opened):
                raise _refusal(*place, f"the alias '*{event.anchor}' stands inside what it names: write it out")
            if event.anchor not in sizes:
                raise _refusal(
                    *place, f"the alias '*{event.anchor}' names nothing: there is no '&{event.anchor}' above it"
                )
            values += sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.tag is not None:
                tag = event.tag.replace("tag:yaml.org,2002:", "!!")
                raise _refusal(*place, f"the tag '{tag}' has no place here: leave it out")
            if isinstance(event, yaml.CollectionStartEvent):
                opened.append((event.anchor, values))
            elif event.anchor is not None:
                sizes[event.anchor] = 1
            values += 1
            if len(opened) > DEEPEST:
                raise _refusal(*place, f"nested more than {DEEPEST} levels deep: a spec has four")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refusal(*place, "a second document starts here: keep one a file")
        if values > MOST_VALUES:
            raise _refusal(
                *place, f"more than {MOST_VALUES:,} values, with every alias written out: no spec has so many"
            )


def _refusal(origin: str, line: int, column: int, message: str) -> SpecError:
    return SpecError([Problem(origin, line, column, one_line(message))])
