"""Tables as text: one function per format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from mbcost.errors import escape
from mbcost.present.table import Cell, Share, Table, text_of

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def render_plain(table: Table) -> str:
    """Return aligned text for pipes and files.

    It is written here because scripts wait for this output, and importing a table library takes longer than the whole
    rest of a command.
    """
    notes = ["", *table.notes] if table.notes else []
    return "\n".join([table.title, "", *_aligned(table), *notes]) + "\n"


def render_csv(table: Table) -> str:
    """Return comma-separated values: plain integers, the footer as the last row, no title and no notes.

    If the table has details, these are written instead of its rows.
    """
    import csv
    from io import StringIO

    table = table.details or table
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows([_raw(cell) for cell in row] for row in (*table.rows, *filter(None, [table.footer])))
    return out.getvalue()


def render_markdown(table: Table) -> str:
    """Return a Markdown table with numbers aligned right and a bold footer."""
    footer = [[f"**{text}**" if text else "" for text in _texts(table.footer)]] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "pipe")
    notes = [f"\n{note}" for note in table.notes]
    return "\n".join([f"**{table.title}**", "", lines, *notes]) + "\n"


def render_latex(table: Table) -> str:
    """Return a booktabs tabular with title and notes as comments; the details are a second tabular."""
    footer = [_texts(table.footer)] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "latex_booktabs").splitlines()
    if footer:
        lines.insert(len(lines) - 3, "\\midrule")
    comments = [f"% {line}" for line in (table.title, *table.notes)]
    return "\n".join([*comments, *lines]) + "\n" + (render_latex(table.details) if table.details else "")


def render_terminal(table: Table) -> str:
    """Return the table for the terminal behind standard output, in its width and with its colours.

    Nothing is cut and no cell is broken. If not even the columns that are always shown fit, lines run over the edge.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console()
    if console.legacy_windows:  # such a console would show the escape sequences of colours in the captured text
        console = Console(color_system=None)
    shown, hidden = _fit(table, console.width)
    notes = list(table.notes)
    if hidden:
        notes.append(f"no room for {', '.join(hidden)}: use a wider terminal, a pipe or a different format")
    with console.capture() as capture:
        console.print(Text(_wrap(shown.title, console.width) + "\n", "bold"), soft_wrap=True)
        if _width(shown) > console.width:
            console.print(Text("\n".join(_aligned(shown))), soft_wrap=True)
        else:
            console.print(_rich(shown, "\N{FULL BLOCK}" if console.encoding.startswith("utf") else "#"))
        for note in ["", *notes] if notes else []:
            console.print(Text(_wrap(note, console.width), "dim"), soft_wrap=True)
    return capture.get()


def _wrap(text: str, width: int) -> str:
    """Break a text into lines of at most `width` terminal cells; a longer word stays whole and runs over the edge."""
    lines = [""]
    for word in re.findall(r"\s*\S+", text):
        if lines[-1] and count_cells(lines[-1] + word) > width:
            lines.append(word.lstrip())
        else:
            lines[-1] += word
    return "\n".join(lines)


def _rich(table: Table, block: str) -> RichTable:
    """Return the grid in colour, with bars made of `block`."""
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(
        show_footer=table.footer is not None,
        box=None,
        header_style="bold",
        footer_style="bold",
        pad_edge=False,
    )
    footers = _texts(table.footer) or [""] * len(table.columns)
    for column, footer, width in zip(table.columns, footers, _widths(table), strict=True):
        justify: Literal["right", "left"] = "right" if column.numeric else "left"
        grid.add_column(Text(column.header), Text(footer), justify=justify, no_wrap=True, min_width=width)
    for row in table.rows:
        grid.add_row(
            *(
                Text(text_of(cell).replace("#", block), "cyan") if isinstance(cell, Share) else Text(text_of(cell))
                for cell in row
            )
        )
    return grid


def _aligned(table: Table) -> list[str]:
    """Return the lines of the grid, without title and notes."""
    widths = _widths(table)
    rule = "  ".join("-" * width for width in widths)

    def line(cells: Iterable[str]) -> str:
        padded = (
            " " * (width - count_cells(text)) + text if column.numeric else text + " " * (width - count_cells(text))
            for text, width, column in zip(cells, widths, table.columns, strict=True)
        )
        return "  ".join(padded).rstrip()

    body = [line(map(text_of, row)) for row in table.rows]
    footer = [] if table.footer is None else [rule, line(map(text_of, table.footer))]
    return [line(column.header for column in table.columns), rule, *body, *footer]


def _fit(table: Table, width: int) -> tuple[Table, list[str]]:
    """Return the table without the columns for which a terminal of `width` has no room, and the keys of those."""
    shown, hidden = table, list[str]()
    while _width(shown) > width and any(column.spare for column in shown.columns):
        drop = max(shown.columns, key=lambda column: column.spare)
        shown = shown.select(column.key for column in shown.columns if column is not drop)
        hidden.append(drop.key.replace("_", "-"))
    return shown, hidden


def _width(table: Table) -> int:
    """Return the width of a line in terminal cells."""
    return sum(_widths(table)) + 2 * (len(table.columns) - 1)


def _widths(table: Table) -> list[int]:
    """Return the width of each column in terminal cells."""
    header = [column.header for column in table.columns]
    lines = [header, *([text_of(cell) for cell in row] for row in (*table.rows, table.footer or [""] * len(header)))]
    return [max(map(count_cells, texts)) for texts in zip(*lines, strict=True)]


def count_cells(text: str) -> int:
    """Return the number of terminal cells that a text takes: two for a Chinese, Japanese or Korean character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _tabulate(table: Table, body: list[list[str]], style: str) -> str:
    from tabulate import tabulate

    align = ["right" if column.numeric else "left" for column in table.columns]
    return tabulate(body, [column.header for column in table.columns], style, colalign=align, disable_numparse=True)


def _texts(row: tuple[Cell, ...] | None) -> list[str]:
    return [str(cell) + "%" if isinstance(cell, Share) else text_of(cell) for cell in row or ()]


def _raw(cell: Cell) -> str | int:
    return "" if cell is None else cell if isinstance(cell, int) else escape(str(cell))


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": render_plain,
    "csv": render_csv,
    "markdown": render_markdown,
    "latex": render_latex,
}
"""Formats by the name that users type. `json` is written from the answer itself, and `text` on a terminal by
`render_terminal`."""
