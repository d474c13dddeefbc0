"""Where answers go: standard output or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mbcost.cli.streams import is_terminal, write_out
from mbcost.errors import MbcostError, unknown
from mbcost.present.formats import FORMATS, render_terminal
from mbcost.present.table import Table


def emit(table: Table, answer: dict[str, Any], style: str, output: Path | None = None) -> None:
    """Write an answer as `style`: `json` from the answer itself, the rest from its table.

    Raises:
        MbcostError: it cannot be written.
    """
    if style == "json":
        write(to_json(answer), output)
    elif style == "text" and output is None and is_terminal(sys.stdout):
        write(render_terminal(table), output)
    else:
        write(FORMATS[style](table), output)


def check_output(style: str, output: Path | None, more: tuple[str, ...] = ()) -> None:
    """Refuse a format that is not known and a file in a folder that is not there, before any work is done.

    Raises:
        MbcostError: there is no such format or folder.
    """
    if output is not None and not output.exists() and not output.resolve().parent.is_dir():
        raise MbcostError(f"cannot write {output}: No such file or directory: make its folder first")
    if output is not None and output.is_dir():
        raise MbcostError(f"cannot write {output}: it is a folder: name a file in it")
    known = list(dict.fromkeys([*FORMATS, "json", *more]))
    if style not in known:
        raise unknown("format", style, known)


def to_json(answer: dict[str, Any]) -> str:
    """One object, indented, with exact integers."""
    import json

    return json.dumps(answer, indent=2) + "\n"


def write(text: str, output: Path | None = None) -> None:
    """Write to standard output, or to a file as a whole or not at all.

    A link is followed, a file keeps its mode, and what is no regular file (a pipe, a device) is written in place.

    Raises:
        MbcostError: it cannot be written.
    """
    if output is None:
        write_out(text)
        return
    with into(output) as path:
        path.write_text(text, encoding="utf-8")


@contextmanager
def into(output: Path) -> Iterator[Path]:
    """Where to write what shall be in the file `output`: as `write` does, the whole of it or nothing.

    Raises:
        MbcostError: it cannot be written.
    """
    try:
        if output.exists() and not output.is_file():
            yield output
        else:
            with _replacing(output.resolve()) as partial:
                yield partial
    except OSError as error:
        # A library that writes the file itself raises errors that have a text and no number.
        raise MbcostError(f"cannot write {output}: {error.strerror or error}") from None


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file beside `target` to write into, which takes its place when the block ends, and is gone when it fails."""
    import tempfile

    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(mode)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
