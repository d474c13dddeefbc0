"""The numbers of classes that give the digits of a fact, for each family of structures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mbcost.questions.explain.columns import TRAINED_COLUMN
from mbcost.questions.explain.facts import Fact, Query, quantity_of
from mbcost.questions.explain.families import Families
from mbcost.questions.explain.reading_sets import choose_readings
from mbcost.questions.explain.structures import (
    FEW_CLASSES,
    OTHER_CLASSES,
    USUAL_CLASSES,
    Choices,
    Structure,
    class_cost,
)
from mbcost.questions.explain.windows import list_windows
from mbcost.spec.table import CLASSES

if TYPE_CHECKING:
    from mbcost.questions.explain.arrays import Array, Flags

RANGES = ((1, FEW_CLASSES), (FEW_CLASSES + 1, 1000), (1001, 22_000))
"""The numbers of classes that are solved for, by cost; ImageNet has 21,841 classes."""
FEW = 16
"""A fact is solved for its classes if at most so many of them give its digits."""
KEPT = 2000
"""How many solutions are kept: the cheapest ones, and all that cost as much as the last of them."""
SHORTENED = ("rounds", "floors", "ceils")
"""The ways to print a number for which classes are solved."""


@dataclass(frozen=True, eq=False)
class Solutions:
    """Structures with numbers of classes that give the digits of a fact."""

    structures: tuple[Structure, ...]
    counts: tuple[Array, ...]
    cost: Array


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
            families.widen(index, counts[rows] + more[:, None] * one[rows])
            for index, (counts, one) in enumerate(zip(families.counts, families.per_class, strict=True))
        ),
        np.array([cost for _, cost in kept], dtype=np.int64),
    )


def _count_bits(fact: Fact) -> int:
    """Return the information in a number, in hundredths of a bit: an explanation that is longer explains nothing.

    It is the logarithm of how many different numbers of as many digits there are within a fifth of it.
    """
    low, high = range_of(fact)
    return 100 * int(fact.printed.number / 5 / max(high - low + 1, 1)).bit_length()


def _solve_fact(query: Query, families: Families, index: int) -> Iterator[tuple[int, int]]:
    """Yield each family with a number of classes for which a reading gives the digits of the fact."""
    import numpy as np

    low, high = range_of(query.facts[index])
    base, one = families.values(query, index)
    solvable = is_solvable(query, families, index)
    steps = np.maximum(one, 1)
    lowest = np.maximum(-((base - low) // steps), RANGES[0][0])
    highest = np.minimum((high - base) // steps, RANGES[-1][1])
    for family, reading in np.argwhere((highest >= lowest) & solvable).tolist():
        for classes in range(int(lowest[family, reading]), int(highest[family, reading]) + 1):
            yield family, classes
    for family in np.flatnonzero(
        (is_fixed(query, families, index) & (low <= base) & (base <= high)).any(axis=1)
    ).tolist():
        yield family, query.classes or CLASSES


def is_solvable(query: Query, families: Families, index: int) -> Flags:
    """Return family x reading: whether few numbers of classes give the digits of the fact.

    Special families are solved from parameters only: mult-adds tell little of a head.
    """
    low, high = range_of(query.facts[index])
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


def is_fixed(query: Query, families: Families, index: int) -> Flags:
    """Return family x reading: whether the classes do not change the number, as that of the frozen parameters."""
    one = families.values(query, index)[1]
    fixed: Flags = (one == 0) & families.special[:, None] & _can_tell(query, families, index)
    return fixed if quantity_of(query.facts[index]) == "params" else fixed & False


def decides_classes(query: Query, families: Families, index: int) -> bool:
    """Return whether the digits of the fact decide the classes of an unmodified network, so that `solve` has them."""
    return bool(is_solvable(query, families, index)[~families.special].any())


def range_of(fact: Fact) -> tuple[int, int]:
    """Return the smallest and largest count that may have been shortened to the digits of the fact."""
    windows = [window for window in list_windows(fact.printed, quantity_of(fact)) if window.rounding in SHORTENED]
    return min((window.low for window in windows), default=1), max((window.high for window in windows), default=0)
