"""Changes of one row of a table: a different stride, kernel or number of repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mbcost.questions.mistakes.draft import Draft, Mistake, replace_cells
from mbcost.spec.table import Row, Spec

KERNELS = (1, 3, 5, 7)
"""Usual sides of kernels; a depthwise layer does not have a 1x1 kernel."""


def list_row_changes(spec: Spec) -> dict[str, Mistake]:
    """Return a mistake for every change of a stride, kernel or repeat of the table; they explain almost anything."""
    changes: dict[str, Mistake] = {}
    for row in spec.rows:
        if row.operator in ("conv", "separable", "bottleneck"):
            for cost, text, cells in _other_cells(row):
                changes[f"row {row.stage}: {text}"] = Mistake(
                    f"row {row.stage} has {text}", replace_row(row.stage, **cells), cost
                )
    return changes


def _other_cells(row: Row) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield each change of the row: the name of its cost, its text, and the changed cells."""
    yield "generic stride", f"stride {3 - row.stride}", {"s": 3 - row.stride}
    for repeats in (row.repeats - 1, row.repeats + 1):
        yield "generic repeat", f"{repeats} repeats", {"n": repeats}
    sides = KERNELS if row.operator == "conv" else KERNELS[1:]
    for side in sides if row.kernel in [(side, side) for side in sides] else ():
        if row.kernel != (side, side):
            yield "generic kernel", f"kernel {side}x{side}", {"k": (side, side)}


def replace_row(stage: int, **cells: object) -> Callable[[Draft], Draft]:
    """Return the mistake that changes cells of a row."""
    return lambda draft: replace_cells(draft, lambda row: row.stage == stage, **cells)
