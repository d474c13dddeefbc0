"""`mbcost memory`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.memory.arena import MAPS_ALONE, OPTIONS, TENSORFLOW_LITE, ArenaOptions
from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import list_of, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.errors import MbcostError, unknown
from mbcost.present.device.memory import as_json, as_table
from mbcost.questions.device.memory import GROUPINGS, compute_memory
from mbcost.spec.dtype import DTYPES, dtype_of

ALL_OPTIONS = "tensorflow-lite"


@share_options()
def memory(
    net: Net,
    options: NetworkOptions,
    *,
    allocator: Annotated[
        Optional[list[str]],
        typer.Option(
            help=f"Allocation models, as a list or one per option: {', '.join(ALLOCATORS)} [default: all].",
            metavar="NAME",
            autocompletion=list_of(*ALLOCATORS),
        ),
    ] = None,
    dtype: Annotated[
        str,
        typer.Option(
            help="Dtype of weights and activations.", metavar="|".join(DTYPES), autocompletion=one_of(*DTYPES)
        ),
    ] = "int8",
    weights_dtype: Annotated[
        Optional[str],
        typer.Option(
            help="Dtype of weights only [default: that of --dtype].", metavar="DTYPE", autocompletion=one_of(*DTYPES)
        ),
    ] = None,
    activations_dtype: Annotated[
        Optional[str],
        typer.Option(
            help="Dtype of activations only [default: that of --dtype].",
            metavar="DTYPE",
            autocompletion=one_of(*DTYPES),
        ),
    ] = None,
    arena: Annotated[
        Optional[str],
        typer.Option(
            help=f"Options of the allocator arena: {', '.join(OPTIONS)}, or {ALL_OPTIONS} for all [default: none].",
            metavar="A,B,C",
            autocompletion=list_of(*OPTIONS, ALL_OPTIONS),
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="One row per layer, allocator or map size.",
            metavar="|".join(GROUPINGS),
            autocompletion=one_of(*GROUPINGS),
        ),
    ] = "layer",
    view: View,
) -> int:
    """Show the bytes of memory per layer and allocation model, and the bytes of flash.

    \b
    Examples:
      mbcost memory v2 --by allocator
      mbcost memory v1@0.25/96 --classes 2 --allocator naive,arena
      mbcost memory v2@0.35/96:keras --allocator arena --arena tensorflow-lite
      mbcost memory v2 --by map --dtype float16
    """
    destination = choose_destination(view)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    allocators = _parse_allocators(allocator)
    if arena is not None and "arena" not in allocators:
        raise MbcostError("--arena is given without the allocator arena: add arena to --allocator")
    dtype_of(dtype)  # raises the error of an unknown dtype, even if both of the others are given
    weights, activations = (dtype_of(name or dtype).name for name in (weights_dtype, activations_dtype))
    arena_options = _parse_options(arena)
    network = resolve_network(net, options)
    answer = compute_memory(network, allocators, weights, activations, arena_options)
    emit(as_table(answer, by, named=bool(allocator)), as_json(answer), destination)
    return 0


def _parse_allocators(texts: list[str] | None) -> tuple[str, ...]:
    """Return the allocators in the values of --allocator, in order; all of them if there are no values."""
    if not texts:
        return ALLOCATORS
    allocators = tuple(name for text in texts for name in parse_list(text, "allocator"))
    for name in allocators:
        if name not in ALLOCATORS:
            raise unknown("allocator", name, ALLOCATORS)
        if allocators.count(name) > 1:
            raise MbcostError(f"allocator '{name}' is given twice: remove one")
    return allocators


def _parse_options(text: str | None) -> ArenaOptions:
    """Return the options in the value of --arena; none if there is no value."""
    if text is None or text == ALL_OPTIONS:
        return MAPS_ALONE if text is None else TENSORFLOW_LITE
    names = parse_list(text, "arena")
    for name in names:
        if name not in OPTIONS:
            raise unknown("arena option", name, [*OPTIONS, ALL_OPTIONS])
    return ArenaOptions(**{name.replace("-", "_"): True for name in names})
