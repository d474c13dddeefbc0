"""All that the measurements of a device say, for its page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.device.roofline import Roofline, choose_machine, compute_roofline
from mbcost.questions.latency.advice import Advice, advise
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.work import KINDS
from mbcost.spec.catalogue.devices import Device, load_devices
from mbcost.spec.device import MeasuredDevice
from mbcost.spec.dtype import DTYPES, MEANINGS, Dtype
from mbcost.spec.shown import show

COMPUTED, MOVED, COUNTED = "multiply-adds", "bytes", "layers"
"""What a rate counts."""
UNITS: Mapping[str, str] = {
    "dense": COMPUTED, "depthwise": COMPUTED, "depthwise outputs": MOVED, "maps": MOVED, "weights": MOVED,
    "vector weights": MOVED, "fully connected weights": MOVED, "layers": COUNTED, "vector layers": COUNTED,
    "smooth activations": MOVED, "separate layers": COUNTED, "separate elements": MOVED,
}  # fmt: skip
"""A kind of work -> what its rate counts per second; elements become bytes by the device's dtype."""
TOGETHER = ("depthwise", "depthwise outputs", "maps")
"""Kinds of work that grow together in all of these networks, so that only their sum is determined."""


@dataclass(frozen=True)
class Rate:
    """How fast one kind of work was, if it took time."""

    kind: str
    unit: str
    """What it counts: `multiply-adds`, `bytes` or `layers`; `elements` if the dtype is unknown."""
    per_second: float
    peak: int | None
    """The highest rate of the data sheet, if the device has one that states it."""

    @property
    def meaning(self) -> str:
        """What the kind of work is."""
        return KINDS[self.kind]

    @property
    def is_determined(self) -> bool:
        """Whether the measurements determine the rate alone."""
        return self.kind not in TOGETHER


@dataclass(frozen=True)
class Page:
    """A calibrated device with what follows from it."""

    calibration: Calibration
    rates: tuple[Rate, ...]
    bounds: tuple[float | None, ...] = field(repr=False)
    """The lower bound of each measured network's time by the data sheet, in milliseconds; None if it is unknown."""
    advice: Advice | None
    """What further measurements would bring; None if there are no others, or nobody asked."""

    @property
    def device(self) -> MeasuredDevice:
        """The device as its file describes it."""
        return self.calibration.device

    def __repr__(self) -> str:
        return show(self, repr(self.calibration))


def make_page(calibration: Calibration, candidates: Sequence[Network] = ()) -> Page:
    """Return all that a calibration says.

    Args:
        calibration: the device.
        candidates: networks of which the next ones to measure are chosen; without any, none are.
    """
    device = calibration.device
    dtype, sheet = read_dtype(device.dtype), load_devices().get(device.sheet)
    rates = tuple(
        _make_rate(kind, rate, dtype, sheet) for kind, rate in zip(KINDS, calibration.rates, strict=True) if rate > 0
    )
    bounds = tuple(bound_latency(device, network) for network in calibration.sample.networks)
    return Page(calibration, rates, bounds, advise(calibration, candidates) if candidates else None)


def read_dtype(text: str) -> Dtype | None:
    """Return the number format that a device file names first; None if it names none.

    >>> read_dtype("uint8").name, read_dtype("float32 (fp16 storage)").name, read_dtype("")
    ('int8', 'float32', None)
    """
    words = re.findall(r"[a-z]+[0-9]+", text.lower())
    names = [MEANINGS.get(word, word) for word in words]
    return next((DTYPES[name] for name in names if name in DTYPES), None)


def bound_latency(device: MeasuredDevice, network: Network) -> float | None:
    """Return the lower bound of a network's time by the data sheet of a device, in milliseconds; None if it is unknown.

    Weights are read once per batch, everything else once per image.
    """
    dtype = read_dtype(device.dtype)
    if dtype is None or not device.sheet:
        return None
    with suppress(MbcostError):  # no source states the peak in this dtype
        machine, _ = choose_machine(device.sheet, dtype.name, None, None)
        return _bound_batch(compute_roofline(network, machine, dtype), device.batch)
    return None


def _bound_batch(roofline: Roofline, batch: int) -> float:
    machine, seconds = roofline.machine, Fraction(0)
    for layer in roofline.layers:
        work = layer.work
        moved = work.weight_bytes + batch * (work.input_bytes + work.output_bytes)
        seconds += max(batch * work.mult_adds / machine.peak, moved / machine.bandwidth)
    return float(1000 * seconds)


def _make_rate(kind: str, rate: float, dtype: Dtype | None, sheet: Device | None) -> Rate:
    """Return a rate per second.

    Args:
        kind: the kind of work.
        rate: milliseconds per unit of work.
        dtype: the bytes of an element.
        sheet: the highest rates of the device.
    """
    unit, per_second = UNITS[kind], 1000 / rate
    if unit == MOVED and dtype is None:
        return Rate(kind, "elements", per_second, None)
    if unit == MOVED and dtype is not None:
        return Rate(kind, unit, per_second * dtype.value, None if sheet is None else sheet.bandwidth)
    is_known = unit == COMPUTED and sheet is not None and dtype is not None
    return Rate(kind, unit, per_second, sheet.peak.get(dtype.name) if is_known and sheet and dtype else None)
