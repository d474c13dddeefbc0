"""Configurations over alpha and resolution, as a table, as JSON and as flat records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mbcost.errors import MbcostError, UnknownWord
from mbcost.present.arrangement import arrange, find_column, order_of
from mbcost.present.formats import render_csv
from mbcost.present.names import resolution_cell
from mbcost.present.table import Cell, Column, ColumnNote, Spelled, Table, build_table
from mbcost.questions.search.configurations import Configuration, CountingRules
from mbcost.spec.scaling import alpha_text

if TYPE_CHECKING:
    from mbcost.questions.latency.calibrate import Calibration

Value = str | int | float | None


@dataclass(frozen=True)
class Field:
    """One value of a configuration: its key, header and type, how it is read, and how a table shows it."""

    key: str
    header: str
    kind: type
    read: Callable[[Configuration], Value]
    spare: int = 0
    only: Literal["", "data"] = ""
    """`data` if a table for people shows it in a different way."""
    spell: Callable[[float], str] = alpha_text
    """How a fraction is spelled."""

    def column(self) -> Column[Configuration]:
        """Return the column of the table; alphas are aligned as words are."""
        numeric = self.kind is int or self.spell is not alpha_text
        return Column(self.key, self.header, self._read_cell, numeric=numeric, spare=self.spare, only=self.only)

    def _read_cell(self, configuration: Configuration) -> Cell:
        value = self.read(configuration)
        return Spelled(self.spell(value), value) if isinstance(value, float) else value


FIELDS = (
    Field("network", "network", str, lambda point: point.series.spec.name),
    Field("implementation", "implementation", str, lambda point: point.series.implementation.name, spare=4),
    Field("alpha", "alpha", float, lambda point: point.plateau.alpha),
    Field("alpha_least", "from", float, lambda point: point.plateau.least, spare=3),
    Field("alpha_most", "to", float, lambda point: point.plateau.most, spare=3),
    Field("resolution", "resolution", str, lambda point: resolution_cell(point.resolution)),
    Field("height", "height", int, lambda point: point.resolution[0], only="data"),
    Field("width", "width", int, lambda point: point.resolution[1], only="data"),
    Field("mult_adds", "mult-adds", int, lambda point: point.mult_adds),
    Field("params", "params", int, lambda point: point.params),
    Field("peak_bytes", "peak memory B", int, lambda point: point.memory),
    Field("flash_bytes", "flash B", int, lambda point: point.flash),
    Field("top1_percent", "top-1 %", float, lambda point: read_top1(point), spare=1, spell="{:.1f}".format),
)
LATENCY_FIELDS = (
    Field(
        "latency_ms", "ms", float, lambda point: round_known(point.estimated.milliseconds),
        spell=lambda ms: _spell(ms),
    ),
    Field(
        "latency_high_ms", "at most ms", float, lambda point: round_known(point.estimated.milliseconds_high), spare=1,
        spell=lambda ms: _spell(ms),
    ),
)  # fmt: skip
"""The fields that configurations have only with a device."""
LATENCY_KEYS = tuple(field.key for field in LATENCY_FIELDS)
COLUMNS = tuple(field.column() for field in FIELDS)
COLUMNS_WITH_LATENCY = (*COLUMNS, *(field.column() for field in LATENCY_FIELDS))
KEYS: Mapping[str, str] = {
    "memory": "peak_bytes", "flash": "flash_bytes", "top1": "top1_percent", "latency": "latency_ms",
}  # fmt: skip
"""A quantity -> the key of its column, where the two differ."""
FLAT_TYPES: Mapping[str, type] = {field.key: field.kind for field in (*FIELDS, *LATENCY_FIELDS)}
"""The types of `flat_record`; the accuracy and what follows can be None."""
RELEASED = ColumnNote(
    "top-1: ImageNet accuracy of the released checkpoint with this alpha and resolution, which has 1001 outputs",
    ("top1_percent",),
)


def as_table(
    configurations: Iterable[Configuration],
    rules: CountingRules,
    *,
    alphas: int,
    networks: int,
    front: str | None = None,
    calibration: Calibration | None = None,
) -> Table:
    """Return one row per configuration.

    Args:
        configurations: in the order of the rows.
        rules: how they were counted.
        alphas: how many alphas of all networks were asked for.
        networks: how many different networks they give.
        front: the quantities in which the configurations are Pareto-optimal, if they are.
        calibration: the device of their latencies, if they have them.
    """
    rows = tuple(configurations)
    title = f"{len(rows):,} configuration{'s' * (len(rows) != 1)}"
    notes = [*rules_notes(rules), *head_notes(rows), *plateaus_notes(alphas, networks)]
    if any(row.checkpoint is not None for row in rows):
        notes.append(RELEASED)
    if calibration is not None:
        notes += latency_notes(calibration, rows)
    aims = [] if front is None else [key_of(word.strip().lstrip("+-").replace("-", "_")) for word in front.split(",")]
    if len({row.series.implementation.name for row in rows}) > 1:
        aims.append("implementation")  # it tells the rows apart
    where = "" if front is None else f" on the Pareto front of {front}"
    columns = list_columns(with_latency=calibration is not None)
    return build_table(title + where, columns, rows, None, notes, asked=aims)


def list_columns(*, with_latency: bool) -> tuple[Column[Configuration], ...]:
    """Return the columns of configurations, with those of the latency or without."""
    return COLUMNS_WITH_LATENCY if with_latency else COLUMNS


def list_columns_of(configurations: Iterable[Configuration]) -> tuple[Column[Configuration], ...]:
    """Return the columns of configurations, with those of the latency if one is estimated."""
    return list_columns(with_latency=any(point.estimated.milliseconds is not None for point in configurations))


def key_of(quantity: str) -> str:
    """Return the key of a quantity's column."""
    return KEYS.get(quantity, quantity)


def rules_notes(rules: CountingRules) -> tuple[ColumnNote, ColumnNote]:
    """Return the notes on how configurations are counted."""
    return (
        ColumnNote(f"convention {rules.convention.name}: {rules.convention.title}", ("mult_adds", "params")),
        ColumnNote(
            f"peak memory: {rules.dtype} maps under the allocation model {rules.allocator}; "
            f"flash: {rules.dtype} weights",
            ("peak_bytes", "flash_bytes"),
        ),
    )


def head_notes(configurations: Iterable[Configuration]) -> list[str]:
    """Return the note on the head of the networks, if they do not have that of their tables."""
    heads = dict.fromkeys(configuration.series.spec.head for configuration in configurations)
    return [f"head: {head}, instead of the tables' own" for head in heads if head]


def latency_notes(calibration: Calibration, configurations: Sequence[Configuration]) -> Iterator[ColumnNote]:
    """Yield the notes on the device of the latencies: its errors, and why a row has no interval."""
    from mbcost.present.search.latency import note_calibration, note_reasons

    yield ColumnNote(note_calibration(calibration), LATENCY_KEYS)
    for note in note_reasons(calibration, configurations):
        yield ColumnNote(note, LATENCY_KEYS)


def plateaus_notes(alphas: int, networks: int) -> Iterator[str | ColumnNote]:
    """Yield the notes on how many networks the alphas give."""
    if alphas == networks:
        yield f"{alphas:,} alphas, each a different network" if alphas > 1 else "1 alpha, one network"
    else:
        yield f"{alphas:,} alphas give {networks:,} different networks"
        yield ColumnNote("from, to: all alphas between them give the same network", ("alpha_least", "alpha_most"))


def read_top1(configuration: Configuration) -> float | None:
    """Return the published accuracy in percent, if a checkpoint was released."""
    return None if configuration.checkpoint is None else configuration.checkpoint.top1


def round_known(milliseconds: float | None) -> float | None:
    """Return a latency, if there is one, with digits that are the same on every processor."""
    if milliseconds is None:
        return None
    from mbcost.present.search.latency import round_estimate

    return round_estimate(milliseconds)


def _spell(milliseconds: float) -> str:
    from mbcost.present.search.latency import spell_milliseconds

    return spell_milliseconds(milliseconds)


def choose_keys(names: Iterable[str] | None, *, with_latency: bool = False) -> tuple[str, ...]:
    """Return the keys of the columns that a user names; of all that there are if it is None.

    Raises:
        MbcostError: there is no such column, or only with a device, or one is given twice.
    """
    columns = list_columns(with_latency=with_latency)
    if names is None:
        return tuple(column.key for column in columns)
    asked = tuple(names)
    try:
        return tuple(column.key for column in arrange(build_table("", columns, ()), asked, None).columns)
    except UnknownWord:
        for name in () if with_latency else asked:
            with suppress(UnknownWord):
                if find_column(name, COLUMNS_WITH_LATENCY) in LATENCY_KEYS:
                    raise MbcostError(
                        f"column '{name}' needs --device: name a measured device such as pixel1-tflite, or the file of "
                        "your measurements"
                    ) from None
        raise


def sort_configurations(parts: Iterable[Iterable[Configuration]], key: str) -> list[Configuration]:
    """Return the configurations of all parts, sorted by a column as `arrange` sorts a table."""
    (column,) = [column for column in COLUMNS_WITH_LATENCY if column.key == key]
    return sorted(
        (configuration for part in parts for configuration in part),
        key=lambda configuration: order_of(column.value(configuration)),
    )


def csv_text(batches: Iterable[Iterable[Configuration]], keys: Sequence[str]) -> Iterator[str]:
    """Yield the columns `keys` as CSV, part by part.

    The header comes with the first part, so that a batch that is refused leaves no header alone.
    """
    header = render_csv(build_table("", COLUMNS_WITH_LATENCY, ()).select(keys))
    for batch in batches:
        yield header + render_csv(build_table("", COLUMNS_WITH_LATENCY, batch).select(keys)).partition("\n")[2]
        header = ""
    yield header


def jsonl_text(batches: Iterable[Iterable[Configuration]], keys: Sequence[str]) -> Iterator[str]:
    """Yield one JSON object per line, part by part, with the same names as in CSV."""
    import json

    for batch in batches:
        records = (flat_record(configuration, keys) for configuration in batch)
        yield "".join(json.dumps(flat) + "\n" for flat in records)


def flat_record(configuration: Configuration, keys: Sequence[str]) -> dict[str, Value]:
    """Return one configuration by keys of fields, with numbers as numbers: a row of JSON Lines or Parquet."""
    return {key: _READERS[key](configuration) for key in keys}


_READERS = {field.key: field.read for field in (*FIELDS, *LATENCY_FIELDS)}
