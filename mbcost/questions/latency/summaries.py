"""The built-in devices in one line each, with the errors that are left out; the lines are computed ahead.

Deriving all of them takes many seconds. The file states for every device from which texts its line was derived; the
line is derived anew if they have changed. A test checks that the lines are what is derived now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import Calibration, Findings, calibrate
from mbcost.questions.latency.errors import Errors, summarize_errors
from mbcost.questions.latency.measured import ResolvedDevice, resolve_measured
from mbcost.questions.latency.priors import PATH as PRIORS
from mbcost.questions.latency.rates import Structure
from mbcost.spec.catalogue.measured import device_path, list_devices, load_measured_device
from mbcost.spec.device import MeasuredDevice
from mbcost.spec.shown import round_significant, show

PATH = Path(__file__).with_name("summaries.json")
"""The lines that are computed ahead; `tools/pack_devices.py` writes them."""
DIGITS = 6
"""The significant digits of a number in the file: more would differ between processors."""
Track = Callable[[Iterable[str]], Iterable[str]]
"""Shows how far work on the devices is."""


@dataclass(frozen=True)
class Summary:
    """A device in one line."""

    name: str
    device: str
    runtime: str
    dtype: str
    threads: str
    batch: int
    mult_adds_alone: Errors
    findings: Findings

    @cached_property
    def left_out(self) -> Errors:
        """The errors for each network, predicted by the others; suspicious ones are counted."""
        return summarize_errors(self.findings.ratios)

    @property
    def points(self) -> int:
        """The number of networks that are measured."""
        return len(self.findings.suspicious)

    @property
    def suspicious(self) -> int:
        """How many of them do not agree with the others."""
        return sum(self.findings.suspicious)

    def __repr__(self) -> str:
        return show(self, f"{self.name}: {self.points} networks, {self.left_out.mean:.1%} mean error when left out")


def list_summaries(track: Track = lambda names: names) -> list[Summary]:
    """Return the built-in devices in alphabetical order.

    Args:
        track: is given the names of the devices that are derived, one after the other, because they have changed.
    """
    kept = {name: summary for name in list_devices() if (summary := find_summary(name)) is not None}
    missing = [name for name in list_devices() if name not in kept]
    derived = {name: summarize(calibrate_device(name)) for name in (track(missing) if missing else ())}
    return [(kept | derived)[name] for name in list_devices()]


def calibrate_device(name: str) -> Calibration:
    """Return the calibration of a device in the catalogue or in a file, or on standard input.

    Raises:
        MbcostError: it is unknown, or too few networks are measured.
        SpecError: its file is not valid, or has networks that do not exist.

    >>> calibrate_device("pixel2-tflite").left_out.mean < 0.04
    True
    """
    device = load_measured_device(name)
    summary = find_summary(device.name) if _is_built_in(device) else None
    return calibrate_resolved(resolve_measured(device), None if summary is None else summary.findings)


def calibrate_resolved(resolved: ResolvedDevice, kept: Findings | None = None) -> Calibration:
    """Return the calibration of a device; if too little is left, the error says which measurements are not used.

    Args:
        resolved: the device.
        kept: what was found out earlier from the same measurements.

    Raises:
        MbcostError: too few networks are measured.
    """
    try:
        return calibrate(resolved, kept)
    except MbcostError as error:
        raise MbcostError("; ".join((str(error), *resolved.unused))) from None


def summarize(calibration: Calibration) -> Summary:
    """Return a device in one line."""
    device = calibration.device
    return Summary(
        device.name, device.device, device.runtime, device.dtype, device.threads, device.batch,
        calibration.mult_adds_alone,
        Findings(calibration.structure, calibration.suspicious, calibration.ratios),
    )  # fmt: skip


def find_summary(name: str) -> Summary | None:
    """Return the line of a built-in device that was computed ahead; None if it has changed since."""
    record = _load().get(name)
    if record is None or record["hash"] != _hash_texts(name):
        return None
    findings = record["findings"]
    return Summary(
        name=name,
        device=record["device"],
        runtime=record["runtime"],
        dtype=record["dtype"],
        threads=record["threads"],
        batch=record["batch"],
        mult_adds_alone=Errors(**record["mult_adds_alone"]),
        findings=Findings(Structure(**findings["structure"]), tuple(findings["suspicious"]), tuple(findings["ratios"])),
    )


def write_summaries(names: Iterable[str]) -> str:
    """Return the text of the file, with all devices derived anew."""
    records = {}
    for name in names:
        values = asdict(summarize(calibrate(resolve_measured(load_measured_device(name)))))
        del values["name"]
        records[name] = {"hash": _hash_texts(name), **_round(values)}
    lines = (f"{json.dumps(name)}: {json.dumps(record, ensure_ascii=False)}" for name, record in records.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _is_built_in(device: MeasuredDevice) -> bool:
    return device.origin == str(device_path(device.name))


def _round(value: Any) -> Any:
    """Return a value with its floats rounded to `DIGITS`."""
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_round(item) for item in value]
    return round_significant(value, DIGITS) if isinstance(value, float) else value


@cache
def _load() -> dict[str, dict[str, Any]]:
    records: dict[str, dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.is_file() else {}
    return records


def _hash_texts(name: str) -> str:
    """Return the fingerprint of what a line is derived from: the device and what is expected of devices."""
    return sha256(b"\0".join(path.read_bytes() for path in (device_path(name), PRIORS))).hexdigest()[:16]
