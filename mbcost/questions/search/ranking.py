"""Many configurations at once, as columns: their order and their Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.questions.search.configurations import Batch, Configuration, Near, Resolution, Series
from mbcost.questions.search.pareto import find_pareto_front, rank_exactly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.analytic.many.plateaus import Span
    from mbcost.spec.catalogue.checkpoints import Checkpoint

RANKS: Mapping[str, int] = {"mult_adds": 1, "params": 1, "top1": 1, "memory": -1, "flash": -1}
"""What configurations are ranked by -> 1 if the largest comes first, -1 if the smallest does."""
COSTS = ("mult_adds", "params", "memory", "flash")


@dataclass(frozen=True)
class Pool:
    """Configurations, numbered from 0, as columns; those of one network follow each other."""

    networks: tuple[tuple[Series, Span, Near], ...]
    resolutions: tuple[Resolution, ...]
    network: NDArray[Any]
    """The index of each configuration's network, in rising order."""
    resolution: NDArray[Any]
    """The index of its resolution."""
    counts: Mapping[str, NDArray[Any]]
    """The exact columns of `COSTS`, in int64 or in Python's integers."""
    checkpoints: Mapping[int, Checkpoint]

    def __len__(self) -> int:
        return len(self.network)

    def get_column(self, quantity: str, phone: str = "") -> NDArray[Any]:
        """Return one quantity of every configuration: exact integers, or float64 with NaN if it is unknown.

        Args:
            quantity: a count of `Configuration`, `top1`, or `latency`.
            phone: the phone whose latency it is.
        """
        import numpy as np

        if quantity in self.counts:
            return self.counts[quantity]
        if (quantity, phone) not in self._columns:
            column = np.full(len(self), np.nan)
            for index, checkpoint in self.checkpoints.items():
                value = checkpoint.top1 if quantity == "top1" else checkpoint.latency_ms.get(phone)
                column[index] = np.nan if value is None else value
            self._columns[quantity, phone] = column
        return self._columns[quantity, phone]

    def get_keys(self, quantity: str, phone: str = "") -> NDArray[Any]:
        """Return numbers in the order of a column that NumPy compares fast: the column, or ranks of large integers."""
        column = self.get_column(quantity, phone)
        if column.dtype != object:
            return column
        if ("key", quantity) not in self._columns:
            self._columns["key", quantity] = rank_exactly(column)
        return self._columns["key", quantity]

    def select(self, index: int) -> Configuration:
        """Return one configuration."""
        series, span, _ = self.networks[int(self.network[index])]
        counts = {quantity: int(column[index]) for quantity, column in self.counts.items()}
        resolution = self.resolutions[int(self.resolution[index])]
        return Configuration(series, span, resolution, checkpoint=self.checkpoints.get(int(index)), **counts)

    def list_resolutions(self, index: int) -> range:
        """Return the indices of the same network at all its resolutions."""
        network = self.network[index]
        return range(int(self.network.searchsorted(network)), int(self.network.searchsorted(network, "right")))

    def take(self, indices: NDArray[Any]) -> Pool:
        """Return a pool of some of the configurations, which are given in rising order."""
        import numpy as np

        used, network = np.unique(self.network[indices], return_inverse=True)
        checkpoints = np.array(sorted(self.checkpoints), dtype=int)
        checkpoints = checkpoints[np.isin(checkpoints, indices)]
        positions = indices.searchsorted(checkpoints).tolist()
        return Pool(
            tuple(self.networks[index] for index in used.tolist()),
            self.resolutions,
            network.astype(np.int32),
            self.resolution[indices],
            {quantity: column[indices] for quantity, column in self.counts.items()},
            {new: self.checkpoints[old] for new, old in zip(positions, checkpoints.tolist(), strict=True)},
        )

    def compute_scores(self, rank: str) -> NDArray[Any]:
        """Return what configurations are ranked by, the highest first; NaN if it is unknown."""
        scores: NDArray[Any] = RANKS[rank] * self.get_keys(rank)
        return scores

    def sort(self, indices: NDArray[Any], rank: str) -> NDArray[Any]:
        """Sort by rank, then more mult-adds, less memory and less flash; a released checkpoint precedes its equals.

        So if resolutions such as 223 and 224 cost the same, the checkpoint's resolution represents both.
        """
        import numpy as np

        keys = (
            np.isnan(self.get_column("top1")),
            self.get_keys("flash"),
            self.get_keys("memory"),
            -self.get_keys("mult_adds"),
            -self.compute_scores(rank),
        )
        order: NDArray[Any] = indices[np.lexsort([key[indices] for key in keys])]
        return order

    def find_front(self, indices: NDArray[Any], rank: str) -> list[int]:
        """Return which of the indices are Pareto-optimal in rank, memory and flash, best rank first.

        If several are equal in all three, the first of them is returned.
        """
        scores = (self.compute_scores(rank), -self.get_keys("memory"), -self.get_keys("flash"))
        front: list[int] = indices[find_pareto_front(*(score[indices] for score in scores), equals=False)].tolist()
        return front

    @cached_property
    def _columns(self) -> dict[tuple[str, str], NDArray[Any]]:
        """Computed columns: an answer has many rows, and needs each of them many times."""
        return {}


def make_pool(batch: Batch) -> Pool:
    """Return the configurations of a batch; the resolution changes fastest."""
    import numpy as np

    alphas, resolutions = batch.shape
    return Pool(
        tuple((batch.series, span, batch.near) for span in batch.plateaus),
        batch.resolutions,
        np.repeat(np.arange(alphas, dtype=np.int32), resolutions),
        np.tile(np.arange(resolutions, dtype=np.int32), alphas),
        {quantity: compute_column(batch, quantity) for quantity in COSTS},
        {alpha * resolutions + size: checkpoint for (alpha, size), checkpoint in batch.checkpoints.items()},
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
    )


def compute_column(batch: Batch, quantity: str) -> NDArray[Any]:
    """Return one quantity of every configuration of a batch; NaN if an accuracy is unknown."""
    import numpy as np

    if quantity == "top1":
        published = np.full(batch.shape, np.nan)
        for indices, checkpoint in batch.checkpoints.items():
            published[indices] = checkpoint.top1
        return published.ravel()
    counts = getattr(batch, quantity)
    column: NDArray[Any] = np.broadcast_to(counts if counts.ndim == 2 else counts[:, None], batch.shape).ravel()
    return column
