"""Input that is no spec, by accident or on purpose: one line with a place, soon, in little memory, and no traceback."""

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
"""The command in a process of its own, its time (other tests share the machine) and its peak of memory. What the
parent is told of that would start with the parent's own."""

HEAD = "name: x\ninput: {channels: 3, resolution: 8}\ncolumns: [operator, c, n]\nrows:\n"
TAIL = "implementations: {family: v2}\n"


def row(width: str) -> str:
    return f"{HEAD}  - [conv, {width}, 1]\n{TAIL}"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "brackets": (b"[" * (MILLION - 1), "1:51: nested more than 50 levels deep"),
    "closed brackets": (b"[" * 400_000 + b"]" * 400_000, "1:51: nested more than 50 levels deep"),
    "braces": (b"{a: " * 200_000, "nested more than 50 levels deep"),
    "dashes": (b"- " * 400_000, "1:101: nested more than 50 levels deep"),
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
def test_hostile_input_ends_in_a_line_within_a_second_and_200_megabytes(name: str, tmp_path: Path) -> None:
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


def test_a_device_and_a_silent_pipe_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbcost.spec.reading.text.PATIENCE", 0.1)
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(MbcostError, match=r"zero.yaml:1:1: the file is too large"):
        load_spec(tmp_path / "zero.yaml")
    with pytest.raises(MbcostError, match=r"pipe.yaml: no program writes to this pipe"):
        load_spec(tmp_path / "pipe.yaml")


def test_a_pipe_that_somebody_writes_to_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with subprocess.Popen(["/bin/sh", "-c", f"cat '{specs_folder() / 'v2.yaml'}' > '{tmp_path / 'pipe.yaml'}'"]):
        assert load_spec(tmp_path / "pipe.yaml") == load_spec("v2")


def test_endless_standard_input_ends() -> None:
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
    """Single bytes changed, taken out, put in."""
    mutated = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(mutated))
        mutated[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(mutated)


def mutate_tokens(text: bytes, chance: random.Random) -> bytes:
    """Words in the place of others."""
    words = re.split(r"([\w.~]+|[\[\]{},:\-]|\n)", text.decode())
    for _ in range(chance.randint(1, 3)):
        words[chance.randrange(len(words))] = chance.choice(JUNK)
    return "".join(words).encode()


def mutate_types(text: bytes, chance: random.Random) -> bytes:
    """A value of another type, at the value of a key or in a cell."""
    source = text.decode()
    places = [match.span(1) for match in re.finditer(r"(?:[\[,:] +|\[)([^\s,\[\]{}:#][^,\[\]{}:#\n]*)", source)]
    for start, end in sorted(chance.sample(places, min(2, len(places))), reverse=True):
        source = source[:start] + chance.choice(JUNK) + source[end:]
    return source.encode()


def mutate_structure(text: bytes, chance: random.Random) -> bytes:
    """Lines doubled, taken out, swapped, indented, cut off."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        change = chance.randrange(5)
        if change == 0:
            lines.insert(place, lines[other])
        elif change == 1 and len(lines) > 1:
            del lines[place]
        elif change == 2:
            lines[place], lines[other] = lines[other], lines[place]
        elif change == 3:
            lines[place] = b" " * chance.randint(1, 5) + lines[place]
        else:
            lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]
        lines = lines if b"".join(lines) else [b"\n"]
    return b"".join(lines)


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Whatever takes longer hangs."""

    def stop(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"it takes over {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("mutate", [mutate_bytes, mutate_tokens, mutate_types, mutate_structure])
def test_a_mutated_spec_is_fine_or_has_problems_with_a_place(
    mutate: Callable[[bytes, random.Random], bytes], tmp_path: Path, mbcost: Mbcost
) -> None:
    """What `check` finds fine, `table` shows; what it refuses, `table` refuses."""
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
            assert_it_is_located(problem, mutated)
        if checked.code == 2:
            said = [
                f"mbcost: error: {path}:{each['line']}:{each['column']}: {each['message']}"
                for each in problems
                if each["kind"] != "contradiction"
            ]
            # Of the rows that cannot be built, `table` meets one.
            lines = shown.err.splitlines()
            assert lines == said or (len(lines) == 1 and lines[0] in said), mutated
        codes.add(checked.code)
    assert codes >= {0, 2}


def assert_it_is_located(problem: dict[str, Any], mutated: bytes) -> None:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", mutated.decode("utf-8-sig", errors="replace"))
    assert 1 <= problem["line"] <= len(lines) + 1, f"{problem} of {mutated!r}"
    assert 1 <= problem["column"] <= max(map(len, lines)) + 2, f"{problem} of {mutated!r}"
    assert problem["message"].isprintable(), f"{problem} of {mutated!r}"
    assert problem["message"], f"{problem} of {mutated!r}"
