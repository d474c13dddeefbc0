"""The answer of `mbcost fit` in words: the best that fits, what the others miss, and what a limit costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mbcost.errors import enumerate_words
from mbcost.present.names import bytes_text, reference_text
from mbcost.present.search.sweep import head_notes, rules_notes
from mbcost.present.table import ColumnNote
from mbcost.questions.accuracy.surface import Surface
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.search.answer import Fit, Fitting, Miss, Relief
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.limits import Limit
from mbcost.questions.search.near import MOST_ARENAS
from mbcost.spec.table import CLASSES

OPTIONS: Mapping[str, str] = {
    "memory": "--ram", "flash": "--flash", "mult_adds": "--mult-adds", "params": "--params", "top1": "--min-top1",
    "latency": "--max-latency",
}  # fmt: skip
"""The quantity of a limit -> the option that sets it."""
LOWER_BOUND = "under naive, a lower bound of arena"
MOST_RELEASED = 6
"""The number of released checkpoints that a note names."""


def option_of(limit: Limit) -> str:
    """Return the option that sets a limit."""
    return OPTIONS[limit.quantity]


def name_network(configuration: Configuration) -> str:
    """Spell the network, with the implementation if it is not the default, as users type it."""
    return reference_text(configuration.series.spec.name, implementation=_name_implementation(configuration))


def name_configuration(configuration: Configuration) -> str:
    """Spell the configuration as users type it, such as `v2@0.75/160`."""
    name, alpha = configuration.series.spec.name, configuration.plateau.alpha
    return reference_text(name, alpha, configuration.resolution, _name_implementation(configuration))


def _name_implementation(configuration: Configuration) -> str | None:
    spec, name = configuration.series.spec, configuration.series.implementation.name
    return None if name == spec.default_implementation else name


def write_title(answer: Fit) -> str:
    """Return the answer in one sentence."""
    if not answer.best:
        return "Nothing fits"
    best = answer.best[0]
    verb = "fits" if best.is_sure else "may fit"
    return f"The best that {verb} is {name_configuration(best.configuration)}: {_describe(best.configuration)}"


def write_lead(answer: Fit) -> Iterator[str]:
    """Yield the sentences that complete the answer: which limit binds, and what may fit and is better."""
    if answer.best and (limit := answer.best[0].binding) is not None:
        excess = limit.measure_excess(answer.best[0].configuration)
        assert excess is not None, "a limit that binds has a value"
        yield f"{option_of(limit)} is the limit that binds: {_amount_text(limit, -excess)} left."
    if answer.may_fit is not None:
        other = answer.may_fit
        yield f"{name_configuration(other.configuration)} may fit and ranks higher: {_describe(other.configuration)}."


def write_counts(answer: Fit) -> str:
    """Return how many configurations keep which limits."""
    verb, bound = "fit", ""
    if answer.rules.allocator == "arena" and answer.fitting:
        verb, bound = "may fit", f" {LOWER_BOUND}"
    elif answer.sure < answer.fitting:
        verb = "fit or may fit"
    limits = write_limits(answer.limits)
    sure = f"; {answer.sure:,} fit for sure" if answer.sure < answer.fitting else ""
    return f"{answer.fitting:,} of {answer.tried:,} configurations {verb} {limits}{bound}{sure}"


def write_limits(limits: Iterable[Limit]) -> str:
    """Spell the limits as options, exactly."""
    return ", ".join(f"{option_of(limit)} {_limit_text(limit)}" for limit in limits)


def _describe(configuration: Configuration) -> str:
    """Return the accuracy and the latency of a configuration, or its mult-adds if its accuracy is not known."""
    words = [describe_top1(configuration)]
    if configuration.estimated.top1 is None:
        words.append(f"{configuration.mult_adds:,} mult-adds")
    if configuration.estimated.milliseconds is not None:
        words.append(_describe_latency(configuration))
    return ", ".join(words)


def describe_top1(configuration: Configuration) -> str:
    """Return the accuracy in words."""
    known = configuration.estimated
    if known.top1 is None:
        return "no top-1 is known"
    if configuration.checkpoint is not None:
        return f"{known.top1:.1f}% top-1 (released checkpoint)"
    interval = "no interval" if known.top1_low is None else f"{known.top1_low:.1f} to {known.top1_high:.1f}"
    return f"about {known.top1:.1f}% top-1 ({interval})"


def _describe_latency(configuration: Configuration) -> str:
    known = configuration.estimated
    bound = "no interval" if known.milliseconds_high is None else f"at most {known.milliseconds_high:.3g}"
    return f"about {known.milliseconds:.3g} ms ({bound})"


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
        yield f"nothing fits of {enumerate_words(answer.missing)}"


def _list_released(fittings: tuple[Fitting, ...]) -> Iterator[str]:
    """Yield the other released checkpoints that fit."""
    if fittings:
        named = [
            f"{name_configuration(fitting.configuration)} {fitting.configuration.estimated.top1:g}%"
            + (" (may fit)" if not fitting.is_sure else "")
            for fitting in fittings[:MOST_RELEASED]
        ]
        more = len(fittings) - len(named)
        rest = f" and {more} more, which --format csv lists" if more else ""
        yield f"other released checkpoints that fit: {', '.join(named)}{rest}"


def _list_reasons(fittings: Iterable[Fitting]) -> Iterator[str]:
    """Yield why rows have no accuracy or no interval, one line per reason."""
    names: dict[str, list[str]] = {}
    for fitting in fittings:
        name = name_configuration(fitting.configuration)
        if fitting.why_no_top1 is not None:
            names.setdefault(f"no top-1, ranked after those with one: {fitting.why_no_top1}", []).append(name)
        if fitting.why_no_interval is not None:
            names.setdefault(f"the latency has no interval: {fitting.why_no_interval}", []).append(name)
    for reason, rows in names.items():
        shown = rows if len(rows) <= MOST_RELEASED else [*rows[: MOST_RELEASED - 1], "others"]
        yield f"{enumerate_words(shown)}: {reason}"


def _list_meanings(answer: Fit) -> Iterator[str | ColumnNote]:
    """Yield what the columns mean, and the held-out errors of the estimates."""
    if answer.best:
        latency = "latency, " if answer.calibration is not None else ""
        top1 = "top-1" if any(row.configuration.estimated.top1 is not None for row in answer.best) else "mult-adds"
        size = "" if answer.front_size is None else f" ({answer.front_size:,} configurations)"
        yield ColumnNote(f"front: Pareto-optimal in {top1}, {latency}memory and flash{size}", ("front",))
        yield ColumnNote("binding: the limit that would break first", ("binding", "left_percent"))
    if answer.calibration is not None:
        yield _calibration_note(answer.calibration)
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


def _calibration_note(calibration: Calibration) -> str:
    """Return the device and the errors of its predictions."""
    device, errors = calibration.device, calibration.left_out
    runtime = f", {device.runtime}" if device.runtime else ""
    return (
        f"ms: predicted from {len(calibration.points)} networks measured on {device.device}{runtime}; each predicted "
        f"by the others, the mean error is {errors.mean:.1%}, and {calibration.mult_adds_alone.mean:.1%} by mult-adds "
        "alone; at most ms: the upper end of an 80% interval"
    )


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
        amount = "(not known)" if excess is None else f"by {_amount_text(limit, excess)}"
        layer = f" (layer {miss.layer})" if limit.quantity == "memory" else ""
        amounts.append(f"{option_of(limit)} {amount}{layer}")
    top1 = f", {describe_top1(miss.configuration)}," if miss.configuration.estimated.top1 is not None else ""
    return f"{name_configuration(miss.configuration)}{top1} misses {enumerate_words(amounts)}"


def _impossible_text(limit: Limit, nearest: Configuration | None, bound: str) -> str:
    if nearest is None:
        return f"{option_of(limit)} is impossible: no value is known for any of these configurations"
    value, excess = limit.read(nearest), limit.measure_excess(nearest)
    assert excess is not None, "the value of the nearest configuration is known"
    extreme, side = ("largest", "below") if limit.at_least else ("smallest", "above")
    return (
        f"{option_of(limit)} is impossible: the {extreme} value{bound} is {_amount_text(limit, value)}, of "
        f"{name_configuration(nearest)}, {_amount_text(limit, excess)} {side} the limit"
    )


def _relief_text(relief: Relief, best: Configuration | None) -> str:
    configuration = relief.configuration
    if relief.gave_up:
        return f"the search stopped after {MOST_ARENAS:,} arenas that do not keep --ram"
    if configuration is None:
        return "no better configuration" if best is not None else "still no configuration"
    value = relief.limit.read(configuration)
    amount = "no known value" if value is None else _amount_text(relief.limit, value)
    top1 = describe_top1(configuration)
    if best is not None and best.estimated.top1 is not None and configuration.estimated.top1 is not None:
        top1 += f", {configuration.estimated.top1 - best.estimated.top1:+.1f} points"
    adds = "" if configuration.estimated.top1 is not None else f", {configuration.mult_adds:,} mult-adds"
    if configuration.estimated.milliseconds is not None and relief.limit.quantity != "latency":
        adds += f", {_describe_latency(configuration)}"
    with_ = "" if relief.limit.quantity == "top1" or (adds and relief.limit.quantity == "mult_adds") else f", {amount}"
    kind = "nearest" if best is None else "best"
    return f"the {kind} is {name_configuration(configuration)}: {top1}{adds}{with_}"


def _limit_text(limit: Limit) -> str:
    """Spell a limit exactly."""
    if limit.quantity in ("memory", "flash"):
        count = int(limit.value)
        unit = 1024 ** ((count.bit_length() - 1) // 10) if count else 1
        return bytes_text(count) if 10 * count % unit == 0 else f"{count:,} B"
    if limit.quantity in ("mult_adds", "params"):
        return f"{limit.value:,}"
    return f"{limit.value:g}%" if limit.quantity == "top1" else f"{limit.value:g} ms on {limit.device}"


def _amount_text(limit: Limit, value: Any) -> str:
    """Spell a quantity with its unit."""
    if limit.quantity in ("memory", "flash"):
        return bytes_text(int(value))
    if limit.quantity == "top1":
        return f"{float(value):.1f}%" if abs(value) >= 0.1 or not value else f"{float(value):.1g}%"
    if limit.quantity == "latency":
        return f"{float(value):.3g} ms"
    return f"{int(value):,} mult-adds" if limit.quantity == "mult_adds" else f"{int(value):,} params"
