"""Long work: announced before it starts, and refused above a stated bound that `--force` lifts."""

from __future__ import annotations

from mbcost.cli.streams import write_message
from mbcost.errors import MbcostError

ANNOUNCED = 10
"""Work that takes about this many seconds or more is announced."""
_UNITS = ((31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


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
    if amount > bound and not force:
        raise MbcostError(
            f"there are {amount:,} {unit}, which take {describe_duration(amount // rate)}: {remedy}, or add --force to "
            f"exceed the limit of {bound:,}"
        )
    announce_work(amount, unit, rate=rate)


def announce_work(amount: int, unit: str, *, rate: int) -> None:
    """Say on standard error how much is done and about how long it takes, unless it takes a few seconds only."""
    if amount >= rate * ANNOUNCED:
        write_message(f"{amount:,} {unit}, {describe_duration(amount // rate)}")


def describe_duration(seconds: int) -> str:
    """Return a rough duration in words.

    >>> describe_duration(0), describe_duration(75), describe_duration(5400), describe_duration(3_200_000)
    ('about 1 second', 'about 1 minute', 'about 2 hours', 'about 37 days')
    """
    length, name = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    count = max(1, (2 * seconds + length) // (2 * length))
    return f"about {count:,} {name}{'s' if count > 1 else ''}"
