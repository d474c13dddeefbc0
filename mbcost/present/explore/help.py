"""The page that says what each key does."""

from __future__ import annotations

from mbcost.present.explore.line import Line, Piece
from mbcost.present.layout import wrap_sentence

KEYS = (
    ("Up, Down, Tab", "another slider"),
    ("Left, Right", "one step: of alpha, to the next network that differs; of the resolution, 32 pixels"),
    ("Shift + arrow", "ten steps"),
    ("PageUp, PageDown", "the next published alpha or resolution, the next usual number of classes"),
    ("Home, End", "the ends of the slider"),
    ("0-9 . x", "type a number, such as 0.6 or 160x224; Enter takes it, Esc does not"),
    ("j k, d u, g G", "scroll the table: one row, half a page, to its ends"),
    ("b", "one row per layer, block or stage"),
    ("s", "sort by mult-adds, or not"),
    ("y", "copy the command to the clipboard of your terminal"),
    ("q, Esc", "quit, and print the command of what is shown; Ctrl-C quits without it, Ctrl-Z suspends"),
)
NOTES = (
    "A click on a track or on a word chooses it, and the wheel scrolls the table.",
    "On a track, a cross is a published value. Every number is exact, and is what the command below the table prints. "
    "'of alpha 1' is the ratio to the same network at alpha 1. A published figure agrees if our number, in this "
    "convention, rounded or cut off, is printed like it.",
)
LABEL = 18


def draw_help(width: int) -> list[Line]:
    """Return the lines of the help."""
    lines: list[Line] = [(Piece("Keys of mbcost explore".ljust(width), "header"),)]
    for key, meaning in KEYS:
        texts = wrap_sentence(meaning, max(20, width - LABEL))
        lines += [
            (Piece((key if index == 0 else "").ljust(LABEL), "focus"), Piece(text)) for index, text in enumerate(texts)
        ]
    for note in NOTES:
        lines += [(), *((Piece(text, "label"),) for text in wrap_sentence(note, max(20, width)))]
    return lines
