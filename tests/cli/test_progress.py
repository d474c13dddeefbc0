"""The progress bar: only on a terminal, only after a while, and never in the way of the items."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from io import StringIO

import pytest

from mbcost.cli import progress
from mbcost.cli.progress import show_work, track


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Replace standard error by a terminal. A fixture cannot do this: pytest resets the stream before the test."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return stream


@pytest.mark.parametrize("stream", [StringIO(), None], ids=["a file", "closed"])
def test_without_a_terminal_the_items_pass_and_nothing_is_written(
    stream: StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    assert list(track("working", [1, 2, 3])) == [1, 2, 3]
    assert stream is None or stream.getvalue() == ""


def test_a_short_command_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    assert list(track("working", iter("ab"))) == ["a", "b"]
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("weigh", "total", "shown"),
    [(lambda _: 1, None, ["25%", "100%"]), (lambda _: 1, 8, ["12%", "50%"]), (lambda item: item, 10, ["10%", "100%"])],
    ids=["the length of a list", "a stated total", "weights"],
)
def test_the_bar_shows_the_share_of_the_total(
    weigh: Callable[[int], int], total: int | None, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    assert list(track("working", [1, 2, 3, 4], total, weigh)) == [1, 2, 3, 4]
    written = terminal.getvalue()
    assert "working" in written
    assert all(share in written for share in shown)
    assert ("100%" in written) == ("100%" in shown)


def test_the_bar_is_erased_if_the_command_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    items = track("working", [1, 2, 3])
    assert [next(items), next(items)] == [1, 2]
    assert "working" in terminal.getvalue()
    assert "\x1b[?25h" not in terminal.getvalue()
    items.close()
    assert terminal.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # show the cursor, erase the line
    assert sys.stderr is terminal


def test_an_error_of_the_items_is_not_taken_for_a_closed_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> Iterator[int]:
        yield 1
        raise OSError("the disk is broken")

    open_terminal(monkeypatch)
    with pytest.raises(OSError, match="the disk is broken"):
        list(track("working", read()))


def test_a_terminal_that_is_closed_does_not_end_the_items(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> int:
        raise OSError("the terminal is closed")

    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    monkeypatch.setattr(terminal, "write", fail)
    assert list(track("working", [1, 2, 3])) == [1, 2, 3]


@pytest.mark.parametrize(("term", "written"), [("xterm", "loading a ...\r\x1b[K"), ("dumb", "loading a ...\n")])
def test_work_without_parts_is_shown_while_it_lasts(term: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setenv("TERM", term)
    during = []

    def work() -> None:
        with show_work("loading a"):
            during.append(terminal.getvalue())
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    assert during[0].rstrip("\n") == "loading a ..."
    assert terminal.getvalue() == written


def test_work_is_shown_on_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with show_work("loading a"):
        pass
    assert stream.getvalue() == ""


def test_a_dumb_terminal_gets_no_control_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    assert list(track("working", [1, 2])) == [1, 2]
    assert "\x1b" not in terminal.getvalue()
