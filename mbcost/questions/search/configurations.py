"""Networks at many alphas and resolutions: the cost, the memory and the published accuracy of every configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mbcost.analytic.many.exact import narrow, sum_exactly
from mbcost.analytic.many.grid import Costs, compute_costs, compute_sides, compute_totals
from mbcost.analytic.many.plateaus import Plateau, Span
from mbcost.analytic.many.polynomial import WeightedCount, group_columns
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.memory.peaks import Needs, compute_flashes, compute_needs, find_peaks
from mbcost.analytic.network import Network
from mbcost.questions.search.series import Resolution, Series
from mbcost.spec.catalogue.checkpoints import Checkpoint
from mbcost.spec.catalogue.reference import reference_text
from mbcost.spec.convention import Convention
from mbcost.spec.dtype import dtype_of
from mbcost.spec.shown import show

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.analytic.many.exact import Integers

BLOCKS_AT_ONCE = 2**15
"""The number of blocks whose networks are computed together, in some ten megabytes."""
MOST_SIZES = 2**21
"""The number of sizes of maps, by scale and resolution, that are computed together."""


@dataclass(frozen=True)
class CountingRules:
    """How a search counts: the convention of mult-adds and params, the allocation model and the dtype of the bytes."""

    convention: Convention
    allocator: str
    dtype: str


@dataclass(frozen=True)
class Estimated:
    """What is estimated of a configuration; None if it is not known."""

    top1: float | None = None
    """ImageNet accuracy in percent of the network with its released head: published if a checkpoint was released."""
    top1_low: float | None = None
    """The ends of the 90 % interval; of a released checkpoint, its accuracy."""
    top1_high: float | None = None
    milliseconds: float | None = None
    milliseconds_high: float | None = None
    """The upper end of the 80 % interval."""

    @staticmethod
    def from_columns(columns: Mapping[str, NDArray[Any]], index: int) -> Estimated:
        """Return one row of columns of these names, in which NaN is what is not known."""
        values = {name: float(column[index]) for name, column in columns.items()}
        return Estimated(**{name: value for name, value in values.items() if value == value})


UNKNOWN = Estimated()


@dataclass(frozen=True)
class Configuration:
    """One network at one resolution."""

    series: Series
    plateau: Span
    resolution: Resolution
    mult_adds: int
    params: int
    memory: int
    """The peak memory in bytes under the allocation model."""
    flash: int
    """The bytes that are stored."""
    checkpoint: Checkpoint | None
    """The released checkpoint with the same alpha and resolution, which classifies ImageNet."""
    estimated: Estimated = UNKNOWN
    """What `fit` estimates, and the latency that `sweep` does."""

    @property
    def network(self) -> Network:
        """The configuration with its layers."""
        return self.series.resolve(self.plateau.alpha, self.resolution)

    @property
    def label(self) -> str:
        """The reference to the network."""
        series = self.series
        return reference_text(series.spec.name, self.plateau.alpha, self.resolution, series.implementation.name)

    def __repr__(self) -> str:
        counts = f"{self.mult_adds:,} mult-adds, {self.params:,} params, memory {self.memory:,}, flash {self.flash:,}"
        return show(self, f"{self.label}: {counts}")


@dataclass(frozen=True)
class Batch:
    """The configurations of some alphas and some resolutions of one series, as arrays."""

    series: Series
    plateaus: tuple[Span, ...]
    resolutions: tuple[Resolution, ...]
    mult_adds: Integers
    """[alphas, resolutions], as is `memory`."""
    memory: Integers
    params: Integers
    """[alphas], as is `flash`."""
    flash: Integers
    checkpoints: Mapping[tuple[int, int], Checkpoint]
    """The indices of an alpha and a resolution -> their released checkpoint."""
    group: int = 0
    """The number of the request, whose configurations `fit` compares with each other first."""
    estimates: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Flat columns of `Estimated`, float64 with NaN for what is not known; the resolution changes fastest."""

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of alphas and of resolutions."""
        return len(self.plateaus), len(self.resolutions)

    def select(self, alpha: int, resolution: int) -> Configuration:
        """Return the configuration at an index of the alphas and an index of the resolutions."""
        return Configuration(
            self.series,
            self.plateaus[alpha],
            self.resolutions[resolution],
            int(self.mult_adds[alpha, resolution]),
            int(self.params[alpha]),
            int(self.memory[alpha, resolution]),
            int(self.flash[alpha]),
            self.checkpoints.get((alpha, resolution)),
            Estimated.from_columns(self.estimates, alpha * len(self.resolutions) + resolution)
            if self.estimates
            else UNKNOWN,
        )

    def list_configurations(self) -> Iterator[Configuration]:
        """Yield all configurations; the resolution changes fastest."""
        alphas, resolutions = self.shape
        for alpha in range(alphas):
            for resolution in range(resolutions):
                yield self.select(alpha, resolution)


@dataclass(frozen=True)
class CostSheet:
    """The costs of a series at some alphas, before a resolution is chosen."""

    series: Series
    plateaus: tuple[Span, ...]
    rules: CountingRules
    costs: Costs
    needs: Needs
    """What is live under the allocation model. If that has offsets, what is live under `naive`, a lower bound."""
    params: Integers
    """[alphas], as is `flash`."""
    flash: Integers
    released: tuple[float | None, ...] = ()
    """The released alpha whose network this is, per alpha; None if there is none."""
    group: int = 0

    def filter_resolutions(self, resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
        """Return the resolutions at which no feature map is empty."""
        return tuple(chain.from_iterable(map(self._filter_few, self._split(resolutions))))

    def check_resolutions(self, resolutions: Sequence[Resolution]) -> None:
        """Check that no feature map is empty at any resolution; that does not depend on alpha.

        Raises:
            MbcostError: one is.
        """
        if len(self.filter_resolutions(resolutions)) < len(resolutions):
            for resolution in resolutions:
                self.series.resolve(self.plateaus[0].alpha, resolution)

    def _filter_few(self, resolutions: Sequence[Resolution]) -> Iterator[Resolution]:
        heights, widths = zip(*resolutions, strict=True)
        smallest_height, smallest_width = (
            compute_sides(self.costs.scales, axis, sizes).min(axis=0) for axis, sizes in ((0, heights), (1, widths))
        )
        for resolution, height, width in zip(resolutions, smallest_height, smallest_width, strict=True):
            if min(height, width) > 0:
                yield resolution

    def _split(self, resolutions: Sequence[Resolution]) -> Iterator[Sequence[Resolution]]:
        """Yield consecutive resolutions, so few that the sizes of all maps at them take some ten megabytes."""
        step = max(1, MOST_SIZES // (len(self.costs.scales) + self.needs.scale_count))
        for start in range(0, len(resolutions), step):
            yield resolutions[start : start + step]

    def compute_batch(self, alphas: slice, resolutions: Sequence[Resolution]) -> Batch:
        """Return the configurations of some of the alphas at some resolutions.

        Raises:
            MbcostError: a feature map is empty at one of the resolutions.
        """
        import numpy as np

        self.check_resolutions(resolutions)
        plateaus = self.plateaus[alphas]
        checkpoints = {
            (alpha_index, resolution_index): checkpoint
            for checkpoint in self.series.list_checkpoints()
            for alpha_index, released in enumerate(self.released[alphas])
            if released == checkpoint.alpha
            for resolution_index, resolution in enumerate(resolutions)
            if resolution == (checkpoint.resolution, checkpoint.resolution)
        }
        costs = replace(self.costs, per_position=self.costs.per_position[alphas])
        needs, size = self.needs.select(alphas), dtype_of(self.rules.dtype).value
        parts = [(compute_totals(costs, few), find_peaks(needs, few, size)) for few in self._split(resolutions)]
        mult_adds, memory = (np.concatenate(quantity, axis=1) for quantity in zip(*parts, strict=True))
        return Batch(
            self.series,
            plateaus,
            tuple(resolutions),
            mult_adds,
            memory,
            self.params[alphas],
            self.flash[alphas],
            checkpoints,
            self.group,
        )


def compute_sheet(series: Series, plateaus: tuple[Plateau, ...], rules: CountingRules) -> CostSheet:
    """Return the costs of at least one plateau under the counting rules."""
    columns = group_columns([plateau.blocks for plateau in plateaus])
    params = compute_costs(columns, WeightedCount.from_coefficients(rules.convention.params_coefficients))
    return CostSheet(
        series,
        tuple(plateau.span for plateau in plateaus),
        rules,
        compute_costs(columns, WeightedCount.from_coefficients(rules.convention.mult_adds_coefficients)),
        compute_needs(columns, rules.allocator if rules.allocator in WITHOUT_OFFSETS else WITHOUT_OFFSETS[0]),
        narrow(sum_exactly(params.per_position, axis=1)),
        compute_flashes(columns, rules.dtype),
        series.find_released([plateau.blocks for plateau in plateaus]),
    )


def compute_sheets(series: Series, plateaus: Iterable[Plateau], rules: CountingRules) -> Iterator[CostSheet]:
    """Yield sheets with the costs of any number of plateaus, in bounded memory."""
    most = max(1, BLOCKS_AT_ONCE // max(1, series.block_count))
    remaining = iter(plateaus)
    while chunk := tuple(islice(remaining, most)):
        yield compute_sheet(series, chunk, rules)
