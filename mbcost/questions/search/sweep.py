"""What do networks cost over alpha and resolution, configuration by configuration?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mbcost.analytic.memory.arena import measure_extent, plan_arena
from mbcost.errors import MbcostError, unknown
from mbcost.questions.search.configurations import Batch, Configuration, Resolution, Sheet
from mbcost.questions.search.ranking import column_of
from mbcost.spec.dtype import dtype_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 2**16
"""Configurations in a batch, unless one alpha has more resolutions."""
ARENAS = 2**8
"""The same where an arena has to be laid out for each, which takes some milliseconds."""
BETTER: Mapping[str, int] = {"mult_adds": -1, "params": -1, "memory": -1, "flash": -1, "top1": 1}
"""What configurations are compared by -> 1 where more of it is better, -1 where less is."""


@dataclass(frozen=True)
class Aim:
    """A quantity, and whether more (1) or less (-1) of it is better."""

    quantity: str
    sign: int


def parse_aims(text: str) -> tuple[Aim, Aim]:
    """`X,Y`: two quantities; a `+` before one says that more of it is better, a `-` that less is.

    Raises:
        MbcostError: there are not two, or one is unknown.

    >>> parse_aims("memory,+mult-adds")
    (Aim(quantity='memory', sign=-1), Aim(quantity='mult_adds', sign=1))
    """
    aims = []
    for word in text.split(","):
        name = word.strip().lstrip("+-")
        key = name.replace("-", "_")
        if key not in BETTER:
            raise unknown("quantity", name, (each.replace("_", "-") for each in BETTER))
        aims.append(Aim(key, {"+": 1, "-": -1}.get(word.strip()[:1], BETTER[key])))
    if len(aims) != 2 or aims[0].quantity == aims[1].quantity:
        raise MbcostError(f"pareto is '{text}': write two quantities, such as mult-adds,top1 or memory,+mult-adds")
    return aims[0], aims[1]


def sweep(sheets: Iterable[Sheet], resolutions: Sequence[Sequence[Resolution]]) -> Iterator[Batch]:
    """Every configuration of every sheet, at its own resolutions: alphas in order, resolutions fastest.

    Raises:
        MbcostError: a map is empty.
    """
    for sheet, sizes in zip(sheets, resolutions, strict=True):
        placed = sheet.ways.allocator == "arena"
        step = max(1, (ARENAS if placed else ROWS) // len(sizes))
        for start in range(0, len(sheet.plateaus), step):
            batch = sheet.batch(slice(start, start + step), sizes)
            yield _laid_out(batch, dtype_of(sheet.ways.dtype).value) if placed else batch


def _laid_out(batch: Batch, size: int) -> Batch:
    """The batch with the arena of every configuration, laid out one by one, in the place of its lower bound."""
    import numpy as np

    sizes = [measure_extent(plan_arena(each.network, size)) for each in batch.configurations()]
    return replace(batch, memory=np.array(sizes).reshape(batch.shape))


def front(batches: Iterable[Batch], aims: tuple[Aim, Aim]) -> tuple[Configuration, ...]:
    """The configurations of which none other is better in one aim and as good in the other, the best in the first one
    first. One of which either is not known is none of them.
    """
    import numpy as np

    kept: list[Configuration] = []
    scores: list[tuple[Any, Any]] = []
    for batch in batches:
        first, second = (_scores(batch, aim) for aim in aims)
        for place in _undominated(first, second):
            alpha, resolution = divmod(int(place), batch.shape[1])
            kept.append(batch.configuration(alpha, resolution))
            scores.append((first[place], second[place]))
        if kept:
            left = _undominated(*(np.array(each) for each in zip(*scores, strict=True))).tolist()
            kept, scores = [kept[place] for place in left], [scores[place] for place in left]
    return tuple(kept)


def _undominated(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """The places of the points of which no other is higher in one and as high in the other, the first one falling."""
    import numpy as np

    known = np.flatnonzero(~(np.isnan(first) | np.isnan(second)))
    order = known[np.lexsort((-second[known], -first[known]))]
    if not len(order):
        return order
    one, other = first[order], second[order]
    # Of equal points none is better, and the first of them says whether they stay.
    starts = np.concatenate([[True], (one[1:] != one[:-1]) | (other[1:] != other[:-1])])
    best_before = np.concatenate([[-np.inf], np.maximum.accumulate(other)[:-1]])
    stays = starts & (other > best_before)
    chosen: NDArray[Any] = order[stays[starts][np.cumsum(starts) - 1]]
    return chosen


def _scores(batch: Batch, aim: Aim) -> NDArray[Any]:
    """[alphas x resolutions]: higher is better, NaN is not known."""
    column = column_of(batch, aim.quantity)
    # What int64 does not hold is compared in float64: so large that nobody asks for its last digits.
    scores: NDArray[Any] = aim.sign * (column.astype(float) if column.dtype == object else column)
    return scores
