"""Which alpha and resolution?"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import tee
from typing import TYPE_CHECKING, Any

from mbcost.analytic.reference import Settings
from mbcost.errors import MbcostError, unknown
from mbcost.python.networks import Size, as_alpha, as_text, check_number, check_sides
from mbcost.spec.catalogue.reference import pick_setting
from mbcost.spec.scaling import check_alpha, check_whole

if TYPE_CHECKING:
    from mbcost.questions.search.configurations import Configuration, CostSheet, CountingRules
    from mbcost.questions.search.limits import Fit, Limit
    from mbcost.questions.search.requests import Request
    from mbcost.spec.convention import Convention

FITTED_SIZES = range(32, 321)
"""The sides of the square inputs that `fit` searches if none is named."""
COUNT, BYTES = "a count", "a number of bytes"


def sweep(
    *networks: str | os.PathLike[str],
    alphas: Sequence[float] | None = None,
    resolutions: Sequence[Size] | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    convention: Convention | str | None = None,
    allocator: str = "naive",
    dtype: str = "int8",
    pareto: str | None = None,
) -> tuple[Configuration, ...]:
    """Return the cost of networks over alpha and resolution, as `mbcost sweep` does; it needs numpy.

    Alphas that round to the same widths share a configuration. All configurations are kept in memory.

    Args:
        networks: references or paths of YAML files; one that states an alpha or a resolution has only that.
        alphas: width multipliers; by default the published ones.
        resolutions: sizes of the input in pixels, a side or (height, width) each; by default the published ones.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default 1000.
        head: your own head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input; by default the table's own.
        top: whether the networks have the global pool and what follows it.
        convention: how params and mult-adds are counted; by default `macs`.
        allocator: the allocation model of the peak memory.
        dtype: the dtype of weights and feature maps.
        pareto: two quantities such as `mult-adds,top1`: only what is Pareto-optimal in both.

    Returns:
        Configurations in the order of network, alpha and resolution, or by the first quantity of `pareto`. Each has
        `.plateau.alpha`, `.resolution`, `.mult_adds`, `.params`, `.memory` and `.flash` (bytes), `.checkpoint` (the
        released one, with `.top1` in percent, or None) and `.network`.

    Raises:
        MbcostError: a network cannot be built, a name is unknown, or two networks have configurations in common.

    >>> [point.mult_adds for point in sweep("v2", alphas=[0.5, 1.0], resolutions=[96, 224])]
    [18885440, 97131840, 56289152, 300774272]
    """
    from mbcost.questions.search.requests import Request, load_rules, parse_series
    from mbcost.questions.search.sweep import find_front, parse_aims
    from mbcost.questions.search.sweep import sweep as compute_batches

    aims = None if pareto is None else parse_aims(pareto)
    rules = load_rules(convention, allocator, dtype)
    widths, sizes = _as_alphas(alphas), _as_sizes(resolutions)
    settings = Settings(implementation=implementation, classes=classes, head=head, in_channels=in_channels, top=top)
    requests: list[Request[tuple[float, ...]]] = []
    for text in dict.fromkeys(map(as_text, networks)):
        reference, series = parse_series(text, settings)
        spec = series.spec
        published = tuple((size, size) for size in spec.published_resolutions) or (spec.resolution,)
        stated_alpha = None if reference.alpha is None else (reference.alpha,)
        stated_size = None if reference.resolution is None else (reference.resolution,)
        chosen = pick_setting("alpha", text, stated_alpha, widths) or spec.published_alphas
        at = pick_setting("the resolution", text, stated_size, sizes) or published
        _add(requests, Request(text, series, chosen, at))
    if not requests:
        raise MbcostError("sweep needs a network: give at least one")
    batches = compute_batches(*_list_sheets(requests, rules))
    if aims is not None:
        return find_front(batches, aims)
    return tuple(point for batch in batches for point in batch.list_configurations())


def fit(
    *networks: str | os.PathLike[str],
    flash: int | None = None,
    ram: int | None = None,
    mult_adds: int | None = None,
    params: int | None = None,
    min_top1: float | None = None,
    max_latency: float | None = None,
    phone: str | None = None,
    alphas: Sequence[float] | None = None,
    resolutions: Sequence[Size] | None = None,
    implementation: str | None = None,
    classes: int | None = None,
    head: str | None = None,
    in_channels: int | None = None,
    top: bool = True,
    convention: Convention | str | None = None,
    allocator: str = "naive",
    dtype: str = "int8",
    rank: str = "mult_adds",
    pareto: bool = False,
    near_twins: bool = False,
    limit: int = 10,
) -> Fit:
    """Find the networks that fit a device, with their alpha and resolution, as `mbcost fit` does; it needs numpy.

    Args:
        networks: references or paths of YAML files; by default V1, V2 and the four forms of V3.
        flash: at most so many bytes of flash.
        ram: at most so many bytes of peak memory.
        mult_adds: at most so many multiply-adds.
        params: at most so many parameters.
        min_top1: at least this published accuracy in percent; it leaves only released checkpoints.
        max_latency: at most this published latency in milliseconds, on `phone`.
        phone: `pixel1`, `pixel2` or `pixel3`.
        alphas: width multipliers; by default every alpha from 0.1 to 1.5 that gives a different network.
        resolutions: sizes of the input in pixels, a side or (height, width) each; by default the sides 32 to 320.
        implementation: whose rules of rounding, scaling and padding to follow; by default the official ones.
        classes: the outputs of the classifier; by default 1000.
        head: your own head instead of the table's, such as `512,bn,26`.
        in_channels: the channels of the input; by default the table's own.
        top: whether the networks have the global pool and what follows it.
        convention: how params and mult-adds are counted; by default `macs`.
        allocator: the allocation model of the peak memory.
        dtype: the dtype of weights and feature maps.
        rank: what comes first: the largest `mult_adds`, `params` or `top1`, or the smallest `memory` or `flash`.
        pareto: whether to return only what is Pareto-optimal in rank, memory and flash.
        near_twins: whether to return near-twins as well: configurations of a network that differ by less than 10% in
            alpha (rounded to hundredths) and in resolution from a better one. What you name is never left out.
        limit: how many configurations to return.

    Returns:
        `.best`, the configurations that fit, each with `.configuration` (see `sweep`) and `.binding` (the limit that
        would break first); how many `.near_twins` of these fit; `.nearest`, the nearest miss; `.reliefs`, what
        dropping each limit brings; and how many were `.tried`.

    Raises:
        MbcostError: a network cannot be built, a name is unknown, a limit is not a number, or two networks have
            configurations in common.

    >>> answer = fit("v2", ram=320 * 1024, flash=2**20, classes=2, resolutions=[96, 128, 160])
    >>> best = answer.best[0].configuration
    >>> best.plateau.alpha, best.resolution, best.memory
    (0.55, (128, 128), 245760)
    """
    from mbcost.questions.search.configurations import Near
    from mbcost.questions.search.fit import MOST_ARENAS
    from mbcost.questions.search.fit import fit as find_fit
    from mbcost.questions.search.ranking import RANKS
    from mbcost.questions.search.requests import EVERY_ALPHA, NETS, Request, load_rules, parse_series

    if rank not in RANKS:
        raise unknown("rank", rank, RANKS)
    check_whole(limit, "limit")
    if allocator == "arena" and limit > MOST_ARENAS:
        raise MbcostError(f"limit is {limit:,}: at most {MOST_ARENAS:,} arenas are laid out, use a smaller limit")
    limits = _list_limits(
        {
            "memory": (ram, "ram", BYTES), "flash": (flash, "flash", BYTES),
            "mult_adds": (mult_adds, "mult_adds", COUNT), "params": (params, "params", COUNT),
            "top1": (min_top1, "min_top1", "a percentage"),
            "latency": (max_latency, "max_latency", "a number of milliseconds"),
        },
        phone,
    )  # fmt: skip
    rules = load_rules(convention, allocator, dtype)
    widths, sizes = _as_alphas(alphas), _as_sizes(FITTED_SIZES if resolutions is None else resolutions)
    settings = Settings(implementation=implementation, classes=classes, head=head, in_channels=in_channels, top=top)
    requests: list[Request[Any]] = []
    for text in dict.fromkeys(map(as_text, networks or NETS)):
        reference, series = parse_series(text, settings)
        stated = None if reference.alpha is None else (reference.alpha,)
        chosen = pick_setting("alpha", text, stated, widths)
        stated_size = None if reference.resolution is None else (reference.resolution,)
        at = pick_setting("the resolution", text, stated_size, None if resolutions is None else sizes)
        near = Near() if near_twins else Near(chosen is None, at is None)
        _add(requests, Request(text, series, EVERY_ALPHA if chosen is None else chosen, at or sizes or (), near))
    return find_fit(*_list_sheets(requests, rules), limits, rank=rank, most=limit, only_front=pareto)


def _as_alphas(alphas: Sequence[float] | None) -> tuple[float, ...] | None:
    """Return the alphas without repetitions.

    Raises:
        MbcostError: there are none, or one is not a positive number.
    """
    if alphas is None:
        return None
    _check_list(alphas, "alphas", "[0.5, 1.0]")
    distinct = tuple(dict.fromkeys(as_alpha(alpha) for alpha in alphas))
    for alpha in distinct:
        check_alpha(alpha)
    return distinct


def _as_sizes(resolutions: Sequence[Size] | None) -> tuple[tuple[int, int], ...] | None:
    """Return height and width of each resolution, without repetitions.

    Raises:
        MbcostError: there are none, or a side is not a positive whole number.
    """
    if resolutions is None:
        return None
    _check_list(resolutions, "resolutions", "[96, 224]")
    return tuple(dict.fromkeys(check_sides(resolution) for resolution in resolutions))


def _check_list(values: Sequence[object], name: str, example: str) -> None:
    if not isinstance(values, Iterable) or isinstance(values, str) or not list(values):
        raise MbcostError(f"{name} is {values!r:.100}: it must be a list such as {example}")


def _add(requests: list[Request[Any]], request: Request[Any]) -> None:
    from mbcost.questions.search.requests import check_distinct

    requests.append(request)
    check_distinct(requests)


def _list_sheets(
    requests: Sequence[Request[Any]], rules: CountingRules
) -> tuple[Iterator[CostSheet], Iterator[tuple[tuple[int, int], ...]]]:
    """Return the costs of all networks, part by part, and for each part its resolutions."""
    parts = ((sheet, request.resolutions) for request in requests for sheet in request.compute_sheets(rules))
    sheets, sizes = tee(parts)
    return (sheet for sheet, _ in sheets), (resolutions for _, resolutions in sizes)


def _list_limits(values: Mapping[str, tuple[float | None, str, str]], phone: str | None) -> list[Limit]:
    """Return the limits that are given.

    Args:
        values: a quantity -> its limit, the name of the argument, and what it must be.
        phone: the phone of the latency.

    Raises:
        MbcostError: a limit is not a positive number, or a phone is missing or unknown.
    """
    from mbcost.questions.search.limits import Limit
    from mbcost.spec.catalogue.checkpoints import load_checkpoints

    phones = list(dict.fromkeys(name for checkpoint in load_checkpoints() for name in checkpoint.latency_ms))
    if phone is not None and phone not in phones:
        raise unknown("phone", phone, phones)
    if (phone is None) != (values["latency"][0] is None):
        given, missing = ("max_latency", "phone") if phone is None else ("phone", "max_latency")
        raise MbcostError(f"{given} needs {missing}: latency is published for {', '.join(phones)}")
    limits = []
    for quantity, (value, name, form) in values.items():
        if value is None:
            continue
        if not 0 <= check_number(value, name, form) < math.inf:
            raise MbcostError(f"{name} is {value}: it must be {form} that is not negative")
        on = phone if phone and quantity == "latency" else ""
        limits.append(Limit(quantity, value, at_least=quantity == "top1", phone=on))
    return limits
