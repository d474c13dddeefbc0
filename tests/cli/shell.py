"""An interactive shell in a pseudo-terminal, to try completion as a user does."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source {script}\n"
        "show() {{ printf '%s\\n' \"$READLINE_LINE\" > {line}; READLINE_LINE=; READLINE_POINT=0; }}\n"
        "bind -x '\"\\C-g\": show'\n",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit && compinit -u -D; source {script}; unsetopt beep\n"
        "show() {{ print -r -- \"$BUFFER\" > {line}; BUFFER= }}; zle -N show; bindkey '^G' show\n",
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "source {script}\n"
        "function show; commandline | string collect | read -z text; printf '%s\\n' $text > {line}; commandline ''\n"
        "end\n"
        "bind \\cg show\n",
    ),
}
"""A shell -> how it starts, and lines that make it read the script and bind a key that writes the typed line."""


class Shell:
    """A running shell that completes lines."""

    def __init__(self, controller: int, line: Path) -> None:
        self.controller = controller
        self.line = line
        self.screen = b""

    def read(self, seconds: float) -> None:
        """Read what the shell writes, until it is silent for so long, and answer what fish asks of a terminal."""
        while select.select([self.controller], [], [], seconds)[0]:
            part = os.read(self.controller, 65536)
            self.screen += part
            if b"\x1b[c" in part or b"\x1b[0c" in part:
                os.write(self.controller, b"\x1b[?62;c")

    def type(self, text: str) -> None:
        """Type some keys."""
        os.write(self.controller, text.encode())

    def complete(self, text: str) -> str:
        """Return what a line becomes when the user presses the Tab key at its end."""
        self.line.unlink(missing_ok=True)
        self.type(f"{text}\t\x07")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.read(0.05)
            if self.line.exists() and (shown := self.line.read_text()).endswith("\n"):
                return shown.rstrip("\n")
        raise AssertionError(f"the shell does not answer: {self.screen[-2000:]!r}")


def _control_terminal() -> None:
    """Make standard input the terminal that controls the new session, for job control."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def run_shell(name: str, script: str, folder: Path) -> Iterator[Shell]:
    """Run a shell in `folder` that has read a completion script; `mbcost` is this interpreter's."""
    programs = folder / ".bin"
    programs.mkdir()
    program = programs / "mbcost"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mbcost "$@"\n')
    program.chmod(0o755)
    source, line = programs / "script", programs / "line"
    source.write_text(script)
    command, start = STARTS[name]
    controller, terminal = pty.openpty()
    here = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    env = {
        "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": path, "HOME": str(programs), "TERM": "xterm",
        "COLUMNS": "200", "LANG": "C.UTF-8", "PS1": "$ ", "XDG_DATA_HOME": str(programs),
    }  # fmt: skip
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=env, cwd=folder, start_new_session=True,
        preexec_fn=_control_terminal,
    )  # fmt: skip
    os.close(terminal)
    try:
        shell = Shell(controller, line)
        shell.read(0.7)
        for text in start.format(script=source, line=line).splitlines():
            shell.type(text + "\n")
            shell.read(0.3)
        yield shell
    finally:
        process.kill()
        process.wait()
        os.close(controller)
