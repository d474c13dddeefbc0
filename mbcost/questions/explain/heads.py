"""Networks with a new head, as in transfer learning: fully connected layers and norms on the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from mbcost.analytic.compact import compact, count_positions
from mbcost.questions.explain.arrays import Array, check_count
from mbcost.questions.explain.columns import TRAINED_COLUMN, with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query, Setting
from mbcost.questions.explain.families import MOST_PER_CLASS, Families, Sizes, unique_families
from mbcost.questions.explain.head_tables import WIDTHS, HeadTable, count_heads, load_heads
from mbcost.questions.explain.reading_sets import columns_of_readings
from mbcost.questions.explain.structures import COMMON_WIDTHS, Choices, Structure, class_cost
from mbcost.questions.mistakes.draft import Draft
from mbcost.spec.head import FLATTEN, NORM, POOL, Head, Part, replace_head
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import Tally, counts_of

KEPT = 128
"""The counts of so many networks without a head are kept for further queries."""


@dataclass(frozen=True, eq=False)
class _HeadStructures(Sequence[Structure]):
    """Every body with every head; a structure is made when it is asked for, because there are thousands."""

    bodies: Sequence[Structure]
    parts: Sequence[tuple[Part, ...]]
    prefix: tuple[Part, ...] = ()
    """What comes before the parts of every head."""
    top: int | None = None
    """The row of the pool if only the head is trained; None if all layers are."""

    def __len__(self) -> int:
        return len(self.bodies) * len(self.parts)

    def __getitem__(self, index: Any) -> Any:
        body, head = divmod(index, len(self.parts))
        parts = self.parts[head]
        first = None if self.top is None else _name_first(parts, self.top)
        prefix = () if FLATTEN in parts else self.prefix
        return replace(self.bodies[body], head=(*prefix, *parts), trained_from=first)


def _name_first(parts: tuple[Part, ...], top: int) -> str:
    """Return the name of the head's first layer, after the pool or the flattening in row `top`."""
    first = next((part for part in parts if part != FLATTEN), None)
    return f"{top + 1}.1.{'classifier' if first is None else 'norm' if first == NORM else 'head'}"


def list_heads(
    query: Query, setting: Setting, sizes: Sizes, choices: Choices, families: Families, cost: int
) -> list[Families]:
    """Return the networks with a new head, with any number of classes; none if a head would read too many features.

    Args:
        query: the query.
        setting: the setting.
        sizes: for each fact, its quantity and resolution.
        choices: what is given.
        families: the networks with their own classifiers, each once.
        cost: what the setting costs.
    """
    exact = any(fact.quantity == "params" and fact.printed.step == 1 for fact in query.facts)
    is_open = any(fact.alpha is None for fact in query.facts)
    names = [structure.implementation for structure in families.structures]
    bodies = unique_families(_list_bodies(query, setting, sizes, choices, names, cost))
    pooled, flattened = (max(int(widths[:, at].max()) for widths in bodies.per_class) for at in (0, 1))
    if pooled >= MOST_PER_CLASS:
        return []
    flatten = flattened < MOST_PER_CLASS
    prefix = (POOL,) if _has_grid(setting.spec) else ()
    heads = load_heads(WIDTHS if query.wide and exact and not is_open else COMMON_WIDTHS, flatten=flatten)
    common = load_heads(COMMON_WIDTHS, flatten=flatten)
    trained = _HeadStructures(bodies.structures, heads.parts, prefix)
    frozen = _HeadStructures(bodies.structures, common.parts, prefix, setting.spec.find_top())
    more = cost_of("trained", "classifier")
    columns = tuple(columns_of_readings(quantity) for quantity, _ in sizes)
    return [
        _add_heads(bodies, heads, trained, columns),
        _freeze(_add_heads(bodies, common, frozen, columns, frozen=True), more),
    ]


def _has_grid(spec: Spec) -> bool:
    """Return whether the table pools to a grid, as VGG does: its heads also read globally pooled features."""
    return spec.rows[spec.find_top()].operator == "flatten"


def _add_heads(
    bodies: Families,
    heads: HeadTable,
    structures: _HeadStructures,
    columns: tuple[Array, ...],
    *,
    frozen: bool = False,
) -> Families:
    """Return every body with every head, with only some of the columns; with `frozen`, the body is not trained."""
    import numpy as np

    flattened = np.array([FLATTEN in parts for parts in heads.parts])
    counts, per_class = [], []
    facts = len(bodies.counts) // 2
    for index, kept in enumerate(columns):
        totals, ones = [], []
        for pooled, unpooled, widths in zip(
            bodies.counts[index], bodies.counts[facts + index], bodies.per_class[index].tolist(), strict=True
        ):
            rows, one = count_heads(heads, *widths)
            rows += np.where(flattened[:, None], unpooled, pooled)
            if frozen:
                rows[:, TRAINED_COLUMN] -= pooled[TRAINED_COLUMN]
            totals.append(rows[:, kept])
            ones.append(one[:, kept])
        counts.append(np.concatenate(totals))
        per_class.append(np.concatenate(ones))
    costs = np.add.outer(bodies.cost, heads.cost).ravel()
    special = np.ones(len(costs), dtype=bool)
    return Families(structures, tuple(counts), tuple(per_class), costs, special, np.zeros_like(special), columns)


def _freeze(families: Families, cost: int) -> Families:
    """Return the families, of which only the heads are trained, at the cost of that."""
    import numpy as np

    costs = families.cost + cost
    return replace(families, cost=costs, partial=np.ones(len(costs), dtype=bool), _values={})


def _list_bodies(
    query: Query, setting: Setting, sizes: Sizes, choices: Choices, names: Sequence[str], cost: int
) -> Families:
    """Return the networks that end with the pooled features, by the implementations called `names`.

    `counts` has them for every fact with the pool, then for every fact without it. Instead of what a class adds,
    `per_class` has the widths that a head reads: pooled and flattened.
    """
    import numpy as np

    spec = setting.spec
    alphas = [setting.alpha_of(fact) for fact in query.facts]
    rows = [
        [
            _count_body(spec, name, alpha, resolution, query.in_channels)
            for alpha, (_, resolution) in zip(alphas, sizes, strict=True)
        ]
        for name in names
    ]
    columns = list(zip(*rows, strict=True))
    counts = [
        with_columns(np.array([counts_of(body[pool]) for body in column], dtype=np.int64))
        for pool in (0, 1)
        for column in columns
    ]
    widths = 2 * [np.array([features for *_, features in column], dtype=np.int64) for column in columns]
    marked = tuple(Structure(name, CLASSES, other_classes=choices.classes is not None) for name in names)
    costs = [structure.cost(spec, choices) - class_cost(CLASSES, choices) + cost for structure in marked]
    special = np.ones(len(names), dtype=bool)
    arrays = tuple(counts), tuple(widths), np.array(costs, dtype=np.int64)
    return Families(marked, *arrays, special, np.zeros_like(special))


@lru_cache(maxsize=KEPT)
def _count_body(
    spec: Spec, implementation: str, alpha: float, resolution: tuple[int, int], in_channels: int | None
) -> tuple[Tally, Tally, tuple[int, int]]:
    """Return the counts of a network that ends with its features, with and without a pool, and the features.

    These are their numbers if they are pooled and if they are flattened.
    """
    body = replace_head(spec, Head((POOL,) if _has_grid(spec) else ()))
    blocks = Draft(body, body.implementation(implementation)).blocks(alpha, CLASSES, in_channels)
    before, pool = compact(blocks[:-1]), blocks[-1].form
    # More features than this are not read, so that the exact number does not matter.
    pooled, flattened = pool.outputs, pool.inputs * count_positions(before.output, resolution)
    features = min(pooled, MOST_PER_CLASS), min(flattened, MOST_PER_CLASS)
    tallies = compact(blocks).tally(resolution), before.tally(resolution)
    check_count(max(max(counts_of(tally)) for tally in tallies))
    return *tallies, features
