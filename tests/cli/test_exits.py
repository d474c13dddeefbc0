"""How commands end: exit codes whatever standard error is, signals, the guard, and files that cannot be written."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mbcost.cli import exits, run
from mbcost.cli.exits import Terminated, report
from mbcost.cli.streams import WIDEST_LINE
from tests.cli.conftest import Mbcost
from tests.processes import INTERRUPTIBLE, running

MBCOST = [sys.executable, "-m", "mbcost"]
DIFFERENT = ["diff", "v1", "v2"]
SWEEP = ["sweep", "v1", "--alpha", "0.1:1:0.0001", "--res", "224:323:1", "--format", "csv"]
"""182,900 rows, which take some seconds."""
FAULT = """
import sys
from mbcost.cli import exits, group, main

def fail(arguments):
    raise {error}

group.run_group = fail
sys.argv = ["mbcost", *{arguments}]
main()
"""
"""A process whose command ends with an error."""


def fail_with(error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = FAULT.format(error=error, arguments=arguments)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_an_unforeseen_error_gives_one_line_that_asks_for_a_report_and_exit_code_3() -> None:
    done = fail_with("KeyError('width')")
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(
        "mbcost: error: this is a fault of mbcost, please report it with the command and the output of --traceback: "
        r"KeyError: 'width' \(mbcost/cli/__init__\.py:\d+\)\n",
        done.stderr,
    )


def test_the_traceback_of_an_unforeseen_error_is_shown_on_request() -> None:
    done = fail_with("KeyError('width')", "--traceback")
    assert done.returncode == 3
    assert done.stderr.startswith("Traceback (most recent call last)")
    assert "mbcost: error: this is a fault of mbcost" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        ("MemoryError()", 2, "there is not enough memory: use smaller sizes or fewer networks"),
        ("OSError(24, 'Too many open files', 'v2.yaml')", 2, "v2.yaml: Too many open files"),
        ("ImportError('no module x', name='x')", 2, "a library cannot be imported: no module x: install it again"),
        ("ImportError('no module y', name='mbcost.y')", 3, "this is a fault of mbcost"),
        ("exits.MbcostError('no' + chr(10) + chr(27) + '[31m')", 2, r"no\n\x1b[31m"),
        ("RecursionError()", 3, "this is a fault of mbcost"),
    ],
)
def test_an_error_gives_one_line_and_its_code(error: str, code: int, line: str) -> None:
    done = fail_with(error)
    assert (done.returncode, done.stdout) == (code, "")
    (shown,) = done.stderr.splitlines()
    assert shown.startswith(f"mbcost: error: {line}")


def test_a_signal_and_ctrl_c_have_the_codes_of_shells(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyboardInterrupt()) == 130
    assert report(Terminated(signal.SIGTERM)) == 143
    assert capsys.readouterr().err == "mbcost: interrupted\nmbcost: terminated\n"


SWALLOWED = """
import os, signal, time
import mbcost.cli, mbcost.cli.group

def fail(words):
    try:
        os.kill(os.getpid(), signal.{name})
        time.sleep(10)
    except BaseException:
        {then}

mbcost.cli.group.run_group = fail
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
mbcost.cli.main()
"""


@pytest.mark.parametrize(("name", "code", "line"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
@pytest.mark.parametrize("then", ["raise TypeError('cannot compare') from None", "return 0"])
def test_a_signal_that_something_swallows_is_reported_as_the_signal(name: str, code: int, line: str, then: str) -> None:
    """numpy raises a TypeError if a signal comes while it compares structured arrays; a finalizer raises nothing."""
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED.format(name=name, then=then)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, f"mbcost: {line}\n")


def test_only_a_ctrl_c_can_be_handled_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exits, "_ARRIVED", [KeyboardInterrupt()])
    exits.forget_interrupt()
    exits.raise_lost_signal()
    exits._ARRIVED.extend([Terminated(signal.SIGTERM), KeyboardInterrupt()])
    exits.forget_interrupt()
    with pytest.raises(Terminated):
        exits.raise_lost_signal()


@pytest.mark.parametrize("length", [20, 500, 5_000])
def test_a_long_message_is_shortened_unless_verbose_is_given(mbcost: Mbcost, length: int) -> None:
    name = "\x1b" + "n" * length + "\u202e"
    short, long = mbcost("table", name).err, mbcost("table", name, "--verbose").err
    assert re.fullmatch(r"mbcost: error: unknown network '\\x1bnnn.*\n", short)
    assert len(short) <= WIDEST_LINE + 1
    assert ("--verbose shows all" in short) == (length > 20)
    assert rf"'\x1b{'n' * length}\u202e'" in long
    assert short.rstrip("\n").isprintable()


STREAMS = {"closed": "{}>&-", "full": "{}> /dev/full", "readerless": "{}> >(exit 0)", "open": ""}


@pytest.mark.parametrize("state", STREAMS)
@pytest.mark.parametrize(("arguments", "code"), [(["table", "v9"], 2), (DIFFERENT, 1), (["nets"], 0), (["--bad"], 2)])
def test_the_exit_code_is_the_same_whatever_standard_error_is(arguments: list[str], code: int, state: str) -> None:
    command = f"{' '.join([*MBCOST, *arguments])} {STREAMS[state].format(2)}"
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == code
    assert "error" not in done.stdout


@pytest.mark.parametrize(
    "closed", [" ".join(c) for n in (1, 2, 3) for c in itertools.combinations(("0<&-", "1>&-", "2>&-"), n)]
)
def test_closed_descriptors_never_end_up_in_a_file(closed: str, tmp_path: Path) -> None:
    """Without care, the file would get the descriptor of a closed stream, and messages would be written into it."""
    target = tmp_path / "t.csv"
    command = f"{' '.join([*MBCOST, 'nets', '--format', 'csv', '--output', str(target)])} {closed}"
    assert subprocess.run(["bash", "-c", command], check=False).returncode == 0
    assert target.read_text().startswith("network,")


def test_a_reader_that_has_ended_stops_a_long_sweep() -> None:
    """One line is read, and the rest is not computed."""
    command = f"{' '.join([*MBCOST, *SWEEP])} --output /dev/stdout | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


def link_to_itself(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def read_only(folder: Path) -> Path:
    (folder / "old.csv").write_text("old")
    (folder / "old.csv").chmod(0o444)
    return folder / "old.csv"


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("old")
    return folder / "file" / "t.csv"


IMPOSSIBLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a link to itself": (link_to_itself, "Too many levels of symbolic links: name a file that is not a link to itself"),
    "a read-only file": (read_only, "the file is read-only: name a different file, or make it writable"),
    "a file as a folder": (below_a_file, "Not a directory: create its folder first"),
    "a missing folder": (lambda folder: folder / "no" / "t.csv", "No such file or directory: create its folder first"),
    "a folder": (lambda folder: folder, "it is a folder: name a file in it"),
    "a name that is too long": (lambda folder: folder / ("n" * 300), "File name too long: use a shorter name"),
    "a full device": (lambda _: Path("/dev/full"), "No space left on device: free some space"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_file_that_cannot_be_written_is_named_with_the_reason(name: str, mbcost: Mbcost, tmp_path: Path) -> None:
    make, message = IMPOSSIBLE[name]
    target = make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    result = mbcost("table", "v2", "--output", str(target), "--verbose")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mbcost: error: cannot write {target}: {message}")
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_name_of_255_characters_can_be_written(mbcost: Mbcost, tmp_path: Path) -> None:
    target = tmp_path / ("n" * 255)
    assert mbcost("table", "v2", "--output", str(target)).code == 0
    assert list(tmp_path.iterdir()) == [target]


def test_a_deleted_working_directory_is_an_error_of_the_file_alone(tmp_path: Path) -> None:
    script = f"cd {tmp_path} && mkdir gone && cd gone && rmdir ../gone && "
    command = f"PYTHONPATH={Path(__file__).parents[2]} {' '.join(MBCOST)} nets"
    shown = subprocess.run(["bash", "-c", script + command], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    refused = subprocess.run(
        ["bash", "-c", f"{script}{command} --output t.csv"], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (
        2,
        "mbcost: error: cannot write t.csv: the working directory was deleted: change to a different folder\n",
    )


@pytest.mark.parametrize(("number", "word"), [(signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupted")])
def test_a_signal_during_a_sweep_leaves_no_file(number: signal.Signals, word: str, tmp_path: Path) -> None:
    """The signal comes while rows are written: the temporary file says when that is."""
    command = [*INTERRUPTIBLE, *SWEEP, "--output", str(tmp_path / "rows.csv")]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "")
    assert err.splitlines()[-1] == f"mbcost: {word}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "style"), [("csv", "csv"), ("json", "json"), ("md", "markdown"), ("TEX", "latex"), ("html", "html")]
)
def test_the_ending_of_a_file_chooses_its_format(ending: str, style: str, mbcost: Mbcost, tmp_path: Path) -> None:
    target = tmp_path / f"t.{ending}"
    part = ["--fragment"] if style == "html" else []  # a whole page shows the command line
    assert mbcost("table", "v2", "-o", str(target), *part).code == 0
    assert target.read_text() == mbcost("table", "v2", "-f", style, *part).out
    assert mbcost("table", "v2", "-o", "-", "-f", style, *part).out == target.read_text()


def test_two_writers_of_one_file_leave_the_whole_answer_of_one(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    commands = [[*MBCOST, "table", net, "--format", "csv", "--output", str(target)] for net in ("v1", "v2")]
    answers = {subprocess.run(command[:-2], capture_output=True, text=True, check=True).stdout for command in commands}
    writers = [subprocess.Popen(command) for command in commands * 2]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert target.read_text() in answers
    assert list(tmp_path.iterdir()) == [target]


def test_a_name_with_control_characters_is_escaped_in_every_format(mbcost: Mbcost, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        'name: "n\u202e"\ntitle: "T\u202e\u2066"\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c]\n'
        "rows:\n  - [conv, 8]\nimplementations: {family: v2}\n",
        encoding="utf-8",
    )
    for style in ("text", "csv", "json", "markdown", "latex"):
        for command in ("table", "compare", "show", "memory"):
            result = mbcost(command, str(path), *(["v2"] if command == "compare" else []), "--format", style)
            assert result.code == 0, result.err
            assert all(line.isprintable() for line in result.out.split("\n")), (command, style)


def test_an_error_of_a_file_is_not_blamed_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "specs/v2.yaml")

    monkeypatch.setattr("mbcost.cli.cost.table.resolve_network", fail)
    assert run(["table", "v2"]) == 2
    assert capsys.readouterr().err == (
        "mbcost: error: specs/v2.yaml: Permission denied: check the file, the folder and the free space\n"
    )
