"""Long work: its size is known before any of it is done, and above a stated bound it needs the user's consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mbcost.errors import MbcostError

_UNITS = ((31_557_600, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Work:
    """One kind of work that a question needs."""

    amount: int
    """Its size."""
    unit: str
    """What is counted, in the plural, such as `configurations`."""
    rate: int
    """The amount that the project's two-core test machine does per second; no bound depends on it."""
    bound: int
    """The largest amount that starts without the user's consent."""
    remedy: str
    """How to make the work smaller, such as `use larger steps`."""

    @property
    def seconds(self) -> int:
        """About how long it takes."""
        return self.amount // self.rate

    def check(self, *, force: bool) -> None:
        """Check that the amount is within its bound, unless the user lifts it.

        Raises:
            MbcostError: it is above the bound.
        """
        if self.amount > self.bound and not force:
            raise MbcostError(
                f"there are {self.amount:,} {self.unit}, which take {describe_duration(self.seconds)}: {self.remedy}, "
                f"or add --force to exceed the limit of {self.bound:,}"
            )


def check_all(works: Iterable[Work], *, force: bool) -> Work:
    """Return the longest work, after checking all of them.

    Raises:
        MbcostError: one of them is above its bound; the message names the longest of these.
    """
    by_length = sorted(works, key=lambda work: work.seconds, reverse=True)
    for work in by_length:
        work.check(force=force)
    return by_length[0]


def describe_duration(seconds: int) -> str:
    """Return a rough duration in words.

    >>> describe_duration(0), describe_duration(75), describe_duration(5400), describe_duration(3_200_000)
    ('about 1 second', 'about 1 minute', 'about 2 hours', 'about 37 days')
    """
    length, name = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    count = max(1, (2 * seconds + length) // (2 * length))
    return f"about {count:,} {name}{'s' if count > 1 else ''}"
