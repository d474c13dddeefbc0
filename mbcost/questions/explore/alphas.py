"""The alphas at which a network differs, one after the other, found near an alpha without listing all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mbcost.analytic.many.changes import find_changes
from mbcost.analytic.many.plateaus import Span, iterate_plateaus
from mbcost.errors import MbcostError
from mbcost.spec.implementation import Implementation
from mbcost.spec.table import Spec

LOWEST, HIGHEST = 0.05, 2.0
"""The ends of the slider, unless an alpha beyond them is published."""
_MOST_CHANGES = 1_000
"""The search ends after so many changes of a width, for example where few alphas give a network."""
_WINDOW = 4
"""So many changes of a width are looked at for each step; not every change gives a different network."""


@dataclass(frozen=True)
class AlphaSteps:
    """The plateaus of a table: ranges of alpha in which its network stays the same."""

    spec: Spec
    rules: Implementation
    classes: int
    in_channels: int

    @property
    def low(self) -> float:
        """The least alpha of the slider."""
        return min(LOWEST, *self.spec.published_alphas)

    @property
    def high(self) -> float:
        """The largest alpha of the slider."""
        return max(HIGHEST, *self.spec.published_alphas)

    def find_above(self, alpha: float, count: int = 1) -> float:
        """Return the alpha that represents the `count`-th network above that of `alpha`.

        It is that of the last one if there are fewer, and `alpha` itself if there is none.
        """
        if alpha >= self.high:
            return alpha
        start = max(alpha, self.low)

        def list_later(size: float) -> tuple[Sequence[Span], bool]:
            end = min(self.high, start + size)
            spans = [span for span in self._list_spans(start, end) if span.least > alpha]
            return spans, end == self.high

        return self._search(list_later, alpha, count, lambda size: (start, min(self.high, start + size)))

    def find_below(self, alpha: float, count: int = 1) -> float:
        """Return the alpha that represents the `count`-th network below that of `alpha`.

        It is that of the first one if there are fewer, and `alpha` itself if there is none.
        """
        if alpha <= self.low:
            return alpha
        end = min(alpha, self.high)

        def list_earlier(size: float) -> tuple[Sequence[Span], bool]:
            start = max(self.low, end - size)
            spans = [span for span in self._list_spans(start, end) if span.most < alpha]
            return spans[::-1], start == self.low

        return self._search(list_earlier, alpha, count, lambda size: (max(self.low, end - size), end))

    def snap(self, alpha: float) -> float:
        """Return the alpha that represents the network of `alpha`, within the ends of the slider."""
        inside = min(max(alpha, self.low), self.high)
        below = self.find_below(inside)
        return self.find_above(below) if below < inside else inside

    def _search(
        self,
        list_spans: Callable[[float], tuple[Sequence[Span], bool]],
        alpha: float,
        count: int,
        window: Callable[[float], tuple[float, float]],
    ) -> float:
        """Return the alpha of the `count`-th span, in windows that grow until that span is not cut off by their end."""
        size, changes = self.high - self.low, find_changes(self.spec, self.rules)
        while changes.count(*window(size)) > _WINDOW * (count + 1) and size > 1e-9:
            size /= 2
        while True:
            spans, is_all = list_spans(size)
            if len(spans) > count or is_all or changes.count(*window(2 * size)) > _MOST_CHANGES:
                return spans[min(count, len(spans)) - 1].alpha if spans else alpha
            size *= 2

    def _list_spans(self, low: float, high: float) -> list[Span]:
        try:
            plateaus = iterate_plateaus(self.spec, self.rules, self.classes, self.in_channels, low, high)
            return [plateau.span for plateau in plateaus]
        except MbcostError:  # no alpha in the range gives a network
            return []
