"""Networks with a new head, as in transfer learning: fully connected layers and norms on the features.

The counts of a head follow from its widths; a test compares them with the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from mbcost.analytic.compact import compact, count_positions
from mbcost.questions.explain.arrays import Array, check_count
from mbcost.questions.explain.columns import TRAINED_COLUMN, with_columns
from mbcost.questions.explain.costs import cost_of
from mbcost.questions.explain.facts import Query, Setting
from mbcost.questions.explain.families import MOST_PER_CLASS, Families, Sizes, unique_families
from mbcost.questions.explain.reading_sets import columns_of_readings
from mbcost.questions.explain.structures import COMMON_WIDTHS, Choices, Structure, class_cost, head_cost
from mbcost.questions.mistakes.known import Draft
from mbcost.spec.head import FLATTEN, NORM, POOL, Head, Part, replace_head
from mbcost.spec.table import CLASSES, Spec
from mbcost.spec.tally import COUNTS, Tally, counts_of

WIDTHS = (8, 10, *range(16, 4097))
"""The widths that are tried for an exact number; for other numbers, the common ones."""
KEPT = 128
"""The counts of so many networks without a head are kept for further queries."""
_TEMPLATES: tuple[tuple[Part, ...], ...] = (
    (), (NORM,), (0,), (0, NORM), (NORM, 0), (NORM, 0, NORM), (FLATTEN,), (FLATTEN, 0), (FLATTEN, 0, NORM),
)  # fmt: skip
"""The parts before the classifier; 0 stands for a width."""
_TWO_WIDTHS: tuple[tuple[Part, ...], ...] = tuple(
    (*flat, first, *norm, second, *norm)
    for first in COMMON_WIDTHS
    for second in COMMON_WIDTHS
    for norm in ((), (NORM,))
    for flat in ((), (FLATTEN,) if first == second else ())
)
"""Two layers before the classifier have common widths; after flattening, the same width."""


@dataclass(frozen=True, eq=False)
class HeadTable:
    """Heads as arrays: sizes are polynomials of the first degree in 1, the pooled and the flattened features."""

    parts: tuple[tuple[Part, ...], ...]
    weights: Array
    """Head x term: weights before the classifier."""
    hidden: Array
    """Head: outputs of the layers before the classifier."""
    normed: Array
    """Head x term: channels of norms."""
    norms: Array
    """Head: number of norms."""
    width: Array
    """Head x term: what the classifier reads."""
    cost: Array


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


@cache
def load_heads(widths: tuple[int, ...], *, flatten: bool) -> HeadTable:
    """Return the heads that are tried, with one layer of each of the widths or with two common ones.

    With `flatten`, they are also tried on flattened features.
    """
    import numpy as np

    parts: list[tuple[Part, ...]] = []
    columns: list[list[Array]] = []
    for template in _TEMPLATES:
        if FLATTEN in template and not flatten:
            continue
        # The sizes of a head grow in proportion to its one width.
        sides = np.array(widths if 0 in template else (0,), dtype=np.int64)
        both = zip(*(_count_parts(_fill(template, width)) for width in (0, 1)), strict=True)
        columns.append([np.array(low) + np.multiply.outer(sides, np.array(high) - low) for low, high in both])
        parts += [_fill(template, width) for width in sides.tolist()]
    both_widths = [head for head in dict.fromkeys(_TWO_WIDTHS) if flatten or FLATTEN not in head]
    two = zip(*map(_count_parts, both_widths), strict=True)
    columns.append([np.array(column, dtype=np.int64) for column in two])
    joined = (np.concatenate(rows) for rows in zip(*columns, strict=True))
    weights, hidden, normed, norms, width = joined
    parts += both_widths
    return HeadTable(tuple(parts), weights, hidden, normed, norms, width, _list_costs(parts))


def _fill(template: tuple[Part, ...], width: int) -> tuple[Part, ...]:
    return tuple(width if part == 0 else part for part in template)


def _list_costs(parts: Sequence[tuple[Part, ...]]) -> Array:
    """Return the costs of heads; those with widths of the same kinds cost the same."""
    import numpy as np

    known: dict[tuple[object, ...], int] = {}
    costs = []
    for head in parts:
        widths = [part for part in head if isinstance(part, int)]
        key = (*(part in COMMON_WIDTHS if isinstance(part, int) else part for part in head), len(set(widths)))
        if key not in known:
            known[key] = head_cost(head)
        costs.append(known[key])
    return np.array(costs, dtype=np.int64)


Terms = tuple[int, int, int]
"""Coefficients of 1, of the pooled and of the flattened features."""


def _count_parts(parts: tuple[Part, ...]) -> tuple[Terms, int, Terms, int, Terms]:
    """Return the weights before the classifier, hidden outputs, normed channels, norms, and the classifier's input."""
    weights, normed, width = (0, 0, 0), (0, 0, 0), (0, 1, 0)
    hidden = norms = 0
    for part in parts:
        if part == FLATTEN:
            width = (0, 0, 1)
        elif part == NORM:
            normed, norms = _add(normed, width), norms + 1
        else:
            assert isinstance(part, int), "a part is a word or a width"
            weights = _add(weights, (width[0] * part, width[1] * part, width[2] * part))
            hidden, width = hidden + part, (part, 0, 0)
    return weights, hidden, normed, norms, width


def _add(first: Terms, second: Terms) -> Terms:
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]


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


def count_heads(heads: HeadTable, pooled: int, flattened: int) -> tuple[Array, Array]:
    """Return head x column: the counts without a class, and what one class adds.

    Args:
        heads: the heads.
        pooled: the number of pooled features.
        flattened: the number of flattened features.

    Both are at most `MOST_PER_CLASS`, 2^27, and a product of two widths is at most 2^24: a count is below 2^41.
    """
    import numpy as np

    terms = np.array([1, pooled, flattened], dtype=np.int64)
    weights, normed, width = heads.weights @ terms, heads.normed @ terms, heads.width @ terms
    return (
        _columns(weights, heads.hidden, relu_elements=heads.hidden, plain_norm_channels=normed, norms=heads.norms),
        _columns(width, np.ones_like(width)),
    )


def _columns(weights: Array, outputs: Array, **others: Array) -> Array:
    """Return the columns of fully connected layers with biases, and of others."""
    import numpy as np

    counts = {
        "weights": weights, "linear_macs": weights, "biases": outputs, "linear_bias_adds": outputs, "outputs": outputs,
        **others,
    }  # fmt: skip
    if "plain_norm_channels" in others:
        counts["plain_norm_elements"] = others["plain_norm_channels"]
    rows = np.zeros((len(weights), len(COUNTS)), dtype=np.int64)
    for name, column in counts.items():
        rows[:, COUNTS.index(name)] = column
    return with_columns(rows, networks=0)
