"""The totals of a setting: exact, as a ratio to alpha 1, and as published; and the peak memory."""

from __future__ import annotations

from fractions import Fraction

from mbcost.present.explore.line import Line, Piece
from mbcost.present.names import bytes_text
from mbcost.present.table import decimal, text_of
from mbcost.questions.device.memory import Memory
from mbcost.questions.explore.answer import TOTALS, Answer, Figure
from mbcost.spec.catalogue.published import Published

LABEL = 13
"""The terminal cells of the names of the totals."""
RATIO = "of alpha 1"
WIDTH, WIDEST = 76, 92
"""The cells in which the numbers fit, unless they are very large; and with the names of the longest sources."""
GAP = "   "


def draw_totals(answer: Answer, width: int) -> list[Line]:
    """Return a header, which is `width` cells wide, and one line per total."""
    costs = answer.costs
    counts = [text_of(getattr(costs, name)) for name in TOTALS]
    longest = max(13, *map(len, counts))
    header = f"{'':{LABEL}}{'exact':>{longest}}  {RATIO if answer.at_one else '':>{len(RATIO)}}  published"
    header = header if answer.figures else header.removesuffix("published")
    lines: list[Line] = [(Piece(header.ljust(width), "header"),)]
    for name, count in zip(TOTALS, counts, strict=True):
        ratio = "" if answer.at_one is None else _ratio_text(getattr(costs, name), getattr(answer.at_one, name))
        label = Piece(name.replace("_", "-").ljust(LABEL), "label")
        number = Piece(count.rjust(longest), "value")
        lines.append((label, number, Piece(f"  {ratio:>{len(RATIO)}}  "), *_draw_figure(answer.figures.get(name))))
    return lines


def _ratio_text(count: int, at_one: int) -> str:
    return decimal(Fraction(count, at_one)) if at_one else ""


def _draw_figure(figure: Figure | None) -> Line:
    if figure is None:
        return ()
    verdict = "agrees" if figure.agrees else "differs"
    others = f" and {figure.others} more" if figure.others else ""
    text = f"{_figure_text(figure.figure)} {verdict}, in {figure.figure.source.name}{others}"
    return (Piece(text, "dim"),)


def _figure_text(figure: Published) -> str:
    """Spell a figure with its unit, as printed."""
    return figure.value if figure.value[-1].isalpha() or figure.unit == "1" else f"{figure.value}{figure.unit}"


def draw_memory(answer: Answer, width: int) -> list[Line]:
    """Return the peak memory by allocation model, two models per line if they fit."""
    memory = answer.memory
    if not isinstance(memory, Memory):
        return [(Piece("peak memory".ljust(LABEL), "label"), Piece(memory, "dim"))]
    exact = _align([(peak.allocator, f"{text_of(peak.bytes)} B") for peak in memory.peaks])
    spelled = [f"({bytes_text(peak.bytes)})" for peak in memory.peaks]
    both = [f"{cell}  {text.ljust(max(map(len, spelled)))}" for cell, text in zip(exact, spelled, strict=True)]
    arrangements = ((both, 2), (exact, 2), (both, 1), (exact, 1))
    cells, count = next((item for item in arrangements if _measure(*item) <= width), arrangements[-1])
    rows = [cells[index : index + count] for index in range(0, len(cells), count)]
    labels = ["peak memory", memory.activations_dtype, *[""] * len(rows)]
    return [
        (Piece(label.ljust(LABEL), "label"), Piece(GAP.join(row).rstrip()))
        for label, row in zip(labels, rows, strict=False)
    ]


def _align(rows: list[tuple[str, str]]) -> list[str]:
    names, numbers = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [f"{name:{names}}  {number:>{numbers}}" for name, number in rows]


def _measure(cells: list[str], count: int) -> int:
    """Return the width of lines with so many cells."""
    return LABEL + count * len(cells[0]) + (count - 1) * len(GAP)
