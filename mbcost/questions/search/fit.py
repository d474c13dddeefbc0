"""Which networks fit a device, at which alpha and resolution, and which limit excludes better ones?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.search.configurations import Configuration, CostSheet, CountingRules
from mbcost.questions.search.gathering import Question, find_nearest, gather
from mbcost.questions.search.limits import Fit, Fitting, Limit, Miss, Relief
from mbcost.questions.search.ranking import COSTS, Pool
from mbcost.questions.search.twins import Shortlist

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.configurations import Resolution

MOST_ARENAS = 5_000
"""The number of arenas that are laid out before a search gives up; each takes some milliseconds."""
MOST_NEAR_ARENAS = 100
"""The number of arenas that are laid out to find the nearest miss."""


def fit(
    sheets: Iterable[CostSheet],
    resolutions: Iterable[Sequence[Resolution]],
    limits: Sequence[Limit],
    *,
    rank: str = "mult_adds",
    most: int = 10,
    only_front: bool = False,
) -> Fit:
    """Return the configurations that keep every limit, the highest in rank first, and those that nearly do.

    Args:
        sheets: at least one, all under the same counting rules.
        resolutions: for each sheet; resolutions at which a feature map would be empty are left out.
        limits: of different quantities.
        rank: a key of `RANKS`. Among equals, more mult-adds come first, then less memory, then less flash. A
            configuration whose rank is unknown, such as an unpublished accuracy, comes last.
        most: how many configurations to return.
        only_front: whether to return only those on the Pareto front.

    Raises:
        MbcostError: every resolution leaves an empty map.
    """
    import numpy as np

    gathering = gather(sheets, resolutions, Question(tuple(limits), rank, most))
    pool = gathering.pool
    kept = {limit: limit.find_kept(pool.get_column(limit.quantity, limit.phone)) for limit in limits}
    fits = np.logical_and.reduce([np.ones(len(pool), dtype=bool), *kept.values()])
    ranked = pool.sort(np.flatnonzero(fits), rank)
    search = _Search(pool, gathering.rules, tuple(limits), rank, kept)
    if search.has_arena:
        layout = search.lay_out(ranked, most)
        front = set(pool.find_front(np.array(layout.fitting, dtype=int), rank))
    else:
        front = set(pool.find_front(ranked, rank))
        shown = np.array([index for index in ranked.tolist() if index in front], dtype=int) if only_front else ranked
        shortlist = Shortlist.start(pool)
        layout = _Layout(shortlist.take(shown, most), shortlist.hidden)
    best = layout.fitting[:1]
    fittings = tuple(search.describe_fitting(index, fits, on_front=index in front) for index in layout.fitting)
    return Fit(
        rules=search.rules,
        limits=search.limits,
        rank=rank,
        tried=gathering.tried,
        fitting=gathering.fitting,
        laid_out=layout.arenas,
        gave_up=layout.gave_up,
        best=fittings,
        near_twins=search.count_near_twins(layout, fits, is_whole=gathering.is_whole),
        front_size=len(front),
        nearest=search.find_nearest_miss(np.flatnonzero(~fits), best, layout.nearest),
        nearest_released=search.find_nearest_miss(np.flatnonzero(~fits & ~np.isnan(pool.get_column("top1"))), []),
        impossible=() if best else tuple(search.find_impossible()),
        reliefs=tuple(search.find_relief(limit, best) for limit in limits),
    )


def find_peak(configuration: Configuration, rules: CountingRules) -> Peak:
    """Return the peak memory of a configuration, and its layer."""
    (peak,) = compute_memory(configuration.network, (rules.allocator,), rules.dtype, rules.dtype).peaks
    return peak


@dataclass(frozen=True)
class _Layout:
    """The result of laying out arenas, best candidates first."""

    fitting: list[int]
    """The candidates that are listed; under `arena` their arena keeps the limit."""
    hidden: NDArray[Any]
    """Whether a configuration is a near-twin of one that is listed."""
    arenas: int = 0
    """How many arenas were laid out."""
    nearest: int | None = None
    """Of the candidates that rank above those, the one with the smallest arena; all of them keep the other limits."""
    gave_up: bool = False
    """Whether too few fit among the arenas that were laid out, and candidates were left."""


@dataclass(frozen=True)
class _Search:
    """What the parts of an answer share. Configurations are named by their index in the pool."""

    pool: Pool
    rules: CountingRules
    limits: tuple[Limit, ...]
    rank: str
    kept: Mapping[Limit, NDArray[Any]]
    arenas: dict[int, int] = field(default_factory=dict)
    """The bytes of the arenas so far, so that each is laid out once."""

    @property
    def has_arena(self) -> bool:
        """Whether the memory in the pool is only a lower bound."""
        return self.rules.allocator == "arena"

    def select(self, index: int) -> Configuration:
        """Return a configuration, with the size of its arena if the pool has a lower bound."""
        configuration = self.pool.select(index)
        if not self.has_arena:
            return configuration
        if index not in self.arenas:
            self.arenas[index] = find_peak(configuration, self.rules).bytes
        return replace(configuration, memory=self.arenas[index])

    def lay_out(self, ranked: NDArray[Any], most: int) -> _Layout:
        """Find the first `most` candidates whose arena keeps the limit, and the smallest arena of those before."""
        limit = next((limit for limit in self.limits if limit.quantity == "memory"), None)
        fitting: list[int] = []
        too_large: dict[int, int] = {}  # candidates before the first that fits -> the bytes of their arenas
        arenas, gave_up, shortlist = 0, False, Shortlist.start(self.pool)
        for index in shortlist.iterate(ranked):
            if arenas == MOST_ARENAS:
                gave_up = True
                break
            arenas += 1
            size = self.select(index).memory
            if limit is None or size <= limit.value:
                fitting.append(index)
                shortlist.add(index)
            elif not fitting:
                too_large[index] = size
            if len(fitting) == most:
                break
        scores = self.pool.compute_scores(self.rank)
        higher = [index for index in too_large if not fitting or scores[index] > scores[fitting[0]]]
        nearest = min(higher, key=too_large.__getitem__, default=None)
        return _Layout(fitting, shortlist.hidden, arenas, nearest, gave_up)

    def count_near_twins(self, layout: _Layout, fits: NDArray[Any], *, is_whole: bool) -> int | None:
        """Return how many near-twins of what is listed fit; None if that is not known.

        Args:
            layout: what is listed.
            fits: which configurations fit.
            is_whole: whether the pool has all configurations.
        """
        can_hide = any(near.alpha or near.resolution for _, _, near in self.pool.networks)
        if can_hide and (self.has_arena or not is_whole):
            return None
        twins = fits & layout.hidden
        for index in layout.fitting:
            twins[self._find_equal_costs(index)] = False  # they are listed with it
        return int(twins.sum())

    def describe_fitting(self, index: int, fits: NDArray[Any], *, on_front: bool) -> Fitting:
        """Return what fits, with the limit that breaks first and the resolutions that cost the same."""
        configuration = self.select(index)
        shares = [(share, limit) for limit in self.limits if (share := limit.measure_share(configuration)) is not None]
        binding = max(shares, key=lambda pair: pair[0])[1] if shares else None
        equal_resolutions = tuple(
            self.pool.select(other).resolution
            for other in self._find_equal_costs(index)
            if other != index and fits[other]
        )
        return Fitting(configuration, binding, equal_resolutions, on_front)

    def _find_equal_costs(self, index: int) -> list[int]:
        """Return the configurations of the same network that cost the same as this one, which is among them."""
        import numpy as np

        same = self.pool.list_resolutions(index)
        columns = [self.pool.get_column(quantity) for quantity in COSTS]
        equal = np.logical_and.reduce([column[same.start : same.stop] == column[index] for column in columns])
        indices: list[int] = (np.flatnonzero(equal) + same.start).tolist()
        return indices

    def find_nearest_miss(
        self, indices: NDArray[Any], best: Sequence[int], too_large: int | None = None
    ) -> Miss | None:
        """Return the nearest miss among configurations that do not fit and rank above `best`.

        Args:
            indices: configurations that do not fit.
            best: the best configuration that fits, or nothing.
            too_large: a configuration whose arena is known to be too large.
        """
        import numpy as np

        if not len(indices) and too_large is None:
            return None
        scores = self.pool.compute_scores(self.rank)
        if best:
            indices = indices[scores[indices] > scores[best[0]]]
        shares = [self._compute_shares(limit)[indices] for limit in self.limits]
        worst = np.maximum.reduce(shares) if len(indices) else np.zeros(0)
        indices, worst = indices[~np.isnan(worst)], worst[~np.isnan(worst)]
        misses = [] if too_large is None else [self._describe_miss(too_large)]
        ranked = self.pool.sort(indices, self.rank)
        bounds = np.full(len(self.pool), np.nan)
        bounds[indices] = worst
        # Under `arena` the share is a lower bound: candidates are tried as long as one may be nearer than the nearest.
        for index in ranked[bounds[ranked].argsort(kind="stable")][:MOST_NEAR_ARENAS].tolist():
            if misses and bounds[index] >= min(miss.worst_share for miss in misses):
                break
            misses.append(self._describe_miss(index))
        return min(misses, key=attrgetter("worst_share"), default=None)

    def find_impossible(self) -> Iterator[tuple[Limit, Configuration | None]]:
        """Yield each limit that nothing keeps with the nearest configuration; None if the quantity is never known.

        Under `arena`, its memory is the lower bound, which is above the limit for all configurations.
        """
        for limit in self.limits:
            if not self.kept[limit].any():
                index = self._find_nearest(limit, None)
                yield limit, None if index is None else self.pool.select(index)

    def find_relief(self, limit: Limit, best: Sequence[int]) -> Relief:
        """Return what dropping one limit brings."""
        import numpy as np

        others = [kept for other, kept in self.kept.items() if other is not limit]
        candidates = np.flatnonzero(np.logical_and.reduce([~self.kept[limit], *others]))
        if not best:
            nearest = self._find_nearest(limit, candidates)
            return Relief(limit, None if nearest is None else self.select(nearest))
        scores = self.pool.compute_scores(self.rank)
        better = candidates[scores[candidates] > scores[best[0]]]
        if self.has_arena and limit.quantity != "memory":
            layout = self.lay_out(self.pool.sort(better, self.rank), 1)
            first = layout.fitting
            if layout.gave_up:
                return Relief(limit, None, gave_up=True)
        else:
            top = better[scores[better] == scores[better].max()] if len(better) else better
            first = self.pool.sort(top, self.rank)[:1].tolist()
        return Relief(limit, self.select(first[0]) if first else None)

    def _find_nearest(self, limit: Limit, indices: NDArray[Any] | None) -> int | None:
        """Return the configuration that is nearest to a limit, among `indices` or all; None if none is known."""
        return find_nearest(self.pool, self.rank, limit, indices)

    def _compute_shares(self, limit: Limit) -> NDArray[Any]:
        """Return the excess of every configuration as a share of the limit, to find the smallest."""
        return limit.compute_shares(self.pool.get_column(limit.quantity, limit.phone))

    def _describe_miss(self, index: int) -> Miss:
        configuration = self.select(index)
        broken = [
            limit for limit in self.limits if (excess := limit.measure_excess(configuration)) is None or excess > 0
        ]
        broken.sort(key=lambda limit: -(limit.measure_share(configuration) or 0))
        needs_memory = any(limit.quantity == "memory" for limit in broken)
        return Miss(configuration, tuple(broken), find_peak(configuration, self.rules).name if needs_memory else None)
