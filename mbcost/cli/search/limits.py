"""What `fit` and `plot fit` share: the options of limits, and the networks that are searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import NetworkOptions
from mbcost.cli.completers import names_of
from mbcost.cli.options import Group
from mbcost.cli.parameters import Option
from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_percent, parse_size
from mbcost.cli.search.options import parse_grid, read_settings
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError
from mbcost.questions.search.effort import count_listed, list_fit_works
from mbcost.questions.search.estimates import Estimator, make_estimator
from mbcost.questions.search.fit import Wish, check_limits
from mbcost.questions.search.limits import QUANTITIES, Limit
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


@dataclass(frozen=True)
class LimitOptions:
    """The options that limit what is searched, as typed; an option that is not given is None."""

    ram: str | None
    flash: str | None
    mult_adds: str | None
    params: str | None
    min_top1: str | None
    max_latency: str | None
    device: str | None

    def make_estimator(self) -> Estimator:
        """Return the estimator for the device.

        Raises:
            MbcostError: the device does not exist or cannot be calibrated, or one of it and the latency is missing.
        """
        return make_estimator(self.device, limits_latency=self.max_latency is not None)

    def parse(self, device: str) -> list[Limit]:
        """Return the limits of the options that are given.

        Args:
            device: the name of the device, which can differ from the path that is typed.

        Raises:
            MbcostError: a value does not have the form of its quantity.
        """
        return [
            Limit(
                quantity,
                _PARSERS[quantity](text, name.replace("_", "-")),
                at_least=name.startswith("min_"),
                device=device if quantity == "latency" else "",
            )
            for name, quantity in QUANTITIES.items()
            if (text := getattr(self, name)) is not None
        ]


_PARSERS: Mapping[str, Callable[[str, str], float]] = {
    "memory": parse_size,
    "flash": parse_size,
    "mult_adds": parse_count,
    "params": parse_count,
    "top1": parse_percent,
    "latency": parse_milliseconds,
}
"""A quantity -> how its value is read from a text; the second argument names the option in messages."""


def _limit(name: str, metavar: str, words: str) -> Any:
    return Annotated[Optional[str], Option(name, metavar=metavar, help=f"{words} [default: none].")]


LIMITS = {
    LimitOptions: Group(
        LimitOptions,
        {
            "flash": _limit("--flash", "SIZE", "Maximum flash, such as 1MiB"),
            "ram": _limit("--ram", "SIZE", "Maximum peak memory, such as 320KiB"),
            "mult_adds": _limit("--mult-adds", "COUNT", "Maximum mult-adds, such as 60M"),
            "params": _limit("--params", "COUNT", "Maximum parameters, such as 2M"),
            "min_top1": _limit("--min-top1", "PERCENT", "Minimum ImageNet accuracy, published or estimated"),
            "max_latency": _limit("--max-latency", "TIME", "Maximum latency on --device, such as 30ms"),
            "device": Annotated[
                Optional[str],
                Option(
                    "--device",
                    metavar="NAME",
                    help="Device of --max-latency, or the file of your measurements [default: none].",
                    complete=names_of(list_devices),
                ),
            ],
        },
    )
}
"""The options of `LimitOptions`, for `share_options`."""


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
