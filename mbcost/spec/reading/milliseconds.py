"""Latencies as files write them: numbers of milliseconds, and what to do about other units."""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 3_600_000.0
"""Milliseconds of the longest latency, one hour; a larger number probably has a different unit."""
SHORTEST = 1e-6
"""Milliseconds of the shortest latency, one nanosecond."""
UNITS: Mapping[str, float] = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}
"""Milliseconds of a unit."""
RATES = "frames per second are not 1 / latency if frames are computed in parallel or in batches"

_SPELLINGS: Mapping[str, str] = {
    **{unit: unit for unit in UNITS},
    **dict.fromkeys(("µs", "μs", "usec", "usecs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds", "millis"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("nsec", "nanosecond", "nanoseconds"), "ns"),
}
_RATE = re.compile(
    r"(?:.*[^a-z])?(?:fps|qps|ips|[kmg]?hz|throughput|[a-z0-9]*[\s_]*(?:/|\bper\b|_per_)[\s_]*s(?:ec|ecs|econd|econds)?"
    r"|(?:images|imgs?|frames|inferences|inf|samples|queries|it)_s(?:ec|ecs|econd)?)(?:[^a-z].*)?",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"([0-9]*[.,]?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([^\s0-9.,]+(?:\s*/\s*\w+)?)")


def find_unit(text: str) -> str | None:
    """Return the unit that a word means, one of `UNITS`; None for anything else.

    >>> find_unit("µs"), find_unit("msec"), find_unit("minutes")
    ('us', 'ms', None)
    """
    return _SPELLINGS.get(text) or _SPELLINGS.get(text.lower())


def is_rate(text: str) -> bool:
    """Return whether a text names a rate, such as `fps` or `images/s`, and not a duration.

    >>> is_rate("fps"), is_rate("images/s"), is_rate("runs per second"), is_rate("ms"), is_rate("ms/sample")
    (True, True, True, False, False)
    """
    return _RATE.fullmatch(text.strip()) is not None


def describe_range(milliseconds: float) -> str | None:
    """Return what is wrong with a latency and what to do; None if it can be one.

    >>> describe_range(6.2) is None, describe_range(0)
    (True, 'a latency must be above 0 ms: measure it again, or write ~ if it is not measured yet')
    """
    if milliseconds != milliseconds or milliseconds in (float("inf"), float("-inf")):
        return "a latency must be a finite number: measure it again, or write ~ if it is not measured yet"
    if milliseconds <= 0:
        return "a latency must be above 0 ms: measure it again, or write ~ if it is not measured yet"
    if milliseconds < SHORTEST:
        return f"a latency must be at least {SHORTEST:.6f} ms: write it in milliseconds"
    if milliseconds > LONGEST:
        return f"a latency must be at most {LONGEST:.0f} ms, one hour: write it in milliseconds"
    return None


def describe_text(text: str) -> str:
    """Return what to do about a latency that is written as text, such as `850 us`; empty if nothing can be told.

    >>> describe_text("850 us"), describe_text("6.2 ms"), describe_text("soon")
    ('write 0.85, in milliseconds', 'write 6.2, in milliseconds', '')
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        plain = text.strip().replace(",", ".")
        is_decimal = re.fullmatch(r"[0-9]*\.?[0-9]+", plain) is not None
        return f"write {plain}, in milliseconds and without quotation marks" if is_decimal else ""
    if is_rate(match[2]):
        return f"{RATES}: write the milliseconds of one run"
    unit = find_unit(match[2])
    if unit is None:
        return ""
    return f"write {float(match[1].replace(',', '.')) * UNITS[unit]:.6g}, in milliseconds"
