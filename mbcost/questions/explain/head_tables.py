"""Heads of transfer learning as arrays: their counts follow from their widths; a test compares them with the layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mbcost.questions.explain.arrays import Array
from mbcost.questions.explain.columns import with_columns
from mbcost.questions.explain.structures import COMMON_WIDTHS, head_cost
from mbcost.spec.head import FLATTEN, NORM, Part
from mbcost.spec.tally import COUNTS

WIDTHS = (8, 10, *range(16, 4097))
"""The widths that are tried for an exact number; for other numbers, the common ones."""
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
