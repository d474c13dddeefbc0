"""The width multipliers at which a network changes: because widths are rounded, ranges of alpha are plateaus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from math import ceil, inf, nextafter

from mbcost.analytic.blocks import Block, plan
from mbcost.errors import MbcostError
from mbcost.spec.implementation import ChannelRule, Implementation
from mbcost.spec.operators import OWN_HEAD
from mbcost.spec.scaling import Scaling, check_alpha
from mbcost.spec.table import Spec

MOST_CHANGES = 100_000
"""The most changes of a width in a range of alpha. V1, whose rule has no divisor, has 6,000 from 0.1 to 1.5."""
_DIGITS = 17
"""The number of significant digits that distinguishes any two float64 numbers."""


@dataclass(frozen=True)
class Plateau:
    """A range of alpha in which all alphas give the same network."""

    least: float
    most: float
    alpha: float
    """A short number that represents the range: a published alpha if the range has one, else the shortest decimal."""
    blocks: tuple[Block, ...]


def find_plateaus(
    spec: Spec, implementation: Implementation, classes: int, in_channels: int, low: float, high: float
) -> tuple[Plateau, ...]:
    """Return every network that an alpha in [low, high] gives, in order of alpha.

    Alphas that give no network, because no channel is left or groups do not divide the channels, are left out.

    Raises:
        MbcostError: the range is empty, or no alpha in it gives a network.

    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = load_spec("v2")
    >>> last = find_plateaus(v2, v2.implementation("official"), 1000, 3, 0.7, 0.8)[-1]
    >>> last.least, last.most, last.alpha
    (0.7916666666666666, 0.8, 0.8)
    """
    check_alpha(low)
    if not high >= low:
        raise MbcostError(f"alpha {low:g} to {high:g} is empty: the end is below the start")
    starts = sorted({low, *_find_changes(spec, implementation, low, high)})
    ends = [*(nextafter(start, 0) for start in starts[1:]), high]
    runs: list[tuple[float, float, tuple[Block, ...]]] = []
    refusal: MbcostError | None = None
    for start, end in zip(starts, ends, strict=True):
        try:
            blocks = plan(Scaling(spec, implementation, start, classes), in_channels)
        except MbcostError as error:
            refusal = error
            continue
        if runs and runs[-1][2] == blocks and nextafter(runs[-1][1], inf) == start:
            runs[-1] = (runs[-1][0], end, blocks)
        else:
            runs.append((start, end, blocks))
    if refusal is not None and not runs:
        raise refusal
    return tuple(Plateau(start, end, _choose_alpha(spec, start, end), blocks) for start, end, blocks in runs)


def _choose_alpha(spec: Spec, least: float, most: float) -> float:
    published = [alpha for alpha in spec.published_alphas if least <= alpha <= most]
    return published[0] if published else find_shortest_decimal(least, most)


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


def _find_changes(spec: Spec, implementation: Implementation, low: float, high: float) -> Iterator[float]:
    """Yield every alpha in (low, high] at which the rounded value of a printed width changes.

    All other widths follow from those of the blocks before them.

    Raises:
        MbcostError: there are more than `MOST_CHANGES`.
    """
    widths: dict[tuple[ChannelRule, int], None] = {}  # in order, so that the sum of floats below has one order
    for row in spec.rows:
        role = spec.role(row.stage) or ""
        threshold = implementation.unscaled_below.get(role, inf)
        if low < threshold <= high:
            yield threshold
        if isinstance(row.c, int) and row.operator not in OWN_HEAD:
            widths[implementation.channels_of.get(role, implementation.channels), row.c] = None
        if row.exp is not None and implementation.expansion == "printed":
            widths[implementation.channels, row.exp] = None
    if sum(printed * (high - low) / rule.divisor for rule, printed in widths) > MOST_CHANGES:
        raise MbcostError(
            f"{spec.name} changes more than {MOST_CHANGES:,} times for alpha from {low:g} to {high:g}: give a list of "
            "alphas, or a range with a step"
        )
    for rule in dict.fromkeys(rule for rule, _ in widths):
        printed = [width for width_rule, width in widths if width_rule == rule]
        for change in _find_rule_changes(rule, min(printed) * low, max(printed) * high):
            for width in printed:
                alpha = _least_factor(width, change)
                if low < alpha <= high:
                    yield alpha


def _find_rule_changes(rule: ChannelRule, low: float, high: float) -> Iterator[float]:
    """Yield the scaled widths in (low, high] at which the channel count that a rule gives changes."""
    while rule.round(low) != rule.round(high):
        low = _find_next_change(rule, low, high)
        yield low


def _find_next_change(rule: ChannelRule, low: float, high: float) -> float:
    """Return the least width above `low` that is not rounded to the same channels; `high` must be such a width."""
    value = rule.round(low)
    above = min(high, low + 2 * rule.divisor)
    if rule.round(above) == value:
        above = high
    below = low
    while nextafter(below, inf) < above:
        half = ceil(2 * below) / 2
        # Most changes are at whole numbers or halves, so trying them first ends the bisection after a few steps.
        middle = half if above - below < 0.5 and below < half < above else (below + above) / 2
        if rule.round(middle) == value:
            below = middle
            continue
        above = middle
        if rule.round(nextafter(middle, 0)) == value:
            return middle
    return above


def _least_factor(width: int, product: float) -> float:
    """Return the least alpha that scales a printed width to at least `product` in float64."""
    alpha = product / width
    while width * alpha >= product:
        alpha = nextafter(alpha, 0)
    return nextafter(alpha, inf)
