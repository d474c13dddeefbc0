"""What is asked: printed numbers, what is claimed of their network, and the settings that the open rest can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.questions.explain.costs import load_weights
from mbcost.questions.explain.readings import Reading
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.printed import Printed
from mbcost.spec.table import Spec

RELATIVES = {
    "v1": ("v1-printed", "v1-standard"),
    "v2": ("v2-arxiv1",),
    "v3-large": ("v3-large-arxiv1",),
    "v3-small": ("v3-small-arxiv1", "v3-small-arxiv4"),
}
"""Other tables under one name: earlier versions of the papers, misprints, and the form that V1 is compared with."""
NEARBY_RESOLUTIONS = (96, 112, 128, 160, 192, 200, 224, 240, 256, 288, 299, 300, 320, 384, 448, 512)
"""Sizes that images come in: what may have been measured in the place of the claimed one."""


OTHER_ALPHA, OTHER_RESOLUTION = "another alpha", "another resolution"
"""Departures from what is claimed."""

OPEN_QUANTITIES = ("mult_adds", "params", "activations")
"""What a number can be about that nothing is said of."""


@dataclass(frozen=True)
class Fact:
    """One printed number and what is claimed with it; None is left open."""

    printed: Printed
    quantity: str | None
    """What it counts; None where that is open, too."""
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    row: int = 0
    """Which row of a table it stands in."""

    @property
    def needs_resolution(self) -> bool:
        """Whether the number depends on the resolution."""
        return self.quantity in ("mult_adds", "activations")


@dataclass(frozen=True)
class Query:
    """Facts about one network, and what is fixed of it."""

    facts: tuple[Fact, ...]
    spec: Spec | None = None
    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None
    deep: bool = False
    """Whether two mistakes at once, every way to count and changed rows are tried, too."""
    plain: bool = False
    """Whether only networks as they are published, counted by conventions, are tried: what makes a figure exact."""
    by_tool: bool = True
    """Whether a counting program may have counted, one that counts more than multiply-adds; papers count themselves."""
    counted: tuple[Reading, ...] = ()
    """How a quantity is counted, where that is known: the rest of a table as its other rows."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A network, and the alpha and the resolution of what facts leave open, or of all where it departs from them."""

    spec: Spec
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    cost: int = 0
    """In hundredths of a bit."""
    departures: tuple[str, ...] = ()

    def alpha_of(self, fact: Fact) -> float:
        """The width multiplier that the fact is explained with."""
        claimed = None if OTHER_ALPHA in self.departures else fact.alpha
        alpha = self.alpha if claimed is None else claimed
        assert alpha is not None, "a setting fills what a fact leaves open"
        return alpha

    def resolution_of(self, fact: Fact) -> tuple[int, int]:
        """The resolution that the fact is explained with."""
        claimed = None if OTHER_RESOLUTION in self.departures else fact.resolution
        return self.resolution or self.spec.resolution if claimed is None else claimed


def settings(query: Query) -> Iterator[Setting]:
    """Every network, alpha and resolution that the query leaves open; at most one of them is other than claimed."""
    for spec, own in _specs(query):
        for alpha in _alphas(query, spec):
            for resolution in _resolutions(query, spec):
                departures = alpha.departures + resolution.departures
                if len(departures) < (1 if query.plain else 2):
                    cost = own + alpha.cost + resolution.cost
                    yield Setting(spec, alpha.alpha, resolution.resolution, cost, departures)


def _specs(query: Query) -> Iterator[tuple[Spec, int]]:
    weights = load_weights()
    if query.spec is None:
        names: Sequence[str] = NETWORKS
    else:
        yield query.spec, 0
        names = RELATIVES.get(query.spec.name, ()) if is_built_in(query.spec) else ()
    for name in names:
        spec = load_spec(name)
        if query.implementation in (None, *spec.implementations):
            yield spec, weights.cost("networks", name)


def is_built_in(spec: Spec) -> bool:
    """Whether it is the spec that comes with mbcost, and not another of the same name."""
    return spec.name in NETWORKS and spec is load_spec(spec.name)


def _alphas(query: Query, spec: Spec) -> Iterator[Setting]:
    weights = load_weights()
    claimed = {fact.alpha for fact in query.facts}
    if None not in claimed:
        yield Setting(spec)
    for alpha in dict.fromkeys((1.0, *spec.published_alphas)):
        if None in claimed:
            cost = weights.cost("settings", "default" if alpha == 1 else "published")
            yield Setting(spec, alpha=alpha, cost=cost)
        elif len(claimed) == 1 and alpha not in claimed:
            cost = weights.cost("settings", "other_alpha")
            yield Setting(spec, alpha=alpha, cost=cost, departures=(OTHER_ALPHA,))


def _resolutions(query: Query, spec: Spec) -> Iterator[Setting]:
    weights = load_weights()
    claimed = {fact.resolution for fact in query.facts if fact.needs_resolution}
    if None in claimed:
        yield Setting(spec, resolution=spec.resolution, cost=weights.cost("settings", "default"))
        cost = weights.cost("settings", "published")
        for side in spec.published_resolutions:
            if (side, side) != spec.resolution:
                yield Setting(spec, resolution=(side, side), cost=cost)
        return
    yield Setting(spec)
    cost = weights.cost("settings", "other_resolution")
    for side in NEARBY_RESOLUTIONS if len(claimed) == 1 else ():
        if (side, side) not in claimed:
            yield Setting(spec, resolution=(side, side), cost=cost, departures=(OTHER_RESOLUTION,))


def alternatives(query: Query) -> Iterator[tuple[Query, int]]:
    """The query with a quantity for every fact that leaves it open, and what that costs; one for all of them."""
    if all(fact.quantity for fact in query.facts):
        yield query, 0
        return
    weights = load_weights()
    for quantity in OPEN_QUANTITIES:
        facts = tuple(replace(fact, quantity=fact.quantity or quantity) for fact in query.facts)
        yield replace(query, facts=facts), weights.cost("quantities", quantity)
