"""Reads a network with its settings as device files and tables of latencies write it: `v2@0.35/224, classes 5`."""

from __future__ import annotations

import re

from mbcost.errors import MbcostError, suggestion
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.implementation import EXACT

_SETTINGS = ("classes", "in_channels", "head", "no top")
_SEPARATOR = re.compile(r",\s+|,(?=(?:classes|in_channels|head|no top)\b)")
_FILE = re.compile(r"\.ya?ml\b")
_LONGEST_WHOLE = 16
"""The digits of the largest whole number that is exact."""


def parse_label(text: str, milliseconds: float | None = None, position: str = "") -> MeasuredNetwork:
    """Read a reference and the settings after it, each after a comma. Whether the network exists is not checked.

    Raises:
        MbcostError: the text is blank, or a setting is unknown, is given twice or does not have its value.

    >>> parse_label("v1@0.25/96, classes 5, in_channels 1")
    MeasuredNetwork(network='v1@0.25/96', milliseconds=None, classes=5, in_channels=1, position='', head=None, top=True)
    """
    reference, *parts = _split(text.strip())
    if not reference:
        raise MbcostError("the network is missing: write for example v2@0.75/160")
    values: dict[str, str] = {}
    for part in parts:
        name, value = _read_setting(part)
        if name in values:
            raise MbcostError(f"the setting '{name}' is given twice: remove one")
        values[name] = value
    return MeasuredNetwork(
        network=reference,
        milliseconds=milliseconds,
        classes=int(values["classes"]) if "classes" in values else None,
        in_channels=int(values["in_channels"]) if "in_channels" in values else None,
        position=position,
        head=values.get("head"),
        top="no top" not in values,
    )


def _split(text: str) -> list[str]:
    """Return the reference and its settings; a comma in the name of a YAML file does not end the reference."""
    parts = [part.strip() for part in _SEPARATOR.split(text)]
    files = [index for index, part in enumerate(parts) if _FILE.search(part)]
    if not files:
        return parts
    separators = list(_SEPARATOR.finditer(text))
    end = separators[files[-1]].start() if files[-1] < len(separators) else len(text)
    return [text[:end].strip(), *parts[files[-1] + 1 :]]


def _read_setting(part: str) -> tuple[str, str]:
    """Return the name of a setting and its value, which is empty for `no top`."""
    if part == "no top":
        return part, ""
    match = re.fullmatch(r"([^\s=:]+)(?:\s*[=:]\s*|\s+)(.+)", part)
    name, value = match.groups() if match else (part, "")
    if name not in _SETTINGS:
        raise MbcostError(f"unknown setting '{name}': {suggestion(name, _SETTINGS)}")
    if name == "head":
        if not value:
            raise MbcostError("the setting 'head' does not have a value: write for example head 512,bn,26")
        return name, value
    return name, str(read_count(name, value))


def read_count(name: str, text: str) -> int:
    """Read a setting that is a whole number of at least 1.

    Raises:
        MbcostError: the text is something else.
    """
    if re.fullmatch(rf"[0-9]{{1,{_LONGEST_WHOLE}}}", text) is None or not 1 <= int(text) <= EXACT:
        raise MbcostError(f"{name} is '{text}': it must be a whole number of at least 1, such as {name} 5")
    return int(text)
