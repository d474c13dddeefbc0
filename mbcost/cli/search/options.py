"""What `sweep` and `fit` share: networks without alpha and resolution, lists of both, and the counting rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.reference import Settings
from mbcost.cli.arguments import (
    NetworkOptions,
    Reference,
    parse_alpha,
    parse_list,
    parse_resolution,
    pick_setting,
    scale_resolution,
)
from mbcost.cli.completers import one_of
from mbcost.cli.parameters import Option
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError
from mbcost.questions.search import requests
from mbcost.questions.search.configurations import Series
from mbcost.questions.search.requests import Request
from mbcost.spec.dtype import DTYPES
from mbcost.spec.scaling import check_alpha
from mbcost.spec.table import Spec

Sizes = tuple[tuple[int, int], ...]
LONGEST_LIST = 100_000
"""An option with more alphas or resolutions is refused: its step is probably mistyped."""

Allocator = Annotated[
    str,
    Option(
        help=f"Allocation model of the peak memory: {', '.join(ALLOCATORS)}.",
        metavar="NAME",
        complete=one_of(*ALLOCATORS),
    ),
]
Dtype = Annotated[
    str,
    Option(
        help=f"Data type of weights and feature maps: {', '.join(DTYPES)}.",
        metavar="DTYPE",
        complete=one_of(*DTYPES),
    ),
]


@dataclass(frozen=True)
class Work:
    """One kind of work of a search, which is announced or refused: see `begin_work`."""

    amount: int
    unit: str
    rate: int
    bound: int


MOST_PLANNED = 3_000_000
"""Blocks that are planned without --force; a network has some dozens."""
LONG_TABLE = 200
"""Blocks of a table; the networks that come with mbcost have up to 60."""
MOST_EVALUATED = 1_000_000_000
"""Blocks of configurations that are evaluated without --force."""


def begin_search(requests: Sequence[Request[Any]], configurations: Work, *, force: bool) -> None:
    """Announce a long search, or refuse one above a bound.

    Args:
        requests: what is searched.
        configurations: the work of looking at the configurations, `count_configurations` of them.
        force: whether the user lifts the bounds.

    Raises:
        MbcostError: there is more work than a bound allows.
    """
    planned = sum(request.count_networks() * request.series.block_count for request in requests)
    evaluated = sum(
        request.count_networks() * len(request.resolutions) * request.series.block_count for request in requests
    )
    # In a long table many steps can have the most live elements, and are compared at every resolution.
    is_long = max(request.series.block_count for request in requests) > LONG_TABLE
    works = [
        configurations,
        Work(planned, "blocks of networks to plan", 15_000, MOST_PLANNED),
        Work(
            evaluated,
            f"blocks in {configurations.amount:,} configurations",
            1_000_000 if is_long else 20_000_000,
            MOST_EVALUATED,
        ),
    ]
    refused = [work for work in works if work.amount > work.bound and not force]
    longest = max(refused or works, key=lambda work: work.amount // work.rate)
    begin_work(
        longest.amount, longest.unit, rate=longest.rate, bound=longest.bound, force=force, remedy="use larger steps"
    )


def parse_series(text: str, options: NetworkOptions) -> tuple[Reference, Series]:
    """Return a reference, and the network that it and the options name before alpha and resolution are chosen.

    Raises:
        MbcostError: the network or the implementation is unknown, or the network is a flat list of layers.
    """
    settings = Settings(
        implementation=options.impl,
        classes=options.classes,
        head=options.head,
        in_channels=options.in_channels,
        top=options.top,
    )
    return requests.parse_series(text, settings)


def parse_alphas(text: str) -> tuple[float, ...]:
    """Read lists and ranges of alphas, without repetitions.

    Raises:
        MbcostError: a part is not a positive number, or there are too many.

    >>> parse_alphas("0.25:1:0.25,1.4,1")
    (0.25, 0.5, 0.75, 1.0, 1.4)
    """
    alphas = tuple(dict.fromkeys(map(parse_alpha, parse_list(text, "alpha", LONGEST_LIST))))
    for alpha in alphas:
        check_alpha(alpha)
    return alphas


def choose_sizes(text: str, reference: Reference, spec: Spec, options: NetworkOptions) -> Sizes | None:
    """Return the resolutions of one network that the reference, --res or --rho state; None if none does.

    Raises:
        MbcostError: more than one of them states resolutions, or a part of a list is wrong.
    """
    stated = None if reference.resolution is None else (reference.resolution,)
    if options.rho is None:
        sizes = None if options.res is None else parse_resolutions(options.res)
        return pick_setting("the resolution", text, stated, sizes)
    if stated is not None or options.res is not None:
        raise MbcostError("rho and a resolution are both given: remove one, rho multiplies the table's own resolution")
    return tuple(dict.fromkeys(scale_resolution(spec, rho) for rho in parse_list(options.rho, "rho", LONGEST_LIST)))


def parse_resolutions(text: str) -> tuple[tuple[int, int], ...]:
    """Read lists and ranges of resolutions, HEIGHTxWIDTH among them, without repetitions.

    Raises:
        MbcostError: a part is not a resolution, or there are too many.

    >>> parse_resolutions("96:160:32,96x128")
    ((96, 96), (128, 128), (160, 160), (96, 128))
    """
    return tuple(dict.fromkeys(map(parse_resolution, parse_list(text, "res", LONGEST_LIST))))
