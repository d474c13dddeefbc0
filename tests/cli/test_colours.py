"""NO_COLOR, FORCE_COLOR and TERM decide about colours, in this order, on a terminal and in a pipe."""

from __future__ import annotations

import sys
from io import StringIO
from itertools import product

import pytest

from mbcost.cli import run

NO_COLORS, FORCE_COLORS, TERMS = (None, "", "1"), (None, "", "0", "false", "1", "3"), (None, "dumb", "xterm-256color")


class Terminal(StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def write_table(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, environment: dict[str, str | None], encoding: str = "utf-8"
) -> str:
    """Return what `mbcost table` writes to a stream in an environment; None is a variable that is not set."""
    stream = Terminal() if terminal else StringIO()
    if terminal:
        monkeypatch.setattr(Terminal, "encoding", encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "100")
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert run(["table", "v1", "--by", "stage", "--columns", "layer,mult-adds,share"]) == 0
    return stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_every_combination_has_colours_or_none(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    for no_color, force_color, term in product(NO_COLORS, FORCE_COLORS, TERMS):
        environment = {"NO_COLOR": no_color, "FORCE_COLOR": force_color, "TERM": term}
        text = write_table(monkeypatch, terminal=terminal, environment=environment)
        if no_color == "1":
            expected = False
        elif force_color in ("1", "3"):
            expected = True
        else:
            expected = terminal and term != "dumb"
        assert ("\x1b" in text) == expected, environment
        assert ("---" in text) != expected, environment  # rules stand in for the colours of header and footer


def test_bars_are_blocks_only_where_the_terminal_can_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    plain: dict[str, str | None] = {"NO_COLOR": "1", "FORCE_COLOR": None, "TERM": "xterm"}
    assert "█" in write_table(monkeypatch, terminal=True, environment=plain)
    assert "###" in write_table(monkeypatch, terminal=True, environment=plain, encoding="cp1252")
    assert "###" in write_table(monkeypatch, terminal=False, environment=plain)
