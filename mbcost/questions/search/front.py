"""What accuracy can be had at what cost, within limits and without them: what a picture of it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.search.configurations import Configuration, CostSheet, CountingRules
from mbcost.questions.search.estimates import Estimator
from mbcost.questions.search.gathering import gather
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.pareto import find_pareto_front
from mbcost.questions.search.series import Resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.ranking import Pool


@dataclass(frozen=True)
class Curve:
    """The highest accuracy of one network at each cost; configurations in ascending order of both."""

    network: str
    fitting: tuple[Configuration, ...]
    """Of what keeps every limit, or may keep it."""
    everything: tuple[Configuration, ...]
    """Without limits."""


@dataclass(frozen=True)
class Front:
    """The curves of the networks, and what is Pareto-optimal in accuracy, latency, memory and flash."""

    rules: CountingRules
    limits: tuple[Limit, ...]
    calibration: Calibration | None
    """The device whose latency is the cost; None if the cost is mult-adds."""
    best: Configuration | None
    """The configuration with the highest accuracy that fits for sure, or else may fit; None if nothing does."""
    curves: tuple[Curve, ...]
    optimal: tuple[Configuration, ...]
    """The Pareto-optimal ones among those that fit or may fit."""
    released: tuple[tuple[Configuration, bool], ...]
    """The released checkpoints, and whether each fits or may fit."""


def trace_front(
    sheets: Iterable[CostSheet],
    resolutions: Iterable[Sequence[Resolution]],
    limits: Sequence[Limit],
    estimator: Estimator,
) -> Front:
    """Return the accuracy that can be had at each cost: the latency if there is a device, else the mult-adds.

    Args:
        sheets: at least one, all under the same counting rules.
        resolutions: for each sheet.
        limits: of different quantities.
        estimator: how accuracy and latency are estimated.

    Raises:
        MbcostError: no accuracy is known, every resolution leaves an empty map, or arenas would be needed.
    """
    import numpy as np

    pool, rules = gather(sheets, resolutions, estimator)
    if rules.allocator == "arena":
        raise MbcostError("a picture of all configurations has no arenas: use a different allocator")
    known = ~np.isnan(pool.get_column("top1"))
    if not known.any():
        raise MbcostError("no accuracy is known of these networks at these settings, so there is no front to draw")
    fits = np.logical_and.reduce([known, *(limit.find_kept(pool.get_column(limit.quantity)) for limit in limits)])
    cost = "mult_adds" if estimator.calibration is None else "latency"
    groups = np.array([group for _, _, group in pool.networks])[pool.network]
    curves = []
    for group in np.unique(groups[known]).tolist():
        series = next(series for series, _, other in pool.networks if other == group)
        lines = (_trace(pool, np.flatnonzero(chosen & (groups == group)), cost) for chosen in (fits, known))
        curves.append(Curve(series.spec.name, *lines))
    indices, sure = np.flatnonzero(fits), fits.copy()
    for limit in limits:
        if limit.quantity == "latency":
            sure &= limit.find_kept(pool.get_column("milliseconds_high"))
    ranked = pool.sort(indices, "top1", sure).tolist()
    return Front(
        rules,
        tuple(limits),
        estimator.calibration,
        pool.select(ranked[0]) if ranked else None,
        tuple(curves),
        tuple(map(pool.select, pool.find_front(indices))) if ranked else (),
        tuple((pool.select(index), bool(fits[index])) for index in sorted(pool.checkpoints)),
    )


def read_cost(configuration: Configuration) -> float:
    """Return the cost of a configuration in a front: milliseconds if there is a device, or mult-adds."""
    milliseconds = configuration.estimated.milliseconds
    return float(configuration.mult_adds) if milliseconds is None else milliseconds


def _trace(pool: Pool, indices: NDArray[Any], cost: str) -> tuple[Configuration, ...]:
    scores = pool.get_keys("top1")[indices], -pool.get_keys(cost)[indices]
    front = indices[find_pareto_front(*scores, equals=False)].tolist()
    return tuple(pool.select(index) for index in reversed(front))
