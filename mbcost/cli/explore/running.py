"""Run the full-screen program: signals end it as they end every command, and leave the terminal as it was."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from mbcost.cli.exits import STOPPING, Terminated
from mbcost.cli.explore.app import build_app
from mbcost.cli.streams import is_terminal
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import Scope

if TYPE_CHECKING:
    from textual.app import App

LOOK = 1.0
"""Every so many seconds the program looks whether its terminal is still there."""


def run(state: State, scope: Scope, *, blocks: bool) -> State:
    """Show a state until the user ends the program, and return the last state.

    Args:
        state: what is shown first.
        scope: the networks to choose from.
        blocks: whether characters beyond ASCII are drawn.

    Raises:
        KeyboardInterrupt: the user pressed Ctrl-C, or the signal of it came from outside.
        Terminated: another signal ended the program.
    """
    app = build_app(state, scope, blocks=blocks)
    arrived: list[int] = []
    with _stop_on_signals(app, arrived), _watch_terminal():
        last = app.run()
    if arrived and arrived[0] != signal.SIGINT:
        raise Terminated(arrived[0])
    if isinstance(last, Exception):
        raise last
    if arrived or last is None or last.end == "interrupted":
        raise KeyboardInterrupt
    return last


@contextmanager
def _watch_terminal() -> Iterator[None]:
    """Send this process the signal of a closed terminal if the terminal is gone.

    A terminal does not announce it to a process that it does not control, and reading from one that is gone would take
    a whole core for ever.
    """
    ended, main = threading.Event(), threading.main_thread().ident
    send = getattr(signal, "pthread_kill", None)  # Windows does not have it, and closes its programs with the window

    def watch() -> None:
        while send is not None and not ended.wait(LOOK):
            if not is_terminal(sys.stdin):
                send(main, getattr(signal, "SIGHUP", signal.SIGTERM))  # to the main thread, which executes the handler
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _stop_on_signals(app: App[State | Exception], arrived: list[int]) -> Iterator[None]:
    """Let signals end the program from inside, so that it restores the terminal, and put them into `arrived`.

    An exception, which is how they end other commands, would be lost in a task of the event loop.
    """

    def stop(number: int, _: FrameType | None) -> None:
        arrived.append(number)
        try:
            asyncio.get_running_loop().call_soon_threadsafe(app.exit)
        except RuntimeError:  # before the loop, or behind it
            raise Terminated(number) from None

    numbers = [getattr(signal, name) for name in ("SIGINT", *STOPPING) if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    changed = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    try:
        for number in changed:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)
