"""What fits a device, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mbcost.present.names import alpha_cell, bytes_text, reference_text, resolution_cell, resolution_text
from mbcost.present.search.sweep import RELEASED, head_notes, key_of, read_top1, record, rules_notes
from mbcost.present.table import Column, ColumnNote, Spelled, Table, build_table, decimal_cell, to_float
from mbcost.questions.search.configurations import Configuration, Resolution
from mbcost.questions.search.fit import MOST_ARENAS
from mbcost.questions.search.limits import Fit, Fitting, Limit, Miss, Relief
from mbcost.questions.search.twins import PERCENT

SAME_AT = "same at: other resolutions that cost the same"
COLUMNS = (
    Column[Fitting]("network", "network", lambda fitting: _network_text(fitting.configuration)),
    Column[Fitting]("alpha", "alpha", lambda fitting: alpha_cell(fitting.configuration.plateau.alpha)),
    Column[Fitting]("resolution", "resolution", lambda fitting: resolution_cell(fitting.configuration.resolution)),
    Column[Fitting]("same_cost_at", "same at", lambda fitting: _equals_text(fitting), spare=4, legend=SAME_AT),
    Column[Fitting]("mult_adds", "mult-adds", lambda fitting: fitting.configuration.mult_adds, numeric=True),
    Column[Fitting]("params", "params", lambda fitting: fitting.configuration.params, numeric=True, spare=3),
    Column[Fitting]("peak_bytes", "peak memory B", lambda fitting: fitting.configuration.memory, numeric=True),
    Column[Fitting]("flash_bytes", "flash B", lambda fitting: fitting.configuration.flash, numeric=True),
    Column[Fitting](
        "top1_percent", "top-1 %", lambda fitting: _top1_cell(fitting.configuration), numeric=True, spare=1
    ),
    Column[Fitting]("binding", "binding", lambda fitting: _binding_cell(fitting), spare=1),
    Column[Fitting]("left_percent", "left of it", lambda fitting: _left_cell(fitting, "%"), spare=2),
    Column[Fitting]("front", "front", lambda fitting: fitting.on_front, spare=5),
    Column[Fitting](
        "implementation",
        "implementation",
        lambda fitting: fitting.configuration.series.implementation.name,
        only="data",
    ),
)


@dataclass(frozen=True)
class _Row:
    """A configuration that fits, at one of the resolutions at which it costs the same."""

    fitting: Fitting
    resolution: Resolution

    @property
    def configuration(self) -> Configuration:
        return self.fitting.configuration

    @property
    def top1(self) -> Spelled | None:
        """The accuracy at this resolution, which is published for one of them at most."""
        return _top1_cell(self.configuration) if self.resolution == self.configuration.resolution else None


DATA = (
    Column[_Row]("network", "network", lambda row: row.configuration.series.spec.name),
    Column[_Row]("implementation", "implementation", lambda row: row.configuration.series.implementation.name),
    Column[_Row]("alpha", "alpha", lambda row: alpha_cell(row.configuration.plateau.alpha)),
    Column[_Row]("resolution", "resolution", lambda row: resolution_cell(row.resolution)),
    Column[_Row]("mult_adds", "mult-adds", lambda row: row.configuration.mult_adds),
    Column[_Row]("params", "params", lambda row: row.configuration.params),
    Column[_Row]("peak_bytes", "peak memory B", lambda row: row.configuration.memory),
    Column[_Row]("flash_bytes", "flash B", lambda row: row.configuration.flash),
    Column[_Row]("top1_percent", "top-1 %", lambda row: row.top1),
    Column[_Row]("binding", "binding", lambda row: _binding_cell(row.fitting)),
    Column[_Row]("left_percent", "left of it", lambda row: _left_cell(row.fitting)),
    Column[_Row]("front", "front", lambda row: row.fitting.on_front),
)
"""What programs read: one resolution per row."""
OPTIONS: Mapping[str, str] = {
    "memory": "--ram", "flash": "--flash", "mult_adds": "--mult-adds", "params": "--params", "top1": "--min-top1",
    "latency": "--max-latency",
}  # fmt: skip
"""The quantity of a limit -> the option that sets it."""
LOWER_BOUND = "under naive, a lower bound of arena"


def as_table(answer: Fit) -> Table:
    """Return one row per configuration that fits, with notes on what does not fit.

    Programs read one row per resolution.
    """
    fit, bound = "fit", ""
    if answer.rules.allocator == "arena" and answer.fitting:
        fit, bound = "may fit", f" {LOWER_BOUND}"
    limits = ", ".join(f"{option_of(limit)} {_limit_text(limit)}" for limit in answer.limits)
    title = f"{answer.fitting:,} of {answer.tried:,} configurations {fit} {limits}{bound}"
    if not limits:
        title = f"{answer.tried:,} configurations; no limit is given"
    notes = [*_notes(answer), *rules_notes(answer.rules)]
    notes += head_notes(fitting.configuration for fitting in answer.best)
    if any(fitting.configuration.checkpoint for fitting in answer.best):
        notes.append(RELEASED)
    has_equals = any(fitting.equal_resolutions for fitting in answer.best)
    asked = [key_of(quantity) for quantity in (answer.rank, *(limit.quantity for limit in answer.limits))]
    shown = [column for column in COLUMNS if column.key != "same_cost_at" or has_equals]
    table = build_table(title, shown, answer.best, None, notes, asked=asked)
    rows = [
        _Row(fitting, resolution)
        for fitting in answer.best
        for resolution in sorted({fitting.configuration.resolution, *fitting.equal_resolutions})
    ]
    return replace(table, data=build_table(title, DATA, rows))


def as_json(answer: Fit) -> dict[str, Any]:
    """Return the object of `mbcost fit --format json`."""
    return {
        "schema": "mbcost/fit/1",
        "convention": answer.rules.convention.name,
        "allocator": answer.rules.allocator,
        "dtype": answer.rules.dtype,
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
        "given_up": answer.gave_up,
        "near_twins": answer.near_twins,
        "front": answer.front_size,
        "configurations": [
            {
                **record(fitting.configuration),
                "same_at": [list(resolution) for resolution in fitting.equal_resolutions],
                "binding": None if fitting.binding is None else fitting.binding.quantity,
                "left": {limit.quantity: _measure_left(limit, fitting.configuration) for limit in answer.limits},
                "front": fitting.on_front,
            }
            for fitting in answer.best
        ],
        "nearest": _miss_json(answer.nearest),
        "nearest_released": _miss_json(answer.nearest_released),
        "impossible": [
            {"quantity": limit.quantity, "least": None if nearest is None else limit.read(nearest)}
            for limit, nearest in answer.impossible
        ],
        "reliefs": [
            {
                "quantity": relief.limit.quantity,
                "needs": None if relief.configuration is None else relief.limit.read(relief.configuration),
                "configuration": None if relief.configuration is None else record(relief.configuration),
                "given_up": relief.gave_up,
            }
            for relief in answer.reliefs
        ],
    }  # fmt: skip


def option_of(limit: Limit) -> str:
    """Return the option that sets a limit."""
    return OPTIONS[limit.quantity]


def _network_text(configuration: Configuration) -> str:
    """Spell the network, with the implementation if it is not the default, as users type it."""
    spec, implementation = configuration.series.spec, configuration.series.implementation.name
    is_default = implementation == spec.default_implementation
    return reference_text(spec.name, implementation=None if is_default else implementation)


def _configuration_text(configuration: Configuration) -> str:
    series = configuration.series
    return reference_text(
        series.spec.name, configuration.plateau.alpha, configuration.resolution, series.implementation.name
    )


def _equals_text(fitting: Fitting) -> str:
    """Spell the other resolutions that cost the same."""
    return ", ".join(map(resolution_text, sorted(fitting.equal_resolutions)))


def _top1_cell(configuration: Configuration) -> Spelled | None:
    top1 = read_top1(configuration)
    return None if top1 is None else decimal_cell(float(top1), 1)


def _binding_cell(fitting: Fitting) -> Spelled | None:
    """Return the option of the limit, which Python programs read as the parameter of `mbcost.fit`."""
    option = None if fitting.binding is None else option_of(fitting.binding)
    return None if option is None else Spelled(option, option.lstrip("-").replace("-", "_"))


def _left_cell(fitting: Fitting, unit: str = "") -> Spelled | None:
    """Return the share of the binding limit that is left, in percent."""
    if fitting.binding is None:
        return None
    share = -100 * (fitting.binding.measure_share(fitting.configuration) or 0)
    hundredths = round(100 * share)
    text = f"{'-' * (hundredths < 0)}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}{unit}"
    return Spelled(text, to_float(share))


def _notes(answer: Fit) -> Iterator[str | ColumnNote]:
    has_arena = answer.rules.allocator == "arena"
    if answer.best and answer.limits:
        counted = "of those shown" if has_arena else "configurations"
        yield ColumnNote(
            f"front: Pareto-optimal in rank, memory and flash ({answer.front_size:,} {counted})", ("front",)
        )
        yield ColumnNote("binding: the limit that would break first", ("binding", "left_percent"))
    if answer.near_twins != 0:
        number = "" if answer.near_twins is None else f"{answer.near_twins:,} "
        yield (
            f"not listed: {number}near-twins of these rows, the same network with alpha and resolution within "
            f"{PERCENT}%; --all lists them"
        )
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
    for relief in answer.reliefs:
        yield f"without {option_of(relief.limit)}: {_relief_text(relief, any_fits=bool(answer.best))}"


def _miss_text(miss: Miss) -> str:
    """Spell a miss, such as `v2@0.75/160:official misses --flash by 1 MiB and --ram by 12 KiB (layer 2.1.expand)`."""
    amounts = []
    for limit in miss.broken:
        excess = limit.measure_excess(miss.configuration)
        amount = "(not published)" if excess is None else f"by {_amount_text(limit, excess)}"
        layer = f" (layer {miss.layer})" if limit.quantity == "memory" else ""
        amounts.append(f"{option_of(limit)} {amount}{layer}")
    *others, last = amounts
    return f"{_configuration_text(miss.configuration)} misses {' and '.join(filter(None, (', '.join(others), last)))}"


def _impossible_text(limit: Limit, nearest: Configuration | None, bound: str) -> str:
    if nearest is None:
        return f"{option_of(limit)} is impossible: no value is published for any of these networks"
    value, excess = limit.read(nearest), limit.measure_excess(nearest)
    assert excess is not None, "the value of the nearest configuration is known"
    extreme, side = ("largest", "below") if limit.at_least else ("smallest", "above")
    return (
        f"{option_of(limit)} is impossible: the {extreme} value{bound} is {_amount_text(limit, value)}, of "
        f"{_configuration_text(nearest)}, {_amount_text(limit, excess)} {side} the limit"
    )


def _relief_text(relief: Relief, *, any_fits: bool) -> str:
    configuration = relief.configuration
    if relief.gave_up:
        return f"the search stopped after {MOST_ARENAS:,} arenas that do not keep --ram"
    if configuration is None:
        return "no better configuration" if any_fits else "still no configuration"
    value = relief.limit.read(configuration)
    amount = "no published value" if value is None else _amount_text(relief.limit, value)
    size = "" if relief.limit.quantity == "mult_adds" else f"{configuration.mult_adds:,} mult-adds and "
    return f"the {'best' if any_fits else 'nearest'} is {_configuration_text(configuration)}, with {size}{amount}"


def _miss_json(miss: Miss | None) -> dict[str, Any] | None:
    if miss is None:
        return None
    return {
        **record(miss.configuration),
        "misses": {limit.quantity: _measure_excess(limit, miss.configuration) for limit in miss.broken},
        "layer": miss.layer,
    }


def _measure_excess(limit: Limit, configuration: Configuration) -> int | float | None:
    """Return by how much a limit is broken, as a number for JSON; None if no value is published."""
    excess = limit.measure_excess(configuration)
    return None if excess is None else int(excess) if excess.denominator == 1 else float(excess)


def _measure_left(limit: Limit, configuration: Configuration) -> int | float | None:
    excess = _measure_excess(limit, configuration)
    return None if excess is None else -excess


def _limit_text(limit: Limit) -> str:
    """Spell a limit exactly."""
    if limit.quantity in ("memory", "flash"):
        count = int(limit.value)
        unit = 1024 ** ((count.bit_length() - 1) // 10) if count else 1
        return bytes_text(count) if 10 * count % unit == 0 else f"{count:,} B"
    if limit.quantity in ("mult_adds", "params"):
        return f"{limit.value:,}"
    return _amount_text(limit, limit.value)


def _amount_text(limit: Limit, value: Any) -> str:
    """Spell a quantity with its unit."""
    if limit.quantity in ("memory", "flash"):
        return bytes_text(int(value))
    if limit.quantity == "top1":
        return f"{float(value):g}%"
    if limit.quantity == "latency":
        return f"{float(value):g} ms on {limit.phone}"
    return f"{int(value):,} mult-adds" if limit.quantity == "mult_adds" else f"{int(value):,} params"
