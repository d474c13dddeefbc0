"""What can go wrong, each as one line that says what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Position = tuple[int, int]
"""Line and column in a text, both counted from 1."""

LONGEST_MESSAGE = 300
"""Characters; of a longer one, which quotes something overlong, the middle is left out."""


class MbcostError(Exception):
    """A mistake of the user's or something missing in the environment. The message is one line."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a text, and where, both counted from 1. As a string, `file:line:column: message`."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SpecError(MbcostError):
    """A spec that cannot be read. `located` holds every problem found, `problems` the same as strings."""

    def __init__(self, located: Iterable[Problem]) -> None:
        self.located = tuple(located)
        self.problems = tuple(map(str, self.located))
        super().__init__("\n".join(self.problems))


class MissingLibrary(MbcostError):
    """An optional library that the question needs and that is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        super().__init__(f"{library} is not installed: pip install 'mbcost[{extra}]'")


def one_line(message: str) -> str:
    r"""The message as one printable line of a bounded length, whatever it quotes.

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
    """The tail of a message about an unknown word: the near ones, whatever their case, or all of them.

    `meanings` has other words for the choices, in lower case: what people write who mean one.

    >>> suggestion("v3-larg", ["v1", "v2", "v3-large"])
    "did you mean 'v3-large'?"
    >>> suggestion("banana", ["v1", "v2"])
    'choose from v1, v2'
    >>> suggestion("Stride", ["c", "s"], {"channels": "c", "stride": "s"})
    "did you mean 's'?"
    """
    from difflib import get_close_matches  # slow to import, and only needed for a message

    known = list(choices)
    words = {**{choice.lower(): choice for choice in known}, **(meanings or {})}
    wanted = word[:LONGEST_MESSAGE].lower()
    close = [wanted] if wanted in words else get_close_matches(wanted, words)
    near = dict.fromkeys(words[match] for match in close)
    if near:
        return "did you mean " + " or ".join(f"'{match}'" for match in near) + "?"
    return "choose from " + ", ".join(known) if known else "there is none"


def unknown(kind: str, word: str, choices: Iterable[str]) -> MbcostError:
    """The error for a word that names nothing, with the near ones.

    >>> str(unknown("network", "v9", ["v1"]))
    "unknown network 'v9': choose from v1"
    """
    return MbcostError(f"unknown {kind} '{word}': {suggestion(word, choices)}")
