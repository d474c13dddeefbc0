"""`mbcost sweep`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from mbcost.cli.arguments import complete_network, pick_one
from mbcost.cli.options import Classes, ConventionName, Impl, InChannels, Output
from mbcost.cli.output import check_output, emit, into
from mbcost.cli.progress import track
from mbcost.cli.search.options import (
    Allocator,
    Alphas,
    Asked,
    Dtype,
    check_apart,
    parse_alphas,
    parse_resolutions,
    series_of,
    ways_of,
)
from mbcost.cli.streams import is_terminal, write_out
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.present.search.sweep import FLAT_TYPES, as_json, as_table, csv_text, flat_record, jsonl_text
from mbcost.questions.search.configurations import Configuration, sheet_of
from mbcost.questions.search.sweep import front, parse_aims
from mbcost.questions.search.sweep import sweep as ask

MOST_SHOWN = 1_000_000
"""Configurations that are written to standard output, or kept in memory for a format that needs all of them."""
STREAMED = ("csv", "jsonl", "parquet")
"""Formats that are written part by part."""


def sweep(
    networks: Annotated[
        list[str], typer.Argument(metavar="NET...", help="NAME or FILE.yaml.", autocompletion=complete_network)
    ],
    alpha: Alphas = None,
    res: Annotated[
        Optional[str],
        typer.Option(metavar="LIST", help="Input sizes, a,b,c and from:to:step [default: those published]."),
    ] = None,
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    pareto: Annotated[
        Optional[str],
        typer.Option(
            metavar="X,Y",
            help="Only those that none other beats in both of mult-adds, params, memory, flash, top1; "
            "+ before one: more of it is better.",
        ),
    ] = None,
    style: Annotated[
        str, typer.Option("--format", help=f"text, json, markdown, latex, {', '.join(STREAMED)}.", metavar="FORMAT")
    ] = "text",
    output: Output = None,
) -> int:
    """What networks cost over alpha and resolution: one row a configuration.

    Alphas that round to the same widths are one row. csv, jsonl and parquet are written part by part, so that a file
    may have any number of rows.

    \b
    Examples:
      mbcost sweep v1 v2 --alpha 0.25:1.4:0.05 --res 96:256:32
      mbcost sweep v2 v3-large --pareto mult-adds,top1
      mbcost sweep v2 --alpha 0.1:1.5:0.001 --res 32:320:1 --format parquet --output v2.parquet
    """
    check_output(style, output, ("jsonl", "parquet"))
    aims = None if pareto is None else parse_aims(pareto)
    if style == "parquet" and output is None:
        raise MbcostError("parquet is no text: add --output FILE")
    if style == "parquet":
        _pyarrow()
    ways = ways_of(convention, allocator, dtype)
    alphas = None if alpha is None else parse_alphas(alpha)
    sizes = None if res is None else parse_resolutions(res)
    asked: list[Asked] = []
    for text in dict.fromkeys(networks):
        reference, series = series_of(text, impl=impl, classes=classes, in_channels=in_channels)
        spec = series.spec
        published = tuple((size, size) for size in spec.published_resolutions) or (spec.resolution,)
        own_alpha = None if reference.alpha is None else (reference.alpha,)
        own_size = None if reference.resolution is None else (reference.resolution,)
        asked.append(
            Asked(
                text,
                series,
                pick_one("alpha", text, own_alpha, alphas) or spec.published_alphas,
                pick_one("the resolution", text, own_size, sizes) or published,
            )
        )
        check_apart(asked)
    tried = sum(len(each.alphas or ()) for each in asked)
    count = sum(len(each.alphas or ()) * len(each.resolutions) for each in asked)
    if count > MOST_SHOWN and aims is None and (output is None or style not in STREAMED):
        raise MbcostError(
            f"there are {count:,} configurations: add --output FILE with --format {' or '.join(STREAMED)}, or use "
            "larger steps"
        )
    sheets = [sheet_of(each.series, each.series.at(each.alphas or ()), ways) for each in asked]
    resolutions = [each.resolutions for each in asked]
    distinct = sum(len(sheet.plateaus) * len(sizes) for sheet, sizes in zip(sheets, resolutions, strict=True))
    batches = ask(sheets, resolutions)
    # Where rows go to the same terminal they are progress enough, and a bar would stand between them.
    if not (output is None and style in STREAMED and aims is None and is_terminal(sys.stdout)):
        batches = track("sweeping", batches, distinct, lambda batch: len(batch.plateaus) * len(batch.resolutions))
    parts: Iterable[Iterable[Configuration]] = (
        (batch.configurations() for batch in batches) if aims is None else [front(batches, aims)]
    )
    if style == "parquet":
        assert output is not None, "checked above"
        _write_parquet(parts, output)
    elif style in STREAMED:
        _write(csv_text(parts) if style == "csv" else jsonl_text(parts), output)
    else:
        rows = [each for part in parts for each in part]
        counts = {"alphas": tried, "networks": sum(len(sheet.plateaus) for sheet in sheets)}
        emit(as_table(rows, ways, front=pareto, **counts), as_json(rows, ways, **counts), style, output)
    return 0


def _write(parts: Iterable[str], output: Path | None) -> None:
    """Text part by part; a file as a whole or not at all."""
    if output is None:
        for part in parts:
            write_out(part)
        return
    with into(output) as path, path.open("w", encoding="utf-8") as file:
        file.writelines(parts)


def _write_parquet(parts: Iterable[Iterable[Configuration]], output: Path) -> None:
    pyarrow, parquet = _pyarrow()
    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(key, kinds[kind]) for key, kind in FLAT_TYPES.items()])
    with into(output) as path, parquet.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pyarrow.Table.from_pylist(list(map(flat_record, part)), schema))


def _pyarrow() -> tuple[Any, Any]:
    """The library that writes Parquet.

    Raises:
        MissingLibrary: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingLibrary("pyarrow", "parquet") from None
