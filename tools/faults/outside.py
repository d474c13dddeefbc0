"""Faults that need processes of their own: environments, and two writers of one file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from random import Random

from tools import ROOT
from tools.faults.attempts import FILES, Result, Try, judge
from tools.hostile.limits import Outcome, folder_with, run_line, snapshot

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
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


def run_processes(lines: Iterable[tuple[str, ...]], environment: Mapping[str, str]) -> Result:
    """Run command lines as processes of their own in an environment."""
    result = Result()
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for line in lines:
            with folder_with(FILES, Path(base)) as folder:
                done = subprocess.run(
                    [sys.executable, "-m", "mbcost", *line], cwd=folder, capture_output=True, check=False,
                    env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environment}, stdin=subprocess.DEVNULL,
                )  # fmt: skip
                outcome = Outcome(done.returncode, done.stdout, _decoded(done.stderr, environment), 0, 0, {})
                problem = judge(Try(line), outcome)
            result.tries += 1
            result.codes[done.returncode] += 1
            if problem:
                result.wrong.append(f"mbcost {' '.join(line)}: {problem}")
    return result


def _decoded(text: bytes, environment: Mapping[str, str]) -> bytes:
    return text.decode("utf-16").encode() if "utf-16" in environment.get("PYTHONIOENCODING", "") else text


_PROGRAM = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from mbcost.cli import main
os.write(1, b"started\\n")
main()
"""
"""`python -m mbcost`, which says when it has started: before, Python itself answers a signal."""
WITH_TORCH = (
    ("validate", "v3-small", "--alpha", "0.5,0.75,1", "--against", "fvcore,torch"),
    ("verify", f"{ROOT}/docs/net.py:make", "--spec", "v2"),
    ("export", "--from", f"{ROOT}/docs/net.py:make", "--output", "new.txt"),
)


def interrupted_processes(share: float, chance: Random) -> Result:
    """Ctrl-C or SIGTERM at each second of commands that load torch, also while they load it."""
    result = Result()
    with tempfile.TemporaryDirectory(prefix="mbcost-faults-") as base:
        for line, second, number in product(WITH_TORCH, range(1, 9), (signal.SIGINT, signal.SIGTERM)):
            if chance.random() >= share:
                continue
            attempt = Try(line, codes=(0, 1, 128 + number), files=("new.txt",))
            with folder_with({}, Path(base)) as folder:
                outcome = _interrupt(line, folder, second, number)
            result.tries += 1
            result.codes[outcome.code] += 1
            if problem := judge(attempt, outcome):
                result.wrong.append(f"mbcost {' '.join(line)}: {number.name} after {second} s: {problem}")
    return result


def _interrupt(line: tuple[str, ...], folder: Path, delay: float, number: signal.Signals) -> Outcome:
    """Run a command line as a process of its own, and send it a signal."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *line], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        process.send_signal(number)
        out, err = process.communicate()
        return Outcome(process.returncode, out, err, 0, 0, dict(snapshot(folder)))


def two_writers(share: float, chance: Random) -> Result:
    """Two commands write the same file at the same time."""
    result = Result()
    names = (("v1", "v2"), ("v2", "v2"), ("v3-large", "v1"))
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
