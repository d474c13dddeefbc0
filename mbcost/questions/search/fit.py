"""Which networks fit a device, at which alpha and resolution, and which limit excludes better ones?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.accuracy.surface import find_surface
from mbcost.questions.search.configurations import CostSheet
from mbcost.questions.search.estimates import Estimator, explain_missing_top1
from mbcost.questions.search.fit_answer import Fit, Fitting
from mbcost.questions.search.gathering import gather
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.near import Search
from mbcost.spec.catalogue.reference import reference_text
from mbcost.spec.scaling import check_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.series import Resolution

LISTINGS = ("networks", "all", "front")
"""What is listed: the best configurations of each network, those of all networks, or the Pareto-optimal ones."""

LISTED = 10
"""The number of configurations that are listed if they are not those of each network."""


@dataclass(frozen=True)
class Wish:
    """How a user wants the answer."""

    rank: str = "top1"
    """A key of `RANKS`. A configuration whose accuracy is unknown comes after those with one."""
    listing: str = "networks"
    """One of `LISTINGS`."""
    most: int = 1
    """How many configurations are listed: of each network, or in all."""


def make_wish(rank: str, *, pareto: bool, every: bool, limit: int | None) -> Wish:
    """Return how a user wants the answer.

    Args:
        rank: a key of `RANKS`.
        pareto: whether what is Pareto-optimal is listed, whatever the network is.
        every: whether everything is listed, whatever the network is.
        limit: how many configurations are listed; by default 1 of each network, or `LISTED` in all.

    Raises:
        MbcostError: the limit is not a whole number of at least 1.
    """
    listing = "front" if pareto else "all" if every else "networks"
    most = limit if limit is not None else 1 if listing == "networks" else LISTED
    return Wish(rank, listing, check_whole(most, "limit"))


def check_limits(limits: Sequence[Limit], rank: str) -> None:
    """Check that there is a limit, and that there is a latency if it is ranked by.

    Raises:
        MbcostError: there is none.
    """
    if not limits:
        raise MbcostError(
            "fit needs a limit: state at least one of --flash, --ram, --mult-adds, --params, --min-top1, or "
            "--max-latency with --device, such as --ram 320KiB"
        )
    if rank == "latency" and not any(limit.quantity == "latency" for limit in limits):
        raise MbcostError("the rank is latency, which needs a device: add --max-latency and --device")


def fit(
    sheets: Iterable[CostSheet],
    resolutions: Iterable[Sequence[Resolution]],
    limits: Sequence[Limit],
    wish: Wish | None = None,
    estimator: Estimator | None = None,
) -> Fit:
    """Return the configurations that keep every limit, the highest in rank first, and those that nearly do.

    A latency is kept for sure if the upper end of its interval is within the limit, and may be kept if the estimate is.
    Among equals in rank, more mult-adds come first, then less memory, then less flash.

    Args:
        sheets: at least one, all under the same counting rules.
        resolutions: for each sheet; resolutions at which a feature map would be empty are left out.
        limits: of different quantities.
        wish: how the answer is ranked and listed.
        estimator: how accuracy and latency are estimated; by default without a device.

    Raises:
        MbcostError: every resolution leaves an empty map.
    """
    import numpy as np

    wish, estimator = wish or Wish(), estimator or Estimator()
    pool, rules = gather(sheets, resolutions, estimator)
    kept = {limit: limit.find_kept(pool.get_column(limit.quantity)) for limit in limits}
    fits = np.logical_and.reduce([np.ones(len(pool), dtype=bool), *kept.values()])
    sure = fits.copy()
    for limit in limits:
        if limit.quantity == "latency":
            sure &= limit.find_kept(pool.get_column("milliseconds_high"))
    ranked = pool.sort(np.flatnonzero(fits), wish.rank, sure)
    search = Search(pool, rules, tuple(limits), wish.rank, kept)
    front = pool.find_front(ranked) if wish.listing == "front" and not search.has_arena else None
    layout = search.lay_out(_split(search, ranked, wish.listing, front), wish.most)
    position = np.empty(len(pool), dtype=int)
    position[ranked] = np.arange(len(ranked))
    listed = sorted(layout.fitting, key=position.__getitem__)
    best = listed[:1]
    alternative = _find_alternative(search, ranked, sure, best)
    released = search.lay_out([ranked[np.isin(ranked, list(pool.checkpoints))]], None)
    others = [index for index in released.fitting if index not in listed]
    among = np.array(listed, dtype=int) if search.has_arena else ranked

    def describe(index: int) -> Fitting:
        configuration = search.select(index)
        return Fitting(
            configuration,
            bool(sure[index]),
            search.find_binding(configuration),
            search.list_equal_resolutions(index, fits),
            index in among and pool.is_optimal(index, among),
            explain_missing_top1(configuration),
            None if configuration.estimated.milliseconds_high is not None
            else estimator.explain_missing_interval(configuration),
        )  # fmt: skip

    fittings, released_fittings = tuple(map(describe, listed)), tuple(map(describe, others))
    if wish.listing == "front":
        fittings = tuple(row for row in fittings if row.on_front)
    shown = dict.fromkeys(row.configuration.series for row in (*fittings, *released_fittings))
    surfaces = (surface for series in shown if (surface := find_surface(series.recipe, series.spec.name)) is not None)
    return Fit(
        rules=rules,
        limits=search.limits,
        rank=wish.rank,
        listing=wish.listing,
        tried=len(pool),
        fitting=int(fits.sum()),
        sure=int(sure.sum()),
        laid_out=layout.arenas,
        gave_up=layout.gave_up,
        best=fittings,
        released=released_fittings,
        may_fit=None if alternative is None else describe(alternative),
        missing=_list_missing(search, listed if search.has_arena else ranked.tolist()),
        front_size=None if front is None else len(front),
        nearest=search.find_nearest_miss(np.flatnonzero(~fits), best, layout.nearest),
        nearest_released=search.find_nearest_miss(_list_released(search, ~fits), []),
        impossible=() if best else tuple(search.find_impossible()),
        reliefs=tuple(search.find_relief(limit, best) for limit in limits),
        calibration=estimator.calibration,
        surfaces=tuple(dict.fromkeys(surfaces)),
    )


def _split(search: Search, ranked: NDArray[Any], listing: str, front: Sequence[int] | None) -> Sequence[NDArray[Any]]:
    """Return the lists of candidates of each of which the first ones are listed."""
    import numpy as np

    if front is not None:
        return [ranked[np.isin(ranked, front)]]
    if listing != "networks":
        return [ranked]
    groups = np.array([group for _, _, group in search.pool.networks])[search.pool.network[ranked]]
    return [ranked[groups == group] for group in np.unique(groups)]


def _list_released(search: Search, candidates: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.array([index for index in sorted(search.pool.checkpoints) if candidates[index]], dtype=int)


def _find_alternative(search: Search, ranked: NDArray[Any], sure: NDArray[Any], best: Sequence[int]) -> int | None:
    """Return the best of what may fit, if it ranks above the best, which fits for sure."""
    if not best or not sure[best[0]]:
        return None
    scores = search.pool.compute_scores(search.rank)
    candidates = ranked[~sure[ranked]]
    better = candidates[scores[candidates] > scores[best[0]]]
    layout = search.lay_out([better], 1)
    return layout.fitting[0] if layout.fitting else None


def _list_missing(search: Search, fitting: Sequence[int]) -> tuple[str, ...]:
    """Return the networks that have no configuration among those that fit."""
    import numpy as np

    networks = search.pool.networks
    groups = {networks[index][2] for index in np.unique(search.pool.network[np.array(fitting, dtype=int)]).tolist()}
    missing = dict.fromkeys(series for series, _, group in networks if group not in groups)
    names = (
        reference_text(
            series.spec.name,
            implementation=None
            if series.implementation.name == series.spec.default_implementation
            else series.implementation.name,
        )
        for series in missing
    )
    return tuple(dict.fromkeys(names))
