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
from mbcost.present.explore.totals import WIDTH, draw_memory, draw_totals
from mbcost.present.layout import count_cells, lay_out, wrap, wrap_sentence
from mbcost.present.table import BAR
from mbcost.present.text import BLOCK, join_cells, wrap_row
from mbcost.questions.explore.answer import Answer, Problem, explore
from mbcost.questions.explore.keys import Room
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import SLIDERS, Scope

SIDE_BY_SIDE = 58 + WIDTH
"""From so many cells on, the totals are beside the sliders."""
AIRY = 30
"""From so many lines on, blank lines separate the parts."""
FEWEST_ROWS = 3
"""The header of the table and so many rows are shown, or no table."""
SHARE = "mult_adds_percent"
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
    if state.has_help:
        return _fill([crop(line, width) for line in draw_help(width)], width, height, Room())
    answer = explore(state.setting, scope)
    glyphs = BOXES if blocks else ASCII
    end = _draw_command(state, scope, width, height)
    top = _draw_top(state, scope, answer, (width, height - len(end) - 1), glyphs is BOXES)
    left = height - len(top) - len(end) - 1
    table, room = _draw_table(state, answer, (width, left), blocks=blocks)
    lines = [*top, *table]
    lines += [()] * (height - len(lines) - len(end) - 1)
    last = _draw_last(state, room, width)
    return _fill([crop(line, width) for line in (*lines, *end, last)], width, height, room)


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
    totals, memory = draw_totals(answer), draw_memory(answer, WIDTH if is_wide else width)
    if is_wide:
        left = width - WIDTH - 2
        sliders = draw_sliders(state, scope, left - 2, glyphs)
        parts = [(beside(sliders, [*totals, *memory], left), 1)]
    else:
        parts = [(draw_sliders(state, scope, width, glyphs), 1), (totals, 0), (memory, 2)]
    if height >= AIRY:
        parts = [piece for part in parts for piece in (part, blank)]
    return _fit(parts, SLIDERS.index(state.focus), height)


def _fit(parts: Sequence[tuple[list[Line], int]], focus: int, height: int) -> list[Line]:
    """Return the lines of the parts; those with the highest number go first if there are too many.

    Of the sliders, which are the first part, the one with the focus stays.
    """
    kept = list(parts)
    while sum(len(lines) for lines, _ in kept) > height:
        worst = max(range(len(kept)), key=lambda index: kept[index][1] if kept[index][0] else -1)
        lines, rank = kept[worst]
        if rank == 0 or not lines:
            break
        kept[worst] = ([lines[focus]] if rank == 1 and len(lines) > 1 else [], 0 if rank == 1 else rank)
    return [line for lines, _ in kept for line in lines][: max(0, height)]


def _draw_table(
    state: State, answer: Answer | Problem, size: tuple[int, int], *, blocks: bool
) -> tuple[list[Line], Room]:
    """Return the lines of the table that fit, from the first one that is asked for, and its room."""
    width, height = size
    if isinstance(answer, Problem) or height < 1:
        return [], Room()
    sort = "mult_adds" if state.setting.by_cost else None
    table = replace(as_table(answer.costs, sort=sort).for_people(), footer=None, asked=frozenset({SHARE}))
    part = lay_out(table, width).parts[0]
    headers = tuple(column.header for column in part.columns)
    top: list[Line] = [(Piece(join_cells(line), "header"),) for line in wrap_row(part, headers, at_bottom=True)]
    if height < len(top) + FEWEST_ROWS:
        return [], Room()
    rows: list[Line] = []
    for row in part.rows:
        for cells in wrap_row(part, row):
            rows.append(_style_row(cells, part.shares, blocks))
    shown = min(len(rows), height - len(top))
    first = min(state.first, len(rows) - shown)
    return [*top, *rows[first : first + shown]], Room(shown, len(rows))


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
    text = f"$ {escape(command_text(state.setting, scope))}"
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
