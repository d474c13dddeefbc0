"""Bytes of feature maps and weights as tables and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from mbcost.analytic.memory.arena import TENSORFLOW_LITE, TENSORFLOW_LITE_MICRO, ArenaOptions
from mbcost.analytic.memory.file_flash import FileFlash
from mbcost.present.names import bytes_text, describe, has_top, headline
from mbcost.present.table import Cell, Column, ColumnNote, Table, build_table, text_of
from mbcost.questions.device.memory import LargestMap, Memory, MemoryRow, Peak

KIBIBYTE = 1024


def as_table(answer: Memory, by: str, *, named: bool = False) -> Table:
    """Return the table with one row per layer, allocator or map size.

    Args:
        answer: the answer.
        by: a key of `TABLES`.
        named: whether the user named the allocators, so that none is left out.
    """
    asked = frozenset(map(_live_key, _list_allocators(answer))) if named else frozenset[str]()
    return replace(TABLES[by](answer), asked=asked)


def as_json(answer: Memory) -> dict[str, Any]:
    """Return the object of `mbcost memory --format json`, described in docs/json.md."""
    allocators = [peak.allocator for peak in answer.peaks]
    return {
        "schema": "mbcost/memory/1",
        **describe(answer.network),
        "top": has_top(answer.network),
        "weights_dtype": answer.weights_dtype,
        "activations_dtype": answer.activations_dtype,
        "arena_options": _list_options(answer),
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
                "map": [largest.height, largest.width, largest.channels],
                "bytes": largest.bytes,
                "layer": largest.name,
                "plain": largest.plain,
            }
            for largest in answer.maps
        ],
    }


def _tabulate_layers(answer: Memory) -> Table:
    """Return the bytes that each layer reads and makes, and the live bytes under each allocator."""
    columns: list[Column[MemoryRow]] = [
        Column("layer", "layer", lambda row: row.name),
        Column("weight_bytes", "weights B", lambda row: row.weights, numeric=True, spare=4),
        Column("input_bytes", "input B", lambda row: row.input, numeric=True, spare=2),
        Column("output_bytes", "output B", lambda row: row.output, numeric=True, spare=2),
        Column("waiting_bytes", "waiting B", lambda row: row.waiting, numeric=True, spare=3),
        *(_live_column(index, peak.allocator) for index, peak in enumerate(answer.peaks)),
    ]
    footer: dict[str, Cell] = {"layer": "peak", "weight_bytes": answer.flash.weights}
    footer |= {_live_key(peak.allocator): peak.bytes for peak in answer.peaks}
    notes: list[str | ColumnNote] = [f"peak {_peak_text(peak)}" for peak in answer.peaks]
    notes += [
        _flash_text(answer),
        ColumnNote("weights: the last number is their sum, and part of the flash", ("weight_bytes",)),
        ColumnNote("waiting: maps that a later layer reads", ("waiting_bytes",)),
    ]
    if "arena" in _list_allocators(answer):
        notes.append(ColumnNote(f"arena: the end of the last live map{_options_text(answer)}", (_live_key("arena"),)))
    return build_table(_title(answer), columns, answer.rows, footer, notes)


def _live_key(allocator: str) -> str:
    return f"{allocator.replace('-', '_')}_bytes"


def _live_column(index: int, allocator: str) -> Column[MemoryRow]:
    return Column(_live_key(allocator), f"{allocator} B", lambda row: row.live[index], numeric=True, spare=1)


def _tabulate_allocators(answer: Memory) -> Table:
    """Return the peak of each allocator."""
    columns: list[Column[Peak]] = [
        Column("allocator", "allocator", lambda peak: peak.allocator),
        Column("peak_bytes", "peak B", lambda peak: peak.bytes, numeric=True),
        Column("peak_kib", "KiB", lambda peak: _kibibytes_text(peak.bytes), numeric=True, spare=1, only="people"),
        Column("layer", "layer", lambda peak: peak.name),
    ]
    notes = [_flash_text(answer)]
    if "arena" in _list_allocators(answer) and _list_options(answer):
        notes.append(f"arena{_options_text(answer)}")
    return build_table(_title(answer), columns, answer.peaks, notes=notes)


def _tabulate_maps(answer: Memory) -> Table:
    """Return the largest map between blocks at each map size."""
    columns: list[Column[LargestMap]] = [
        Column("map", "map", lambda largest: f"{largest.height}x{largest.width}"),
        Column("channels", "channels", lambda largest: largest.channels, numeric=True),
        Column("map_bytes", "B", lambda largest: largest.bytes, numeric=True),
        Column("layer", "layer", lambda largest: largest.name),
        Column("made_by", "made by", lambda largest: "plain convolution" if largest.plain else "block"),
    ]
    note = (
        "the largest feature map between blocks at each map size, as in the V2 paper's table 3; if a plain convolution "
        "makes it, the largest map that a block makes follows"
    )
    return build_table(_title(answer), columns, answer.maps, notes=[note])


def _title(answer: Memory) -> str:
    return f"{headline(answer.network)}  weights {answer.weights_dtype}  activations {answer.activations_dtype}"


def _kibibytes_text(count: int) -> str:
    """Spell bytes in KiB, rounded half up to one decimal."""
    tenths = (20 * count + KIBIBYTE) // (2 * KIBIBYTE)
    return f"{tenths // 10:,}.{tenths % 10}"


def _peak_text(peak: Peak) -> str:
    return f"{peak.allocator}: {_exact_bytes_text(peak.bytes)} in {peak.name}"


def _flash_text(answer: Memory) -> str:
    flash = answer.flash
    parts = {
        "weights": flash.weights, "biases": flash.biases, "scales": flash.scales, "zero points": flash.zero_points
    }  # fmt: skip
    if isinstance(flash, FileFlash):
        parts |= {"other constants": flash.others, "the rest of the file": flash.rest}
    terms = " + ".join(f"{text_of(count)} {name}" for name, count in parts.items() if count)
    return f"flash: {_exact_bytes_text(flash.total)} = {terms}"


def _exact_bytes_text(count: int) -> str:
    """Spell bytes exactly, and in a larger unit if there is one."""
    exact, rounded = f"{text_of(count)} B", bytes_text(count)
    return exact if rounded == exact else f"{exact} ({rounded})"


def _list_allocators(answer: Memory) -> list[str]:
    return [peak.allocator for peak in answer.peaks]


def _list_options(answer: Memory) -> list[str]:
    options = answer.options
    if options.micro:
        return ["tensorflow-lite-micro"]
    return [field.name.replace("_", "-") for field in fields(options) if getattr(options, field.name)]


def _options_text(answer: Memory) -> str:
    if answer.options in RUNTIMES and answer.network.graph is not None:
        return f", {RUNTIMES[answer.options]}"
    names = _list_options(answer)
    return f", with {', '.join(names)}" if names else ""


RUNTIMES: Mapping[ArenaOptions, str] = {
    TENSORFLOW_LITE: "with the scratch buffers of TensorFlow Lite's kernels; persistent tensors are not included",
    TENSORFLOW_LITE_MICRO: "the head of the arena of TensorFlow Lite for Microcontrollers; its tail is not included",
}
"""What the plan of a runtime contains, for a file."""
TABLES: Mapping[str, Callable[[Memory], Table]] = {
    "layer": _tabulate_layers,
    "allocator": _tabulate_allocators,
    "map": _tabulate_maps,
}
