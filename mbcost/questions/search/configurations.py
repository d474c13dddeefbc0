"""Networks under many alphas and resolutions: what every configuration costs, needs and is known to reach."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from mbcost.analytic.blocks import Block, plan
from mbcost.analytic.many.grid import Costs, compute_costs, compute_sides, compute_totals
from mbcost.analytic.many.plateaus import Plateau, find_plateaus
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.memory.lifetimes import WITHOUT_OFFSETS
from mbcost.analytic.memory.peaks import Needs, compute_flashes, compute_needs, find_peaks
from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.checkpoints import Checkpoint, load_checkpoints
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.convention import Convention
from mbcost.spec.dtype import dtype_of
from mbcost.spec.implementation import Implementation
from mbcost.spec.scaling import Scaling
from mbcost.spec.table import Spec

if TYPE_CHECKING:
    from mbcost.analytic.many.exact import Integers

MANY = 500
"""So many alphas are planned plateau by plateau, not one by one."""
Resolution = tuple[int, int]
"""Height and width of the input."""


@dataclass(frozen=True)
class Series:
    """A table under one implementation: what alpha and resolution are varied of."""

    spec: Spec
    implementation: Implementation
    classes: int
    in_channels: int

    def at(self, alphas: Sequence[float]) -> tuple[Plateau, ...]:
        """The networks at `alphas`, in their order; those that rounding makes the same are one.

        Raises:
            MbcostError: an alpha gives no network.
        """
        runs: list[tuple[list[float], tuple[Block, ...]]] = []
        asked = sorted(set(alphas))
        known: tuple[Plateau, ...] = ()
        if len(asked) > MANY:
            # Too many plateaus, or none at all: then every alpha is planned, and says itself what is wrong with it.
            with suppress(MbcostError):
                known = self.between(asked[0], asked[-1])
        for alpha in asked:
            place = bisect_right(known, alpha, key=attrgetter("least")) - 1
            if place >= 0 and alpha <= known[place].most:
                blocks = known[place].blocks
            else:
                blocks = plan(Scaling(self.spec, self.implementation, alpha, self.classes), self.in_channels)
            if runs and runs[-1][1] == blocks:
                runs[-1][0].append(alpha)
            else:
                runs.append(([alpha], blocks))
        published = self.spec.published_alphas
        return tuple(
            Plateau(same[0], same[-1], next((alpha for alpha in same if alpha in published), same[0]), blocks)
            for same, blocks in runs
        )

    def between(self, low: float, high: float) -> tuple[Plateau, ...]:
        """Every network that an alpha in [low, high] gives."""
        return find_plateaus(self.spec, self.implementation, self.classes, self.in_channels, low, high)

    def network(self, alpha: float, resolution: Resolution) -> Network:
        """The layers of one configuration.

        Raises:
            MbcostError: a map is empty.
        """
        return resolve(
            self.spec,
            alpha=alpha,
            resolution=resolution,
            implementation=self.implementation.name,
            classes=self.classes,
            in_channels=self.in_channels,
        )

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Released checkpoints of this very table, built as those who released them did."""
        is_official = self.implementation.name == "official" and self.spec.name in NETWORKS
        if not is_official or load_spec(self.spec.name) != self.spec:
            return ()
        return tuple(each for each in load_checkpoints() if each.net == self.spec.name)


@dataclass(frozen=True)
class Ways:
    """How things are counted: mult-adds and params by a convention, bytes under an allocation model and a dtype."""

    convention: Convention
    allocator: str
    dtype: str


@dataclass(frozen=True)
class Configuration:
    """One network at one resolution."""

    series: Series
    plateau: Plateau
    resolution: Resolution
    mult_adds: int
    params: int
    memory: int
    """Bytes that the peak takes under the allocation model."""
    flash: int
    """Bytes of what is stored."""
    checkpoint: Checkpoint | None
    """What was released of the same alpha and resolution, for ImageNet's classes."""

    @property
    def network(self) -> Network:
        """Its layers."""
        return self.series.network(self.plateau.alpha, self.resolution)


@dataclass(frozen=True)
class Batch:
    """The configurations of some alphas and some resolutions of one series."""

    series: Series
    plateaus: tuple[Plateau, ...]
    resolutions: tuple[Resolution, ...]
    mult_adds: Integers
    """[alphas, resolutions], as `memory`."""
    memory: Integers
    params: Integers
    """[alphas], as `flash`."""
    flash: Integers
    released: Mapping[tuple[int, int], Checkpoint]
    """Places of an alpha and a resolution -> what was released of them."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many alphas and resolutions."""
        return len(self.plateaus), len(self.resolutions)

    def configuration(self, alpha: int, resolution: int) -> Configuration:
        """The one at these places."""
        return Configuration(
            self.series,
            self.plateaus[alpha],
            self.resolutions[resolution],
            int(self.mult_adds[alpha, resolution]),
            int(self.params[alpha]),
            int(self.memory[alpha, resolution]),
            int(self.flash[alpha]),
            self.released.get((alpha, resolution)),
        )

    def configurations(self) -> Iterator[Configuration]:
        """All of them, resolutions fastest."""
        alphas, resolutions = self.shape
        for alpha in range(alphas):
            for resolution in range(resolutions):
                yield self.configuration(alpha, resolution)


@dataclass(frozen=True)
class Sheet:
    """All that is known of a series before a resolution is chosen."""

    series: Series
    plateaus: tuple[Plateau, ...]
    ways: Ways
    costs: Costs
    needs: Needs
    """Under the allocation model; under `naive` where that is one with addresses, of which it is a lower bound."""
    params: Integers
    """[alphas], as `flash`."""
    flash: Integers

    def possible(self, resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
        """Those at which no map is empty."""
        heights, widths = zip(*resolutions, strict=True)
        sides = zip(
            *(compute_sides(self.costs.scales, *each).min(axis=0) for each in ((0, heights), (1, widths))), strict=True
        )
        return tuple(size for size, least in zip(resolutions, sides, strict=True) if min(least) > 0)

    def batch(self, alphas: slice, resolutions: Sequence[Resolution]) -> Batch:
        """Some of its configurations.

        Raises:
            MbcostError: a map is empty at one of the resolutions.
        """
        if len(self.possible(resolutions)) < len(resolutions):
            for resolution in resolutions:
                self.series.network(self.plateaus[0].alpha, resolution)
        chosen = self.plateaus[alphas]
        costs, needs = (
            replace(self.costs, per_position=self.costs.per_position[alphas]),
            replace(self.needs, channels=self.needs.channels[alphas]),
        )
        released = {
            (alpha, resolution): checkpoint
            for checkpoint in self.series.checkpoints()
            for alpha, plateau in enumerate(chosen)
            if plateau.least <= checkpoint.alpha <= plateau.most
            for resolution in [place for place, size in enumerate(resolutions) if size == (checkpoint.resolution,) * 2]
        }
        return Batch(
            self.series,
            chosen,
            tuple(resolutions),
            compute_totals(costs, resolutions),
            find_peaks(needs, resolutions) * dtype_of(self.ways.dtype).value,
            self.params[alphas],
            self.flash[alphas],
            released,
        )


def sheet_of(series: Series, plateaus: tuple[Plateau, ...], ways: Ways) -> Sheet:
    """What `plateaus`, at least one, cost in the ways that are asked for."""
    columns = group_columns([plateau.blocks for plateau in plateaus])
    params = compute_costs(columns, WeightedCount.from_coefficients(ways.convention.params_coefficients))
    return Sheet(
        series,
        plateaus,
        ways,
        compute_costs(columns, WeightedCount.from_coefficients(ways.convention.mult_adds_coefficients)),
        compute_needs(columns, ways.allocator if ways.allocator in WITHOUT_OFFSETS else WITHOUT_OFFSETS[0]),
        params.per_position.sum(axis=1),
        compute_flashes(columns, ways.dtype),
    )
