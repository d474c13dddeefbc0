"""The alphas at which a width changes: they are counted from the rules of rounding before any of them is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf, nextafter

from mbcost.spec.implementation import EXACT, ChannelRule, Implementation
from mbcost.spec.operators import OWN_HEAD
from mbcost.spec.table import Spec

_MOST_AT_ONCE = 10_000
"""The number of changes that are computed and sorted together."""
_TOO_WIDE = nextafter(EXACT, inf)
"""The least scaled width that is refused because float64 does not represent every number there."""


@dataclass(frozen=True)
class Changes:
    """What decides the alphas at which a network changes; all other widths follow from those of the blocks before."""

    widths: tuple[tuple[ChannelRule, int], ...]
    """The different printed widths that alpha scales, with their rules."""
    thresholds: tuple[float, ...]
    """Alphas below which a row keeps its printed width."""

    def count(self, low: float, high: float) -> int:
        """Return an upper bound of the number of changes in (low, high], computed from the ends alone.

        Numbers of channels are multiples of the rule's divisor and grow with the width, except the two least: a rule
        can give its minimum, and the minimum with one divisor more. One more change is the alpha at which the width
        becomes too large to be counted.
        """
        total = sum(low < threshold <= high for threshold in self.thresholds)
        for rule, printed in self.widths:
            first, last = (rule.round(min(printed * alpha, _TOO_WIDE)) for alpha in (low, high))
            total += abs(last - first) // rule.divisor + 3 if last != first else 0
            total += printed * low < _TOO_WIDE <= printed * high
        return total

    def list_in_order(self, low: float, high: float) -> Iterator[float]:
        """Yield every alpha in (low, high] at which a width changes, in order, in constant memory."""
        if self.count(low, high) > _MOST_AT_ONCE and low < (middle := low / 2 + high / 2) < high:
            yield from self.list_in_order(low, middle)
            yield from self.list_in_order(middle, high)
            return
        alphas_by_width = (self._list_of_width(rule, printed, low, high) for rule, printed in self.widths)
        thresholds = (threshold for threshold in self.thresholds if low < threshold <= high)
        yield from sorted({*thresholds, *(alpha for alphas in alphas_by_width for alpha in alphas)})

    def _list_of_width(self, rule: ChannelRule, printed: int, low: float, high: float) -> Iterator[float]:
        most = min(printed * high, _TOO_WIDE)
        for change in _find_rule_changes(rule, printed * low, most):
            yield _least_factor(printed, change)
        if printed * low < _TOO_WIDE == most:
            yield _least_factor(printed, _TOO_WIDE)


def find_changes(spec: Spec, implementation: Implementation) -> Changes:
    """Return what decides the alphas at which the networks of a spec change."""
    rows = [find_row_changes(spec, implementation, row.stage) for row in spec.rows]
    widths = dict.fromkeys(width for changes in rows for width in changes.widths)
    thresholds = dict.fromkeys(threshold for changes in rows for threshold in changes.thresholds)
    return Changes(tuple(widths), tuple(thresholds))


def find_row_changes(spec: Spec, implementation: Implementation, stage: int) -> Changes:
    """Return what decides the alphas at which the blocks of a row change, besides the width that the row reads."""
    row, role = spec.rows[stage], spec.role(stage) or ""
    thresholds = (implementation.unscaled_below[role],) if role in implementation.unscaled_below else ()
    widths = []
    if isinstance(row.c, int) and row.operator not in OWN_HEAD:
        widths.append((implementation.channels_of.get(role, implementation.channels), row.c))
    if row.exp is not None and implementation.expansion == "printed":
        widths.append((implementation.channels, row.exp))
    return Changes(tuple(widths), thresholds)


def _find_rule_changes(rule: ChannelRule, low: float, high: float) -> Iterator[float]:
    """Yield the scaled widths in (low, high] at which the channel count that a rule gives changes."""
    while low < high and rule.round(low) != rule.round(high):
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
