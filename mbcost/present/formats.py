"""Tables as text: one function per format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mbcost.errors import escape
from mbcost.present.table import Cell, Share, Table, text_of
from mbcost.present.text import render_plain


def render_csv(table: Table) -> str:
    """Return comma-separated values, for programs: one row per item with plain integers; no total, title or notes.

    If the table has rows for programs, or details, these are written instead of its rows.
    """
    import csv
    from io import StringIO

    table = table.for_data()
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows(map(_raw, row) for row in table.rows)
    return out.getvalue()


def render_markdown(table: Table) -> str:
    """Return a Markdown table with numbers aligned right and a bold footer; without rows, only the sentences."""
    table = table.for_people()
    footer = [[f"**{text}**" if text else "" for text in _texts(table.footer)]] if table.footer else []
    grid = [_tabulate(table, [*map(_texts, table.rows), *footer], "pipe")] if table.rows else []
    return "\n\n".join([f"**{table.title}**", *table.lead, *grid, *table.notes]) + "\n"


def render_latex(table: Table) -> str:
    """Return a booktabs tabular with title, sentences and notes as comments; the details are a second tabular.

    Without rows there are only comments.
    """
    return _tabular(table.for_people()) + (_tabular(table.details.for_people()) if table.details else "")


def _tabular(table: Table) -> str:
    footer = [_texts(table.footer)] if table.footer else []
    lines = _tabulate(table, [*map(_texts, table.rows), *footer], "latex_booktabs").splitlines()
    if footer:
        lines.insert(len(lines) - 3, "\\midrule")
    comments = [f"% {line}" for line in (table.title, *table.lead, *table.notes)]
    return "\n".join([*comments, *(lines if table.rows else [])]) + "\n"


def _tabulate(table: Table, body: list[list[str]], style: str) -> str:
    from tabulate import tabulate

    align = ["right" if column.numeric else "left" for column in table.columns]
    return tabulate(body, [column.header for column in table.columns], style, colalign=align, disable_numparse=True)


def _texts(row: tuple[Cell, ...] | None) -> list[str]:
    return [str(cell) + "%" if isinstance(cell, Share) else text_of(cell) for cell in row or ()]


def _render_html(table: Table) -> str:
    from mbcost.present.html import render_html

    return render_html(table)


def _raw(cell: Cell) -> str | int:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell if isinstance(cell, int) else escape(str(cell))


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": render_plain,
    "csv": render_csv,
    "markdown": render_markdown,
    "latex": render_latex,
    "html": _render_html,
}
"""Formats by the name that users type. `json` is written from the answer itself, and `text` on a terminal by
`render_text`, in its width and with its colours."""
