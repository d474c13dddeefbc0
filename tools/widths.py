"""What is wrong with a table on a terminal of some width, found from the text alone.

The commands of the pages run with it, as tools/forks.py starts them, so that every table in the documentation is tried.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import Any

from mbcost.present.layout import count_cells, lay_out
from mbcost.present.table import Table, text_of
from mbcost.present.text import Screen, render_text

WIDTHS = (60, 80, 120, 200)
"""The widths of terminals that the tests try."""
NUMBER = re.compile(r"[-+]?[0-9][0-9,.x]*%?")


def find_faults(table: Table, width: int) -> list[str]:
    """Return what is wrong: a line that is too wide, a broken number, or a column that is lost or not named."""
    text = render_text(table, Screen(width))
    faults = [f"wider than {width}: {line}" for line in text.splitlines() if count_cells(line) > width]
    layout = lay_out(table.for_people(), width)
    shown = {column.key for part in layout.parts for column in part.columns}
    faults += [f"asked for, but not shown in {width}: {key}" for key in sorted(table.asked & _keys(table) - shown)]
    faults += [
        f"always shown, but not in {width}: {column.key}"
        for column in table.for_people().columns
        if not column.spare and column.key not in shown
    ]
    note = f"not shown in {width} columns: {', '.join(layout.hidden)};"
    if layout.hidden and table.rows and "".join(note.split()) not in "".join(text.split()):
        faults.append(f"not named in {width}: {', '.join(layout.hidden)}")
    kept = table.for_people()
    indices = [index for index, column in enumerate(kept.columns) if column.key in shown]
    rows = (*kept.rows, *([kept.footer] if kept.footer and kept.rows else []))
    expected = Counter(word for row in rows for index in indices for word in _numbers(text_of(row[index])))
    missing = expected - Counter(_numbers(text))
    return faults + [f"broken in {width}: {word}" for word in sorted(missing)]


def try_widths() -> None:
    """Let every command that is imported from now on report what is wrong with its table on standard error."""
    from mbcost.cli import output

    emit = output.emit

    def checked(table: Table, answer: dict[str, Any], destination: output.Destination) -> None:
        for width in WIDTHS:
            for fault in find_faults(table, width):
                print(f"mbcost: {fault}", file=sys.stderr)
        emit(table, answer, destination)

    output.emit = checked


def _keys(table: Table) -> set[str]:
    return {column.key for column in table.for_people().columns}


def _numbers(text: str) -> list[str]:
    """Return the words that are numbers or sizes, which may not be broken."""
    return [word for word in text.split() if NUMBER.fullmatch(word)]
