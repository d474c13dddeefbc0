"""Write answers to standard output or to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mbcost.cli.streams import is_terminal, write_out
from mbcost.errors import MbcostError, unknown
from mbcost.present.formats import FORMATS, render_terminal
from mbcost.present.table import Table


def emit(table: Table, answer: dict[str, Any], style: str, output: Path | None = None) -> None:
    """Write an answer in the format `style`: JSON from `answer`, the other formats from `table`.

    Raises:
        MbcostError: the output cannot be written.
    """
    if style == "json":
        write(to_json(answer), output)
    elif style == "text" and output is None and is_terminal(sys.stdout):
        write(render_terminal(table), output)
    else:
        write(FORMATS[style](table), output)


def check_output(style: str, output: Path | None, extra: tuple[str, ...] = ()) -> None:
    """Refuse an unknown format and an impossible file before any work is done.

    Args:
        style: the format.
        output: the file; None for standard output.
        extra: the formats that this command has in addition.

    Raises:
        MbcostError: the format is unknown, the folder of the file does not exist, or the file is a folder.
    """
    if output is not None and not output.exists() and not output.resolve().parent.is_dir():
        raise MbcostError(f"cannot write {output}: No such file or directory: create its folder first")
    if output is not None and output.is_dir():
        raise MbcostError(f"cannot write {output}: it is a folder: name a file in it")
    known = list(dict.fromkeys([*FORMATS, "json", *extra]))
    if style not in known:
        raise unknown("format", style, known)


def to_json(answer: dict[str, Any]) -> str:
    """Return one indented JSON object, with exact integers."""
    import json

    return json.dumps(answer, indent=2) + "\n"


def write(text: str, output: Path | None = None) -> None:
    """Write text as `write_parts` does."""
    write_parts([text], output)


def write_parts(parts: Iterable[str], output: Path | None) -> None:
    """Write text part by part to standard output, or atomically to a file.

    A link is followed, and a file keeps its mode. A pipe or a device is written in place.

    Raises:
        MbcostError: the text cannot be written.
    """
    if output is None:
        for part in parts:
            write_out(part)
        return
    with replace_file(output) as path, path.open("w", encoding="utf-8") as file:
        file.writelines(parts)


@contextmanager
def replace_file(output: Path) -> Iterator[Path]:
    """Yield a path to write to; at the end of the block its content replaces that of `output`, as in `write_parts`.

    Raises:
        MbcostError: the file cannot be written.
    """
    try:
        if output.exists() and not output.is_file():
            yield output
        else:
            with _replace_at_end(output.resolve()) as partial:
                yield partial
    except OSError as error:
        # The errors of a library that writes the file itself can have a text only.
        raise MbcostError(f"cannot write {output}: {error.strerror or error}") from None


@contextmanager
def _replace_at_end(target: Path) -> Iterator[Path]:
    """Yield a new file in the same folder, which replaces `target` at the end or is removed on failure."""
    import tempfile

    mode = target.stat().st_mode if target.exists() else 0o666 & ~_read_umask()
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


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
