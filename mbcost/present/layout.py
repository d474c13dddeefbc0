"""How a table fits a terminal: which columns are shown, how wide they are, and where their cells are wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mbcost.present.table import Column, Share, Table, text_of

GAP = 2
"""The terminal cells between two columns."""
MOST_LINES = 2
"""A column is left out, if it may be, before a cell takes more lines than this."""
NARROWEST = 12
"""If whole words do not fit, a column of text has at least this many terminal cells."""
_PIECES = re.compile(r"[^-/@:,._=]*[-/@:,._=]*")
"""A long word is broken after these characters, if it has any."""
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,x%]*")
"""A number or a size such as 112x112x32, which is never broken."""
_COUNT = re.compile(r"\(?[-+]?[0-9][0-9.,]*")
"""A number before the word that says of what."""
UNITS = ("%", "B", "KiB", "MiB", "GiB", "TiB", "ms", "us")
"""What is not separated from the word before it."""


@dataclass(frozen=True)
class Part:
    """Columns side by side: their widths in terminal cells, and the texts of all cells."""

    columns: tuple[Column[Any], ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    footer: tuple[str, ...] | None
    shares: tuple[bool, ...]
    """Whether the column has shares, which are drawn with a bar."""


@dataclass(frozen=True)
class Layout:
    """A table as parts that fit a terminal, one below the other: one, unless the columns asked for do not fit."""

    parts: tuple[Part, ...]
    hidden: tuple[str, ...]
    """The headers that are left out, as shown."""
    full: int
    """The terminal cells in which the whole table fits unwrapped."""


@dataclass(frozen=True)
class _Width:
    """What one column needs, in terminal cells."""

    full: int
    """Nothing is wrapped."""
    easy: int
    """Headers are wrapped, and text to `MOST_LINES` lines."""
    words: int
    """Text is wrapped, but no word is broken."""
    least: int
    """Words of text are broken. Numbers never are."""
    is_empty: bool
    """Whether no row has text here, so that the column goes first."""
    has_text: bool = False
    """Whether its cells are wrapped, not only its header."""


def lay_out(table: Table, width: int | None = None) -> Layout:
    """Return the columns that fit `width` terminal cells; None is any width.

    Columns are left out by importance, but never one that the user asked for or sorts by. What does not fit then is
    wrapped inside its cell, and if that is not enough, the remaining columns continue below, after the first column.
    """
    texts = [[text_of(cell) for cell in row] for row in table.rows]
    footer = None if table.footer is None else [text_of(cell) for cell in table.footer]
    needs = [_measure(table, index, texts, footer) for index in range(len(table.columns))]
    full = _total([need.full for need in needs])
    if width is None or full <= width:
        every = list(range(len(needs)))
        return Layout((_cut(table, every, [need.full for need in needs], texts, footer),), (), full)
    shown = _choose(table, needs, width)
    kept = set(shown)
    hidden = tuple(_name(table, index) for index in range(len(needs)) if index not in kept)
    parts = tuple(
        _cut(table, part, _spread([needs[index] for index in part], width), texts, footer)
        for part in _split(shown, needs, width)
    )
    return Layout(parts, hidden, full)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` terminal cells, at blanks if possible.

    >>> wrap("v3-large-minimalistic is a network", 12)
    ['v3-large-', 'minimalistic', 'is a network']
    """
    return _fill(re.findall(r"\s*\S+", text), text, width)


def wrap_sentence(text: str, width: int) -> list[str]:
    """Break a title, a header or a note as `wrap` does, but not between a number and its word.

    What two blanks separate, as in a title, is a whole: `classes  1000` is two items, `classes 1000` is one.

    >>> wrap_sentence("MobileNetV2  alpha 1  classes 1000", 30)
    ['MobileNetV2  alpha 1', 'classes 1000']
    >>> wrap_sentence("the smallest value is 3.5 MiB", 25)
    ['the smallest value is', '3.5 MiB']
    """
    return _fill(list(_join_words(text, width)), text, width)


def _join_words(text: str, width: int) -> Iterator[str]:
    """Yield the parts of a text that belong together, as far as they fit, each with the blanks before it."""
    for item in re.split(r"(?<=\S)(?=\s{2})", text):
        if count_cells(item.strip()) <= width and item is not text:
            yield item
            continue
        joined = ""
        for word in re.findall(r"\s*\S+", item):
            if (
                joined
                and _belong_together(joined.split()[-1], word.strip())
                and count_cells((joined + word).strip()) <= width
            ):
                joined += word
                continue
            if joined:
                yield joined
            joined = word
        yield joined


def _belong_together(word: str, following: str) -> bool:
    """Return whether the words are a number and its unit, a word and the unit after it, or an option and its value."""
    if following.rstrip(".,:;)") in UNITS or word == "=":
        return True
    if word.startswith("--"):
        return following[0].isdigit()
    return _COUNT.fullmatch(word) is not None and following[0].isalpha()


def _fill(words: Sequence[str], text: str, width: int) -> list[str]:
    """Put words, each with the blanks before it, into lines of at most `width` terminal cells."""
    if count_cells(text) <= width:
        return [text]
    lines = [""]
    for word in words:
        if count_cells(lines[-1] + word) <= width:
            lines[-1] += word
            continue
        pieces = _break(word.lstrip() if lines[-1] else word, width)
        lines[-1:] = pieces if not lines[-1] else [lines[-1], *pieces]
    return lines


def _break(word: str, width: int) -> list[str]:
    """Break a word into lines of at most `width` terminal cells, after a separator if possible."""
    if count_cells(word) <= width:
        return [word]
    lines = [""]
    for piece in filter(None, _PIECES.findall(word)):
        if count_cells(lines[-1] + piece) <= width:
            lines[-1] += piece
            continue
        if lines[-1]:
            lines.append("")
        for character in piece:
            if lines[-1] and count_cells(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return lines


def pad_cells(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> list[str]:
    """Return the cells of a row as wide as their columns, numbers aligned right.

    >>> pad_cells(["a", "1"], [3, 3], [False, True])
    ['a  ', '  1']
    """
    blanks = [" " * (width - count_cells(cell)) for cell, width in zip(cells, widths, strict=True)]
    return [blank + cell if right else cell + blank for cell, blank, right in zip(cells, blanks, numeric, strict=True)]


def count_cells(text: str) -> int:
    """Return the number of terminal cells that a text takes: two for a Chinese, Japanese or Korean character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _measure(table: Table, index: int, texts: Sequence[Sequence[str]], footer: Sequence[str] | None) -> _Width:
    column = table.columns[index]
    cells = {row[index] for row in texts} | ({footer[index]} if footer else set())
    longest, is_empty = max(map(count_cells, cells), default=0), not any(row[index] for row in texts)
    heading = _measure_header(column.header)
    full = max(longest, count_cells(column.header))
    if column.numeric or _has_shares(table, index):
        whole = max(longest, heading)
        return _Width(full, whole, whole, whole, is_empty)
    lengths = {word: count_cells(word) for cell in cells for word in cell.split()}
    words = max([heading, *lengths.values()])
    whole = max((length for word, length in lengths.items() if _NUMBER.fullmatch(word)), default=0)
    easy = min(full, max(words, -(-longest // MOST_LINES)))
    return _Width(full, easy, words, max(min(words, NARROWEST), whole), is_empty, has_text=True)


def _measure_header(header: str) -> int:
    """Return the least width in which a header takes at most `MOST_LINES` lines and no word is broken."""
    width = max(map(count_cells, header.split()), default=0)
    while len(header.split()) > MOST_LINES and len(wrap_sentence(header, width)) > MOST_LINES:
        width += 1
    return width


def _has_shares(table: Table, index: int) -> bool:
    return any(isinstance(row[index], Share) for row in table.rows)


def _choose(table: Table, needs: Sequence[_Width], width: int) -> list[int]:
    """Return the columns to show: all, without those that can be spared until the rest fits with few wrapped lines."""
    shown = list(range(len(needs)))
    while _total([needs[index].easy for index in shown]) > width:
        spare = [index for index in shown if table.columns[index].spare and table.columns[index].key not in table.asked]
        if not spare:
            break
        shown.remove(max(spare, key=lambda index: (needs[index].is_empty, table.columns[index].spare)))
    return shown


def _split(shown: Sequence[int], needs: Sequence[_Width], width: int) -> list[list[int]]:
    """Return the columns in parts that fit, each of which starts with the first column."""
    parts = [[shown[0]]] if shown else []
    for index in shown[1:]:
        if _total([needs[other].least for other in (*parts[-1], index)]) > width and len(parts[-1]) > 1:
            parts.append([shown[0]])
        parts[-1].append(index)
    return parts


def _spread(needs: Sequence[_Width], width: int) -> list[int]:
    """Return the widths of columns side by side: as much of `width` as they need, the least needy first."""
    for kind in ("full", "easy", "words", "least"):
        widths = [getattr(need, kind) for need in needs]
        if _total(widths) <= width:
            break
    for aim in ("words", "full"):
        gaps = [max(0, getattr(need, aim) - current) for need, current in zip(needs, widths, strict=True)]
        for index in sorted(range(len(needs)), key=gaps.__getitem__):
            room = max(0, width - _total(widths))
            # Text that is wrapped needs fewer lines in some more cells; nothing else does.
            has_use = gaps[index] <= room or (aim == "full" and needs[index].has_text)
            widths[index] += min(gaps[index], room) if has_use else 0
    return widths


def _cut(
    table: Table,
    indices: Sequence[int],
    widths: Sequence[int],
    texts: Sequence[Sequence[str]],
    footer: Sequence[str] | None,
) -> Part:
    return Part(
        tuple(table.columns[index] for index in indices),
        tuple(widths),
        tuple(tuple(row[index] for index in indices) for row in texts),
        None if footer is None else tuple(footer[index] for index in indices),
        tuple(_has_shares(table, index) for index in indices),
    )


def _name(table: Table, index: int) -> str:
    """Return the header of a column; if several have it, the words of the key."""
    column = table.columns[index]
    alike = [other for other in table.columns if other.header == column.header]
    return column.header if len(alike) == 1 else column.key.replace("mult_adds", "mult-adds").replace("_", " ")


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)
