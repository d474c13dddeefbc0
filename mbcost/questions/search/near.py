"""What is listed of the configurations that fit, and what the others miss; under `arena`, arenas are laid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.search.answer import Miss, Relief
from mbcost.questions.search.configurations import Configuration, CountingRules
from mbcost.questions.search.gathering import find_nearest
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.ranking import COSTS, Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.series import Resolution

MOST_ARENAS = 5_000
"""The number of arenas that are laid out before a search gives up; each takes some milliseconds."""
MOST_NEAR_ARENAS = 100
"""The number of arenas that are laid out to find the nearest miss."""
_SLICE = 2**12
"""The number of candidates that become Python's integers at a time."""


def find_peak(configuration: Configuration, rules: CountingRules) -> Peak:
    """Return the peak memory of a configuration, and its layer."""
    (peak,) = compute_memory(configuration.network, (rules.allocator,), rules.dtype, rules.dtype).peaks
    return peak


@dataclass(frozen=True)
class Layout:
    """The configurations that are listed, and what is known of arenas that were laid out for them."""

    fitting: list[int]
    """The candidates that are listed; under `arena` their arena keeps the limit."""
    arenas: int = 0
    """How many arenas were laid out."""
    nearest: int | None = None
    """Of the candidates that rank above those, the one with the smallest arena; all of them keep the other limits."""
    gave_up: bool = False
    """Whether too few fit among the arenas that were laid out, and candidates were left."""


@dataclass(frozen=True)
class Search:
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

    def lay_out(self, lists: Sequence[NDArray[Any]], most: int | None) -> Layout:
        """Return the first candidates of every list that fit, in the order of the lists' heads; all if `most` is None.

        Of resolutions at which a network costs the same, only the first counts.
        """
        limit = next((limit for limit in self.limits if limit.quantity == "memory"), None)
        fitting: list[list[int]] = [[] for _ in lists]
        too_large: dict[int, int] = {}  # candidates whose arenas are too large -> the bytes of these
        arenas = 0
        for ranked, chosen in zip(lists, fitting, strict=True):
            for index in self._iterate_distinct(ranked):
                if len(chosen) == most:
                    break
                if self.has_arena:
                    if arenas == MOST_ARENAS:
                        return Layout(
                            list(chain.from_iterable(fitting)),
                            arenas,
                            self._find_smallest(too_large, fitting),
                            gave_up=True,
                        )
                    arenas += 1
                    size = self.select(index).memory
                    if limit is not None and size > limit.value:
                        too_large[index] = size
                        continue
                chosen.append(index)
        return Layout(list(chain.from_iterable(fitting)), arenas, self._find_smallest(too_large, fitting))

    def _iterate_distinct(self, ranked: NDArray[Any]) -> Iterator[int]:
        """Yield candidates in order, without those that are the same network with the same costs as an earlier one."""
        columns = (self.pool.network, *(self.pool.get_column(quantity) for quantity in COSTS))
        seen: set[tuple[int, ...]] = set()
        for start in range(0, len(ranked), _SLICE):
            for index in ranked[start : start + _SLICE].tolist():
                costs = tuple(column[index] for column in columns)
                if costs not in seen:
                    seen.add(costs)
                    yield index

    def _find_smallest(self, too_large: Mapping[int, int], fitting: Sequence[Sequence[int]]) -> int | None:
        """Return the candidate with the smallest arena among those that rank above all that fit."""
        if not too_large:
            return None
        scores = self.pool.compute_scores(self.rank)
        best = max((scores[index] for index in chain.from_iterable(fitting)), default=None)
        higher = [index for index in too_large if best is None or scores[index] > best]
        return min(higher, key=too_large.__getitem__, default=None)

    def find_binding(self, configuration: Configuration) -> Limit | None:
        """Return the limit of which the smallest share is left; None if there is no limit."""
        shares = [(share, limit) for limit in self.limits if (share := limit.measure_share(configuration)) is not None]
        return max(shares, key=lambda pair: pair[0])[1] if shares else None

    def list_equal_resolutions(self, index: int, fits: NDArray[Any]) -> tuple[Resolution, ...]:
        """Return the other resolutions at which the same network costs the same and fits."""
        import numpy as np

        same = self.pool.list_resolutions(index)
        columns = [self.pool.get_column(quantity) for quantity in COSTS]
        equal = np.logical_and.reduce([column[same.start : same.stop] == column[index] for column in columns])
        indices: list[int] = (np.flatnonzero(equal) + same.start).tolist()
        return tuple(self.pool.select(other).resolution for other in indices if other != index and fits[other])

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
        if best:
            scores = self.pool.compute_scores(self.rank)
            indices = indices[scores[indices] > scores[best[0]]]
        shares = [limit.compute_shares(self.pool.get_column(limit.quantity)[indices]) for limit in self.limits]
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
                index = find_nearest(self.pool, self.rank, limit, None)
                yield limit, None if index is None else self.pool.select(index)

    def find_relief(self, limit: Limit, best: Sequence[int]) -> Relief:
        """Return what dropping one limit brings."""
        import numpy as np

        others = [kept for other, kept in self.kept.items() if other is not limit]
        candidates = np.flatnonzero(np.logical_and.reduce([~self.kept[limit], *others]))
        if not best:
            nearest = find_nearest(self.pool, self.rank, limit, candidates)
            return Relief(limit, None if nearest is None else self.select(nearest))
        scores = self.pool.compute_scores(self.rank)
        better = candidates[scores[candidates] > scores[best[0]]]
        if self.has_arena and limit.quantity != "memory":
            layout = self.lay_out([self.pool.sort(better, self.rank)], 1)
            first = layout.fitting
            if layout.gave_up:
                return Relief(limit, None, gave_up=True)
        else:
            top = better[scores[better] == scores[better].max()] if len(better) else better
            first = self.pool.sort(top, self.rank)[:1].tolist()
        return Relief(limit, self.select(first[0]) if first else None)

    def _describe_miss(self, index: int) -> Miss:
        configuration = self.select(index)
        broken = [
            limit for limit in self.limits if (excess := limit.measure_excess(configuration)) is None or excess > 0
        ]
        broken.sort(key=lambda limit: -(limit.measure_share(configuration) or 0))
        needs_memory = any(limit.quantity == "memory" for limit in broken)
        return Miss(configuration, tuple(broken), find_peak(configuration, self.rules).name if needs_memory else None)
