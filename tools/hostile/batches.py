"""Run many cases in few processes: a fork runs cases until one of them ends it."""

from __future__ import annotations

import os
import pickle
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from tools.hostile.cases import Case
from tools.hostile.limits import (
    ADDRESS_SPACE,
    LARGEST_OUTPUT,
    PATIENCE,
    SECONDS,
    Outcome,
    drop_privileges,
    find_changes,
    folder_with,
    memory_file,
    remove_folder,
    run_command,
    snapshot,
)  # fmt: skip

FAULT = 98
"""The exit code of a fork in which not the command but this program fails."""


def run_cases(cases: Sequence[Case], base: Path) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each case. If a command line ends the process, the outcomes of the case end with it."""
    finished = 0
    with memory_file() as err:
        while finished < len(cases):
            outcomes: list[Outcome] = []
            with _served(cases[finished:], base, err) as results:
                while (outcome := _receive(results.stream)) is not None:
                    outcomes.append(outcome)
                    if len(outcomes) == len(cases[finished].lines):
                        yield outcomes
                        finished, outcomes = finished + 1, []
            code, usage = results.end
            if code != 0:
                remove_folder(base)
                message = os.pread(err, LARGEST_OUTPUT, 0)
                yield [*outcomes, Outcome(code, b"", message, SECONDS, usage.ru_maxrss * 1024 / 1e6, {})]
                finished += 1


class _Results:
    """What a fork writes, and how it ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.end = (0, resource.getrusage(resource.RUSAGE_SELF))


@contextmanager
def _served(cases: Sequence[Case], base: Path, err: int) -> Iterator[_Results]:
    """Fork a process that runs the cases, and wait for its end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = FAULT
        try:
            os.close(reader)
            with os.fdopen(writer, "wb") as stream:
                _serve(cases, base, stream, err)
            code = 0
        finally:
            os._exit(code)  # the code of the parent must not go on in the fork
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        results = _Results(stream)
        yield results
    _, status, usage = os.wait4(child, 0)
    results.end = os.waitstatus_to_exitcode(status), usage


def run_case(case: Case, base: Path) -> list[Outcome]:
    """Return the outcomes of one case in a process of its own."""
    (outcomes,) = run_cases([case], base)
    return outcomes


def _receive(results: BinaryIO) -> Outcome | None:
    try:
        outcome = pickle.load(results)
    except EOFError:
        return None
    assert isinstance(outcome, Outcome)
    return outcome


def _serve(cases: Sequence[Case], base: Path, results: BinaryIO, err: int) -> None:
    """Run the cases in this process, and write their outcomes. Standard error stays readable if the process ends."""
    drop_privileges()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    environment = dict(os.environ)
    for case in cases:
        with folder_with(case.files, base) as folder:
            for line in case.lines:
                pickle.dump(_run_line(line, folder, case.stdin, err), results)
                results.flush()
        os.environ.clear()
        os.environ.update(environment)


def _run_line(line: tuple[str, ...], folder: Path, stdin: bytes | None, err: int) -> Outcome:
    """Run one command line in this process, with its own limits of time."""
    import_module("mbcost.spec.reading.text").read_standard_input.cache_clear()  # a process reads it once
    before = snapshot(folder)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak of the memory starts again
    began = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(began) + SECONDS, resource.RLIM_INFINITY))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)
    with memory_file() as standard_input, memory_file() as out:
        os.pwrite(standard_input, stdin or b"", 0)
        os.ftruncate(err, 0)
        os.lseek(err, 0, os.SEEK_SET)
        code = 99
        try:
            code = run_command(line, folder, (standard_input, out, err))
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
        seconds = time.process_time() - began
        match = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        assert match is not None
        return Outcome(
            code=code, out=os.pread(out, LARGEST_OUTPUT, 0), err=os.pread(err, LARGEST_OUTPUT, 0), seconds=seconds,
            megabytes=int(match[1]) * 1024 / 1e6, changed=find_changes(before, snapshot(folder)),
        )  # fmt: skip
