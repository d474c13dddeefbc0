"""Many configurations at once, as columns: their order, and which of them nothing beats."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.questions.search.configurations import Batch, Configuration

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANKS: Mapping[str, int] = {"mult_adds": 1, "params": 1, "top1": 1, "memory": -1, "flash": -1}
"""What configurations are ranked by -> 1 where the largest comes first, -1 where the smallest does."""


@dataclass(frozen=True)
class Pool:
    """The configurations of some batches, one after the other; a place is a number from 0 on."""

    batches: tuple[Batch, ...]

    def __len__(self) -> int:
        return int(self._ends[-1])

    def column(self, quantity: str, phone: str = "") -> NDArray[Any]:
        """One quantity of every configuration: a field of `Configuration`, `top1`, or the `latency` on a phone.

        NaN is not known. What int64 does not hold is in float64: so large that nobody asks for its last digits.
        """
        import numpy as np

        if (quantity, phone) not in self._columns:
            found = np.concatenate([column_of(batch, quantity, phone) for batch in self.batches])
            self._columns[quantity, phone] = found.astype(np.float64) if found.dtype == object else found
        return self._columns[quantity, phone]

    def configuration(self, place: int) -> Configuration:
        """The one at a place."""
        batch, start = self._batch(place)
        return batch.configuration(*divmod(place - start, batch.shape[1]))

    def same_network(self, place: int) -> range:
        """The places of the network at a place, one a resolution."""
        batch, start = self._batch(place)
        sizes = batch.shape[1]
        first = place - (place - start) % sizes
        return range(first, first + sizes)

    def scores(self, rank: str) -> NDArray[Any]:
        """Higher comes first; NaN is not known."""
        found: NDArray[Any] = RANKS[rank] * self.column(rank)
        return found

    def order(self, places: NDArray[Any], rank: str) -> NDArray[Any]:
        """The places by rank; then more mult-adds, less memory, less flash first, and what was released.

        So of resolutions that cost the same, 223 and 224, the one of a checkpoint stands for all.
        """
        import numpy as np

        keys = (
            np.isnan(self.column("top1")),
            self.column("flash"),
            self.column("memory"),
            -self.column("mult_adds"),
            -self.scores(rank),
        )
        found: NDArray[Any] = places[np.lexsort([key[places] for key in keys])]
        return found

    def front(self, places: NDArray[Any], rank: str) -> list[int]:
        """Of places, those in order of rank of which none other ranks as high with as little memory and flash.

        Where several are alike in all three, it is the first of them.
        """
        import numpy as np

        columns = (self.scores(rank), self.column("memory"), self.column("flash"))
        ranked = places[np.lexsort([column[places] for column in (columns[2], columns[1], -columns[0])])]
        found = []
        # Of what has come so far, memory rising and flash falling, whatever nothing beats in both.
        memories: list[int] = []
        flashes: list[int] = []
        for place, score, memory, flash in zip(
            ranked.tolist(), *(column[ranked].tolist() for column in columns), strict=True
        ):
            if score != score:  # not known
                break
            before = bisect_right(memories, memory)
            if before and flashes[before - 1] <= flash:
                continue
            found.append(place)
            start = end = bisect_left(memories, memory)
            while end < len(flashes) and flashes[end] >= flash:
                end += 1
            memories[start:end], flashes[start:end] = [memory], [flash]
        return found

    def _batch(self, place: int) -> tuple[Batch, int]:
        """The batch that a place is in, and where that starts."""
        number = int(self._ends.searchsorted(place, "right"))
        return self.batches[number], int(self._ends[number - 1]) if number else 0

    @cached_property
    def _columns(self) -> dict[tuple[str, str], NDArray[Any]]:
        """Those that were asked for: joining the batches takes milliseconds, and an answer has many rows."""
        return {}

    @cached_property
    def _ends(self) -> NDArray[Any]:
        import numpy as np

        return np.cumsum([batch.shape[0] * batch.shape[1] for batch in self.batches])


def column_of(batch: Batch, quantity: str, phone: str = "") -> NDArray[Any]:
    """One quantity of every configuration of a batch; NaN is not known."""
    import numpy as np

    if quantity in ("top1", "latency"):
        found = np.full(batch.shape, np.nan)
        for place, checkpoint in batch.released.items():
            value = checkpoint.top1 if quantity == "top1" else checkpoint.latency_ms.get(phone)
            found[place] = np.nan if value is None else value
        return found.ravel()
    values = getattr(batch, quantity)
    whole: NDArray[Any] = np.broadcast_to(values if values.ndim == 2 else values[:, None], batch.shape).ravel()
    return whole
