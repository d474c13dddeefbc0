"""What is counted of a structure: the raw counts, and what readings need besides them."""

from __future__ import annotations

from mbcost.questions.explain.arrays import LARGEST, Array
from mbcost.questions.explain.peaks import PEAKS
from mbcost.spec.tally import COUNTS, Tally, counts_of

COLUMNS = (*COUNTS, "trained", "networks", *PEAKS)
"""The raw counts, the trained parameters, 1 for the network itself, and peaks of memory if these are asked for."""
TRAINED_COLUMN = COLUMNS.index("trained")
TRAINED = {"weights": 1, "biases": 1, "plain_norm_channels": 2, "fused_norm_channels": 2}
"""What training changes: raw count -> values. Moving statistics are not trained."""
_TRAINED_TERMS = tuple((COUNTS.index(name), factor) for name, factor in TRAINED.items())

BOUNDS = tuple(
    sum(TRAINED.values()) * LARGEST if name == "trained" else 1 if name == "networks" else LARGEST for name in COLUMNS
)
"""What each column is at most, if the raw counts are at most `LARGEST`."""


def with_columns(counts: Array, networks: int = 1) -> Array:
    """Return rows of `COUNTS` as rows of `COLUMNS`; all parameters are trained.

    Args:
        counts: structure x count.
        networks: what the last column holds; 0 for counts that are added to a network.
    """
    import numpy as np

    trained = counts @ np.array([TRAINED.get(name, 0) for name in COUNTS], dtype=np.int64)
    rest = np.zeros((len(counts), 1 + len(PEAKS)), dtype=np.int64)
    rest[:, 0] = networks
    return np.column_stack([counts, trained, rest])


def columns_of(tally: Tally, *, trained: bool) -> tuple[int, ...]:
    """Return the columns of one layer."""
    values = counts_of(tally)
    amount = sum([values[index] * factor for index, factor in _TRAINED_TERMS]) if trained else 0
    return (*values, amount, *[0] * (len(COLUMNS) - len(COUNTS) - 1))
