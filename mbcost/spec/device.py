"""A device as its measurements: the latency of some networks, and under what conditions it was measured."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.spec.shown import count, show

LANES = (1, 16, 32, 64)
"""The numbers of channels that a device can compute together, so that others are rounded up to a multiple."""


@dataclass(frozen=True)
class MeasuredNetwork:
    """The latency of one network for one input, or of its whole batch if the device states one."""

    network: str
    """The reference as it is written, such as `v2@0.75/160`."""
    milliseconds: float | None
    """None if the network is only planned and not yet measured."""
    classes: int | None = None
    in_channels: int | None = None
    position: str = ""
    """Where it stands, as `file:line:column` for messages; empty if it does not come from a file."""
    head: str | None = None
    """A head instead of the table's own, such as `512,bn,26`."""
    top: bool = True
    """Whether the network has the global pool and what follows it."""

    @property
    def label(self) -> str:
        """The reference and the settings as a device file writes them, such as `v2@0.35, classes 5`."""
        settings = (
            "" if self.head is None else f"head {self.head}",
            "" if self.classes is None else f"classes {self.classes}",
            "" if self.in_channels is None else f"in_channels {self.in_channels}",
            "" if self.top else "no top",
        )
        return ", ".join((self.network, *filter(None, settings)))


@dataclass(frozen=True)
class MeasuredDevice:
    """A device, a runtime and its settings, with the networks that were measured under exactly these."""

    name: str
    """The stem of the file, which is what users type."""
    device: str
    runtime: str = ""
    """The runtime with its version."""
    dtype: str = ""
    threads: str = ""
    """The number of threads, or what runs the network instead, such as `gpu`."""
    batch: int = 1
    """The inputs that are computed together; the latencies are those of the whole batch."""
    statistic: str = ""
    """What each latency is of all runs, such as `mean` or `minimum`."""
    source: str = ""
    note: str = ""
    sheet: str = ""
    """The name of the device in `specs/devices.yaml`, which has the peaks of its data sheet; empty if it is unknown."""
    lanes: int | None = None
    """The number of channels that are computed together, if it is stated; else it is found from the latencies."""
    unfused: bool | None = None
    """Whether norms and activations are separate passes over their map, if it is stated."""
    measured: tuple[MeasuredNetwork, ...] = ()
    origin: str = ""
    """The file, for messages."""

    def __repr__(self) -> str:
        return show(self, f"{self.name}: {len(self.measured)} networks on {self.device}, {self.runtime}")


@dataclass(frozen=True)
class Profile:
    """One runtime on many devices, each with the same few networks: what devices of this runtime have in common."""

    name: str
    """The stem of the file, which is what users type."""
    title: str
    runtime: str
    dtype: str
    threads: str
    networks: tuple[MeasuredNetwork, ...]
    """The columns of the table, without latencies."""
    devices: tuple[MeasuredDevice, ...]
    """The rows of the table; a network that a device did not run is missing there."""
    statistic: str = ""
    source: str = ""
    note: str = ""
    origin: str = ""
    """The file, for messages."""

    def __repr__(self) -> str:
        return show(self, f"{self.name}: {count(self.networks, 'network')} on {count(self.devices, 'device')}")
