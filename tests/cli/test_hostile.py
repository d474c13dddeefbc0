"""Input that is not a spec, by accident or on purpose, gives one line with a position, quickly and in little memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_spec, specs_folder
from tests.sampling import set_aside
from tools import ROOT
from tools.hostile.cases import make_case
from tools.hostile.limits import Outcome
from tools.hostile.rules import judge_line

MILLION = 10**6
SECONDS, MEGABYTES = 1.0, 200
MEASURED = """
import re, sys, time
from pathlib import Path
from mbcost.cli import run

code = run(["table", sys.argv[1]])
print(time.process_time(), re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""
"""The command in its own process, which prints its processor time and its peak memory. The processor time does not
depend on other tests; the memory that a parent process measures would include the parent's own."""

HEAD = "name: x\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c, n]\nrows:\n"
TAIL = "implementations: {family: v2}\n"


def row(width: str) -> str:
    return f"{HEAD}  - [conv, {width}, 1]\n{TAIL}"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "brackets": (b"[" * (MILLION - 1), "nested more than 50 levels deep"),
    "closed brackets": (b"[" * 400_000 + b"]" * 400_000, "nested more than 50 levels deep"),
    "braces": (b"{a: " * 200_000, "nested more than 50 levels deep"),
    "dashes": (b"- " * 400_000, "nested more than 50 levels deep"),
    "question marks": (b"? " * 400_000, "nested more than 50 levels deep"),
    "a million brackets and more": (
        b"[" * (2 * MILLION),
        "1:1: the file is too large: it must have at most 1,000,000 bytes",
    ),
    "an alias bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 10)) for i in range(9)),
        "4:36: more than 10,000 values, counting every use of an alias",
    ),
    "an alias inside itself": (b"a: &a [*a]\n", "1:8: the alias '*a' is inside the value that it names"),
    "a huge file": (b"# " + b"x" * (20 * MILLION), "1:1: the file is too large"),
    "many rows": (HEAD.encode() + b"  - [conv, 8, 1]\n" * 50_000, "more than 10,000 values"),
    "many repeats": (HEAD.encode() + b"  - [conv, 8, 1000]\n" * 2000 + TAIL.encode(), "5:3: the table has 2,000,000"),
    "many unknown keys": (b"".join(b"k%d: 1\n" % i for i in range(4500)), "unknown key 'k"),
    "a huge number": (row("9" * 900_000).encode(), "5:12: 9999"),
    "a huge exponent": (row("1.0e+999999999").encode(), "5:12: 1.0e+999999999 is too large"),
    "a huge fraction": (row("0." + "1" * 900_000).encode(), "5:12: 0.11"),
    "a huge word": (row("w" * 900_000).encode(), "5:12: expected a number, found text 'www"),
    "a huge key": (b"k" * 100 + b": 1\n? " + b"q" * 900_000 + b"\n: 1\n", "unknown key 'k"),
    "an object": (b"!!python/object/apply:os.system ['touch hostile']\n", "1:1: the tag '!!python/object/apply:os"),
    "an object inside": (b"name: !!python/name:os.system\n", "1:7: the tag '!!python/name:os.system' is not allowed"),
    "not UTF-8": (b"name: \xff\xfe\n", "1:7: not UTF-8 text (byte 6)"),
    "half a UTF-16 character": ("name: x".encode("utf-16")[:-1], "1:7: not UTF-16-LE text (byte 14)"),
    "UTF-32 above U+10FFFF": (b"\xff\xfe\0\0a\0\0\0\xff\xff\xff\xff", "1:2: not UTF-32-LE text (byte 8)"),
    "zeros": (bytes(1000), "1:1: YAML does not allow the character U+0000"),
    "nothing": (b"", "1:1: the file is empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_within_a_second_and_200_megabytes(name: str, tmp_path: Path) -> None:
    content, message = HOSTILE[name]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr[:500]
    seconds, kilobytes = map(float, done.stdout.split())
    assert message in done.stderr
    first = done.stderr.splitlines()[0]
    assert re.match(rf"mbcost: error: {re.escape(str(path))}:\d+:\d+: .", first)
    assert len(first) < 500
    assert seconds < SECONDS
    assert kilobytes / 1000 < MEGABYTES
    assert [file.name for file in tmp_path.iterdir()] == ["hostile.yaml"]


def test_a_device_and_a_pipe_without_a_writer_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbcost.spec.reading.text.PATIENCE", 0.1)
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(MbcostError, match=r"zero.yaml:1:1: the file is too large"):
        load_spec(tmp_path / "zero.yaml")
    with pytest.raises(MbcostError, match=r"pipe.yaml: no program writes to this pipe"):
        load_spec(tmp_path / "pipe.yaml")


def test_a_pipe_with_a_writer_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with subprocess.Popen(["/bin/sh", "-c", f"cat '{specs_folder() / 'v2.yaml'}' > '{tmp_path / 'pipe.yaml'}'"]):
        assert load_spec(tmp_path / "pipe.yaml") == load_spec("v2")


def test_endless_standard_input_is_refused() -> None:
    command = [sys.executable, "-m", "mbcost", "check", "-"]
    with Path("/dev/zero").open("rb") as zeros:
        done = subprocess.run(command, stdin=zeros, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == "<stdin>:1:1: the file is too large: it must have at most 1,000,000 bytes\n"


SEED = 20_180_113


@pytest.mark.long
@pytest.mark.parametrize("least", [120, set_aside(2000)])
def test_no_hostile_command_line_breaks_a_rule(least: int) -> None:
    """The rules are those of `tools.hostile.rules`. Of the runs, many succeed and many are refused."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.hostile", str(least), str(SEED), "1"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    header, total = re.findall(r"^\| (?:command|all) .*", done.stdout, re.MULTILINE)
    names, cells = ([cell.strip() for cell in line.split("|")[2:-1]] for line in (header, total))
    counts = {name: int(cell.replace(",", "")) for name, cell in zip(names, cells, strict=True)}
    # A run whose work was announced is stopped after 20 s of processor time.
    assert set(counts) - {f"exit code {-signal.SIGXCPU}"} == {"runs", "exit code 0", "exit code 1", "exit code 2"}
    runs, succeeded, refused = counts["runs"], counts["exit code 0"], counts["exit code 2"]
    assert runs >= least
    assert min(succeeded, refused) > runs / 5


OUTCOME = Outcome(code=2, out=b"", err=b"mbcost: error: x\n", seconds=0.1, megabytes=90.0, changed={})
ANSWER = replace(OUTCOME, code=0, out=b"x\n", err=b"")
LINE = ("table", "v2", "--output", "out.txt")


@pytest.mark.parametrize("outcome", [OUTCOME, ANSWER, replace(ANSWER, err=b"mbcost: 7 rows, about 2 days\n")])
def test_an_outcome_that_keeps_the_rules_is_right(outcome: Outcome) -> None:
    assert judge_line(LINE, outcome) == []
    assert judge_line(LINE, replace(ANSWER, changed={"out.txt": b"x\n"})) == []


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (replace(OUTCOME, code=99, err=b"Traceback\nOverflowError: x\n"), "exit code 99: OverflowError: x"),
        (replace(OUTCOME, code=3), "exit code 3"),
        (replace(OUTCOME, code=-24), "time: stopped by SIGXCPU"),
        (replace(OUTCOME, megabytes=501.0), "memory: 501 MB"),
        (replace(OUTCOME, err=b""), "exit code 2 without a message"),
        (replace(OUTCOME, out=b"x\n"), "exit code 2 with standard output"),
        (replace(OUTCOME, err=b"mbcost: error: \x1b[2J\n"), "not printable on standard error"),
        (replace(OUTCOME, err="mbcost: error: \u202e\n".encode()), "not printable on standard error"),
        (replace(OUTCOME, err=b"mbcost: error: " + b"x" * 286 + b"\n"), "long line on standard error: 301"),
        (replace(OUTCOME, err=b"mbcost: error: x\ny\n"), "not an error message: 'y'"),
        (replace(OUTCOME, err=b"mbcost: error: x"), "standard error does not end with a line feed"),
        (replace(OUTCOME, err=b"mbcost: error: \xff\n"), "streams: not UTF-8"),
        (replace(OUTCOME, changed={"out.txt": b"x\n"}), "exit code 2, but changed"),
        (replace(ANSWER, err=b"mbcost: error: x\n"), "exit code 0 with a message"),
        (replace(ANSWER, changed={"out.txt": b"x"}), "incomplete file: 'out.txt'"),
        (replace(ANSWER, changed={"out.txt": None}), "incomplete file: 'out.txt'"),
        (replace(ANSWER, changed={".out.txt.abc": b"x\n"}), "left or changed a file: '.out.txt.abc'"),
        (replace(ANSWER, out=b"\x1b[2J\n"), "not printable on standard output"),
    ],
)
def test_an_outcome_that_breaks_a_rule_is_noticed(outcome: Outcome, problem: str) -> None:
    assert any(message.startswith(problem) for message in judge_line(LINE, outcome))


@pytest.mark.parametrize(
    ("style", "out", "problem"),
    [
        ("json", b'{"params": -1}\n', "negative count in JSON"),
        ("json", b'{"params": NaN}\n', "not JSON"),
        ("json", b'{"params"\n', "not JSON"),
        ("csv", b"name,params\nx,-1\n", "negative count in CSV"),
    ],
)
def test_an_answer_with_a_wrong_number_is_noticed(style: str, out: bytes, problem: str) -> None:
    (message,) = judge_line(("table", "v2", "--format", style), replace(ANSWER, out=out))
    assert message.startswith(problem)


def test_a_case_can_be_made_again_from_its_seed() -> None:
    assert [make_case(str(seed)) for seed in range(50)] == [make_case(str(seed)) for seed in range(50)]
    assert len({make_case(str(seed)).describe() for seed in range(50)}) > 25
