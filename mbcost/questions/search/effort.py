"""How much work a search is, which is known before any network is planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mbcost.errors import MbcostError
from mbcost.questions.search.near import MOST_ARENAS
from mbcost.questions.search.requests import Request, count_configurations
from mbcost.questions.work import Work

MOST_SWEPT = 100_000_000
"""The number of configurations that `sweep` computes without the user's consent."""
MOST_SWEPT_WITH_ARENAS = 1_000_000
"""The same if the arena of each is laid out."""
MOST_KEPT = 100_000
"""The number of configurations that `sweep` keeps in memory, for a front or for an answer that needs all of them."""
MOST_FITTED = 2_000_000
"""The number of configurations that `fit` searches; all of them are kept in memory."""
MOST_LISTED = 10_000
"""The number of configurations that `fit` returns."""
MOST_PLANNED = 3_000_000
"""The number of blocks that are planned; a network has some dozens."""
MOST_EVALUATED = 1_000_000_000
"""The number of blocks of configurations that are evaluated."""
LONG_TABLE = 200
"""Blocks of a table; the networks that come with mbcost have up to 60."""
REMEDY = "use larger steps"


def list_sweep_works(
    requests: Sequence[Request[Any]], allocator: str, *, only_front: bool, with_latency: bool = False
) -> tuple[Work, ...]:
    """Return the work of computing every configuration, each perhaps with its latency."""
    count = count_configurations(requests)
    if allocator == "arena":
        unit = "configurations, each with an arena"
        return _list_works(requests, Work(count, unit, 200, MOST_SWEPT_WITH_ARENAS, REMEDY))
    fast, slow = (60_000, 10_000) if with_latency else (400_000, 20_000)
    return _list_works(requests, Work(count, "configurations", fast if only_front else slow, MOST_SWEPT, REMEDY))


def list_fit_works(requests: Sequence[Request[Any]], *, with_latency: bool) -> tuple[Work, ...]:
    """Return the work of searching every configuration, each perhaps with its latency."""
    rate = 75_000 if with_latency else 200_000
    return _list_works(requests, Work(count_configurations(requests), "configurations", rate, MOST_FITTED, REMEDY))


def check_kept(requests: Sequence[Request[Any]], *, force: bool) -> None:
    """Check that the answer of a `sweep` that keeps every configuration in memory is not too long.

    Raises:
        MbcostError: it is, and the user does not lift the limit.
    """
    count = count_configurations(requests)
    if count > MOST_KEPT and not force:
        raise MbcostError(
            f"there are up to {count:,} configurations: use larger steps, or add --force to exceed the limit of "
            f"{MOST_KEPT:,}"
        )


def count_listed(requests: Sequence[Request[Any]], limit: int) -> Work:
    """Return the work of listing the best `limit` configurations of `fit`."""
    count = min(limit, count_configurations(requests))
    return Work(count, "configurations to show", 10_000, MOST_LISTED, "use a smaller --limit")


def check_arenas(allocator: str, limit: int) -> None:
    """Check that `fit` can lay out the arenas of `limit` configurations.

    Raises:
        MbcostError: it cannot.
    """
    if allocator == "arena" and limit > MOST_ARENAS:
        raise MbcostError(f"--limit is {limit:,}: at most {MOST_ARENAS:,} arenas are laid out, use a smaller limit")


def _list_works(requests: Sequence[Request[Any]], configurations: Work) -> tuple[Work, ...]:
    planned = sum(request.count_networks() * request.series.block_count for request in requests)
    evaluated = sum(
        request.count_networks() * len(request.resolutions) * request.series.block_count for request in requests
    )
    # In a long table many steps can have the most live elements, and are compared at every resolution.
    is_long = max(request.series.block_count for request in requests) > LONG_TABLE
    blocks = f"blocks in {configurations.amount:,} configurations"
    return (
        configurations,
        Work(planned, "blocks of networks to plan", 15_000, MOST_PLANNED, REMEDY),
        Work(evaluated, blocks, 1_000_000 if is_long else 20_000_000, MOST_EVALUATED, REMEDY),
    )
