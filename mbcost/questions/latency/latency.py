"""The latency of networks on one device: by its own measurements, or by the profile of a runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import LEAST_FOR_INTERVAL, Calibration
from mbcost.questions.latency.errors import Errors
from mbcost.questions.latency.estimate import Estimate, estimate_latency
from mbcost.questions.latency.family import name_family
from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.rates import select_kinds
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.latency.work import describe_network, measure_work
from mbcost.spec.catalogue.measured import load_measured_device, load_profile
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import show

if TYPE_CHECKING:
    from mbcost.questions.latency.profile import ScaledProfile


@dataclass(frozen=True, repr=False)
class Latency(Estimate):
    """The latency of one network for one run, with what a user compares it with."""

    nearest: MeasuredNetwork
    """The measured network whose estimated time divides most alike over the kinds of work."""
    error: float | None
    """The mean relative error of such estimates: for networks that were left out, or whole families of them if the
    family of this one was not measured; None if it is unknown, as outside of the measured range."""


@dataclass(frozen=True)
class Latencies:
    """The latencies of networks on one device."""

    device: MeasuredDevice
    estimates: tuple[Latency, ...]
    calibration: Calibration | None = field(repr=False)
    """None if a profile was scaled."""
    scaled: ScaledProfile | None = field(repr=False, default=None)

    @property
    def points(self) -> int:
        """The number of networks that were measured."""
        if self.calibration is not None:
            return len(self.calibration.sample)
        return 0 if self.scaled is None else len(self.scaled.resolved.measured)

    @cached_property
    def left_out(self) -> Errors | None:
        """The errors for each measured network, predicted by the others; None if a profile was scaled."""
        return None if self.calibration is None else self.calibration.left_out

    def __repr__(self) -> str:
        return show(self, ", ".join(f"{item.network.label} {item.milliseconds:.4g} ms" for item in self.estimates))


def predict_latencies(networks: Sequence[Network], device: str, like: str | None = None) -> Latencies:
    """Return the latencies of networks on a device.

    Args:
        networks: the networks. A file with exactly the layers of a built-in network is estimated as that network.
        device: the name of a built-in device, or a file of measurements.
        like: the name of a profile that one to seven measurements of the device scale.

    Raises:
        MbcostError: a name is unknown, a network is too large for an estimate, or the device has too few measurements,
            or too many for a profile.
        SpecError: the file is not valid.
    """
    known = [_find_known(network) for network in networks]
    if like is not None:
        answer = _scale(known, device, like)
    else:
        calibration = calibrate_device(device)
        estimates = tuple(_estimate(calibration, network) for network in known)
        answer = Latencies(calibration.device, estimates, calibration)
    estimates = tuple(replace(item, network=own) for item, own in zip(answer.estimates, networks, strict=True))
    return replace(answer, estimates=estimates)


def estimate_known(calibration: Calibration, network: Network) -> Latency:
    """Return the latency of a network; a file with exactly the layers of a built-in network is estimated as that one.

    Raises:
        MbcostError: the network is too large for an estimate.
    """
    return replace(_estimate(calibration, _find_known(network)), network=network)


def _find_known(network: Network) -> Network:
    """Return the built-in network that has exactly the layers of a file; any other network as it is."""
    if network.graph is None:
        return network
    from mbcost.questions.verify.twin import find_twin

    return find_twin(network).twin or network


def _estimate(calibration: Calibration, network: Network) -> Latency:
    estimate = estimate_latency(calibration, network)
    error = _choose_error(calibration, estimate)
    return Latency(**vars(estimate), nearest=find_nearest(calibration, network), error=error)


def _choose_error(calibration: Calibration, estimate: Estimate) -> float | None:
    """Return the mean error that such estimates have: of networks or of families that were left out, if it is known."""
    low, high = calibration.range
    if not low <= estimate.milliseconds <= high:
        return None
    if name_family(estimate.network) not in calibration.families:
        return calibration.left_out_family
    is_like = estimate.reason is None or calibration.margin is None
    return calibration.left_out.mean if is_like else None


def find_nearest(calibration: Calibration, network: Network) -> MeasuredNetwork:
    """Return the measured network whose estimated time divides most alike over the kinds of work.

    The distance of two networks is the sum of the differences over the kinds of work, relative to the longer time.
    """
    import numpy as np

    structure, batch = calibration.structure, calibration.device.batch
    rates = np.array(calibration.rates) * select_kinds(structure)
    described = [*calibration.sample.described, describe_network(network)]
    times = measure_work(described, structure.lanes, batch) * rates
    others, own = times[:-1], times[-1]
    longest = np.maximum(others.sum(axis=1), own.sum())
    distances = np.abs(others - own).sum(axis=1) / np.where(longest > 0, longest, 1)
    distances = np.where(np.array(calibration.suspicious), np.inf, distances)
    return calibration.resolved.measured[int(distances.argmin())][0]


def _scale(networks: Sequence[Network], device: str, like: str) -> Latencies:
    from mbcost.questions.latency.profile import scale_profile

    profile, resolved = load_profile(like), resolve_measured(load_measured_device(device))
    count = len(resolved.measured)
    if count >= LEAST_FOR_INTERVAL:
        raise MbcostError(
            f"{resolved.device.name} has {count} measured networks, and a profile is for fewer than "
            f"{LEAST_FOR_INTERVAL}: remove the profile, because its own measurements say more"
        )
    scaled = scale_profile(profile, resolved)
    known = {other: row.milliseconds for row, other in resolved.measured}
    scaled_times = scaled.estimate_all([other for _, other in resolved.measured])
    estimates = []
    for network, milliseconds in zip(networks, scaled.estimate_all(networks), strict=True):
        is_own = scaled.has(network)
        error = scaled.error if is_own else scaled.error_elsewhere
        what = "its networks" if is_own else "networks that it does not have"
        reason = (
            f"the profile {profile.name}, scaled by {count} measured network{'s' * (count != 1)}, missed {what} by "
            f"{error:.0%} on average on its other devices"
        )
        distances = [abs(time - milliseconds) for time in scaled_times]
        nearest = resolved.measured[distances.index(min(distances))][0]
        estimates.append(Latency(network, milliseconds, None, None, reason, known.get(network), nearest, error))
    return Latencies(resolved.device, tuple(estimates), None, scaled)
