"""The peak memory of the activations under each allocation model, as columns of a structure."""

from __future__ import annotations

from mbcost.analytic.blocks import plan
from mbcost.analytic.many.polynomial import group_columns
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.memory.peaks import compute_needs, find_peaks
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec

PEAKS = tuple(f"peak, {allocator}" for allocator in WITHOUT_OFFSETS)
"""The names of the columns: the most elements that are live at once."""


def list_peaks(
    spec: Spec, implementation: str, alpha: float, classes: int, in_channels: int | None, resolution: tuple[int, int]
) -> tuple[int, ...]:
    """Return the peak of an unmodified network under each of `PEAKS`, in elements.

    Raises:
        MbcostError: no network can be built like this.
    """
    scaling = Scaling(spec, spec.implementation(implementation), alpha, classes)
    columns = group_columns([plan(scaling, in_channels or spec.channels)])
    return tuple(
        int(find_peaks(compute_needs(columns, allocator), [resolution])[0, 0]) for allocator in WITHOUT_OFFSETS
    )
