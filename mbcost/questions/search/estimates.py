"""What `fit` and `sweep` estimate: accuracy from released checkpoints, latency on a calibrated device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import resolve
from mbcost.errors import MbcostError
from mbcost.questions.accuracy.estimate import estimate_accuracy
from mbcost.questions.accuracy.surface import find_surface
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.estimate import explain_missing_interval
from mbcost.questions.search.configurations import Batch, Configuration
from mbcost.questions.search.series import Resolution, Series
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.measured import load_measured_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.latency.grid import GridEstimator

ACCURACIES = ("top1", "top1_low", "top1_high")
LATENCIES = ("milliseconds", "milliseconds_high")
LARGEST = 10**9
"""A larger resolution counts as this one: it is outside of what was released in any case."""


@dataclass(frozen=True)
class Estimator:
    """How the accuracy and the latency of configurations are estimated."""

    calibration: Calibration | None = None
    """The device; None if no latency is asked for."""

    @property
    def device(self) -> str:
        """The name of the device; empty without one."""
        return "" if self.calibration is None else self.calibration.device.name

    def estimate(self, batch: Batch) -> Mapping[str, NDArray[Any]]:
        """Return a float64 column per estimate, flat as in `make_pool`, with NaN where there is none."""
        return {**dict(zip(ACCURACIES, _estimate_top1(batch), strict=True)), **self.estimate_latency(batch)}

    def estimate_latency(self, batch: Batch) -> Mapping[str, NDArray[Any]]:
        """Return the columns of the latency and of the upper end of its interval; none without a device.

        Raises:
            MbcostError: a network is too large for an estimate.
        """
        if self._grid is None:
            return {}
        alphas = [span.alpha for span in batch.plateaus]
        grid = self._grid.estimate(batch.series, batch.series.resolve, alphas, batch.resolutions)
        return dict(zip(LATENCIES, (grid.milliseconds.ravel(), grid.high.ravel()), strict=True))

    def check_size(self, series: Series, alphas: Sequence[float], resolutions: Sequence[Resolution]) -> None:
        """Check that no network is too large for an estimate: the largest one decides.

        Raises:
            MbcostError: it is.
        """
        if self._grid is not None:
            largest = max(resolutions, key=lambda resolution: resolution[0] * resolution[1])
            self._grid.estimate(series, series.resolve, [max(alphas)], [largest])

    def add_latency(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield batches with their latencies."""
        for batch in batches:
            yield replace(batch, estimates=self.estimate_latency(batch))

    @cached_property
    def _grid(self) -> GridEstimator | None:
        if self.calibration is None:
            return None
        from mbcost.questions.latency.grid import GridEstimator

        return GridEstimator(self.calibration)

    def explain_missing_interval(self, configuration: Configuration) -> str | None:
        """Return why the latency of a configuration has no interval, or None if it has one or is not estimated."""
        milliseconds = configuration.estimated.milliseconds
        if self.calibration is None or milliseconds is None:
            return None
        return explain_missing_interval(self.calibration, configuration.network, milliseconds)


def make_estimator(device: str | None, *, limits_latency: bool) -> Estimator:
    """Return the estimator for a device, which is a name or the path of a file of measurements.

    Raises:
        MbcostError: the device does not exist or cannot be calibrated, or one of the latency and the device is given
            without the other.
    """
    if device is None:
        if limits_latency:
            raise MbcostError(
                "--max-latency needs --device: name a measured device such as pixel1-tflite, or the file of your "
                "measurements"
            )
        return Estimator()
    if not limits_latency:
        load_measured_device(device)  # a mistake in its name is the first thing to say
        raise MbcostError("--device needs --max-latency: state the most milliseconds, such as --max-latency 30ms")
    from mbcost.questions.latency.summaries import calibrate_device

    return Estimator(calibrate_device(device))


def explain_missing_top1(configuration: Configuration) -> str | None:
    """Return why a configuration has no accuracy, or None if it has one."""
    if configuration.estimated.top1 is not None:
        return None
    series = configuration.series
    if series.recipe is None:
        return estimate_accuracy(configuration.network).reason
    # The accuracy is that of the released head, whatever the head here is.
    alpha, size = configuration.plateau.alpha, configuration.resolution
    released = resolve(
        load_spec(series.spec.name), alpha=alpha, resolution=size, implementation=series.implementation.name
    )
    return estimate_accuracy(released).reason


def _estimate_top1(batch: Batch) -> tuple[NDArray[Any], ...]:
    """Return the accuracy and the ends of its interval; released checkpoints are exact."""
    import numpy as np

    surface = find_surface(batch.series.recipe, batch.series.spec.name)
    columns = tuple(np.full(batch.shape, np.nan) for _ in ACCURACIES)
    square = np.array([height == width for height, width in batch.resolutions])
    if surface is not None and square.any():
        alphas = np.array([span.alpha for span in batch.plateaus])
        sides = np.array([float(min(height, LARGEST)) for height, _ in batch.resolutions])
        for column, values in zip(columns, surface.predict(alphas[:, None], sides[square]), strict=True):
            column[:, square] = values
    for (alpha, resolution), checkpoint in batch.checkpoints.items():
        # Resolutions such as 223 and 224 give the same maps, and the released accuracy is known better than any other.
        same = np.ones(len(batch.resolutions), dtype=bool)
        for counts in (batch.mult_adds[alpha], batch.memory[alpha]):
            same &= (counts == counts[resolution]).astype(bool)
        for column in columns:
            column[alpha, same] = checkpoint.top1
    return tuple(column.ravel() for column in columns)
