"""Faults that a fork of this process can have: full disks, broken pipes, signals, closed streams, little memory."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path

from tools.faults.attempts import FILES, LINES, LONG, Try


def with_output(line: tuple[str, ...], name: str) -> tuple[str, ...] | None:
    """Return the command line with `--output`, or None if it does not have this option."""
    if line[0].startswith("-") or "--help" in line or "--output" in line:
        return None
    return (*line, "--output", name)


def full_device(*numbers: int) -> Callable[[], None]:
    """Return the fault that standard streams are on a full disk."""

    def run() -> None:
        for number in numbers:
            os.dup2(os.open("/dev/full", os.O_WRONLY), number)

    return run


def small_files(size: int) -> Callable[[], None]:
    """Return the fault that no file can become larger than `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def full_standard_streams() -> Iterator[Try]:
    """Standard output or error is on a full disk."""
    for line in LINES:
        yield Try(line, full_device(1))
        yield Try(line, full_device(2))
        yield Try(line, full_device(1, 2))


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
            end = time.monotonic() + delay
            while time.monotonic() < end and not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                time.sleep(0.01)
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
        def run() -> None:
            for number in numbers:
                os.close(number)

        return run

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
    """The process gets only a little more memory than it has at its start.

    With less than 4 MB, Python's own code and that of numpy fail where no program can handle it.
    """

    def limit(megabytes: int) -> Callable[[], None]:
        def run() -> None:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            size = pages * resource.getpagesize() + megabytes * 2**20
            resource.setrlimit(resource.RLIMIT_AS, (size, size))

        return run

    for line, megabytes in product((*LINES, *LONG[-4:]), (4, 8, 16, 32, 64, 128)):
        yield Try(line, limit(megabytes))
        if output := with_output(line, "new.txt"):
            yield Try(output, limit(megabytes), files=("new.txt",))


FAULTS: Mapping[str, Callable[[], Iterator[Try]]] = {
    "standard output or error on a full disk": full_standard_streams,
    "disk full after some bytes of the output": disk_full,
    "reader of the pipe ends after some lines": broken_pipe,
    "Ctrl-C at each tenth of a second": lambda: interrupted(signal.SIGINT, 130),
    "SIGTERM at each tenth of a second": lambda: interrupted(signal.SIGTERM, 143),
    "closed descriptors 0, 1, 2 in each combination": closed_descriptors,
    "read-only or deleted working folder, no folder for temporary files": folders,
    "4 to 128 MB of memory more than at the start": little_memory,
}
