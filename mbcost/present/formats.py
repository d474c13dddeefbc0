"""Tables as text: one function per format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mbcost.errors import escape
from mbcost.present.table import Cell, Table
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
    """Return a Markdown table between its title and its notes; see `mbcost.present.markdown`."""
    from mbcost.present import markdown

    return markdown.render_markdown(table)


def render_latex(table: Table) -> str:
    """Return a booktabs tabular; see `mbcost.present.latex`."""
    from mbcost.present import latex

    return latex.render_latex(table)


def render_html(table: Table) -> str:
    """Return a part of a web page; see `mbcost.present.report.fragment`."""
    from mbcost.present.report.fragment import render_fragment

    return render_fragment([table])


def _raw(cell: Cell) -> str | int:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell if isinstance(cell, int) else escape(str(cell))


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": render_plain,
    "csv": render_csv,
    "markdown": render_markdown,
    "latex": render_latex,
    "html": render_html,
}
"""Formats by the name that users type. `json` is written from the answer itself, and `text` on a terminal by
`render_text`, in its width and with its colours."""
