"""`mbcost explore`: what is refused before the screen is drawn, and the program in a real terminal."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from mbcost.cli.explore import explore, running
from mbcost.cli.explore.app import build_app
from mbcost.questions.explore.keys import press
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import Scope
from tests.cli.conftest import Mbcost

ROOT = Path(__file__).parents[3]


def test_without_a_terminal_it_says_what_to_use(mbcost: Mbcost) -> None:
    result = mbcost("explore", "v2@0.75/160")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mbcost: error: explore is for a terminal, and cannot draw on a pipe or a file: use mbcost table v2@0.75/160\n"
    )


@pytest.mark.parametrize("net", ["-", "-@0.5", "/dev/tty"])
def test_standard_input_is_refused(mbcost: Mbcost, net: str) -> None:
    result = mbcost("explore", "--", net)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "cannot be explored: standard input has the keys that you press" in result.err


def test_a_mistake_on_the_command_line_is_the_error_of_the_table(mbcost: Mbcost) -> None:
    for words in ("v2@0.75 --alpha 0.5", "v2 --alpha 0", "v9", "v2 --convention fvcor", "docs/model.tflite --alpha 2"):
        assert mbcost("explore", *words.split()) == mbcost("table", *words.split()), words


def test_a_missing_library_is_named_with_its_extra(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual", None)
    result = mbcost("explore")
    assert (result.code, result.err) == (
        2, "mbcost: error: textual is not installed: pip install 'mbcost[explore]'\n"
    )  # fmt: skip


def run_in_terminal(*keys: bytes) -> tuple[int, str]:
    """Return the exit code of `mbcost explore v2` in a terminal of 80 x 24, and what it wrote after the last key.

    A key is sent when the screen has been quiet for a moment. Without keys, the terminal is closed.
    """
    import fcntl
    import pty
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "mbcost", "explore", "v2"], stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(terminal)

    def read(marker: bytes, patience: float = 30) -> bytes:
        """Return what is written until the marker has come and nothing follows for a moment, or the process ended."""
        text, start = b"", time.monotonic()
        while time.monotonic() - start < patience:
            if not select.select([controller], [], [], 0.1)[0]:
                if marker in text:
                    break
                continue
            try:
                piece = os.read(controller, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            text += piece
        return text

    try:
        read(b"$ mbcost table")
        if not keys:
            os.close(controller)
            return process.wait(30), ""
        for key in keys[:-1]:
            os.write(controller, key)
            read(b"\x1b")
        os.write(controller, keys[-1])
        text = read(b"never")
        return process.wait(30), text.decode(errors="replace")
    finally:
        process.kill()
        if keys:
            os.close(controller)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_in_a_terminal_it_prints_the_command_and_leaves_the_terminal_as_it_was() -> None:
    code, text = run_in_terminal(b"\x1b[D", b"\x1b[B", b"96\r", b"q")
    _, leaves_screen, after = text.rpartition("\x1b[?1049l")
    assert leaves_screen, "the screen from before is back"
    assert "\x1b[?25h" in after, "the cursor is back"
    assert (code, after.rpartition("\x1b[?1006l")[2]) == (0, "mbcost table v2 --alpha 0.98 --res 96\r\n")
    assert "Traceback" not in text


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_terminal_that_is_gone_ends_it_even_without_a_signal() -> None:
    assert run_in_terminal() == (129, "")


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "terminated"), ("SIGINT", 130, "interrupted")],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_signal_ends_it_as_it_ends_every_command(
    mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch, name: str, code: int, line: str
) -> None:
    async def stop(_: object) -> None:
        os.kill(os.getpid(), getattr(signal, name))

    def build_headless(state: State, scope: Scope, *, blocks: bool) -> object:
        app = build_app(state, scope, blocks=blocks)
        monkeypatch.setattr(app, "run", partial(app.run, headless=True, auto_pilot=stop))
        return app

    monkeypatch.setattr(explore, "_check_terminal", lambda _: None)
    monkeypatch.setattr(running, "build_app", build_headless)
    before = signal.getsignal(signal.SIGTERM)
    result = mbcost("explore")
    assert (result.code, result.out, result.err) == (code, "", f"mbcost: {line}\n")
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_command_that_is_printed_at_the_end_runs(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "_check_terminal", lambda _: None)
    monkeypatch.setattr(explore, "run", lambda state, scope, blocks: replace(state, end="quit"))  # noqa: ARG005
    for words in ("v3-large@0.75/160:timm --classes 10", "v2 --head 64,bn,5 --in-channels 1", "v1 --no-top --rho 0.5",
                  "docs/model.tflite --convention tflite"):  # fmt: skip
        printed = shlex.split(mbcost("explore", *words.split()).out)
        assert printed[:2] == ["mbcost", "table"]
        assert mbcost(*printed[1:]).out == mbcost("table", *words.split()).out


def test_control_c_ends_it_as_it_ends_every_command(mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "_check_terminal", lambda _: None)

    def build_ended(state: State, scope: Scope, **_: object) -> object:
        return type("Ended", (), {"run": lambda _: press(state, "ctrl+c", scope)})()

    monkeypatch.setattr(running, "build_app", build_ended)
    result = mbcost("explore")
    assert (result.code, result.out, result.err) == (130, "", "mbcost: interrupted\n")
