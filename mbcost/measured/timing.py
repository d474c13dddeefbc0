"""The latency of networks on this machine: interleaved, shuffled rounds, of which the shortest run counts."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mbcost.errors import MbcostError, choose
from mbcost.measured.disturbances import describe_change, describe_disturbances, read_counters
from mbcost.measured.instance import naming_failures, threads_of_torch
from mbcost.measured.processors import check_threads, describe_processor, list_processors, pinned
from mbcost.measured.runtimes import RUNTIMES, Run
from mbcost.spec.catalogue.runnable import RunnableNetwork
from mbcost.spec.timed import TimedNetwork, TimingProgress, Timings

SEED = 20261130
"""Of the order in which each round visits the networks."""
WARM_UP = 3
"""Runs of each network before the rounds: the first ones allocate memory."""
FEWEST_ROUNDS = 5
"""Rounds that are measured however short the time is, unless the user interrupts them."""
FEWEST_KEPT = 3
"""Rounds from which on an interrupted measurement is kept."""
VISIT = 0.04
"""Seconds that a round measures one network."""
COLD_RUNS = 4
"""The most runs of a network that do not count when a round comes to it: the caches still have what the network before
it used. On a server's processor the first run took 10 to 35 % longer than the tenth, the fifth one at most 2 %."""
FEWEST_RUNS, MOST_RUNS = 2, 50
"""Runs of one network in a round that count."""
TICKS = 1000
"""The shortest time that is measured, in steps of the clock; runs of shorter networks are measured together."""

OnRound = Callable[[TimingProgress], None]


def measure_networks(
    networks: Sequence[RunnableNetwork],
    runtime: str = "onnxruntime",
    *,
    threads: int = 1,
    minutes: float = 2.0,
    on_round: OnRound = lambda _: None,
) -> Timings:
    """Measure how long networks take for one image, float32, on this machine.

    All networks are built first and stay in memory. Every round then runs each of them some times, in a new order, so
    that whatever slows the machine down for a while meets all of them. The first runs after a different network do not
    count: they find its data in the caches. The threads are bound to processors where the system allows it. Ctrl-C ends
    the rounds early, and what was measured is kept.

    Args:
        networks: the networks, each once.
        runtime: `onnxruntime` or `torch`, which is PyTorch without compilation.
        threads: how many threads compute one network.
        minutes: how long it takes, the building of the networks included; five rounds are always measured.
        on_round: is called before each network is built and after each round.

    Raises:
        MissingLibrary: the runtime, or what it needs, is not installed.
        MbcostError: the list of networks is empty, the runtime is unknown, there are too few processors or too little
            memory, or a network cannot be built or run.
        KeyboardInterrupt: the user interrupted before three rounds were complete.
    """
    chosen = RUNTIMES[choose("runtime", runtime, RUNTIMES)]
    title, threads, minutes = chosen.title(), check_threads(threads), _check_minutes(minutes)
    if not networks:
        raise MbcostError("the list of networks to measure is empty: name at least one")
    deadline = time.monotonic() + 60 * minutes
    disturbances = describe_disturbances(threads)
    with ExitStack() as stack:
        processors = stack.enter_context(pinned(threads)) or list_processors()
        stack.enter_context(threads_of_torch(threads))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mbcost-")))
        subjects = []
        for number, network in enumerate(networks):
            on_round(TimingProgress(f"building {network.label}", number / len(networks)))
            subjects.append(_warm_up(network, chosen.prepare(network, threads, folder)))
        rounds = _Rounds([[] for _ in subjects])
        before = read_counters(processors)
        stack.enter_context(_without_collection())
        rounds.measure(subjects, deadline, on_round)
        disturbances += describe_change(before, read_counters(processors))
    return Timings(
        describe_processor(), title, "float32", threads, f"minimum of all runs in {rounds.complete} interleaved rounds",
        tuple(map(_summarize, networks, rounds.seconds)), rounds.complete, rounds.duration, rounds.interrupted,
        disturbances,
    )  # fmt: skip


@dataclass(frozen=True)
class _Subject:
    """A network that is ready to run."""

    network: RunnableNetwork
    run: Run
    cold: int
    """How often it runs in a round before it is measured."""
    runs: int
    """How often it is measured per round."""
    calls: int
    """How often it is computed per run."""

    def visit(self) -> list[float]:
        """Return the seconds per call of every run of one round, without those that find cold caches."""
        clock, run, calls = time.perf_counter_ns, self.run, range(self.calls)
        seconds = []
        with naming_failures(self.network, "the runtime"):
            for _ in range(self.cold * self.calls):
                run()
            for _ in range(self.runs):
                start = clock()
                for _ in calls:
                    run()
                seconds.append((clock() - start) / 1e9 / self.calls)
        return seconds


def _warm_up(network: RunnableNetwork, run: Run) -> _Subject:
    """Run a network a few times and decide how often each round runs it."""
    shortest = min(_Subject(network, run, 1, WARM_UP, 1).visit())
    resolution = time.get_clock_info("perf_counter").resolution
    calls = max(1, round(TICKS * resolution / max(shortest, resolution)))
    runs = round(VISIT / max(shortest * calls, resolution))
    return _Subject(network, run, min(max(runs, 1), COLD_RUNS), min(max(runs, FEWEST_RUNS), MOST_RUNS), calls)


@dataclass
class _Rounds:
    """The rounds so far."""

    seconds: list[list[list[float]]]
    """Of every run, by network and round."""
    complete: int = 0
    duration: float = 0.0
    interrupted: bool = False

    def measure(self, subjects: Sequence[_Subject], deadline: float, on_round: OnRound) -> None:
        """Measure rounds until the deadline or the user's Ctrl-C. A round that is not complete does not count.

        Raises:
            KeyboardInterrupt: there are too few rounds to keep.
        """
        start, order, shuffler = time.monotonic(), list(range(len(subjects))), random.Random(SEED)
        try:
            while self.complete < FEWEST_ROUNDS or time.monotonic() < deadline:
                shuffler.shuffle(order)
                runs = {index: subjects[index].visit() for index in order}
                for index in range(len(subjects)):
                    self.seconds[index].append(runs[index])
                self.complete += 1
                share = min((time.monotonic() - start) / max(deadline - start, 1e-9), 1.0)
                on_round(TimingProgress(f"round {self.complete}", share, self.complete))
        except KeyboardInterrupt:
            if self.complete < FEWEST_KEPT:
                raise
            self.interrupted = True
        self.seconds = [rounds[: self.complete] for rounds in self.seconds]  # Ctrl-C can come between two lines
        self.duration = time.monotonic() - start


def _summarize(network: RunnableNetwork, rounds: list[list[float]]) -> TimedNetwork:
    minima, runs = [min(seconds) for seconds in rounds], [seconds for part in rounds for seconds in part]
    half = len(minima) // 2
    first, second = min(minima[:half]), min(minima[half:])
    return TimedNetwork(
        network.entry, 1e3 * min(minima), 1e3 * median(runs), len(runs), abs(second / first - 1)
    )  # fmt: skip


def _check_minutes(minutes: float) -> float:
    if not 0 < minutes < float("inf"):
        raise MbcostError(f"minutes is {minutes:g}: it must be a positive number")
    return minutes


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep Python from collecting garbage in the middle of a run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
