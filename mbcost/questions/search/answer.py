"""The answer to which configurations fit, and which others nearly do."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from mbcost.questions.accuracy.surface import Surface
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.search.configurations import Configuration, CountingRules
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.series import Resolution
from mbcost.spec.shown import show


@dataclass(frozen=True)
class Fitting:
    """A configuration that keeps every limit, or may keep it."""

    configuration: Configuration
    is_sure: bool
    """Whether it fits: also the upper end of its latency does. Else it may fit, because the estimate does."""
    binding: Limit | None
    """The limit of which the smallest share is left, so that it breaks first. None if there is no limit."""
    equal_resolutions: tuple[Resolution, ...]
    """Other resolutions at which the same network costs the same; under `arena`, by its lower bound."""
    on_front: bool
    """Whether it is Pareto-optimal in top-1, latency, memory and flash among those that fit or may fit."""
    why_no_top1: str | None
    """Why there is no accuracy; None if there is one."""
    why_no_interval: str | None
    """Why the latency has no interval; None if it has one, or if no latency is asked for."""

    def __repr__(self) -> str:
        binding = "" if self.binding is None else f", {self.binding.quantity} breaks first"
        return show(self, f"{self.configuration.label}, {self.configuration.mult_adds:,} mult-adds{binding}")


@dataclass(frozen=True)
class Miss:
    """A configuration that breaks limits."""

    configuration: Configuration
    broken: tuple[Limit, ...]
    """The limit that is broken by the largest share comes first."""
    layer: str | None
    """The layer that needs the most memory, if the limit of memory is broken."""

    @property
    def worst_share(self) -> Fraction:
        """The largest share by which a limit is broken."""
        shares = (limit.measure_share(self.configuration) or Fraction(0) for limit in self.broken)
        return max(shares, default=Fraction(0))

    def __repr__(self) -> str:
        broken = " and ".join(limit.quantity for limit in self.broken)
        return show(self, f"{self.configuration.label} misses {broken}")


@dataclass(frozen=True)
class Relief:
    """What dropping one limit brings if all others are kept."""

    limit: Limit
    configuration: Configuration | None
    """The best configuration then. If nothing fits, the one that exceeds the limit least. None if there is none."""
    gave_up: bool = False
    """Whether none fits among the first arenas, and more were not laid out."""

    def __repr__(self) -> str:
        best = "nothing" if self.configuration is None else self.configuration.label
        return show(self, f"without {self.limit.quantity}, {best}")


@dataclass(frozen=True)
class Fit:
    """Which configurations fit, and which others nearly do."""

    rules: CountingRules
    limits: tuple[Limit, ...]
    rank: str
    listing: str
    """What `best` lists: `networks` (the best of each network), `all`, or `front` (what is Pareto-optimal)."""
    tried: int
    """The number of configurations that were looked at."""
    fitting: int
    """The number of those that fit or may fit; under `arena`, of those whose lower bound, `naive`, does."""
    sure: int
    """The number of those of them whose upper end of the latency fits too; all of them if no latency is limited."""
    laid_out: int
    """The number of different arenas that were laid out to find those that fit; 0 under another allocation model."""
    gave_up: bool
    """Whether fewer were found than asked for among the first arenas, and more were not laid out."""
    best: tuple[Fitting, ...]
    """Those that fit before those that may fit, each in the order of rank."""
    released: tuple[Fitting, ...]
    """The released checkpoints that fit or may fit, in the same order, without those that are in `best`."""
    may_fit: Fitting | None
    """The best of those that may fit, if it ranks above the best that fits."""
    missing: tuple[str, ...]
    """The networks of which no configuration is found to fit."""
    front_size: int | None
    """The number of configurations on the Pareto front; None if only the front of `best` is known."""
    nearest: Miss | None
    """Of those that rank above all that fit, the one that breaks its limits least, by the share of its worst limit."""
    nearest_released: Miss | None
    """The same among the released checkpoints that do not fit."""
    impossible: tuple[tuple[Limit, Configuration | None], ...]
    """Each limit that no configuration keeps, with the one that is nearest to it; only if nothing fits."""
    reliefs: tuple[Relief, ...]
    """One per limit."""
    calibration: Calibration | None = field(compare=False)
    """The device whose latency is limited, with its errors."""
    surfaces: tuple[Surface, ...]
    """The surfaces on which the accuracies of `best` and `released` rest, with their errors."""

    def __repr__(self) -> str:
        best = f", best {self.best[0].configuration.label}" if self.best else ""
        return show(self, f"{self.fitting:,} of {self.tried:,} configurations fit{best}")
