"""Tables as Markdown, for pages on GitHub and GitLab."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mbcost.errors import escape
from mbcost.present.layout import count_cells, pad_cells
from mbcost.present.table import Table, percent_text

_SPECIAL = re.compile(r"[\\`|$~]|\*|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[])|&(?=[#\w]+;)")
"""What would end a cell or begin code, mathematics, emphasis, a link or a character by its name."""
_BLOCK = re.compile(r"(?<!.)([0-9]*)([-+#>=]|[.)](?= ))")
"""What would make a paragraph a heading, a list or a quotation."""


def render_markdown(table: Table) -> str:
    """Return a Markdown table with numbers aligned right and a bold footer; without rows, only the sentences.

    Names are escaped, so that they show as they are and a row has as many cells as the header.
    """
    table = table.for_people()
    blocks = [f"**{escape_markdown(table.title)}**", *map(_paragraph, table.lead)]
    if table.rows:
        blocks.append(_draw(table))
    return "\n\n".join([*blocks, *map(_paragraph, table.notes)]) + "\n"


def escape_markdown(text: str) -> str:
    r"""Return Markdown that shows a text as it is.

    >>> escape_markdown("a|b `c` <d> e_f *")
    'a\\|b \\`c\\` &lt;d> e_f \\*'
    """
    if text in ("*", ""):  # a star alone is a star
        return text
    return _SPECIAL.sub(r"\\\g<0>", escape(text)).replace("<", "&lt;")


def _paragraph(text: str) -> str:
    return _BLOCK.sub(r"\1\\\2", escape_markdown(text))


def _draw(table: Table) -> str:
    header = [escape_markdown(column.header) for column in table.columns]
    rows = [[escape_markdown(percent_text(cell)) for cell in row] for row in table.rows]
    if table.footer is not None:
        texts = map(escape_markdown, map(percent_text, table.footer))
        rows.append([f"**{text}**" if text else "" for text in texts])
    widths = [max(3, *map(count_cells, cells)) for cells in zip(header, *rows, strict=True)]
    numeric = [column.numeric for column in table.columns]
    rule = [
        "-" * (width + 1) + ":" if right else ":" + "-" * (width + 1)
        for width, right in zip(widths, numeric, strict=True)
    ]
    lines = [_line(header, widths, numeric), f"|{'|'.join(rule)}|", *(_line(row, widths, numeric) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    return f"| {' | '.join(pad_cells(cells, widths, numeric))} |"
