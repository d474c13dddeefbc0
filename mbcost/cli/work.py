"""Long work: announced before it starts, and refused above a stated bound that `--force` lifts."""

from __future__ import annotations

from mbcost.cli.streams import write_message
from mbcost.questions.work import Work, check_all, describe_duration

ANNOUNCED = 10
"""Work that takes about this many seconds or more is announced."""


def begin_work(*works: Work, force: bool) -> None:
    """Announce the longest work on standard error if it is long, or refuse one.

    Args:
        works: what is done, in one step or at the same time.
        force: whether the user lifts the bounds.

    Raises:
        MbcostError: one is above its bound, and the user does not lift it.
    """
    longest = check_all(works, force=force)
    announce_work(longest.amount, longest.unit, rate=longest.rate)


def announce_work(amount: int, unit: str, *, rate: int) -> None:
    """Say on standard error how much is done and about how long it takes, unless it takes a few seconds only."""
    if amount >= rate * ANNOUNCED:
        write_message(f"{amount:,} {unit}, {describe_duration(amount // rate)}")
