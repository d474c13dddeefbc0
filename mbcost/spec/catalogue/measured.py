"""The devices that come with mbcost as their measurements, `specs/devices/`, and those in files of users."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mbcost.errors import STANDARD_INPUT, MbcostError, choose
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.catalogue.library import has_folder, is_file, is_folder, specs_folder
from mbcost.spec.device import MeasuredDevice, Profile
from mbcost.spec.reading.device import parse_device, parse_profile
from mbcost.spec.reading.text import read_file, read_standard_input

YAML_ENDINGS = (".yaml", ".yml")
"""How the names of device files end."""
TABLE_ENDINGS = (".csv", ".tsv")
"""How the names of tables of measurements end."""
_ENDINGS = (*YAML_ENDINGS, *TABLE_ENDINGS, ".txt", ".log")


def list_devices() -> tuple[str, ...]:
    """Return the names of the built-in devices in alphabetical order. No file is read."""
    return tuple(sorted(path.stem for path in (specs_folder() / "devices").glob("*.yaml")))


def list_profiles() -> tuple[str, ...]:
    """Return the names of the built-in profiles in alphabetical order. No file is read."""
    return tuple(sorted(path.stem for path in (specs_folder() / "devices" / "profiles").glob("*.yaml")))


def load_measured_device(name: str | os.PathLike[str]) -> MeasuredDevice:
    """Return a built-in device by its name, a device in a file by its path, or one on standard input, `-`.

    A file is a device file in YAML, a table with the header `network,ms`, or the output of benchncnn. Whether its
    networks exist is not checked.

    Raises:
        MbcostError: no device has this name, or the file cannot be read.
        SpecError: the file is not valid; with every problem in it.

    >>> load_measured_device("pixel2-tflite").device
    'Pixel 2, one large core'
    """
    name = os.fspath(name)
    if name == "-":
        return _parse(read_standard_input(), STANDARD_INPUT, "stdin")
    if _is_path(name):
        return _parse(read_file(Path(name)), name, Path(name).stem)
    names = list_devices()
    if name not in names and name in load_devices():
        raise MbcostError(
            f"the device '{name}' has only a data sheet, not measured latencies: "
            "name a device of mbcost devices, or a file of your measurements"
        )
    if name not in names and name in list_profiles():
        raise MbcostError(
            f"'{name}' is the profile of a runtime, not a device: name a file of your measurements as the device, and "
            f"scale the profile with mbcost latency --like {name}"
        )
    return _load_built_in(_choose("device", name, names))


def load_profiles() -> Mapping[str, Profile]:
    """Return the built-in profiles by name.

    >>> [network.network for network in load_profiles()["paddle-lite-armv8-float32"].networks]
    ['v1/224', 'v2/224', 'v3-large/224', 'v3-small/224', 'resnet-50/224']
    """
    return {name: _load_profile(name) for name in list_profiles()}


def load_profile(name: str) -> Profile:
    """Return the built-in profile called `name`.

    Raises:
        MbcostError: no profile has this name.
    """
    names = list_profiles()
    if name not in names and name in list_devices():
        raise MbcostError(
            f"'{name}' is a device, not the profile of a runtime: name one that mbcost devices --profiles lists"
        )
    return _load_profile(_choose("profile", name, names))


def device_path(name: str) -> Path:
    """Return the file of the built-in device called `name`."""
    return specs_folder() / "devices" / f"{name}.yaml"


@cache
def _load_built_in(name: str) -> MeasuredDevice:
    path = device_path(name)
    return parse_device(read_file(path), str(path), name, load_devices)


@cache
def _load_profile(name: str) -> Profile:
    path = specs_folder() / "devices" / "profiles" / f"{name}.yaml"
    return parse_profile(read_file(path), str(path), name)


def _parse(text: str, origin: str, name: str) -> MeasuredDevice:
    """Return the device in a text: YAML, a table, or the output of benchncnn, which the ending of the file tells.

    If it has none of these endings, the text itself tells.
    """
    ending = Path(origin).suffix.lower()
    if ending in YAML_ENDINGS:
        return parse_device(text, origin, name, load_devices)
    from mbcost.spec.reading.measurements import is_table, parse_measurements

    if ending in TABLE_ENDINGS or is_table(text):
        return parse_measurements(text, origin, name)
    from mbcost.spec.reading.runs import EXPECTED, is_benchncnn, is_run_log, parse_benchncnn

    if is_benchncnn(text):
        return parse_benchncnn(text, origin, name)
    if is_run_log(text):
        raise MbcostError(f"{origin}: this is the log of one run: write which network it ran, as v2@0.75/160={origin}")
    if ending == ".log":
        raise MbcostError(f"{origin}: no latency was read: expected {EXPECTED}")
    return parse_device(text, origin, name, load_devices)


def _is_path(name: str) -> bool:
    """Return whether a name means a file, existing or not, and not a built-in device."""
    if name in list_devices():
        return False
    return (
        name.lower().endswith(_ENDINGS) or has_folder(name) or name.startswith(".") or is_file(name) or is_folder(name)
    )


def _choose(kind: str, name: str, names: tuple[str, ...]) -> str:
    """Return the name that a user means; capitals, hyphens, underscores and blanks make no difference."""
    small = name.lower().replace("_", "-").replace(" ", "-")
    return small if small in names else choose(kind, name, names, _list_parts(names))


def _list_parts(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the names that contain a word, which is what people type if they know only the device or the runtime."""
    words = {word for name in names for word in name.split("-")}
    return {word: tuple(name for name in names if word in name.split("-")) for word in words}
