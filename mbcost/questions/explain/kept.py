"""Trials that are kept in few bytes."""

from __future__ import annotations

from dataclasses import replace

from mbcost.questions.explain.arrays import Array, magnitude
from mbcost.questions.explain.trials import Trial


class Kept:
    """The trials of a search that are kept: equal arrays of their families are stored once, in few bytes.

    Params do not depend on the resolution, and most counts fit 32 bits.
    """

    def __init__(self) -> None:
        self.size = 0
        """The bytes of all arrays."""
        self._arrays: dict[tuple[object, ...], Array] = {}

    def add(self, trial: Trial) -> Trial:
        """Return the trial with stored arrays in its families. Sums of these are computed in 64 bits."""
        self.size += sum({id(array): array.nbytes for array in trial.counts}.values())
        if trial.families is None:
            return trial
        counts, per_class = (
            tuple(map(self._store, rows)) for rows in (trial.families.counts, trial.families.per_class)
        )
        return replace(trial, families=replace(trial.families, counts=counts, per_class=per_class, _values={}))

    def _store(self, array: Array) -> Array:
        import numpy as np

        small: Array = array.astype(np.int32) if magnitude(array) < 2**31 else array
        key = small.shape, small.dtype.str, hash(small.tobytes())
        known = self._arrays.get(key)
        if known is not None and np.array_equal(known, small):
            return known
        self._arrays[key] = small
        self.size += small.nbytes
        return small
