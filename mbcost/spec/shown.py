"""How answers are shown in words: the short line of a Python shell, counted nouns, numbers that are estimated."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from math import floor, log10

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


def join_words(words: Iterable[str]) -> str:
    """Return one or more words with commas, and `and` before the last.

    >>> join_words(["a"]), join_words(["a", "b"]), join_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    *others, last = words
    return " and ".join(filter(None, (", ".join(others), last)))


def round_significant(value: float, digits: int) -> float:
    """Round a number to significant digits, so that it is the same on every processor.

    >>> round_significant(1234.56, 3)
    1230.0
    """
    return float(f"{value:.{digits}g}")


def significant_text(value: float, digits: int = 4) -> str:
    """Spell a number of at least 0 with significant digits, without an exponent.

    >>> significant_text(0.0123456), significant_text(6.2), significant_text(123456.7), significant_text(9.99996)
    ('0.01235', '6.200', '123,500', '10.00')
    >>> significant_text(1944.2, 3), significant_text(0)
    ('1,940', '0')
    """
    if value == 0:
        return "0"
    rounded = round_significant(value, digits)
    return f"{rounded:,.{max(0, digits - 1 - floor(log10(abs(rounded))))}f}"


def measured_text(value: float) -> str:
    """Spell a measured number with its own digits, at most six, without an exponent.

    >>> measured_text(6.2), measured_text(1234567.8)
    ('6.2', '1,234,570')
    """
    return f"{round_significant(value, 6):,.10f}".rstrip("0").rstrip(".")
