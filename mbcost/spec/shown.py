"""The short line by which a Python shell shows an answer."""

from __future__ import annotations

from collections.abc import Sized

from mbcost.errors import escape, shorten

LONGEST = 200
"""The characters of the longest line."""


def show(answer: object, text: str) -> str:
    r"""Return the class of an answer and a text about it, in one printable line of limited length.

    >>> show(1, "one" + chr(10) + "line")
    '<int: one\\nline>'
    """
    return f"<{shorten(f'{type(answer).__name__}: {escape(text)}', LONGEST - 2)}>"


def count(items: Sized, noun: str) -> str:
    """Return how many items there are.

    >>> count("a", "letter"), count("", "letter")
    ('1 letter', '0 letters')
    """
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
