"""Measurements that do not agree with the others of their device."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

from mbcost.questions.latency.rates import Sample, Structure, fit_rates, leave_each_out, take_logarithm

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_TO_JUDGE = 6
"""Fewer measurements cannot tell which of them is wrong."""
LARGEST_SHARE = 0.2
"""At most this share of the measurements is called wrong."""
LEAST_RATIO = log(1.3)
"""A smaller disagreement is never called a mistake."""
LEAST_MULTIPLE = 3.5
"""How many standard deviations of the other errors a disagreement must be: Iglewicz and Hoaglin, "How to detect and
handle outliers", 1993."""
LEAST_ERROR = 0.02
"""The standard deviation of the other errors, at least."""
NORMAL = 1.4826
"""The standard deviation of a normal distribution, as a multiple of the median of its absolute values."""


def find_outliers(sample: Sample, structure: Structure) -> NDArray[Any]:
    """Return which measurements do not agree with the others, [networks].

    One measurement that is wrong spoils the fit for all, so each is judged by a fit without it, against the errors that
    this fit makes for the others when these are left out as well. The one that stands out most is set aside, and the
    rest is judged again.
    """
    import numpy as np

    size = len(sample)
    work = sample.relative_work(structure)
    used = np.ones(size, dtype=bool)
    most = int(LARGEST_SHARE * size) if size >= LEAST_TO_JUDGE else 0
    for _ in range(most):
        judged = _judge(work, used, sample)
        worst = int(judged.argmax())
        if judged[worst] < 1:
            break
        used[worst] = False
    return ~used


def _judge(work: NDArray[Any], used: NDArray[Any], sample: Sample) -> NDArray[Any]:
    """Return by how many times each measurement exceeds what is tolerated; 0 for those that are set aside."""
    import numpy as np

    size = len(used)
    identity = np.eye(size, dtype=bool)
    own = np.abs(take_logarithm((fit_rates(work, leave_each_out(used), sample.prior) * work).sum(axis=1)))
    judged: NDArray[Any] = np.zeros(size)
    doubtful = np.flatnonzero(used & (own >= LEAST_RATIO))  # the others are never called a mistake
    if not len(doubtful):
        return judged
    pairs = used & ~identity[doubtful, None, :] & ~identity[None, :, :]
    rates = fit_rates(work, pairs.reshape(-1, size), sample.prior).reshape(len(doubtful), size, -1)
    errors = np.abs(take_logarithm(np.einsum("ijk,jk->ij", rates, work)))
    others = np.where(used & ~identity[doubtful], errors, np.nan)
    deviations = np.maximum(np.nanmedian(others, axis=1) * NORMAL, LEAST_ERROR)
    judged[doubtful] = np.minimum(own[doubtful] / LEAST_RATIO, own[doubtful] / (LEAST_MULTIPLE * deviations))
    return judged
