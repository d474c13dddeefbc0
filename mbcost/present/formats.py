"""Table -> text, one function a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mbcost.present.table import Cell, Share, Table, text_of


def plain(table: Table) -> str:
    """Aligned ASCII for pipes and files.

    Written here and not by a library: this is the output that scripts wait for, and importing a table library takes
    longer than the whole of the rest.
    """
    header = [column.header for column in table.columns]
    body = [[text_of(cell) for cell in row] for row in table.rows]
    footer = [] if table.footer is None else [[text_of(cell) for cell in table.footer]]
    widths = _widths(table)
    rule = "  ".join("-" * width for width in widths)

    def line(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if column.numeric else cell.ljust(width)
            for cell, width, column in zip(cells, widths, table.columns, strict=True)
        )
        return "  ".join(padded).rstrip()

    lines = [table.title, "", line(header), rule, *map(line, body)]
    if footer:
        lines += [rule, *map(line, footer)]
    if table.notes:
        lines += ["", *table.notes]
    return "\n".join(lines) + "\n"


def csv(table: Table) -> str:
    """Comma-separated values: raw integers, the footer as the last row, no title and no notes."""
    from csv import writer as csv_writer
    from io import StringIO

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
    """A booktabs tabular; title and notes are comments."""
    footer = [_texts(table.footer)] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "latex_booktabs").splitlines()
    if footer:
        lines.insert(len(lines) - 3, "\\midrule")
    comments = [f"% {line}" for line in (table.title, *table.notes)]
    return "\n".join([*comments, *lines]) + "\n"


def terminal(table: Table) -> str:
    """The table for the terminal that standard output is, as wide and as colourful as that is."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    block = "\N{FULL BLOCK}" if console.encoding.startswith("utf") else "#"
    shown, hidden = _fitting(table, console.width)
    rich_table = RichTable(
        title=Text(shown.title),
        title_justify="left",
        show_footer=shown.footer is not None,
        box=None,
        title_style="bold",
        header_style="bold",
        footer_style="bold",
        pad_edge=False,
    )
    for column, footer, width in zip(
        shown.columns, _texts(shown.footer) or [""] * len(shown.columns), _widths(shown), strict=True
    ):
        rich_table.add_column(
            column.header,
            footer,
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=width if column.numeric else None,
            overflow="fold",
        )
    for row in shown.rows:
        rich_table.add_row(
            *(
                Text(
                    text_of(cell).replace("#", block) if isinstance(cell, Share) else text_of(cell),
                    "cyan" if isinstance(cell, Share) else "",
                )
                for cell in row
            )
        )
    notes = list(table.notes)
    if hidden:
        notes.append(f"no room for {', '.join(hidden)}: a wider terminal, a pipe or another format shows them")
    with console.capture() as capture:
        console.print(rich_table)
        for note in notes:
            console.print(Text(note, "dim"))
    return capture.get()


def _fitting(table: Table, width: int) -> tuple[Table, list[str]]:
    """The table without the columns that `width` characters have no room for, and the headers of those."""
    shown, hidden = table, list[str]()
    while sum(_widths(shown)) + 2 * (len(shown.columns) - 1) > width and any(column.spare for column in shown.columns):
        drop = max(shown.columns, key=lambda column: column.spare)
        shown = shown.only(column.key for column in shown.columns if column is not drop)
        hidden.append(drop.header)
    return shown, hidden


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
