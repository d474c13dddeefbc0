"""How wrong many predictions are, in a few numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, fsum


@dataclass(frozen=True)
class Errors:
    """Relative errors of predictions, |predicted / measured - 1|."""

    mean: float
    p90: float
    """Nine of ten errors are at most this large."""
    worst: float
    within_10: float
    """The share of errors of at most 10 percent."""


def summarize_errors(ratios: Iterable[float]) -> Errors:
    """Return the errors of one or more predictions, given as multiples of the measured times.

    >>> summarize_errors([1.0, 0.5])
    Errors(mean=0.25, p90=0.5, worst=0.5, within_10=0.5)
    """
    errors = sorted(abs(float(ratio) - 1) for ratio in ratios)
    count = len(errors)
    within_10 = sum(error <= 0.1 for error in errors)
    return Errors(fsum(errors) / count, errors[ceil(0.9 * count) - 1], errors[-1], within_10 / count)
