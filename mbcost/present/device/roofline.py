"""Lower bounds of a network's time as a table and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any, TypeVar

from mbcost.present.names import describe, headline, list_graph_notes, list_not_counted
from mbcost.present.table import Cell, Column, Share, Spelled, Table, build_table, decimal, decimal_cell, shares
from mbcost.questions.device.roofline import KindOfWork, Roofline, RooflineLayer, TimedWork

MILLION = 10**6
WHOLE = Share(10_000, 0)
"""100 %, without a bar."""
MEANING = (
    "a lower bound: every tensor is moved once, one layer runs after the other, norms are folded, activations are "
    "computed with the layer before them; only a cache that keeps a tensor between two layers can be faster"
)
"""What the numbers promise and what they do not."""
Worked = TypeVar("Worked", RooflineLayer, KindOfWork)
"""What a row of a table is about; both have their `work`."""


def as_table(answer: Roofline, by: str = "layer") -> Table:
    """Return the table with the total and one row per layer, or per kind of layer."""
    return _tabulate_kinds(answer) if by == "kind" else _tabulate_layers(answer)


def as_json(answer: Roofline) -> dict[str, Any]:
    """Return the object of `mbcost roofline --format json`, described in docs/json.md."""
    machine = answer.machine
    return {
        "schema": "mbcost/roofline/1",
        **describe(answer.network),
        "dtype": answer.dtype.name,
        "machine": {
            "title": machine.title,
            "source": machine.source,
            "peak": _pair(machine.peak),
            "bandwidth": _pair(machine.bandwidth),
            "balance": _pair(machine.balance),
        },
        "units": {
            "mult_adds": "multiply-adds",
            "weight_bytes": "bytes",
            "input_bytes": "bytes",
            "output_bytes": "bytes",
            "bytes": "bytes",
            "intensity": "multiply-adds a byte",
            "seconds": "seconds, a lower bound",
            "peak": "multiply-adds a second",
            "bandwidth": "bytes a second",
            "balance": "multiply-adds a byte",
        },
        "layers": [
            {"name": layer.name, "kind": layer.kind, "bound": layer.bound, **_work(layer.work)}
            for layer in answer.layers
        ],
        "kinds": [
            {"kind": kind.kind, "layers": kind.layers, "memory_bound": kind.memory_bound, **_work(kind.work)}
            for kind in answer.kinds
        ],
        "totals": _work(answer.total),
        "not_counted": list_not_counted(answer.network),
    }


def _tabulate_layers(answer: Roofline) -> Table:
    work = _work_columns(answer.layers, lambda layer: layer.name)
    columns: list[Column[RooflineLayer]] = [
        Column("layer", "layer", lambda layer: layer.name),
        Column("kind", "kind", lambda layer: layer.kind, spare=5),
        Column("weight_bytes", "weights", lambda layer: layer.work.weight_bytes, numeric=True, spare=6),
        Column("input_bytes", "read", lambda layer: layer.work.input_bytes, numeric=True, spare=6),
        Column("output_bytes", "written", lambda layer: layer.work.output_bytes, numeric=True, spare=6),
        *(work[key] for key in ("mult_adds", "moved_bytes", "mult_adds_per_byte")),
        Column("bound_by", "bound by", lambda layer: layer.bound, spare=4),
        *(work[key] for key in ("time_us", "time_percent")),
    ]
    notes = (*_kind_notes(answer), *_notes(answer))
    return build_table(_title(answer), columns, answer.layers, {**_totals(answer), "layer": "total"}, notes)


def _tabulate_kinds(answer: Roofline) -> Table:
    kinds = answer.kinds
    columns: list[Column[KindOfWork]] = [
        Column("kind", "kind", lambda kind: kind.kind),
        Column("layers", "layers", lambda kind: kind.layers, numeric=True, spare=4),
        Column("memory_bound_layers", "memory-bound", lambda kind: kind.memory_bound, numeric=True, spare=3),
        *_work_columns(kinds, lambda kind: kind.kind).values(),
    ]
    footer: dict[str, Cell] = {
        "kind": "total",
        "layers": sum(kind.layers for kind in kinds),
        "memory_bound_layers": sum(kind.memory_bound for kind in kinds),
    }
    return build_table(_title(answer), columns, kinds, {**_totals(answer), **footer}, _notes(answer))


def _work_columns(items: Sequence[Worked], name: Callable[[Worked], str]) -> dict[str, Column[Worked]]:
    """Return the columns about work, by their key; the names of `items` must be distinct."""
    names = [name(item) for item in items]
    mult_adds = dict(zip(names, shares(item.work.mult_adds for item in items), strict=True))
    times = dict(zip(names, _time_shares([item.work for item in items]), strict=True))
    columns: list[Column[Worked]] = [
        Column("mult_adds", "mult-adds", lambda item: item.work.mult_adds, numeric=True),
        Column("mult_adds_percent", "share", lambda item: mult_adds[name(item)], spare=2),
        Column("moved_bytes", "bytes", lambda item: item.work.bytes, numeric=True),
        Column(
            "mult_adds_per_byte",
            "mult-adds/byte",
            lambda item: decimal_cell(item.work.intensity, 2),
            numeric=True,
            spare=1,
        ),
        Column("time_us", "at least us", lambda item: _microseconds(item.work), numeric=True),
        Column("time_percent", "share of time", lambda item: times[name(item)], spare=3),
    ]
    return {column.key: column for column in columns}


def _totals(answer: Roofline) -> dict[str, Cell]:
    """Return the cells of the total by the key of their column."""
    total = answer.total
    return {
        "weight_bytes": total.weight_bytes,
        "input_bytes": total.input_bytes,
        "output_bytes": total.output_bytes,
        "mult_adds": total.mult_adds,
        "mult_adds_percent": WHOLE,
        "moved_bytes": total.bytes,
        "mult_adds_per_byte": decimal(total.intensity, 2),
        "time_us": _microseconds(total),
        "time_percent": WHOLE,
    }


def _title(answer: Roofline) -> str:
    return f"{headline(answer.network)}  dtype {answer.dtype.name}"


def _notes(answer: Roofline) -> tuple[str, ...]:
    machine = answer.machine
    source = [f"source: {machine.source}"] if machine.source else []
    return (
        f"{machine.title}: at most {_rate_text(machine.peak)} mult-adds/s and {_rate_text(machine.bandwidth)} bytes/s; "
        f"a layer with fewer than {decimal(machine.balance, 2)} mult-adds per byte is bound by memory",
        MEANING,
        *source,
        *list_graph_notes(answer.network),
    )


def _kind_notes(answer: Roofline) -> tuple[str, ...]:
    kinds = answer.kinds
    mult_adds, times = shares(kind.work.mult_adds for kind in kinds), _time_shares([kind.work for kind in kinds])
    return tuple(
        f"{kind.kind}: {share}% of the mult-adds, {time}% of the time, "
        f"{kind.memory_bound} of {kind.layers} bound by memory"
        for kind, share, time in zip(kinds, mult_adds, times, strict=True)
    )


def _time_shares(works: Sequence[TimedWork]) -> list[Share]:
    """Return the shares of the time; over a common denominator the fractions are whole numbers."""
    common = lcm(*(work.seconds.denominator for work in works))
    return shares(int(work.seconds * common) for work in works)


def _microseconds(work: TimedWork) -> Spelled:
    return decimal_cell(work.seconds * MILLION, 2)


def _rate_text(rate: Fraction) -> str:
    return f"{rate.numerator:,}" if rate.denominator == 1 else decimal(rate, 2)


def _pair(fraction: Fraction) -> list[int]:
    return [fraction.numerator, fraction.denominator]


def _work(work: TimedWork) -> dict[str, Any]:
    return {
        "mult_adds": work.mult_adds,
        "weight_bytes": work.weight_bytes,
        "input_bytes": work.input_bytes,
        "output_bytes": work.output_bytes,
        "bytes": work.bytes,
        "intensity": _pair(work.intensity),
        "seconds": _pair(work.seconds),
    }
