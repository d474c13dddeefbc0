"""`mbcost memory`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.analytic.memory.arena import MAPS_ALONE, OPTIONS, TENSORFLOW_LITE, ArenaOptions
from mbcost.analytic.memory.lifetimes import ALLOCATORS
from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.options import Alpha, Classes, Format, Impl, InChannels, Net, Output, Res, Rho
from mbcost.cli.output import check_output, emit
from mbcost.errors import MbcostError, unknown
from mbcost.present.device.memory import as_json, as_table
from mbcost.questions.device.memory import GROUPINGS, compute_memory
from mbcost.spec.dtype import DTYPES, dtype_of

ALL_OPTIONS = "tensorflow-lite"


def memory(
    net: Net,
    alpha: Alpha = None,
    res: Res = None,
    rho: Rho = None,
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    no_top: Annotated[bool, typer.Option("--no-top", help="Leave out the global pool and what follows it.")] = False,
    allocator: Annotated[
        Optional[list[str]],
        typer.Option(help=f"{', '.join(ALLOCATORS)}; a list or several times [default: all].", metavar="NAME"),
    ] = None,
    dtype: Annotated[str, typer.Option(help="Of weights and activations.", metavar="|".join(DTYPES))] = "int8",
    weights_dtype: Annotated[Optional[str], typer.Option(help="Of weights alone.", metavar="DTYPE")] = None,
    activations_dtype: Annotated[Optional[str], typer.Option(help="Of activations alone.", metavar="DTYPE")] = None,
    arena: Annotated[
        Optional[str],
        typer.Option(
            help=f"What the arena does besides: {', '.join(OPTIONS)}, or {ALL_OPTIONS} for all [default: nothing].",
            metavar="A,B,C",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(help="One row a layer, allocator or map size.", metavar="|".join(GROUPINGS))
    ] = "layer",
    style: Format = "text",
    output: Output = None,
) -> int:
    """Bytes of memory that a network needs, layer by layer under named allocation models, and of flash.

    \b
    Examples:
      mbcost memory v2 --by allocator
      mbcost memory v1@0.25/96 --classes 2 --allocator naive,arena
      mbcost memory v2@0.35/96:keras --allocator arena --arena tensorflow-lite
      mbcost memory v2 --by map --dtype float16
    """
    check_output(style, output)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    chosen = tuple(name for each in allocator for name in parse_list(each, "allocator")) if allocator else ALLOCATORS
    for name in chosen:
        if name not in ALLOCATORS:
            raise unknown("allocator", name, ALLOCATORS)
    if len(set(chosen)) < len(chosen):
        raise MbcostError("an allocator is asked for twice: name every one once")
    if arena is not None and "arena" not in chosen:
        raise MbcostError("--arena says how the allocator arena works: add it to --allocator")
    dtypes = [dtype if each is None else each for each in (weights_dtype, activations_dtype)]
    for name in (dtype, *dtypes):
        dtype_of(name)  # raises the error of an unknown one
    options = _options(arena)
    network = resolve_network(
        net,
        NetworkOptions(
            alpha=alpha, res=res, rho=rho, impl=impl, classes=classes, in_channels=in_channels, top=not no_top
        ),
    )
    answer = compute_memory(network, chosen, dtypes[0], dtypes[1], options)
    emit(as_table(answer, by), as_json(answer), style, output)
    return 0


def _options(text: str | None) -> ArenaOptions:
    """The options that `text` names."""
    if text is None or text == ALL_OPTIONS:
        return MAPS_ALONE if text is None else TENSORFLOW_LITE
    names = parse_list(text, "arena")
    for name in names:
        if name not in OPTIONS:
            raise unknown("arena option", name, [*OPTIONS, ALL_OPTIONS])
    return ArenaOptions(**{name.replace("-", "_"): True for name in names})
