"""What a measurement of time reports: the latency of networks on this machine, and what can have disturbed it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import count, round_significant, show

SOURCE = "measured by mbcost on this device"


@dataclass(frozen=True)
class TimedNetwork:
    """The runs of one network."""

    entry: MeasuredNetwork
    """The network as it was planned."""
    minimum: float
    """The shortest of all runs, in milliseconds."""
    median: float
    """The median of all runs, in milliseconds."""
    runs: int
    drift: float
    """How much the minimum of the second half of the rounds differs from that of the first, as a share of it."""

    @property
    def label(self) -> str:
        """The reference and the settings of the network, as a device file writes them."""
        return self.entry.label

    @property
    def spread(self) -> float:
        """How much longer the median is than the minimum, as a share of the minimum."""
        return self.median / self.minimum - 1


@dataclass(frozen=True)
class Timings:
    """The latency of networks that were measured together, in interleaved rounds."""

    device: str
    """The model of the processor."""
    runtime: str
    """The runtime with its version."""
    dtype: str
    threads: int
    statistic: str
    networks: tuple[TimedNetwork, ...]
    rounds: int
    """How often every network was measured."""
    seconds: float
    """How long the rounds took."""
    interrupted: bool = False
    """Whether the user ended the measurement before its time was over."""
    disturbances: tuple[str, ...] = ()
    """What can have disturbed the measurement, a sentence each."""

    def __repr__(self) -> str:
        return show(self, f"{count(self.networks, 'network')} on {self.device}, {self.runtime}, {self.rounds} rounds")

    def as_device(self, name: str) -> MeasuredDevice:
        """Return the device called `name` whose measurements are the minima, to five digits."""
        measured = tuple(
            replace(timed.entry, milliseconds=round_significant(timed.minimum, 5), position="")
            for timed in self.networks
        )
        return MeasuredDevice(
            name, self.device, self.runtime, self.dtype, str(self.threads),
            statistic=self.statistic, source=SOURCE, measured=measured,
        )  # fmt: skip


@dataclass(frozen=True)
class TimingProgress:
    """How far a measurement has come."""

    step: str
    """What it does now, such as `building v2@1/224` or `round 12`."""
    share: float
    """How much of the time, or of the networks, is done, from 0 to 1."""
    rounds: int = 0
    """How many rounds are complete; 0 while the networks are built."""
