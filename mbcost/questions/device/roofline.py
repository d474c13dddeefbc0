"""What bounds the time of each layer, arithmetic or memory, and how short can it be at best?

The roofline model: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
architectures", CACM 52(4), 2009. A layer takes at least as long as its multiply-adds at the machine's peak, and at
least as long as its bytes at the machine's bandwidth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mbcost.analytic.layers import Add, BatchNorm, Conv2d, Leading, Linear, Multiply, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.spec.dtype import Dtype


@dataclass(frozen=True)
class Machine:
    """What bounds a computation: multiply-adds and bytes a second."""

    title: str
    peak: Fraction
    bandwidth: Fraction
    source: str = ""

    @property
    def balance(self) -> Fraction:
        """Multiply-adds for each byte moved from which on arithmetic, and not memory, is the limit."""
        return self.peak / self.bandwidth


@dataclass(frozen=True)
class Work:
    """Multiply-adds, bytes moved and a lower bound of the time, of one layer or of several together."""

    mult_adds: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int
    seconds: Fraction
    """A lower bound: no machine with this peak and bandwidth is faster, layer after layer."""

    @property
    def bytes(self) -> int:
        """What is read and written."""
        return self.weight_bytes + self.input_bytes + self.output_bytes

    @property
    def intensity(self) -> Fraction:
        """Multiply-adds for each byte moved."""
        return Fraction(self.mult_adds, self.bytes)


@dataclass(frozen=True)
class RooflineLayer:
    """One row of a cost table on the machine."""

    name: str
    kind: str
    """See `kind_of`."""
    work: Work
    bound: str
    """`compute` where its arithmetic takes at least as long as its transfers, else `memory`."""


@dataclass(frozen=True)
class KindOfWork:
    """All layers of one kind together."""

    kind: str
    layers: int
    memory_bound: int
    """How many of them are."""
    work: Work


@dataclass(frozen=True)
class Roofline:
    """Every layer of a network on a machine."""

    network: Network
    dtype: Dtype
    machine: Machine
    layers: tuple[RooflineLayer, ...]

    @property
    def total(self) -> Work:
        """The sum of the layers; its time is the sum of the lower bounds."""
        return _together(layer.work for layer in self.layers)

    @property
    def kinds(self) -> tuple[KindOfWork, ...]:
        """The layers by their kind, the one that takes longest first."""
        kinds = []
        for kind in dict.fromkeys(layer.kind for layer in self.layers):
            layers = [layer for layer in self.layers if layer.kind == kind]
            memory = sum(layer.bound == "memory" for layer in layers)
            kinds.append(KindOfWork(kind, len(layers), memory, _together(layer.work for layer in layers)))
        return tuple(sorted(kinds, key=lambda kind: -kind.work.seconds))


def compute_roofline(network: Network, machine: Machine, dtype: Dtype) -> Roofline:
    """Every layer's bytes, multiply-adds and the least time that they take on `machine`.

    Norm and activation are computed with the layer that they follow, so they move nothing. The layers run one after
    the other and every tensor goes through the memory.
    """
    return Roofline(network, dtype, machine, tuple(_layer(step, machine, dtype) for step in network.steps))


def _layer(step: Step, machine: Machine, dtype: Dtype) -> RooflineLayer:
    mult_adds = step.tally.conv_macs + step.tally.linear_macs
    weights = count_weight_bytes(step, dtype)
    read, written = count_elements_read(step.lead) * dtype.value, step.output.elements * dtype.value
    compute, transfer = mult_adds / machine.peak, (weights + read + written) / machine.bandwidth
    work = Work(mult_adds, weights, read, written, max(compute, transfer))
    return RooflineLayer(step.name, name_kind(step.lead), work, "compute" if compute >= transfer else "memory")


def count_weight_bytes(step: Step, dtype: Dtype) -> int:
    """Bytes of weights and biases, a norm folded into the weights and one bias a channel, as for inference."""
    biased = step.tally.biases > 0 or any(isinstance(layer, BatchNorm) for layer in step.layers)
    biases = step.lead.output.channels if biased else 0
    return step.tally.weights * dtype.value + biases * dtype.bias


def count_elements_read(lead: Leading) -> int:
    """Elements of the maps that a layer reads, each once: the least that can be moved.

    An addition reads two maps, a multiplication a map and one gate a channel. Where a stride is larger than the window,
    as in a 1x1 convolution with stride 2, the positions between windows are not read.
    """
    if isinstance(lead, Add):
        return 2 * lead.input.elements
    if isinstance(lead, Multiply):
        return lead.input.elements + lead.input.channels
    if isinstance(lead, Conv2d | WindowPool):
        (high, wide), given = lead.window, lead.output
        height = min(lead.input.height, given.height * high) if high < lead.stride else lead.input.height
        width = min(lead.input.width, given.width * wide) if wide < lead.stride else lead.input.width
        return lead.input.channels * height * width
    return lead.input.elements


def name_kind(lead: Leading) -> str:
    """`pointwise` for a dense 1x1 convolution, else the layer's operator: `depthwise`, `conv`, `linear`, `pool`, …"""
    if isinstance(lead, Conv2d) and lead.kernel == (1, 1) and lead.groups == 1:
        return "pointwise"
    return "linear" if isinstance(lead, Linear) else lead.operator


def _together(works: Iterable[Work]) -> Work:
    every = list(works)
    return Work(
        sum(work.mult_adds for work in every),
        sum(work.weight_bytes for work in every),
        sum(work.input_bytes for work in every),
        sum(work.output_bytes for work in every),
        sum((work.seconds for work in every), Fraction(0)),
    )
