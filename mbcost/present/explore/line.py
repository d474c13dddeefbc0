"""Lines of a screen: pieces of text with a style, some of which can be clicked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mbcost.present.layout import count_cells
from mbcost.questions.explore.keys import Click

Style = Literal["", "label", "focus", "value", "dim", "mark", "knob", "title", "header", "bar", "error", "command"]
"""What a piece of text is; the terminal decides how it looks."""


@dataclass(frozen=True)
class Piece:
    """Text of one style."""

    text: str
    style: Style = ""
    target: Click | None = None
    """What a click on it does."""


Line = tuple[Piece, ...]


def line_text(line: Line) -> str:
    """Return the characters of a line."""
    return "".join(piece.text for piece in line)


def measure(line: Line) -> int:
    """Return the terminal cells of a line."""
    return sum(count_cells(piece.text) for piece in line)


def crop(line: Line, width: int, ellipsis: str = "…") -> Line:
    """Return the line without what is beyond `width` terminal cells; `ellipsis` stands for it."""
    if measure(line) <= width:
        return line
    kept: list[Piece] = []
    left = width - 1
    for piece in line:
        text = cut(piece.text, left)
        kept.append(Piece(text, piece.style, piece.target))
        left -= count_cells(text)
        if text != piece.text:
            break
    return (*kept, Piece(ellipsis if width > 0 else "", kept[-1].style if kept else ""))


def cut(text: str, width: int) -> str:
    """Return the start of a text that takes at most `width` terminal cells."""
    if count_cells(text) <= width:
        return text
    end = min(len(text), max(0, width))
    while count_cells(text[:end]) > width:
        end -= 1
    return text[:end]


def pad(line: Line, width: int) -> Line:
    """Return the line, cropped or with blanks behind it, so that it takes exactly `width` terminal cells."""
    line = crop(line, width)
    return (*line, Piece(" " * (width - measure(line))))


def find_target(line: Line, x: int) -> Click | None:
    """Return what a click on the cell `x` of a line does."""
    start = 0
    for piece in line:
        start += count_cells(piece.text)
        if x < start:
            return piece.target
    return None


def beside(left: Iterable[Line], right: Iterable[Line], width: int) -> list[Line]:
    """Return the lines side by side, the left ones `width` cells wide."""
    lefts, rights = list(left), list(right)
    count = max(len(lefts), len(rights))
    lefts += [()] * (count - len(lefts))
    rights += [()] * (count - len(rights))
    return [(*pad(first, width), *second) for first, second in zip(lefts, rights, strict=True)]
