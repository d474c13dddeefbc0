"""What can be seen only in a separate process: imports, pipes, terminals, signals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import mbcost
from mbcost.spec.catalogue.library import specs_folder
from tests.processes import INTERRUPTIBLE, running

MBCOST = [sys.executable, "-m", "mbcost"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run([*MBCOST, *arguments], capture_output=True, text=True, env=env, check=False)


def read_terminal(controller: int) -> bytes:
    """Return what is written next to the terminal, or nothing once it is closed."""
    assert select.select([controller], [], [], 60)[0], "the command neither writes nor ends"
    try:
        return os.read(controller, 65536)
    except OSError:  # Linux: the other end is closed
        return b""


def on_a_terminal(*arguments: str, columns: int = 100, **environment: str) -> str:
    """Return what a command writes if standard output is a terminal."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    unset = ("COLUMNS", "NO_COLOR", "FORCE_COLOR")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    env = {**inherited, "TERM": "xterm-256color", **environment}
    with running([*MBCOST, *arguments], stdout=terminal, stderr=subprocess.PIPE, env=env) as process:
        os.close(terminal)
        written = b""
        while part := read_terminal(controller):
            written += part
        os.close(controller)
        assert process.wait() == 0
    return written.decode().replace("\r\n", "\n")


HEAVY = ("torch", "numpy", "fvcore", "timm", "keras", "transformers", "torchvision")


@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "v2"],
        ["table", "v2", "--format", "json"],
        ["compare", "v1", "v2"],
        ["compare", "standard-vs-dws"],
        ["formula", "v1", "0.1.conv"],
        ["ledger", "v2"],
        ["conventions"],
        ["conventions", "thop"],
        ["nets"],
        ["show", "v2"],
        ["lock", "v2", "--output", "-"],
        ["--help"],
        ["validate", "--help"],
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_framework_imports_none(arguments: list[str]) -> None:
    code = (
        "import sys; from mbcost.cli import run; code = run(sys.argv[1:]); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    process = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "[]\n")


def test_a_piped_table_does_not_import_slow_libraries() -> None:
    code = "import sys; from mbcost.cli import run; run(['table', 'v2']); print(sorted(sys.modules), file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(re.findall(r"'(\w+)", process.stderr))
    assert not imported & {"rich", "pydantic"}


def test_the_version_is_printed() -> None:
    process = run("--version")
    assert (process.stdout, process.returncode) == (f"mbcost {mbcost.__version__}\n", 0)


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2() -> None:
    process = run()
    assert process.returncode == 2
    assert "mbcost table v2 --alpha 0.75 --res 160" in process.stdout


def test_output_is_plain_in_a_pipe_and_coloured_on_a_terminal() -> None:
    plain = run("table", "v2", "--by", "stage").stdout
    assert "\x1b" not in plain
    terminal = on_a_terminal("table", "v2", "--by", "stage", columns=160)
    assert "\x1b[" in terminal
    assert "█" in terminal
    assert "\x1b" not in on_a_terminal("table", "v2", "--by", "stage", TERM="dumb")
    forced = run("table", "v2", "--by", "stage", FORCE_COLOR="1").stdout
    assert (
        re.sub(r"\x1b\[[0-9;]*m|^-.*\n", "", forced, flags=re.MULTILINE).split()
        == re.sub(r"^-.*\n", "", plain, flags=re.MULTILINE).split()
    )


def test_rows_reach_standard_output_while_standard_error_is_a_terminal() -> None:
    """The progress bar must not redirect them in `mbcost sweep … > file`, typed at a terminal."""
    sweep = ["sweep", "v2", "--alpha", "0.35,1", "--res", "96", "--format", "csv"]
    controller, terminal = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.run([*MBCOST, *sweep], stdout=subprocess.PIPE, stderr=terminal, text=True, env=env, check=True)
    written = os.read(controller, 65536) if select.select([controller], [], [], 0)[0] else b""
    os.close(terminal)
    os.close(controller)
    assert process.stdout == run(*sweep).stdout
    assert written == b""  # the bar appears only after a second


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("sweep v2 --alpha 1 --res 96", "1 configuration\n"),
        ("published v2 --source slim_v2_py --summary", "Published figures"),
    ],
)
def test_a_command_with_a_progress_bar_does_not_need_standard_error(command: str, start: str) -> None:
    process = subprocess.run(
        f"{' '.join(MBCOST)} {command} 2>&-", shell=True, stdout=subprocess.PIPE, text=True, check=True
    )
    assert process.stdout.startswith(start)


@pytest.mark.parametrize("columns", [200, 80, 60])
def test_a_table_fits_the_window_of_a_terminal(columns: int) -> None:
    terminal = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal("table", "v1", "--sort", "activations", columns=columns))
    assert "568,740,352" in terminal
    assert "4,231,976" in terminal
    assert "activations" in terminal  # it is the first column to go, but the rows are sorted by it
    assert max(len(line) for line in terminal.splitlines()) <= columns
    assert (f"not shown in {columns} columns: " in terminal) == (columns < 200)


def test_a_reader_that_ends_early_is_not_an_error() -> None:
    process = subprocess.run(
        f"{' '.join(MBCOST)} table v2 --format json | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.stdout, process.stderr) == ("{\n", "")


def test_a_spec_is_read_from_standard_input() -> None:
    spec = (
        "name: tiny\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\nrows:\n  - [conv, 8]\n"
        "implementations: {family: v2}\n"
    )
    process = subprocess.run(
        [*MBCOST, "table", "-", "--format", "json"], input=spec, capture_output=True, text=True, check=True
    )
    assert json.loads(process.stdout)["totals"]["mult_adds"] == 27 * 8 * 64


@pytest.mark.parametrize("command", ["table v2", "--version", "--help"])
def test_a_full_disk_and_a_closed_output_give_at_most_one_line(command: str) -> None:
    for redirection in ("> /dev/full", ">&-"):
        process = subprocess.run(
            f"{' '.join(MBCOST)} {command} {redirection}", shell=True, stderr=subprocess.PIPE, text=True, check=False
        )
        assert "Traceback" not in process.stderr
        assert len(process.stderr.splitlines()) == (0 if process.returncode == 0 else 1)
    assert process.returncode in (0, 2)


@pytest.mark.parametrize(
    "arguments", [["table", "-@0.5/96"], ["compare", "-", "-@0.5"], ["compare", "standard-vs-dws", "--net", "-"]]
)
def test_standard_input_can_be_named_more_than_once_and_with_settings(arguments: list[str]) -> None:
    spec = (specs_folder() / "v2.yaml").read_text()
    process = subprocess.run([*MBCOST, *arguments], input=spec, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    direct = run(*(word.replace("-", "v2", 1) if word[:1] == "-" and word[:2] != "--" else word for word in arguments))
    assert process.stdout == direct.stdout


@pytest.mark.parametrize("text", [b"\xe9", b"\xff\xff"])
def test_standard_input_that_is_not_text_is_refused(text: bytes) -> None:
    process = subprocess.run([*MBCOST, "table", "-"], input=text, capture_output=True, check=False)
    assert (process.returncode, process.stderr) == (
        2,
        b"mbcost: error: <stdin>:1:1: not UTF-8 text (byte 0): save the file as UTF-8, or say which "
        b"model it is, as in --type onnx\n",
    )


def test_an_output_follows_links_keeps_the_mode_and_writes_devices_in_place(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert run("nets", "--output", str(tmp_path / "link.txt")).returncode == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "real.txt").read_text() == run("nets", "--output", "/dev/stdout").stdout == run("nets").stdout


@pytest.mark.long
def test_ctrl_c_stops_cleanly_and_leaves_no_file(tmp_path: Path) -> None:
    """The interrupt comes while models are measured: the progress bar on standard error says when that is."""
    report = tmp_path / "report.json"
    controller, terminal = pty.openpty()
    command = ["validate", "--format", "json", "--output", str(report)]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    with running([*INTERRUPTIBLE, *command], stdout=subprocess.PIPE, stderr=terminal, env=env) as process:
        os.close(terminal)
        written = b""
        while not re.search(rb"[1-9]%", written):
            assert select.select([controller], [], [], 60)[0], written
            written += os.read(controller, 65536)
        process.send_signal(signal.SIGINT)
        while part := read_terminal(controller):
            written += part
        out, _ = process.communicate(timeout=60)
    os.close(controller)
    assert (process.returncode, out) == (130, "")
    assert written.replace(b"\r", b"").endswith(b"mbcost: interrupted\n")
    assert b"Traceback" not in written
    assert list(tmp_path.iterdir()) == []


def test_characters_that_the_terminal_cannot_show_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: n\ntitle: Réseau α\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\nrows:\n"
        "  - [conv, 8]\nimplementations: {family: v2}\n",
        encoding="utf-8",
    )
    process = run("table", str(path), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (process.returncode, process.stderr) == (0, "")
