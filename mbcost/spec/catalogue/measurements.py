"""Measurements in files as users name them: a device file, a table, or logs of tools, `v2@0.5/160=run.log`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mbcost.errors import STANDARD_INPUT, MbcostError
from mbcost.spec.catalogue.library import is_file
from mbcost.spec.catalogue.measured import load_measured_device
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.reading.label import parse_label
from mbcost.spec.reading.runs import Run, read_run_log
from mbcost.spec.reading.text import read_file, read_standard_input

UNNAMED = "my device"
"""The name of a device that consists of logs."""


def load_measurements(files: Sequence[str], description: Mapping[str, Any] = MappingProxyType({})) -> MeasuredDevice:
    """Return the device in one file, or in several logs of one network each.

    Args:
        files: the path of a device file, of a table or of the output of benchncnn, or `-`; or logs, each as
            `NETWORK=FILE`.
        description: fields of the device, such as `dtype`, that replace what the file says.

    Raises:
        MbcostError: files of both kinds are given, or several devices, or a file cannot be read.
        SpecError: a file is not valid; with every problem in it.
    """
    if bare := next((file for file in files if file.endswith("=") and not is_file(file)), None):
        raise MbcostError(f"{bare} does not name a log: write its file after the sign, such as {bare}run.log")
    logs = [split for file in files if (split := split_log(file)) is not None]
    if logs and len(logs) < len(files):
        other = next(file for file in files if split_log(file) is None)
        raise MbcostError(
            f"{other} is not a log of one network, but other files are: write NETWORK={other}, or remove it"
        )
    if not logs and len(files) > 1:
        raise MbcostError(
            f"{files[0]} and {files[1]} are two devices: calibrate them one after the other; logs are written as "
            f"NETWORK=FILE, such as v2@0.75/160={files[1]}"
        )
    device = _join_logs(logs) if logs else load_measured_device(files[0])
    return replace(device, **description)


def split_log(text: str) -> tuple[MeasuredNetwork, str] | None:
    """Return the network and the file of `NETWORK=FILE`; None if the text is something else, such as a file.

    Both can have the sign in them: the first sign counts that is before a file that exists, or else the first one.

    >>> split_log("v2, classes=5=run=1.log")[1], split_log("mine.yaml")
    ('run=1.log', None)
    """
    if os.path.exists(text):  # noqa: PTH110  # a Path refuses a name with a zero
        return None
    splits = []
    for end, character in enumerate(text):
        if character == "=" and text[end + 1 :]:
            with suppress(MbcostError):  # not a network
                splits.append((parse_label(text[:end]), text[end + 1 :]))
    return next((split for split in splits if is_file(split[1])), splits[0] if splits else None)


def _join_logs(logs: Sequence[tuple[MeasuredNetwork, str]]) -> MeasuredDevice:
    """Return the device that consists of logs; they have to be of one tool."""
    if sum(file == "-" for _, file in logs) > 1:
        raise MbcostError("standard input is one log: write the others to files")
    runs = [(network, file, _read_log(file)) for network, file in logs]
    tools = list(dict.fromkeys(run.tool for _, _, run in runs))
    if len(tools) > 1:
        raise MbcostError(f"the logs are of different tools, {' and '.join(tools)}: calibrate each tool alone")
    measured = tuple(replace(network, milliseconds=run.milliseconds) for network, _, run in runs)
    return MeasuredDevice(UNNAMED, UNNAMED, tools[0], statistic=runs[0][2].statistic, measured=measured)


def _read_log(file: str) -> Run:
    if file == "-":
        return read_run_log(read_standard_input(), STANDARD_INPUT)
    return read_run_log(read_file(Path(file)), file)
