"""`mbcost fit`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import complete_network, pick_one
from mbcost.cli.options import Classes, ConventionName, Format, Impl, InChannels, Output
from mbcost.cli.output import check_output, emit
from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.cli.search.options import (
    Allocator,
    Alphas,
    Asked,
    Dtype,
    check_apart,
    parse_alphas,
    parse_resolutions,
    series_of,
    ways_of,
)
from mbcost.errors import MbcostError, unknown
from mbcost.present.search.fit import as_json, as_table
from mbcost.questions.search.configurations import sheet_of
from mbcost.questions.search.fit import MOST_RUNS, Limit
from mbcost.questions.search.fit import fit as ask
from mbcost.questions.search.ranking import RANKS
from mbcost.spec.catalogue.checkpoints import load_checkpoints
from mbcost.spec.catalogue.library import load_spec

NETS = ("v1", "v2", "v3-large", "v3-small", "v3-large-minimalistic", "v3-small-minimalistic")
"""The networks that are searched unless some are named."""
ALPHAS = (0.1, 1.5)
"""The range of alpha whose every step is searched unless a list is given."""
RESOLUTIONS = "32:320:1"


def fit(
    flash: Annotated[Optional[str], typer.Option(metavar="SIZE", help="The most flash, such as 1MiB.")] = None,
    ram: Annotated[Optional[str], typer.Option(metavar="SIZE", help="The most peak memory, such as 320KiB.")] = None,
    mult_adds: Annotated[
        Optional[str], typer.Option("--mult-adds", metavar="COUNT", help="The most mult-adds, such as 60M.")
    ] = None,
    params: Annotated[Optional[str], typer.Option(metavar="COUNT", help="The most parameters, such as 2M.")] = None,
    min_top1: Annotated[
        Optional[str],
        typer.Option("--min-top1", metavar="PERCENT", help="The least published accuracy: released checkpoints alone."),
    ] = None,
    max_latency: Annotated[
        Optional[str],
        typer.Option("--max-latency", metavar="TIME", help="The most published latency on --phone, such as 30ms."),
    ] = None,
    phone: Annotated[Optional[str], typer.Option(metavar="PHONE", help="pixel1, pixel2 or pixel3.")] = None,
    net: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="NET", help=f"Once or more [default: {', '.join(NETS)}].", autocompletion=complete_network
        ),
    ] = None,
    alpha: Alphas = None,
    res: Annotated[str, typer.Option(metavar="LIST", help="Input sizes, a,b,c and from:to:step.")] = RESOLUTIONS,
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    rank: Annotated[
        str,
        typer.Option(
            metavar="QUANTITY", help="What comes first: mult-adds, params or top1 largest; memory, flash least."
        ),
    ] = "mult-adds",
    pareto: Annotated[bool, typer.Option("--pareto", help="Only what is on the Pareto front.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many configurations.")] = 10,
    style: Format = "text",
    output: Output = None,
) -> int:
    """Which networks fit a device, at which alpha and resolution: the largest first.

    Without --alpha, every alpha from 0.1 to 1.5 that gives a network of its own is searched. Each configuration is
    shown with the limit that would break first. Exit 0 when something fits, 1 when nothing does.

    \b
    Examples:
      mbcost fit --flash 1MiB --ram 320KiB --mult-adds 60M --classes 2 --in-channels 1
      mbcost fit --ram 1MiB --min-top1 68 --rank top1
      mbcost fit --net v2 --max-latency 30ms --phone pixel1
    """
    check_output(style, output)
    key = rank.replace("-", "_")
    if key not in RANKS:
        raise unknown("rank", rank, (name.replace("_", "-") for name in RANKS))
    limits = _limits(flash, ram, mult_adds, params, min_top1, max_latency, phone)
    ways = ways_of(convention, allocator, dtype)
    alphas = None if alpha is None else parse_alphas(alpha)
    sizes = parse_resolutions(res)
    if net is None and impl is not None:
        without = [name for name in NETS if impl not in load_spec(name).implementations]
        if 0 < len(without) < len(NETS):
            raise MbcostError(f"{', '.join(without)} have no implementation {impl}: name the others, each after --net")
    if allocator == "arena" and limit > MOST_RUNS:
        raise MbcostError(f"--limit is {limit:,}: of arenas at most {MOST_RUNS:,} are laid out")
    asked: list[Asked] = []
    sheets, resolutions = [], []
    for text in dict.fromkeys(net or NETS):
        reference, series = series_of(text, impl=impl, classes=classes, in_channels=in_channels)
        own = None if reference.alpha is None else (reference.alpha,)
        chosen = pick_one("alpha", text, own, alphas)
        resolutions.append(sizes if reference.resolution is None else (reference.resolution,))
        asked.append(Asked(text, series, chosen, resolutions[-1]))
        check_apart(asked)
        plateaus = series.between(*ALPHAS) if chosen is None else series.at(chosen)
        sheets.append(sheet_of(series, plateaus, ways))
    answer = ask(sheets, resolutions, limits, rank=key, most=limit, only_front=pareto)
    emit(as_table(answer), as_json(answer), style, output)
    return 0 if answer.found else 1


def _limits(
    flash: str | None,
    ram: str | None,
    mult_adds: str | None,
    params: str | None,
    min_top1: str | None,
    max_latency: str | None,
    phone: str | None,
) -> list[Limit]:
    """What is asked for.

    Raises:
        MbcostError: a value has another form, or a phone is missing or unknown.
    """
    phones = list(dict.fromkeys(name for each in load_checkpoints() for name in each.latency_ms))
    if phone is not None and phone not in phones:
        raise unknown("phone", phone, phones)
    if (max_latency is None) != (phone is None):
        given, other = ("--phone", "--max-latency") if max_latency is None else ("--max-latency", "--phone")
        raise MbcostError(f"{given} needs {other}: latency is published for {', '.join(phones)}")
    limits = []
    if ram is not None:
        limits.append(Limit("memory", parse_size(ram, "ram")))
    if flash is not None:
        limits.append(Limit("flash", parse_size(flash, "flash")))
    if mult_adds is not None:
        limits.append(Limit("mult_adds", parse_count(mult_adds, "mult-adds")))
    if params is not None:
        limits.append(Limit("params", parse_count(params, "params")))
    if min_top1 is not None:
        limits.append(Limit("top1", parse_percent(min_top1, "min-top1"), at_least=True))
    if max_latency is not None and phone is not None:
        limits.append(Limit("latency", parse_milliseconds(max_latency, "max-latency"), phone=phone))
    return limits
