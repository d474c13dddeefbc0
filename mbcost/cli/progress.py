"""The progress bar of long commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import ExitStack, contextmanager, suppress
from shutil import get_terminal_size
from time import monotonic
from typing import TypeVar

from mbcost.cli.streams import is_terminal
from mbcost.errors import escape, shorten

Item = TypeVar("Item")

NARROWEST = 20
"""The fewest characters of a line that says what the command does."""
PATIENCE = 1.0
"""The number of seconds before the bar is shown."""


@contextmanager
def show_work(description: str) -> Iterator[None]:
    """Show on standard error what the command does until the context ends.

    The line is shown only on a terminal, and it is erased at the end, if the terminal can do that.
    """
    if not is_terminal(sys.stderr):
        yield
        return
    ending = "\n" if os.environ.get("TERM") == "dumb" else ""
    # A longer line would continue in a second one, and only the last line can be erased.
    text = shorten(escape(description), max(NARROWEST, get_terminal_size().columns - len(" ... ")), "...")
    with suppress(OSError):  # the terminal was closed
        sys.stderr.write(f"{text} ...{ending}")
        sys.stderr.flush()
    try:
        yield
    finally:
        with suppress(OSError):
            sys.stderr.write("" if ending else "\r\x1b[K")
            sys.stderr.flush()


def track(
    description: str, items: Iterable[Item], total: int | None = None, weigh: Callable[[Item], int] = lambda _: 1
) -> Generator[Item, None, None]:
    """Yield the items and, if that takes long, show a progress bar on standard error.

    The bar is shown only on a terminal, and it is erased at the end.

    Args:
        description: the words in front of the bar.
        items: what the command works through.
        total: the sum of the weights of all items; None if it is the length of `items`, or unknown.
        weigh: how much of `total` one item is.
    """
    if not is_terminal(sys.stderr):
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    # Standard output is not redirected: rich would write redirected results on standard error, too.
    progress = Progress(console=Console(stderr=True), transient=True, auto_refresh=False, redirect_stdout=False)
    task = progress.add_task(description, total=len(items) if total is None and isinstance(items, Sized) else total)
    started = monotonic()
    shown = ExitStack()
    try:
        for item in items:
            yield item
            with suppress(OSError):  # the terminal was closed; the items go on, and their own errors are not hidden
                progress.update(task, advance=weigh(item))
                if monotonic() - started > PATIENCE:
                    if not progress.live.is_started:
                        shown.enter_context(progress)
                    progress.refresh()
    finally:
        with suppress(OSError):
            shown.close()


@contextmanager
def show_share(description: str) -> Iterator[Callable[[float, str], None]]:
    """Yield a function that shows how much of a long work is done, from 0 to 1, and what is done now.

    The bar is shown only on a terminal, and it is erased at the end.
    """
    if not is_terminal(sys.stderr):
        yield lambda _share, _step: None
        return
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True, auto_refresh=False, redirect_stdout=False)
    task = progress.add_task(description, total=1.0)

    def update(share: float, step: str) -> None:
        with suppress(OSError):
            progress.update(task, completed=share, description=f"{description}: {escape(step)}", refresh=True)

    with ExitStack() as shown:
        shown.enter_context(progress)
        yield update
