"""`mbcost memory`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.memory.arena import OPTIONS
from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import list_of, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Option
from mbcost.errors import MbcostError, unknown
from mbcost.present.device.memory import as_json, as_table
from mbcost.questions.device.memory import (
    ALL_OPTIONS,
    DEFAULT_DTYPE,
    GROUPINGS,
    PLANS,
    choose_allocators,
    choose_options,
    compute_memory,
)
from mbcost.spec.dtype import DTYPES, dtype_of

LISTS = {"layer": "rows", "allocator": "peaks", "map": "maps"}
"""A grouping -> the list in the JSON that has the rows of its table."""


@share_options()
def memory(
    net: Net,
    options: NetworkOptions,
    *,
    allocator: Annotated[
        Optional[list[str]],
        Option(
            help=f"Allocation models, as a list or one per option: {', '.join(ALLOCATORS)} [default: all].",
            metavar="NAME",
            complete=list_of(*ALLOCATORS),
        ),
    ] = None,
    dtype: Annotated[
        Optional[str],
        Option(
            help=f"Dtype of weights and activations [default: {DEFAULT_DTYPE}; of a file, its own].",
            metavar="|".join(DTYPES),
            complete=one_of(*DTYPES),
        ),
    ] = None,
    weights_dtype: Annotated[
        Optional[str],
        Option(help="Dtype of weights only [default: that of --dtype].", metavar="DTYPE", complete=one_of(*DTYPES)),
    ] = None,
    activations_dtype: Annotated[
        Optional[str],
        Option(
            help="Dtype of activations only [default: that of --dtype].",
            metavar="DTYPE",
            complete=one_of(*DTYPES),
        ),
    ] = None,
    arena: Annotated[
        Optional[str],
        Option(
            help=f"Options of the allocator arena: {', '.join(OPTIONS)}; {ALL_OPTIONS} for all; of a .tflite file "
            f"{' or '.join(PLANS)} [default: none].",
            metavar="A,B,C",
            complete=list_of(*OPTIONS, *PLANS),
        ),
    ] = None,
    by: Annotated[
        str,
        Option(
            help="One row per layer, allocator or map size.",
            metavar="|".join(GROUPINGS),
            complete=one_of(*GROUPINGS),
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
      mbcost memory model.tflite --allocator arena --arena tensorflow-lite
    """
    destination = choose_destination(view)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    names = [name for text in allocator or () for name in parse_list(text, "allocator")]
    allocators = choose_allocators(names or None)
    arena_options = choose_options(None if arena is None else parse_list(arena, "arena"), allocators)
    for name in filter(None, (dtype, weights_dtype, activations_dtype)):
        dtype_of(name)  # raises the error of an unknown dtype, even if it is not used
    weights, activations = (name_dtype(name or dtype) for name in (weights_dtype, activations_dtype))
    network = resolve_network(net, options)
    if by == "map" and network.graph is not None:
        raise MbcostError(f"{net} does not say where its blocks end: --by map is for built-in networks and tables")
    answer = compute_memory(network, allocators, weights, activations, arena_options)
    emit(as_table(answer, by, named=bool(allocator)), as_json(answer), destination, LISTS[by])
    return 0


def name_dtype(text: Optional[str]) -> Optional[str]:
    """Return the name of a dtype; None if none is given."""
    return None if text is None else dtype_of(text).name
