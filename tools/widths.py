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
    """Return what is wrong.

    A line is too wide, a number is broken or separated from its word in the title, a column is lost or not named, or a
    note speaks of a column that is not shown.
    """
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
    faults += [f"broken in {width}: {item}" for item in _list_items(table.title, width) if item not in text]
    faults += [f"not shown in {width}, but in a note: {note}" for note in _list_wrong_notes(table, shown, text)]
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

    def checked(table: Table, answer: dict[str, Any], destination: output.Destination, rows: Any = "") -> None:
        for width in WIDTHS:
            for fault in find_faults(table, width):
                print(f"mbcost: {fault}", file=sys.stderr)
        emit(table, answer, destination, rows)

    output.emit = checked


def _list_items(title: str, width: int) -> list[str]:
    """Return the parts of a title that two blanks separate, and of a longer one each number with its word."""
    items = re.split(r"\s{2,}", title.strip())
    words = [pair for item in items for pair in re.findall(r"(?<!\S)[0-9][0-9.,]* [a-z]\S*", item)]
    return [item for item in (*items, *words) if count_cells(item) <= width]


def _list_wrong_notes(table: Table, shown: set[str], text: str) -> list[str]:
    """Return the notes in the text that begin with the header of a column that is not shown, or only speak of such."""
    hidden = [column for column in table.for_people().columns if column.key not in shown]
    every = {column.key for column in (*table.columns, *(table.data.columns if table.data else ()))}
    kept, squeezed = table.for_people(), "".join(text.split())
    wrong = [note for note, keys in table.subjects.items() if not every & set(keys) and note in table.notes]
    for note in kept.notes if table.rows else ():
        is_about = any(note.startswith((f"{column.header}: ", f"{column.header} = ")) for column in hidden)
        is_about |= note in table.subjects and not shown & set(table.subjects[note])
        if is_about and "".join(note.split()) in squeezed:
            wrong.append(note)
    return wrong


def _keys(table: Table) -> set[str]:
    return {column.key for column in table.for_people().columns}


def _numbers(text: str) -> list[str]:
    """Return the words that are numbers or sizes, which may not be broken."""
    return [word for word in text.split() if NUMBER.fullmatch(word)]
