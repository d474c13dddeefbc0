"""Counting conventions: coefficients over raw counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mbcost.spec.tally import Tally

Coefficients = Mapping[str, int]
"""Raw count -> how often it is counted; what is not here, never."""


@dataclass(frozen=True)
class BlindSpot:
    """What a tool silently counts otherwise on one library's models, or that it fails on them."""

    models: str
    """The library whose own models they are."""
    networks: frozenset[str]
    """Names of specs; empty where it is all that the library has."""
    says: str
    """What happens, in words."""
    without: frozenset[str]
    """Parts, such as `classifier`, whose layers the tool does not see; `strided`, the convolutions with a stride."""
    params_coefficients: Coefficients | None
    """In the place of the convention's; None where it counts params as elsewhere, lost parts included."""
    mult_adds_coefficients: Coefficients | None
    """In the place of the convention's; None where they are the same."""
    keeps_params: bool
    """Whether the params of lost parts are counted all the same."""
    partial: frozenset[str]
    """Of `params` and `mult_adds`, what the tool counts more in than raw counts can say; `says` says what."""
    fails: bool
    """Whether the tool fails, so that there is no number."""


@dataclass(frozen=True)
class Convention:
    """How somebody turns raw counts into "params" and "mult-adds"."""

    name: str
    title: str
    source: str
    proved: tuple[str, ...]
    """Versions of the tool, and of torch, for which a test compares it with the real thing; empty where none does."""
    params_coefficients: Coefficients
    mult_adds_coefficients: Coefficients
    blind: tuple[BlindSpot, ...] = ()
    earlier: bool = False
    """Whether it is that of a version or a tool of the past: one to explain old numbers with."""

    def params(self, tally: Tally) -> int:
        """Parameters of `tally` as this convention counts them."""
        return _weigh(self.params_coefficients, tally)

    def mult_adds(self, tally: Tally) -> int:
        """Multiply-adds of `tally` as this convention counts them."""
        return _weigh(self.mult_adds_coefficients, tally)

    def coefficients(self, quantity: str) -> Coefficients:
        """Those of `params` or of `mult_adds`."""
        return self.params_coefficients if quantity == "params" else self.mult_adds_coefficients

    def blind_spot(self, library: str, network: str) -> BlindSpot | None:
        """What it says otherwise of the library's own model of `network`; None where it sees all of it."""
        for spot in self.blind:
            if spot.models == library and (not spot.networks or network in spot.networks):
                return spot
        return None

    def seen_through(self, spot: BlindSpot) -> Convention:
        """The convention that it is on such a model, apart from the parts that it does not see."""
        return replace(
            self,
            params_coefficients=_either(spot.params_coefficients, self.params_coefficients),
            mult_adds_coefficients=_either(spot.mult_adds_coefficients, self.mult_adds_coefficients),
        )


def _either(chosen: Coefficients | None, default: Coefficients) -> Coefficients:
    return default if chosen is None else chosen


def _weigh(coefficients: Coefficients, tally: Tally) -> int:
    return sum(factor * _count(tally, name) for name, factor in coefficients.items())


def _count(tally: Tally, name: str) -> int:
    count: int = getattr(tally, name)
    return count
