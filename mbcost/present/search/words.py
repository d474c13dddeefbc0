"""The answer of `mbcost fit` in words: the best that fits, and how its numbers are spelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mbcost.present.estimates import FEW_DIGITS
from mbcost.present.names import bytes_text, reference_text
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.fit_answer import Fit
from mbcost.questions.search.limits import QUANTITIES, Limit
from mbcost.spec.shown import measured_text, round_significant

OPTIONS: Mapping[str, str] = {quantity: f"--{name.replace('_', '-')}" for name, quantity in QUANTITIES.items()}
"""The quantity of a limit -> the option that sets it."""
MOST_NAMED = 6
"""The number of configurations that a note names."""
LOWER_BOUND = "under naive, a lower bound of arena"


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
        yield f"{option_of(limit)} is the limit that binds: {difference_text(limit, -excess)} left."
    if answer.may_fit is not None:
        other = answer.may_fit
        yield f"{name_configuration(other.configuration)} may fit and ranks higher: {_describe(other.configuration)}."


def write_counts(answer: Fit) -> str:
    """Return how many configurations keep which limits."""
    limits, tried = write_limits(answer.limits), f"of {answer.tried:,} configurations"
    if answer.rules.allocator == "arena" and answer.fitting:
        return f"{answer.fitting:,} {tried} may fit {limits} {LOWER_BOUND}"
    unsure = answer.fitting - answer.sure
    return f"{answer.sure:,} {tried} fit {limits}" + (f"; {unsure:,} may fit" if unsure else "")


def write_limits(limits: Iterable[Limit]) -> str:
    """Spell the limits as options, exactly."""
    return ", ".join(f"{option_of(limit)} {_limit_text(limit)}" for limit in limits)


def _describe(configuration: Configuration) -> str:
    """Return the accuracy and the latency of a configuration, or its mult-adds if its accuracy is not known."""
    words = [describe_top1(configuration)]
    if configuration.estimated.top1 is None:
        words.append(f"{configuration.mult_adds:,} mult-adds")
    if configuration.estimated.milliseconds is not None:
        words.append(describe_latency(configuration))
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


def describe_latency(configuration: Configuration) -> str:
    """Return the latency in words."""
    known = configuration.estimated
    assert known.milliseconds is not None, "the latency is estimated"
    bound = "no interval" if known.milliseconds_high is None else f"at most {_short(known.milliseconds_high)}"
    return f"{_short(known.milliseconds)} ms ({bound})"


def _short(milliseconds: float) -> str:
    """Spell a latency in at most three significant digits, without an exponent.

    >>> _short(12.04), _short(12345.6)
    ('12', '12,300')
    """
    return measured_text(round_significant(milliseconds, FEW_DIGITS))


def _limit_text(limit: Limit) -> str:
    """Spell a limit exactly."""
    if limit.quantity in ("memory", "flash"):
        count = int(limit.value)
        unit = 1024 ** ((count.bit_length() - 1) // 10) if count else 1
        return bytes_text(count) if 10 * count % unit == 0 else f"{count:,} B"
    if limit.quantity in ("mult_adds", "params"):
        return f"{limit.value:,}"
    return f"{limit.value:g}%" if limit.quantity == "top1" else f"{limit.value:g} ms on {limit.device}"


def amount_text(limit: Limit, value: Any) -> str:
    """Spell a quantity with its unit."""
    if limit.quantity in ("memory", "flash"):
        return bytes_text(int(value))
    if limit.quantity == "top1":
        return f"{float(value):.1f}%" if abs(value) >= 0.1 or not value else f"{float(value):.1g}%"
    if limit.quantity == "latency":
        return f"{_short(float(value))} ms"
    return f"{int(value):,} mult-adds" if limit.quantity == "mult_adds" else f"{int(value):,} params"


def difference_text(limit: Limit, value: Any) -> str:
    """Spell the difference of two values of a quantity: that of two percentages is in points."""
    return amount_text(limit, value).replace("%", " points" if limit.quantity == "top1" else "%")
