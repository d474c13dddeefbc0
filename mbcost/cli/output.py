"""Write answers to standard output or to a file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from mbcost.cli.arguments import parse_list
from mbcost.cli.streams import read_screen, write_out
from mbcost.errors import MbcostError, enumerate_words, unknown
from mbcost.present.arrangement import arrange_for, limit_rows, sort_json
from mbcost.present.formats import FORMATS
from mbcost.present.table import Column, Table, build_table
from mbcost.present.text import render_text
from mbcost.spec.catalogue.library import is_file

FORMAT_NAMES = (*FORMATS, "json")
"""The formats that every command has whose answer is a table."""


@dataclass(frozen=True)
class View:
    """The options that say how a table is shown, as typed; an option that is not given is None."""

    columns: str | None = None
    sort: str | None = None
    style: str | None = None
    output: Path | None = None


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
    chosen = None if view.columns is None else parse_list(view.columns, "columns")
    destination = Destination(style, file, chosen, view.sort)
    if columns:
        trial = build_table("", columns, ())
        whole = replace(trial, data=build_table("", data, ())) if data else trial
        arrange_for(style, whole, chosen, view.sort)
    return destination


def keep_inputs(output: Path | None, *inputs: str | None) -> None:
    """Refuse to write an answer over a file from which it is computed.

    Args:
        output: where the answer is written.
        inputs: words that can be paths of files; None is ignored.

    Raises:
        MbcostError: the output is one of the inputs.
    """
    if output is None or not output.is_file():
        return
    for text in inputs:
        if text is not None and is_file(text) and output.samefile(text):
            raise MbcostError(f"{output} is the file that is read, and the answer would replace it: name a new file")


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


def choose_file(output: Path | None) -> Path | None:
    """Return the file to write to, None for standard output. A file that cannot be written is refused at once.

    Raises:
        MbcostError: the file cannot be written.
    """
    if output is None or str(output) == "-":
        return None
    with _blaming(output):
        _find_target(output)
    return output


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
    if style == "text" and destination.most is not None:
        table = limit_rows(table, destination.most, "--all lists them")
    if style == "text" and file is None:
        write(render_text(table, read_screen()), file)
    else:
        write(FORMATS[style](table), file)


def to_json(answer: dict[str, Any]) -> str:
    """Return one indented JSON object, with exact integers."""
    import json

    return json.dumps(answer, indent=2) + "\n"


def write(text: str, output: Path | None = None) -> None:
    """Write text as `write_parts` does."""
    write_parts([text], output)


def write_parts(parts: Iterable[str], output: Path | None) -> None:
    """Write text part by part to standard output, or atomically to a file.

    A link is followed, and a file keeps its mode. A pipe or a device is written in place. If the reader of a pipe has
    ended, the remaining parts are not computed.

    Raises:
        MbcostError: the text cannot be written.
    """
    if output is None:
        all(map(write_out, parts))
        return
    with replace_file(output) as path, _open(path) as file:
        file.writelines(parts)


def _open(path: Path) -> TextIO:
    """Open a file to write; the same text gives the same bytes on every system."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def replace_file(output: Path) -> Iterator[Path]:
    """Yield a path to write to; at the end of the block its content replaces that of `output`, as in `write_parts`.

    Raises:
        MbcostError: the file cannot be written.
    """
    with _blaming(output):
        target = _find_target(output)
        if target is None:
            yield output
        else:
            with _replace_at_end(target) as partial:
                yield partial


@contextmanager
def _blaming(output: Path) -> Iterator[None]:
    """Turn an error of the operating system into one line that names the file."""
    try:
        yield
    except BrokenPipeError:
        pass  # the reader of a named pipe has ended, as `head` does
    except OSError as error:
        # The errors of a library that writes the file itself can have a text only.
        remedy = _REMEDIES.get(error.errno, "name a different file")
        raise MbcostError(f"cannot write {output}: {error.strerror or error}: {remedy}") from None


def _find_target(output: Path) -> Path | None:
    """Return the file that a new one can replace, behind all links; None for a pipe or a device.

    Raises:
        OSError: the file cannot be written.
        MbcostError: it is a folder or read-only, or the working directory was deleted.
    """
    try:
        mode = output.stat().st_mode
    except FileNotFoundError:
        try:
            target = Path(os.path.realpath(output))
        except FileNotFoundError:
            raise MbcostError(
                f"cannot write {output}: the working directory was deleted: change to a different folder"
            ) from None
        if target.parent.exists() and not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
        if target.parent.exists():
            return target
        raise
    if stat.S_ISDIR(mode):
        raise MbcostError(f"cannot write {output}: it is a folder: name a file in it")
    if not stat.S_ISREG(mode):
        return None
    # An administrator can write to every file, so the mode is looked at as well.
    if not (mode & _WRITABLE and os.access(output, os.W_OK)):
        raise MbcostError(f"cannot write {output}: the file is read-only: name a different file, or make it writable")
    return Path(os.path.realpath(output))


@contextmanager
def _replace_at_end(target: Path) -> Iterator[Path]:
    """Yield the path of a new file in the same folder, which replaces `target` at the end or is removed on failure."""
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_read_umask()
    # The name is known before the file exists, so that a signal at any moment leaves nothing. It is as short for a
    # target with a very long name.
    partial = target.with_name(f".mbcost-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield partial
        partial.chmod(stat.S_IMODE(mode))
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_REMEDIES: Mapping[int | None, str] = {
    errno.ENOENT: "create its folder first",
    errno.ENOTDIR: "create its folder first",
    # Windows refuses to replace a file that a program, such as a spreadsheet, has open.
    errno.EACCES: f"{'close the program that has it open, or ' if os.name == 'nt' else ''}choose a different folder",
    errno.EPERM: "choose a different folder",
    errno.EROFS: "choose a different folder",
    errno.ENOSPC: "free some space, or choose a different folder",
    errno.ELOOP: "name a file that is not a link to itself",
    errno.ENAMETOOLONG: "use a shorter name",
}
"""The number of an error -> what to do about it."""
