"""`mbcost fit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from mbcost.present.search.fit import COLUMNS, DATA, as_table
from mbcost.present.search.fit_json import as_json
from mbcost.questions.search.answer import Fit
from mbcost.questions.search.configurations import CountingRules
from mbcost.questions.search.effort import check_arenas, count_listed, list_fit_works
from mbcost.questions.search.estimates import make_estimator
from mbcost.questions.search.fit import Wish, check_limits
from mbcost.questions.search.fit import fit as find_fit
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.ranking import RANKS
from mbcost.questions.search.requests import (
    EVERY_ALPHA,
    NETS,
    SIDE_STEPS,
    choose_everything,
    choose_steps,
    list_sheets,
    load_rules,
    make_requests,
)
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.measured import list_devices
from mbcost.spec.scaling import check_whole

RESOLUTIONS = f"{SIDE_STEPS[0]}:{SIDE_STEPS[-1]}:{SIDE_STEPS.step} and the published ones"
LIMITS: Mapping[str, tuple[str, Callable[[str, str], float]]] = {
    "ram": ("memory", parse_size),
    "flash": ("flash", parse_size),
    "mult-adds": ("mult_adds", parse_count),
    "params": ("params", parse_count),
    "min-top1": ("top1", parse_percent),
    "max-latency": ("latency", parse_milliseconds),
}
"""An option -> the quantity that it limits, and how its value is read."""


LISTED = 10
"""The number of configurations that are listed if they are not those of each network."""


@share_options(
    known=lambda _: COLUMNS,
    alpha=alpha_list(f"{EVERY_ALPHA.low}:{EVERY_ALPHA.high}:0.02 and the published ones"),
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
            help="Minimum ImageNet accuracy, published or estimated [default: none].",
        ),
    ] = None,
    max_latency: Annotated[
        Optional[str],
        Option("--max-latency", metavar="TIME", help="Maximum latency on --device, such as 30ms [default: none]."),
    ] = None,
    device: Annotated[
        Optional[str],
        Option(
            metavar="NAME",
            help="Device of --max-latency, or the file of your measurements [default: none].",
            complete=names_of(list_devices),
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
            help="Quantity to rank by: top1, mult-adds or params, largest first; memory, flash or latency, smallest.",
            complete=one_of(*(name.replace("_", "-") for name in RANKS)),
        ),
    ] = "top1",
    pareto: Annotated[
        bool, Option("--pareto", help="List what is Pareto-optimal in top-1, latency, memory and flash.")
    ] = False,
    limit: Annotated[
        Optional[int],
        Option(
            metavar="N",
            help=f"Number of configurations per network [default: 1], or with --all or --pareto in all [{LISTED}].",
        ),
    ] = None,
    every: Annotated[
        bool, Option("--all", help="List all networks together, at every different alpha and resolution.")
    ] = False,
    view: View,
    force: Force = False,
) -> int:
    """Find the network that fits a device best, with its alpha and resolution.

    It is the one with the highest ImageNet accuracy, published or estimated from released checkpoints; each network is
    shown with its best configuration. A configuration fits if the upper end of its latency's 80% interval does, and may
    fit if only the estimate does. Networks without an estimated accuracy follow, those with the most mult-adds first.
    The exit code is 0 if something fits or may fit, and 1 if nothing does. Without --force, at most 2,000,000
    configurations are searched and 10,000 shown.

    \b
    Examples:
      mbcost fit --flash 1MiB --ram 320KiB --mult-adds 60M --classes 2
      mbcost fit --ram 1MiB --head 128,bn,5
      mbcost fit --max-latency 30ms --device pixel1-tflite --min-top1 65
      mbcost fit v2 --max-latency 5ms --device mine.yaml --rank latency
    """
    destination = choose_destination(view, columns=COLUMNS, data=DATA)
    key = rank.replace("-", "_")
    if key not in RANKS:
        raise unknown("rank", rank, (name.replace("_", "-") for name in RANKS))
    texts = {
        "ram": ram, "flash": flash, "mult-adds": mult_adds, "params": params, "min-top1": min_top1,
        "max-latency": max_latency,
    }  # fmt: skip
    limits = parse_limits({option: text for option, text in texts.items() if text is not None}, device)
    listing = "front" if pareto else "all" if every else "networks"
    most = limit if limit is not None else 1 if listing == "networks" else LISTED
    check_whole(most, "limit")
    answer = search(
        [*(networks or ()), *(named or ())], options, limits, Wish(key, listing, most),
        device=device, rules=load_rules(convention, allocator, dtype), every=every, force=force,
    )  # fmt: skip
    emit(as_table(answer), as_json(answer), destination, "configurations")
    return 0 if answer.best else 1


def search(
    nets: Sequence[str],
    options: NetworkOptions,
    limits: Sequence[Limit],
    wish: Wish,
    *,
    device: str | None,
    rules: CountingRules,
    every: bool = False,
    force: bool = False,
) -> Fit:
    """Return what fits, after the work is checked.

    Raises:
        MbcostError: a network cannot be built, no limit is given, the device is not known, or there is too much to do.
    """
    estimator = make_estimator(device, limits_latency=any(limit.quantity == "latency" for limit in limits))
    check_limits(limits, wish.rank)
    grid = parse_grid(options)
    if not nets and options.impl is not None:
        without = [name for name in NETS if options.impl not in load_spec(name).implementations]
        if 0 < len(without) < len(NETS):
            raise MbcostError(f"{', '.join(without)} have no implementation {options.impl}: name the other networks")
    check_arenas(rules.allocator, wish.most)
    default = choose_everything if every else choose_steps
    requests = make_requests(nets or NETS, read_settings(options), grid, default)
    begin_work(count_listed(requests, wish.most), force=force)
    begin_work(*list_fit_works(requests, with_latency=device is not None), force=force)
    return find_fit(*list_sheets(requests, rules), limits, wish, estimator)


def parse_limits(texts: Mapping[str, str], device: str | None) -> list[Limit]:
    """Return the limits of the options that are given.

    Args:
        texts: an option -> its value.
        device: the device of the latency.

    Raises:
        MbcostError: a value does not have the form of its quantity.
    """
    return [
        Limit(
            quantity,
            parse(texts[option], option),
            at_least=option.startswith("min-"),
            device=(device or "") if quantity == "latency" else "",
        )
        for option, (quantity, parse) in LIMITS.items()
        if option in texts
    ]
