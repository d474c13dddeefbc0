"""The lines below the table of `mbcost fit`: what does not fit, what a limit costs, and what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mbcost.present.search.latency import name_rows, note_calibration, word_reason
from mbcost.present.search.sweep import head_notes, rules_notes
from mbcost.present.search.words import (
    LOWER_BOUND,
    MOST_NAMED,
    amount_text,
    describe_latency,
    describe_top1,
    difference_text,
    name_configuration,
    option_of,
)
from mbcost.present.table import ColumnNote
from mbcost.questions.accuracy.surface import Surface
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.fit_answer import Fit, Fitting, Miss, Relief
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.near import MOST_ARENAS
from mbcost.spec.shown import join_words
from mbcost.spec.table import CLASSES


def list_notes(answer: Fit) -> Iterator[str | ColumnNote]:
    """Yield the lines below the table."""
    yield from _list_near(answer)
    yield from _list_released(answer.released)
    yield from _list_reasons([*answer.best, *filter(None, [answer.may_fit])])
    yield from _list_meanings(answer)
    yield from rules_notes(answer.rules)
    yield from head_notes(fitting.configuration for fitting in answer.best)


def _list_near(answer: Fit) -> Iterator[str]:
    """Yield what does not fit, and what a limit costs."""
    has_arena = answer.rules.allocator == "arena"
    for limit, nearest in answer.impossible:
        yield _impossible_text(limit, nearest, f" {LOWER_BOUND}," if has_arena and limit.quantity == "memory" else "")
    if answer.gave_up:
        yield (
            f"the search stopped after the best {answer.laid_out:,} candidates, the most arenas that are laid out; the "
            "rest is unknown: name fewer networks, or narrow --alpha or --res"
        )
    if not answer.best and has_arena and answer.fitting:
        yield f"none of the {answer.laid_out:,} arenas that were laid out keeps --ram"
    elif not answer.best and not answer.impossible:
        yield "each limit can be kept, but no configuration keeps all of them"
    if answer.nearest is not None:
        yield f"nearest miss: {_miss_text(answer.nearest)}"
    if answer.nearest_released is not None and answer.nearest_released != answer.nearest:
        yield f"nearest released checkpoint that does not fit: {_miss_text(answer.nearest_released)}"
    best = answer.best[0].configuration if answer.best else None
    for relief in answer.reliefs:
        yield f"without {option_of(relief.limit)}: {_relief_text(relief, best)}"
    if answer.best and answer.missing and answer.listing == "networks":
        yield f"nothing fits of {join_words(answer.missing)}"


def _list_released(fittings: tuple[Fitting, ...]) -> Iterator[str]:
    """Yield the other released checkpoints that fit."""
    if fittings:
        named = [
            f"{name_configuration(fitting.configuration)} {fitting.configuration.estimated.top1:g}%"
            + (" (may fit)" if not fitting.is_sure else "")
            for fitting in fittings[:MOST_NAMED]
        ]
        more = len(fittings) - len(named)
        rest = f" and {more} more, which --format csv lists" if more else ""
        yield f"other released checkpoints that fit: {', '.join(named)}{rest}"


def _list_reasons(fittings: Iterable[Fitting]) -> Iterator[str]:
    """Yield why rows have no accuracy or no interval, one line per reason."""
    names: dict[str, dict[str, None]] = {}
    for fitting in fittings:
        name = name_configuration(fitting.configuration)
        if fitting.why_no_top1 is not None:
            names.setdefault(f"no top-1, ranked after those with one: {fitting.why_no_top1}", {})[name] = None
        if fitting.why_no_interval is not None:
            names.setdefault(word_reason(fitting.why_no_interval), {})[name] = None
    for reason, rows in names.items():
        yield f"{name_rows(list(rows))}: {reason}"


def _list_meanings(answer: Fit) -> Iterator[str | ColumnNote]:
    """Yield what the columns mean, and the held-out errors of the estimates."""
    if answer.best:
        latency = "latency, " if answer.calibration is not None else ""
        top1 = "top-1" if any(row.configuration.estimated.top1 is not None for row in answer.best) else "mult-adds"
        size = "" if answer.front_size is None else f" ({answer.front_size:,} configurations)"
        yield ColumnNote(f"front: Pareto-optimal in {top1}, {latency}memory and flash{size}", ("front",))
        yield ColumnNote("binding: the limit that would break first", ("binding", "left_percent"))
    if answer.calibration is not None:
        yield note_calibration(answer.calibration)
    rows = [*answer.best, *answer.released]
    for surface in answer.surfaces:
        estimated = any(
            row.configuration.checkpoint is None
            and row.configuration.estimated.top1 is not None
            and row.configuration.series.spec.name == surface.net
            for row in rows
        )
        if estimated:
            yield ColumnNote(_surface_note(surface), ("top1_percent",))
    known = [row.configuration for row in rows if row.configuration.estimated.top1 is not None]
    recipes = dict.fromkeys(point.series.recipe.name for point in known if point.series.recipe is not None)
    if len(recipes) > 1:
        yield f"{join_words(recipes)} trained with different recipes, which can decide which network ranks first"
    if known:
        yield ColumnNote(_accuracy_note(known), ("top1_percent",))


def _accuracy_note(known: Iterable[Configuration]) -> str:
    differs = any(
        point.series.spec.head
        or not point.series.spec.has_top
        or point.series.in_channels != point.series.spec.channels
        or point.series.classes not in (CLASSES, point.series.recipe.classes if point.series.recipe else CLASSES)
        for point in known
    )
    other = ", with ImageNet's classes and input; with yours it only orders the networks" if differs else ""
    return f"top-1: ImageNet accuracy of the network trained with the recipe of the released checkpoints{other}"


def _surface_note(surface: Surface) -> str:
    """Return the errors of the surface on which estimates rest."""
    errors = surface.left_out
    assert errors is not None, "an estimate rests on a surface"
    return (
        f"top-1 of {surface.net}: estimated from {len(surface.checkpoints)} released checkpoints of "
        f"{surface.recipe.name}; each estimated without itself, the mean error is {errors.mean:.2f} points and the "
        f"worst {errors.worst:.2f}" + ("" if surface.why_no_interval else "; low, high: a 90% interval")
    )


def _miss_text(miss: Miss) -> str:
    """Spell a miss, such as `v2@0.75/160 misses --flash by 1 MiB and --ram by 12 KiB (layer 2.1.expand)`."""
    amounts = []
    for limit in miss.broken:
        excess = limit.measure_excess(miss.configuration)
        amount = "(not known)" if excess is None else f"by {difference_text(limit, excess)}"
        layer = f" (layer {miss.layer})" if limit.quantity == "memory" else ""
        amounts.append(f"{option_of(limit)} {amount}{layer}")
    top1 = f", {describe_top1(miss.configuration)}," if miss.configuration.estimated.top1 is not None else ""
    return f"{name_configuration(miss.configuration)}{top1} misses {join_words(amounts)}"


def _impossible_text(limit: Limit, nearest: Configuration | None, bound: str) -> str:
    if nearest is None:
        return f"{option_of(limit)} is impossible: no value is known for any of these configurations"
    value, excess = limit.read(nearest), limit.measure_excess(nearest)
    assert excess is not None, "the value of the nearest configuration is known"
    extreme, side = ("largest", "below") if limit.at_least else ("smallest", "above")
    return (
        f"{option_of(limit)} is impossible: the {extreme} value{bound} is {amount_text(limit, value)}, of "
        f"{name_configuration(nearest)}, {difference_text(limit, excess)} {side} the limit"
    )


def _relief_text(relief: Relief, best: Configuration | None) -> str:
    configuration = relief.configuration
    if relief.gave_up:
        return f"the search stopped after {MOST_ARENAS:,} arenas that do not keep --ram"
    if configuration is None:
        return "no better configuration" if best is not None else "still no configuration"
    value = relief.limit.read(configuration)
    amount = "no known value" if value is None else amount_text(relief.limit, value)
    top1 = describe_top1(configuration)
    if best is not None and best.estimated.top1 is not None and configuration.estimated.top1 is not None:
        top1 += f", {configuration.estimated.top1 - best.estimated.top1:+.1f} points"
    adds = "" if configuration.estimated.top1 is not None else f", {configuration.mult_adds:,} mult-adds"
    if configuration.estimated.milliseconds is not None and relief.limit.quantity != "latency":
        adds += f", {describe_latency(configuration)}"
    with_ = "" if relief.limit.quantity == "top1" or (adds and relief.limit.quantity == "mult_adds") else f", {amount}"
    kind = "nearest" if best is None else "best"
    return f"the {kind} is {name_configuration(configuration)}: {top1}{adds}{with_}"
