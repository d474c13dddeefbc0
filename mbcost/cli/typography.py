"""Words that have the wrong characters: typographic dashes and blanks, quotation marks, blanks around `=`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from mbcost.errors import escape
from mbcost.spec.catalogue.library import is_file
from mbcost.spec.quantity import Quantity, read_quantity

LONGEST_PATH = 4096
"""The characters of the longest word that can begin with the name of a file."""

_QUOTES = "'\"`´‘’‚“”„«»"
_DASHES = "‐‑‒–—―−﹣－"
_BLANKS = re.compile(r"[^\S \t\r\n]|[\u200b-\u200d\u2060\ufeff]")
"""Blanks that look like the usual one, and those that cannot be seen."""


def find_typography(words: Sequence[str], message: str, *, is_usage: bool = True) -> str | None:
    """Return what is wrong with the characters of a word, if the message is about it.

    A file that exists and a number that can be read with its unit are never wrong. A message about the usage need not
    quote a word that begins with a dash, because the option parser takes such a word apart.

    >>> find_typography(["table", "v2", "–alpha"], "unexpected argument '–alpha'")
    "'–alpha' begins with U+2013, which is not a hyphen: did you mean '--alpha'?"
    """
    for word in words:
        plain = _spell(word)
        if plain == word or not plain or _is_amount(word):
            continue
        is_dashed = word[0] in _DASHES or word[:2] in {f"-{dash}" for dash in _DASHES}
        is_blamed = (is_usage and is_dashed) or any(_quotes(message, part) for part in _list_odd_parts(word))
        if is_blamed and not _begins_with_file(word):
            return f"'{escape(word)}' {_name_character(word, is_dashed=is_dashed)}: did you mean '{plain}'?"
    return None


def _spell(word: str) -> str:
    return " ".join(map(_clean, _BLANKS.sub(" ", word).split()))


def _is_amount(word: str) -> bool:
    """Return whether a word is a number with a prefix or a unit, in which any blank can be read."""
    amount = read_quantity(word)
    return isinstance(amount, Quantity) and bool(amount.prefix or amount.unit)


def _list_odd_parts(word: str) -> Iterator[str]:
    """Yield the word, and those parts of a reference, a list or an option with its value that have odd characters."""
    yield word
    for part in re.split("[=@/:,]", word):
        if part != word and part and _spell(part) != part and not _is_amount(part):
            yield part


def _quotes(message: str, text: str) -> bool:
    """Return whether a message has a text, as it is or escaped, and not only as a part of a longer word."""
    return any(re.search(rf"(?<!\w){re.escape(own)}(?!\w)", message) for own in {text, escape(text)})


def _begins_with_file(word: str) -> bool:
    """Return whether a word, or what follows its `=`, begins with the name of a file that exists."""
    texts = [word, word.partition("=")[2]] if len(word) <= LONGEST_PATH else []
    return any(is_file(text[: end.start()]) for text in texts for end in re.finditer("[@/:]|$", text) if end.start())


def _clean(word: str) -> str:
    """Return a word as the usual characters spell it."""
    plain = unicodedata.normalize("NFKC", word).strip(_QUOTES).rstrip(",;")
    if plain[:1] and plain[0] in _DASHES:
        name = plain.lstrip(_DASHES + "-")
        plain = ("-" if len(name) == 1 else "--") + name
    return re.sub(f"[{_DASHES}]", "-", plain)


def _name_character(word: str, *, is_dashed: bool) -> str:
    if is_dashed:
        dash = next(character for character in word if character in _DASHES)
        return f"begins with U+{ord(dash):04X}, which is not a hyphen"
    if match := _BLANKS.search(word):
        return f"has U+{ord(match[0]):04X}, which is not a usual blank"
    if word[0] in _QUOTES or word[-1] in _QUOTES:
        return "has quotation marks that the shell does not remove"
    if word[-1] in ",;":
        return f"ends with '{word[-1]}'"
    odd = next((character for character in word if not character.isascii()), "")
    return f"has U+{ord(odd):04X}, which is not a usual character" if odd else "has a character too many"


def join_value(words: Sequence[str], message: str | None = None) -> str | None:
    """Return what to do about blanks around the `=` of an option, as in `--alpha = 0.75`.

    Args:
        words: the command line.
        message: what is refused; if it is not about such an option, its blanks are not the cause.

    >>> join_value(["table", "v2", "--alpha", "=", "0.75"])
    "write no blanks around '=': '--alpha=0.75'"
    """
    match = re.search(r"(?:^|\0)(--?[a-z][a-z-]*)(?:\0=\0?|=\0)([^\0-][^\0]*)", "\0".join(words))
    if match is None:
        return None
    value = match[2]
    is_cause = message is None or any(f"'{text}'" in message for text in ("", "=", value, f"={value}"))
    return f"write no blanks around '=': '{match[1]}={escape(value)}'" if is_cause else None
