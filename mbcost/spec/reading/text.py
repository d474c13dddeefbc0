"""Reads files and standard input as text, up to the largest size that a spec can have."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO

from mbcost.errors import STANDARD_INPUT, MbcostError, NotText, Problem
from mbcost.spec.reading.compose import LARGEST, lines

PATIENCE = 5.0
"""Seconds to wait for a program to write to a named pipe."""
_ENCODINGS: tuple[tuple[str, str], ...] = (
    (r"\xff\xfe\0\0|[^\0]\0\0\0", "UTF-32-LE"),  # this mark begins like that of UTF-16
    (r"\0\0\xfe\xff|\0\0\0[^\0]", "UTF-32-BE"),
    (r"\xff\xfe|[^\0]\0", "UTF-16-LE"),
    (r"\xfe\xff|\0[^\0]", "UTF-16-BE"),
)
"""Pattern of a file's first bytes, and its encoding: a byte order mark or, as in YAML 1.2 (section 5.2), the zeros
around the first character. "Unicode text" of Excel and `>` of Windows PowerShell write UTF-16."""
_NONBLOCKING: int = getattr(os, "O_NONBLOCK", 0)
"""With this flag, opening a pipe that no program writes to does not wait. Windows does not have it, and there a pipe is
read like a file."""


def read_file(path: Path) -> str:
    """Return the text of a file. At most the size of a spec is read, so that reading an endless device ends too.

    The text is UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Raises:
        MbcostError: the file cannot be read.
        NotText: the file is too large, or not text in its encoding.
    """
    return _decode(lambda: _read_bytes(path), str(path))


@cache
def read_standard_input() -> str:
    """Return the text of standard input. It is cached, because a command can name it twice, and it is read only once.

    Raises:
        MbcostError: standard input is closed.
        NotText: the text is too large, or not text in its encoding.
    """
    if sys.stdin is None:
        raise MbcostError(f"{STANDARD_INPUT}: standard input is closed: pipe a file into it")
    return _decode(lambda: sys.stdin.buffer.read(LARGEST + 1), STANDARD_INPUT)


def _read_bytes(path: Path) -> bytes:
    mode = path.stat().st_mode
    if S_ISDIR(mode):  # opening it would say so, but not on Windows
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if S_ISFIFO(mode) and _NONBLOCKING:
        return _read_pipe(path)
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


@cache
def _read_pipe(path: Path) -> bytes:
    """Return the bytes of a named pipe, which can be read only once, like standard input."""
    from select import select

    content = bytearray()
    handle = os.open(path, os.O_RDONLY | _NONBLOCKING)
    try:
        while len(content) <= LARGEST:
            if not select([handle], [], [], PATIENCE)[0]:
                raise MbcostError(f"{path}: no program writes to this pipe: write a file, or pipe into '-'")
            part = os.read(handle, LARGEST)
            if not part:
                break
            content += part
    finally:
        os.close(handle)
    return bytes(content)


def _decode(read: Callable[[], bytes], origin: str) -> str:
    try:
        content = read()
    except IsADirectoryError as error:
        raise MbcostError(f"{origin}: {error.strerror}: name a file in it") from None
    except OSError as error:
        raise MbcostError(f"{origin}: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise MbcostError(f"{origin!r}: {error}") from None
    if len(content) > LARGEST:
        raise NotText([Problem(origin, 1, 1, f"the file is too large: it must have at most {LARGEST:,} bytes")])
    start = content[:4].decode("latin-1")
    encoding = next((encoding for pattern, encoding in _ENCODINGS if re.match(pattern, start, re.DOTALL)), "UTF-8")
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = lines(content[: error.start].decode(encoding).removeprefix("\ufeff"))
        message = f"not {encoding} text (byte {error.start}): save the file as UTF-8"
        raise NotText([Problem(origin, len(before), len(before[-1]) + 1, message)]) from None
