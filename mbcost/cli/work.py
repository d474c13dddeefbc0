"""Long work: announced before it starts, and refused above a stated bound that `--force` lifts."""

from __future__ import annotations

import sys
from contextlib import suppress

from mbcost.errors import MbcostError

ANNOUNCED = 10.0
"""Work that takes about this many seconds or more is announced."""
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def begin_work(amount: int, unit: str, *, rate: int, bound: int, force: bool, remedy: str) -> None:
    """Announce long work on standard error, or refuse it.

    Args:
        amount: the size of the work, known before any of it is done.
        unit: what is counted, in the plural, such as `configurations`.
        rate: the amount that the project's two-core test machine does per second; it decides only the announcement.
        bound: the largest amount that starts without `--force`.
        force: whether the user lifts the bound.
        remedy: how to make the work smaller, such as `use larger steps`.

    Raises:
        MbcostError: the amount is above the bound, and the user does not lift it.
    """
    seconds = amount / rate if amount < rate * 10**9 else float(amount // rate)
    if amount > bound and not force:
        raise MbcostError(
            f"there are {amount:,} {unit}, which take {describe_duration(seconds)}: {remedy}, or add --force to "
            f"exceed the limit of {bound:,}"
        )
    if seconds >= ANNOUNCED and sys.stderr is not None:
        with suppress(OSError):  # the announcement is not what the command is for
            print(f"mbcost: {amount:,} {unit}, {describe_duration(seconds)}", file=sys.stderr, flush=True)


def describe_duration(seconds: float) -> str:
    """Return a rough duration in words.

    >>> describe_duration(0.2), describe_duration(75), describe_duration(5400), describe_duration(3.2e6)
    ('about 1 second', 'about 1 minute', 'about 2 hours', 'about 37 days')
    """
    length, name = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    count = max(1, round(seconds / length))
    return f"about {count:,} {name}{'s' if count > 1 else ''}"
