"""What further measurements would bring to a calibrated device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mbcost.analytic.network import Network
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.design import make_design
from mbcost.questions.latency.priors import choose_prior


@dataclass(frozen=True)
class Advice:
    """The next networks to measure."""

    networks: tuple[Network, ...]
    """The most informative first."""
    error: float
    """The mean relative error that is expected for the candidates now."""
    error_after: float
    """The same after the networks are measured."""


def advise(calibration: Calibration, candidates: Sequence[Network], count: int = 2) -> Advice | None:
    """Return which networks to measure next; None if all candidates are measured.

    The left-out error is scaled by how much more, or less, the measured networks say of the candidates than of each
    other. It is an expectation, not a promise: it holds if the device follows the model as well as before.
    """
    device = calibration.device
    used = [
        network
        for network, suspicious in zip(calibration.sample.networks, calibration.suspicious, strict=True)
        if not suspicious
    ]
    remaining = [network for network in candidates if network not in used]
    if not remaining:
        return None
    design = make_design([*remaining, *used], choose_prior(device.device), device.batch)
    targets, known = range(len(remaining)), range(len(remaining), len(design.networks))
    chosen = design.choose(targets, count, known)
    now, after = (design.estimate_error(targets, rows) for rows in (known, [*known, *chosen]))
    among = design.estimate_error(known, known, left_out=True)
    error = calibration.left_out.mean
    return Advice(tuple(remaining[index] for index in chosen), error * now / among, error * after / among)
