"""Tables as HTML, for notebooks and web pages."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mbcost.present.table import Table, percent_text

RIGHT = ' style="text-align: right"'


def render_html(table: Table) -> str:
    """Return a table element with title and notes, and with numbers aligned right; every text is escaped.

    >>> from mbcost.present.table import Column, build_table
    >>> "<td>a &lt; b</td>" in render_html(build_table("words", [Column("word", "word", str)], ["a < b"]))
    True
    """
    table = table.for_people()
    head = _row("th", [column.header for column in table.columns], table)
    body = [_row("td", map(percent_text, row), table) for row in table.rows]
    foot = [] if table.footer is None else ["<tfoot>", _row("th", map(percent_text, table.footer), table), "</tfoot>"]
    lines = [
        "<table>",
        f"<caption>{escape(' '.join([table.title, *table.lead]))}</caption>",
        "<thead>",
        head,
        "</thead>",
        "<tbody>",
        *body,
        "</tbody>",
        *foot,
        "</table>",
        *(f"<p>{escape(note)}</p>" for note in table.notes),
    ]
    return "\n".join(lines) + "\n"


def _row(tag: str, texts: Iterable[str], table: Table) -> str:
    cells = (
        f"<{tag}{RIGHT if column.numeric else ''}>{escape(text)}</{tag}>"
        for column, text in zip(table.columns, texts, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"
