"""What can go wrong, each as one line that says what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterable


class MbcostError(Exception):
    """A mistake of the user's or something missing in the environment. The message is one line."""


class SpecError(MbcostError):
    """A spec that cannot be read. `problems` holds every problem found, each `file:line:column: message`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class MissingLibrary(MbcostError):
    """An optional library that the question needs and that is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        self.library = library
        super().__init__(f"{library} is not installed: pip install 'mbcost[{extra}]'")


def suggestion(word: str, choices: Iterable[str]) -> str:
    """The tail of a message about an unknown word: the near ones, or all of them.

    >>> suggestion("v3-larg", ["v1", "v2", "v3-large"])
    "did you mean 'v3-large'?"
    >>> suggestion("banana", ["v1", "v2"])
    'choose from v1, v2'
    """
    from difflib import get_close_matches  # slow to import, and only needed for a message

    known = list(choices)
    near = get_close_matches(word, known)
    if near:
        return "did you mean " + " or ".join(f"'{match}'" for match in near) + "?"
    return "choose from " + ", ".join(known) if known else "there is none"


def unknown(kind: str, word: str, choices: Iterable[str]) -> MbcostError:
    """The error for a word that names nothing, with the near ones.

    >>> str(unknown("network", "v9", ["v1"]))
    "unknown network 'v9': choose from v1"
    """
    return MbcostError(f"unknown {kind} '{word}': {suggestion(word, choices)}")
