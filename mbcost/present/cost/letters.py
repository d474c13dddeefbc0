"""The letters above the columns of the papers' tables, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mbcost.present.table import Table

PRINTED = "as printed, before alpha"
"""A printed width beside a scaled map would otherwise look like a mistake."""
MEANINGS: Mapping[str, str] = {
    "a": "kernel of the depthwise layer before the expansion", "t": "expansion factor", "exp": "expanded width",
    "c": "output channels (k = number of classes)", "n": "repeats of the row", "s": "stride of the first repeat",
    "g": "groups", "d": "dilation", "se": "squeeze-and-excite",
    "nl": "non-linearity (RE = ReLU, HS = hard-swish)", "res": "residual connection", "k": "kernel",
    "in": "input of the row",
}  # fmt: skip


def letter_legend(letter: str, header: str = "") -> str:
    """Return what a letter means, after the header above it.

    >>> letter_legend("t"), letter_legend("se", "SE")
    ('t = expansion factor', 'SE = squeeze-and-excite')
    """
    return f"{header or letter} = {MEANINGS[letter]}"


def explain_letters(table: Table) -> Table:
    """Return the table with the words that the legend of its letters starts with."""
    return replace(table, legend_title=PRINTED)
