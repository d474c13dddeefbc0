"""Writes mbcost/questions/latency/priors.yaml: how the time divides into kinds of work on the built-in devices.

Only devices that run layers one after the other on one or a few cores count: on graphics processors and with compiled
graphs, other things take the time. The shares are those of a fit under a weak prior that is the same for all, without
lanes.
"""

from __future__ import annotations

import numpy as np

from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.priors import PATH, Prior
from mbcost.questions.latency.rates import Sample, Structure, fit_rates
from mbcost.questions.latency.work import KINDS
from mbcost.spec.catalogue.measured import load_measured_device

DEVICES = (
    "pixel1-tflite", "pixel2-tflite", "pixel2-tflite-uint8", "pixel2-tensorflow", "pixel3-tflite-4t", "sd855-paddle-1t",
    "sd855-paddle-2t", "stm32h747-cubeai", "epyc-onnxruntime",
)  # fmt: skip
START = {"dense": 0.4, "depthwise": 0.1, "maps": 0.2, "weights": 0.1, "layers": 0.1}
"""Where the fit starts if nothing is known; the strength says how little that counts."""
STRENGTH = 0.01


def compute_shares(name: str) -> tuple[str, list[float]]:
    """Return the title of a built-in device, and the share of each kind of work in the mean time of its networks."""
    resolved = resolve_measured(load_measured_device(name))
    networks = tuple(network for _, network in resolved.measured)
    milliseconds = np.array([row.milliseconds for row, _ in resolved.measured], dtype=np.float64)
    prior = Prior(tuple(START.get(kind, 0.0) for kind in KINDS), (STRENGTH,) * len(KINDS))
    work = Sample(networks, milliseconds, prior, lanes=1, unfused=True).relative_work(Structure(1, unfused=True))
    rates = fit_rates(work, np.ones((1, len(networks)), dtype=bool), prior)[0]
    return resolved.device.device, [round(float(share), 4) for share in (rates * work).mean(axis=0)]


def render() -> str:
    """Return the text of the file."""
    lines = ["# Written by tools/priors.py from the built-in devices. The share of the time per kind of work:"]
    lines += [f"# {', '.join(KINDS)}"]
    for name in DEVICES:
        device, shares = compute_shares(name)
        lines.append(f'{name}: {{device: "{device}", shares: [{", ".join(map(str, shares))}]}}')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
