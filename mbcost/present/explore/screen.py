"""The whole screen of a state, at any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mbcost.errors import escape
from mbcost.present.cost.table import as_table
from mbcost.present.explore.command import command_text
from mbcost.present.explore.help import draw_help
from mbcost.present.explore.line import Line, Piece, beside, crop
from mbcost.present.explore.sliders import ASCII, BOXES, draw_sliders
from mbcost.present.explore.totals import WIDEST, WIDTH, draw_memory, draw_totals
from mbcost.present.layout import count_cells, lay_out, wrap, wrap_sentence
from mbcost.present.table import BAR
from mbcost.present.text import BLOCK, join_cells, wrap_row
from mbcost.questions.explore.answer import Answer, Problem, explore
from mbcost.questions.explore.keys import Room
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import SLIDERS, Scope

SLIDERS_WIDTH = 56
"""The terminal cells of the sliders, at least, if the totals are beside them."""
SIDE_BY_SIDE = SLIDERS_WIDTH + 2 + WIDTH
"""From so many cells on, the totals are beside the sliders."""
AIRY = 30
"""From so many lines on, blank lines separate the parts."""
FEWEST_ROWS = 3
"""The header of the table and so many rows are shown, or no table."""
SMALLEST_TABLE = 5
"""The lines that the memory leaves to the table, or else it is not shown."""
SHARE = "mult_adds_percent"
NARROW = ("layer", "mult_adds", SHARE)
"""The columns of a table that does not fit otherwise."""
HINTS = ("? help", "q quit", "arrows change", "0-9 type", "PgUp PgDn published", "j k scroll", "b rows", "s sort",
         "y copy")  # fmt: skip
"""What the last line says, the most important first."""


@dataclass(frozen=True)
class Frame:
    """The lines of a screen, and the room that the table has on it."""

    lines: tuple[Line, ...]
    room: Room


def draw(state: State, scope: Scope, width: int, height: int, *, blocks: bool = True) -> Frame:
    """Return the screen of a state: exactly `height` lines of at most `width` cells.

    Args:
        state: what is shown.
        scope: the networks to choose from.
        width: the terminal cells per line.
        height: the lines.
        blocks: whether characters beyond ASCII are drawn.
    """
    if state.help_line is not None:
        return _draw_page(state.help_line, width, height)
    answer = explore(state.setting, scope)
    glyphs = BOXES if blocks else ASCII
    end = _draw_command(state, scope, width, height)
    top = _draw_top(state, scope, answer, (width, height - len(end) - 1), glyphs is BOXES)
    left = height - len(top) - len(end) - 1
    table, room = _draw_table(state, answer, (width, left), blocks=blocks)
    lines = [*top, *table]
    lines += [()] * (height - len(lines) - len(end) - 1)
    last = _draw_last(state, room, width)
    return _fill([crop(line, width, glyphs.ellipsis) for line in (*lines, *end, last)], width, height, room)


def _draw_page(first: int, width: int, height: int) -> Frame:
    """Return a page of the help, and what a key does."""
    lines = draw_help(width)
    room = Room(max(1, height - 1), len(lines))
    page = lines[first : first + room.shown]
    page += [()] * (room.shown - len(page))
    last = "any key goes on" if first + room.shown < room.total else "any key goes back"
    return _fill([crop(line, width) for line in (*page, (Piece(last, "dim"),))], width, height, room)


def _fill(lines: list[Line], width: int, height: int, room: Room) -> Frame:
    """Return the lines as a frame of this height; without a width or a height there are none."""
    if width < 1 or height < 1:
        return Frame((), room)
    return Frame(tuple((lines + [()] * height)[:height]), room)


def _draw_top(state: State, scope: Scope, answer: Answer | Problem, size: tuple[int, int], boxes: bool) -> list[Line]:
    """Return the sliders and the totals: as much of them as `size`, cells and lines, has room for."""
    width, height = size
    glyphs = BOXES if boxes else ASCII
    if isinstance(answer, Problem):
        sliders = draw_sliders(state, scope, width, glyphs)
        message: list[Line] = [(Piece(line, "error"),) for line in wrap_sentence(escape(answer.message), width)]
        return _fit([(sliders, 1), ([()], 2), (message, 0)], SLIDERS.index(state.focus), height)
    is_wide = width >= SIDE_BY_SIDE
    parts: list[tuple[list[Line], int]]
    blank: tuple[list[Line], int] = ([()], 3)
    size_of_totals = min(WIDEST, width - SLIDERS_WIDTH - 2) if is_wide else width
    totals, memory = draw_totals(answer, size_of_totals), draw_memory(answer, size_of_totals)
    if is_wide:
        left = width - size_of_totals - 2
        sliders = draw_sliders(state, scope, left - 2, glyphs)
        parts = [(beside(sliders, [*totals, *memory], left), 1)]
    else:
        parts = [(draw_sliders(state, scope, width, glyphs), 1), (totals, 0), (memory, 2)]
    if height >= AIRY:
        parts = [piece for part in parts for piece in (part, blank)]
    return _fit(parts, SLIDERS.index(state.focus), height)


def _fit(parts: Sequence[tuple[list[Line], int]], focus: int, height: int) -> list[Line]:
    """Return the lines of the parts that fit: blank ones (3) go first, then the memory (2), then sliders (1).

    Of the sliders, which are the first part, the one with the focus stays.
    """
    kept = list(parts)
    for rank in (3, 2, 1):
        most = height - (SMALLEST_TABLE if rank > 1 else 0)
        for index in reversed(range(len(kept))):
            if kept[index][1] == rank and sum(len(lines) for lines, _ in kept) > most:
                kept[index] = ([kept[index][0][focus]] if rank == 1 else [], rank)
    return [line for lines, _ in kept for line in lines][: max(0, height)]


def _draw_table(
    state: State, answer: Answer | Problem, size: tuple[int, int], *, blocks: bool
) -> tuple[list[Line], Room]:
    """Return the lines of the table that fit, from the first one that is asked for, and its room."""
    width, height = size
    if isinstance(answer, Problem) or height < 1:
        return [], Room()
    sort = "mult_adds" if state.setting.by_cost else None
    table = replace(as_table(answer.costs, sort=sort).for_people(), asked=frozenset({SHARE}))
    parts = lay_out(table, width).parts
    if len(parts) > 1:
        parts = lay_out(table.select(NARROW), width).parts
    part = parts[0]
    headers = tuple(column.header for column in part.columns)
    *above, last = (join_cells(line) for line in wrap_row(part, headers, at_bottom=True))
    top: list[Line] = [*((Piece(text, "title"),) for text in above), (Piece(last.ljust(width), "header"),)]
    if height < len(top) + FEWEST_ROWS:
        return [], Room()
    rows = [cells for row in part.rows for cells in wrap_row(part, row)]
    shown = min(len(rows), height - len(top))
    first = min(state.first, len(rows) - shown)
    visible = (_style_row(cells, part.shares, blocks) for cells in rows[first : first + shown])
    return [*top, *visible], Room(shown, len(rows))


def _style_row(cells: Sequence[str], shares: Sequence[bool], blocks: bool) -> Line:
    pieces = []
    for index, (cell, is_share) in enumerate(zip(cells, shares, strict=True)):
        gap = "" if index == 0 else "  "
        if is_share:
            number, bar = cell.replace(BAR, ""), cell[cell.find(BAR) :] if BAR in cell else ""
            bar = bar.rstrip()
            pieces += [Piece(gap + number.rstrip()), Piece(" " + (bar.replace(BAR, BLOCK) if blocks else bar), "bar")]
            pieces += [Piece(" " * (count_cells(cell) - count_cells(number.rstrip()) - 1 - len(bar)))]
        else:
            pieces.append(Piece(gap + cell))
    return tuple(pieces)


def _draw_command(state: State, scope: Scope, width: int, height: int) -> list[Line]:
    """Return the command of what is shown; a long one takes several lines of a high screen."""
    text = f"$ {command_text(state.setting, scope)}"
    lines = wrap(text, width) if width > 8 and height >= 20 else [text]
    return [(Piece(line, "command"),) for line in lines[:4]]


def _draw_last(state: State, room: Room, width: int) -> Line:
    """Return what was wrong with the last key, or what keys there are, and which rows are shown."""
    if state.message:
        return (Piece(escape(state.message), "error"),)
    first = min(state.first, room.total - room.shown)
    position = f"rows {first + 1}-{first + room.shown} of {room.total}" if room.total else ""
    shown: list[str] = []
    for hint in HINTS:
        if len("   ".join([*shown, hint, position])) > width:
            break
        shown.append(hint)
    keys = "   ".join(shown)
    blanks = " " * max(0, width - len(keys) - len(position))
    return Piece(keys, "dim"), Piece(blanks), Piece(position, "dim")
