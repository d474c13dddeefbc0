"""Two sequences of layers side by side at the least cost, so that a missing or extra layer moves nothing behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")
Pair = tuple[First | None, Second | None]

ALONE = 16
"""What a layer costs that stands alone. Two that differ by less than twice as much stand for each other."""
NEVER = 100
"""What it costs that two layers stand for each other that cannot."""
INSIDE = 1
"""What it costs beside, where a run of layers that stand alone begins or ends inside a block: blocks go as a whole."""


def align(
    ones: Sequence[First],
    others: Sequence[Second],
    unlike: Callable[[First, Second], int],
    starts: Callable[[int], bool],
) -> list[Pair[First, Second]]:
    """The pairing of least cost, in order; among equal ones, that which pairs up as early as it can.

    Args:
        ones: the layers of one side, which has blocks.
        others: the layers of the other side.
        unlike: what it costs that two layers stand for each other, 0 where they are the same.
        starts: whether a block of `ones` begins at that place; the end of `ones` is one.
    """
    # Gotoh's algorithm, J. Mol. Biol. 162 (1982): best[state][i][j] is the least cost of all that follows when
    # ones[:i] and others[:j] are done and the last step was `state`: 0 a pair, 1 one alone, 2 the other alone.
    columns = len(others)
    edge = [0 if starts(place) else INSIDE for place in range(len(ones) + 1)]
    cost = cache(lambda i, j: unlike(ones[i], others[j]))
    best: list[list[list[int]]] = [[[0] * (columns + 1) for _ in range(len(ones) + 1)] for _ in range(3)]
    paired, alone, theirs = best

    def choices(state: int, i: int, j: int) -> list[tuple[int, int]]:
        """What each next step costs, with all behind it."""
        changed = edge[i]
        found = []
        if i < len(ones) and j < columns:
            found.append((cost(i, j) + paired[i + 1][j + 1] + (changed if state else 0), 0))
        if i < len(ones):
            found.append((ALONE + alone[i + 1][j] + (changed if state != 1 else 0), 1))
        if j < columns:
            found.append((ALONE + theirs[i][j + 1] + (changed if state != 2 else 0), 2))
        return found

    for i in range(len(ones), -1, -1):
        for j in range(columns, -1, -1):
            if i == len(ones) and j == columns:
                continue
            for state in range(3):
                best[state][i][j] = min(choices(state, i, j))[0]
    pairs: list[Pair[First, Second]] = []
    state = i = j = 0
    while i < len(ones) or j < columns:
        _, state = min(choices(state, i, j))
        pairs.append((ones[i] if state != 2 else None, others[j] if state != 1 else None))
        i, j = i + (state != 2), j + (state != 1)
    return pairs
