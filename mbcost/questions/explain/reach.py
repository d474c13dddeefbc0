"""What families of structures reach when facts are moved: an upper bound, because their values can overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import and_
from typing import TYPE_CHECKING

from mbcost.questions.explain.arrays import exact_sum
from mbcost.questions.explain.facts import Query, quantity_of
from mbcost.questions.explain.families import Families
from mbcost.questions.explain.reading_sets import choose_readings
from mbcost.questions.explain.solve import RANGES, decides_classes, is_fixed, is_solvable, range_of
from mbcost.questions.explain.structures import OTHER_CLASSES, USUAL_CLASSES, Choices, class_cost

if TYPE_CHECKING:
    from mbcost.questions.explain.arrays import Array, Flags, Floats

Moved = frozenset[int]
"""The indices of the facts that are moved together; the others keep their printed numbers."""


@dataclass(frozen=True, eq=False)
class SolvedReach:
    """What families reach when a fact is moved: costs, and upper bounds of the shares of factors."""

    cost: Array
    share: Floats
    special: Flags
    """Whether the family is special."""
    _bounds: dict[tuple[int, bool], float] = field(default_factory=dict)
    """What `bound` returned, so that it is computed once."""

    def bound(self, limit: int, *, special: bool) -> float:
        """Return an upper bound of the share of factors that the families explain at a cost of at most `limit`."""
        key = limit, special
        if key not in self._bounds:
            self._bounds[key] = min(1.0, exact_sum(self.share[(self.cost <= limit) & (self.special == special)]))
        return self._bounds[key]


def _reach_of(query: Query, families: Families, index: int, limit: int, spread: float) -> SolvedReach:
    """Return what families reach when the fact is moved by factors up to `spread`.

    The values of a family are as far apart as a class costs: it reaches the share of factors that its values cover.
    """
    import numpy as np

    fact, choices = query.facts[index], Choices(classes=query.classes)
    readings = choose_readings(query, quantity_of(fact))
    low, high = range_of(fact)
    base, one = families.values(query, index)
    printed = float(fact.printed.number)
    paid = families.cost[:, None] + readings.cost[None, :]
    # The first and last numbers of a range are common ones, which cost less than the one before its end.
    ranges = [(lowest, highest, highest - 1, False) for lowest, highest in RANGES]
    ranges += [(classes, classes, classes, True) for classes in _list_usual(choices)]
    cheapest = min(class_cost(classes, choices) for _, _, classes, _ in ranges)
    family, reading = np.nonzero(is_solvable(query, families, index) & (paid + cheapest <= limit))
    cost, start, step = (table[family, reading] for table in (paid, base, one))
    unique = _cheapest_of((start % np.maximum(step, 1), step), cost)
    cost, start, step, special = cost[unique], start[unique], step[unique], families.special[family[unique]]
    costs, shares, kinds = [], [], []
    for lowest, highest, classes, only_special in ranges:
        good = (cost + class_cost(classes, choices) <= limit) & (special | (not only_special))
        # In float64: a number of classes that the user gives may be large, and a share is not exact anyway.
        first = np.maximum(start[good] + float(lowest) * step[good], printed / spread)
        last = np.minimum(start[good] + float(highest) * step[good], printed * spread)
        values = np.floor(np.maximum(last - first, 0) / step[good]) + (last >= first)
        costs.append(cost[good] + class_cost(classes, choices))
        shares.append(values * np.minimum(high - low + 1, step[good]) / printed / (spread - 1 / spread))
        kinds.append(special[good])
    near = (base * spread >= printed) & (base <= printed * spread)
    fixed = is_fixed(query, families, index) & (paid <= limit) & near
    unique = _cheapest_of((base[fixed],), paid[fixed])
    costs.append(paid[fixed][unique])
    shares.append(np.full(len(unique), (high - low + 1) / printed / (spread - 1 / spread)))
    kinds.append(np.ones(len(unique), dtype=bool))
    return SolvedReach(np.concatenate(costs), np.concatenate(shares), np.concatenate(kinds))


def _list_usual(choices: Choices) -> tuple[int, ...]:
    """Return the numbers of classes that special families are tried with at a low cost."""
    return tuple(dict.fromkeys((*USUAL_CLASSES, *OTHER_CLASSES, *([choices.classes] if choices.classes else []))))


def _cheapest_of(keys: tuple[Array, ...], cost: Array) -> Array:
    """Return the indices of the cheapest entry of each key.

    Two families have the same values if they differ by whole classes: the key is the rest and the cost of a class.

    Args:
        keys: the parts of the key, of which the last one orders first.
        cost: the cost of each entry.
    """
    import numpy as np

    order = np.lexsort((cost, *keys))
    first = np.zeros(len(order), dtype=bool)
    first[:1] = True
    for key in keys:
        ordered = key[order]
        first[1:] |= ordered[1:] != ordered[:-1]
    return order[first]


@dataclass(frozen=True, eq=False)
class SolvedFacts:
    """What the families of one trial reach when facts are moved."""

    reaches: tuple[SolvedReach, ...]
    """For each fact."""
    decides: tuple[bool, ...]
    """For each fact, whether its digits decide the number of classes of an unmodified network."""
    is_params: tuple[bool, ...]
    """For each fact, whether it counts parameters: only these decide special families, such as heads."""

    def restrict(self, facts: Sequence[int]) -> SolvedFacts:
        """Return the same for only some of the facts, which are given by their indices."""
        return SolvedFacts(
            tuple(self.reaches[index] for index in facts),
            tuple(self.decides[index] for index in facts),
            tuple(self.is_params[index] for index in facts),
        )

    def bound(self, moved: Moved, limit: int) -> float:
        """Return an upper bound of the share of factors for which the families give all facts.

        If a fact that is not moved decides a family, the structures of the trial have its solutions already.
        """
        return self._bound(moved, limit, self.decides, special=False) + self._bound(
            moved, limit, tuple(map(and_, self.decides, self.is_params)), special=True
        )

    def _bound(self, moved: Moved, limit: int, decides: Sequence[bool], *, special: bool) -> float:
        if any(decided for index, decided in enumerate(decides) if index not in moved):
            return 0.0
        shares = (self.reaches[index].bound(limit, special=special) for index in moved if decides[index])
        return min(shares, default=0.0)


def reach_facts(query: Query, families: Families, limit: int, spread: float) -> SolvedFacts:
    """Return what the families of a trial reach when facts are moved by factors up to `spread`."""
    every = range(len(query.facts))
    reached = SolvedFacts(
        tuple(_reach_of(query, families, index, limit, spread) for index in every),
        tuple(decides_classes(query, families, index) for index in every),
        tuple(query.facts[index].quantity == "params" for index in every),
    )
    families.forget_values()
    return reached
