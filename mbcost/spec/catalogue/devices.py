"""The highest rates at which devices compute and move data: `specs/devices.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mbcost.errors import MbcostError, choose
from mbcost.spec.catalogue.library import specs_folder
from mbcost.spec.dtype import DTYPES
from mbcost.spec.reading.nodes import Reader
from mbcost.spec.reading.text import read_file

_KEYS = ("title", "source", "how", "peak", "bandwidth")


@dataclass(frozen=True)
class Device:
    """A device as its maker describes it."""

    name: str
    title: str
    source: str
    how: str
    """How the numbers follow from the source, in words."""
    peak: Mapping[str, int]
    """Multiply-adds per second by dtype; commands use the first dtype by default."""
    bandwidth: int
    """Bytes per second between the memory that holds the tensors and the arithmetic units."""


@cache
def load_devices() -> Mapping[str, Device]:
    """Return the devices that come with mbcost, by name.

    Raises:
        SpecError: the file is not valid.

    >>> load_devices()["stm32h743"].bandwidth
    1920000000
    """
    path = specs_folder() / "devices.yaml"
    return parse_devices(read_file(path), str(path))


def load_device(name: str) -> Device:
    """Return the device called `name`.

    Raises:
        MbcostError: no device has this name.
    """
    devices = load_devices()
    if name not in devices and (specs_folder() / "devices" / f"{name}.yaml").is_file():
        raise MbcostError(
            f"the device '{name}' has measured latencies, but not a data sheet: mbcost latency --device {name} uses "
            f"them; devices with a data sheet are {', '.join(devices)}"
        )
    return devices[choose("device", name, devices)]


def parse_devices(text: str, origin: str) -> dict[str, Device]:
    """Return the devices in a text, by name.

    Raises:
        SpecError: with every problem in the text.
    """
    reader = Reader(text, origin)
    with reader.complete():
        devices = {}
        for name, record in reader.mapping(reader.root).items():
            values = reader.mapping(record, _KEYS)
            nodes = {key: reader.require(record, values, key) for key in _KEYS}
            peak = {dtype: reader.whole(node) for dtype, node in reader.mapping(nodes["peak"], DTYPES).items()}
            if not peak:
                reader.report(nodes["peak"], f"no peak is given: write the peak of at least one of {', '.join(DTYPES)}")
            devices[name] = Device(
                name=name,
                title=reader.text(nodes["title"]),
                source=reader.text(nodes["source"]),
                how=reader.text(nodes["how"]),
                peak=peak,
                bandwidth=reader.whole(nodes["bandwidth"]),
            )
    return devices
