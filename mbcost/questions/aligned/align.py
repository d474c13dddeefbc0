"""Aligns two sequences of layers at the least cost, so that a missing or extra layer does not shift those after it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")
Pair = tuple[First | None, Second | None]

UNPAIRED = 16
"""The cost of a layer without a partner. Two layers become a pair if they differ by less than twice as much."""
IMPOSSIBLE = 100
"""The cost of a pair of layers that cannot correspond to each other."""
INSIDE = 1
"""The extra cost if a run of unpaired layers begins or ends inside a block: blocks come and go as a whole."""


def align(
    first: Sequence[First],
    second: Sequence[Second],
    pair_cost: Callable[[First, Second], int],
    starts_block: Callable[[int], bool],
    identify: Callable[[First | Second], Hashable] = id,
) -> list[Pair[First, Second]]:
    """Return the pairing of least cost, in order; among equal ones, the one that pairs layers up as early as possible.

    The time grows with the product of the two lengths, and the memory is one byte for each pair.

    Args:
        first: the layers of the side that has blocks.
        second: the layers of the other side.
        pair_cost: the cost of making two layers a pair, 0 if they are the same.
        starts_block: whether a block of `first` begins at an index; the index after the last layer counts as one.
        identify: returns what is equal for layers with the same costs, so that each cost is computed once.
    """
    # Gotoh's algorithm, J. Mol. Biol. 162 (1982): below[state][j] is the least cost of all further steps when
    # first[:i + 1] and second[:j] are done and the last step was `state`: 0 a pair, 1 only first, 2 only second.
    costs: dict[tuple[Hashable, Hashable], int] = {}
    identities, others = [identify(layer) for layer in first], [identify(layer) for layer in second]

    def compute_row(i: int) -> list[int]:
        row = []
        for j, other in enumerate(others):
            pair = identities[i], other
            if pair not in costs:
                costs[pair] = pair_cost(first[i], second[j])
            row.append(costs[pair])
        return row

    edges = [0 if starts_block(index) else INSIDE for index in range(len(first) + 1)]
    choices = [bytearray(len(second) + 1)] * len(first) + [bytearray(len(second) + 1)]
    below: _Row | None = None
    for i in range(len(first), -1, -1):
        row = compute_row(i) if below else []
        below, choices[i] = _fill_row(row, below, edges[i], len(second))
    pairs: list[Pair[First, Second]] = []
    state = i = j = 0
    while i < len(first) or j < len(second):
        state = choices[i][j] >> 2 * state & 3
        pairs.append((first[i] if state != 2 else None, second[j] if state != 1 else None))
        i, j = i + (state != 2), j + (state != 1)
    return pairs


_Row = tuple[list[int], list[int], list[int]]
_NEVER = 2**62
"""The cost of a step that is not possible; no sum of costs is as large."""


def _fill_row(costs: Sequence[int], below: _Row | None, edge: int, columns: int) -> tuple[_Row, bytearray]:
    """Return the least costs of one row for each state, and the next state of each state, two bits each.

    Args:
        costs: the cost of each pair in this row; empty in the last row.
        below: the row after this one; None for the last row.
        edge: the extra cost of beginning or ending a run of unpaired layers here.
        columns: the number of layers of the second side.
    """
    pairs, firsts, seconds = row = ([0] * (columns + 1), [0] * (columns + 1), [0] * (columns + 1))
    choices = bytearray(columns + 1)
    for j in range(columns, -1, -1):
        if not below and j == columns:
            continue
        # The least cost if the next step is a pair, only first or only second, and the last step was of the same state.
        pair = costs[j] + below[0][j + 1] if below and j < columns else _NEVER
        only_first = UNPAIRED + below[1][j] if below else _NEVER
        only_second = UNPAIRED + seconds[j + 1] if j < columns else _NEVER
        # Of equal costs, the lowest state is chosen; comparing is three times as fast here as `min`.
        unpaired, unpaired_state = (only_first, 1) if only_first <= only_second else (only_second, 2)
        if pair <= unpaired + edge:
            pairs[j], choice = pair, 0
        else:
            pairs[j], choice = unpaired + edge, unpaired_state
        other, other_state = (pair, 0) if pair <= only_second else (only_second, 2)
        if other + edge < only_first or (other + edge == only_first and other_state == 0):
            firsts[j], choice = other + edge, choice | other_state << 2
        else:
            firsts[j], choice = only_first, choice | 1 << 2
        other, other_state = (pair, 0) if pair <= only_first else (only_first, 1)
        if other + edge <= only_second:
            seconds[j], choice = other + edge, choice | other_state << 4
        else:
            seconds[j], choice = only_second, choice | 2 << 4
        choices[j] = choice
    return row, choices
