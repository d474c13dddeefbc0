"""Counting conventions: coefficients over raw counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mbcost.spec.shown import show
from mbcost.spec.tally import Tally

Coefficients = Mapping[str, int]
"""Raw count -> how often it is counted; a raw count that is missing here is not counted."""

FRAMEWORKS = ("torch", "keras", "tensorflow", "paddle", "mxnet", "mindspore", "onnx", "tflite", "caffe")
"""The frameworks whose models a tool can count."""
PROOFS = ("live", "recorded", "published", "source")
"""What confirms a convention, the strongest first: a test runs the tool; the tool was run once and its numbers are
recorded; published figures have its numbers; its recipe was only read in its source."""


@dataclass(frozen=True)
class BlindSpot:
    """What a tool silently counts differently on the models of one library, or that it fails on them."""

    models: str
    """The library that provides the models."""
    networks: frozenset[str]
    """Names of specs; empty if it concerns all networks of the library."""
    says: str
    """What happens, in words."""
    without: frozenset[str]
    """Parts, such as `classifier`, whose layers the tool does not see; `strided` means convolutions with a stride."""
    params_coefficients: Coefficients | None
    """The coefficients that replace the convention's; None if params are counted as usual."""
    mult_adds_coefficients: Coefficients | None
    """The coefficients that replace the convention's; None if mult-adds are counted as usual."""
    keeps_params: bool
    """Whether the params of parts that the tool does not see are still counted."""
    partial: frozenset[str]
    """`params` or `mult_adds`, if the tool adds to them something that is not a raw count; `says` tells what."""
    fails: bool
    """Whether the tool fails, so that it gives no number."""


@dataclass(frozen=True)
class Convention:
    """How a paper, page or tool turns raw counts into "params" and "mult-adds"."""

    name: str
    title: str
    source: str
    proved: tuple[str, ...]
    """Versions of the tool, and of torch, for which a test compares the two; empty if no test does."""
    params_coefficients: Coefficients
    mult_adds_coefficients: Coefficients
    blind: tuple[BlindSpot, ...] = ()
    earlier: bool = False
    """Whether it belongs to an old version, or a tool that is no longer used; it explains old numbers."""
    framework: str | None = None
    """One of `FRAMEWORKS`; None if it is not a tool, such as a paper, or counts models of any framework."""
    proof: str | None = None
    """One of `PROOFS`; None if it is a definition, which nothing can confirm."""
    versions: tuple[str, ...] = ()
    """The versions in which it holds, if `proof` is not `live`; `proved` has them otherwise."""
    run_on: tuple[str, ...] = ()
    """References to the networks on which the tool was run once, if `proof` is `recorded`."""

    @property
    def holds_in(self) -> tuple[str, ...]:
        """The versions in which it holds, whatever confirms it."""
        return self.proved or self.versions

    def params(self, tally: Tally) -> int:
        """Return the parameters of `tally` as this convention counts them."""
        return _weigh(self.params_coefficients, tally)

    def mult_adds(self, tally: Tally) -> int:
        """Return the multiply-adds of `tally` as this convention counts them."""
        return _weigh(self.mult_adds_coefficients, tally)

    def coefficients(self, quantity: str) -> Coefficients:
        """Return the coefficients of `params` or of `mult_adds`."""
        return self.params_coefficients if quantity == "params" else self.mult_adds_coefficients

    def blind_spot(self, library: str, network: str) -> BlindSpot | None:
        """Return what the tool counts differently on the library's own model of `network`; None if there is nothing."""
        for spot in self.blind:
            if spot.models == library and (not spot.networks or network in spot.networks):
                return spot
        return None

    def seen_through(self, spot: BlindSpot) -> Convention:
        """Return the convention that applies to such a model, apart from the parts that the tool does not see."""
        return replace(
            self,
            params_coefficients=_choose(spot.params_coefficients, self.params_coefficients),
            mult_adds_coefficients=_choose(spot.mult_adds_coefficients, self.mult_adds_coefficients),
        )

    def __repr__(self) -> str:
        return show(self, f"{self.name}, {self.title}")


def _choose(chosen: Coefficients | None, default: Coefficients) -> Coefficients:
    return default if chosen is None else chosen


def _weigh(coefficients: Coefficients, tally: Tally) -> int:
    return sum(factor * _count(tally, name) for name, factor in coefficients.items())


def _count(tally: Tally, name: str) -> int:
    count: int = getattr(tally, name)
    return count
