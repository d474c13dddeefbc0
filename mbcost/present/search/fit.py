"""What fits a device, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mbcost.present.names import bytes_text
from mbcost.present.search.sweep import RELEASED, record
from mbcost.present.table import Cell, Column, Table
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.fit import MOST_RUNS, Fit, Fitting, Limit, Miss, Relief
from mbcost.spec.scaling import alpha_text

COLUMNS = (
    Column[Any]("network", "network"),
    Column[Any]("alpha", "alpha"),
    Column[Any]("resolution", "resolution"),
    Column[Any]("mult_adds", "mult-adds", numeric=True),
    Column[Any]("params", "params", numeric=True, spare=1),
    Column[Any]("memory", "peak memory B", numeric=True),
    Column[Any]("flash", "flash B", numeric=True),
    Column[Any]("top1", "top-1 %", numeric=True, spare=2),
    Column[Any]("binding", "binding"),
    Column[Any]("left", "left of it"),
    Column[Any]("front", "front", spare=3),
)
OPTIONS: Mapping[str, str] = {
    "memory": "--ram", "flash": "--flash", "mult_adds": "--mult-adds", "params": "--params", "top1": "--min-top1",
    "latency": "--max-latency",
}  # fmt: skip
"""What users call the limits."""
BOUND = ", by the bound that naive is of arena"


def as_table(answer: Fit) -> Table:
    """One row a configuration that fits; notes on what does not."""
    ways = answer.ways
    limits = ", ".join(f"{OPTIONS[limit.quantity]} {_asked(limit)}" for limit in answer.limits)
    fits = f"{answer.fitting:,} of {answer.tried:,} configurations fit"
    if ways.allocator == "arena" and answer.fitting:
        fits = f"{answer.fitting:,} of {answer.tried:,} configurations may fit by the bound that naive is of arena"
    notes = [
        *_notes(answer),
        f"convention {ways.convention.name}: {ways.convention.title}",
        f"peak memory: {ways.dtype} maps under the allocation model {ways.allocator}; flash: {ways.dtype} weights",
    ]
    if any(fitting.configuration.checkpoint for fitting in answer.found):
        notes.append(RELEASED)
    title = f"{fits} {limits}" if limits else f"{answer.tried:,} configurations, and no limit that they have to keep"
    return Table(title, COLUMNS, tuple(map(_row, answer.found)), None, tuple(notes))


def as_json(answer: Fit) -> dict[str, Any]:
    """The object of `mbcost fit --format json`."""
    return {
        "schema": "mbcost/fit/1",
        "convention": answer.ways.convention.name,
        "allocator": answer.ways.allocator,
        "dtype": answer.ways.dtype,
        "units": {
            "params": "parameters", "mult_adds": "multiply-adds", "memory": "bytes", "flash": "bytes", "top1": "%",
            "latency": "ms",
        },
        "limits": [
            {"quantity": limit.quantity, "value": limit.value, "at_least": limit.at_least, "phone": limit.phone or None}
            for limit in answer.limits
        ],
        "rank": answer.rank,
        "tried": answer.tried,
        "fitting": answer.fitting,
        "laid_out": answer.laid_out,
        "given_up": answer.given_up,
        "front": answer.front,
        "configurations": [
            {
                **record(each.configuration),
                "same_at": [list(resolution) for resolution in each.same],
                "binding": None if each.binding is None else each.binding.quantity,
                "left": {limit.quantity: _left(limit, each.configuration) for limit in answer.limits},
                "front": each.in_front,
            }
            for each in answer.found
        ],
        "nearest": _miss_json(answer.nearest),
        "nearest_released": _miss_json(answer.released),
        "impossible": [
            {"quantity": limit.quantity, "least": None if nearest is None else limit.of(nearest)}
            for limit, nearest in answer.impossible
        ],
        "reliefs": [
            {
                "quantity": relief.limit.quantity,
                "needs": None if relief.configuration is None else relief.limit.of(relief.configuration),
                "configuration": None if relief.configuration is None else record(relief.configuration),
                "given_up": relief.given_up,
            }
            for relief in answer.reliefs
        ],
    }  # fmt: skip


def _row(fitting: Fitting) -> tuple[Cell, ...]:
    found, binding = fitting.configuration, fitting.binding
    return (
        _network(found),
        alpha_text(found.plateau.alpha),
        _sizes(fitting),
        found.mult_adds,
        found.params,
        found.memory,
        found.flash,
        None if found.checkpoint is None else f"{found.checkpoint.top1:.1f}",
        None if binding is None else OPTIONS[binding.quantity],
        None if binding is None else _percent(-(binding.share(found) or 0)),
        "*" if fitting.in_front else None,
    )


def _sizes(fitting: Fitting) -> str:
    """The resolution, and others of the same costs."""
    return ", ".join(map(_size, sorted({fitting.configuration.resolution, *fitting.same})))


def _size(resolution: tuple[int, int]) -> str:
    height, width = resolution
    return str(height) if height == width else f"{height}x{width}"


def _percent(share: Any) -> str:
    return f"{float(100 * share):.2f}%"


def _notes(answer: Fit) -> Iterator[str]:
    if answer.found and answer.limits:
        shown = " (those shown)" if answer.ways.allocator == "arena" else ""
        yield (
            f"front: {answer.front:,} rank as high with as little memory and flash as no other{shown}; "
            "binding: the limit that would break first"
        )
    bound = answer.ways.allocator == "arena"
    for limit, nearest in answer.impossible:
        yield _impossible(limit, nearest) + (BOUND if bound and limit.quantity == "memory" else "")
    if answer.given_up:
        yield (
            f"given up: the best {answer.laid_out:,} of these were laid out, which is the most; of the others nothing "
            "is known: narrow --net, --alpha or --res"
        )
    if not answer.found and bound and answer.fitting:
        yield f"no arena of the {answer.laid_out:,} that were laid out keeps --ram"
    elif not answer.found and not answer.impossible:
        yield "each of the limits can be kept, but not all of them by one configuration"
    if answer.nearest is not None:
        yield f"nearest miss: {_miss(answer.nearest)}"
    if answer.released is not None and answer.released != answer.nearest:
        yield f"nearest released checkpoint: {_miss(answer.released)}"
    for relief in answer.reliefs:
        yield _relief(relief, bool(answer.found))


def _network(found: Configuration) -> str:
    """Its name, with the implementation where that is not the default, as users type it."""
    spec, implementation = found.series.spec, found.series.implementation.name
    return spec.name if implementation == spec.default_implementation else f"{spec.name}:{implementation}"


def _name(found: Configuration) -> str:
    return f"{_network(found)} {alpha_text(found.plateau.alpha)} at {_size(found.resolution)}"


def _miss(miss: Miss) -> str:
    """`v2 0.75 at 160 misses --ram by 12 KiB, in layer 2.1.expand`."""
    parts = []
    for limit in miss.broken:
        over = limit.excess(miss.configuration)
        where = f", in layer {miss.layer}" if limit.quantity == "memory" else ""
        by = "which is not published" if over is None else f"by {_amount(limit, over)}"
        parts.append(f"{OPTIONS[limit.quantity]} {by}{where}")
    return f"{_name(miss.configuration)} misses {' and '.join(parts)}"


def _impossible(limit: Limit, nearest: Configuration | None) -> str:
    option = OPTIONS[limit.quantity]
    if nearest is None:
        return f"{option} is impossible: nothing is published of any of these networks"
    value, over = limit.of(nearest), limit.excess(nearest)
    assert over is not None, "the nearest is one of which it is known"
    most, more = ("most", "less") if limit.at_least else ("least", "more")
    return (
        f"{option} is impossible: the {most} of any configuration is {_amount(limit, value)}, {_amount(limit, over)} "
        f"{more} than the limit, of {_name(nearest)}"
    )


def _relief(relief: Relief, something_fits: bool) -> str:
    option, found = OPTIONS[relief.limit.quantity], relief.configuration
    if relief.given_up:
        return f"without {option}: given up after {MOST_RUNS:,} arenas that do not keep --ram"
    if found is None:
        return f"without {option}: nothing better" if something_fits else f"without {option}: still nothing"
    value = relief.limit.of(found)
    amount = "of which none is published" if value is None else f"with {_amount(relief.limit, value)}"
    best = "the best" if something_fits else "the nearest"
    size = "" if relief.limit.quantity == "mult_adds" else f"{found.mult_adds:,} mult-adds, "
    return f"without {option}: {best} is {_name(found)}, {size}{amount}"


def _miss_json(miss: Miss | None) -> dict[str, Any] | None:
    if miss is None:
        return None
    return {
        **record(miss.configuration),
        "misses": {limit.quantity: _over(limit, miss.configuration) for limit in miss.broken},
        "layer": miss.layer,
    }


def _over(limit: Limit, found: Configuration) -> int | float | None:
    """By how much a limit is missed; None where nothing is published."""
    over = limit.excess(found)
    return None if over is None else int(over) if over.denominator == 1 else float(over)


def _left(limit: Limit, found: Configuration) -> int | float | None:
    over = _over(limit, found)
    return None if over is None else -over


def _asked(limit: Limit) -> str:
    """The limit as exactly as it was asked for."""
    if limit.quantity in ("memory", "flash") and limit.value % 1024:
        return f"{limit.value:,} B"
    if limit.quantity in ("mult_adds", "params"):
        return f"{limit.value:,}"
    return _amount(limit, limit.value)


def _amount(limit: Limit, value: Any) -> str:
    """A quantity in its unit."""
    if limit.quantity in ("memory", "flash"):
        return bytes_text(int(value))
    if limit.quantity == "top1":
        return f"{float(value):g}%"
    if limit.quantity == "latency":
        return f"{float(value):g} ms on {limit.phone}"
    return f"{int(value):,} mult-adds" if limit.quantity == "mult_adds" else f"{int(value):,} params"
