"""Which networks, at which alpha and resolution, fit a device, and what stands in the way of the next better one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mbcost.errors import MbcostError
from mbcost.questions.device.memory import Peak, compute_memory
from mbcost.questions.search.configurations import Configuration, Sheet, Ways
from mbcost.questions.search.ranking import Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mbcost.questions.search.configurations import Resolution

MOST = 5_000_000
"""Configurations that are looked at together: some hundred megabytes."""
MOST_RUNS = 5_000
"""Arenas that are laid out before a search is given up: some milliseconds each."""
MOST_NEAR = 100
"""Arenas that are laid out to find the nearest miss."""


_COSTS = ("mult_adds", "params", "memory", "flash")


@dataclass(frozen=True)
class Limit:
    """What a device, or its user, asks for."""

    quantity: str
    """A field of `Configuration`, or `top1` or `latency`."""
    value: int | float
    at_least: bool = False
    """Whether it is the least and not the most."""
    phone: str = ""
    """Whose latency."""

    def of(self, configuration: Configuration) -> int | float | None:
        """What the configuration has of it; None where nothing is published."""
        checkpoint = configuration.checkpoint
        if self.quantity == "top1":
            return None if checkpoint is None else checkpoint.top1
        if self.quantity == "latency":
            return None if checkpoint is None else checkpoint.latency_ms.get(self.phone)
        value: int = getattr(configuration, self.quantity)
        return value

    def excess(self, configuration: Configuration) -> Fraction | None:
        """By how much the limit is missed; negative where something is left."""
        value = self.of(configuration)
        if value is None:
            return None
        over = Fraction(str(value)) - Fraction(str(self.value))
        return -over if self.at_least else over

    def share(self, configuration: Configuration) -> Fraction | None:
        """The excess as a part of the limit."""
        over = self.excess(configuration)
        return None if over is None else over / max(Fraction(str(self.value)), Fraction(1, 1000))


@dataclass(frozen=True)
class Fitting:
    """A configuration that keeps every limit."""

    configuration: Configuration
    binding: Limit | None
    """The limit of which the smallest share is left: the first to break. None where there is no limit."""
    same: tuple[Resolution, ...]
    """Other resolutions at which the same network costs the same; of `arena`, by its lower bound."""
    in_front: bool
    """Whether none other that fits ranks as high with as little memory and flash, and is better in one of them."""


@dataclass(frozen=True)
class Miss:
    """A configuration that breaks limits."""

    configuration: Configuration
    broken: tuple[Limit, ...]
    """The one that is missed by the largest share first."""
    layer: str | None
    """The layer that needs the most memory, where that is missed."""


@dataclass(frozen=True)
class Relief:
    """What giving up one limit would bring, all others kept."""

    limit: Limit
    configuration: Configuration | None
    """The best that is to be had then; where nothing fits, the one that needs the least. None where there is none."""
    given_up: bool = False
    """Whether there is none among the first `MOST_RUNS` arenas, and more were left."""


@dataclass(frozen=True)
class Fit:
    """What fits and what does not."""

    ways: Ways
    limits: tuple[Limit, ...]
    rank: str
    tried: int
    fitting: int
    """How many fit; of `arena`, how many may by the lower bound that `naive` is."""
    laid_out: int
    """Arenas that were laid out to find them, of those that differ; 0 with another allocation model."""
    given_up: bool
    """Whether fewer were found than asked for in the first `MOST_RUNS` arenas, and more were left."""
    found: tuple[Fitting, ...]
    """The best of them, as many as were asked for."""
    front: int
    """How many are on the Pareto front."""
    nearest: Miss | None
    """Of what ranks higher than all that fits, the one whose worst excess is the smallest share of its limit."""
    released: Miss | None
    """The same of released checkpoints that do not fit."""
    impossible: tuple[tuple[Limit, Configuration | None], ...]
    """Limits that no configuration at all keeps, with the one that comes nearest; only where nothing fits."""
    reliefs: tuple[Relief, ...]
    """One a limit."""


def fit(
    sheets: Sequence[Sheet],
    resolutions: Sequence[Sequence[Resolution]],
    limits: Sequence[Limit],
    *,
    rank: str = "mult_adds",
    most: int = 10,
    only_front: bool = False,
) -> Fit:
    """The configurations that keep every limit, the highest in rank first.

    Args:
        sheets: at least one, all counted in the same ways.
        resolutions: for each sheet; those at which a map would be empty are left out.
        limits: of different quantities.
        rank: a key of `RANKS`. Of equal rank, those with more mult-adds, then less memory, then less flash come first;
            what has none, as an accuracy that is not known, comes last.
        most: how many to return.
        only_front: whether to return those on the Pareto front alone.

    Raises:
        MbcostError: no map is left at any resolution, or there are too many configurations.
    """
    import numpy as np

    pool = _pool(sheets, resolutions)
    kept = {limit: _keeps(limit, pool.column(limit.quantity, limit.phone)) for limit in limits}
    fits = np.logical_and.reduce([np.ones(len(pool), dtype=bool), *kept.values()])
    ranked = pool.order(np.flatnonzero(fits), rank)
    search = _Search(pool, sheets[0].ways, tuple(limits), rank, kept)
    if search.ways.allocator == "arena":
        laid_out = search.lay_out(ranked, most)
        front = set(pool.front(np.array(laid_out.found, dtype=int), rank))
    else:
        front = set(pool.front(ranked, rank))
        shown = np.array([place for place in ranked.tolist() if place in front], dtype=int) if only_front else ranked
        laid_out = _LaidOut(search.apart(shown, most))
    found = laid_out.found
    return Fit(
        ways=search.ways,
        limits=search.limits,
        rank=rank,
        tried=len(pool),
        fitting=len(ranked),
        laid_out=laid_out.runs,
        given_up=laid_out.given_up,
        found=tuple(search.fitting(place, fits, in_front=place in front) for place in found),
        front=len(front),
        nearest=search.nearest(np.flatnonzero(~fits), found[:1], laid_out.nearest),
        released=search.nearest(np.flatnonzero(~fits & ~np.isnan(pool.column("top1"))), []),
        impossible=() if found else tuple(search.impossible()),
        reliefs=tuple(search.reliefs(found[:1])),
    )


def _pool(sheets: Sequence[Sheet], resolutions: Sequence[Sequence[Resolution]]) -> Pool:
    possible = [sheet.possible(sizes) for sheet, sizes in zip(sheets, resolutions, strict=True)]
    if sum(len(sheet.plateaus) * len(sizes) for sheet, sizes in zip(sheets, possible, strict=True)) > MOST:
        raise MbcostError(f"there are more than {MOST:,} configurations: use larger steps or fewer networks")
    batches = [sheet.batch(slice(None), sizes) for sheet, sizes in zip(sheets, possible, strict=True) if sizes]
    if not batches:
        raise MbcostError("no network has a map left at any of the resolutions: use larger ones")
    return Pool(tuple(batches))


def _keeps(limit: Limit, column: NDArray[Any]) -> NDArray[Any]:
    """Where a limit is kept; what is not known keeps none."""
    kept: NDArray[Any] = column >= limit.value if limit.at_least else column <= limit.value
    return kept


@dataclass(frozen=True)
class _LaidOut:
    """What a search that lays out arenas has come to."""

    found: list[int]
    """The places whose arena keeps the limit."""
    runs: int = 0
    """How many arenas were laid out."""
    nearest: int | None = None
    """Of the places before those, the one whose arena needs the least; all of them keep the other limits."""
    given_up: bool = False
    """Whether places were left when there were enough arenas, and too few of them found."""


@dataclass(frozen=True)
class _Search:
    """What the parts of an answer are worked out from."""

    pool: Pool
    ways: Ways
    limits: tuple[Limit, ...]
    rank: str
    kept: Mapping[Limit, NDArray[Any]]
    arenas: dict[int, int] = field(default_factory=dict)
    """Bytes of those that were laid out, by place: one that is found is laid out once."""

    def configuration(self, place: int) -> Configuration:
        """The one at a place, with its own memory where the pool has a lower bound."""
        found = self.pool.configuration(place)
        if self.ways.allocator != "arena":
            return found
        if place not in self.arenas:
            self.arenas[place] = peak(found, self.ways).bytes
        return replace(found, memory=self.arenas[place])

    def lay_out(self, ranked: NDArray[Any], most: int) -> _LaidOut:
        """The first `most` candidates whose arena keeps the limit, and the nearest of those before them."""
        limit = next((limit for limit in self.limits if limit.quantity == "memory"), None)
        found: list[int] = []
        above: dict[int, int] = {}  # what fails and ranks above all that is found -> its bytes
        runs = 0
        places = self.apart(ranked, MOST_RUNS + 1)
        for place in places[:MOST_RUNS]:
            runs += 1
            needs = self.configuration(place).memory
            if limit is None or needs <= limit.value:
                found.append(place)
            elif not found:
                above[place] = needs
            if len(found) == most:
                break
        scores = self.pool.scores(self.rank)
        higher = [place for place in above if not found or scores[place] > scores[found[0]]]
        nearest = min(higher, key=above.__getitem__, default=None)
        return _LaidOut(found, runs, nearest, given_up=len(found) < most and runs < len(places))

    def apart(self, ranked: NDArray[Any], most: int) -> list[int]:
        """The first `most` places, one of a network's resolutions that cost the same."""
        found: dict[tuple[int | float, ...], int] = {}
        columns = [self.pool.column(quantity) for quantity in _COSTS]
        for place in ranked.tolist():
            costs = (column[place] for column in columns)
            found.setdefault((self.pool.same_network(place).start, *costs), place)
            if len(found) == most:
                break
        return list(found.values())

    def fitting(self, place: int, fits: NDArray[Any], *, in_front: bool) -> Fitting:
        """What fits, with the limit that would break first, and what costs the same."""
        found = self.configuration(place)
        shares = [(share, limit) for limit in self.limits if (share := limit.share(found)) is not None]
        binding = max(shares, key=lambda each: each[0])[1] if shares else None
        columns = [self.pool.column(quantity) for quantity in _COSTS]
        same = tuple(
            self.pool.configuration(other).resolution
            for other in self.pool.same_network(place)
            if other != place and fits[other] and all(column[other] == column[place] for column in columns)
        )
        return Fitting(found, binding, same, in_front)

    def nearest(self, places: NDArray[Any], best: Sequence[int], failed: int | None = None) -> Miss | None:
        """Of what does not fit, the nearest to fitting that ranks above `best`; `failed` is known to."""
        import numpy as np

        if not len(places) and failed is None:
            return None
        scores = self.pool.scores(self.rank)
        if best:
            places = places[scores[places] > scores[best[0]]]
        shares = [self._shares(limit)[places] for limit in self.limits]
        worst = np.maximum.reduce(shares) if len(places) else np.zeros(0)
        places, worst = places[~np.isnan(worst)], worst[~np.isnan(worst)]
        misses = [] if failed is None else [self._miss(failed)]
        ranked = self.pool.order(places, self.rank)
        known = np.full(len(self.pool), np.nan)
        known[places] = worst
        # Of an arena the share is a lower bound: the next is looked at as long as it may be nearer than what is known.
        for place in ranked[known[ranked].argsort(kind="stable")][:MOST_NEAR].tolist():
            if misses and known[place] >= min(map(_worst, misses)):
                break
            misses.append(self._miss(place))
        return min(misses, key=_worst, default=None)

    def impossible(self) -> Iterator[tuple[Limit, Configuration | None]]:
        """The limits that nothing keeps, with what comes nearest; None where nothing at all is known of it.

        Its memory is the lower bound, where there is one: that of all is above the limit.
        """
        for limit in self.limits:
            if not self.kept[limit].any():
                place = self._least(limit, None)
                yield limit, None if place is None else self.pool.configuration(place)

    def reliefs(self, best: Sequence[int]) -> Iterator[Relief]:
        """What giving up each of the limits would bring."""
        import numpy as np

        for limit in self.limits:
            others = [kept for other, kept in self.kept.items() if other is not limit]
            open_to = np.flatnonzero(np.logical_and.reduce([~self.kept[limit], *others]))
            if not best:
                least = self._least(limit, open_to)
                yield Relief(limit, None if least is None else self.configuration(least))
                continue
            scores = self.pool.scores(self.rank)
            better = open_to[scores[open_to] > scores[best[0]]]
            if self.ways.allocator == "arena" and limit.quantity != "memory":
                laid_out = self.lay_out(self.pool.order(better, self.rank), 1)
                first = laid_out.found
                if laid_out.given_up:
                    yield Relief(limit, None, given_up=True)
                    continue
            else:
                top = better[scores[better] == scores[better].max()] if len(better) else better
                first = self.pool.order(top, self.rank)[:1].tolist()
            yield Relief(limit, self.configuration(first[0]) if first else None)

    def _least(self, limit: Limit, places: NDArray[Any] | None) -> int | None:
        """The place of what comes nearest to a limit, of those at `places` or of all; None where it is not known."""
        import numpy as np

        shares = self._shares(limit)
        places = np.arange(len(shares)) if places is None else places
        places = places[~np.isnan(shares[places])]
        if not len(places):
            return None
        nearest = places[shares[places] == shares[places].min()]
        return int(self.pool.order(nearest, self.rank)[0])

    def _shares(self, limit: Limit) -> NDArray[Any]:
        """Every configuration's excess over a limit as a part of it, to find the smallest."""
        import numpy as np

        column = self.pool.column(limit.quantity, limit.phone).astype(np.float64)
        over = limit.value - column if limit.at_least else column - limit.value
        shares: NDArray[Any] = over / max(limit.value, 0.001)
        return shares

    def _miss(self, place: int) -> Miss:
        found = self.configuration(place)
        broken = [limit for limit in self.limits if (over := limit.excess(found)) is None or over > 0]
        broken.sort(key=lambda limit: -(limit.share(found) or 0))
        needs_memory = any(limit.quantity == "memory" for limit in broken)
        return Miss(found, tuple(broken), peak(found, self.ways).name if needs_memory else None)


def _worst(miss: Miss) -> Fraction:
    return max((limit.share(miss.configuration) or Fraction(0) for limit in miss.broken), default=Fraction(0))


def peak(configuration: Configuration, ways: Ways) -> Peak:
    """The most memory that is held at once, and the layer that holds it."""
    (found,) = compute_memory(configuration.network, (ways.allocator,), ways.dtype, ways.dtype).peaks
    return found
