"""`mbcost fit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions
from mbcost.cli.completers import complete_network, names_of, one_of
from mbcost.cli.options import ConventionName, Force, RhoList, alpha_list, res_list, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.cli.search.options import Allocator, Dtype, parse_grid, read_settings
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError, unknown
from mbcost.present.search.fit import COLUMNS, DATA, as_json, as_table
from mbcost.questions.search.effort import check_arenas, count_listed, list_fit_works
from mbcost.questions.search.fit import fit as find_fit
from mbcost.questions.search.limits import Limit, choose_phone
from mbcost.questions.search.ranking import RANKS
from mbcost.questions.search.requests import (
    EVERY_ALPHA,
    FITTED_SIDES,
    NETS,
    choose_everything,
    list_sheets,
    load_rules,
    make_requests,
)
from mbcost.spec.catalogue.checkpoints import list_phones
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.scaling import check_whole

RESOLUTIONS = f"{FITTED_SIDES[0]}:{FITTED_SIDES[-1]}:1"
LIMITS: Mapping[str, tuple[str, Callable[[str, str], float]]] = {
    "ram": ("memory", parse_size),
    "flash": ("flash", parse_size),
    "mult-adds": ("mult_adds", parse_count),
    "params": ("params", parse_count),
    "min-top1": ("top1", parse_percent),
    "max-latency": ("latency", parse_milliseconds),
}
"""An option -> the quantity that it limits, and how its value is read."""


@share_options(
    known=lambda _: COLUMNS,
    alpha=alpha_list(f"every different network from {EVERY_ALPHA.low} to {EVERY_ALPHA.high}"),
    res=res_list(RESOLUTIONS),
    rho=RhoList,
)
def fit(
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help=f"Networks to search [default: {', '.join(NETS)}].",
            complete=complete_network,
        ),
    ] = None,
    *,
    named: Annotated[Optional[list[str]], Option("--net", hidden=True, complete=complete_network)] = None,
    flash: Annotated[Optional[str], Option(metavar="SIZE", help="Maximum flash, such as 1MiB [default: none].")] = None,
    ram: Annotated[
        Optional[str], Option(metavar="SIZE", help="Maximum peak memory, such as 320KiB [default: none].")
    ] = None,
    mult_adds: Annotated[
        Optional[str],
        Option("--mult-adds", metavar="COUNT", help="Maximum mult-adds, such as 60M [default: none]."),
    ] = None,
    params: Annotated[
        Optional[str], Option(metavar="COUNT", help="Maximum parameters, such as 2M [default: none].")
    ] = None,
    min_top1: Annotated[
        Optional[str],
        Option(
            "--min-top1",
            metavar="PERCENT",
            help="Minimum published accuracy; searches only released checkpoints [default: none].",
        ),
    ] = None,
    max_latency: Annotated[
        Optional[str],
        Option(
            "--max-latency", metavar="TIME", help="Maximum published latency on --phone, such as 30ms [default: none]."
        ),
    ] = None,
    phone: Annotated[
        Optional[str],
        Option(
            metavar="PHONE",
            help="Phone of --max-latency: pixel1, pixel2 or pixel3 [default: none].",
            complete=names_of(list_phones),
        ),
    ] = None,
    options: NetworkOptions,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    rank: Annotated[
        str,
        Option(
            metavar="QUANTITY",
            help="Quantity to sort by: mult-adds, params or top1, largest first; memory or flash, smallest first.",
            complete=one_of(*(name.replace("_", "-") for name in RANKS)),
        ),
    ] = "mult-adds",
    pareto: Annotated[
        bool, Option("--pareto", help="Show only what is Pareto-optimal in rank, memory and flash.")
    ] = False,
    limit: Annotated[int, Option(metavar="N", help="Number of configurations to show.")] = 10,
    every: Annotated[bool, Option("--all", help="List near-twins of better rows as well.")] = False,
    view: View,
    force: Force = False,
) -> int:
    """Find the networks that fit a device, with their alpha and resolution, largest first.

    Without --alpha, every alpha from 0.1 to 1.5 that gives a different network is searched. Each configuration is
    shown with the limit that would break first. Near-twins of a row above, the same network with alpha and resolution
    within 10%, are left out, unless you name them with --alpha and --res, or add --all. Released checkpoints never are.
    The exit code is 0 if something fits and 1 if nothing does. Without --force, at most 20,000,000 configurations are
    searched (2,000,000 with arenas) and 10,000 shown.

    \b
    Examples:
      mbcost fit --flash 1MiB --ram 320KiB --mult-adds 60M --classes 2
      mbcost fit --ram 1MiB --head 128,bn,5
      mbcost fit --ram 1MiB --min-top1 68 --rank top1
      mbcost fit v2 --max-latency 30ms --phone pixel1
    """
    destination = choose_destination(view, columns=COLUMNS, data=DATA)
    key = rank.replace("-", "_")
    if key not in RANKS:
        raise unknown("rank", rank, (name.replace("_", "-") for name in RANKS))
    texts = {
        "ram": ram, "flash": flash, "mult-adds": mult_adds, "params": params, "min-top1": min_top1,
        "max-latency": max_latency,
    }  # fmt: skip
    limits = _parse_limits({option: text for option, text in texts.items() if text is not None}, phone)
    rules = load_rules(convention, allocator, dtype)
    grid = parse_grid(options)
    nets = [*(networks or ()), *(named or ())]
    if not nets and options.impl is not None:
        without = [name for name in NETS if options.impl not in load_spec(name).implementations]
        if 0 < len(without) < len(NETS):
            raise MbcostError(f"{', '.join(without)} have no implementation {options.impl}: name the other networks")
    check_whole(limit, "limit")
    check_arenas(rules.allocator, limit)
    requests = make_requests(nets or NETS, read_settings(options), grid, choose_everything, near_twins=every)
    begin_work(count_listed(requests, limit), force=force)
    begin_work(*list_fit_works(requests, rules.allocator), force=force)
    answer = find_fit(*list_sheets(requests, rules), limits, rank=key, most=limit, only_front=pareto)
    emit(as_table(answer), as_json(answer), destination, "configurations")
    return 0 if answer.best else 1


def _parse_limits(texts: Mapping[str, str], phone: str | None) -> list[Limit]:
    """Return the limits of the options that are given.

    Raises:
        MbcostError: a value does not have the form of its quantity, or a phone is missing or unknown.
    """
    on = choose_phone(phone, limits_latency="max-latency" in texts)
    return [
        Limit(
            quantity,
            parse(texts[option], option),
            at_least=option.startswith("min-"),
            phone=on if quantity == "latency" else "",
        )
        for option, (quantity, parse) in LIMITS.items()
        if option in texts
    ]
