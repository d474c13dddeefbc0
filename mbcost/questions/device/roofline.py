"""What limits the time of each layer, arithmetic or memory, and what is a lower bound of this time?

The roofline model: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
architectures", CACM 52(4), 2009. A layer takes at least as long as its multiply-adds at the machine's peak, and at
least as long as its bytes at the machine's bandwidth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mbcost.analytic.layers import Add, BatchNorm, Conv2d, Leading, Multiply, WindowPool
from mbcost.analytic.network import Network, Step
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.devices import load_device
from mbcost.spec.dtype import Dtype, dtype_of
from mbcost.spec.shown import show


@dataclass(frozen=True)
class Machine:
    """The limits of a machine: multiply-adds per second and bytes per second."""

    title: str
    peak: Fraction
    bandwidth: Fraction
    source: str = ""

    @property
    def balance(self) -> Fraction:
        """The multiply-adds per byte moved from which on arithmetic is the limit, and not memory."""
        return self.peak / self.bandwidth


@dataclass(frozen=True)
class TimedWork:
    """Multiply-adds, bytes moved and a lower bound of the time, of one layer or of several together."""

    mult_adds: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int
    seconds: Fraction
    """A lower bound: no machine with this peak and bandwidth that runs one layer after the other is faster."""

    @property
    def bytes(self) -> int:
        """The bytes read and written."""
        return self.weight_bytes + self.input_bytes + self.output_bytes

    @property
    def intensity(self) -> Fraction:
        """The multiply-adds per byte moved."""
        return Fraction(self.mult_adds, self.bytes)


@dataclass(frozen=True)
class RooflineLayer:
    """One row of a cost table on the machine."""

    name: str
    kind: str
    """The kind of the layer, as `name_kind` returns it."""
    work: TimedWork
    bound: str
    """`compute` if its arithmetic takes at least as long as its transfers, else `memory`."""


@dataclass(frozen=True)
class KindOfWork:
    """All layers of one kind together."""

    kind: str
    layers: int
    memory_bound: int
    """The number of these layers that are bound by memory."""
    work: TimedWork


@dataclass(frozen=True)
class Roofline:
    """Every layer of a network on a machine."""

    network: Network
    dtype: Dtype
    machine: Machine
    layers: tuple[RooflineLayer, ...]

    @property
    def total(self) -> TimedWork:
        """The sum of the layers; its time is the sum of the lower bounds."""
        return _sum_work([layer.work for layer in self.layers])

    @property
    def kinds(self) -> tuple[KindOfWork, ...]:
        """The layers by their kind; the kind that takes longest comes first."""
        kinds = []
        for kind in dict.fromkeys(layer.kind for layer in self.layers):
            layers = [layer for layer in self.layers if layer.kind == kind]
            memory_bound = sum(layer.bound == "memory" for layer in layers)
            kinds.append(KindOfWork(kind, len(layers), memory_bound, _sum_work([layer.work for layer in layers])))
        return tuple(sorted(kinds, key=lambda kind: -kind.work.seconds))

    def __repr__(self) -> str:
        bound = sum(layer.bound == "memory" for layer in self.layers)
        time = f"at least {float(self.total.seconds) * 1000:.4g} ms"
        return show(
            self,
            f"{self.network.label} on {self.machine.title}: {time}, memory limits {bound} of {len(self.layers)} layers",
        )


def choose_machine(
    device: str | None, dtype: str | None, peak: Fraction | None, bandwidth: Fraction | None
) -> tuple[Machine, Dtype]:
    """Return the device of this name, or the machine with the rates that are given instead, and the dtype.

    Args:
        device: the name of a device.
        dtype: a name in `DTYPES`; by default the device's first, or float32.
        peak: multiply-adds per second.
        bandwidth: bytes per second.

    Raises:
        MbcostError: a name is unknown, a rate is missing, both a device and a rate are given, or no source states the
            device's peak in the dtype.
    """
    known = None if device is None else load_device(device)
    number_format = dtype_of(dtype or (next(iter(known.peak)) if known else "float32"))
    if known is None:
        if peak is None or bandwidth is None:
            missing = "peak-macs" if peak is None else "bandwidth"
            raise MbcostError(
                f"{missing} is missing: give both peak-macs and bandwidth, or a device such as jetson-nano"
            )
        return Machine("the machine", peak, bandwidth), number_format
    if peak is not None or bandwidth is not None:
        raise MbcostError("a device and a rate are both given: remove the rate, because the device states both rates")
    if number_format.name not in known.peak:
        raise MbcostError(
            f"the peak of {known.name} in {number_format.name} is not known: use {' or '.join(known.peak)}"
        )
    source = f"{known.source}; {known.how}"
    return Machine(
        known.title, Fraction(known.peak[number_format.name]), Fraction(known.bandwidth), source
    ), number_format


def compute_roofline(network: Network, machine: Machine, dtype: Dtype) -> Roofline:
    """Return the bytes and multiply-adds of every layer, and a lower bound of the time that they take on `machine`.

    Norm and activation are computed together with the layer that they follow, so they move no bytes. The layers run one
    after the other, and every tensor goes through memory.
    """
    return Roofline(network, dtype, machine, tuple(_bound_layer(step, machine, dtype) for step in network.steps))


def _bound_layer(step: Step, machine: Machine, dtype: Dtype) -> RooflineLayer:
    mult_adds = step.tally.conv_macs + step.tally.linear_macs
    weights = count_weight_bytes(step, dtype)
    read, written = count_elements_read(step.lead) * dtype.value, step.output.elements * dtype.value
    compute, transfer = mult_adds / machine.peak, (weights + read + written) / machine.bandwidth
    work = TimedWork(mult_adds, weights, read, written, max(compute, transfer))
    return RooflineLayer(step.name, name_kind(step.lead), work, "compute" if compute >= transfer else "memory")


def count_weight_bytes(step: Step, dtype: Dtype) -> int:
    """Return the bytes of weights and biases for inference: a norm is folded into weights and one bias per channel."""
    has_bias = step.tally.biases > 0 or any(isinstance(layer, BatchNorm) for layer in step.layers)
    biases = step.lead.output.channels if has_bias else 0
    return step.tally.weights * dtype.value + biases * dtype.bias


@dataclass(frozen=True)
class Reading:
    """Which elements of its maps a layer reads, as numbers: the positions are those of `count_positions_read`."""

    maps: int = 1
    """How many maps of the size of the input it reads."""
    values: int = 0
    """How many values per channel it reads beside the maps."""
    height: int | None = None
    """The rows of the input that one row of the output needs, if others are skipped; None if every row is read."""
    width: int | None = None


def describe_reading(lead: Leading) -> Reading:
    """Return what a layer reads: the fewest elements that can be moved, each once.

    An addition reads two maps, a multiplication reads a map and one gate per channel. If a stride is larger than the
    window, as in a 1x1 convolution with stride 2, the positions between windows are not read.
    """
    if isinstance(lead, Add):
        return Reading(maps=2)
    if isinstance(lead, Multiply):
        return Reading(values=1)
    if isinstance(lead, Conv2d | WindowPool):
        height, width = (side if side < lead.stride else None for side in lead.window)
        return Reading(height=height, width=width)
    return Reading()


def count_positions_read(reading: Reading, before: tuple[int, int], after: tuple[int, int]) -> int:
    """Return the positions that a layer reads per channel.

    Args:
        reading: what the layer reads.
        before: height and width of its input.
        after: height and width of its output.
    """
    height, width = (
        side if window is None else min(side, outputs * window)
        for side, outputs, window in zip(before, after, (reading.height, reading.width), strict=True)
    )
    return reading.maps * height * width + reading.values


def count_elements_read(lead: Leading) -> int:
    """Return the elements of the maps that a layer reads, as `describe_reading` says."""
    before, after = lead.input, lead.output
    return before.channels * count_positions_read(
        describe_reading(lead), (before.height, before.width), (after.height, after.width)
    )


def name_kind(lead: Leading) -> str:
    """Return `pointwise` for a dense 1x1 convolution, else the layer's operator: `depthwise`, `conv`, `linear` …"""
    if isinstance(lead, Conv2d) and lead.kernel == (1, 1) and lead.groups == 1:
        return "pointwise"
    return lead.operator


def _sum_work(works: Sequence[TimedWork]) -> TimedWork:
    return TimedWork(
        sum(work.mult_adds for work in works),
        sum(work.weight_bytes for work in works),
        sum(work.input_bytes for work in works),
        sum(work.output_bytes for work in works),
        sum((work.seconds for work in works), Fraction(0)),
    )
