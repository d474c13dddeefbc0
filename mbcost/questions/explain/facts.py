"""What a query asks: printed numbers, what is claimed of their network, and the settings that it leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mbcost.questions.explain.costs import cost_of
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
USUAL_RESOLUTIONS = (
    32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 200, 208, 224, 240, 256, 288, 299, 300, 320, 331, 336, 352, 380,
    384, 400, 416, 448, 480, 512, 600, 608, 640, 672, 768, 800, 1024,
)  # fmt: skip
"""Usual sizes of images: somebody may have measured at one of these instead of the claimed one."""


OTHER_ALPHA, OTHER_RESOLUTION = "another alpha", "another resolution"
"""Departures from what is claimed."""

OPEN_QUANTITIES = ("mult_adds", "params", "activations")
"""The quantities that a number can count if the user does not state one."""


@dataclass(frozen=True)
class Fact:
    """One printed number and what is claimed with it; None is left open."""

    printed: Printed
    quantity: str | None
    """What the number counts."""
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    row: int = 0
    """The row of a table that the number is in."""

    @property
    def needs_resolution(self) -> bool:
        """Whether the number depends on the resolution."""
        return self.quantity in ("mult_adds", "activations", "activation_bytes")


def quantity_of(fact: Fact) -> str:
    """Return the quantity of a fact, which `fill_quantities` has filled in."""
    assert fact.quantity is not None, "fill_quantities fills it in"
    return fact.quantity


@dataclass(frozen=True)
class Query:
    """Facts about one network, and what is known of the network."""

    facts: tuple[Fact, ...]
    spec: Spec | None = None
    implementation: str | None = None
    classes: int | None = None
    in_channels: int | None = None
    deep: bool = False
    """Whether to try also two mistakes at once, every way to count, and changed rows."""
    wide: bool = False
    """Whether to try also any input size, any alpha in hundredths, and heads of any width: see `answer.WIDE`."""
    plain: bool = False
    """Whether to try only unmodified networks and conventions: these make a published figure exact."""
    by_tool: bool = True
    """Whether a tool may have counted, which counts more than multiply-adds; the authors of papers count themselves."""
    counted: tuple[Reading, ...] = ()
    """How quantities are counted, as far as this is known: the rest of a table is counted like its other rows."""
    force: bool = False
    """Whether the search may need more memory than `arrays.MEMORY`."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A network with an alpha and a resolution: those that the facts leave open, or others than the facts claim."""

    spec: Spec
    alpha: float | None = None
    resolution: tuple[int, int] | None = None
    cost: int = 0
    """In hundredths of a bit."""
    departures: tuple[str, ...] = ()

    def alpha_of(self, fact: Fact) -> float:
        """Return the width multiplier with which the setting explains the fact."""
        claimed = None if OTHER_ALPHA in self.departures else fact.alpha
        alpha = self.alpha if claimed is None else claimed
        assert alpha is not None, "a setting has an alpha if a fact leaves it open"
        return alpha

    def resolution_of(self, fact: Fact) -> tuple[int, int]:
        """Return the resolution at which the setting explains the fact."""
        claimed = None if OTHER_RESOLUTION in self.departures else fact.resolution
        return self.resolution or self.spec.resolution if claimed is None else claimed


def list_settings(query: Query) -> Iterator[Setting]:
    """Yield every network, alpha and resolution that the query allows; at most one of the three departs from it."""
    for spec, spec_cost in list_specs(query):
        for alpha in list_alphas(query, spec):
            for resolution in list_sizes(query, spec):
                departures = alpha.departures + resolution.departures
                if len(departures) < (1 if query.plain else 2):
                    cost = spec_cost + alpha.cost + resolution.cost
                    yield Setting(spec, alpha.alpha, resolution.resolution, cost, departures)


def list_specs(query: Query) -> Iterator[tuple[Spec, int]]:
    """Yield every network that the query allows, and what it costs."""
    if query.spec is None:
        names: Sequence[str] = NETWORKS
    else:
        yield query.spec, 0
        names = RELATIVES.get(query.spec.name, ()) if is_built_in(query.spec) else ()
    for name in names:
        spec = load_spec(name)
        if query.implementation in (None, *spec.implementations):
            yield spec, cost_of("networks", name)


def is_built_in(spec: Spec) -> bool:
    """Return whether `spec` is the one that comes with mbcost, and not a different one of the same name."""
    return spec.name in NETWORKS and spec is load_spec(spec.name)


def list_alphas(query: Query, spec: Spec) -> Iterator[Setting]:
    """Yield a setting for every alpha that the query allows, without a resolution."""
    claimed = {fact.alpha for fact in query.facts}
    if None not in claimed:
        yield Setting(spec)
    for alpha in dict.fromkeys((1.0, *spec.published_alphas)):
        if None in claimed:
            yield Setting(spec, alpha=alpha, cost=cost_of("settings", "default" if alpha == 1 else "published"))
        elif len(claimed) == 1 and alpha not in claimed:
            yield Setting(spec, alpha=alpha, cost=cost_of("settings", "other_alpha"), departures=(OTHER_ALPHA,))


def list_sizes(query: Query, spec: Spec) -> Iterator[Setting]:
    """Yield a setting for every resolution that the query allows, without an alpha."""
    if not any(fact.needs_resolution and fact.resolution is None for fact in query.facts):
        yield Setting(spec)
        return
    for size in dict.fromkeys((spec.resolution, *((side, side) for side in spec.published_resolutions))):
        cost = cost_of("settings", "default" if size == spec.resolution else "published")
        yield Setting(spec, resolution=size, cost=cost)


def fill_quantities(query: Query) -> Iterator[tuple[Query, int]]:
    """Yield the query with a quantity for every fact that leaves it open, the same for all, and what that costs."""
    if all(fact.quantity for fact in query.facts):
        yield query, 0
        return
    for quantity in OPEN_QUANTITIES:
        facts = tuple(replace(fact, quantity=fact.quantity or quantity) for fact in query.facts)
        yield replace(query, facts=facts), cost_of("quantities", quantity)
