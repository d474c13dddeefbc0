"""The latencies of one spec at many alphas and resolutions, for searches and for curves."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network, resolve
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.estimate import GridEstimate, estimate_grid
from mbcost.questions.latency.work import Sizes, describe_channels, describe_sizes
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Resolution = tuple[int, int]
Resolve = Callable[[float, Resolution], Network]
"""Returns the network at an alpha and a resolution."""
MOST_ROWS = 2**20
"""The number of rows of cost tables, by resolution, that are described together, and kept: some fifty megabytes."""


@dataclass(frozen=True)
class _Described:
    """What the resolutions decide of networks with the same rows."""

    subject: Hashable
    rows: tuple[str, ...]
    resolutions: tuple[Resolution, ...]
    sizes: tuple[Sizes, ...]


@dataclass(frozen=True)
class GridEstimator:
    """Estimates of latencies on one device; what resolutions decide is kept from one part of a search to the next."""

    calibration: Calibration
    _known: list[_Described] = field(default_factory=list, repr=False, compare=False)

    def estimate(
        self, subject: Hashable, resolve_network: Resolve, alphas: Sequence[float], resolutions: Sequence[Resolution]
    ) -> GridEstimate:
        """Return the latencies of networks that differ in alpha and resolution, [alphas, resolutions].

        Args:
            subject: what the networks have in common; equal subjects have equal networks.
            resolve_network: returns one of the networks.
            alphas: at least one.
            resolutions: at least one.

        Raises:
            MbcostError: a network cannot be built, or is too large for an estimate.
        """
        import numpy as np

        milliseconds, high = (np.full((len(alphas), len(resolutions)), np.nan) for _ in range(2))
        networks = [resolve_network(alpha, resolutions[0]) for alpha in alphas]
        for rows, indices in _group_by_rows(networks).items():
            channels = [describe_channels(networks[index]) for index in indices]
            step = max(1, MOST_ROWS // max(1, len(rows)))
            for start in range(0, len(resolutions), step):
                few = tuple(resolutions[start : start + step])
                sizes = self._describe(subject, rows, few, partial(resolve_network, alphas[indices[0]]))
                grid = estimate_grid(self.calibration, networks[indices[0]], channels, sizes)
                part = np.ix_(indices, range(start, start + len(few)))
                milliseconds[part], high[part] = grid.milliseconds, grid.high
        return GridEstimate(milliseconds, high)

    def _describe(
        self,
        subject: Hashable,
        rows: tuple[str, ...],
        resolutions: tuple[Resolution, ...],
        resolve_size: Callable[[Resolution], Network],
    ) -> Sequence[Sizes]:
        for known in self._known:
            if (known.rows, known.resolutions, known.subject) == (rows, resolutions, subject):
                return known.sizes
        sizes = tuple(describe_sizes(resolve_size(resolution)) for resolution in resolutions)
        kept = sum(len(known.rows) * len(known.sizes) for known in self._known)
        if kept + len(rows) * len(sizes) > MOST_ROWS:
            self._known.clear()
        self._known.append(_Described(subject, rows, resolutions, sizes))
        return sizes


def _group_by_rows(networks: Sequence[Network]) -> dict[tuple[str, ...], list[int]]:
    """Return the indices of networks with the same rows, such as an addition that needs equal widths."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, network in enumerate(networks):
        groups.setdefault(tuple(step.name for step in network.steps), []).append(index)
    return groups


def predict_milliseconds(
    calibration: Calibration, spec: Spec, implementation: str, alphas: Sequence[float], sides: Sequence[int]
) -> Sequence[Sequence[float]]:
    """Return the milliseconds of networks with 1000 classes, one row per alpha, one column per square resolution.

    Raises:
        MbcostError: no network can be built at one of them.
    """

    def resolve_network(alpha: float, resolution: Resolution) -> Network:
        return resolve(spec, alpha=alpha, resolution=resolution, implementation=implementation)

    sizes = [(side, side) for side in sides]
    grid: NDArray[Any] = GridEstimator(calibration).estimate(spec.name, resolve_network, alphas, sizes).milliseconds
    rows: list[list[float]] = grid.tolist()
    return rows
