"""What do networks cost at many alphas and resolutions?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mbcost.analytic.many.exact import make_integers
from mbcost.analytic.memory.arena import measure_extent, plan_arena
from mbcost.errors import MbcostError, choose
from mbcost.questions.search.configurations import Batch, Configuration, CostSheet
from mbcost.questions.search.pareto import find_pareto_front
from mbcost.questions.search.ranking import compute_column
from mbcost.questions.search.series import Resolution
from mbcost.spec.dtype import dtype_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_SIZE = 2**16
"""The number of configurations in a batch, unless one alpha has more resolutions."""
ARENA_BATCH_SIZE = 2**8
"""The same if the arena of each is laid out, which takes some milliseconds."""
BETTER: Mapping[str, int] = {"mult_adds": -1, "params": -1, "memory": -1, "flash": -1, "top1": 1, "latency": -1}
"""What configurations are compared in -> 1 if more of it is better, -1 if less is."""


@dataclass(frozen=True)
class Aim:
    """A quantity, and whether more (1) or less (-1) of it is better."""

    quantity: str
    sign: int


def parse_aims(text: str, *, with_latency: bool = False) -> tuple[Aim, Aim]:
    """Read `X,Y`, two quantities. After a `+` more of it is better, after a `-` less.

    Args:
        text: the quantities.
        with_latency: whether the latency is estimated.

    Raises:
        MbcostError: there are not two different quantities, or one is unknown.

    >>> parse_aims("memory,+mult-adds")
    (Aim(quantity='memory', sign=-1), Aim(quantity='mult_adds', sign=1))
    """
    aims = []
    for word in text.split(","):
        name = word.strip().lstrip("+-")
        key = choose("quantity", name, (quantity.replace("_", "-") for quantity in BETTER)).replace("-", "_")
        aims.append(Aim(key, {"+": 1, "-": -1}.get(word.strip()[:1], BETTER[key])))
    if len(aims) != 2 or aims[0].quantity == aims[1].quantity:
        raise MbcostError(f"pareto is '{text}': write two quantities, such as mult-adds,top1 or memory,+mult-adds")
    if not with_latency and any(aim.quantity == "latency" for aim in aims):
        raise MbcostError(
            f"pareto is '{text}', and a latency needs --device: name a measured device such as pixel1-tflite, or the "
            "file of your measurements"
        )
    return aims[0], aims[1]


def sweep(sheets: Iterable[CostSheet], resolutions: Iterable[Sequence[Resolution]]) -> Iterator[Batch]:
    """Yield the configurations of every sheet at its resolutions; the resolution changes fastest, then alpha.

    Raises:
        MbcostError: a feature map is empty.
    """
    for sheet, sizes in zip(sheets, resolutions, strict=True):
        has_arena = sheet.rules.allocator == "arena"
        step = max(1, (ARENA_BATCH_SIZE if has_arena else BATCH_SIZE) // len(sizes))
        for start in range(0, len(sheet.plateaus), step):
            batch = sheet.compute_batch(slice(start, start + step), sizes)
            yield _lay_out_arenas(batch, dtype_of(sheet.rules.dtype).value) if has_arena else batch


def _lay_out_arenas(batch: Batch, size: int) -> Batch:
    """Replace the lower bound of the memory by the size of each configuration's arena."""
    arenas = [measure_extent(plan_arena(point.network, size)) for point in batch.list_configurations()]
    return replace(batch, memory=make_integers(arenas).reshape(batch.shape))


def find_front(batches: Iterable[Batch], aims: tuple[Aim, Aim], most: int | None = None) -> tuple[Configuration, ...]:
    """Return the configurations that are Pareto-optimal in two aims, those that are best in the first aim first.

    A configuration with an unknown quantity is not among them.

    Args:
        batches: all configurations.
        aims: what is compared.
        most: the most configurations that the front of any part of the batches may have; None if it may have all.

    Raises:
        MbcostError: a front has more.
    """
    import numpy as np

    front: list[Configuration] = []
    scores: list[NDArray[Any]] = [np.zeros(0, dtype=np.int64)] * 2
    for batch in batches:
        columns = [_compute_scores(batch, aim) for aim in aims]
        indices = find_pareto_front(*columns)
        known = len(front)
        scores = [np.concatenate([score, column[indices]]) for score, column in zip(scores, columns, strict=True)]
        optimal = find_pareto_front(*scores)
        if most is not None and len(optimal) > most:
            raise MbcostError(
                f"more than {most:,} configurations are Pareto-optimal: use larger steps or other quantities, or add "
                "--force to exceed the limit"
            )
        front = [
            front[index] if index < known else batch.select(*divmod(int(indices[index - known]), batch.shape[1]))
            for index in optimal.tolist()
        ]
        scores = [score[optimal] for score in scores]
    return tuple(front)


def _compute_scores(batch: Batch, aim: Aim) -> NDArray[Any]:
    """Return a score of every configuration of a batch, the higher the better; NaN if it is unknown."""
    scores: NDArray[Any] = aim.sign * compute_column(batch, aim.quantity)
    return scores
