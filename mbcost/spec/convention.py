"""Counting conventions: coefficients over raw counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mbcost.spec.tally import Tally


@dataclass(frozen=True)
class Convention:
    """How somebody turns raw counts into "params" and "mult-adds"."""

    name: str
    title: str
    source: str
    params_coefficients: Mapping[str, int]
    mult_adds_coefficients: Mapping[str, int]

    def params(self, tally: Tally) -> int:
        """Parameters of `tally` as this convention counts them."""
        return sum(factor * _count(tally, name) for name, factor in self.params_coefficients.items())

    def mult_adds(self, tally: Tally) -> int:
        """Multiply-adds of `tally` as this convention counts them."""
        return sum(factor * _count(tally, name) for name, factor in self.mult_adds_coefficients.items())


def _count(tally: Tally, name: str) -> int:
    count: int = getattr(tally, name)
    return count
