"""What a search looks at: networks without alpha and resolution, lists of both, and the counting rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import tee
from typing import Any, Generic, TypeVar

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError, choose
from mbcost.questions.search.configurations import CostSheet, CountingRules, compute_sheet, compute_sheets
from mbcost.questions.search.series import Series
from mbcost.spec.catalogue.library import as_convention, load_spec
from mbcost.spec.catalogue.reference import Reference, choose_top, parse_reference, pick_setting, scale_resolution
from mbcost.spec.convention import Convention
from mbcost.spec.dtype import dtype_of
from mbcost.spec.scaling import check_whole
from mbcost.spec.table import Spec


@dataclass(frozen=True)
class AlphaRange:
    """Every alpha from `low` to `high`, or some of them."""

    low: float
    high: float
    steps: tuple[float, ...] = ()
    """The alphas, of which those that give no network are left out; if there are none, every alpha in the range."""


Alphas = TypeVar("Alphas", bound="tuple[float, ...] | AlphaRange")


EVERY_ALPHA = AlphaRange(0.1, 1.5)
"""The alphas in which `fit --all` searches if none is named: all that give a different network."""
ALPHA_STEPS = tuple(hundredths / 100 for hundredths in range(10, 151, 2))
"""The alphas in which `fit` searches if none is named, in addition to the published ones."""
NETS = ("v1", "v2", "v3-large", "v3-small", "v3-large-minimalistic", "v3-small-minimalistic")
"""The networks in which it searches if none is named."""
EVERY_SIDE = range(32, 321)
"""The sides of the square inputs in which `fit --all` searches if none is named."""
SIDE_STEPS = range(32, 321, 32)
"""The sides in which `fit` searches if none is named, in addition to the published ones and the table's own."""
Sizes = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Request(Generic[Alphas]):
    """A network as typed, with the alphas and the resolutions to search."""

    text: str
    series: Series
    alphas: Alphas
    resolutions: tuple[tuple[int, int], ...]
    group: int = 0
    """The number of the request."""

    def count_networks(self) -> int:
        """Return an upper bound of the number of networks, which is known before any is planned."""
        alphas = self.alphas.steps if isinstance(self.alphas, AlphaRange) else self.alphas
        if isinstance(self.alphas, AlphaRange) and not alphas:
            return self.series.count_plateaus(self.alphas.low, self.alphas.high)
        return min(len(alphas), self.series.count_plateaus(min(alphas), max(alphas)))

    def compute_sheets(self, rules: CountingRules) -> Iterator[CostSheet]:
        """Yield the costs of the networks, part by part."""
        if isinstance(self.alphas, AlphaRange) and self.alphas.steps:
            plateaus = self.series.iterate_alphas(self.alphas.steps, only_possible=True)
        elif isinstance(self.alphas, AlphaRange):
            plateaus = self.series.iterate_plateaus(self.alphas.low, self.alphas.high)
        else:
            plateaus = self.series.iterate_alphas(self.alphas)
        for sheet in compute_sheets(self.series, plateaus, rules):
            yield replace(sheet, group=self.group)


def check_parts(request: Request[tuple[float, ...]], rules: CountingRules) -> None:
    """Refuse what a later part of the search would refuse, before the first part is shown.

    A width grows with alpha, so the smallest and the largest alpha decide whether a width can be counted. Groups can
    divide the channels at any alpha or not, so with groups every network is planned.

    Raises:
        MbcostError: an alpha does not give a network, or a feature map is empty.
    """
    series, alphas = request.series, request.alphas
    ends = series.plan_alphas(sorted({min(alphas), max(alphas)}))
    compute_sheet(series, ends[:1], rules).check_resolutions(request.resolutions)
    if any(row.groups > 1 for row in series.spec.rows):
        for _ in series.iterate_alphas(alphas):
            pass


@dataclass(frozen=True)
class Grid:
    """The alphas and the resolutions that a user names; what is None is not named."""

    alphas: tuple[float, ...] | None = None
    resolutions: Sizes | None = None
    rhos: tuple[Fraction, ...] | None = None
    """Resolution multipliers, instead of resolutions."""

    def choose_alphas(self, text: str, reference: Reference) -> tuple[float, ...] | None:
        """Return the alphas of one network, or None if neither the reference nor the user states one.

        Raises:
            MbcostError: both do, and they differ.
        """
        return pick_setting("alpha", text, None if reference.alpha is None else (reference.alpha,), self.alphas)

    def choose_sizes(self, text: str, reference: Reference, spec: Spec) -> Sizes | None:
        """Return the resolutions of one network, or None if neither the reference nor the user states one.

        Raises:
            MbcostError: more than one states resolutions, or a rho is too small.
        """
        stated = None if reference.resolution is None else (reference.resolution,)
        if self.rhos is None:
            return pick_setting("the resolution", text, stated, self.resolutions)
        if stated is not None or self.resolutions is not None:
            raise MbcostError(
                "rho and a resolution are both given: remove one, rho multiplies the table's own resolution"
            )
        return tuple(dict.fromkeys(scale_resolution(spec, rho) for rho in self.rhos))


def make_requests(
    texts: Iterable[str],
    settings: Settings,
    grid: Grid,
    choose_default: Callable[[Spec], tuple[Alphas, Sizes]],
) -> list[Request[tuple[float, ...] | Alphas]]:
    """Return what to search, one request per network.

    Args:
        texts: references to networks; a repeated one counts once.
        settings: what completes them; their alpha and their resolution are not used.
        grid: the alphas and the resolutions that the user names.
        choose_default: the alphas and the resolutions of a network for which none is named.

    Raises:
        MbcostError: a network cannot be built, or two networks have configurations in common.
    """
    requests: list[Request[tuple[float, ...] | Alphas]] = []
    for text in dict.fromkeys(texts):
        reference, series = parse_series(text, settings)
        alphas, sizes = choose_default(series.spec)
        chosen, stated = grid.choose_alphas(text, reference), grid.choose_sizes(text, reference, series.spec)
        requests.append(Request(text, series, alphas if chosen is None else chosen, stated or sizes, len(requests)))
        check_distinct(requests)
    return requests


def choose_published(spec: Spec) -> tuple[tuple[float, ...], Sizes]:
    """Return the published alphas and resolutions of a network, which `sweep` computes if none is named."""
    sizes = tuple((size, size) for size in spec.published_resolutions)
    return spec.published_alphas, sizes or (spec.resolution,)


def choose_everything(_: Spec) -> tuple[AlphaRange, Sizes]:
    """Return every alpha and the sides 32 to 320, which `fit --all` searches if none is named."""
    return EVERY_ALPHA, tuple((side, side) for side in EVERY_SIDE)


def choose_steps(spec: Spec) -> tuple[AlphaRange, Sizes]:
    """Return alphas and resolutions that differ clearly, and the published ones, which `fit` searches by default."""
    alphas = tuple(sorted({*ALPHA_STEPS, *spec.published_alphas}))
    sides = sorted({*SIDE_STEPS, *spec.published_resolutions})
    sizes = dict.fromkeys([*((side, side) for side in sides), spec.resolution])
    return AlphaRange(alphas[0], alphas[-1], alphas), tuple(sizes)


def count_configurations(requests: Sequence[Request[Any]]) -> int:
    """Return an upper bound of the number of configurations, which is known before any network is planned."""
    return sum(request.count_networks() * len(request.resolutions) for request in requests)


def check_distinct(requests: Sequence[Request[Any]]) -> None:
    """Refuse requests that would count a configuration twice.

    Raises:
        MbcostError: the last request has a configuration of an earlier one.
    """
    last = requests[-1]
    for request in requests[:-1]:
        if request.series == last.series and set(request.resolutions) & set(last.resolutions):
            lists = isinstance(request.alphas, tuple) and isinstance(last.alphas, tuple)
            if not lists or set(request.alphas) & set(last.alphas):
                raise MbcostError(f"{request.text} and {last.text} have configurations in common: remove one")


def parse_series(text: str, settings: Settings) -> tuple[Reference, Series]:
    """Return a reference, and the network that it and the settings name before alpha and resolution are chosen.

    Raises:
        MbcostError: the network or the implementation is unknown, or the network is a flat list of layers.
    """
    reference = parse_reference(text)
    spec = choose_top(load_spec(reference.name), settings.head, settings.classes, top=settings.top)
    name = pick_setting("the implementation", text, reference.implementation, settings.implementation)
    return reference, Series(
        spec,
        spec.implementation(spec.default_implementation if name is None else name),
        check_whole(spec.count_classes(settings.classes), "classes"),
        check_whole(spec.channels if settings.in_channels is None else settings.in_channels, "in-channels"),
    )


def list_sheets(requests: Sequence[Request[Any]], rules: CountingRules) -> tuple[Iterator[CostSheet], Iterator[Sizes]]:
    """Return the costs of all networks, part by part, and the resolutions of every part."""
    sheets, sizes = tee((sheet, request.resolutions) for request in requests for sheet in request.compute_sheets(rules))
    return (sheet for sheet, _ in sheets), (resolutions for _, resolutions in sizes)


def load_rules(convention: Convention | str | None, allocator: str, dtype: str) -> CountingRules:
    """Return the counting rules that the options name.

    Raises:
        MbcostError: a name is unknown.
    """
    chosen = choose("allocator", allocator, ALLOCATORS)
    return CountingRules(as_convention(convention), chosen, dtype_of(dtype).name)
