"""What `fit` and `plot fit` share: the options of limits, and the networks that are searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import NetworkOptions
from mbcost.cli.completers import names_of
from mbcost.cli.parameters import Option
from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.cli.search.options import parse_grid, read_settings
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError
from mbcost.questions.search.effort import count_listed, list_fit_works
from mbcost.questions.search.fit import Wish, check_limits
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.requests import (
    EVERY_ALPHA,
    NETS,
    SIDE_STEPS,
    Request,
    choose_everything,
    choose_steps,
    make_requests,
)
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.catalogue.measured import list_devices

ALPHAS = f"{EVERY_ALPHA.low}:{EVERY_ALPHA.high}:0.02 and the published ones"
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

Flash = Annotated[Optional[str], Option(metavar="SIZE", help="Maximum flash, such as 1MiB [default: none].")]
Ram = Annotated[Optional[str], Option(metavar="SIZE", help="Maximum peak memory, such as 320KiB [default: none].")]
MultAdds = Annotated[
    Optional[str], Option("--mult-adds", metavar="COUNT", help="Maximum mult-adds, such as 60M [default: none].")
]
Params = Annotated[Optional[str], Option(metavar="COUNT", help="Maximum parameters, such as 2M [default: none].")]
MinTop1 = Annotated[
    Optional[str],
    Option("--min-top1", metavar="PERCENT", help="Minimum ImageNet accuracy, published or estimated [default: none]."),
]
MaxLatency = Annotated[
    Optional[str],
    Option("--max-latency", metavar="TIME", help="Maximum latency on --device, such as 30ms [default: none]."),
]
Device = Annotated[
    Optional[str],
    Option(
        metavar="NAME",
        help="Device of --max-latency, or the file of your measurements [default: none].",
        complete=names_of(list_devices),
    ),
]


def plan_search(
    nets: Sequence[str],
    options: NetworkOptions,
    limits: Sequence[Limit],
    wish: Wish,
    *,
    every: bool = False,
    force: bool = False,
) -> list[Request[Any]]:
    """Return what to search, after the limits are checked, and the work is checked and announced.

    Raises:
        MbcostError: a network cannot be built, there is no limit, or there is too much to do.
    """
    grid = parse_grid(options)
    if not nets and options.impl is not None:
        without = [name for name in NETS if options.impl not in load_spec(name).implementations]
        if 0 < len(without) < len(NETS):
            raise MbcostError(f"{', '.join(without)} have no implementation {options.impl}: name the other networks")
    default: Any = choose_everything if every else choose_steps
    requests = make_requests(nets or NETS, read_settings(options), grid, default)
    check_limits(limits, wish.rank)
    begin_work(count_listed(requests, wish.most), force=force)
    with_latency = any(limit.quantity == "latency" for limit in limits)
    begin_work(*list_fit_works(requests, with_latency=with_latency), force=force)
    return requests


def parse_limits(texts: Mapping[str, str | None], device: str) -> list[Limit]:
    """Return the limits of the options that are given.

    Args:
        texts: an option -> its value; None if it is not given.
        device: the name of the device of the latency.

    Raises:
        MbcostError: a value does not have the form of its quantity.
    """
    return [
        Limit(
            quantity,
            parse(text, option),
            at_least=option.startswith("min-"),
            device=device if quantity == "latency" else "",
        )
        for option, (quantity, parse) in LIMITS.items()
        if (text := texts.get(option)) is not None
    ]
