"""Run command lines as forks of this process, each in its own folder and with limits of time and memory."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

SECONDS = 20
"""Processor time of one command line. A command that has announced long work may take longer; it is then stopped.
The slowest command takes 5 seconds on a quiet machine."""
PATIENCE = 200
"""Seconds until a command that waits for something is stopped. Other programs on the machine slow it down, too."""
MEGABYTES = 500
"""Peak memory of one command line; this process and what it has imported are included."""
ADDRESS_SPACE = 4 * 2**30
"""A command never gets more memory than this, so that the machine is safe."""
LARGEST_OUTPUT = 64 * 2**20
"""Bytes of the longest output that is read, and of the largest file that a command can write."""
FRAMEWORKS = ("torch", "torchvision", "timm", "transformers", "keras", "fvcore")
"""Libraries that are not there for the forks: `validate`, `verify` and `export --from` end where they need one."""
WARMED = (
    "numpy", "rich.console", "rich.table", "csv", "json", "difflib", "decimal", "fractions", "tempfile",
    "matplotlib.figure", "matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
)  # fmt: skip
"""Libraries that the commands import when they need them."""


@dataclass(frozen=True)
class Outcome:
    """What one command line did."""

    code: int
    """The exit code; minus the signal if a signal ended the command."""
    out: bytes
    err: bytes
    seconds: float
    megabytes: float
    changed: Mapping[str, bytes | None]
    """The files that the command made or changed, with their content; None for what is not a file any more."""


def prepare() -> None:
    """Import what the commands need, and build every command once. The forks start with both."""
    sys.modules.update(dict.fromkeys(FRAMEWORKS, None))  # type: ignore[arg-type]  # this is how Python says so
    for name in WARMED:
        import_module(name)
    group: Any = import_module("mbcost.cli.group")
    built = {}
    for name, entry in import_module("mbcost.cli.registry").COMMANDS.items():
        target = entry.load()
        built[id(target)] = group.build_command(target)
        built[id(target)].name = name
    build = group.build_command
    group.build_command = lambda target: built.get(id(target)) or build(target)
    library = import_module("mbcost.spec.catalogue.library")
    for name in library.NETWORKS:
        library.load_spec(name)
    gc.collect()
    gc.freeze()


@contextmanager
def folder_with(files: Mapping[str, bytes], base: Path) -> Iterator[Path]:
    """Make a folder with the files and with what `--output` can meet, and remove it at the end."""
    folder = base / "run"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if "kept.txt" in files:
        _add_obstacles(folder)
    try:
        yield folder
    finally:
        remove_folder(base)


def remove_folder(base: Path) -> None:
    """Remove the folder of a run if there is one, also if its command did not end by itself."""
    folder = base / "run"
    if (folder / "forbidden").exists():
        (folder / "forbidden").chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


def _add_obstacles(folder: Path) -> None:
    (folder / "folder").mkdir()
    (folder / "forbidden").mkdir(mode=0o000)
    for ending in ("txt", "svg"):
        (folder / f"readonly.{ending}").chmod(0o444)
    for loop in ("loop", "loop.svg"):
        (folder / loop).symlink_to(loop)
    (folder / "dangling.txt").symlink_to("new.txt")
    (folder / "link.txt").symlink_to("kept.txt")


def run_line(
    line: tuple[str, ...],
    folder: Path,
    stdin: bytes | None = None,
    fault: Callable[[], None] = lambda: None,
    meanwhile: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Run one command line in the folder.

    Args:
        line: the arguments.
        folder: the working folder.
        stdin: what standard input has; None if it is empty.
        fault: what the fork does before the command starts.
        meanwhile: what this process does while the command runs; it gets the number of the process.
    """
    before = snapshot(folder)
    with memory_file() as standard_input, memory_file() as out, _pipe() as (reader, err):
        os.pwrite(standard_input, stdin or b"", 0)
        code, usage = fork(lambda: run_command(line, folder, (standard_input, out, err), fault), meanwhile)
        return Outcome(
            code=code, out=os.pread(out, LARGEST_OUTPUT, 0), err=_read(reader),
            seconds=usage.ru_utime + usage.ru_stime, megabytes=usage.ru_maxrss * 1024 / 1e6,
            changed=find_changes(before, snapshot(folder)),
        )  # fmt: skip


def fork(run: Callable[[], int], meanwhile: Callable[[int], None]) -> tuple[int, resource.struct_rusage]:
    """Run a function in a fork with the limits, and return its exit code and what it used."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            _limit()
            drop_privileges()
            code = run()
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(BaseException):  # there may be no memory left
                _flush()
            os._exit(code)
    meanwhile(child)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage


def _flush() -> None:
    """Flush the streams as the interpreter does when it ends."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)


def run_command(
    line: tuple[str, ...], folder: Path, streams: tuple[int, int, int], fault: Callable[[], None] = lambda: None
) -> int:
    """Run the command as `python -m mbcost` does, and return its exit code."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.lseek(0, 0, os.SEEK_SET)
    os.chdir(folder)
    fault()
    sys.argv = ["mbcost", *line]
    sys.stdin = _text_stream(0, "strict")  # None if it is closed, as in any process
    sys.stdout = _text_stream(1, "strict")
    sys.stderr = _text_stream(2, "backslashreplace")
    try:
        import_module("mbcost.cli").main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return 1 if isinstance(end.code, str) else int(end.code or 0)
    return 0


def _text_stream(number: int, errors: str) -> TextIOWrapper | None:
    """Return a standard stream as the interpreter opens it."""
    try:
        os.fstat(number)
    except OSError:
        return None
    mode = "r" if number == 0 else "w"
    file = os.fdopen(number, mode, 1 if number == 2 else -1, encoding="utf-8", errors=errors, closefd=False)
    assert isinstance(file, TextIOWrapper)
    return file


def drop_privileges() -> None:
    """Give up what root may do in addition: permissions of files then bind root as well."""
    library = ctypes.CDLL(None)
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if os.geteuid() == 0 and library.capset(header, none) != 0:
        raise OSError("the capabilities of root cannot be dropped")


@contextmanager
def memory_file() -> Iterator[int]:
    """Make a file in memory, and close it at the end."""
    number = os.memfd_create("mbcost")
    try:
        yield number
    finally:
        os.close(number)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Make a pipe that takes a megabyte before anybody reads. Unlike a file it has room even if the disk is full."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 2**20)
    os.set_blocking(reader, False)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def _read(reader: int) -> bytes:
    """Return what is in a pipe."""
    text = b""
    with suppress(BlockingIOError):
        while part := os.read(reader, 2**20):
            text += part
    return text


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every entry of the folder: files with their content, links with their target."""
    entries = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root) / name
            relative = str(path.relative_to(folder))
            if path.is_symlink():
                entries[relative] = b"link to " + os.fsencode(path.readlink())
            elif path.is_dir():
                entries[relative] = b"folder"
            else:
                entries[relative] = path.read_bytes()
    return entries


def find_changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """Return the entries that differ, with what they are now."""
    return {name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)}
