"""How wrong many predictions are, in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Errors:
    """Relative errors of predictions, |predicted / measured - 1|."""

    mean: float
    p90: float
    """Nine of ten errors are at most this large."""
    worst: float
    within_10: float
    """The share of errors of at most 10 percent."""


def summarize_errors(ratios: NDArray[Any] | Sequence[float]) -> Errors:
    """Return the errors of predictions, given as multiples of the measured times."""
    import numpy as np

    errors = np.sort(np.abs(np.asarray(ratios) - 1))
    return Errors(
        float(errors.mean()),
        float(errors[ceil(0.9 * len(errors)) - 1]),
        float(errors[-1]),
        float((errors <= 0.1).mean()),
    )
