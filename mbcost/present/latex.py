"""Tables as LaTeX, for papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mbcost.errors import escape
from mbcost.present.layout import count_cells, pad_cells
from mbcost.present.table import Table, percent_text

PACKAGE = "% needs \\usepackage{booktabs}"
_SPECIAL: Mapping[str, str] = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
    ">": "\\textgreater{}", "|": "\\textbar{}", "`": "\\textasciigrave{}", '"': "\\textquotedbl{}",
}  # fmt: skip


def render_latex(table: Table) -> str:
    """Return a booktabs tabular with title, sentences and notes as comments; the details are a second tabular.

    The first line names the package that it needs. Without rows there are only comments.
    """
    parts = [table.for_people(), *([table.details.for_people()] if table.details else [])]
    package = [PACKAGE] if any(part.rows for part in parts) else []
    return "\n".join([*package, *(line for part in parts for line in _list_lines(part))]) + "\n"


def escape_latex(text: str) -> str:
    r"""Return LaTeX that prints a text as it is.

    >>> escape_latex("100% of a_b -> --ram")
    '100\\% of a\\_b -\\textgreater{} -{}-ram'
    """
    printed = "".join(_SPECIAL.get(character, character) for character in escape(text))
    return re.sub("-(?=-)", "-{}", printed)


def _escape_row(cells: Iterable[str]) -> list[str]:
    """Return the cells of a row; after the end of a row, LaTeX reads * and [ as arguments, but not behind `{}`."""
    first, *others = map(escape_latex, cells)
    return [f"{{}}{first}" if first.lstrip()[:1] in ("*", "[") else first, *others]


def _list_lines(table: Table) -> list[str]:
    comments = [f"% {line}" for line in (table.title, *table.lead, *table.notes)]
    if not table.rows:
        return comments
    header = _escape_row(column.header for column in table.columns)
    rows = [_escape_row(map(percent_text, row)) for row in table.rows]
    footer = [] if table.footer is None else [_escape_row(map(percent_text, table.footer))]
    numeric = [column.numeric for column in table.columns]
    widths = [max(map(count_cells, cells)) for cells in zip(header, *rows, *footer, strict=True)]
    layout = "".join("r" if right else "l" for right in numeric)
    drawn = [_line(cells, widths, numeric) for cells in (header, *rows, *footer)]
    return [
        *comments,
        f"\\begin{{tabular}}{{{layout}}}",
        "\\toprule",
        drawn[0],
        "\\midrule",
        *drawn[1 : len(rows) + 1],
        *(["\\midrule", drawn[-1]] if footer else []),
        "\\bottomrule",
        "\\end{tabular}",
    ]


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    return f" {' & '.join(pad_cells(cells, widths, numeric))} \\\\"
