"""What `sweep` and `fit` share: networks without alpha and resolution, lists of both, and the counting rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Optional

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.reference import Settings
from mbcost.cli.arguments import NetworkOptions, parse_alpha, parse_list, parse_resolution, parse_rho
from mbcost.cli.completers import one_of
from mbcost.cli.parameters import Option
from mbcost.questions.search.requests import Grid
from mbcost.spec.dtype import DTYPES
from mbcost.spec.scaling import check_alpha

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
OwnDtype = Annotated[
    Optional[str],
    Option(
        help=f"Data type of weights and feature maps: {', '.join(DTYPES)} [default: int8, and for a model its own].",
        metavar="DTYPE",
        complete=one_of(*DTYPES),
    ),
]


def parse_grid(options: NetworkOptions) -> Grid:
    """Return the alphas and the resolutions that the options state.

    Raises:
        MbcostError: a part of a list is wrong, or there are too many.
    """
    return Grid(
        None if options.alpha is None else parse_alphas(options.alpha),
        None if options.res is None else parse_resolutions(options.res),
        None if options.rho is None else tuple(map(parse_rho, parse_list(options.rho, "rho", LONGEST_LIST))),
    )


def read_settings(options: NetworkOptions) -> Settings:
    """Return the settings of every network, without alpha and resolution."""
    return replace(options, alpha=None, res=None, rho=None).parse()


def parse_alphas(text: str) -> tuple[float, ...]:
    """Read lists and ranges of alphas, without repetitions.

    Raises:
        MbcostError: a part is not a positive number, or there are too many.

    >>> parse_alphas("0.25:1:0.25,1.4,1")
    (0.25, 0.5, 0.75, 1.0, 1.4)
    """
    parts = parse_list(text, "alpha", LONGEST_LIST)
    alphas = tuple(dict.fromkeys(parse_alpha(part, in_list=True) for part in parts))
    for alpha in alphas:
        check_alpha(alpha)
    return alphas


def parse_resolutions(text: str) -> tuple[tuple[int, int], ...]:
    """Read lists and ranges of resolutions, HEIGHTxWIDTH among them, without repetitions.

    Raises:
        MbcostError: a part is not a resolution, or there are too many.

    >>> parse_resolutions("96:160:32,96x128")
    ((96, 96), (128, 128), (160, 160), (96, 128))
    """
    return tuple(dict.fromkeys(map(parse_resolution, parse_list(text, "res", LONGEST_LIST))))
