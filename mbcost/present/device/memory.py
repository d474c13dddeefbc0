"""Bytes of maps and weights as tables and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from mbcost.present.names import describe, has_top, headline
from mbcost.present.table import Cell, Column, Table, decimal, text_of
from mbcost.questions.device.memory import Memory, Peak

KIBIBYTE = 1024


def as_table(answer: Memory, by: str) -> Table:
    """One row a layer, an allocator or a map size; `by` is a key of `TABLES`."""
    return TABLES[by](answer)


def as_json(answer: Memory) -> dict[str, Any]:
    """The object of `mbcost memory --format json`, described in docs/json.md."""
    allocators = [peak.allocator for peak in answer.peaks]
    return {
        "schema": "mbcost/memory/1",
        **describe(answer.network),
        "top": has_top(answer.network),
        "weights_dtype": answer.weights_dtype,
        "activations_dtype": answer.activations_dtype,
        "arena_options": _options(answer),
        "units": {"weights": "bytes", "activations": "bytes", "flash": "bytes"},
        "peaks": [{"allocator": peak.allocator, "bytes": peak.bytes, "layer": peak.name} for peak in answer.peaks],
        "flash": {**asdict(answer.flash), "total": answer.flash.total},
        "rows": [
            {
                "name": row.name,
                "weights": row.weights,
                "input": row.input,
                "output": row.output,
                "waiting": row.waiting,
                "held": dict(zip(allocators, row.live, strict=True)),
            }
            for row in answer.rows
        ],
        "maps": [
            {
                "map": [each.height, each.width, each.channels],
                "bytes": each.bytes,
                "layer": each.name,
                "plain": each.plain,
            }
            for each in answer.maps
        ],
    }


def in_kibibytes(count: int) -> str:
    """Bytes as people compare them with a chip's.

    >>> in_kibibytes(1_404_928)
    '1,372.0 KiB'
    """
    from fractions import Fraction

    whole, _, tenth = decimal(Fraction(count, KIBIBYTE), 1).partition(".")
    return f"{text_of(int(whole))}.{tenth} KiB"


def _layers(answer: Memory) -> Table:
    """What each layer reads, makes and leaves waiting, and what each allocator holds meanwhile."""
    columns = (
        Column[Any]("name", "layer"),
        Column[Any]("weights", "weights B", numeric=True, spare=4),
        Column[Any]("input", "input B", numeric=True, spare=2),
        Column[Any]("output", "output B", numeric=True, spare=2),
        Column[Any]("waiting", "waiting B", numeric=True, spare=3),
        *(Column(peak.allocator, f"{peak.allocator} B", numeric=True, spare=1) for peak in answer.peaks),
    )
    rows: list[tuple[Cell, ...]] = [
        (row.name, row.weights, row.input, row.output, row.waiting, *row.live) for row in answer.rows
    ]
    peaks = (peak.bytes for peak in answer.peaks)
    footer = ("sum of weights, peaks", answer.flash.weights, None, None, None, *peaks)
    notes = [f"peak {_peak(peak)}" for peak in answer.peaks]
    notes += [_flash(answer), "waiting: maps that a later layer reads"]
    if any(peak.allocator == "arena" for peak in answer.peaks):
        notes.append(f"arena: the end of the last map that lives then{_with(answer)}")
    return Table(_title(answer), columns, tuple(rows), footer, tuple(notes))


def _allocators(answer: Memory) -> Table:
    """The peak of each allocator."""
    columns = (
        Column[Any]("allocator", "allocator"),
        Column[Any]("bytes", "peak B", numeric=True),
        Column[Any]("kibibytes", "KiB", numeric=True, spare=1),
        Column[Any]("layer", "layer"),
    )
    rows: list[tuple[Cell, ...]] = [
        (peak.allocator, peak.bytes, in_kibibytes(peak.bytes).removesuffix(" KiB"), peak.name) for peak in answer.peaks
    ]
    notes = [_flash(answer)]
    if any(peak.allocator == "arena" for peak in answer.peaks) and _options(answer):
        notes.append(f"arena{_with(answer)}")
    return Table(_title(answer), columns, tuple(rows), notes=tuple(notes))


def _maps(answer: Memory) -> Table:
    """The largest tensor between blocks at each map size."""
    columns = (
        Column[Any]("map", "map"),
        Column[Any]("channels", "channels", numeric=True),
        Column[Any]("bytes", "B", numeric=True),
        Column[Any]("layer", "layer"),
        Column[Any]("maker", "made by"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            f"{each.height}x{each.width}",
            each.channels,
            each.bytes,
            each.name,
            "plain convolution" if each.plain else "block",
        )
        for each in answer.maps
    ]
    notes = (
        "the largest tensor between blocks at each map size, as in the V2 paper's table 3; where a plain convolution "
        "makes it, the largest that a block makes as well",
    )
    return Table(_title(answer), columns, tuple(rows), notes=notes)


def _title(answer: Memory) -> str:
    return f"{headline(answer.network)}  weights {answer.weights_dtype}  activations {answer.activations_dtype}"


def _peak(peak: Peak) -> str:
    return f"{peak.allocator}: {text_of(peak.bytes)} B ({in_kibibytes(peak.bytes)}) in {peak.name}"


def _flash(answer: Memory) -> str:
    parts = {"weights": answer.flash.weights, "biases": answer.flash.biases, "scales": answer.flash.scales,
             "zero points": answer.flash.zero_points}  # fmt: skip
    total = answer.flash.total
    terms = " + ".join(f"{text_of(count)} {name}" for name, count in parts.items() if count)
    return f"flash: {text_of(total)} B ({in_kibibytes(total)}) = {terms}"


def _options(answer: Memory) -> list[str]:
    return [
        each.name.replace("_", "-") for each in fields(answer.options) if getattr(answer.options, each.name) is True
    ]


def _with(answer: Memory) -> str:
    return f", with {', '.join(_options(answer))}" if _options(answer) else ""


TABLES: Mapping[str, Callable[[Memory], Table]] = {"layer": _layers, "allocator": _allocators, "map": _maps}
