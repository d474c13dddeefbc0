"""What can disturb a measurement of time, as far as Linux tells: a plain sentence each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mbcost.measured.processors import SYSTEM, list_processors, read_number, read_text

UNKNOWN = "this system does not tell what disturbs a measurement, such as load, frequency scaling or heat"
NOTABLE = 0.02
"""The share of the processors' time from which on other programs, or a hypervisor, are named."""
SLOW = 0.95
"""The share of the highest frequency below which a processor is called slow."""
_FREQUENCIES = ("scaling_cur", "cpuinfo_max")
"""How Linux calls the present and the highest frequency of a processor."""


def describe_disturbances(threads: int = 1, system: Path = SYSTEM) -> tuple[str, ...]:
    """Return what can disturb a measurement that starts now, a sentence each.

    Args:
        threads: how many threads the networks will use.
        system: the folder in which Linux describes the machine.
    """
    if not (system / "proc" / "stat").is_file():
        return (UNKNOWN,)
    return (*_describe_load(threads, system), *_describe_frequency(system), *_describe_machine(threads, system))


def _describe_load(threads: int, system: Path) -> Iterator[str]:
    first, _, _ = read_text(system / "proc" / "loadavg").partition(" ")
    processors = len(list_processors())
    try:
        load = float(first)
    except ValueError:
        yield "the load of this system is unknown"
        return
    if load > max(processors - threads, 0.25):
        plural = "s" if processors > 1 else ""
        yield f"other programs run: the load of the last minute is {load:g} on {processors} processor{plural}"


def _describe_frequency(system: Path) -> Iterator[str]:
    folder = system / "sys" / "devices" / "system" / "cpu"
    scaling = sorted(folder.glob("cpu[0-9]*/cpufreq"))
    governors = sorted({text for path in scaling if (text := read_text(path / "scaling_governor"))})
    if not governors:
        yield "frequency scaling is unknown: the system does not show it"
    elif governors != ["performance"]:
        yield f"the frequency follows the load (governor {', '.join(governors)}): the governor performance is steadier"
    for path in scaling:
        limit, highest = read_number(path / "scaling_max_freq"), read_number(path / "cpuinfo_max_freq")
        if limit and highest and limit < SLOW * highest:
            yield f"the frequency is limited to {_gigahertz(limit)} of {_gigahertz(highest)} GHz"
            break
    if read_text(folder / "intel_pstate" / "no_turbo") == "0" or read_text(folder / "cpufreq" / "boost") == "1":
        yield "turbo is on: the frequency depends on heat and on what the other processors do"


def _describe_machine(threads: int, system: Path) -> Iterator[str]:
    supplies = sorted((system / "sys" / "class" / "power_supply").glob("*"))
    states = [(read_text(path / "type"), read_text(path / "status")) for path in supplies]
    if ("Battery", "Discharging") in states:
        yield "the device runs on battery, which can lower the frequency"
    words = read_text(system / "sys" / "fs" / "cgroup" / "cpu.max").split()
    if len(words) == 2 and all(word.isdecimal() for word in words) and int(words[0]) < threads * int(words[1]):
        share = int(words[0]) / int(words[1])
        yield f"the container may use {share:.2g} processors, fewer than the {threads} of the measurement"
    if "hypervisor" in read_text(system / "proc" / "cpuinfo").split():
        yield "this is a virtual machine, and other machines can share its processors"


@dataclass(frozen=True)
class Counters:
    """What the system has counted so far on some processors."""

    ticks: int = 0
    """Of the clock of `proc/stat`, on all of the processors together."""
    busy: int = 0
    """The ticks in which they ran any program."""
    stolen: int = 0
    """The ticks in which a hypervisor ran something else."""
    own: float = 0.0
    """Seconds of processor time of this process."""
    throttled: int = 0
    """How often heat lowered the frequency."""
    frequencies: tuple[tuple[int, int], ...] = ()
    """The present and the highest frequency of the processors in kHz."""


def read_counters(processors: tuple[int, ...], system: Path = SYSTEM) -> Counters:
    """Return what the system has counted on some processors; what it does not tell is 0."""
    ticks = busy = stolen = 0
    names = {f"cpu{number}" for number in processors}
    for line in read_text(system / "proc" / "stat").splitlines():
        name, *words = line.split()
        if name in names:
            # user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)); guests are part of user
            values = [*map(int, words), *(0,) * 8][:8]
            ticks += sum(values)
            busy += sum(values) - values[3] - values[4] - values[7]
            stolen += values[7]
    folders = [system / "sys" / "devices" / "system" / "cpu" / name for name in sorted(names)]
    throttled = sum(read_number(path / "thermal_throttle" / "core_throttle_count") or 0 for path in folders)
    pairs = ((read_number(path / "cpufreq" / f"{name}_freq") for name in _FREQUENCIES) for path in folders)
    frequencies = tuple((now, highest) for now, highest in pairs if now and highest)
    return Counters(ticks, busy, stolen, time.process_time(), throttled, frequencies)


def describe_change(before: Counters, after: Counters) -> tuple[str, ...]:
    """Return what disturbed a measurement between two readings, a sentence each."""
    sentences = []
    if ticks := after.ticks - before.ticks:
        own = (after.own - before.own) * _count_ticks_per_second()
        others = (after.busy - before.busy - own) / ticks
        if others > NOTABLE:
            sentences.append(f"other programs used {others:.0%} of the time of the processors that measured")
        stolen = (after.stolen - before.stolen) / ticks
        if stolen > NOTABLE:
            sentences.append(f"the hypervisor gave {stolen:.0%} of the time of the processors to others")
    if after.throttled > before.throttled:
        sentences.append(f"heat lowered the frequency {after.throttled - before.throttled} times")
    slowest = min(after.frequencies, key=lambda pair: pair[0] / pair[1], default=None)
    if slowest and slowest[0] < SLOW * slowest[1]:
        now, highest = map(_gigahertz, slowest)
        sentences.append(f"at the end a processor ran at {now} of at most {highest} GHz")
    return tuple(sentences)


def _count_ticks_per_second() -> int:
    read: Callable[[str], int] | None = getattr(os, "sysconf", None)  # Windows has none
    return 100 if read is None else read("SC_CLK_TCK")


def _gigahertz(kilohertz: int) -> str:
    return f"{kilohertz / 1e6:.2f}"
