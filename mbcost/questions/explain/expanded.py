"""The structures of a stack with every number of classes that is tried."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mbcost.questions.explain.arrays import LARGEST, Array, check_count, magnitude
from mbcost.questions.explain.columns import COLUMNS, with_columns
from mbcost.questions.explain.packed import load_stack
from mbcost.questions.explain.peaks import PEAKS, list_peaks
from mbcost.questions.explain.stack import Stack
from mbcost.questions.explain.structures import (
    OTHER_CLASSES,
    USUAL_CLASSES,
    Choices,
    Structure,
    class_cost,
)
from mbcost.spec.table import CLASSES, Spec

PEAK_COLUMNS = slice(COLUMNS.index(PEAKS[0]), COLUMNS.index(PEAKS[-1]) + 1)


@dataclass(frozen=True, eq=False)
class Expanded:
    """The structures of a stack with every number of classes that is tried."""

    spec: Spec
    alpha: float
    in_channels: int | None
    stack: Stack
    structures: tuple[Structure, ...]
    index: Array
    """For each structure, its index in the stack."""
    more: Array
    """For each structure, its classes besides `CLASSES`."""
    cost: Array

    def counts(self, quantity: str, resolution: tuple[int, int]) -> Array:
        """Return structure x column at `resolution`.

        Raises:
            TooLarge: a count can be above the arrays' bound.
        """
        counts, per_class = self.stack.counts(quantity, resolution)
        check_count(magnitude(counts) + magnitude(self.more) * max(1, magnitude(per_class)))
        rows = with_columns(counts[self.index] + self.more[:, None] * per_class[self.index])
        if quantity == "activation_bytes":
            rows[:, PEAK_COLUMNS] = self._count_peaks(resolution)
        return rows

    def _count_peaks(self, resolution: tuple[int, int]) -> Array:
        """Return structure x peak; the peaks of a network with a mistake are not known, and 0."""
        import numpy as np

        known: dict[str, tuple[int, ...]] = {}
        for structure in self.structures:
            if not structure.departures and structure.implementation not in known:
                known[structure.implementation] = list_peaks(
                    self.spec, structure.implementation, self.alpha, structure.classes, self.in_channels, resolution
                )
                check_count(max(known[structure.implementation]), "the peak of the activations")
        none = (0,) * len(PEAKS)
        rows = (none if structure.departures else known[structure.implementation] for structure in self.structures)
        return np.array(list(rows), dtype=np.int64).reshape(-1, len(PEAKS))


Stacks = dict[tuple[int, float, Choices], Expanded]
"""Stacks with every number of classes.

The key has the identity of the spec, so that a dictionary is valid only as long as the query that it is made for.
"""


def build_once(stacks: Stacks, spec: Spec, alpha: float, choices: Choices) -> Expanded:
    """Return the structures of a network at an alpha, which are built if `stacks` does not have them."""
    key = id(spec), alpha, choices
    if key not in stacks:
        stacks[key] = _expand(spec, alpha, load_stack(spec, alpha, choices), choices)
    return stacks[key]


def _expand(spec: Spec, alpha: float, stack: Stack, choices: Choices) -> Expanded:
    import numpy as np

    entries = []
    prices: dict[int, int] = {}
    for index, base in enumerate(stack.structures):
        fixed = base.cost(spec, choices) - class_cost(base.classes, choices)
        for classes in _list_classes(choices, unmodified=not base.departures):
            structure = choices.keep(base if classes == base.classes else replace(base, classes=classes))
            if structure is not None:
                if classes not in prices:
                    prices[classes] = class_cost(classes, choices)
                entries.append((structure, index, fixed + prices[classes]))
    entries.sort(key=lambda entry: bool(entry[0].departures))
    structures = tuple(structure for structure, *_ in entries)
    return Expanded(
        spec,
        alpha,
        choices.in_channels,
        stack,
        structures,
        np.array([index for _, index, _ in entries], dtype=np.int64),
        np.array([min(structure.classes - CLASSES, LARGEST + 1) for structure in structures], dtype=np.int64),
        np.array([cost for *_, cost in entries], dtype=np.int64),
    )


def _list_classes(choices: Choices, *, unmodified: bool) -> tuple[int, ...]:
    if choices.classes is None:
        return USUAL_CLASSES + OTHER_CLASSES if unmodified else USUAL_CLASSES
    return tuple(dict.fromkeys((choices.classes, *USUAL_CLASSES))) if unmodified else (choices.classes,)
