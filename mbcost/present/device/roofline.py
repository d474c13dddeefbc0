"""The lower bounds of a network's time as a table and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mbcost.present.names import describe, headline
from mbcost.present.table import Cell, Column, Share, Table, decimal, shares
from mbcost.questions.device.roofline import Roofline, RooflineLayer, Work

MILLION = 10**6
WHAT_IT_SAYS = (
    "a lower bound: every tensor moved once, layer after layer, norms folded and activations in the layer before them; "
    "a cache that holds a tensor between two layers can do better, everything else does worse"
)
"""What is promised and what is not."""
_COUNTED = (
    Column[Any]("mult_adds", "mult-adds", numeric=True),
    Column[Any]("mult_adds_share", "share", spare=2),
    Column[Any]("bytes", "bytes", numeric=True),
    Column[Any]("intensity", "mult-adds/byte", numeric=True, spare=1),
)
_TIMED = (
    Column[Any]("microseconds", "at least us", numeric=True),
    Column[Any]("time_share", "share of time", spare=3),
)


def as_table(answer: Roofline, by: str = "layer") -> Table:
    """One row a layer, or one a kind of layer, with the total."""
    if by == "kind":
        return _by_kind(answer)
    columns = (
        Column[Any]("name", "layer"),
        Column[Any]("kind", "kind", spare=5),
        Column[Any]("weight_bytes", "weights", numeric=True, spare=6),
        Column[Any]("input_bytes", "read", numeric=True, spare=6),
        Column[Any]("output_bytes", "written", numeric=True, spare=6),
        *(column for column in _COUNTED if column.key != "mult_adds_share"),
        Column[Any]("bound", "bound by", spare=4),
        *_TIMED,
    )
    times = _time_shares([layer.work for layer in answer.layers])
    rows = tuple(_row(layer, time) for layer, time in zip(answer.layers, times, strict=True))
    total = answer.total
    footer: tuple[Cell, ...] = (
        "total", None, total.weight_bytes, total.input_bytes, total.output_bytes, total.mult_adds, total.bytes,
        decimal(total.intensity, 2), None, _microseconds(total), Share(10_000, 0),
    )  # fmt: skip
    return Table(_title(answer), columns, rows, footer, (*_kind_notes(answer), *_notes(answer)))


def as_json(answer: Roofline) -> dict[str, Any]:
    """The object of `mbcost roofline --format json`, described in docs/json.md."""
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
    }


def _by_kind(answer: Roofline) -> Table:
    columns = (
        Column[Any]("kind", "kind"),
        Column[Any]("layers", "layers", numeric=True, spare=4),
        Column[Any]("memory_bound", "memory-bound", numeric=True, spare=3),
        *_COUNTED,
        *_TIMED,
    )
    kinds, total = answer.kinds, answer.total
    mult_adds, times = shares(kind.work.mult_adds for kind in kinds), _time_shares([kind.work for kind in kinds])
    rows = tuple(
        (
            kind.kind, kind.layers, kind.memory_bound, kind.work.mult_adds, share, kind.work.bytes,
            decimal(kind.work.intensity, 2), _microseconds(kind.work), time,
        )
        for kind, share, time in zip(kinds, mult_adds, times, strict=True)
    )  # fmt: skip
    footer: tuple[Cell, ...] = (
        "total", sum(kind.layers for kind in kinds), sum(kind.memory_bound for kind in kinds), total.mult_adds,
        Share(10_000, 0), total.bytes, decimal(total.intensity, 2), _microseconds(total), Share(10_000, 0),
    )  # fmt: skip
    return Table(_title(answer), columns, rows, footer, _notes(answer))


def _row(layer: RooflineLayer, time: Share) -> tuple[Cell, ...]:
    work = layer.work
    return (
        layer.name, layer.kind, work.weight_bytes, work.input_bytes, work.output_bytes, work.mult_adds, work.bytes,
        decimal(work.intensity, 2), layer.bound, _microseconds(work), time,
    )  # fmt: skip


def _title(answer: Roofline) -> str:
    return f"{headline(answer.network)}  dtype {answer.dtype.name}"


def _notes(answer: Roofline) -> tuple[str, ...]:
    machine = answer.machine
    source = [f"source: {machine.source}"] if machine.source else []
    return (
        f"{machine.title}: at most {_rate(machine.peak)} mult-adds/s and {_rate(machine.bandwidth)} bytes/s; below "
        f"{decimal(machine.balance, 2)} mult-adds a byte a layer is bound by memory",
        WHAT_IT_SAYS,
        *source,
    )


def _kind_notes(answer: Roofline) -> tuple[str, ...]:
    kinds = answer.kinds
    parts, times = shares(kind.work.mult_adds for kind in kinds), _time_shares([kind.work for kind in kinds])
    return tuple(
        f"{kind.kind}: {part}% of the mult-adds, {time}% of the time, "
        f"{kind.memory_bound} of {kind.layers} bound by memory"
        for kind, part, time in zip(kinds, parts, times, strict=True)
    )


def _time_shares(works: list[Work]) -> list[Share]:
    """Parts of the time; on a common denominator the fractions are whole numbers."""
    from math import lcm

    common = lcm(*(work.seconds.denominator for work in works))
    return shares(int(work.seconds * common) for work in works)


def _microseconds(work: Work) -> str:
    return decimal(work.seconds * MILLION, 2)


def _rate(rate: Fraction) -> str:
    return f"{rate.numerator:,}" if rate.denominator == 1 else decimal(rate, 2)


def _pair(fraction: Fraction) -> list[int]:
    return [fraction.numerator, fraction.denominator]


def _work(work: Work) -> dict[str, Any]:
    return {
        "mult_adds": work.mult_adds,
        "weight_bytes": work.weight_bytes,
        "input_bytes": work.input_bytes,
        "output_bytes": work.output_bytes,
        "bytes": work.bytes,
        "intensity": _pair(work.intensity),
        "seconds": _pair(work.seconds),
    }
