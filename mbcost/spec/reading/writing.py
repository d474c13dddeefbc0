"""`MeasuredDevice` → the YAML text of its device file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

import yaml

from mbcost.spec.device import MeasuredDevice
from mbcost.spec.reading.device import KEYS


def write_device(device: MeasuredDevice) -> str:
    """Return the text of a device file; reading it back gives the same device. Planned networks have the value `~`.

    >>> from mbcost.spec.device import MeasuredNetwork
    >>> print(write_device(MeasuredDevice("mine", "Pixel 2", measured=(MeasuredNetwork("v2", 6.5),))), end="")
    device: Pixel 2
    measured:
      v2: 6.5
    """
    return "".join(f"{line}\n" for line in _write_lines(device))


def _write_lines(device: MeasuredDevice) -> Iterator[str]:
    default = MeasuredDevice(name=device.name, device="")
    for key in KEYS[:-1]:
        value = getattr(device, key)
        if value != getattr(default, key):
            yield f"{key}: {_write_value(value)}"
    yield "measured:" if device.measured else "measured: {}"
    for label, networks in groupby(device.measured, key=attrgetter("label")):
        times = [_write_value(network.milliseconds) for network in networks]
        value = times[0] if len(times) == 1 else f"[{', '.join(times)}]"
        yield f"  {_write_key(label)}: {value}"


def _write_key(label: str) -> str:
    text = _write_value(label)
    return text if len(text) <= 120 else f"? {text}\n "  # YAML reads at most 128 characters before the colon


def _write_value(value: str | float | bool | None) -> str:
    """Return a value on one line."""
    if value is None:
        return "~"
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return value  # the reader takes numbers as text, too
    style = '"' if isinstance(value, str) and not value.isprintable() else None
    text: str = yaml.safe_dump(value, allow_unicode=True, width=float("inf"), default_style=style)
    return text.removesuffix("...\n").rstrip("\n")
