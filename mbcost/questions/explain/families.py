"""Families of structures that differ in one whole number, which is solved from a printed number: the classes.

What a class costs is constant: the classifier's weights for one output, and a bias. So the number of classes follows
from what remains of a printed number after the rest of the network.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import fsum
from typing import TYPE_CHECKING, Any

from mbcost.questions.explain.columns import TRAINED_COLUMN, with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Fact, Query, quantity_of
from mbcost.questions.explain.reading_sets import choose_readings
from mbcost.questions.explain.structures import (
    FEW_CLASSES,
    OTHER_CLASSES,
    USUAL_CLASSES,
    Choices,
    Stack,
    Structure,
    class_cost,
)
from mbcost.questions.explain.windows import list_windows
from mbcost.spec.table import CLASSES, Spec

if TYPE_CHECKING:
    from mbcost.questions.explain.arrays import Array, Flags, Floats

RANGES = ((1, FEW_CLASSES), (FEW_CLASSES + 1, 1000), (1001, 22_000))
"""The numbers of classes that are solved for, by cost; ImageNet has 21,841 classes."""
FEW = 16
"""A fact is solved for its classes if at most so many of them give its digits."""
MOST_PER_CLASS = 2**27
"""A class costs less than this, and a head reads fewer features: then all products fit the arrays."""
FAR = 2**31
"""More than a few times `MOST_PER_CLASS`, which is what a reading counts per class."""
KEPT = 2000
"""How many solutions are kept: the cheapest ones, and all that cost as much as the last of them."""
SHORTENED = ("rounds", "floors", "ceils")
"""The ways to print a number for which classes are solved."""


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
    _values: dict[tuple[int, int], tuple[Array, Array]] = field(default_factory=dict)
    """What `values` returned, so that it is computed once."""

    def values(self, query: Query, index: int) -> tuple[Array, Array]:
        """Return family x reading for a fact: the value without a class, and what one class adds."""
        import numpy as np

        readings = choose_readings(query, quantity_of(query.facts[index]))
        key = index, id(readings)
        if key not in self._values:
            counted = np.flatnonzero(readings.coefficients.any(axis=1))
            coefficients = readings.coefficients[counted]
            self._values[key] = (
                self.counts[index][:, counted] @ coefficients,
                self.per_class[index][:, counted] @ coefficients,
            )
        return self._values[key]


@dataclass(frozen=True, eq=False)
class Solutions:
    """Structures with numbers of classes that give the digits of a fact."""

    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    cost: Array


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
    """Return the families of all parts."""
    import numpy as np

    return Families(
        _Chain([part.structures for part in parts]),
        tuple(np.concatenate(rows) for rows in zip(*(part.counts for part in parts), strict=True)),
        tuple(np.concatenate(rows) for rows in zip(*(part.per_class for part in parts), strict=True)),
        np.concatenate([part.cost for part in parts]),
        np.concatenate([part.special for part in parts]),
        np.concatenate([part.partial for part in parts]),
    )


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


def solve(query: Query, families: Families, choices: Choices) -> Solutions:
    """Return the families with the numbers of classes that give the digits of one of the facts.

    What is longer than the facts themselves is left out.
    """
    import numpy as np

    pairs: dict[tuple[int, int], int] = {}
    for index in range(len(query.facts)):
        for family, classes in _solve_fact(query, families, index):
            known = classes == choices.classes or classes in USUAL_CLASSES + OTHER_CLASSES
            if families.special[family] or not known:
                pairs[family, classes] = int(families.cost[family]) + class_cost(classes, choices)
    limit = sum(map(_count_bits, query.facts))
    if len(pairs) > KEPT:
        limit = min(limit, sorted(pairs.values())[KEPT - 1])
    kept = sorted((pair, cost) for pair, cost in pairs.items() if cost <= limit)
    rows = np.array([family for (family, _), _ in kept], dtype=np.int64)
    more = np.array([classes for (_, classes), _ in kept], dtype=np.int64)
    return Solutions(
        tuple(
            replace(families.structures[family], classes=classes, other_classes=choices.classes not in (None, classes))
            for (family, classes), _ in kept
        ),
        tuple(
            counts[rows] + more[:, None] * one[rows]
            for counts, one in zip(families.counts, families.per_class, strict=True)
        ),
        np.array([cost for _, cost in kept], dtype=np.int64),
    )


def _count_bits(fact: Fact) -> int:
    """Return the information in a number, in hundredths of a bit: an explanation that is longer explains nothing.

    It is the logarithm of how many different numbers of as many digits there are within a fifth of it.
    """
    low, high = _range_of(fact)
    return 100 * int(fact.printed.number / 5 / max(high - low + 1, 1)).bit_length()


def _solve_fact(query: Query, families: Families, index: int) -> Iterator[tuple[int, int]]:
    """Yield each family with a number of classes for which a reading gives the digits of the fact."""
    import numpy as np

    low, high = _range_of(query.facts[index])
    base, one = families.values(query, index)
    solvable = _is_solvable(query, families, index)
    steps = np.maximum(one, 1)
    lowest = np.maximum(-((base - low) // steps), RANGES[0][0])
    highest = np.minimum((high - base) // steps, RANGES[-1][1])
    for family, reading in np.argwhere((highest >= lowest) & solvable).tolist():
        for classes in range(int(lowest[family, reading]), int(highest[family, reading]) + 1):
            yield family, classes
    for family in np.flatnonzero(
        (_is_fixed(query, families, index) & (low <= base) & (base <= high)).any(axis=1)
    ).tolist():
        yield family, query.classes or CLASSES


def _is_solvable(query: Query, families: Families, index: int) -> Flags:
    """Return family x reading: whether few numbers of classes give the digits of the fact.

    Special families are solved from parameters only: mult-adds tell little of a head.
    """
    low, high = _range_of(query.facts[index])
    one = families.values(query, index)[1]
    few: Flags = (one > 0) & (high - low < FEW * one) & _can_tell(query, families, index)
    return few & ~families.special[:, None] if quantity_of(query.facts[index]) == "mult_adds" else few


def _can_tell(query: Query, families: Families, index: int) -> Flags:
    """Return family x reading: whether the reading depends on what is trained, if only a part is."""
    import numpy as np

    readings = choose_readings(query, quantity_of(query.facts[index])).readings
    trained = np.array([bool(reading.row[TRAINED_COLUMN]) for reading in readings], dtype=bool)
    told: Flags = ~families.partial[:, None] | trained[None, :]
    return told


def _is_fixed(query: Query, families: Families, index: int) -> Flags:
    """Return family x reading: whether the classes do not change the number, as that of the frozen parameters."""
    one = families.values(query, index)[1]
    fixed: Flags = (one == 0) & families.special[:, None] & _can_tell(query, families, index)
    return fixed if quantity_of(query.facts[index]) == "params" else fixed & False


def decides_classes(query: Query, families: Families, index: int) -> bool:
    """Return whether the digits of the fact decide the classes of an unmodified network, so that `solve` has them."""
    return bool(_is_solvable(query, families, index)[~families.special].any())


def _range_of(fact: Fact) -> tuple[int, int]:
    windows = [window for window in list_windows(fact.printed, quantity_of(fact)) if window.rounding in SHORTENED]
    return min((window.low for window in windows), default=1), max((window.high for window in windows), default=0)


@dataclass(frozen=True, eq=False)
class SolvedReach:
    """What families reach when a fact is moved: costs, and upper bounds of the shares of factors."""

    cost: Array
    share: Floats
    special: Flags
    """Whether the family is special."""

    def bound(self, limit: int, *, special: bool) -> float:
        """Return an upper bound of the share of factors that the families explain at a cost of at most `limit`."""
        return min(1.0, fsum(self.share[(self.cost <= limit) & (self.special == special)]))


def reach_of(query: Query, families: Families, index: int, limit: int, spread: float) -> SolvedReach:
    """Return what families reach when the fact is moved by factors up to `spread`.

    The values of a family are as far apart as a class costs: it reaches the share of factors that its values cover.
    """
    import numpy as np

    fact, choices = query.facts[index], Choices(classes=query.classes)
    readings = choose_readings(query, quantity_of(fact))
    low, high = _range_of(fact)
    base, one = families.values(query, index)
    printed = float(fact.printed.number)
    paid = families.cost[:, None] + readings.cost[None, :]
    # The first and last numbers of a range are common ones, which cost less than the one before its end.
    ranges = [(lowest, highest, highest - 1, False) for lowest, highest in RANGES]
    ranges += [(classes, classes, classes, True) for classes in _list_usual(choices)]
    cheapest = min(class_cost(classes, choices) for _, _, classes, _ in ranges)
    family, reading = np.nonzero(_is_solvable(query, families, index) & (paid + cheapest <= limit))
    cost, start, step = (table[family, reading] for table in (paid, base, one))
    unique = _cheapest_of(start % np.maximum(step, 1) + step * FAR, cost)
    cost, start, step, special = cost[unique], start[unique], step[unique], families.special[family[unique]]
    costs, shares, kinds = [], [], []
    for lowest, highest, classes, only_special in ranges:
        good = (cost + class_cost(classes, choices) <= limit) & (special | (not only_special))
        first = np.maximum(start[good] + lowest * step[good], printed / spread)
        last = np.minimum(start[good] + highest * step[good], printed * spread)
        values = np.floor(np.maximum(last - first, 0) / step[good]) + (last >= first)
        costs.append(cost[good] + class_cost(classes, choices))
        shares.append(values * np.minimum(high - low + 1, step[good]) / printed / (spread - 1 / spread))
        kinds.append(special[good])
    near = (base * spread >= printed) & (base <= printed * spread)
    fixed = _is_fixed(query, families, index) & (paid <= limit) & near
    unique = _cheapest_of(base[fixed], paid[fixed])
    costs.append(paid[fixed][unique])
    shares.append(np.full(len(unique), (high - low + 1) / printed / (spread - 1 / spread)))
    kinds.append(np.ones(len(unique), dtype=bool))
    return SolvedReach(np.concatenate(costs), np.concatenate(shares), np.concatenate(kinds))


def _list_usual(choices: Choices) -> tuple[int, ...]:
    """Return the numbers of classes that special families are tried with at a low cost."""
    return tuple(dict.fromkeys((*USUAL_CLASSES, *OTHER_CLASSES, *([choices.classes] if choices.classes else []))))


def _cheapest_of(keys: Array, cost: Array) -> Array:
    """Return the indices of the cheapest entry of each key.

    Two families have the same values if they differ by whole classes: their keys are the rest and the cost of a class.
    """
    import numpy as np

    order = np.lexsort((cost, keys))
    first = np.ones(len(order), dtype=bool)
    first[1:] = keys[order][1:] != keys[order][:-1]
    return order[first]
