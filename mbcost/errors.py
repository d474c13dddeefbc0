"""The errors of mbcost: each message is one line that says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

Position = tuple[int, int]
"""Line and column in a text, both counted from 1."""

STANDARD_INPUT = "<stdin>"
"""What messages call standard input."""
LONGEST_MESSAGE = 20_000
"""The characters of the longest message. A longer one quotes something very long, so its middle is left out."""
LONGEST_LIST = 200
"""The characters of the longest list of words in a message."""
LONGEST_QUERY = 300
"""The characters of a word that are compared with the choices."""


Meanings = Mapping[str, Union[str, tuple[str, ...]]]
"""A word, in lower case, that people write -> the choice that they mean, or several."""


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


class NotText(SpecError):
    """A file that is not text in its encoding, or too large for a spec."""


class MissingLibrary(MbcostError):
    """An optional library that is needed but not installed."""

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        super().__init__(f"{library} is not installed: pip install 'mbcost[{extra}]'")


class UnknownWord(MbcostError):
    """A word that is not one of the choices."""

    def __init__(self, kind: str, word: str, choices: Iterable[str], meanings: Meanings | None = None) -> None:
        self.kind = kind
        self.choices = tuple(choices)
        super().__init__(f"unknown {kind} '{word}': {suggestion(word, self.choices, meanings)}")


def one_line(message: str) -> str:
    r"""Return the message as one printable line of limited length, whatever it quotes.

    >>> one_line("unknown key 'a" + chr(10) + "b'")
    "unknown key 'a\\nb'"
    """
    return shorten(escape(message), LONGEST_MESSAGE)


def escape(text: str) -> str:
    r"""Return the text with every character escaped that is not printable, such as a newline or ESC.

    Shown as it is, such a character would break a line, change colours or reverse the order of what follows.

    >>> escape("a" + chr(0x1B) + "[31m" + chr(0x202E))
    'a\\x1b[31m\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def shorten(text: str, longest: int, gap: str = " … ") -> str:
    """Return the text with `gap` instead of its middle if it has more than `longest` characters.

    >>> shorten("depthwise separable", 11)
    'dept … able'
    """
    if len(text) <= longest:
        return text
    kept = longest - len(gap)
    return text[: kept - kept // 2] + gap + text[len(text) - kept // 2 :]


def suggestion(word: str, choices: Iterable[str], meanings: Meanings | None = None) -> str:
    """Return the end of a message about an unknown word: the similar choices, ignoring case, or all choices.

    `meanings` has other words that people write when they mean a choice.

    >>> suggestion("v3-larg", ["v1", "v2", "v3-large"])
    "did you mean 'v3-large'?"
    >>> suggestion("banana", ["v1", "v2"])
    'choose from v1, v2'
    >>> suggestion("Stride", ["c", "s"], {"channels": "c", "stride": "s"})
    "did you mean 's'?"
    """
    from difflib import get_close_matches  # slow to import, and only needed for a message

    options, word = list(choices), str(word)  # a Python program can give anything
    words: Meanings = {**{choice.lower(): choice for choice in options}, **(meanings or {})}
    query = word[:LONGEST_QUERY].lower()
    matches = [query] if query in words else get_close_matches(query, words)
    meant = (words[match] for match in matches)
    similar = dict.fromkeys(name for names in meant for name in ((names,) if isinstance(names, str) else names))
    if similar:
        return ask_for(similar)
    return f"choose from {enumerate_words(options)}" if options else "there is nothing to choose from"


def ask_for(words: Iterable[str]) -> str:
    """Return the question whether one of the words was meant.

    >>> ask_for(["v1", "v2"])
    "did you mean 'v1' or 'v2'?"
    """
    return "did you mean " + " or ".join(f"'{word}'" for word in words) + "?"


def enumerate_words(words: Sequence[str], longest: int = LONGEST_LIST) -> str:
    """Return the words with commas; if the list has more than `longest` characters, only how many others there are.

    >>> enumerate_words(["v1", "v2", "v3-large", "v3-small"], 21)
    'v1, v2 and 2 others'
    """
    whole, shown = ", ".join(words), list[str]()
    if len(whole) <= longest:
        return whole
    for word in words:
        if shown and len(", ".join([*shown, word])) + len(" and 99 others") > longest:
            break
        shown.append(word)
    rest = len(words) - len(shown)
    return f"{', '.join(shown)} and {rest} other{'s' if rest > 1 else ''}" if rest else whole


def choose(kind: str, word: str, choices: Iterable[str], meanings: Meanings | None = None) -> str:
    """Return the choice that a word means; hyphens, underscores and blanks between its parts are the same.

    An error suggests what `suggestion` does.

    Raises:
        UnknownWord: it means none of them.

    >>> choose("verdict", "out-of-scope", ["exact", "out of scope"])
    'out of scope'
    """
    names = list(choices)
    alike = [name for name in names if _join_parts(name) == _join_parts(word)]
    if word not in names and len(alike) != 1:
        raise unknown(kind, word, names, meanings)
    return word if word in names else alike[0]


def _join_parts(word: str) -> str:
    return word.replace("-", "_").replace(" ", "_")


def unknown(kind: str, word: str, choices: Iterable[str], meanings: Meanings | None = None) -> UnknownWord:
    """Return the error for a word that is not one of the choices, with the similar choices; see `suggestion`.

    >>> str(unknown("network", "v9", ["v1"]))
    "unknown network 'v9': choose from v1"
    """
    return UnknownWord(kind, word, choices, meanings)
