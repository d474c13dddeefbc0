"""What the measurements of a device say: its rates, and the errors that they make on networks that are left out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.errors import Errors, summarize_errors
from mbcost.questions.latency.family import Family, name_family
from mbcost.questions.latency.measured import ResolvedDevice
from mbcost.questions.latency.outliers import find_outliers
from mbcost.questions.latency.priors import choose_prior
from mbcost.questions.latency.rates import (
    Sample,
    Structure,
    fit_rates,
    leave_each_out,
    predict_left_out,
    take_logarithm,
)
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import show

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_POINTS = 3
"""Fewer networks do not show an error when one of them is left out."""
LEAST_FOR_INTERVAL = 8
"""With n networks no interval can promise more than n / (n + 1), and with fewer than 8 it is found to promise less."""
COVERAGE = 0.8
"""The share of networks whose latency an interval contains."""
MOST_LEVERAGE = 4.0
"""The largest leverage that counts. A network that decides a rate alone has a large one, and however wrong it was
predicted, its studentized error would be small."""
MOST_ERROR = 0.15
"""The largest mean error, when left out, at which intervals are given: above it, the model does not describe the
device."""


@dataclass(frozen=True)
class Point:
    """One measured network."""

    row: MeasuredNetwork
    network: Network
    milliseconds: float
    predicted: float
    """What the other networks predict, in milliseconds."""
    suspicious: bool
    """Whether the measurement does not agree with the others. It is not used for any prediction."""

    @property
    def ratio(self) -> float:
        """Predicted divided by measured."""
        return self.predicted / self.milliseconds

    def __repr__(self) -> str:
        return show(self, f"{self.network.label}: {self.milliseconds:g} ms measured, {self.predicted:.4g} ms predicted")


@dataclass(frozen=True)
class Findings:
    """What takes long to find out about a device, and is the same as long as its measurements are."""

    structure: Structure
    suspicious: tuple[bool, ...]
    """Whether each measurement does not agree with the others."""
    ratios: tuple[float, ...]
    """What the other networks predict for each, divided by what was measured, in the order of the file."""


@dataclass(frozen=True)
class Calibration:
    """A device whose latencies can be predicted."""

    resolved: ResolvedDevice
    sample: Sample = field(repr=False)
    suspicious: tuple[bool, ...]
    """Whether each measurement does not agree with the others. Such a one is not used for any prediction."""
    structure: Structure
    rates: tuple[float, ...]
    """Milliseconds per unit of work, in the order of `KINDS`. Together they are determined, one alone is not: see
    `docs/latency.md`."""
    inverse: NDArray[Any] = field(repr=False, compare=False)
    """The inverse of the equations, [kinds, kinds], from which leverages follow; 0 for kinds without a rate."""
    kept: Findings | None = field(default=None, repr=False, compare=False)
    """What was found out earlier from the same measurements."""

    @property
    def device(self) -> MeasuredDevice:
        """The device as its file describes it."""
        return self.resolved.device

    @property
    def margin(self) -> float | None:
        """The logarithm that an interval goes up and down, for a network without leverage; None if it is unknown."""
        if sum(self._used) < LEAST_FOR_INTERVAL or not self.is_described:
            return None
        return float(self.residuals[ceil(COVERAGE * (len(self.residuals) + 1)) - 1])

    @property
    def is_described(self) -> bool:
        """Whether the model describes the device: its mean error is at most `MOST_ERROR`."""
        return self.left_out.mean <= MOST_ERROR

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """What the other networks predict for each, divided by what was measured, in the order of the file."""
        if self.kept is not None:
            return self.kept.ratios
        predicted, _ = predict_left_out(self.sample, leave_each_out(self._used))
        return tuple(predicted.diagonal().tolist())

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The measured networks in the order of the file, each with what the others predict."""
        return tuple(
            Point(row, network, float(milliseconds), float(ratio * milliseconds), suspicious)
            for (row, network), milliseconds, ratio, suspicious in zip(
                self.resolved.measured, self.sample.milliseconds, self.ratios, self.suspicious, strict=True
            )
        )

    @cached_property
    def left_out(self) -> Errors:
        """The errors for each network, predicted by the others; suspicious ones are counted."""
        return summarize_errors(self.ratios)

    @cached_property
    def residuals(self) -> NDArray[Any]:
        """The sizes of the left-out errors as logarithms, divided by the square root of 1 + leverage, in rising order.

        The structure was chosen without the network that is left out. A fixed one would fit it too well.
        """
        import numpy as np

        rows = self.sample.relative_work(self.structure)[self._used]
        errors = np.abs(take_logarithm(np.array(self.ratios)[self._used]))
        leverages = np.minimum(np.einsum("ij,jk,ik->i", rows, self.inverse, rows), 0.999)
        # The leverage of a network that is left out: Sherman and Morrison.
        left_out = np.minimum(leverages / (1 - leverages), MOST_LEVERAGE)
        residuals: NDArray[Any] = np.sort(errors / np.sqrt(1 + left_out))
        return residuals

    @cached_property
    def mult_adds_alone(self) -> Errors:
        """The same, if the latency is taken as proportional to mult-adds."""
        mult_adds, sets = self.sample.mult_adds / self.sample.milliseconds, leave_each_out(self._used)
        return summarize_errors(mult_adds * (sets @ mult_adds) / (sets @ mult_adds**2))

    @cached_property
    def left_out_alpha(self) -> float | None:
        """The mean error if all networks of one alpha are left out together; None if too few are left."""
        return self._leave_groups_out(lambda network: network.alpha)

    @cached_property
    def left_out_resolution(self) -> float | None:
        """The mean error if all networks at one resolution are left out together; None if too few are left."""
        return self._leave_groups_out(lambda network: network.resolution)

    @cached_property
    def left_out_family(self) -> float | None:
        """The mean error if all networks of one family are left out together; None if too few are left."""
        return self._leave_groups_out(name_family)

    @cached_property
    def families(self) -> frozenset[Family]:
        """The families that were measured."""
        return frozenset(
            name_family(network) for network, used in zip(self.sample.networks, self._used, strict=True) if used
        )

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest latency that were measured, in milliseconds."""
        times = self.sample.milliseconds[self._used]
        return float(times.min()), float(times.max())

    @property
    def _used(self) -> NDArray[Any]:
        import numpy as np

        return ~np.array(self.suspicious, dtype=bool)

    def _leave_groups_out(self, key: Callable[[Network], Hashable]) -> float | None:
        import numpy as np

        keys = [key(network) for network in self.sample.networks]
        groups = np.array([[other == one for other in keys] for one in dict.fromkeys(keys)])
        sets = self._used & ~groups
        enough = sets.sum(axis=1) >= LEAST_POINTS
        if not enough.any() or len(groups) < 2:
            return None
        predicted, _ = predict_left_out(self.sample, sets[enough])
        return float(np.abs(predicted[groups[enough]] - 1).mean())

    def __repr__(self) -> str:
        errors = f"{self.left_out.mean:.1%} mean error when left out, {self.mult_adds_alone.mean:.1%} of mult-adds"
        return show(self, f"{self.device.name}: {len(self.sample)} networks, {errors}")


def calibrate(resolved: ResolvedDevice, kept: Findings | None = None) -> Calibration:
    """Return the rates of a device.

    Args:
        resolved: the device.
        kept: what was found out earlier from the same measurements; it is the part that takes longest.

    Raises:
        MbcostError: fewer than `LEAST_POINTS` networks are measured.
    """
    import numpy as np

    sample = make_sample(resolved)
    if len(sample) < LEAST_POINTS:
        raise MbcostError(_describe_few(resolved))
    structure, suspicious = _find_structure(sample) if kept is None else (kept.structure, kept.suspicious)
    rates, inverse = _fit(sample, structure, ~np.array(suspicious))
    return Calibration(resolved, sample, suspicious, structure, tuple(rates.tolist()), inverse, kept)


def _find_structure(sample: Sample) -> tuple[Structure, tuple[bool, ...]]:
    """Return the structure of a device, and which measurements do not agree with the others."""
    import numpy as np

    structure = predict_left_out(sample, np.ones((1, len(sample)), dtype=bool))[1][0]
    outliers = find_outliers(sample, structure)
    if outliers.any():
        structure = predict_left_out(sample, ~outliers[None])[1][0]
    return structure, tuple(outliers.tolist())


def make_sample(resolved: ResolvedDevice) -> Sample:
    """Return the measured networks of a device as arrays, with what is expected of the device."""
    import numpy as np

    device = resolved.device
    return Sample(
        tuple(network for _, network in resolved.measured),
        np.array([row.milliseconds for row, _ in resolved.measured], dtype=np.float64),
        choose_prior(device.device),
        device.batch,
        device.lanes,
        device.unfused,
    )


def _fit(sample: Sample, structure: Structure, used: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rates, and the inverse of the equations of those that are not 0."""
    import numpy as np

    work = sample.relative_work(structure)
    rates = fit_rates(work, used[None], sample.prior)[0]
    rows, positive = work[used], rates > 0
    squares = rows.T @ rows + np.diag(np.array(sample.prior.strengths) * rows.mean(axis=0) ** 2)
    inverse = np.zeros_like(squares)
    inverse[np.ix_(positive, positive)] = np.linalg.inv(squares[np.ix_(positive, positive)])
    return rates, inverse


def _describe_few(resolved: ResolvedDevice) -> str:
    count = len(resolved.measured)
    networks = "no network is" if not count else "1 network is" if count == 1 else f"{count} networks are"
    origin = resolved.device.origin or resolved.device.name
    return (
        f"{origin}: {networks} measured, and a calibration needs at least {LEAST_POINTS}: measure more of them, or "
        "scale the profile of a runtime with mbcost latency --like"
    )
