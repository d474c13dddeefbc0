"""Which alpha and resolution?"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError, choose
from mbcost.present.table import to_float
from mbcost.python.arguments import FORMS, checked, wrong_argument
from mbcost.python.networks import Size, as_alpha, as_rho, as_sides, as_text, make_settings
from mbcost.spec.convention import Convention
from mbcost.spec.scaling import check_alpha, check_whole

if TYPE_CHECKING:
    from mbcost.questions.search.configurations import Configuration
    from mbcost.questions.search.fit_answer import Fit
    from mbcost.questions.search.limits import Limit
    from mbcost.questions.search.requests import Grid


@checked
def sweep(
    *networks: str | os.PathLike[str],
    alphas: Sequence[float] | None = None,
    resolutions: Sequence[Size] | None = None,
    rhos: Sequence[float | Fraction] | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    convention: Convention | str | None = None,
    allocator: str = "naive",
    dtype: str = "int8",
    pareto: str | None = None,
    device: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> tuple[Configuration, ...]:
    """Return the cost of networks over alpha and resolution, as `mbcost sweep` does; it needs numpy.

    Alphas that round to the same widths share a configuration. All configurations are kept in memory.

    Args:
        networks: references or paths of YAML files; one that states an alpha or a resolution has only that.
        alphas: width multipliers; by default the published ones.
        resolutions: sizes of the input in pixels, a side or (height, width) each; by default the published ones.
        rhos: resolution multipliers, instead of resolutions.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default 1000.
        head: your own head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input; by default the table's own.
        top: whether the networks have the global pool and what follows it.
        convention: how params and mult-adds are counted; by default `macs`.
        allocator: the allocation model of the peak memory.
        dtype: the dtype of weights and feature maps.
        pareto: two quantities such as `mult_adds,top1`: only what is Pareto-optimal in both.
        device: the name of a measured device, or the path of a file of measurements, to estimate milliseconds.
        force: whether the search may exceed its limits: 100,000 configurations, or with `pareto` 100,000,000 of which
            100,000 are optimal, and 1,000,000 with the allocator `arena`.

    Returns:
        Configurations in the order of network, alpha and resolution, or by the first quantity of `pareto`. Each has
        `.plateau.alpha`, `.resolution`, `.mult_adds`, `.params`, `.memory` and `.flash` (bytes), `.checkpoint` (the
        released one, with `.top1` in percent, or None) and `.network`; with a device, `.estimated.milliseconds` and
        `.estimated.milliseconds_high`, the upper end of the 80 % interval. `calibrate(device)` has their errors.

    Raises:
        MbcostError: a network cannot be built, a name is unknown, or two networks have configurations in common.

    >>> [point.mult_adds for point in sweep("v2", alphas=[0.5, 1.0], resolutions=[96, 224])]
    [18885440, 97131840, 56289152, 300774272]
    """
    from mbcost.questions.search.effort import MOST_KEPT, check_kept, list_sweep_works
    from mbcost.questions.search.requests import choose_published, list_sheets, load_rules, make_requests
    from mbcost.questions.search.sweep import find_front, parse_aims
    from mbcost.questions.search.sweep import sweep as compute_batches
    from mbcost.questions.work import check_all

    aims = None if pareto is None else parse_aims(pareto, with_latency=device is not None)
    rules = load_rules(convention, allocator, dtype)
    settings = make_settings(
        implementation=implementation, classes=classes, head=head, in_channels=in_channels, top=top
    )
    grid = _make_grid(alphas, resolutions, rhos)
    requests = make_requests(map(as_text, networks), settings, grid, choose_published)
    if not requests:
        raise MbcostError("sweep needs a network: give at least one")
    if aims is None:
        check_kept(requests, force=force)
    works = list_sweep_works(requests, rules.allocator, only_front=aims is not None, with_latency=device is not None)
    check_all(works, force=force)
    batches = compute_batches(*list_sheets(requests, rules))
    if device is not None:
        from mbcost.questions.search.estimates import make_estimator

        batches = make_estimator(os.fspath(device), limits_latency=True).add_latency(batches)
    if aims is not None:
        return find_front(batches, aims, None if force else MOST_KEPT)
    return tuple(point for batch in batches for point in batch.list_configurations())


@checked
def fit(
    *networks: str | os.PathLike[str],
    flash: float | None = None,
    ram: float | None = None,
    mult_adds: float | None = None,
    params: float | None = None,
    min_top1: float | None = None,
    max_latency: float | None = None,
    device: str | os.PathLike[str] | None = None,
    alphas: Sequence[float] | None = None,
    resolutions: Sequence[Size] | None = None,
    rhos: Sequence[float | Fraction] | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    convention: Convention | str | None = None,
    allocator: str = "naive",
    dtype: str = "int8",
    rank: str = "top1",
    pareto: bool = False,
    every: bool = False,
    limit: int | None = None,
    force: bool = False,
) -> Fit:
    """Find the network that fits a device best, with its alpha and resolution, as `mbcost fit` does; it needs numpy.

    Args:
        networks: references or paths of YAML files; by default V1, V2 and the four forms of V3.
        flash: at most so many bytes of flash.
        ram: at most so many bytes of peak memory.
        mult_adds: at most so many multiply-adds.
        params: at most so many parameters.
        min_top1: at least this ImageNet accuracy in percent, published or estimated from released checkpoints.
        max_latency: at most this latency in milliseconds, on `device`.
        device: the name of a built-in device, or the path of a file of your measurements.
        alphas: width multipliers; by default 0.1 to 1.5 in steps of 0.02, and the published ones.
        resolutions: sizes of the input in pixels, a side or (height, width) each; by default the sides 32 to 320 in
            steps of 32, and the published ones.
        rhos: resolution multipliers, instead of resolutions.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default 1000.
        head: your own head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input; by default the table's own.
        top: whether the networks have the global pool and what follows it.
        convention: how params and mult-adds are counted; by default `macs`.
        allocator: the allocation model of the peak memory.
        dtype: the dtype of weights and feature maps.
        rank: what comes first: the largest `top1`, `mult_adds` or `params`, or the smallest `memory`, `flash` or
            `latency`. Without an estimated accuracy, a network comes after those with one.
        pareto: whether to return what is Pareto-optimal in accuracy, latency, memory and flash.
        every: whether to return all networks together, at every different alpha from 0.1 to 1.5 and every side from 32
            to 320 unless you name others.
        limit: how many configurations to return: of each network, by default 1, or with `pareto` or `every` in all, by
            default 10.
        force: whether the search may exceed its limits: 2,000,000 configurations, of which 10,000 are returned.

    Returns:
        `.best`, the configurations that fit, each with `.configuration` (see `sweep`; its `.estimated` has the accuracy
        in percent and the milliseconds, with their intervals), `.is_sure` (false if it only may fit) and `.binding`
        (the limit that would break first); `.released`, the other released checkpoints that fit; `.nearest`, the
        nearest miss; `.reliefs`, what dropping each limit brings; and how many were `.tried`.

    Raises:
        MbcostError: a network cannot be built, a name is unknown, no limit is given or one is not a number, or two
            networks have configurations in common.

    >>> answer = fit("v2", ram=320 * 1024, flash=2**20, classes=2, resolutions=[96, 128, 160])
    >>> best = answer.best[0].configuration
    >>> best.plateau.alpha, best.resolution, best.memory
    (0.54, (128, 128), 245760)
    """
    from mbcost.questions.search.effort import check_arenas, count_listed, list_fit_works
    from mbcost.questions.search.estimates import make_estimator
    from mbcost.questions.search.fit import check_limits, make_wish
    from mbcost.questions.search.fit import fit as find_fit
    from mbcost.questions.search.ranking import RANKS
    from mbcost.questions.search.requests import (
        NETS,
        choose_everything,
        choose_steps,
        list_sheets,
        load_rules,
        make_requests,
    )
    from mbcost.questions.work import check_all

    wish = make_wish(choose("rank", rank, RANKS), pareto=pareto, every=every, limit=limit)
    given = {
        "ram": ram, "flash": flash, "mult_adds": mult_adds, "params": params, "min_top1": min_top1,
        "max_latency": max_latency,
    }  # fmt: skip
    file = None if device is None else os.fspath(device)
    estimator = make_estimator(file, limits_latency=max_latency is not None)
    limits = _list_limits({name: value for name, value in given.items() if value is not None}, estimator.device)
    check_limits(limits, wish.rank)
    rules = load_rules(convention, allocator, dtype)
    check_arenas(rules.allocator, wish.most)
    settings = make_settings(
        implementation=implementation, classes=classes, head=head, in_channels=in_channels, top=top
    )
    grid = _make_grid(alphas, resolutions, rhos)
    default = choose_everything if every else choose_steps
    requests = make_requests(map(as_text, networks or NETS), settings, grid, default)
    count_listed(requests, wish.most).check(force=force)
    check_all(list_fit_works(requests, with_latency=device is not None), force=force)
    return find_fit(*list_sheets(requests, rules), limits, wish, estimator)


def _make_grid(
    alphas: Sequence[float] | None, resolutions: Sequence[Size] | None, rhos: Sequence[float | Fraction] | None
) -> Grid:
    """Return the alphas and the resolutions to search, without repetitions.

    Raises:
        MbcostError: an alpha, a side or a rho is not positive.
    """
    from mbcost.questions.search.requests import Grid

    distinct = None if alphas is None else tuple(dict.fromkeys(map(as_alpha, alphas)))
    for alpha in distinct or ():
        check_alpha(alpha)
    sizes = None if resolutions is None else tuple(dict.fromkeys(map(_check_sides, resolutions)))
    return Grid(distinct, sizes, None if rhos is None else tuple(dict.fromkeys(map(as_rho, rhos))))


def _check_sides(resolution: Size) -> tuple[int, int]:
    height, width = (check_whole(side, "resolution") for side in as_sides(resolution))
    return height, width


def _list_limits(values: Mapping[str, float], device: str) -> list[Limit]:
    """Return the limits that are given.

    Args:
        values: a parameter -> its value.
        device: the device of the latency.

    Raises:
        MbcostError: a limit is negative or infinite.
    """
    from mbcost.questions.search.limits import QUANTITIES, Limit

    limits = []
    for name, value in values.items():
        quantity = QUANTITIES[name]
        number = value if isinstance(value, int) and quantity not in ("top1", "latency") else to_float(value)
        if not 0 <= number < math.inf:
            form = FORMS.get(name, "a count").partition(" such as")[0]
            raise wrong_argument(value, name, f"{form} that is not negative")
        on = device if quantity == "latency" else ""
        limits.append(Limit(quantity, number, at_least=quantity == "top1", device=on))
    return limits
