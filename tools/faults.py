"""Try the commands while something around them fails: `python -m tools.faults [SHARE]`.

It prints a table in Markdown: each fault, how often it was tried, what happened, and what should not have happened.
SHARE is the part of the tries that is made, such as 0.1; it is 1 by default.
"""

from __future__ import annotations

import fcntl
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random

from tools import ROOT
from tools.hostile.limits import Outcome, folder_with, prepare, run_line
from tools.hostile.texts import LAYERS, ROWS

FILES = {"flat.yaml": LAYERS.encode(), "rows.csv": ROWS.encode(), "bad.yaml": b"name: [\n", "old.txt": b"old\n"}
LINES = tuple(
    tuple(line.split())
    for line in """\
table v2
table v3-large --format json
table flat.yaml --format markdown
compare v1 v2
compare standard-vs-dws
compare residual-vs-inverted
diff v3-large@0.5 v3-large@0.5:torchvision
memory v2
formula v1 1.1.depthwise
ledger v2 --zeros
conventions
conventions macs
explain 300M v2@1/224
published v2
check v1 flat.yaml
check bad.yaml
schema
new mynet --output -
roofline v2 --device jetson-nano
export v2
sweep v1 --alpha 0.25:1:0.01 --res 96:224:32 --format csv
fit --net v1 --ram 256KiB --limit 20
nets
show v2
--help
sweep --help
--version
table nothing
table bad.yaml
verify net.py:make --spec v2
validate v2
""".splitlines()
)
"""Command lines of every command; the last ones cannot run."""
LONG = tuple(
    tuple(line.split())
    for line in """\
sweep v2 --alpha 0.1:10:0.01 --res 32:1024:8 --format csv
sweep v2 v1 --alpha 0.1:10:0.001 --res 1:2000:1 --pareto mult-adds,params
sweep v2 --alpha 0.1:10:0.01 --res 32:512:8 --format json
fit --ram 1MiB --flash 4MiB
fit --ram 1MiB --allocator arena
explain 123.4M --deep
explain --rows rows.csv
published
published --errata
nets
""".splitlines()
)
"""Command lines that take long enough to be interrupted."""


@dataclass
class Result:
    """What happened under one fault."""

    tries: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Try:
    """One command line under one fault."""

    line: tuple[str, ...]
    fault: Callable[[], None] = lambda: None
    meanwhile: Callable[[int], None] = lambda _: None
    start: Callable[[], None] = lambda: None
    """What this process does before the command starts."""
    codes: tuple[int, ...] = (0, 1, 2)
    """The exit codes that are right."""
    files: tuple[str, ...] = ()
    """The files that the command may make or replace."""


def judge(attempt: Try, outcome: Outcome) -> str | None:
    """Return what is wrong with the outcome of a try, or None."""
    err = outcome.err.decode(errors="backslashreplace")
    lines = [line for line in err.splitlines() if re.match(r"mbcost: [\d,]+ .*, about ", line) is None]
    problems = [line for line in lines if not line.startswith("mbcost: ")]
    if outcome.code not in attempt.codes:
        return f"exit code {outcome.code}, {lines[-1:]}"
    if problems or len(lines) > 1:
        return f"exit code {outcome.code} with {(problems or lines)[-1]!r}"
    for name, content in outcome.changed.items():
        if name not in attempt.files:
            return f"exit code {outcome.code}, left {name!r}"
        is_whole = content is None and name in FILES or content is not None and content.endswith((b"\n", b"PAR1"))
        if outcome.code not in (0, 1) and content is not None or not is_whole:
            return f"exit code {outcome.code}, incomplete {name!r}"
    return None


def try_all(tries: Iterator[Try], share: float, chance: Random) -> Result:
    """Run the tries, or a share of them."""
    result = Result()
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for attempt in tries:
            if chance.random() >= share:
                continue
            with folder_with(FILES, Path(base)) as folder:
                attempt.start()
                outcome = run_line(attempt.line, folder, fault=attempt.fault, meanwhile=attempt.meanwhile)
                problem = judge(attempt, outcome)
                folder.mkdir(exist_ok=True)  # a fault can be that it is removed
            result.tries += 1
            result.codes[outcome.code] += 1
            if problem:
                result.wrong.append(f"mbcost {' '.join(attempt.line)}: {problem}")
    return result


def with_output(line: tuple[str, ...], name: str) -> tuple[str, ...] | None:
    """Return the command line with `--output`, or None if it does not have this option."""
    if line[0].startswith("-") or "--help" in line or "--output" in line:
        return None
    return (*line, "--output", name)


def full_device(number: int) -> Callable[[], None]:
    """Return the fault that a standard stream is on a full disk."""
    return lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), number) and None


def small_files(size: int) -> Callable[[], None]:
    """Return the fault that no file can become larger than `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def full_standard_streams() -> Iterator[Try]:
    """Standard output or error is on a full disk."""
    for line in LINES:
        yield Try(line, full_device(1))
        yield Try(line, full_device(2))
        yield Try(line, lambda: (full_device(1)(), full_device(2)()) and None)


def disk_full() -> Iterator[Try]:
    """The disk is full after some bytes of standard output, or of the file of `--output`."""
    for line, size in product(LINES, (0, 1, 10, 100, 1000, 4095, 4096, 8191, 8192, 20_000, 65_536)):
        yield Try(line, small_files(size))
        for name in ("new.txt", "old.txt"):
            if output := with_output(line, name):
                yield Try(output, small_files(size), files=(name,))


def broken_pipe() -> Iterator[Try]:
    """The reader of standard output ends after some lines."""
    for line, count in product(LINES, range(25)):
        yield _broken_pipe(line, count)
    for line, count in product(LONG[:3], (0, 1, 2, 10, 100, 1000, 5000)):
        yield _broken_pipe(line, count)


def _broken_pipe(line: tuple[str, ...], count: int) -> Try:
    ends: list[int] = []

    def make_pipe() -> None:
        ends[:] = os.pipe()
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)  # a small pipe, so that the command notices

    def connect() -> None:
        os.close(ends[0])
        os.dup2(ends[1], 1)
        os.close(ends[1])

    def read(_: int) -> None:
        os.close(ends[1])
        text = b""
        while text.count(b"\n") < count and (part := os.read(ends[0], 512)):
            text += part
        os.close(ends[0])

    return Try(line, connect, read, make_pipe)


def interrupted(number: signal.Signals, code: int) -> Iterator[Try]:
    """Ctrl-C or SIGTERM while a long command runs."""

    def send(delay: float) -> Callable[[int], None]:
        def wait(process: int) -> None:
            time.sleep(delay)
            with suppress(ProcessLookupError):
                os.kill(process, number)

        return wait

    def handle() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for line, tenth in product(LONG, range(1, 31)):
        yield Try(line, handle, send(tenth / 10), codes=(0, code))
        yield Try((*line, "--output", "new.txt"), handle, send(tenth / 10), codes=(0, code), files=("new.txt",))


def closed_descriptors() -> Iterator[Try]:
    """Standard input, output and error are closed before the start, in each combination."""

    def close(numbers: tuple[int, ...]) -> Callable[[], None]:
        return lambda: [os.close(number) for number in numbers] and None

    combinations = [numbers for bits in range(1, 8) if (numbers := tuple(n for n in range(3) if bits >> n & 1))]
    for line, numbers in product([*LINES, ("table", "-"), ("check", "-")], combinations):
        yield Try(line, close(numbers))
        if (output := with_output(line, "new.txt")) and line[0] != "check":
            yield Try(output, close(numbers), files=("new.txt",))


def folders() -> Iterator[Try]:
    """The working folder is read-only, or it has been deleted; there is no folder for temporary files."""

    def read_only() -> None:
        Path().chmod(0o555)

    def delete() -> None:
        for path in Path().iterdir():
            path.unlink()
        Path.cwd().rmdir()

    def no_temporary() -> None:
        os.environ["TMPDIR"] = "/nonexistent"

    for line in LINES:
        for fault in (read_only, no_temporary):
            yield Try(line, fault)
            if output := with_output(line, "new.txt"):
                yield Try(output, fault, files=("new.txt",))
                yield Try((*output[:-1], "old.txt"), fault, files=("old.txt",))
        yield Try(line, delete, files=tuple(FILES))
        if output := with_output(line, "new.txt"):
            yield Try(output, delete, files=tuple(FILES))


def little_memory() -> Iterator[Try]:
    """The process gets only a little more memory than it has at its start."""

    def limit(megabytes: float) -> Callable[[], None]:
        def run() -> None:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            size = pages * resource.getpagesize() + int(megabytes * 2**20)
            resource.setrlimit(resource.RLIMIT_AS, (size, size))

        return run

    for line, megabytes in product((*LINES, *LONG[:5]), (0, 0.25, 1, 2, 4, 8, 16, 32, 64)):
        yield Try(line, limit(megabytes))
        if output := with_output(line, "new.txt"):
            yield Try(output, limit(megabytes), files=("new.txt",))


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII streams": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "Latin-1 streams": {"PYTHONIOENCODING": "latin-1:strict"},
    "UTF-16 streams": {"PYTHONIOENCODING": "utf-16"},
    "no home": {"HOME": "/nonexistent"},
    "no variables at all": {},
    "no folder for temporary files": {"TMPDIR": "/nonexistent", "TEMP": "/nonexistent", "TMP": "/nonexistent"},
    "odd terminal": {"COLUMNS": "-1", "LINES": "x", "TERM": "nothing", "FORCE_COLOR": "1", "NO_COLOR": ""},
}
"""Environments of a process, each complete except for PATH."""


def run_processes(lines: Iterator[tuple[str, ...]], environment: dict[str, str]) -> Result:
    """Run command lines as processes of their own in an environment."""
    result, home = Result(), str(ROOT)
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for line in lines:
            with folder_with(FILES, Path(base)) as folder:
                done = subprocess.run(
                    [sys.executable, "-m", "mbcost", *line], cwd=folder, capture_output=True, check=False,
                    env={"PATH": os.defpath, "PYTHONPATH": home, **environment}, stdin=subprocess.DEVNULL,
                )  # fmt: skip
                outcome = Outcome(done.returncode, done.stdout, _decoded(done.stderr, environment), 0, 0, {})
                problem = judge(Try(line), outcome)
            result.tries += 1
            result.codes[done.returncode] += 1
            if problem:
                result.wrong.append(f"mbcost {' '.join(line)}: {problem}")
    return result


def _decoded(text: bytes, environment: dict[str, str]) -> bytes:
    return text.decode("utf-16").encode() if "utf-16" in environment.get("PYTHONIOENCODING", "") else text


def two_writers(share: float, chance: Random) -> Result:
    """Two commands write the same file at the same time."""
    result = Result()
    names = (("v1", "v2"), ("v2", "v2"), ("v3-large", "nets"))
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for _, (first, second) in product(range(20), names):
            if chance.random() >= share:
                continue
            lines = [("sweep", first, "--alpha", "0.1:2:0.01", "--res", "32:320:8"), ("table", second, "--by", "block")]
            with folder_with({}, Path(base)) as folder:
                others: list[Outcome] = []

                def run_second(_: int) -> None:
                    time.sleep(chance.random() / 5)
                    others.append(run_line((*lines[1], "--output", "new.txt"), folder))  # noqa: B023  # runs at once

                outcome = run_line((*lines[0], "--output", "new.txt"), folder, meanwhile=run_second)
                content = {path.name: path.read_bytes() for path in folder.iterdir()}
                expected = [run_line(line, folder).out for line in lines]
            result.tries += 1
            for code in (outcome.code, others[0].code):
                result.codes[code] += 1
            if list(content) != ["new.txt"] or content["new.txt"] not in expected:
                result.wrong.append(f"two writers of one file: {sorted(content)}")
    return result


FAULTS: dict[str, Callable[[], Iterator[Try]]] = {
    "standard output or error on a full disk": full_standard_streams,
    "disk full after some bytes of the output": disk_full,
    "reader of the pipe ends after some lines": broken_pipe,
    "Ctrl-C at each tenth of a second": lambda: interrupted(signal.SIGINT, 130),
    "SIGTERM at each tenth of a second": lambda: interrupted(signal.SIGTERM, 143),
    "closed descriptors 0, 1, 2 in each combination": closed_descriptors,
    "read-only or deleted working folder, no folder for temporary files": folders,
    "little memory": little_memory,
}


def results(share: float, chance: Random) -> Iterator[tuple[str, Result]]:
    """Try every fault."""
    for name, tries in FAULTS.items():
        yield name, try_all(tries(), share, chance)
    yield "two writers of one file", two_writers(share, chance)
    for name, environment in ENVIRONMENTS.items():
        yield name, run_processes((line for line in LINES if chance.random() < share), environment)


def main(share: float = 1.0) -> int:
    """Try every fault, print the table, and return 1 if something happened that should not."""
    prepare()
    wrong = 0
    print("| fault | tries | exit codes | wrong |\n|---|---|---|---|", flush=True)
    for name, result in results(share, Random(0)):
        codes = ", ".join(f"{code}: {count:,}" for code, count in sorted(result.codes.items()))
        print(f"| {name} | {result.tries:,} | {codes} | {len(result.wrong):,} |", flush=True)
        for problem in result.wrong:
            print(f"{name}: {problem}", file=sys.stderr, flush=True)
        wrong += len(result.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
