"""What disturbs a measurement is read from a system that is written for the test, file by file."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import pytest

from mbcost.measured import disturbances
from mbcost.measured.disturbances import UNKNOWN, Counters, describe_change, describe_disturbances, read_counters
from mbcost.measured.processors import choose_processors, describe_processor

CPU = "sys/devices/system/cpu"
QUIET = {
    "proc/stat": "cpu 1 1 1 1",
    "proc/loadavg": "0.00 0.01 0.05 1/100 1",
    f"{CPU}/cpu0/cpufreq/scaling_governor": "performance",
}


def write(system: Path, files: dict[str, str]) -> Path:
    """Write the files of a system."""
    for name, text in files.items():
        (system / name).parent.mkdir(parents=True, exist_ok=True)
        (system / name).write_text(f"{text}\n", encoding="utf-8")
    return system


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"proc/loadavg": "3.50 1 1 1/1 1"}, "other programs run: the load of the last minute is 3.5 on 2 processors"),
        ({"proc/loadavg": "?"}, "the load of this system is unknown"),
        ({f"{CPU}/cpu0/cpufreq/scaling_governor": "powersave"}, "the frequency follows the load (governor powersave)"),
        ({f"{CPU}/cpu1/cpufreq/scaling_governor": "schedutil"}, "(governor performance, schedutil)"),
        ({f"{CPU}/cpu0/cpufreq/scaling_governor": ""}, "frequency scaling is unknown"),
        (
            {f"{CPU}/cpu0/cpufreq/scaling_max_freq": "2000000", f"{CPU}/cpu0/cpufreq/cpuinfo_max_freq": "3500000"},
            "the frequency is limited to 2.00 of 3.50 GHz",
        ),
        ({f"{CPU}/intel_pstate/no_turbo": "0"}, "turbo is on"),
        ({f"{CPU}/cpufreq/boost": "1"}, "turbo is on"),
        (
            {"sys/class/power_supply/BAT0/type": "Battery", "sys/class/power_supply/BAT0/status": "Discharging"},
            "runs on battery",
        ),
        ({"sys/fs/cgroup/cpu.max": "50000 100000"}, "the container may use 0.5 processors, fewer than the 1 of"),
        ({"proc/cpuinfo": "flags\t: fpu vme hypervisor lahf_lm"}, "this is a virtual machine"),
    ],
)
def test_what_disturbs_is_one_line(
    files: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbances, "list_processors", lambda: (0, 1))
    assert describe_disturbances(1, write(tmp_path, QUIET)) == ()
    (sentence,) = describe_disturbances(1, write(tmp_path, files))
    assert message in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "files",
    [
        {f"{CPU}/intel_pstate/no_turbo": "1"},
        {"sys/class/power_supply/BAT0/type": "Battery", "sys/class/power_supply/BAT0/status": "Full"},
        {"sys/fs/cgroup/cpu.max": "max 100000"},
        {"sys/fs/cgroup/cpu.max": "100000 100000"},
        {"proc/loadavg": "0.90 1 1 1/1 1"},
    ],
)
def test_what_does_not_disturb_is_not_named(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbances, "list_processors", lambda: (0, 1))
    assert describe_disturbances(1, write(tmp_path, {**QUIET, **files})) == ()


def test_a_system_without_these_files_says_that_it_is_unknown(tmp_path: Path) -> None:
    assert describe_disturbances(1, tmp_path) == (UNKNOWN,)
    assert describe_change(read_counters((0,), tmp_path), read_counters((0,), tmp_path)) == ()


def test_what_happened_meanwhile_is_counted_on_the_processors_that_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbances, "_count_ticks_per_second", lambda: 100)
    monkeypatch.setattr(time, "process_time", iter((1.0, 6.0)).__next__)
    kinds = {"cpufreq/scaling_cur_freq": "2100000", "cpufreq/cpuinfo_max_freq": "3000000"}
    files = {f"{CPU}/cpu1/{kind}": text for kind, text in kinds.items()}
    stat = "cpu 9 9 9 9 9\ncpu0 {} 0 0 0 0 0 0 0 0 0\ncpu1 {} 10 {} 100 5 {} 0 {} 7 0\nintr 5"
    throttle = f"{CPU}/cpu1/thermal_throttle/core_throttle_count"
    before = read_counters((1,), write(tmp_path, {**files, throttle: "4", "proc/stat": stat.format(0, 0, 0, 0, 0)}))
    # 1000 ticks: 600 of programs and interrupts, of which 5 seconds are ours, 50 stolen; the rest is idle
    after_files = {throttle: "6", "proc/stat": stat.format(99999, 400, 150, 50, 50).replace(" 100 5 ", " 450 5 ")}
    after = read_counters((1,), write(tmp_path, after_files))
    assert (after.ticks - before.ticks, after.busy - before.busy) == (1000, 600)
    assert describe_change(before, after) == (
        "other programs used 10% of the time of the processors that measured",
        "the hypervisor gave 5% of the time of the processors to others",
        "heat lowered the frequency 2 times",
        "at the end a processor ran at 2.10 of at most 3.00 GHz",
    )
    assert describe_change(before, before) == describe_change(before, after)[3:]
    assert describe_change(Counters(), Counters(ticks=1000, busy=500, own=5.0, stolen=20)) == ()


@pytest.mark.parametrize(
    ("files", "threads", "chosen"),
    [
        ({}, 1, (3,)),
        ({}, 2, (3, 2)),
        # two cores with two processors each: another core first
        ({f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{n % 2},{n % 2 + 2}" for n in range(4)}, 2, (3, 2)),
        ({f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{n - n % 2}-{n - n % 2 + 1}" for n in range(4)}, 2, (3, 1)),
        (
            {f"{CPU}/cpu{n}/topology/thread_siblings_list": f"{n - n % 2}-{n - n % 2 + 1}" for n in range(4)},
            4,
            (3, 1, 2, 0),
        ),
        # large and small cores
        ({f"{CPU}/cpu{n}/cpufreq/cpuinfo_max_freq": str(3000 - n) for n in range(4)}, 2, (0, 1)),
        ({f"{CPU}/cpu{n}/cpu_capacity": str((446, 1024, 1024, 446)[n]) for n in range(4)}, 3, (2, 1, 3)),
    ],
)
def test_the_fastest_processors_of_different_cores_measure(
    files: dict[str, str], threads: int, chosen: tuple[int, ...], tmp_path: Path
) -> None:
    assert choose_processors((0, 1, 2, 3), threads, write(tmp_path, files)) == chosen


@pytest.mark.parametrize(
    ("files", "model"),
    [
        ({"proc/cpuinfo": "processor\t: 0\nmodel name\t: A  Processor\n\nprocessor\t: 1"}, "A Processor"),
        ({"proc/cpuinfo": "processor: 0", "proc/device-tree/model": "Raspberry Pi 4\0"}, "Raspberry Pi 4"),
        ({"proc/cpuinfo": "Hardware : Qualcomm SM8150"}, "Qualcomm SM8150"),
        ({}, "named by Python"),
    ],
)
def test_a_processor_is_named(
    files: dict[str, str], model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "named by Python")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert describe_processor(write(tmp_path, files)) == f"{model}, 4 processors"
