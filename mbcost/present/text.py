"""Tables as aligned text, for pipes and files and for the terminal.

It is written here because people and scripts wait for this output, and importing a table library takes longer than the
whole rest of a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mbcost.present.layout import GAP, Part, lay_out, pad_cells, wrap, wrap_sentence
from mbcost.present.table import BAR, Table

BLOCK = "\N{FULL BLOCK}"
_STYLES = {"title": "\x1b[1m", "header": "\x1b[1m", "footer": "\x1b[1m", "share": "\x1b[36m", "note": "\x1b[2m"}
"""ANSI sequences: bold, cyan, faint."""
_RESET = "\x1b[0m"


@dataclass(frozen=True)
class Screen:
    """What shows the text."""

    width: int | None = None
    """Terminal cells per line; None for a pipe or a file, which take any width."""
    colours: bool = False
    blocks: bool = False
    """Whether the bars of shares can be made of block characters."""

    def paint(self, text: str, style: str) -> str:
        """Return the text in the style, if there are colours."""
        return f"{_STYLES[style]}{text}{_RESET}" if self.colours and text.strip() else text


PLAIN = Screen()


def render_plain(table: Table) -> str:
    """Return aligned text for pipes and files, as wide as it needs."""
    return render_text(table, PLAIN)


def render_text(table: Table, screen: Screen) -> str:
    """Return aligned text for a screen.

    On a terminal nothing is cut and no number is broken: columns are left out and named, or wrapped inside their cells,
    and a legend explains the letters in the headers that are shown.
    """
    table = table.for_people()
    layout = lay_out(table, screen.width)
    shown = [column.key for part in layout.parts for column in part.columns]
    notes = list(table.list_notes(shown) if table.rows else table.notes)
    if screen.width is not None and table.rows:
        notes += [*_legend(table, layout.parts), *_name_hidden(layout.hidden, layout.full, screen.width)]
    blocks = [list(_paragraphs([table.title], screen, "title"))]
    blocks += [list(_paragraphs(table.lead, screen))] if table.lead else []
    blocks += [list(_draw(part, screen)) for part in layout.parts if table.rows]
    blocks += [list(_paragraphs(notes, screen, "note"))] if notes else []
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _legend(table: Table, parts: tuple[Part, ...]) -> list[str]:
    """Return the line that explains the letters of the headers that are shown, if there are any."""
    shown = dict.fromkeys(column.legend for part in parts for column in part.columns if column.legend)
    title = f"{table.legend_title}: " if table.legend_title else ""
    return [title + "; ".join(shown)] if shown else []


def _name_hidden(hidden: tuple[str, ...], full: int, width: int) -> list[str]:
    if not hidden:
        return []
    return [f"not shown in {width} columns: {', '.join(hidden)}; see all in {full} columns, or with | less -S"]


def _paragraphs(texts: tuple[str, ...] | list[str], screen: Screen, style: str = "") -> Iterator[str]:
    """Yield the lines of the texts."""
    for text in texts:
        for line in [text] if screen.width is None else wrap_sentence(text, screen.width):
            yield screen.paint(line, style) if style else line


def _draw(part: Part, screen: Screen) -> Iterator[str]:
    """Yield the lines of columns side by side; rules separate header and footer unless colours do."""
    rules = [] if screen.colours else [(" " * GAP).join("-" * width for width in part.widths)]
    for line in wrap_row(part, tuple(column.header for column in part.columns), at_bottom=True):
        yield screen.paint(join_cells(line), "header")
    yield from rules
    for row in part.rows:
        for line in wrap_row(part, row):
            yield join_cells(
                [_paint_share(cell, screen) if share else cell for cell, share in zip(line, part.shares, strict=True)]
            )
    if part.footer is not None:
        yield from rules
        for line in wrap_row(part, part.footer):
            yield screen.paint(join_cells(line), "footer")


def _paint_share(cell: str, screen: Screen) -> str:
    return screen.paint(cell.replace(BAR, BLOCK) if screen.blocks else cell, "share")


def join_cells(cells: list[str]) -> str:
    """Return the line of padded cells, without the blanks at its end."""
    return (" " * GAP).join(cells).rstrip()


def wrap_row(part: Part, cells: tuple[str, ...], *, at_bottom: bool = False) -> Iterator[list[str]]:
    """Yield the lines of one row of a part, each as padded cells; a cell that does not fit is wrapped."""
    wrapped = [
        wrap_sentence(cell, width) if at_bottom else [cell] if column.numeric else wrap(cell, width)
        for cell, width, column in zip(cells, part.widths, part.columns, strict=True)
    ]
    height = max(map(len, wrapped))
    for index in range(height):
        positions = [index - (height - len(lines) if at_bottom else 0) for lines in wrapped]
        texts = [
            lines[position] if 0 <= position < len(lines) else ""
            for lines, position in zip(wrapped, positions, strict=True)
        ]
        yield pad_cells(texts, part.widths, [column.numeric for column in part.columns])
