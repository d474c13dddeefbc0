"""`mbcost sweep`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from mbcost.cli.arguments import complete_network, pick_setting
from mbcost.cli.options import Classes, ConventionName, HeadText, Impl, InChannels, Output
from mbcost.cli.output import check_output, emit, replace_file, write_parts
from mbcost.cli.progress import track
from mbcost.cli.search.options import (
    Allocator,
    Dtype,
    Request,
    check_distinct,
    load_rules,
    parse_alphas,
    parse_resolutions,
    parse_series,
)
from mbcost.cli.streams import is_terminal
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.present.search.sweep import FLAT_TYPES, as_json, as_table, csv_text, flat_record, jsonl_text
from mbcost.questions.search.configurations import Batch, Configuration, compute_sheet
from mbcost.questions.search.sweep import find_front, parse_aims
from mbcost.questions.search.sweep import sweep as compute_batches

MOST_SHOWN = 1_000_000
"""The number of configurations that are written to standard output, or kept in memory for a format that needs all."""
STREAMED = ("csv", "jsonl", "parquet")
"""The formats that are written part by part."""


def sweep(
    networks: Annotated[
        list[str],
        typer.Argument(
            metavar="NET...",
            help="NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL.",
            autocompletion=complete_network,
        ),
    ],
    alpha: Annotated[
        Optional[str],
        typer.Option(
            "--alpha", metavar="LIST", help="Width multipliers, a,b,c or start:stop:step [default: published]."
        ),
    ] = None,
    res: Annotated[
        Optional[str],
        typer.Option(
            metavar="LIST", help="Input sizes in pixels, N or HxW, as a,b,c or start:stop:step [default: published]."
        ),
    ] = None,
    impl: Impl = None,
    classes: Classes = None,
    head: HeadText = None,
    in_channels: InChannels = None,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    pareto: Annotated[
        Optional[str],
        typer.Option(
            metavar="X,Y",
            help="Show only what is Pareto-optimal in two of mult-adds, params, memory, flash and top1; "
            "+X means that more of X is better.",
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help=f"Format of the output: text, json, markdown, latex, {', '.join(STREAMED)}.",
            metavar="FORMAT",
        ),
    ] = "text",
    output: Output = None,
) -> int:
    """Show the cost of networks over alpha and resolution, one row per configuration.

    Alphas that round to the same widths share a row. csv, jsonl and parquet are written part by part, so that a file
    can have any number of rows.

    \b
    Examples:
      mbcost sweep v1 v2 --alpha 0.25:1.4:0.05 --res 96:256:32
      mbcost sweep v2 v3-large --pareto mult-adds,top1
      mbcost sweep v2 --alpha 0.1:1.5:0.001 --res 32:320:1 --format parquet --output v2.parquet
    """
    check_output(style, output, ("jsonl", "parquet"))
    aims = None if pareto is None else parse_aims(pareto)
    if style == "parquet" and output is None:
        raise MbcostError("parquet is not a text format: add --output FILE")
    if style == "parquet":
        _import_pyarrow()
    rules = load_rules(convention, allocator, dtype)
    alphas = None if alpha is None else parse_alphas(alpha)
    sizes = None if res is None else parse_resolutions(res)
    requests: list[Request[tuple[float, ...]]] = []
    for text in dict.fromkeys(networks):
        reference, series = parse_series(text, impl=impl, classes=classes, head=head, in_channels=in_channels)
        spec = series.spec
        published = tuple((size, size) for size in spec.published_resolutions) or (spec.resolution,)
        stated_alpha = None if reference.alpha is None else (reference.alpha,)
        stated_size = None if reference.resolution is None else (reference.resolution,)
        requests.append(
            Request(
                text,
                series,
                pick_setting("alpha", text, stated_alpha, alphas) or spec.published_alphas,
                pick_setting("the resolution", text, stated_size, sizes) or published,
            )
        )
        check_distinct(requests)
    count = sum(len(request.alphas) * len(request.resolutions) for request in requests)
    if count > MOST_SHOWN and aims is None and (output is None or style not in STREAMED):
        raise MbcostError(
            f"there are {count:,} configurations: add --output FILE with --format {' or '.join(STREAMED)}, or use "
            "larger steps"
        )
    sheets = [compute_sheet(request.series, request.series.plan_alphas(request.alphas), rules) for request in requests]
    resolutions = [request.resolutions for request in requests]
    batches: Iterable[Batch] = compute_batches(sheets, resolutions)
    # Rows that appear on the same terminal show the progress themselves, and a bar would come between them.
    if not (output is None and style in STREAMED and aims is None and is_terminal(sys.stdout)):
        distinct = sum(len(sheet.plateaus) * len(sizes) for sheet, sizes in zip(sheets, resolutions, strict=True))
        batches = track("sweeping", batches, distinct, lambda batch: len(batch.plateaus) * len(batch.resolutions))
    parts: Iterable[Iterable[Configuration]] = (
        (batch.list_configurations() for batch in batches) if aims is None else [find_front(batches, aims)]
    )
    if style == "parquet":
        assert output is not None, "checked above"
        _write_parquet(parts, output)
    elif style in STREAMED:
        write_parts(csv_text(parts) if style == "csv" else jsonl_text(parts), output)
    else:
        rows = [configuration for part in parts for configuration in part]
        counts = {
            "alphas": sum(len(request.alphas) for request in requests),
            "networks": sum(len(sheet.plateaus) for sheet in sheets),
        }
        emit(as_table(rows, rules, front=pareto, **counts), as_json(rows, rules, **counts), style, output)
    return 0


def _write_parquet(parts: Iterable[Iterable[Configuration]], output: Path) -> None:
    pyarrow, parquet = _import_pyarrow()
    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(key, types[kind]) for key, kind in FLAT_TYPES.items()])
    with replace_file(output) as path, parquet.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pyarrow.Table.from_pylist(list(map(flat_record, part)), schema))


def _import_pyarrow() -> tuple[Any, Any]:
    """Import the library that writes Parquet.

    Raises:
        MissingLibrary: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingLibrary("pyarrow", "parquet") from None
