"""A measurement is complete, and the process is left as it was. How fast a network is, is never asserted."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mbcost.errors import MbcostError
from mbcost.measured import runtimes, timing
from mbcost.measured.processors import list_processors
from mbcost.measured.runtimes import Runtime
from mbcost.measured.timing import COLD_RUNS, FEWEST_KEPT, FEWEST_ROUNDS, FEWEST_RUNS, MOST_RUNS, measure_networks
from mbcost.spec.catalogue.runnable import RunnableNetwork, find_runnable
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.timed import TimingProgress, Timings

NETWORKS = [
    find_runnable(MeasuredNetwork("v1@0.1/32", None, in_channels=1)),
    find_runnable(MeasuredNetwork("v2@0.1/32x48:torchvision", None, head="bn,5")),
    find_runnable(MeasuredNetwork("v3-small@0.1/32", None, classes=5)),
]

FIRST_RUNS = 1 + timing.WARM_UP
"""Runs of each network before the rounds."""


def read_state() -> tuple[Any, ...]:
    """What a measurement changes while it runs."""
    return list_processors(), torch.get_num_threads(), gc.isenabled()


@pytest.mark.parametrize(("runtime", "interrupts"), [("onnxruntime", False), ("torch", True)])
def test_networks_are_measured_and_the_process_is_left_as_it_was(
    runtime: str, interrupts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(timing, "VISIT", 0.002)
    networks = NETWORKS if runtime == "torch" else NETWORKS[1:]  # an export takes long
    before, steps = read_state(), list[TimingProgress]()

    def follow(progress: TimingProgress) -> None:
        steps.append(progress)
        if hasattr(os, "sched_setaffinity"):
            assert len(list_processors()) == 1
        assert (torch.get_num_threads(), bool(list(tmp_path.iterdir()))) == (1, True)
        if interrupts and progress.rounds == FEWEST_KEPT:
            raise KeyboardInterrupt

    timings = measure_networks(networks, runtime, minutes=1e-6, on_round=follow)
    assert capfd.readouterr() == ("", "")
    assert read_state() == before
    assert list(tmp_path.iterdir()) == []
    rounds = FEWEST_KEPT if interrupts else FEWEST_ROUNDS
    assert [step.rounds for step in steps] == [0] * len(networks) + list(range(1, rounds + 1))
    assert steps[len(networks) - 1].step == "building v3-small@0.1/32, classes 5"
    assert all(0 <= step.share <= 1 for step in steps)
    assert (timings.rounds, timings.interrupted, timings.threads) == (rounds, interrupts, 1)
    assert timings.runtime.startswith({"onnxruntime": "ONNX Runtime 1.", "torch": "torch 2."}[runtime])
    for timed, network in zip(timings.networks, networks, strict=True):
        assert timed.entry == network.entry
        assert 0 < timed.minimum <= timed.median
        assert timed.spread >= 0
        assert rounds * FEWEST_RUNS <= timed.runs <= rounds * MOST_RUNS
        assert timed.runs % rounds == 0
    device = timings.as_device("mine")
    assert (device.name, device.threads, device.dtype, device.statistic) == (
        "mine", "1", "float32", f"minimum of all runs in {rounds} interleaved rounds",
    )  # fmt: skip
    for entry, timed in zip(device.measured, timings.networks, strict=True):
        assert entry.milliseconds == pytest.approx(timed.minimum, rel=1e-4)
        assert replace(entry, milliseconds=None) == timed.entry


SHORT = 10**9 * timing.VISIT / (COLD_RUNS + 1) / 3
"""Nanoseconds of a network that even on cold caches is fast enough to warm them up completely."""


class Clock:
    """A clock that runs only while a network does."""

    def __init__(self) -> None:
        self.now = 0

    def perf_counter_ns(self) -> int:
        return self.now


Faults = Callable[[int], None]


def measure_imitated(
    monkeypatch: pytest.MonkeyPatch, durations: list[int], fault: Faults = lambda _: None
) -> tuple[Timings, list[int]]:
    """Measure imitated networks that take some nanoseconds, and return the timings and which network ran when.

    The first runs after a different network take three times as long, unless the network is slow.
    """
    clock, calls = Clock(), list[int]()

    def prepare(network: RunnableNetwork, _: int, __: Path) -> Callable[[], object]:
        index = int(network.label)

        def run() -> None:
            fault(len(calls))
            is_cold = durations[index] <= SHORT and calls[-COLD_RUNS:] != [index] * COLD_RUNS
            calls.append(index)
            clock.now += durations[index] * (3 if is_cold else 1)

        return run

    networks = [replace(NETWORKS[0], entry=MeasuredNetwork(str(index), None)) for index in range(len(durations))]
    with monkeypatch.context() as patch:
        patch.setitem(vars(timing)["RUNTIMES"], "imitated", Runtime(lambda: "imitated 1", prepare))
        patch.setattr(time, "perf_counter_ns", clock.perf_counter_ns)
        return measure_networks(networks, "imitated", minutes=1e-6), calls


@settings(max_examples=30)
@given(durations=st.lists(st.integers(20, 10**9), min_size=1, max_size=6))
def test_every_round_visits_every_network_once_and_runs_on_cold_caches_do_not_count(durations: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        timings, calls = measure_imitated(patch, durations)
    visits = [index for last, index in zip([None, *calls], calls, strict=False) if index != last]
    assert len(visits) <= len(durations) * (1 + FEWEST_ROUNDS)
    rest = calls[FIRST_RUNS * len(durations) :]
    for timed, duration in zip(timings.networks, durations, strict=True):
        assert 1e6 * timed.minimum == pytest.approx(duration)
        assert (timed.spread, timed.drift) == pytest.approx((0, 0), abs=1e-9)
        assert timed.runs >= FEWEST_ROUNDS * FEWEST_RUNS
        runs = timed.runs // FEWEST_ROUNDS
        assert rest.count(int(timed.label)) % (FEWEST_ROUNDS * (runs + min(runs, COLD_RUNS))) == 0 or runs == 2


def test_the_order_of_the_networks_differs_between_rounds_and_is_the_same_in_every_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    durations, runs = [10**7] * 8, round(timing.VISIT / 0.01)
    _, calls = measure_imitated(monkeypatch, durations)
    assert calls == measure_imitated(monkeypatch, durations)[1]
    visits = calls[FIRST_RUNS * 8 :: COLD_RUNS + runs]
    rounds = [tuple(visits[start : start + 8]) for start in range(0, len(visits), 8)]
    assert {tuple(sorted(order)) for order in rounds} == {tuple(range(8))}
    assert len(set(rounds)) == len(rounds) == FEWEST_ROUNDS


@pytest.mark.parametrize("call", range(0, 2 * (FIRST_RUNS + FEWEST_ROUNDS * (1 + FEWEST_RUNS)), 5))
def test_ctrl_c_at_any_call_keeps_the_complete_rounds(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(count: int) -> None:
        if count == call:
            raise KeyboardInterrupt

    before, durations = read_state(), [10**8, 10**8]
    complete = max(call - 2 * FIRST_RUNS, 0) // (2 * (1 + FEWEST_RUNS))
    if complete < FEWEST_KEPT:
        with pytest.raises(KeyboardInterrupt):
            measure_imitated(monkeypatch, durations, interrupt)
    else:
        timings, _ = measure_imitated(monkeypatch, durations, interrupt)
        assert (timings.rounds, timings.interrupted) == (complete, True)
        assert [timed.runs for timed in timings.networks] == [complete * FEWEST_RUNS] * 2
    assert read_state() == before


@settings(max_examples=30)
@given(rounds=st.lists(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=4), min_size=2, max_size=7))
def test_the_statistics_are_those_of_all_runs(rounds: list[list[float]]) -> None:
    timed = timing._summarize(NETWORKS[0], rounds)
    runs = sorted(seconds for part in rounds for seconds in part)
    half = len(rounds) // 2
    first, second = (min(min(part) for part in parts) for parts in (rounds[:half], rounds[half:]))
    assert timed.minimum == pytest.approx(1000 * runs[0])
    assert timed.median == pytest.approx(1000 * median(runs))
    assert timed.spread == pytest.approx(median(runs) / runs[0] - 1)
    assert timed.drift == pytest.approx(abs(second - first) / first)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer of size 9"), "fewer at"),
        (MemoryError(), "0 needs more memory than there is: use a smaller resolution or network, or fewer at once"),
        (ValueError("a\nb"), "0 does not run with the runtime at 32x32: a b"),
    ],
    ids=repr,
)
def test_a_network_that_fails_is_named_in_one_line(
    fault: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(count: int) -> None:
        if count == 5:
            raise fault

    before = read_state()
    with pytest.raises(MbcostError, match=message):
        measure_imitated(monkeypatch, [10**8], fail)
    assert read_state() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 10**6}, r"^1000000 threads need as many processors, and this process may use \d+: use fewer$"),
        ({"threads": 0}, "threads"),
        ({"threads": 1.5}, "threads"),
        ({"minutes": 0}, "minutes is 0: it must be a positive number"),
        ({"minutes": float("nan")}, "minutes is nan"),
        ({"minutes": float("inf")}, "minutes is inf"),
        ({"runtime": "onnx-runtime"}, "unknown runtime 'onnx-runtime': did you mean 'onnxruntime'"),
        ({"networks": []}, "the list of networks to measure is empty"),
        ({"networks": [replace(NETWORKS[0], alpha=1e9)]}, "memory|alpha|width"),
    ],
    ids=repr,
)
def test_settings_that_cannot_be_measured_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MbcostError, match=message):
        measure_networks(**{"networks": NETWORKS[:1], **arguments})


def test_a_runtime_that_is_missing_or_broken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MbcostError, match=r"^onnxruntime is not installed: pip install 'mbcost\[measure\]'$"):
        runtimes.RUNTIMES["onnxruntime"].title()
