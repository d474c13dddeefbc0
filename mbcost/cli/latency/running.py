"""Measures networks on this machine for `mbcost calibrate --run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mbcost.cli.exits import forget_interrupt
from mbcost.cli.progress import show_share
from mbcost.cli.streams import write_message
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.runnable import find_runnable
from mbcost.spec.device import MeasuredDevice
from mbcost.spec.shown import count

if TYPE_CHECKING:
    from mbcost.spec.timed import Timings

MOST_DRIFT = 0.02
"""A larger difference between the first and the second half of the rounds is told."""


def measure_here(planned: MeasuredDevice, runtime: str, threads: int, minutes: float) -> MeasuredDevice:
    """Return a device with the latencies of its networks on this machine; messages tell what disturbed them.

    Ctrl-C ends the measurement early, and what was measured is kept.

    Raises:
        MbcostError: a network cannot be built or run, or a library is missing.
        KeyboardInterrupt: the user interrupted before enough was measured.
    """
    from mbcost.measured.timing import measure_networks

    networks = [find_runnable(row) for row in planned.measured]
    with show_share(f"measuring with {runtime}") as show:
        timings = measure_networks(
            networks,
            runtime,
            threads=threads,
            minutes=minutes,
            on_round=lambda progress: show(progress.share, progress.step),
        )
    if timings.interrupted:
        forget_interrupt()
    for message in _describe(timings):
        write_message(message, "note")
    return timings.as_device(planned.name)


def _describe(timings: Timings) -> Iterator[str]:
    """Yield what a user should know of a measurement, a sentence each."""
    ended = "ended by Ctrl-C, what was measured is kept" if timings.interrupted else "done"
    yield f"{ended}: {count(timings.networks, 'network')} in {timings.rounds} rounds, {timings.seconds:.0f} s"
    yield from timings.disturbances
    spread = max(timings.networks, key=lambda timed: timed.spread)
    yield f"the median is at most {spread.spread:.1%} above the minimum, of {spread.label}"
    drifted = [timed.label for timed in timings.networks if timed.drift > MOST_DRIFT]
    if drifted:
        names = ", ".join(drifted)
        yield f"the two halves of the rounds differ by more than {MOST_DRIFT:.0%} for {names}: measure longer"


def parse_minutes(text: str) -> float:
    """Read a number of minutes.

    Raises:
        MbcostError: it is not a positive number.
    """
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise MbcostError(f"minutes is '{text}': it must be a positive number of minutes, such as 2 or 0.5")
    return minutes
