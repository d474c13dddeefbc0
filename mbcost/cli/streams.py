"""Standard streams. A closed pipe, a full disk or a narrow encoding does not end in a traceback."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from mbcost.errors import MbcostError

STANDARD_INPUT = "<stdin>"
"""The name that typer sees for `-` if something follows it, as in `-@0.5`."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as in shells: 128 + SIGINT."""


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal. A stream that was closed before the start is None."""
    return stream is not None and stream.isatty()


def write_out(text: str) -> None:
    """Write to standard output. It is not an error if the reader of a pipe has already ended.

    Raises:
        MbcostError: standard output is closed or cannot be written.
    """
    if sys.stdout is None:
        raise MbcostError("cannot write: standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for characters that the terminal cannot show
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Otherwise the interpreter flushes the rest again when it exits, and reports the same error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise MbcostError(f"cannot write to standard output: {error.strerror}") from None
