"""The widths of a table's blocks as step functions of alpha: exact at every alpha, because widths are rounded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mbcost.analytic.blocks import count_groups, plan_form, plan_widths
from mbcost.analytic.many.changes import Changes, find_row_changes
from mbcost.analytic.symbolic.symbols import Kind, find_kind, mark_widths
from mbcost.errors import MbcostError
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Row, Spec

Widths = tuple[int, int, int, int]
"""Of a block, in the order of `WIDTHS`."""
ANY_CLASSES = 2**31 - 1
"""The number of classes that stands for any: no width of a table is equal to it."""


@dataclass(frozen=True)
class StepFunction:
    """A function of alpha that is constant between the alphas at which it changes.

    >>> StepFunction((0.1, 0.5), (8, 16))(0.75)
    16
    """

    starts: tuple[float, ...]
    """From the least alpha on, in order; the value at a start is the new one."""
    values: tuple[int, ...]

    def __call__(self, alpha: float) -> int:
        """Return the value at an alpha that is not below the first start."""
        return self.values[bisect_right(self.starts, alpha) - 1]


@dataclass(frozen=True)
class BlockSteps:
    """One repeat of a row at every alpha: its four widths and which kind of block it is."""

    row: Row
    repeat: int
    widths: tuple[StepFunction, ...]
    """In the order of `WIDTHS`; `ANY_CLASSES` is the number of classes."""
    kinds: StepFunction
    """Indices in `TableSteps.kinds`; -1 where the table gives no network."""


@dataclass(frozen=True)
class TableSteps:
    """A table under one implementation at every alpha of a range."""

    blocks: tuple[BlockSteps, ...]
    kinds: tuple[Kind, ...]


def trace_steps(spec: Spec, implementation: Implementation, in_channels: int, low: float, high: float) -> TableSteps:
    """Return the blocks of a table at every alpha in [low, high], with any number of classes.

    Raises:
        MbcostError: an alpha is not positive.
    """
    kinds: dict[Kind, int] = {}
    blocks: list[BlockSteps] = []
    classes = ANY_CLASSES if spec.classes is None else spec.classes
    inputs = StepFunction((low,), (in_channels,))
    for row in spec.rows:
        changes = _list_starts(find_row_changes(spec, implementation, row.stage), low, high)
        starts = sorted({*inputs.starts, *changes})
        scalings = [Scaling(spec, implementation, start, classes) for start in starts]
        repeats = zip(*(_plan_repeats(scaling, row, inputs(scaling.alpha)) for scaling in scalings), strict=True)
        for repeat, widths in enumerate(repeats, start=1):
            blocks.append(_trace_block(row, repeat, scalings, widths, kinds))
        inputs = blocks[-1].widths[-1]
    return TableSteps(tuple(blocks), tuple(kinds))


@lru_cache(maxsize=2**7)
def _list_starts(changes: Changes, low: float, high: float) -> tuple[float, ...]:
    """Return the alphas at which a row changes; the tables of a page have many widths in common."""
    return tuple(changes.list_in_order(low, high))


def _plan_repeats(scaling: Scaling, row: Row, inputs: int) -> tuple[Widths | None, ...]:
    """Return the widths of the blocks of a row, or None for each if it cannot be built."""
    planned: list[Widths] = []
    try:
        for repeat in range(1, row.repeats + 1) if inputs else ():
            expanded, squeezed, outputs = plan_widths(scaling, row, repeat, inputs)
            count_groups(scaling, row, inputs, expanded, outputs)
            planned.append((inputs, expanded, squeezed, outputs))
            inputs = outputs
    except MbcostError:
        planned = []
    return tuple(planned) or (None,) * row.repeats


def _trace_block(
    row: Row, repeat: int, scalings: Sequence[Scaling], planned: Sequence[Widths | None], kinds: dict[Kind, int]
) -> BlockSteps:
    known: dict[tuple[bool, ...], int] = {}
    indices = []
    for scaling, widths in zip(scalings, planned, strict=True):
        if widths is None:
            indices.append(-1)
            continue
        # The forms of one repeat differ in nothing else that decides the kind.
        inputs, expanded, _, outputs = widths
        key = (*mark_widths(widths, row.groups), inputs == outputs, inputs == expanded)
        if key not in known:
            known[key] = kinds.setdefault(find_kind(plan_form(scaling, row, repeat, inputs)), len(kinds))
        indices.append(known[key])
    starts = [scaling.alpha for scaling in scalings]
    columns = zip(*((0, 0, 0, 0) if widths is None else widths for widths in planned), strict=True)
    return BlockSteps(row, repeat, tuple(_compress(starts, column) for column in columns), _compress(starts, indices))


def _compress(starts: Sequence[float], values: Sequence[int]) -> StepFunction:
    """Return the step function without the starts at which nothing changes."""
    kept = list(_list_changes(values))
    return StepFunction(tuple(starts[index] for index in kept), tuple(values[index] for index in kept))


def _list_changes(values: Sequence[int]) -> Iterator[int]:
    for index, value in enumerate(values):
        if not index or value != values[index - 1]:
            yield index
