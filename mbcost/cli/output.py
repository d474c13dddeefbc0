"""The only places that write: standard output, files, and messages on standard error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError, unknown
from mbcost.present.formats import FORMATS, terminal
from mbcost.present.table import Table


def emit(table: Table, answer: dict[str, Any], style: str, output: Path | None = None) -> None:
    """Write an answer as `style`: `json` from the answer itself, the rest from its table.

    Raises:
        MbcostError: there is no such format, or the file cannot be written.
    """
    check_format(style)
    if style == "json":
        write(to_json(answer), output)
    elif style == "text" and output is None and sys.stdout.isatty():
        write(terminal(table), output)
    else:
        write(FORMATS[style](table), output)


def check_format(style: str, more: tuple[str, ...] = ()) -> None:
    """Refuse a format that is not known, before any work is done.

    Raises:
        MbcostError: there is no such format.
    """
    known = [*FORMATS, "json", *more]
    if style not in known:
        raise unknown("format", style, known)


def to_json(answer: dict[str, Any]) -> str:
    """One object, indented, with exact integers."""
    import json

    return json.dumps(answer, indent=2) + "\n"


def write(text: str, output: Path | None = None) -> None:
    """Write to standard output, or to a file as a whole or not at all.

    Raises:
        MbcostError: the file cannot be written.
    """
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a title that the terminal cannot show is no reason to fail
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read has read enough; keep the interpreter from flushing into the closed pipe once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    import tempfile

    try:
        handle, partial = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(partial).chmod(0o666 & ~_umask())
            Path(partial).replace(output)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise MbcostError(f"cannot write {output}: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
