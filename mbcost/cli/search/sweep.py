"""`mbcost sweep`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

from mbcost.cli.arguments import NOTHING_TO_SWEEP, NetworkOptions, refuse_models
from mbcost.cli.completers import complete_network, list_of, names_of
from mbcost.cli.files import keep_inputs, replace_file, write_parts
from mbcost.cli.options import (
    TABLES_ONLY,
    ConventionName,
    Force,
    RhoList,
    alpha_list,
    format_option,
    res_list,
    share_options,
)
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import track
from mbcost.cli.search.options import Allocator, Dtype, parse_grid, read_settings
from mbcost.cli.streams import is_terminal
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.present.search.sweep import (
    FLAT_TYPES,
    as_table,
    choose_keys,
    csv_text,
    flat_record,
    jsonl_text,
    list_columns,
    sort_configurations,
)
from mbcost.present.search.sweep_json import as_json
from mbcost.questions.search.configurations import Batch, Configuration, CountingRules
from mbcost.questions.search.effort import MOST_KEPT, list_sweep_works
from mbcost.questions.search.requests import (
    Request,
    check_parts,
    choose_published,
    count_configurations,
    load_rules,
    make_requests,
)
from mbcost.questions.search.sweep import BETTER, find_front, parse_aims
from mbcost.questions.search.sweep import sweep as compute_batches

if TYPE_CHECKING:
    from mbcost.questions.search.estimates import Estimator

MOST_SHOWN = 1_000_000
"""The number of configurations that are written to standard output without --force."""
LARGEST_IN_PARQUET = 2**63 - 1
MORE_FORMATS = ("jsonl", "parquet")
STREAMED = ("csv", *MORE_FORMATS)
"""The formats that are written part by part."""


@share_options(
    known=lambda given: list_columns(with_latency=bool(given.get("device"))),
    alpha=alpha_list("published"),
    res=res_list("published"),
    **TABLES_ONLY,
    rho=RhoList,
    style=format_option(*MORE_FORMATS),
)
def sweep(
    networks: Annotated[
        list[str],
        Argument(
            metavar="NET...",
            help="NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL.",
            complete=complete_network,
        ),
    ],
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
    allocator: Allocator = "naive",
    dtype: Dtype = "int8",
    pareto: Annotated[
        Optional[str],
        Option(
            metavar="X,Y",
            help="Show only what is Pareto-optimal in two of mult-adds, params, memory, flash, top1 and latency; "
            "+X means that more of X is better [default: show all].",
            complete=list_of(*(f"{sign}{name.replace('_', '-')}" for name in BETTER for sign in ("", "+"))),
        ),
    ] = None,
    device: Annotated[
        Optional[str],
        Option(
            metavar="NAME",
            help="Show milliseconds on a measured device, or on that of a file of measurements [default: none].",
            complete=names_of(lambda: _list_devices()),
        ),
    ] = None,
    view: View,
    force: Force = False,
) -> int:
    """Show the cost of networks over alpha and resolution, one row per configuration.

    Alphas that round to the same widths share a row. csv, jsonl and parquet are written part by part, so that a file
    can have any number of rows. Without --force, at most 100,000,000 configurations are computed (1,000,000 with
    arenas), 1,000,000 are written to standard output, and 100,000 in text, json, markdown or latex.

    \b
    Examples:
      mbcost sweep v1 v2 --alpha 0.25:1.4:0.05 --res 96:256:32
      mbcost sweep v2 v3-large --pareto mult-adds,top1
      mbcost sweep v2 --device pixel1-tflite --pareto latency,top1
      mbcost sweep v2 --alpha 0.1:1.5:0.001 --res 32:320:1 -o v2.parquet
    """
    refuse_models(networks, NOTHING_TO_SWEEP)
    keep_inputs(view.output, device)
    destination = choose_destination(view, MORE_FORMATS)
    style, output = destination.style, destination.file
    aims = None if pareto is None else parse_aims(pareto, with_latency=device is not None)
    if style == "parquet" and output is None:
        raise MbcostError("parquet is not a text format: add --output FILE")
    if style == "parquet":
        _import_pyarrow()
    keys = choose_keys(destination.columns, with_latency=device is not None)
    order = None if destination.sort is None else choose_keys([destination.sort], with_latency=device is not None)[0]
    estimator = None if device is None else _make_estimator(device)
    rules = load_rules(convention, allocator, dtype)
    requests = make_requests(networks, read_settings(options), parse_grid(options), choose_published)
    count = count_configurations(requests)
    most = (
        MOST_KEPT if style not in STREAMED or destination.sort is not None else MOST_SHOWN if output is None else None
    )
    if most is not None and count > most and aims is None and not force:
        asked = sum(len(request.alphas) * len(request.resolutions) for request in requests)
        raise MbcostError(
            f"there are {asked:,} configurations: add --output FILE with --format {' or '.join(STREAMED)}, use larger "
            f"steps, or add --force to exceed the limit of {most:,}"
        )
    works = list_sweep_works(requests, rules.allocator, only_front=aims is not None, with_latency=estimator is not None)
    begin_work(*works, force=force)
    seen: Counter[str] = Counter()
    batches: Iterable[Batch] = _compute_batches(requests, rules, seen, estimator)
    # Rows that appear on the same terminal show the progress themselves, and a bar would come between them.
    if not (output is None and style in STREAMED and aims is None and is_terminal(sys.stdout)):
        batches = track("sweeping", batches, count, lambda batch: batch.shape[0] * batch.shape[1])
    parts: Iterable[Iterable[Configuration]] = (
        (batch.list_configurations() for batch in batches)
        if aims is None
        else [find_front(batches, aims, None if force else MOST_KEPT)]
    )
    if style in STREAMED and order is not None:
        parts = [sort_configurations(parts, order)]
    if style == "parquet":
        assert output is not None, "checked above"
        _write_parquet(parts, output, keys)
    elif style in STREAMED:
        write_parts(csv_text(parts, keys) if style == "csv" else jsonl_text(parts, keys), output)
    else:
        rows = [configuration for part in parts for configuration in part]
        counted = {"alphas": sum(len(request.alphas) for request in requests), "networks": seen["networks"]}
        calibration = None if estimator is None else estimator.calibration
        answer = as_json(rows, rules, **counted, calibration=calibration)
        table = as_table(rows, rules, **counted, front=pareto, calibration=calibration)
        emit(table, answer, destination, "configurations")
    return 0


def _list_devices() -> list[str]:
    from mbcost.spec.catalogue.measured import list_devices

    return list(list_devices())


def _make_estimator(device: str) -> Estimator:
    from mbcost.questions.search.estimates import make_estimator

    return make_estimator(device, limits_latency=True)


def _compute_batches(
    requests: Sequence[Request[tuple[float, ...]]],
    rules: CountingRules,
    count: Counter[str],
    estimator: Estimator | None,
) -> Iterator[Batch]:
    """Yield the configurations in parts, and count the networks.

    Raises:
        MbcostError: an alpha does not give a network, a feature map is empty, or a network is too large for an estimate
            of its latency.
    """
    for request in requests:  # a mistake leaves no half output
        check_parts(request, rules)
        if estimator is not None:
            estimator.check_size(request.series, request.alphas, request.resolutions)
    for request in requests:
        for sheet in request.compute_sheets(rules):
            count["networks"] += len(sheet.plateaus)
            batches = compute_batches([sheet], [request.resolutions])
            yield from batches if estimator is None else estimator.add_latency(batches)


def _write_parquet(parts: Iterable[Iterable[Configuration]], output: Path, keys: Sequence[str]) -> None:
    pyarrow, parquet = _import_pyarrow()
    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(key, types[FLAT_TYPES[key]]) for key in keys])
    with replace_file(output) as path, parquet.ParquetWriter(path, schema) as writer:
        for part in parts:
            rows = [flat_record(configuration, tuple(FLAT_TYPES)) for configuration in part]
            _check_integers(rows)
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def _check_integers(rows: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a number that Parquet's largest integers do not hold.

    Raises:
        MbcostError: there is one.
    """
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int) and value > LARGEST_IN_PARQUET:
                raise MbcostError(
                    f"{key} of {row['network']} at alpha {row['alpha']:g} and {row['height']}x{row['width']} is above "
                    f"{LARGEST_IN_PARQUET:,}, the largest integer of a parquet file: use --format csv or jsonl"
                )


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
