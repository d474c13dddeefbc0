"""Configurations over alpha and resolution, as a table, as JSON and as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mbcost.present.formats import render_csv
from mbcost.present.table import Cell, Column, Table
from mbcost.questions.search.configurations import Configuration, Ways
from mbcost.spec.scaling import alpha_text

COLUMNS = (
    Column[Any]("network", "network"),
    Column[Any]("implementation", "implementation", spare=4),
    Column[Any]("alpha", "alpha"),
    Column[Any]("alpha_least", "from", spare=3),
    Column[Any]("alpha_most", "to", spare=3),
    Column[Any]("height", "height", numeric=True),
    Column[Any]("width", "width", numeric=True, spare=2),
    Column[Any]("mult_adds", "mult-adds", numeric=True),
    Column[Any]("params", "params", numeric=True),
    Column[Any]("memory", "peak memory B", numeric=True),
    Column[Any]("flash", "flash B", numeric=True),
    Column[Any]("top1", "top-1 %", numeric=True, spare=1),
)
"""Of which the first and the last alpha are those of the range asked for that give the same network."""


def as_table(
    configurations: Iterable[Configuration], ways: Ways, *, alphas: int, networks: int, front: str | None = None
) -> Table:
    """One row a configuration."""
    rows = tuple(_row(each) for each in configurations)
    title = f"{len(rows):,} configuration{'s' * (len(rows) != 1)}"
    notes = [*_notes(ways), merged(alphas, networks)]
    if any(row[-1] is not None for row in rows):
        notes.append(RELEASED)
    return Table(
        title if front is None else f"{title} on the Pareto front of {front}", COLUMNS, rows, None, tuple(notes)
    )


FLAT_TYPES: Mapping[str, type] = {
    "network": str, "implementation": str, "alpha": float, "alpha_least": float, "alpha_most": float, "height": int,
    "width": int, "mult_adds": int, "params": int, "memory": int, "flash": int, "top1": float,
}  # fmt: skip
"""What `flat_record` holds; the last can be None."""
RELEASED = "top-1: ImageNet accuracy of the released checkpoint of that alpha and resolution, with 1001 outputs"


def merged(alphas: int, networks: int) -> str:
    """How many alphas were asked for and how many networks they are."""
    if alphas == networks:
        return f"{alphas:,} alphas give as many networks"
    return f"{alphas:,} alphas give {networks:,} networks: from and to are alphas that round to the same widths"


def _notes(ways: Ways) -> Iterator[str]:
    yield f"convention {ways.convention.name}: {ways.convention.title}"
    yield f"peak memory: {ways.dtype} maps under the allocation model {ways.allocator}; flash: {ways.dtype} weights"


def as_json(configurations: Iterable[Configuration], ways: Ways, *, alphas: int, networks: int) -> dict[str, Any]:
    """The object of `mbcost sweep --format json`."""
    return {
        "schema": "mbcost/sweep/1",
        "convention": ways.convention.name,
        "allocator": ways.allocator,
        "dtype": ways.dtype,
        "units": {
            "params": "parameters",
            "mult_adds": "multiply-adds",
            "memory": "bytes",
            "flash": "bytes",
            "top1": "%",
        },
        "alphas": alphas,
        "networks": networks,
        "configurations": [record(each) for each in configurations],
    }


def record(configuration: Configuration) -> dict[str, Any]:
    """One configuration as a JSON object: a line of `--format jsonl`."""
    plateau, series = configuration.plateau, configuration.series
    return {
        "network": series.spec.name,
        "alpha": plateau.alpha,
        "alpha_range": [plateau.least, plateau.most],
        "resolution": list(configuration.resolution),
        "implementation": series.implementation.name,
        "classes": series.classes,
        "in_channels": series.in_channels,
        "mult_adds": configuration.mult_adds,
        "params": configuration.params,
        "memory": configuration.memory,
        "flash": configuration.flash,
        "top1": None if configuration.checkpoint is None else configuration.checkpoint.top1,
    }


def csv_text(batches: Iterable[Iterable[Configuration]]) -> Iterator[str]:
    """CSV part by part, the header in the first one."""
    yield render_csv(Table("", COLUMNS, ()))
    for batch in batches:
        yield render_csv(Table("", COLUMNS, tuple(map(_row, batch)))).partition("\n")[2]


def jsonl_text(batches: Iterable[Iterable[Configuration]]) -> Iterator[str]:
    """One JSON object a line, part by part."""
    import json

    for batch in batches:
        yield "".join(json.dumps(record(each)) + "\n" for each in batch)


def flat_record(configuration: Configuration) -> dict[str, str | int | float | None]:
    """One configuration by the keys of `COLUMNS`, with numbers as numbers: a row of a table of columns."""
    plateau, (height, width) = configuration.plateau, configuration.resolution
    checkpoint = configuration.checkpoint
    return {
        "network": configuration.series.spec.name,
        "implementation": configuration.series.implementation.name,
        "alpha": plateau.alpha,
        "alpha_least": plateau.least,
        "alpha_most": plateau.most,
        "height": height,
        "width": width,
        "mult_adds": configuration.mult_adds,
        "params": configuration.params,
        "memory": configuration.memory,
        "flash": configuration.flash,
        "top1": None if checkpoint is None else checkpoint.top1,
    }


def _row(configuration: Configuration) -> tuple[Cell, ...]:
    def cell(value: str | int | float | None) -> Cell:
        return alpha_text(value) if isinstance(value, float) else value

    record = flat_record(configuration)
    top1 = record.pop("top1")
    return (*map(cell, record.values()), None if top1 is None else f"{top1:.1f}")
