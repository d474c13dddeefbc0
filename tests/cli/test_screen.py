"""What a terminal shows: colours as NO_COLOR, FORCE_COLOR and TERM say, in this order, and the columns asked for."""

from __future__ import annotations

import re
import sys
from io import StringIO
from itertools import product
from pathlib import Path

import pytest

from mbcost.cli import run

TABLE = "table v1 --by stage --columns layer,mult-adds,share"
NO_COLORS, FORCE_COLORS, TERMS = (None, "", "1"), (None, "", "0", "false", "1", "3"), (None, "dumb", "xterm-256color")


class Terminal(StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def write(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str | None],
    *,
    terminal: bool = True,
    encoding: str = "utf-8",
) -> str:
    """Return what a command writes to a stream in an environment; None is a variable that is not set."""
    stream = Terminal() if terminal else StringIO()
    if terminal:
        monkeypatch.setattr(Terminal, "encoding", encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert run(command.split()) == 0
    return stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_every_combination_has_colours_or_none(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    for no_color, force_color, term in product(NO_COLORS, FORCE_COLORS, TERMS):
        environment = {"NO_COLOR": no_color, "FORCE_COLOR": force_color, "TERM": term}
        text = write(TABLE, monkeypatch, environment, terminal=terminal)
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
    assert "█" in write(TABLE, monkeypatch, plain)
    assert "###" in write(TABLE, monkeypatch, plain, encoding="cp1252")
    assert "###" in write(TABLE, monkeypatch, plain, terminal=False)


@pytest.mark.parametrize(
    ("command", "headers"),
    [
        ("table v2 --by stage --sort activations", ["activations"]),
        ("table v2 --by stage --columns layer,input,kernel,groups,operator,t", ["input", "kernel", "groups", "t"]),
        ("sweep v2 --alpha 1 --res 224,192 --pareto flash,top1", ["flash", "top-1"]),
        ("sweep v2 v2:keras --alpha 1 --res 96", ["implemen"]),  # the rest of the header is in the next line
        ("fit --net v2 --alpha 1 --res 96 --params 4M --min-top1 50", ["params", "top-1"]),
        ("memory v2 --allocator arena,fused-block,inplace-depthwise", ["arena", "fused-block", "inplace"]),
        ("ledger v2 --convention fvcore,thop,ptflops,torchinfo,timm,calflops", ["fvcore", "thop", "timm", "calflops"]),
    ],
)
def test_no_terminal_is_too_narrow_for_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, command: str, headers: list[str]
) -> None:
    text = write(command, monkeypatch, {"NO_COLOR": "1", "FORCE_COLOR": None, "TERM": "xterm", "COLUMNS": "60"})
    assert max(map(len, text.splitlines())) <= 60
    above_rules = "\n".join(re.split(r"(?m)^-[- ]+$", text)[:-1])
    assert [header for header in headers if header not in above_rules] == []


def test_problems_of_a_spec_fit_the_terminal_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text(f"name: s\ncolumns: [operator, c]\nrows:\n  - [{'conv ' * 30}, 8]\n")
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "70")
    assert run(["check", str(spec)]) == 2
    assert isinstance(sys.stdout, Terminal)
    lines = sys.stdout.getvalue().splitlines()
    assert max(map(len, lines)) <= 70
    assert any(line.rstrip().endswith("^") for line in lines)
