"""Composes YAML nodes from text, after refusing what is too large, too deep or tagged, and aliases that multiply.

libyaml's composer recurses in C and crashes the process on some 50,000 nested brackets, so nothing is composed before
the parser's events have been checked. Only nodes are made from a text: no tag ever becomes an object.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from mbcost.errors import Position, Problem, SpecError, one_line

# libyaml is about eight times as fast as the pure Python parser, but not every PyYAML is built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 1_000_000
"""Bytes of the largest text; the largest file that comes with mbcost has 13,000."""
DEEPEST = 50
"""Levels of nesting; a spec has 4."""
_TOO_DEEP = f"nested more than {DEEPEST} levels deep: a spec has 4 levels"
MOST_VALUES = 10_000
"""Values in a text, counting those that aliases repeat; the largest file that comes with mbcost has 1,300."""

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_CLOSING = {"[": "]", "{": "}"}
_REMEDIES = {
    "values are not allowed": ": put text with ': ' in quotes, and a space after the colon of each key",
    "',' or '": ": add the ',' that is missing",
    "'-' indicator": ": indent it like its neighbours, and write nothing after a closing bracket",
    "expected key": ": indent it like its neighbours, and write nothing after a closing bracket",
    "expected ':'": ": write KEY: VALUE",
    "<block end>": ": indent it like its neighbours, and write nothing after a closing bracket",
    "document start": ": the document ends before this: remove it",
}
"""Part of the parser's message -> what to do."""
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.1, section 5.1: every character that is not printable."""


def compose(text: str, origin: str, most: int = MOST_VALUES) -> yaml.Node:
    """Return the root of the one document in `text`, with at most `most` values; messages call the text `origin`.

    Raises:
        SpecError: the text is not YAML, or larger than any spec.
    """
    _check_characters(text, origin)
    check = _EventCheck(origin, most)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            check.check(event)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _malformed(text, origin, error, check.opened) from None
    except yaml.YAMLError as error:
        raise _refusal(origin, 1, 1, f"not YAML: {error}") from None
    if root is None:
        raise _refusal(origin, 1, 1, "the file is empty")
    return root


def lines(text: str) -> list[str]:
    """Return the lines of the text as YAML counts them.

    >>> lines("a: 1" + chr(10) + "b: 2")
    ['a: 1', 'b: 2']
    """
    return _BREAK.split(text)


def _check_characters(text: str, origin: str) -> None:
    if len(text) > LARGEST:
        raise _refusal(origin, 1, 1, f"the file is too large: it must have at most {LARGEST:,} bytes")
    if match := _NOT_YAML.search(text):
        before = lines(text[: match.start()])
        message = f"YAML does not allow the character U+{ord(match[0]):04X}: remove it"
        raise _refusal(origin, len(before), len(before[-1]) + 1, message)


class _Opened(NamedTuple):
    """A list or mapping that is not closed yet."""

    anchor: str | None
    values_before: int
    line: int
    column: int


class _EventCheck:
    """Refuses events of a text that nests too deep, has tags or several documents, or grows too large by aliases.

    Values are counted as if every alias were written out.
    """

    def __init__(self, origin: str, most: int) -> None:
        self.opened: list[_Opened] = []
        """The collections that are open; when the text breaks off, those that were never closed."""
        self._origin = origin
        self._most = most
        self._sizes: dict[str | None, int] = {}
        """Anchor of a complete value -> the number of values in it."""
        self._values = 0
        self._documents = 0

    def check(self, event: Any) -> None:
        """Take the next event.

        Raises:
            SpecError: the text is refused.
        """
        if isinstance(event, yaml.AliasEvent):
            self._count_alias(event)
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            self._count_value(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self.opened.pop()
            if closed.anchor is not None:
                self._sizes[closed.anchor] = self._values - closed.values_before
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refusal(event, "a second document starts here: keep one document per file")
        if self._values > self._most:
            raise self._refusal(
                event, f"more than {self._most:,} values, counting every use of an alias: shorten the file"
            )

    def _count_alias(self, event: Any) -> None:
        anchor = event.anchor
        if any(anchor == collection.anchor for collection in self.opened):
            raise self._refusal(event, f"the alias '*{anchor}' is inside the value that it names: write the value out")
        if anchor not in self._sizes:
            raise self._refusal(
                event, f"the alias '*{anchor}' has no anchor '&{anchor}' before it: write the value out"
            )
        self._values += self._sizes[anchor]

    def _count_value(self, event: Any) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._refusal(event, f"the tag '{tag}' is not allowed: remove it")
        if isinstance(event, yaml.CollectionStartEvent):
            self.opened.append(_Opened(event.anchor, self._values, *_position(event)))
        elif event.anchor is not None:
            self._sizes[event.anchor] = 1
        self._values += 1
        if len(self.opened) > DEEPEST:
            raise self._refusal(event, _TOO_DEEP)

    def _refusal(self, event: Any, message: str) -> SpecError:
        return _refusal(self._origin, *_position(event), message)


def _position(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _malformed(text: str, origin: str, error: yaml.MarkedYAMLError, opened: list[_Opened]) -> SpecError:
    """Return the parser's message at the position where it noticed; a bracket that is never closed is named instead."""
    written = lines(text)
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "nesting depth" in str(error.problem):  # since PyYAML 6.0.4, the parser refuses 1,000 levels before any event
        return _refusal(origin, line, column, _TOO_DEEP)
    rest = "".join(written[line - 1 : line])[column - 1 :]
    is_at_end = not (rest + "".join(written[line:])).strip()
    if is_at_end and error.context_mark and "quoted scalar" in str(error.context):
        start = error.context_mark
        message = "not YAML: this quotation mark is still open at the end of the file: close it"
        return _refusal(origin, start.line + 1, start.column + 1, message)
    brackets = [
        (collection, bracket)
        for collection in opened
        if (bracket := written[collection.line - 1][collection.column - 1 : collection.column]) in _CLOSING
    ]
    if brackets and "while parsing a flow" in str(error.context):
        inner, bracket = brackets[-1]
        still_open = f"not YAML: this '{bracket}' is still open"
        remedy = f"close it with '{_CLOSING[bracket]}'"
        if is_at_end:
            return _refusal(origin, inner.line, inner.column, f"{still_open} at the end of the file: {remedy}")
        if "expected ','" in str(error.problem) and inner.line < line:
            missing = f"{still_open} in line {line}: {remedy}, or add the ',' that is missing"
            return _refusal(origin, inner.line, inner.column, missing)
    if is_at_end:  # the parser sees the end of a text in the line below its last
        last = lines(text.rstrip())
        line, column = min((line, column), (len(last), len(last[-1]) + 1))
    return _refusal(origin, line, column, f"not YAML: {error.problem}{_remedy(str(error.problem), rest)}")


def _remedy(problem: str, rest: str) -> str:
    """Return the end of a message that says what to do about `problem`; `rest` is the rest of the line."""
    if rest.startswith("\t"):
        return ": indent with spaces, not with a tab"
    if "node content" in problem and rest[:1] in (",", "]"):
        return ": write ~ for an empty cell"
    if rest[:1] in _CLOSING.values() and (match := re.search(r"',' or '(.)'", problem)):
        return f": write '{match[1]}' instead of '{rest[0]}'"
    if "cannot start any token" in problem:
        return f": put text that starts with '{rest[:1]}' in quotes"
    return next((remedy for part, remedy in _REMEDIES.items() if part in problem), "")


def _refusal(origin: str, line: int, column: int, message: str) -> SpecError:
    return SpecError([Problem(origin, line, column, one_line(message))])
