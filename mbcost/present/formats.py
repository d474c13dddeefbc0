"""Table -> text, one function a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from mbcost.present.table import Cell, Share, Table, text_of

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def plain(table: Table) -> str:
    """Aligned text for pipes and files.

    Written here and not by a library: this is the output that scripts wait for, and importing a table library takes
    longer than the whole of the rest.
    """
    notes = ["", *table.notes] if table.notes else []
    return "\n".join([table.title, "", *_aligned(table), *notes]) + "\n"


def csv(table: Table) -> str:
    """Comma-separated values: raw integers, the footer as the last row, no title and no notes.

    Where the table has details, they are the values.
    """
    from csv import writer as csv_writer
    from io import StringIO

    table = table.details or table
    out = StringIO()
    writer = csv_writer(out, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows([_raw(cell) for cell in row] for row in table.rows)
    if table.footer is not None:
        writer.writerow([_raw(cell) for cell in table.footer])
    return out.getvalue()


def markdown(table: Table) -> str:
    """A GitHub-flavoured table with a bold footer."""
    footer = [[f"**{text}**" if text else "" for text in _texts(table.footer)]] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "github")
    notes = [f"\n{note}" for note in table.notes]
    return "\n".join([f"**{table.title}**", "", lines, *notes]) + "\n"


def latex(table: Table) -> str:
    """A booktabs tabular; title and notes are comments. Details are a second tabular."""
    footer = [_texts(table.footer)] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "latex_booktabs").splitlines()
    if footer:
        lines.insert(len(lines) - 3, "\\midrule")
    comments = [f"% {line}" for line in (table.title, *table.notes)]
    return "\n".join([*comments, *lines]) + "\n" + (latex(table.details) if table.details else "")


def terminal(table: Table) -> str:
    """The table for the terminal that standard output is, as wide and as colourful as that is.

    Nothing is cut and no cell is broken: where not even the columns that are always shown fit, lines run over the edge.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console()
    shown, hidden = _fitting(table, console.width)
    notes = list(table.notes)
    if hidden:
        notes.append(f"no room for {', '.join(hidden)}: a wider terminal, a pipe or another format shows them")
    with console.capture() as capture:
        for line in [*_wrapped(shown.title, console.width), ""]:
            console.print(Text(line, "bold"), soft_wrap=True)
        if _width(shown) > console.width:
            console.print(Text("\n".join(_aligned(shown))), soft_wrap=True)
        else:
            console.print(_rich(shown, "\N{FULL BLOCK}" if console.encoding.startswith("utf") else "#"))
        for note in ["", *notes] if notes else []:
            for line in _wrapped(note, console.width):
                console.print(Text(line, "dim"), soft_wrap=True)
    return capture.get()


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters; a longer word runs over."""
    from textwrap import wrap

    return wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _rich(table: Table, block: str) -> RichTable:
    """The grid in colour, with bars of `block`."""
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
    """The lines of the grid, without title and notes."""
    widths = _widths(table)
    rule = "  ".join("-" * width for width in widths)

    def line(cells: Iterable[str]) -> str:
        padded = (
            cell.rjust(width) if column.numeric else cell.ljust(width)
            for cell, width, column in zip(cells, widths, table.columns, strict=True)
        )
        return "  ".join(padded).rstrip()

    body = [line(map(text_of, row)) for row in table.rows]
    footer = [] if table.footer is None else [rule, line(map(text_of, table.footer))]
    return [line(column.header for column in table.columns), rule, *body, *footer]


def _fitting(table: Table, width: int) -> tuple[Table, list[str]]:
    """The table without the columns that `width` characters have no room for, and the keys of those."""
    shown, hidden = table, list[str]()
    while _width(shown) > width and any(column.spare for column in shown.columns):
        drop = max(shown.columns, key=lambda column: column.spare)
        shown = shown.only(column.key for column in shown.columns if column is not drop)
        hidden.append(drop.key.replace("_", "-"))
    return shown, hidden


def _width(table: Table) -> int:
    """Characters that a line needs."""
    return sum(_widths(table)) + 2 * (len(table.columns) - 1)


def _widths(table: Table) -> list[int]:
    """Characters that each column needs."""
    header = [column.header for column in table.columns]
    lines = [header, *([text_of(cell) for cell in row] for row in (*table.rows, table.footer or [""] * len(header)))]
    return [max(map(len, cells)) for cells in zip(*lines, strict=True)]


def _tabulate(table: Table, body: list[list[str]], style: str) -> str:
    from tabulate import tabulate

    align = ["right" if column.numeric else "left" for column in table.columns]
    return tabulate(body, [column.header for column in table.columns], style, colalign=align, disable_numparse=True)


def _texts(row: tuple[Cell, ...] | None) -> list[str]:
    return [str(cell) + "%" if isinstance(cell, Share) else text_of(cell) for cell in row or ()]


def _raw(cell: Cell) -> str | int:
    return "" if cell is None else cell if isinstance(cell, int) else str(cell)


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": plain,
    "csv": csv,
    "markdown": markdown,
    "latex": latex,
}
"""Formats by the name that users give; `json` is written from the answer itself, and `text` on a terminal by
`terminal`."""
