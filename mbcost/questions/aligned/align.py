"""Aligns two sequences of layers at the least cost, so that a missing or extra layer does not shift those after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
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
) -> list[Pair[First, Second]]:
    """Return the pairing of least cost, in order; among equal ones, the one that pairs layers up as early as possible.

    Args:
        first: the layers of the side that has blocks.
        second: the layers of the other side.
        pair_cost: the cost of making two layers a pair, 0 if they are the same.
        starts_block: whether a block of `first` begins at an index; the index after the last layer counts as one.
    """
    # Gotoh's algorithm, J. Mol. Biol. 162 (1982): best[state][i][j] is the least cost of all further steps when
    # first[:i] and second[:j] are done and the last step was `state`: 0 a pair, 1 only first, 2 only second.
    columns = len(second)
    edge = [0 if starts_block(index) else INSIDE for index in range(len(first) + 1)]
    cost = cache(lambda i, j: pair_cost(first[i], second[j]))
    best: list[list[list[int]]] = [[[0] * (columns + 1) for _ in range(len(first) + 1)] for _ in range(3)]
    paired, only_first, only_second = best

    def list_steps(state: int, i: int, j: int) -> list[tuple[int, int]]:
        """Return the cost of each possible next step, that of all further steps included, and its state."""
        steps = []
        if i < len(first) and j < columns:
            steps.append((cost(i, j) + paired[i + 1][j + 1] + (edge[i] if state else 0), 0))
        if i < len(first):
            steps.append((UNPAIRED + only_first[i + 1][j] + (edge[i] if state != 1 else 0), 1))
        if j < columns:
            steps.append((UNPAIRED + only_second[i][j + 1] + (edge[i] if state != 2 else 0), 2))
        return steps

    for i in range(len(first), -1, -1):
        for j in range(columns, -1, -1):
            if i == len(first) and j == columns:
                continue
            for state in range(3):
                best[state][i][j] = min(list_steps(state, i, j))[0]
    pairs: list[Pair[First, Second]] = []
    state = i = j = 0
    while i < len(first) or j < columns:
        _, state = min(list_steps(state, i, j))
        pairs.append((first[i] if state != 2 else None, second[j] if state != 1 else None))
        i, j = i + (state != 2), j + (state != 1)
    return pairs
