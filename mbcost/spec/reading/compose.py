"""YAML text -> nodes, refused before anything grows: too large, too deep, aliases that multiply, tags.

libyaml's composer recurses in C and crashes the process on some 50,000 nested brackets, so nothing is composed before
its events have been walked. Nodes are all that is made of a text: no tag ever becomes an object.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

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
_CLOSING = {"[": "]", "{": "}"}
_REMEDIES = {
    "values are not allowed": ": put text with ': ' in quotes, and a space behind the colon of each key",
    "',' or '": ": add the ',' that is missing",
    "'-' indicator": ": indent it as its neighbours, and leave nothing behind a closing bracket",
    "expected key": ": indent it as its neighbours, and leave nothing behind a closing bracket",
    "expected ':'": ": write KEY: VALUE",
    "<block end>": ": indent it as its neighbours, and leave nothing behind a closing bracket",
    "document start": ": the document is complete before this, take it out",
}
"""Part of what the parser says -> what to do."""
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.1, section 5.1: everything but the printable characters."""


def compose(text: str, origin: str) -> yaml.Node:
    """The root of the one document in `text`.

    Raises:
        SpecError: it is no YAML, or more of it than any spec needs.
    """
    _check_characters(text, origin)
    opened: list[_Opened] = []
    try:
        _check_events(text, origin, opened)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _malformed(text, origin, error, opened) from None
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


class _Opened(NamedTuple):
    """A collection that is not complete."""

    anchor: str | None
    before: int
    """Values before it."""
    line: int
    column: int


def _check_events(text: str, origin: str, opened: list[_Opened]) -> None:
    """Refuses depth, aliases and tags; values are counted as if every alias were written out.

    `opened` is empty before and after; when the text breaks off, it holds what is open there.
    """
    sizes: dict[str | None, int] = {}  # values under each anchor that is complete
    values = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        mark: Any = event.start_mark
        place = (origin, mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            if any(event.anchor == each.anchor for each in opened):
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
                opened.append(_Opened(event.anchor, values, *place[1:]))
            elif event.anchor is not None:
                sizes[event.anchor] = 1
            values += 1
            if len(opened) > DEEPEST:
                raise _refusal(*place, f"nested more than {DEEPEST} levels deep: a spec has four")
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = opened.pop()
            if closed.anchor is not None:
                sizes[closed.anchor] = values - closed.before
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refusal(*place, "a second document starts here: keep one a file")
        if values > MOST_VALUES:
            raise _refusal(
                *place, f"more than {MOST_VALUES:,} values, with every alias written out: no spec has so many"
            )


def _malformed(text: str, origin: str, error: yaml.MarkedYAMLError, opened: list[_Opened]) -> SpecError:
    """What the parser says where it noticed; what is never closed is named where it opened."""
    written = lines(text)
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    rest = "".join(written[line - 1 : line])[column - 1 :]
    ended = not (rest + "".join(written[line:])).strip()
    if ended and error.context_mark and "quoted scalar" in str(error.context):
        start = error.context_mark
        message = "not YAML: this quotation mark is still open at the end of the file: close it"
        return _refusal(origin, start.line + 1, start.column + 1, message)
    starts = [(each, written[each.line - 1][each.column - 1 : each.column]) for each in opened]
    brackets = [(each, bracket) for each, bracket in starts if bracket in _CLOSING]
    if brackets and "while parsing a flow" in str(error.context):
        inner, bracket = brackets[-1]
        still_open = f"not YAML: this '{bracket}' is still open"
        remedy = f"close it with '{_CLOSING[bracket]}'"
        if ended:
            return _refusal(origin, inner.line, inner.column, f"{still_open} at the end of the file: {remedy}")
        if "expected ','" in str(error.problem) and inner.line < line:
            missing = f"{still_open} in line {line}: {remedy}, or add the ',' that is missing"
            return _refusal(origin, inner.line, inner.column, missing)
    if ended:  # for the parser a text ends in the line below its last
        last = lines(text.rstrip())
        line, column = min((line, column), (len(last), len(last[-1]) + 1))
    return _refusal(origin, line, column, f"not YAML: {error.problem}{_remedy(str(error.problem), rest)}")


def _remedy(problem: str, rest: str) -> str:
    """What to do about what the parser says, as the tail of a message; `rest` is the line from there on."""
    if rest.startswith("\t"):
        return ": indent with spaces, not with a tab"
    if "node content" in problem and rest[:1] in (",", "]"):
        return ": write ~ for an empty cell"
    if rest[:1] in _CLOSING.values() and (match := re.search(r"',' or '(.)'", problem)):
        return f": write '{match[1]}' for '{rest[0]}'"
    if "cannot start any token" in problem:
        return f": put text that starts with '{rest[:1]}' in quotes"
    return next((remedy for part, remedy in _REMEDIES.items() if part in problem), "")


def _refusal(origin: str, line: int, column: int, message: str) -> SpecError:
    return SpecError([Problem(origin, line, column, one_line(message))])
