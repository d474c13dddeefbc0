"""The ranges of alpha in which a network stays the same: because widths are rounded, they are plateaus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from math import inf, nextafter

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.changes import find_changes
from mbcost.errors import MbcostError
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling, check_alpha
from mbcost.spec.table import Spec

MOST_CHANGES = 100_000
"""The most changes of a width in a range whose plateaus are returned together. V1 has 3,000 from 0.1 to 1.5."""
_DIGITS = 17
"""The number of significant digits that distinguishes any two float64 numbers."""


@dataclass(frozen=True)
class Span:
    """A range of alpha in which all alphas give the same network."""

    least: float
    most: float
    alpha: float
    """A short number that represents the range: a published alpha if the range has one, else the shortest decimal."""


@dataclass(frozen=True)
class Plateau(Span):
    """A range of alpha with its network."""

    blocks: tuple[Block, ...]

    @property
    def span(self) -> Span:
        """The range without the network, which takes most of the memory."""
        return Span(self.least, self.most, self.alpha)


def find_plateaus(
    spec: Spec, implementation: Implementation, classes: int, in_channels: int, low: float, high: float
) -> tuple[Plateau, ...]:
    """Return every network that an alpha in [low, high] gives, in order of alpha.

    Alphas that give no network, because no channel is left or groups do not divide the channels, are left out.

    Raises:
        MbcostError: the range is empty, no alpha in it gives a network, or there are more than `MOST_CHANGES` changes.

    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = load_spec("v2")
    >>> last = find_plateaus(v2, v2.implementation("official"), 1000, 3, 0.7, 0.8)[-1]
    >>> last.least, last.most, last.alpha
    (0.7916666666666666, 0.8, 0.8)
    """
    if count_plateaus(spec, implementation, low, high) > MOST_CHANGES + 1:
        raise MbcostError(
            f"{spec.name} changes more than {MOST_CHANGES:,} times for alpha from {low:g} to {high:g}: give a list of "
            "alphas, or a range with a step"
        )
    return tuple(iterate_plateaus(spec, implementation, classes, in_channels, low, high))


def count_plateaus(spec: Spec, implementation: Implementation, low: float, high: float) -> int:
    """Return an upper bound of the number of networks that the alphas in [low, high] give, at once.

    Raises:
        MbcostError: the range is empty.
    """
    check_alpha(low)
    check_alpha(high)
    if not high >= low:
        raise MbcostError(f"alpha {low:g} to {high:g} is empty: the end is below the start")
    return 1 + find_changes(spec, implementation).count(low, high)


def iterate_plateaus(
    spec: Spec, implementation: Implementation, classes: int, in_channels: int, low: float, high: float
) -> Iterator[Plateau]:
    """Yield the plateaus of `find_plateaus`, of any number, one after the other.

    Raises:
        MbcostError: no alpha gives a network.
    """
    run: tuple[float, float, tuple[Block, ...]] | None = None
    refusal: MbcostError | None = None
    is_empty = True
    for start, end in _list_ranges(spec, implementation, low, high):
        try:
            blocks = plan(Scaling(spec, implementation, start, classes), in_channels)
        except MbcostError as error:
            refusal = error
            continue
        is_empty = False
        if run is not None and run[2] == blocks and nextafter(run[1], inf) == start:
            run = (run[0], end, blocks)
            continue
        if run is not None:
            yield _make_plateau(spec, *run)
        run = (start, end, blocks)
    if run is not None:
        yield _make_plateau(spec, *run)
    if refusal is not None and is_empty:
        raise refusal


def _list_ranges(spec: Spec, implementation: Implementation, low: float, high: float) -> Iterator[tuple[float, float]]:
    """Yield consecutive ranges of alpha in which no width changes."""
    start = low
    for change in find_changes(spec, implementation).list_in_order(low, high):
        yield start, nextafter(change, 0)
        start = change
    yield start, high


def _make_plateau(spec: Spec, least: float, most: float, blocks: tuple[Block, ...]) -> Plateau:
    published = (alpha for alpha in spec.published_alphas if least <= alpha <= most)
    alpha = next(published, None)
    return Plateau(least, most, find_shortest_decimal(least, most) if alpha is None else alpha, blocks)


def find_shortest_decimal(least: float, most: float) -> float:
    """Return the number in [least, most] with the fewest decimals; if there are several, the smallest.

    >>> find_shortest_decimal(0.703125, 0.7499999999999999), find_shortest_decimal(0.3, 0.30000000000000004)
    (0.71, 0.3)
    """
    exact = Decimal(least)
    for decimals in range(_DIGITS - exact.adjusted()):
        # The nearest decimal can be the one from which `least` was read; else the next one above can be inside.
        for rounding in (ROUND_HALF_EVEN, ROUND_CEILING):
            candidate = float(exact.quantize(Decimal(1).scaleb(-decimals), rounding))
            if least <= candidate <= most:
                return candidate
    return least
