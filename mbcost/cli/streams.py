"""Standard streams. A closed pipe, a full disk or a narrow encoding does not end in a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mbcost.errors import STANDARD_INPUT, MbcostError, escape, shorten

if TYPE_CHECKING:
    from mbcost.present.text import Screen

WIDEST_LINE = 300
"""The characters of the longest line on standard error."""
LARGEST_MODEL = 2**31
"""The bytes of the largest model on standard input; ONNX and TensorFlow Lite write no larger file."""
_PIECE = 2**20
_GAP = " … (--verbose shows all) … "


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal. A stream that was closed before the start is None."""
    return stream is not None and stream.isatty()


def has_colours(stream: TextIO | None) -> bool:
    """Return whether to write colours to a stream.

    A NO_COLOR that is not empty forbids them (https://no-color.org); else a FORCE_COLOR that is not empty, 0 or false
    demands them (https://force-color.org); else a terminal has them, unless TERM is `dumb`.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and _understands_colours()


def _understands_colours() -> bool:
    """Return whether the terminal reads ANSI sequences; a Windows console is told to."""
    if os.name != "nt":  # the import of ctypes takes milliseconds
        return True
    import ctypes

    windows: Any = getattr(ctypes, "windll", None)
    if windows is None:
        return True
    console, mode = windows.kernel32.GetStdHandle(-11), ctypes.c_ulong()  # standard output
    if not windows.kernel32.GetConsoleMode(console, ctypes.byref(mode)):
        return False
    return bool(windows.kernel32.SetConsoleMode(console, mode.value | 4))  # ENABLE_VIRTUAL_TERMINAL_PROCESSING


@contextmanager
def spool_standard_input() -> Iterator[Path]:
    """Write standard input to a file, for what reads a model in parts, and remove the file afterwards.

    Raises:
        MbcostError: standard input is closed or a terminal, is too large, or cannot be kept.
    """
    import tempfile

    if sys.stdin is None or is_terminal(sys.stdin):
        raise MbcostError(f"{STANDARD_INPUT} is a terminal or closed: pipe a model into it")
    with tempfile.TemporaryDirectory(prefix="mbcost-") as folder:
        path = Path(folder) / "model"
        try:
            _copy_standard_input(path)
        except OSError as error:
            raise MbcostError(
                f"{STANDARD_INPUT}: {error.strerror or error}: save the model and name its file"
            ) from None
        yield path


def _copy_standard_input(path: Path) -> None:
    """Write standard input to a file, up to a limit that a stream without an end reaches."""
    size = 0
    with path.open("wb") as file:
        while piece := sys.stdin.buffer.read(_PIECE):
            size += len(piece)
            if size > LARGEST_MODEL:
                raise MbcostError(
                    f"{STANDARD_INPUT}: more than {LARGEST_MODEL:,} bytes: save the model and name its file"
                )
            file.write(piece)


def read_screen() -> Screen:
    """Return the screen behind standard output: a terminal of some width, or a pipe of any."""
    from mbcost.present.text import Screen

    colours = has_colours(sys.stdout)
    if not is_terminal(sys.stdout):
        return Screen(colours=colours)
    from shutil import get_terminal_size

    encoding = getattr(sys.stdout, "encoding", None) or ""
    return Screen(get_terminal_size().columns, colours, blocks=encoding.lower().startswith("utf"))


def secure_streams() -> None:
    """Prepare the standard streams of this process, once, at its start.

    A descriptor that is closed is opened on the null device: otherwise the next file that is opened would take its
    number, and what libraries print would be written into that file. Standard error then ignores failed writes, so that
    a message that nobody can read does not change the exit code.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if not is_terminal(sys.stderr):
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(_Unfailing(2, "w", closefd=False)),
            encoding=getattr(sys.stderr, "encoding", "utf-8"),
            errors="backslashreplace",
            write_through=True,
            line_buffering=True,
        )


class _Unfailing(io.FileIO):
    """A file whose writes never fail; what cannot be written is lost."""

    def write(self, data: Any) -> int:
        """Write the bytes if possible, and return their number."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def write_out(text: str) -> bool:
    """Write to standard output, and return whether more can be written: False if the reader of a pipe has ended.

    Raises:
        MbcostError: standard output is closed or cannot be written.
    """
    if sys.stdout is None:
        raise MbcostError("cannot write: standard output is closed: redirect it to a file")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for characters that the terminal cannot show
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Otherwise the interpreter flushes the rest again when it exits, and reports the same error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not is_broken_pipe(error):
            raise MbcostError(
                f"cannot write to standard output: {error.strerror}: redirect it to a different file"
            ) from None
        return False
    return True


def is_broken_pipe(error: OSError) -> bool:
    """Return whether the reader of a pipe has ended; for Windows, writing to such a pipe is an invalid argument."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def write_message(message: str, kind: str = "", *, verbose: bool = False) -> None:
    """Write one printable line to standard error.

    Args:
        message: the line; newlines in it are escaped.
        kind: what it is, such as `error`; empty for a notice.
        verbose: whether a long line is written whole.
    """
    start = f"mbcost: {kind}: " if kind else "mbcost: "
    text = escape(message)
    with suppress(OSError):  # the terminal was closed, and the exit code stays the same
        print(start + (text if verbose else shorten(text, WIDEST_LINE - len(start), _GAP)), file=sys.stderr, flush=True)
