"""The configurations that an answer of `fit` can depend on, gathered from any number of them in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.search.configurations import CostSheet, CountingRules, Resolution
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.pareto import find_pareto_front
from mbcost.questions.search.ranking import Pool, join_pools, make_pool
from mbcost.questions.search.twins import Shortlist, thin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.configurations import Batch

POOL_SIZE = 2**20
"""The number of configurations that are looked at together, in some hundred megabytes."""


@dataclass(frozen=True)
class Question:
    """What is asked of the configurations."""

    limits: tuple[Limit, ...]
    rank: str
    most: int
    """How many of those that fit are shown."""


@dataclass(frozen=True)
class Gathering:
    """The configurations that decide the answer."""

    pool: Pool
    rules: CountingRules
    tried: int
    """How many configurations there were in all, and how many of them keep every limit."""
    fitting: int
    is_whole: bool
    """Whether all configurations are in the pool."""


def gather(sheets: Iterable[CostSheet], resolutions: Iterable[Sequence[Resolution]], question: Question) -> Gathering:
    """Return all configurations, or if these are many, those that the answer can depend on.

    Under `arena` all are returned: which of them it depends on is known only after arenas are laid out.

    Raises:
        MbcostError: every resolution leaves an empty map.
    """
    rules: CountingRules | None = None
    pools: list[Pool] = []
    tried = fitting = reduced = 0
    for sheet, sizes in zip(sheets, resolutions, strict=True):
        rules = sheet.rules
        for batch in _list_batches(sheet, sizes):
            pool = make_pool(batch)
            pools.append(pool)
            tried += len(pool)
            fitting += int(_find_fits(pool, question.limits).sum())
            # After a reduction that leaves much, the next one waits until there is as much again.
            if sum(map(len, pools)) > max(POOL_SIZE, 2 * reduced) and rules.allocator != "arena":
                pools = [_reduce(join_pools(pools), question)]
                reduced = len(pools[0])
    if rules is None or not pools:
        raise MbcostError("every network has an empty feature map at each resolution: use larger resolutions")
    return Gathering(join_pools(pools), rules, tried, fitting, not reduced)


def _list_batches(sheet: CostSheet, resolutions: Sequence[Resolution]) -> Iterator[Batch]:
    possible = sheet.filter_resolutions(resolutions)
    step = max(1, POOL_SIZE // 4 // max(1, len(possible)))
    for start in range(0, len(sheet.plateaus) if possible else 0, step):
        yield sheet.compute_batch(slice(start, start + step), possible)


def _find_fits(pool: Pool, limits: Sequence[Limit]) -> NDArray[Any]:
    import numpy as np

    kept = [limit.find_kept(pool.get_column(limit.quantity, limit.phone)) for limit in limits]
    fits: NDArray[Any] = np.logical_and.reduce([np.ones(len(pool), dtype=bool), *kept])
    return fits


def _reduce(pool: Pool, question: Question) -> Pool:
    """Return the configurations of a pool on which the answer to the question about a larger pool can depend."""
    import numpy as np

    indices = np.unique(np.concatenate([np.array(part, dtype=int) for part in _list_relevant(pool, question)]))
    return pool.take(indices)


def _list_relevant(pool: Pool, question: Question) -> Iterator[Sequence[int] | NDArray[Any]]:
    """Yield the indices of what fits and can be shown or on the front, of the nearest misses, and of the reliefs."""
    import numpy as np

    limits, rank = question.limits, question.rank
    kept = {limit: limit.find_kept(pool.get_column(limit.quantity, limit.phone)) for limit in limits}
    fits = np.logical_and.reduce([np.ones(len(pool), dtype=bool), *kept.values()])
    ranked = pool.sort(np.flatnonzero(fits), rank)
    front = pool.find_front(ranked, rank)
    # A network whose alpha is given has no near-twins in other parts, and is known as a whole.
    is_near = np.array([near.alpha for _, _, near in pool.networks], dtype=bool)[pool.network[ranked]]
    known = Shortlist.start(pool).take(ranked[~is_near], question.most)
    shown = np.unique(np.concatenate([np.array([*front, *known], dtype=int), thin(pool, ranked[is_near])]))
    yield shown
    yield from _find_equals(pool, np.flatnonzero(fits), shown)
    yield sorted(pool.checkpoints)
    yield from _find_misses(pool, np.flatnonzero(~fits), question)
    for limit in limits:
        yield np.flatnonzero(kept[limit])[:1]  # shows that the limit is possible
        others = [mask for other, mask in kept.items() if other is not limit]
        candidates = np.flatnonzero(np.logical_and.reduce([~kept[limit], *others]))
        yield pool.sort(candidates, rank)[:1]
        for subset in (None, candidates):
            nearest = find_nearest(pool, rank, limit, subset)
            yield [] if nearest is None else [nearest]


def _find_equals(pool: Pool, indices: NDArray[Any], shown: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield those of the indices that have the same network and the same costs as one that is shown."""
    import numpy as np

    # Params and flash are those of the network.
    columns = [pool.network, pool.get_keys("mult_adds"), pool.get_keys("memory")]
    keys = np.zeros(len(pool), dtype=np.int64)
    for column in columns:
        # Numbers of pairs below the square of the pool's length, which int64 represents for every pool in memory.
        keys = np.unique(keys * np.int64(len(pool)) + np.unique(column, return_inverse=True)[1], return_inverse=True)[1]
    yield indices[np.isin(keys[indices], keys[shown])]


def _find_misses(pool: Pool, indices: NDArray[Any], question: Question) -> Iterator[NDArray[Any]]:
    """Yield what is the nearest miss above some score, whatever the score is."""
    import numpy as np

    if not len(indices):
        return
    columns = [(limit, pool.get_column(limit.quantity, limit.phone)[indices]) for limit in question.limits]
    worst = np.maximum.reduce([limit.compute_shares(column) for limit, column in columns])
    bounds = np.full(len(pool), np.nan)
    bounds[indices] = worst
    ranked = pool.sort(indices[~np.isnan(worst)], question.rank)
    if len(ranked):
        yield ranked[bounds[ranked].argmin()][None]
        yield ranked[find_pareto_front(pool.compute_scores(question.rank)[ranked], -bounds[ranked], equals=False)]


def find_nearest(pool: Pool, rank: str, limit: Limit, indices: NDArray[Any] | None) -> int | None:
    """Return the configuration that is nearest to a limit, among `indices` or all; None if none is known."""
    import numpy as np

    keys = pool.get_keys(limit.quantity, limit.phone) * (-1 if limit.at_least else 1)
    indices = np.arange(len(keys)) if indices is None else indices
    indices = indices[~np.isnan(keys[indices])]
    if not len(indices):
        return None
    nearest = indices[keys[indices] == keys[indices].min()]
    return int(pool.sort(nearest, rank)[0])
