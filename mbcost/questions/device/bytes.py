"""The answer to how many bytes a network needs: rows, peaks, flash and maps."""

from __future__ import annotations

from dataclasses import dataclass

from mbcost.analytic.memory.arena import ArenaOptions
from mbcost.analytic.memory.flash import Flash
from mbcost.analytic.network import Network
from mbcost.spec.shown import show


@dataclass(frozen=True)
class MemoryRow:
    """The bytes of one step."""

    name: str
    weights: int
    input: int
    """Bytes of the maps that it reads; a sum and a gated map read two."""
    output: int
    waiting: int
    """Bytes of the maps that a later step reads and this one does not."""
    live: tuple[int, ...]
    """Live bytes during the step under each allocator; for `arena` the end of the last live buffer."""


@dataclass(frozen=True)
class Peak:
    """The most bytes that are live at once under an allocator, and the first step at which they are."""

    allocator: str
    bytes: int
    name: str


@dataclass(frozen=True)
class LargestMap:
    """The largest feature map between blocks at one height and width."""

    height: int
    width: int
    channels: int
    bytes: int
    name: str
    """The step that makes it."""
    plain: bool
    """Whether that step is a plain convolution and not the end of a block."""


@dataclass(frozen=True)
class Memory:
    """The bytes of a network for one input."""

    network: Network
    weights_dtype: str
    activations_dtype: str
    options: ArenaOptions
    rows: tuple[MemoryRow, ...]
    peaks: tuple[Peak, ...]
    """One per allocator, in the order of the question."""
    flash: Flash
    maps: tuple[LargestMap, ...]
    """By size, largest first; if a plain convolution makes the largest map, the largest of a block follows."""

    def __repr__(self) -> str:
        peaks = "".join(f"{peak.allocator} {peak.bytes:,}, " for peak in self.peaks)
        dtypes = " and ".join(dict.fromkeys((self.weights_dtype, self.activations_dtype)))
        return show(self, f"{self.network.label} in {dtypes}: bytes at the peak {peaks}of flash {self.flash.total:,}")
