"""The processors of this machine: which of them runs a measurement, and what their model is."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError
from mbcost.spec.scaling import check_whole

SYSTEM = Path("/")
"""Below it Linux describes the machine, in `proc` and in `sys`."""


def check_threads(threads: int) -> int:
    """Return the number of threads.

    Raises:
        MbcostError: it is not a whole number of at least 1, or there are fewer processors.
    """
    threads = check_whole(threads, "threads")
    available = len(list_processors())
    if threads > available:
        raise MbcostError(f"{threads} threads need as many processors, and this process may use {available}: use fewer")
    return threads


def list_processors() -> tuple[int, ...]:
    """Return the numbers of the processors that this process may use."""
    get: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return tuple(range(os.cpu_count() or 1)) if get is None else tuple(sorted(get(0)))


@contextmanager
def pinned(threads: int) -> Iterator[tuple[int, ...]]:
    """Bind this thread, and those that it starts, to as many processors as there are threads.

    Yields:
        The numbers of the processors; none if the system does not bind threads.
    """
    set_affinity: Any = getattr(os, "sched_setaffinity", None)
    before, chosen = list_processors(), choose_processors(list_processors(), threads)
    is_pinned = False
    if set_affinity is not None:
        with suppress(OSError):  # a sandbox can forbid it
            set_affinity(0, chosen)
            is_pinned = True
    try:
        yield chosen if is_pinned else ()
    finally:
        if is_pinned:
            with suppress(OSError):  # a processor was taken away
                set_affinity(0, before)


def choose_processors(available: tuple[int, ...], threads: int, system: Path = SYSTEM) -> tuple[int, ...]:
    """Return the processors for a measurement: the fastest, of different cores first, and of equal ones the last.

    Many systems handle interrupts on the first processor.
    """
    fastest = sorted(available, key=lambda number: (-_read_rate(number, system), -number))
    cores: dict[str, int] = {}
    for number in fastest:
        siblings = read_text(_folder(number, system) / "topology" / "thread_siblings_list")
        cores.setdefault(siblings or str(number), number)
    first = list(cores.values())
    return tuple([*first, *(number for number in fastest if number not in first)][:threads])


def describe_processor(system: Path = SYSTEM) -> str:
    """Return the model of the processor and how many of them there are, such as `AMD Ryzen 7 5800X, 16 processors`."""
    lines = (line.partition(":") for line in read_text(system / "proc" / "cpuinfo").splitlines())
    facts = {name.strip(): " ".join(value.split()) for name, _, value in lines}
    board = read_text(system / "proc" / "device-tree" / "model").rstrip("\0")  # ARM has no name in cpuinfo
    model = facts.get("model name") or board or facts.get("Hardware") or platform.processor() or platform.machine()
    number = os.cpu_count() or 1
    return f"{model or 'unknown processor'}, {number} processor{'s' if number > 1 else ''}"


def read_text(file: Path) -> str:
    """Return what the system says in one of its files; empty if it does not have the file."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def read_number(file: Path) -> int | None:
    """Return the whole number in one of the system's files; None if it does not have the file."""
    text = read_text(file)
    return int(text) if text.isdecimal() else None


def _read_rate(number: int, system: Path) -> int:
    """Return the highest frequency of a processor in kHz, or its capacity where a system has large and small cores."""
    folder = _folder(number, system)
    return read_number(folder / "cpufreq" / "cpuinfo_max_freq") or read_number(folder / "cpu_capacity") or 0


def _folder(number: int, system: Path) -> Path:
    return system / "sys" / "devices" / "system" / "cpu" / f"cpu{number}"
