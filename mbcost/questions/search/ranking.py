"""Many configurations at once, as columns: their order and their Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.questions.search.configurations import Batch, Configuration, Estimated
from mbcost.questions.search.pareto import find_pareto_front, rank_exactly
from mbcost.questions.search.series import Resolution, Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.analytic.many.plateaus import Span
    from mbcost.spec.catalogue.checkpoints import Checkpoint

RANKS: Mapping[str, int] = {"top1": 1, "mult_adds": 1, "params": 1, "memory": -1, "flash": -1, "latency": -1}
"""What configurations are ranked by -> 1 if the largest comes first, -1 if the smallest does."""
COSTS = ("mult_adds", "params", "memory", "flash")
NAMES: Mapping[str, str] = {"latency": "milliseconds"}
"""A quantity -> the name of its column, where the two differ."""


@dataclass(frozen=True)
class Pool:
    """Configurations, numbered from 0, as columns; those of one network follow each other."""

    networks: tuple[tuple[Series, Span, int], ...]
    """Each with the number of its request."""
    resolutions: tuple[Resolution, ...]
    network: NDArray[Any]
    """The index of each configuration's network, in rising order."""
    resolution: NDArray[Any]
    """The index of its resolution."""
    counts: Mapping[str, NDArray[Any]]
    """The exact columns of `COSTS`, in int64 or in Python's integers."""
    checkpoints: Mapping[int, Checkpoint]
    estimates: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Columns of `Estimated`, float64 with NaN for what is not known."""

    def __len__(self) -> int:
        return len(self.network)

    def get_column(self, quantity: str) -> NDArray[Any]:
        """Return one quantity of every configuration: exact integers, or float64 with NaN if it is unknown.

        Args:
            quantity: a count of `Configuration`, a name of `Estimated`, or `latency`.
        """
        name = NAMES.get(quantity, quantity)
        return self.counts[name] if name in self.counts else self.estimates[name]

    def get_keys(self, quantity: str) -> NDArray[Any]:
        """Return numbers in the order of a column that NumPy compares fast: the column, or ranks of large integers."""
        column = self.get_column(quantity)
        if column.dtype != object:
            return column
        if quantity not in self._keys:
            self._keys[quantity] = rank_exactly(column)
        return self._keys[quantity]

    def select(self, index: int) -> Configuration:
        """Return one configuration."""
        series, span, _ = self.networks[int(self.network[index])]
        counts = {quantity: int(column[index]) for quantity, column in self.counts.items()}
        resolution = self.resolutions[int(self.resolution[index])]
        known = Estimated.from_columns(self.estimates, index)
        checkpoint = self.checkpoints.get(int(index))
        return Configuration(series, span, resolution, checkpoint=checkpoint, estimated=known, **counts)

    def list_resolutions(self, index: int) -> range:
        """Return the indices of the same network at all its resolutions."""
        network = self.network[index]
        return range(int(self.network.searchsorted(network)), int(self.network.searchsorted(network, "right")))

    def compute_scores(self, rank: str) -> NDArray[Any]:
        """Return what configurations are ranked by, the highest first.

        Without an estimated accuracy, a configuration has a score below 0, the higher the more mult-adds it has.
        """
        import numpy as np

        keys = self.get_keys(rank)
        if rank != "top1":
            return np.asarray(RANKS[rank] * keys)
        mult_adds = self.get_keys("mult_adds").astype(np.float64)
        return np.asarray(np.where(np.isnan(keys), mult_adds / (1 + mult_adds.max(initial=0)) - 1, keys))

    def sort(self, indices: NDArray[Any], rank: str, first: NDArray[Any] | None = None) -> NDArray[Any]:
        """Sort by rank, then more mult-adds, less memory and less flash; a released checkpoint precedes its equals.

        So if resolutions such as 223 and 224 cost the same, the checkpoint's resolution represents both.

        Args:
            indices: the configurations to sort.
            rank: a key of `RANKS`.
            first: for every configuration whether it precedes the others in spite of its rank; None if none does.
        """
        import numpy as np

        is_released = np.zeros(len(self), dtype=bool)
        is_released[list(self.checkpoints)] = True
        keys = (
            ~is_released,
            self.get_keys("flash"),
            self.get_keys("memory"),
            -self.get_keys("mult_adds"),
            -self.compute_scores(rank),
            np.zeros(len(self)) if first is None else ~first,
        )
        order: NDArray[Any] = indices[np.lexsort([key[indices] for key in keys])]
        return order

    def find_front(self, indices: NDArray[Any]) -> list[int]:
        """Return which of the indices are Pareto-optimal in `list_aims`, best accuracy first.

        If several are equal in all of them, the first of them is returned.
        """
        scores = [score[indices] for score in self.list_aims(indices)]
        front: list[int] = indices[find_pareto_front(*scores, equals=False)].tolist()
        return front

    def is_optimal(self, index: int, indices: NDArray[Any]) -> bool:
        """Return whether a configuration is Pareto-optimal in `list_aims` among the indices, of which it is one."""
        import numpy as np

        scores = self.list_aims(indices)
        if any(np.isnan(score[index]) for score in scores):
            return False
        at_least = np.logical_and.reduce([score[indices] >= score[index] for score in scores])
        better = np.logical_or.reduce([score[indices] > score[index] for score in scores])
        return not bool((at_least & better).any())

    def list_aims(self, indices: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Return the scores of the Pareto front, the higher the better: accuracy, latency, memory and flash.

        If the accuracy of none of the indices is known, mult-adds stand for it.
        """
        import numpy as np

        top1 = self.get_keys("top1")
        first = self.get_keys("mult_adds") if np.isnan(top1[indices]).all() else top1
        latency = [-self.get_keys("latency")] if "milliseconds" in self.estimates else []
        return (first, *latency, -self.get_keys("memory"), -self.get_keys("flash"))

    @cached_property
    def _keys(self) -> dict[str, NDArray[Any]]:
        """The ranks of large integers that are computed so far."""
        return {}


def make_pool(batch: Batch, estimates: Mapping[str, NDArray[Any]]) -> Pool:
    """Return the configurations of a batch with their estimates; the resolution changes fastest."""
    import numpy as np

    alphas, resolutions = batch.shape
    return Pool(
        tuple((batch.series, span, batch.group) for span in batch.plateaus),
        batch.resolutions,
        np.repeat(np.arange(alphas, dtype=np.int32), resolutions),
        np.tile(np.arange(resolutions, dtype=np.int32), alphas),
        {quantity: compute_column(batch, quantity) for quantity in COSTS},
        {alpha * resolutions + size: checkpoint for (alpha, size), checkpoint in batch.checkpoints.items()},
        estimates,
    )


def join_pools(pools: Sequence[Pool]) -> Pool:
    """Return the configurations of pools that have no network in common, one pool after the other."""
    import numpy as np

    if len(pools) == 1:
        return pools[0]
    resolutions = {resolution: index for index, resolution in enumerate(dict.fromkeys(
        resolution for pool in pools for resolution in pool.resolutions
    ))}  # fmt: skip
    first_networks = np.cumsum([0, *(len(pool.networks) for pool in pools)]).tolist()
    starts = np.cumsum([0, *map(len, pools)]).tolist()
    translations = [np.array([resolutions[size] for size in pool.resolutions], dtype=np.int32) for pool in pools]
    return Pool(
        tuple(network for pool in pools for network in pool.networks),
        tuple(resolutions),
        np.concatenate([pool.network + np.int32(first) for first, pool in zip(first_networks, pools, strict=False)]),
        np.concatenate([table[pool.resolution] for table, pool in zip(translations, pools, strict=True)]),
        {quantity: np.concatenate([pool.counts[quantity] for pool in pools]) for quantity in COSTS},
        {
            start + index: checkpoint
            for start, pool in zip(starts, pools, strict=False)
            for index, checkpoint in pool.checkpoints.items()
        },
        {name: np.concatenate([pool.estimates[name] for pool in pools]) for name in pools[0].estimates},
    )


def compute_column(batch: Batch, quantity: str) -> NDArray[Any]:
    """Return one quantity of every configuration of a batch; NaN if an accuracy or a latency is unknown."""
    import numpy as np

    if quantity == "top1":
        published = np.full(batch.shape, np.nan)
        for indices, checkpoint in batch.checkpoints.items():
            published[indices] = checkpoint.top1
        return published.ravel()
    if quantity == "latency":
        return batch.estimates[NAMES[quantity]] if batch.estimates else np.full(batch.mult_adds.size, np.nan)
    counts = getattr(batch, quantity)
    column: NDArray[Any] = np.broadcast_to(counts if counts.ndim == 2 else counts[:, None], batch.shape).ravel()
    return column
