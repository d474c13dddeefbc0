"""Input that is not a spec, by accident or on purpose, gives one line with a position, quickly and in little memory."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import NETWORKS, load_spec, specs_folder
from tests.cli.conftest import Mbcost

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
    "UTF-16": ("name: x\n".encode("utf-16"), "1:1: not UTF-8 text (byte 0)"),
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


MUTATIONS = 2400
SEED = 20_180_113
JUNK = [
    "~", "", "0", "-1", "1.5", ".inf", ".nan", "1e400", "9" * 400, "0x10", "1:30", "2001-01-01", "''", "true", "off",
    "k", "RE", "conv", "linear", "global_pool", "bottleneck", "5x5", "0x0", "[1, 2]", "{a: 1}", "[]", "{}", "&a [*a]",
    "&a", "*a", "*x", "!!binary aGk=", "!x y", "<<: {}", ": ", "]", "[", "}", "{", "|", ">", '"', "'", "\t", "\0", "#",
    "%", "@", "`", "- ", "? ", "---", "...", "\n", "\r", "\x85", "\u2028", "🙂", "\ufeff", "name", "rows", "columns",
    "9007199254740992", "9007199254740993", "1" * 20, "14^2 x 3", "224x224x3",
]  # fmt: skip
LAYERS = """\
name: "layers"
input: {channels: 3, resolution: [32, 32]}
columns: [name, operator, input, output, k, s, d, g, bias, norm]
layers:
  - ["0.0"  , conv  , 32x32x3, 16x16x8 , 3x3, 2, 1, 1, false, 8]
  - ["1.a.0", conv  , 16x16x8, 16x16x16, 1x1, 1, 1, 1, true , ~]
  - ["1.b.0", conv  , 16x16x8, 16x16x8 , 3x5, 1, 2, 8, false, 8]
  - ["2"    , linear, 1x1x24 , 1x1x10  , 1x1, 1, 1, 1, true , ~]
"""
SOURCES = [
    LAYERS.encode(),
    *((specs_folder() / f"{name}.yaml").read_bytes() for name in NETWORKS),
    *(path.read_bytes() for path in sorted((Path(__file__).parents[1] / "data" / "as_printed").glob("*.yaml"))),
    (specs_folder() / "v2.yaml").read_bytes().split(b"implementations:")[0]
    + b"implementations:\n"
    + b"".join(
        b"  " + line for line in (specs_folder() / "implementations" / "v3.yaml").read_bytes().splitlines(keepends=True)
    ),
]


def mutate_bytes(text: bytes, chance: random.Random) -> bytes:
    """Change, remove or insert single bytes."""
    mutated = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        offset = chance.randrange(len(mutated))
        mutated[offset : offset + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(mutated)


def mutate_tokens(text: bytes, chance: random.Random) -> bytes:
    """Replace words by other words."""
    words = re.split(r"([\w.~]+|[\[\]{},:\-]|\n)", text.decode())
    for _ in range(chance.randint(1, 3)):
        words[chance.randrange(len(words))] = chance.choice(JUNK)
    return "".join(words).encode()


def mutate_types(text: bytes, chance: random.Random) -> bytes:
    """Replace the value of a key or of a cell by a value of a different type."""
    source = text.decode()
    spans = [match.span(1) for match in re.finditer(r"(?:[\[,:] +|\[)([^\s,\[\]{}:#][^,\[\]{}:#\n]*)", source)]
    for start, end in sorted(chance.sample(spans, min(2, len(spans))), reverse=True):
        source = source[:start] + chance.choice(JUNK) + source[end:]
    return source.encode()


def mutate_structure(text: bytes, chance: random.Random) -> bytes:
    """Duplicate, remove, swap, indent or cut lines."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        index, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        change = chance.randrange(5)
        if change == 0:
            lines.insert(index, lines[other])
        elif change == 1 and len(lines) > 1:
            del lines[index]
        elif change == 2:
            lines[index], lines[other] = lines[other], lines[index]
        elif change == 3:
            lines[index] = b" " * chance.randint(1, 5) + lines[index]
        else:
            lines[index] = lines[index][: chance.randrange(len(lines[index]) + 1)]
        lines = lines if b"".join(lines) else [b"\n"]
    return b"".join(lines)


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Fail if the block takes longer, which means that it hangs."""

    def stop(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"it takes over {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.long
@pytest.mark.parametrize("mutate", [mutate_bytes, mutate_tokens, mutate_types, mutate_structure])
def test_a_mutated_spec_is_correct_or_its_problems_have_positions(
    mutate: Callable[[bytes, random.Random], bytes], tmp_path: Path, mbcost: Mbcost
) -> None:
    """`table` shows every spec that `check` accepts and refuses every spec that `check` refuses."""
    path, chance = tmp_path / "mutated.yaml", random.Random(f"{SEED} {mutate.__name__}")
    codes = set()
    for turn in range(MUTATIONS // 4):
        mutated = mutate(SOURCES[turn % len(SOURCES)], chance)
        path.write_bytes(mutated)
        try:
            with at_most(10):
                checked, shown = mbcost("check", str(path), "--format", "json"), mbcost("table", str(path))
        except Exception as error:
            raise AssertionError(f"{error!r} of {mutated!r}") from error
        assert (checked.code, checked.err) in ((0, ""), (1, ""), (2, "")), mutated
        assert shown.code in ((2,) if checked.code == 2 else (0,) if checked.code == 0 else (0, 2)), mutated
        problems = json.loads(checked.out)["problems"]
        assert (checked.code == 0) == (not problems)
        for problem in problems:
            assert_has_position(problem, mutated)
        if checked.code == 2:
            messages = [
                f"mbcost: error: {path}:{problem['line']}:{problem['column']}: {problem['message']}"
                for problem in problems
                if problem["kind"] != "contradiction"
            ]
            # If several rows cannot be built, `table` reports only one of them.
            lines = shown.err.splitlines()
            assert lines == messages or (len(lines) == 1 and lines[0] in messages), mutated
        codes.add(checked.code)
    assert codes >= {0, 2}


def assert_has_position(problem: dict[str, Any], mutated: bytes) -> None:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", mutated.decode("utf-8-sig", errors="replace"))
    assert 1 <= problem["line"] <= len(lines) + 1, f"{problem} of {mutated!r}"
    assert 1 <= problem["column"] <= max(map(len, lines)) + 2, f"{problem} of {mutated!r}"
    assert problem["message"].isprintable(), f"{problem} of {mutated!r}"
    assert problem["message"], f"{problem} of {mutated!r}"
