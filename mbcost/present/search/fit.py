"""What fits a device, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mbcost.present.names import alpha_cell, resolution_cell, resolution_text
from mbcost.present.search.fit_notes import list_notes
from mbcost.present.search.latency import milliseconds_cell
from mbcost.present.search.sweep import key_of
from mbcost.present.search.words import name_network, option_of, write_counts, write_lead, write_title
from mbcost.present.table import Cell, Column, Spelled, Table, build_table, decimal_cell, to_float
from mbcost.questions.search.answer import Fit, Fitting
from mbcost.questions.search.configurations import Configuration
from mbcost.questions.search.series import Resolution

SAME_AT = "same at: other resolutions that cost the same"
KEYS = {"top1": "top1_percent", "latency": "latency_ms"}
"""A quantity -> the key of its column, where the two differ from those of `sweep`."""


def _read(name: str, spell: Callable[[float], Spelled]) -> Callable[[Fitting], Cell]:
    def read(fitting: Fitting) -> Cell:
        value = getattr(fitting.configuration.estimated, name)
        return None if value is None else spell(value)

    return read


def percent_cell(percent: float) -> Spelled:
    """Return the cell of an accuracy."""
    return decimal_cell(percent, 1)


COLUMNS = (
    Column[Fitting]("network", "network", lambda fitting: name_network(fitting.configuration)),
    Column[Fitting]("alpha", "alpha", lambda fitting: alpha_cell(fitting.configuration.plateau.alpha)),
    Column[Fitting]("resolution", "resolution", lambda fitting: resolution_cell(fitting.configuration.resolution)),
    Column[Fitting]("same_cost_at", "same at", lambda fitting: _equals_text(fitting), spare=6, legend=SAME_AT),
    Column[Fitting]("top1_percent", "top-1 %", _read("top1", percent_cell), numeric=True),
    Column[Fitting]("low_percent", "low", _read("top1_low", percent_cell), numeric=True, spare=2),
    Column[Fitting]("high_percent", "high", _read("top1_high", percent_cell), numeric=True, spare=2),
    Column[Fitting]("released", "released", lambda fitting: fitting.configuration.checkpoint is not None, spare=1),
    Column[Fitting]("latency_ms", "ms", _read("milliseconds", milliseconds_cell), numeric=True),
    Column[Fitting](
        "latency_high_ms", "at most ms", _read("milliseconds_high", milliseconds_cell), numeric=True, spare=1
    ),
    Column[Fitting]("fits", "fits", lambda fitting: _fits_text(fitting)),
    Column[Fitting]("mult_adds", "mult-adds", lambda fitting: fitting.configuration.mult_adds, numeric=True),
    Column[Fitting]("params", "params", lambda fitting: fitting.configuration.params, numeric=True, spare=5),
    Column[Fitting]("peak_bytes", "peak memory B", lambda fitting: fitting.configuration.memory, numeric=True),
    Column[Fitting]("flash_bytes", "flash B", lambda fitting: fitting.configuration.flash, numeric=True),
    Column[Fitting]("binding", "binding", lambda fitting: _binding_cell(fitting), spare=1),
    Column[Fitting]("left_percent", "left of it", lambda fitting: _left_cell(fitting, "%"), spare=4),
    Column[Fitting]("front", "front", lambda fitting: fitting.on_front, spare=7),
    Column[Fitting](
        "implementation",
        "implementation",
        lambda fitting: fitting.configuration.series.implementation.name,
        only="data",
    ),
)
OF_LATENCY = ("latency_ms", "latency_high_ms", "fits")
"""The keys of the columns that an answer has only for a device."""


@dataclass(frozen=True)
class _Row:
    """A configuration that fits, at one of the resolutions at which it costs the same."""

    fitting: Fitting
    resolution: Resolution
    listed: str

    @property
    def configuration(self) -> Configuration:
        return self.fitting.configuration


def _read_own(name: str, spell: Callable[[float], Spelled]) -> Callable[[_Row], Cell]:
    """Return the reader of an estimate, which belongs to the configuration's own resolution."""
    read = _read(name, spell)
    return lambda row: read(row.fitting) if row.resolution == row.configuration.resolution else None


DATA = (
    Column[_Row]("network", "network", lambda row: row.configuration.series.spec.name),
    Column[_Row]("implementation", "implementation", lambda row: row.configuration.series.implementation.name),
    Column[_Row]("alpha", "alpha", lambda row: alpha_cell(row.configuration.plateau.alpha)),
    Column[_Row]("resolution", "resolution", lambda row: resolution_cell(row.resolution)),
    Column[_Row]("mult_adds", "mult-adds", lambda row: row.configuration.mult_adds),
    Column[_Row]("params", "params", lambda row: row.configuration.params),
    Column[_Row]("peak_bytes", "peak memory B", lambda row: row.configuration.memory),
    Column[_Row]("flash_bytes", "flash B", lambda row: row.configuration.flash),
    Column[_Row]("top1_percent", "top-1 %", _read_own("top1", percent_cell)),
    Column[_Row]("low_percent", "low", _read_own("top1_low", percent_cell)),
    Column[_Row]("high_percent", "high", _read_own("top1_high", percent_cell)),
    Column[_Row]("released", "released", lambda row: _is_released(row)),
    Column[_Row]("latency_ms", "ms", _read_own("milliseconds", milliseconds_cell)),
    Column[_Row]("latency_high_ms", "at most ms", _read_own("milliseconds_high", milliseconds_cell)),
    Column[_Row]("fits", "fits", lambda row: _fits_text(row.fitting)),
    Column[_Row]("binding", "binding", lambda row: _binding_cell(row.fitting)),
    Column[_Row]("left_percent", "left of it", lambda row: _left_cell(row.fitting)),
    Column[_Row]("front", "front", lambda row: row.fitting.on_front),
    Column[_Row]("listed", "listed", lambda row: row.listed),
)
"""What programs read: one resolution per row; first what is listed for people, then the other released checkpoints."""


def as_table(answer: Fit) -> Table:
    """Return one row per configuration that is listed, with the answer in words, and notes on what does not fit."""
    has_equals = any(fitting.equal_resolutions for fitting in answer.best)
    left_out = () if answer.calibration is not None else OF_LATENCY
    shown = [
        column for column in COLUMNS if (column.key != "same_cost_at" or has_equals) and column.key not in left_out
    ]
    quantities = (answer.rank, *(limit.quantity for limit in answer.limits))
    asked = [KEYS.get(quantity, key_of(quantity)) for quantity in quantities]
    lead = [*write_lead(answer), write_counts(answer)]
    table = build_table(write_title(answer), shown, answer.best, None, list_notes(answer), lead=lead, asked=asked)
    rows = [
        _Row(fitting, resolution, listed)
        for listed, fittings in (("best", answer.best), ("released", answer.released))
        for fitting in fittings
        for resolution in sorted({fitting.configuration.resolution, *fitting.equal_resolutions})
    ]
    return replace(table, data=build_table(table.title, DATA, rows))


def _is_released(row: _Row) -> bool:
    return row.configuration.checkpoint is not None and row.resolution == row.configuration.resolution


def _equals_text(fitting: Fitting) -> str:
    """Spell the other resolutions that cost the same."""
    return ", ".join(map(resolution_text, sorted(fitting.equal_resolutions)))


def _fits_text(fitting: Fitting) -> Spelled:
    return Spelled("yes" if fitting.is_sure else "may fit", "yes" if fitting.is_sure else "maybe")


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
