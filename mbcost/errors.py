"""The errors of mbcost: each message is one line that says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Position = tuple[int, int]
"""Line and column in a text, both counted from 1."""

LONGEST_MESSAGE = 300
"""Characters of the longest message. A longer one quotes something very long, so its middle is left out."""


class MbcostError(Exception):
    """A mistake of the user, or something that is missing in the environment. The message is one line."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a text, and its position. As a string, it is `file:line:column: message`."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SpecError(MbcostError):
    """A spec that cannot be read. `located` holds every problem, and `problems` the same as strings."""

    def __init__(self, located: Iterable[Problem]) -> None:
        self.located = tuple(located)
        self.problems = tuple(map(str, self.located))
        super().__init__("\n".join(self.problems))


class MissingLibrary(MbcostError):
    """An optional library that is needed but not installed."""

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        super().__init__(f"{library} is not installed: pip install 'mbcost[{extra}]'")


def one_line(message: str) -> str:
    r"""Return the message as one printable line of limited length, whatever it quotes.

    >>> one_line("unknown key 'a" + chr(10) + "b'")
    "unknown key 'a\\nb'"
    """
    if len(message) > LONGEST_MESSAGE:
        half = LONGEST_MESSAGE // 2
        message = f"{message[:half]} … {message[-half:]}"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in message
    )


def suggestion(word: str, choices: Iterable[str], meanings: Mapping[str, str] | None = None) -> str:
    """Return the end of a message about an unknown word: the similar choices, ignoring case, or all choices.

    `meanings` has other words, in lower case, that people write when they mean a choice.

    >>> suggestion("v3-larg", ["v1", "v2", "v3-large"])
    "did you mean 'v3-large'?"
    >>> suggestion("banana", ["v1", "v2"])
    'choose from v1, v2'
    >>> suggestion("Stride", ["c", "s"], {"channels": "c", "stride": "s"})
    "did you mean 's'?"
    """
    from difflib import get_close_matches  # slow to import, and only needed for a message

    options = list(choices)
    words = {**{choice.lower(): choice for choice in options}, **(meanings or {})}
    query = word[:LONGEST_MESSAGE].lower()
    matches = [query] if query in words else get_close_matches(query, words)
    similar = dict.fromkeys(words[match] for match in matches)
    if similar:
        return "did you mean " + " or ".join(f"'{choice}'" for choice in similar) + "?"
    return "choose from " + ", ".join(options) if options else "there is nothing to choose from"


def unknown(kind: str, word: str, choices: Iterable[str]) -> MbcostError:
    """Return the error for a word that is not one of the choices, with the similar choices.

    >>> str(unknown("network", "v9", ["v1"]))
    "unknown network 'v9': choose from v1"
    """
    return MbcostError(f"unknown {kind} '{word}': {suggestion(word, choices)}")
