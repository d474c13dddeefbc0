"""The configurations of a search as one pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.search.configurations import CostSheet, CountingRules
from mbcost.questions.search.estimates import Estimator
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.ranking import Pool, join_pools, make_pool
from mbcost.questions.search.series import Resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.configurations import Batch

BATCH_SIZE = 2**18
"""The number of configurations that are computed together, in some hundred megabytes."""


def gather(
    sheets: Iterable[CostSheet], resolutions: Iterable[Sequence[Resolution]], estimator: Estimator
) -> tuple[Pool, CountingRules]:
    """Return all configurations with their estimates, and the counting rules, which all sheets share.

    Raises:
        MbcostError: every resolution leaves an empty map.
    """
    rules: CountingRules | None = None
    pools: list[Pool] = []
    for sheet, sizes in zip(sheets, resolutions, strict=True):
        rules = sheet.rules
        pools += [make_pool(batch, estimator.estimate(batch)) for batch in _list_batches(sheet, sizes)]
    if rules is None or not pools:
        raise MbcostError("every network has an empty feature map at each resolution: use larger resolutions")
    return join_pools(pools), rules


def _list_batches(sheet: CostSheet, resolutions: Sequence[Resolution]) -> Iterator[Batch]:
    possible = sheet.filter_resolutions(resolutions)
    step = max(1, BATCH_SIZE // max(1, len(possible)))
    for start in range(0, len(sheet.plateaus) if possible else 0, step):
        yield sheet.compute_batch(slice(start, start + step), possible)


def find_nearest(pool: Pool, rank: str, limit: Limit, indices: NDArray[Any] | None) -> int | None:
    """Return the configuration that is nearest to a limit, among `indices` or all; None if none is known."""
    import numpy as np

    keys = pool.get_keys(limit.quantity) * (-1 if limit.at_least else 1)
    indices = np.arange(len(keys)) if indices is None else indices
    indices = indices[~np.isnan(keys[indices])]
    if not len(indices):
        return None
    nearest = indices[keys[indices] == keys[indices].min()]
    return int(pool.sort(nearest, rank)[0])
