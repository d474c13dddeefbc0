"""Files and standard input as text, at most so much of them as a spec can be."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from stat import S_ISFIFO

from mbcost.errors import MbcostError, Problem, SpecError
from mbcost.spec.reading.compose import LARGEST, lines

STANDARD_INPUT = "<stdin>"
"""What standard input is called in messages."""
PATIENCE = 5.0
"""Seconds to wait for somebody to write into a named pipe."""


def read_file(path: Path) -> str:
    """The text of a file. No more of it is read than a spec can have, so that a device ends as well.

    Raises:
        MbcostError: it cannot be read.
        SpecError: it is too large, or no UTF-8.
    """
    return _decoded(lambda: _bytes_of(path), str(path))


@cache
def read_standard_input() -> str:
    """What standard input holds; it can be read only once, and one command can name it twice.

    Raises:
        MbcostError: it is closed.
        SpecError: it holds too much, or no UTF-8.
    """
    if sys.stdin is None:
        raise MbcostError(f"{STANDARD_INPUT}: standard input is closed")
    return _decoded(lambda: sys.stdin.buffer.read(LARGEST + 1), STANDARD_INPUT)


def _bytes_of(path: Path) -> bytes:
    if S_ISFIFO(path.stat().st_mode):
        return _piped(path)
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


@cache
def _piped(path: Path) -> bytes:
    """What a named pipe holds: like standard input it can be read only once."""
    from select import select

    found = bytearray()
    # Opened so, a pipe that nobody writes to does not block.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while len(found) <= LARGEST:
            if not select([handle], [], [], PATIENCE)[0]:
                raise MbcostError(f"{path}: nobody writes into this pipe: write a file, or pipe into '-'")
            part = os.read(handle, LARGEST)
            if not part:
                break
            found += part
    finally:
        os.close(handle)
    return bytes(found)


def _decoded(read: Callable[[], bytes], origin: str) -> str:
    try:
        found = read()
        if len(found) > LARGEST:
            raise SpecError([Problem(origin, 1, 1, f"the file is too large: the most is {LARGEST:,} bytes")])
        return found.decode("utf-8-sig")
    except IsADirectoryError as error:
        raise MbcostError(f"{origin}: {error.strerror}: name a file in it") from None
    except OSError as error:
        raise MbcostError(f"{origin}: {error.strerror}") from None
    except ValueError as error:
        if not isinstance(error, UnicodeDecodeError):  # a NUL in the name
            raise MbcostError(f"{origin!r}: {error}") from None
        before = lines(error.object[: error.start].decode())
        message = f"not UTF-8 text (byte {error.start}): save the file as UTF-8"
        raise SpecError([Problem(origin, len(before), len(before[-1]) + 1, message)]) from None
