"""Near-twins: configurations of one network that differ so little that a list for people needs only one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mbcost.questions.search.ranking import COSTS, Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.configurations import Near

PERCENT = 10
"""Near-twins differ by less than this in alpha, rounded to hundredths, in height and in width."""
_SLICE = 2**12
"""The number of candidates that become Python's integers at a time."""


@dataclass(frozen=True)
class Shortlist:
    """The configurations of a pool that an answer lists; the next ones have to differ from them."""

    pool: Pool
    hidden: NDArray[Any]
    """Whether a configuration is a near-twin of one that is listed."""
    _listed: set[tuple[int | float, ...]] = field(default_factory=set)
    """The network and the costs of what is listed."""

    @classmethod
    def start(cls, pool: Pool) -> Shortlist:
        """Return a list without configurations."""
        import numpy as np

        return cls(pool, np.zeros(len(pool), dtype=bool))

    def iterate(self, ranked: NDArray[Any]) -> Iterator[int]:
        """Yield candidates in order, without near-twins of what is listed meanwhile; released checkpoints never are.

        Of resolutions at which a network costs the same, only the first is yielded.
        """
        seen: set[tuple[int | float, ...]] = set()
        for start in range(0, len(ranked), _SLICE):
            part = ranked[start : start + _SLICE]
            for index in part[~self.hidden[part]].tolist():
                if self.hidden[index]:
                    continue
                costs = self._read_costs(index)
                if costs in self._listed:
                    self._hide_twins(index)
                elif costs not in seen:
                    seen.add(costs)
                    yield index

    def add(self, index: int) -> None:
        """List a configuration, which hides its near-twins."""
        self._listed.add(self._read_costs(index))
        self._hide_twins(index)

    def take(self, ranked: NDArray[Any], most: int) -> list[int]:
        """List the first `most` candidates, and return them."""
        listed: list[int] = []
        for index in self.iterate(ranked):
            self.add(index)
            listed.append(index)
            if len(listed) == most:
                break
        return listed

    def _read_costs(self, index: int) -> tuple[int | float, ...]:
        return tuple(column[index] for column in self._columns)

    def _hide_twins(self, index: int) -> None:
        import numpy as np

        pool, network, size = self.pool, int(self.pool.network[index]), int(self.pool.resolution[index])
        near = pool.networks[network][2]
        if not (near.alpha or near.resolution):
            return
        are_near = self._find_networks(network, near)
        networks, sizes = np.flatnonzero(are_near), self._find_sizes(size, near)
        first, last = pool.network.searchsorted(networks[0]), pool.network.searchsorted(networks[-1], "right")
        self.hidden[first:last] |= are_near[pool.network[first:last]] & sizes[pool.resolution[first:last]]
        self.hidden[[index, *pool.checkpoints]] = False

    def _find_networks(self, network: int, near: Near) -> NDArray[Any]:
        import numpy as np

        if not near.alpha:
            return np.asarray(np.arange(len(self.pool.networks)) == network)
        series, hundredths = self._networks
        is_near: NDArray[Any] = (series == series[network]) & _is_near(hundredths, hundredths[network])
        return is_near

    def _find_sizes(self, size: int, near: Near) -> NDArray[Any]:
        import numpy as np

        if not near.resolution:
            return np.asarray(np.arange(len(self.pool.resolutions)) == size)
        return np.asarray(_is_near(self._sizes, self._sizes[size]).all(axis=1))

    @cached_property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.pool.network, *(self.pool.get_column(quantity) for quantity in COSTS)

    @cached_property
    def _networks(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return number_series(self.pool), count_hundredths(self.pool)

    @cached_property
    def _sizes(self) -> NDArray[Any]:
        import numpy as np

        return np.array(self.pool.resolutions, dtype=object if max(map(max, self.pool.resolutions)) > 2**53 else None)


def thin(pool: Pool, ranked: NDArray[Any]) -> NDArray[Any]:
    """Return the candidates without those that are hidden whenever another one is, or by it.

    These have the same series, the same alpha in hundredths and the same resolution as one that precedes them. All
    candidates are of networks whose alpha can be near.
    """
    import numpy as np

    alphas = np.stack([number_series(pool), count_hundredths(pool)])
    cells = np.unique(alphas, axis=1, return_inverse=True)[1].ravel()
    keys = cells[pool.network[ranked]].astype(np.int64) * len(pool.resolutions) + pool.resolution[ranked]
    is_first = np.zeros(len(ranked), dtype=bool)
    is_first[np.unique(keys, return_index=True)[1]] = True
    thinned: NDArray[Any] = ranked[is_first | np.isin(ranked, sorted(pool.checkpoints))]
    return thinned


def number_series(pool: Pool) -> NDArray[Any]:
    """Return for every network a number that consecutive networks of the same series share."""
    import numpy as np

    series = [series for series, _, _ in pool.networks]
    changes = [one is not other and one != other for one, other in pairwise(series)]
    return np.cumsum([0, *changes])


def count_hundredths(pool: Pool) -> NDArray[Any]:
    """Return the alpha of every network in hundredths."""
    import numpy as np

    return np.rint([100 * span.alpha for _, span, _ in pool.networks]).astype(np.int64)


def _is_near(values: NDArray[Any], value: Any) -> NDArray[Any]:
    """Return which values are equal to `value`, or differ by less than `PERCENT` of the larger of the two."""
    import numpy as np

    return np.asarray((values == value) | (100 * abs(values - value) < PERCENT * np.maximum(values, value)), dtype=bool)
