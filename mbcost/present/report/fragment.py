"""Tables as a part of a page: HTML without a script, in the colours and letters of what is around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape as escape_html
from pathlib import Path

from mbcost.errors import escape
from mbcost.present.arrangement import ORDERED
from mbcost.present.layout import count_cells
from mbcost.present.report.values import is_right, list_bars, value_text
from mbcost.present.table import Cell, Table, percent_text

LONG = 32
"""A column is as wide as its longest text if that has at most so many letters; longer texts are wrapped."""


@dataclass(frozen=True)
class Part:
    """A table as people see it, and for every row the lengths of its bars."""

    table: Table
    bars: list[list[int | None]]


def render_fragment(tables: Sequence[Table]) -> str:
    """Return tables with their titles and notes, and the styles that they need, which apply to nothing else.

    The numbers are those of the text. `data-value` is the exact one where the text is a different one: an integer
    without separators, a ratio with all digits, the number of elements of a map. Every text is escaped.

    >>> from mbcost.present.table import Column, build_table
    >>> words = build_table("words", [Column("word", "word", str)], ["a < b"])
    >>> '<th scope="row">a &lt; b</th>' in render_fragment([words])
    True
    """
    parts = list_parts(tables)
    lines = ['<div class="mbcost-report">', f"<style>{compose_style(parts)}</style>"]
    for part in parts:
        lines += render_part(part)
    return "\n".join([*lines, "</div>"]) + "\n"


def list_parts(tables: Iterable[Table]) -> list[Part]:
    """Return what people see of each table, and of the details that its notes summarize.

    A column that can be spared is left out if it is empty.
    """
    every = [part for table in tables for part in (table, _name_details(table)) if part is not None]
    shown = [_leave_out_empty(table.for_people()) for table in every]
    return [Part(table, list_bars(table)) for table in shown]


def _name_details(table: Table) -> Table | None:
    """Return the details under a title of their own."""
    if table.details is None or table.details.title != table.title:
        return table.details
    return replace(table.details, title=f"{table.title}: details")


def _leave_out_empty(table: Table) -> Table:
    used = [
        column.key
        for index, column in enumerate(table.columns)
        if not column.spare or column.key in table.asked or any(percent_text(row[index]) for row in table.rows)
    ]
    return table if len(used) == len(table.columns) else table.select(used)


def compose_style(parts: Iterable[Part], *names: str) -> str:
    """Return the styles of these parts: those of every report, one rule per length of a bar, and the files `names`."""
    used = sorted({bar for part in parts for row in part.bars for bar in row if bar})
    lengths = "".join(f".mbcost-w{bar}{{--mbcost-w:{bar / 100:g}}}\n" for bar in used)
    return "".join([read_file("fragment.css"), lengths, *map(read_file, names)])


@cache
def read_file(name: str) -> str:
    """Return the text of a file beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def render_part(part: Part, *, heading: bool = True) -> list[str]:
    """Return the lines of one table with its notes; without rows, only those of its sentences.

    Args:
        part: the table.
        heading: whether the title and the sentences above the table are shown. Otherwise the page shows them already,
            and the title is only read aloud.
    """
    table = part.table
    if not table.rows:
        sentences = [*filter(None, [", ".join(split_title(table))]), *table.lead] if heading else []
        return _list_paragraphs(sentences, "mbcost-lead") + _list_paragraphs(table.notes, "mbcost-note")
    notes = [*table.list_notes([column.key for column in table.columns]), *_list_legends(table)]
    label = spell(", ".join(split_title(table)) or "table")
    return [
        f'<div class="mbcost-scroll" role="region" aria-label="{label}" tabindex="0">',
        '<table class="mbcost-table">',
        *_list_caption(table, heading=heading),
        *_list_rows(table, part.bars),
        "</table>",
        "</div>",
        *_list_paragraphs(notes, "mbcost-note"),
    ]


def spell(text: str) -> str:
    """Return HTML that shows a text as it is, with what is not printable escaped."""
    return escape_html(escape(text))


def split_title(table: Table) -> list[str]:
    """Return the name and the settings of a title, which two blanks separate."""
    return [part for part in re.split(" {2,}", table.title) if part]


def _list_legends(table: Table) -> list[str]:
    """Return the line that says what the letters in the headers mean, if there are any."""
    meanings = dict.fromkeys(column.legend for column in table.columns if column.legend)
    title = f"{table.legend_title}: " if table.legend_title else ""
    return [title + "; ".join(meanings)] if meanings else []


def _list_caption(table: Table, *, heading: bool) -> list[str]:
    name, *settings = split_title(table) or [""]
    if not heading:
        return [f'<caption class="mbcost-aloud">{spell(", ".join([name, *settings]))}</caption>']
    title = f"<strong>{spell(name)}</strong>" if name else ""
    sentences = [*filter(None, [", ".join(settings)]), *table.lead]
    below = "".join(f"<span>{spell(sentence)}</span>" for sentence in sentences)
    return [f"<caption>{title}{below}</caption>"] if title or below else []


def _list_rows(table: Table, bars: Sequence[Sequence[int | None]]) -> list[str]:
    kinds = [_choose_class(table, index) for index in range(len(table.columns))]
    orders = [' data-order="rows"' if column.key in ORDERED else "" for column in table.columns]
    header = "".join(
        f'<th scope="col"{_class(kind)}{order}>{spell(column.header)}</th>'
        for column, kind, order in zip(table.columns, kinds, orders, strict=True)
    )
    rows = [_row(row, kinds, lengths) for row, lengths in zip(table.rows, bars, strict=True)]
    footer = [] if table.footer is None else ["<tfoot>", _row(table.footer, kinds, [None] * len(kinds)), "</tfoot>"]
    return ["<thead>", f"<tr>{header}</tr>", "</thead>", "<tbody>", *rows, "</tbody>", *footer]


def _choose_class(table: Table, index: int) -> str:
    if is_right(table, index):
        return "mbcost-n"
    longest = max((count_cells(percent_text(row[index])) for row in table.rows), default=0)
    return "mbcost-long" if longest > LONG else ""


def _row(cells: Sequence[Cell], kinds: Sequence[str], bars: Sequence[int | None]) -> str:
    first, *others = [_cell(*cell) for cell in zip(cells, kinds, bars, strict=True)]
    return f'<tr><th scope="row"{first}</th>{"".join(f"<td{other}</td>" for other in others)}</tr>'


def _cell(cell: Cell, kind: str, bar: int | None) -> str:
    """Return a cell from after the name of its element on, up to its end."""
    text, value = percent_text(cell), value_text(cell)
    names = " ".join(filter(None, [kind, f"mbcost-b mbcost-w{bar}" if bar else ""]))
    exact = f' data-value="{spell(value)}"' if value and value != text else ""
    return f"{_class(names)}{exact}>{spell(text)}"


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""


def _list_paragraphs(texts: Iterable[str], name: str) -> list[str]:
    return [f'<p class="{name}">{spell(text)}</p>' for text in texts]
