"""What `sweep` and `fit` have in common: networks without alpha and resolution, lists of both, and ways of counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Optional

import typer

from mbcost.analytic.memory.lifetimes import ALLOCATORS
from mbcost.cli.arguments import Reference, parse_alpha, parse_list, parse_reference, parse_resolution
from mbcost.errors import MbcostError, unknown
from mbcost.questions.search.configurations import Series, Ways
from mbcost.spec.catalogue.library import load_convention, load_spec
from mbcost.spec.dtype import DTYPES, dtype_of
from mbcost.spec.scaling import check_alpha, check_whole
from mbcost.spec.table import CLASSES

LONGEST = 100_000
"""More values than this of alpha or of the resolution are taken for a slip of the step."""

Allocator = Annotated[
    str,
    typer.Option(
        help=f"Allocation model of the peak memory: {', '.join(ALLOCATORS)}.",
        metavar="NAME",
        autocompletion=lambda incomplete: [name for name in ALLOCATORS if name.startswith(incomplete)],
    ),
]
Dtype = Annotated[
    str,
    typer.Option(
        help=f"Of weights and maps: {', '.join(DTYPES)}.",
        metavar="DTYPE",
        autocompletion=lambda incomplete: [name for name in DTYPES if name.startswith(incomplete)],
    ),
]
Alphas = Annotated[Optional[str], typer.Option("--alpha", metavar="LIST", help="a,b,c and from:to:step.")]


def series_of(
    text: str, *, impl: str | None = None, classes: int | None = None, in_channels: int | None = None
) -> tuple[Reference, Series]:
    """The network that is named, and what its reference fixes of alpha and resolution.

    Raises:
        MbcostError: it is unknown or a list of layers, or the implementation is.
    """
    reference = parse_reference(text)
    spec = load_spec(reference.name)
    name = reference.implementation or impl or spec.default_implementation
    return reference, Series(
        spec,
        spec.implementation(name),
        check_whole(CLASSES if classes is None else classes, "classes"),
        check_whole(spec.channels if in_channels is None else in_channels, "in-channels"),
    )


class Asked(NamedTuple):
    """A network as it is named, and what is asked of it."""

    text: str
    series: Series
    alphas: tuple[float, ...] | None
    """None is every alpha."""
    resolutions: tuple[tuple[int, int], ...]


def check_apart(asked: Sequence[Asked]) -> None:
    """Refuse what would count a configuration twice: the last of `asked` has one of an earlier one's.

    Raises:
        MbcostError: it has.
    """
    last = asked[-1]
    for each in asked[:-1]:
        alike = None in (each.alphas, last.alphas) or set(each.alphas or ()) & set(last.alphas or ())
        if each.series == last.series and alike and set(each.resolutions) & set(last.resolutions):
            raise MbcostError(f"{each.text} and {last.text} have configurations in common: name each of them once")


def ways_of(convention: str | None, allocator: str, dtype: str) -> Ways:
    """How to count.

    Raises:
        MbcostError: a name is unknown.
    """
    if allocator not in ALLOCATORS:
        raise unknown("allocator", allocator, ALLOCATORS)
    return Ways(load_convention(convention), allocator, dtype_of(dtype).name)


def parse_alphas(text: str) -> tuple[float, ...]:
    """Lists and ranges of alpha, each once.

    Raises:
        MbcostError: a part is no positive number, or there are too many.

    >>> parse_alphas("0.25:1:0.25,1.4,1")
    (0.25, 0.5, 0.75, 1.0, 1.4)
    """
    alphas = tuple(dict.fromkeys(map(parse_alpha, parse_list(text, "alpha", LONGEST))))
    for alpha in alphas:
        check_alpha(alpha)
    return alphas


def parse_resolutions(text: str) -> tuple[tuple[int, int], ...]:
    """Lists and ranges of sizes in pixels, HEIGHTxWIDTH among them, each once.

    Raises:
        MbcostError: a part is no size, or there are too many.

    >>> parse_resolutions("96:160:32,96x128")
    ((96, 96), (128, 128), (160, 160), (96, 128))
    """
    return tuple(dict.fromkeys(map(parse_resolution, parse_list(text, "res", LONGEST))))
