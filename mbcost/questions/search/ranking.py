"""Many configurations at once, as columns: their order and their Pareto front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.questions.search.configurations import Batch, Configuration
from mbcost.questions.search.pareto import find_pareto_front

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANKS: Mapping[str, int] = {"mult_adds": 1, "params": 1, "top1": 1, "memory": -1, "flash": -1}
"""What configurations are ranked by -> 1 if the largest comes first, -1 if the smallest does."""


@dataclass(frozen=True)
class Pool:
    """The configurations of some batches, one batch after the other, numbered from 0."""

    batches: tuple[Batch, ...]

    def __len__(self) -> int:
        return int(self._ends[-1])

    def get_column(self, quantity: str, phone: str = "") -> NDArray[Any]:
        """Return one quantity of every configuration; NaN if it is unknown.

        Values that int64 does not hold are in float64: they are so large that their last digits do not matter.

        Args:
            quantity: a count of `Configuration`, `top1`, or `latency`.
            phone: the phone whose latency it is.
        """
        import numpy as np

        if (quantity, phone) not in self._columns:
            column = np.concatenate([compute_column(batch, quantity, phone) for batch in self.batches])
            self._columns[quantity, phone] = column.astype(np.float64) if column.dtype == object else column
        return self._columns[quantity, phone]

    def select(self, index: int) -> Configuration:
        """Return one configuration."""
        batch, start = self._find_batch(index)
        return batch.select(*divmod(index - start, batch.shape[1]))

    def list_resolutions(self, index: int) -> range:
        """Return the indices of the same network at all its resolutions."""
        batch, start = self._find_batch(index)
        count = batch.shape[1]
        first = index - (index - start) % count
        return range(first, first + count)

    def compute_scores(self, rank: str) -> NDArray[Any]:
        """Return what configurations are ranked by, the highest first; NaN if it is unknown."""
        scores: NDArray[Any] = RANKS[rank] * self.get_column(rank)
        return scores

    def sort(self, indices: NDArray[Any], rank: str) -> NDArray[Any]:
        """Sort by rank, then more mult-adds, less memory and less flash; a released checkpoint precedes its equals.

        So if resolutions such as 223 and 224 cost the same, the checkpoint's resolution represents both.
        """
        import numpy as np

        keys = (
            np.isnan(self.get_column("top1")),
            self.get_column("flash"),
            self.get_column("memory"),
            -self.get_column("mult_adds"),
            -self.compute_scores(rank),
        )
        order: NDArray[Any] = indices[np.lexsort([key[indices] for key in keys])]
        return order

    def find_front(self, indices: NDArray[Any], rank: str) -> list[int]:
        """Return which of the indices are Pareto-optimal in rank, memory and flash, best rank first.

        If several are equal in all three, the first of them is returned.
        """
        scores = (self.compute_scores(rank), -self.get_column("memory"), -self.get_column("flash"))
        front: list[int] = indices[find_pareto_front(*(score[indices] for score in scores), equals=False)].tolist()
        return front

    def _find_batch(self, index: int) -> tuple[Batch, int]:
        """Return the batch of a configuration, and the index of its first one."""
        number = int(self._ends.searchsorted(index, "right"))
        return self.batches[number], int(self._ends[number - 1]) if number else 0

    @cached_property
    def _columns(self) -> dict[tuple[str, str], NDArray[Any]]:
        """The columns so far: joining the batches takes milliseconds, and an answer has many rows."""
        return {}

    @cached_property
    def _ends(self) -> NDArray[Any]:
        import numpy as np

        return np.cumsum([batch.shape[0] * batch.shape[1] for batch in self.batches])


def compute_column(batch: Batch, quantity: str, phone: str = "") -> NDArray[Any]:
    """Return one quantity of every configuration of a batch; NaN if it is unknown."""
    import numpy as np

    if quantity in ("top1", "latency"):
        published = np.full(batch.shape, np.nan)
        for indices, checkpoint in batch.checkpoints.items():
            value = checkpoint.top1 if quantity == "top1" else checkpoint.latency_ms.get(phone)
            published[indices] = np.nan if value is None else value
        return published.ravel()
    counts = getattr(batch, quantity)
    column: NDArray[Any] = np.broadcast_to(counts if counts.ndim == 2 else counts[:, None], batch.shape).ravel()
    return column
