"""Families of structures that differ in one whole number, which is solved from a printed number: the classes.

What a class costs is constant: the classifier's weights for one output, and a bias. So the number of classes follows
from what remains of a printed number after the rest of the network.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.columns import COLUMNS, with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query, quantity_of
from mbcost.questions.explain.reading_sets import choose_readings, columns_of_readings
from mbcost.questions.explain.stack import Stack
from mbcost.questions.explain.structures import Choices, Structure, class_cost
from mbcost.spec.table import CLASSES, Spec

if TYPE_CHECKING:
    from mbcost.questions.explain.arrays import Array, Flags

MOST_PER_CLASS = 2**27
"""A class costs less than this, and a head reads fewer features: then all products fit the arrays."""


@dataclass(frozen=True, eq=False)
class Families:
    """Structures with any number of classes, and their counts for every fact."""

    structures: Sequence[Structure]
    """Each with `CLASSES` classes, in place of any number."""
    counts: tuple[Array, ...]
    """For each fact, family x column: without a class."""
    per_class: tuple[Array, ...]
    """For each fact, family x column: what one class adds."""
    cost: Array
    """The cost of each family with the setting, without the number of classes."""
    special: Flags
    """Whether the structures of a family are tried only with numbers of classes that are solved from a number."""
    partial: Flags
    """Whether only a part of the network is trained: only readings that say what is trained can tell."""
    columns: tuple[Array, ...] = ()
    """For each fact, the indices of the columns in its arrays, those that readings count; empty if it has all."""
    _values: dict[tuple[int, ...], tuple[Array, Array]] = field(default_factory=dict)
    """What `values` returned, so that it is computed once."""

    def values(self, query: Query, index: int) -> tuple[Array, Array]:
        """Return family x reading for a fact: the value without a class, and what one class adds."""
        readings = choose_readings(query, quantity_of(query.facts[index]))
        rows = self.counts[index], self.per_class[index]  # the same objects for facts about one count
        key = (*map(id, rows), id(readings))
        if key not in self._values:
            base, one = (readings.weigh(array, self.columns[index] if self.columns else None) for array in rows)
            self._values[key] = base, one
        return self._values[key]

    def spread(self, indices: Sequence[int]) -> Families:
        """Return the families for facts of which each is about the same count as the fact at one of `indices` here."""
        counts, per_class, columns = (
            tuple(arrays[index] for index in indices) if arrays else ()
            for arrays in (self.counts, self.per_class, self.columns)
        )
        return replace(self, counts=counts, per_class=per_class, columns=columns, _values={})

    def forget_values(self) -> None:
        """Free the memory of what `values` returned."""
        self._values.clear()

    def widen(self, index: int, rows: Array) -> Array:
        """Return rows of the columns that are kept for a fact as rows of `COLUMNS`."""
        import numpy as np

        if not self.columns:
            return rows
        wide = np.zeros((len(rows), len(COLUMNS)), dtype=np.int64)
        wide[:, self.columns[index]] = rows
        return wide


class _Chain(Sequence[Structure]):
    """Sequences of structures one after the other; it makes a structure only when it is asked for."""

    def __init__(self, parts: Sequence[Sequence[Structure]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, parts)))

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: Any) -> Any:
        part = bisect_right(self._ends, index)
        return self._parts[part][index - (self._ends[part - 1] if part else 0)]


def join_families(parts: Sequence[Families]) -> Families:
    """Return the families of all parts, which have the same columns."""
    import numpy as np

    return Families(
        _Chain([part.structures for part in parts]),
        tuple(np.concatenate(rows) for rows in zip(*(part.counts for part in parts), strict=True)),
        tuple(np.concatenate(rows) for rows in zip(*(part.per_class for part in parts), strict=True)),
        np.concatenate([part.cost for part in parts]),
        np.concatenate([part.special for part in parts]),
        np.concatenate([part.partial for part in parts]),
        parts[0].columns,
    )


def narrow_families(families: Families, quantities: Sequence[str]) -> Families:
    """Return the families with only the columns that readings of the facts' quantities count."""
    if families.columns:
        return families
    columns = tuple(map(columns_of_readings, quantities))
    counts, per_class = (
        tuple(rows[:, kept] for rows, kept in zip(arrays, columns, strict=True))
        for arrays in (families.counts, families.per_class)
    )
    return replace(families, counts=counts, per_class=per_class, columns=columns, _values={})


def unique_families(families: Families) -> Families:
    """Return each network once: that of the lowest cost, the first one if there are several."""
    import numpy as np

    order = np.argsort(families.cost, kind="stable")
    rows = np.column_stack([*families.counts, *families.per_class])[order]
    kept = np.sort(order[np.unique(rows, axis=0, return_index=True)[1]])
    return Families(
        tuple(families.structures[index] for index in kept.tolist()),
        tuple(array[kept] for array in families.counts),
        tuple(array[kept] for array in families.per_class),
        families.cost[kept],
        families.special[kept],
        families.partial[kept],
    )


Sizes = Sequence[tuple[str, tuple[int, int]]]
"""For each fact, its quantity and resolution."""


def list_families(spec: Spec, stacks: Sequence[Stack], sizes: Sizes, choices: Choices, cost: int) -> Families:
    """Return the unmodified structures with any number of classes.

    Args:
        spec: the table.
        stacks: for each fact, the stack at its alpha.
        sizes: for each fact, its quantity and resolution.
        choices: what is given; a given number of classes may be wrong.
        cost: what the setting costs.
    """
    structures = [structure for structure in stacks[0].structures if not structure.departures]
    return _make_families(structures, spec, stacks, sizes, choices, cost, special=False)


def list_mistaken(spec: Spec, stacks: Sequence[Stack], sizes: Sizes, choices: Choices, cost: int) -> Families:
    """Return the structures with one common mistake and any number of classes; the arguments as for `list_families`."""
    shared = set.intersection(*(set(stack.structures) for stack in stacks))
    structures = [
        structure
        for structure in stacks[0].structures
        if structure.is_pair and len(structure.mistakes) == 1 and structure in shared
    ]
    more = cost_of("mistakes", "common second")
    return _make_families(structures, spec, stacks, sizes, choices, cost + more, special=True)


def _make_families(
    structures: Sequence[Structure],
    spec: Spec,
    stacks: Sequence[Stack],
    sizes: Sizes,
    choices: Choices,
    cost: int,
    *,
    special: bool,
) -> Families:
    import numpy as np

    counts, per_class = [], []
    for stack, (quantity, resolution) in zip(stacks, sizes, strict=True):
        positions = {structure: index for index, structure in enumerate(stack.structures)}
        indices = [positions[structure] for structure in structures]
        total, one = (array[indices] for array in stack.counts(quantity, resolution))
        counts.append(with_columns(total - CLASSES * one))
        per_class.append(with_columns(one, networks=0))
    marked = tuple(replace(structure, other_classes=choices.classes is not None) for structure in structures)
    costs = [structure.cost(spec, choices) - class_cost(CLASSES, choices) + cost for structure in marked]
    flags = np.full(len(marked), special, dtype=bool)
    rows = tuple(counts), tuple(per_class), np.array(costs, dtype=np.int64)
    return unique_families(Families(marked, *rows, flags, np.zeros_like(flags)))
