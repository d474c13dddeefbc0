"""Write answers to standard output or to a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mbcost.cli.arguments import parse_list
from mbcost.cli.files import choose_file, write
from mbcost.cli.streams import read_screen
from mbcost.errors import MbcostError, enumerate_words, unknown
from mbcost.present.arrangement import arrange_for, limit_rows, sort_json
from mbcost.present.formats import FORMATS
from mbcost.present.table import Column, Table, build_table
from mbcost.present.text import render_text

FORMAT_NAMES = (*FORMATS, "json")
"""The formats that every command has whose answer is a table."""


@dataclass(frozen=True)
class View:
    """The options that say how a table is shown, as typed; an option that is not given is None."""

    columns: str | None = None
    sort: str | None = None
    style: str | None = None
    output: Path | None = None
    fragment: bool = False


@dataclass(frozen=True)
class Destination:
    """Where an answer is written, in which format, and which of its columns."""

    style: str
    """The format, as users type it."""
    file: Path | None
    """None for standard output."""
    columns: tuple[str, ...] | None = None
    """The columns to show, in order; None for all."""
    sort: str | None = None
    """The column to sort by."""
    most: int | None = None
    """How many rows text lists at most; None for all. The other formats have them all."""
    fragment: bool = False
    """Whether HTML is a part of a page instead of a page."""


ENDINGS: Mapping[str, str] = {
    ".csv": "csv", ".html": "html", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".parquet": "parquet",
    ".tex": "latex", ".xml": "junit", ".htm": "html", ".markdown": "markdown", ".ndjson": "jsonl",
}  # fmt: skip
"""The ending of a file's name -> its format."""
SLIPS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("tex", "booktabs"), ("latex",)), **dict.fromkeys(("md", "gfm"), ("markdown",)),
    **dict.fromkeys(("txt", "plain", "table"), ("text",)), **dict.fromkeys(("tsv", "xls", "xlsx", "excel"), ("csv",)),
    **dict.fromkeys(("jsonl", "ndjson", "jsonlines", "json-lines"), ("jsonl", "json")), "htm": ("html",),
    **dict.fromkeys(("yml", "yaml"), ("json",)), **dict.fromkeys(("xml", "xunit"), ("junit",)), "pq": ("parquet",),
    **dict.fromkeys(("gh", "actions"), ("github",)),
}  # fmt: skip
"""What people write when they mean a format -> the formats that they can mean, the best first."""
OTHER_FILES = (
    ".doc", ".docx", ".jpeg", ".jpg", ".ods", ".odt", ".pdf", ".png", ".svg", ".tsv", ".xls", ".xlsx", ".yaml", ".yml",
)  # fmt: skip
"""Endings of files that programs open, and that no table of this program is."""


def choose_destination(
    view: View, extra: tuple[str, ...] = (), columns: Sequence[Column[Any]] = (), data: Sequence[Column[Any]] = ()
) -> Destination:
    """Return where an answer is written. A wrong format or an impossible file is refused before any work is done.

    Args:
        view: the options. Without a format, it is that of the file's ending, or else `text`; without a file, or with
            `-`, the answer is written to standard output.
        extra: the formats that this command has in addition.
        columns: the columns of the answer, if it takes long and they are known before.
        data: the columns of its CSV, if that has different rows.

    Raises:
        MbcostError: the format is unknown or contradicts the file's ending, the file cannot be written, or a column is
            unknown.
    """
    file, style = choose_file(view.output), view.style
    known = list(dict.fromkeys([*FORMAT_NAMES, *extra]))
    ending = ENDINGS.get("" if file is None else file.suffix.lower())
    if style is None and file is not None and file.suffix.lower() in OTHER_FILES:
        endings = enumerate_words([*_list_endings(known), ".txt"])
        raise MbcostError(f"{file} would be text, which {file.suffix} is not: use {endings}, or add --format")
    if style is None and ending is not None and ending not in known:
        endings = enumerate_words(_list_endings(known))
        raise MbcostError(f"{file} means {ending}, which this command does not write: use {endings}, or add --format")
    if style is None:
        style = ending if ending in known else "text"
    if style not in known:
        meant = {slip: [name for name in names if name in known] for slip, names in SLIPS.items()}
        raise unknown("format", style, known, {slip: names[0] for slip, names in meant.items() if names})
    if ending in known and style != ending:
        raise MbcostError(f"--format {style} contradicts the ending of {file}, which means {ending}: remove --format")
    if view.fragment and style != "html":
        raise MbcostError(f"--fragment is a part of a web page, which {style} is not: use --format html, or remove it")
    chosen = None if view.columns is None else parse_list(view.columns, "columns")
    destination = Destination(style, file, chosen, view.sort, fragment=view.fragment)
    if columns:
        trial = build_table("", columns, ())
        whole = replace(trial, data=build_table("", data, ())) if data else trial
        arrange_for(style, whole, chosen, view.sort)
    return destination


def _list_endings(known: Sequence[str]) -> list[str]:
    """Return the usual ending of each format."""
    usual: dict[str, str] = {}
    for name, format_ in ENDINGS.items():
        usual.setdefault(format_, name)
    return [name for format_, name in usual.items() if format_ in known]


def check_whole_table(destination: Destination) -> None:
    """Refuse columns for a format that is not a table.

    Raises:
        MbcostError: columns are given.
    """
    if destination.columns is not None or destination.sort is not None:
        option = "--sort" if destination.columns is None else "--columns"
        raise MbcostError(f"{option} is for tables, which {destination.style} is not: remove it, or add --format csv")


def emit(
    table: Table, answer: dict[str, Any], destination: Destination, rows: str | Mapping[str, Sequence[int]] = ""
) -> None:
    """Write an answer to its destination: JSON from `answer`, the other formats from `table`.

    Args:
        table: the answer as a table.
        answer: the same as JSON.
        destination: where it is written, and which of its columns.
        rows: the list in `answer` that has one item per row of the table; or every list with rows -> the row of each
            of its items. They are sorted as the table is. Without any, the JSON cannot be sorted.

    Raises:
        MbcostError: the output cannot be written, or a column is unknown.
    """
    style, file = destination.style, destination.file
    arranged = arrange_for(style, table, destination.columns, destination.sort)
    if style == "json":
        write(to_json(answer if destination.sort is None else sort_json(table, answer, destination.sort, rows)), file)
        return
    table = arranged
    if style == "html" and destination.columns is not None:  # the details have other columns
        table = replace(table, details=None)
    if style == "text" and destination.most is not None:
        table = limit_rows(table, destination.most, "--all lists them")
    if style == "text" and file is None:
        write(render_text(table, read_screen()), file)
    elif style == "html" and not destination.fragment:
        write(_render_document(table), file)
    else:
        write(FORMATS[style](table), file)


def _render_document(table: Table) -> str:
    """Return a web page with the command line that the user typed and the versions that ran it."""
    from platform import python_version

    from click import get_current_context

    from mbcost import __version__
    from mbcost.present.report.document import Origin, render_document

    context = get_current_context(silent=True)
    words = () if context is None or not context.obj else ("mbcost", *context.obj)
    return render_document(table, Origin(words, (f"mbcost {__version__}", f"Python {python_version()}")))


def to_json(answer: dict[str, Any]) -> str:
    """Return one indented JSON object, with exact integers."""
    import json

    return json.dumps(answer, indent=2) + "\n"
