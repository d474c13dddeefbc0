"""How a command ends: its exit code, and one line on standard error if it does not succeed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from mbcost.cli.streams import write_message
from mbcost.errors import MbcostError, SpecError, escape

FAILED = 2
"""The command could not run: a mistake of the user, or something that is missing or broken in the environment."""
UNFORESEEN = 3
"""An error that mbcost does not handle, which is a fault of mbcost."""
SIGNALLED = 128
"""Added to the number of the signal that stopped the command, as in shells: 130 after Ctrl-C, 143 after SIGTERM."""
INTERRUPTED = SIGNALLED + signal.SIGINT
STOPPING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that stop a command as cleanly as Ctrl-C does. No system has all of them: Ctrl-Break is on Windows only."""


class Terminated(BaseException):
    """A signal of `STOPPING` has arrived. Like KeyboardInterrupt, it is not an `Exception`: no handler swallows it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


_ARRIVED: list[BaseException] = []
"""What the signals have raised. A library that is interrupted can raise an error of its own instead, as numpy does."""


def handle_signals() -> None:
    """Let Ctrl-C raise KeyboardInterrupt and the signals of `STOPPING` raise `Terminated`.

    Temporary files are removed on the way. A signal that the parent process ignores, as `nohup` does, stays ignored.
    """
    for name in STOPPING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)


def _stop(number: int, _: FrameType | None) -> None:
    _ARRIVED.append(KeyboardInterrupt() if number == signal.SIGINT else Terminated(number))
    raise _ARRIVED[-1]


def raise_lost_signal() -> None:
    """Raise what a signal has raised before, if something swallowed it, such as a finalizer.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C.
        Terminated: a signal of `STOPPING` has arrived.
    """
    if _ARRIVED:
        raise _ARRIVED[-1]


def forget_interrupt() -> None:
    """Forget a Ctrl-C that a command has handled: it ended the work early, and the answer so far is complete."""
    _ARRIVED[:] = [error for error in _ARRIVED if not isinstance(error, KeyboardInterrupt)]


def report(error: BaseException, *, verbose: bool = False, with_traceback: bool = False) -> int:
    """Say on standard error why a command ended, and return its exit code.

    Args:
        error: what ended the command.
        verbose: whether long lines are written whole.
        with_traceback: whether the traceback of an unforeseen error is written, too.
    """
    error = _ARRIVED[-1] if _ARRIVED else error
    if isinstance(error, KeyboardInterrupt):
        write_message("interrupted")
        return INTERRUPTED
    if isinstance(error, Terminated):
        write_message("terminated")
        return SIGNALLED + error.number
    if (lines := _explain(error)) is not None:
        for line in lines:
            write_message(line, "error", verbose=verbose)
        return FAILED
    if with_traceback:
        from traceback import format_exception

        lines_of_code = "".join(format_exception(error)).split("\n")
        sys.stderr.write("\n".join(map(escape, lines_of_code)))
    advice = "please report it with the command" + ("" if with_traceback else " and the output of --traceback")
    description = f"{type(error).__name__}: {error}{_locate(error)}"
    write_message(f"this is a fault of mbcost, {advice}: {description}", "error", verbose=verbose)
    return UNFORESEEN


def _explain(error: BaseException) -> tuple[str, ...] | None:
    """Return the lines that explain an expected error; None for an unforeseen one."""
    if isinstance(error, SpecError):
        return error.problems
    if isinstance(error, MbcostError):
        return (str(error),)
    if isinstance(error, MemoryError):
        return ("there is not enough memory: use smaller sizes or fewer networks",)
    if isinstance(error, OSError):
        name = "" if error.filename is None else f"{error.filename}: "
        return (f"{name}{error.strerror or error}: check the file, the folder and the free space",)
    if isinstance(error, ImportError) and not (error.name or "").startswith("mbcost"):
        return (f"a library cannot be imported: {error}: install it again",)
    return None


def _locate(error: BaseException) -> str:
    """Return the last line of mbcost that the error passed, as ` (file:line)`."""
    package, location = Path(__file__).parents[1], ""
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if package in file.parents:
            location = f" ({file.relative_to(package.parent).as_posix()}:{trace.tb_lineno})"
        trace = trace.tb_next
    return location
