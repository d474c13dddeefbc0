"""A device with few measurements, by what other devices of the same runtime have in common.

Devices of one runtime differ mostly in speed. So the profile of a runtime is the time of some networks relative to each
other, as the mean over devices, and one to seven measurements of a new device give its scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.measured import ResolvedDevice, resolve_measured
from mbcost.questions.latency.priors import choose_prior
from mbcost.questions.latency.rates import Sample, fit_rates, predict_left_out, select_kinds
from mbcost.questions.latency.work import describe_network, measure_work
from mbcost.spec.device import MeasuredDevice, Profile
from mbcost.spec.shown import show

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_COMBINATIONS = 20
"""For the error, at most this many choices of measured networks are tried per device."""
_ROUNDS = 50


@dataclass(frozen=True)
class ScaledProfile:
    """The profile of a runtime, scaled to a device."""

    profile: Profile
    resolved: ResolvedDevice
    scale: float
    """Milliseconds of the device per unit of time of the profile."""
    error: float
    """The mean relative error on the profile's other devices, each scaled by as many measurements, for networks that
    the profile has."""
    error_elsewhere: float
    """The same for networks that the profile does not have: each is left out of the profile as well."""
    times: NDArray[Any] = field(repr=False, compare=False)
    """The time of each network of the profile, relative to their geometric mean."""
    networks: tuple[Network, ...] = field(repr=False, compare=False, default=())

    def estimate(self, network: Network) -> float:
        """Return the latency of a network for one run, in milliseconds."""
        return self.estimate_all([network])[0]

    def estimate_all(self, networks: Sequence[Network]) -> list[float]:
        """Return the latencies of networks for one run, in milliseconds."""
        return [self.scale * time for time in _predict(self.networks, self.times, networks).tolist()]

    def has(self, network: Network) -> bool:
        """Whether the profile has this very network."""
        return network in self.networks

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """What the scaled profile predicts for each measured network of the device, divided by what was measured."""
        estimates = self.estimate_all([network for _, network in self.resolved.measured])
        rows = [row for row, _ in self.resolved.measured]
        return tuple(time / float(row.milliseconds or 1) for time, row in zip(estimates, rows, strict=True))

    def __repr__(self) -> str:
        return show(self, f"{self.resolved.device.name} like {self.profile.name}: {self.error:.1%} mean error")


def scale_profile(profile: Profile, resolved: ResolvedDevice) -> ScaledProfile:
    """Return the profile of a runtime, scaled by the measurements of a device.

    Raises:
        MbcostError: nothing is measured, or the profile has no other devices from which the error follows.
    """
    import numpy as np

    if not resolved.measured:
        missing = f"{resolved.device.name}: no network is measured: measure at least one"
        raise MbcostError("; ".join((missing, *resolved.unused)))
    networks = _resolve_columns(profile)
    table = _tabulate(profile, resolved.device)
    if len(table) < 2:
        raise MbcostError(f"the profile {profile.name} has {len(table)} other devices, too few to know its error")
    times = np.exp(_average(np.log(table)))
    milliseconds = np.array([row.milliseconds for row, _ in resolved.measured], dtype=np.float64)
    predicted = _predict(networks, times, [network for _, network in resolved.measured])
    scale = float(np.exp(np.log(milliseconds / predicted).mean()))
    count = len(resolved.measured)
    return ScaledProfile(
        profile,
        resolved,
        scale,
        _measure_error(table, count),
        _measure_error_elsewhere(networks, table, count),
        times,
        networks,
    )


def _resolve_columns(profile: Profile) -> tuple[Network, ...]:
    columns = MeasuredDevice(profile.name, profile.title, measured=profile.networks, origin=profile.origin)
    return tuple(network for _, network in resolve_measured(columns, planned=True).planned)


def _tabulate(profile: Profile, device: MeasuredDevice) -> NDArray[Any]:
    """Return the milliseconds of the profile's other devices, [devices, networks]; NaN if there is none."""
    import numpy as np

    labels = [network.label for network in profile.networks]
    rows = []
    for other in profile.devices:
        known = {row.label: row.milliseconds for row in other.measured}
        if other.device != device.device:
            rows.append([known.get(label) for label in labels])
    return np.array(rows, dtype=np.float64).reshape(-1, len(labels))


def _average(logarithms: NDArray[Any]) -> NDArray[Any]:
    """Return the mean logarithm per network after each device's own speed is taken out; NaN is missing.

    Args:
        logarithms: of milliseconds, [devices, networks].
    """
    import numpy as np

    columns = np.nanmean(logarithms, axis=0)
    for _ in range(_ROUNDS):  # of devices and networks in turn, because some are missing
        speeds = np.nanmean(logarithms - columns, axis=1, keepdims=True)
        columns = np.nanmean(logarithms - speeds, axis=0)
    centred: NDArray[Any] = columns - columns.mean()
    return centred


def _predict(networks: Sequence[Network], times: NDArray[Any], wanted: Sequence[Network]) -> NDArray[Any]:
    """Return the relative times of networks: those of the profile, or else what its rates say."""
    import numpy as np

    sample = Sample(tuple(networks), times, choose_prior(""))
    everything = np.ones((1, len(networks)), dtype=bool)
    structure = predict_left_out(sample, everything)[1][0]
    rates = fit_rates(sample.relative_work(structure), everything, sample.prior)[0]
    work = measure_work([describe_network(network) for network in wanted], structure.lanes) * select_kinds(structure)
    known = dict(zip(networks, times.tolist(), strict=True))
    return np.array([known.get(network, estimate) for network, estimate in zip(wanted, work @ rates, strict=True)])


def _measure_error(table: NDArray[Any], count: int) -> float:
    """Return the mean error for the networks of the profile on a device that is left out and has `count` of them."""
    import numpy as np

    errors = []
    for index in range(len(table)):
        times = _average(np.log(np.delete(table, index, axis=0)))
        errors += _list_errors(np.log(table[index]) - times, count)
    return float(np.mean(errors))


def _measure_error_elsewhere(networks: Sequence[Network], table: NDArray[Any], count: int) -> float:
    """Return the mean error for a network that the profile does not have, on its devices.

    Which device is left out hardly changes the mean of many, so each network is left out once, of all devices.
    """
    import numpy as np

    times = np.exp(_average(np.log(table)))
    errors = []
    for index in range(len(networks)):
        others = [other for other in range(len(networks)) if other != index]
        predicted = _predict([networks[other] for other in others], times[others], [networks[index]])[0]
        logarithms = np.log(table) - np.log(times)
        logarithms[:, index] = np.log(table[:, index]) - np.log(predicted)
        for row in logarithms:
            errors += _list_errors(row, count, index)
    return float(np.mean(errors))


def _list_errors(logarithms: NDArray[Any], count: int, target: int | None = None) -> list[float]:
    """Return the errors of one device for what it did not measure, over choices of `count` measured networks.

    Args:
        logarithms: of measured time divided by relative time, [networks]; their mean is the device's scale.
        count: how many are measured; at most all but one are.
        target: the only network whose error is wanted.
    """
    import numpy as np

    known = np.flatnonzero(~np.isnan(logarithms)).tolist()
    usable = [index for index in known if index != target]
    errors = []
    for chosen in islice(combinations(usable, min(count, len(known) - 1)), MOST_COMBINATIONS):
        if not chosen:
            continue
        scale = logarithms[list(chosen)].mean()
        wanted = [index for index in known if index not in chosen and target in (None, index)]
        errors += np.abs(np.exp(scale - logarithms[wanted]) - 1).tolist()
    return errors
