"""`mbcost calibrate`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import refuse_models
from mbcost.cli.completers import complete_network, list_files, one_of
from mbcost.cli.files import choose_file, keep_inputs, write
from mbcost.cli.latency.doubts import write_doubts
from mbcost.cli.latency.models import write_models
from mbcost.cli.latency.running import measure_here, parse_minutes
from mbcost.cli.options import share_options
from mbcost.cli.output import Destination, View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work
from mbcost.cli.streams import write_message
from mbcost.errors import MbcostError, choose
from mbcost.present.latency.calibrate import COLUMNS, as_json, as_table
from mbcost.questions.latency.calibrate import LEAST_POINTS
from mbcost.questions.latency.measured import resolve_measured
from mbcost.questions.latency.page import make_page
from mbcost.questions.latency.plan import NAME, USUAL_COUNT, list_candidates, plan_device
from mbcost.questions.latency.summaries import calibrate_resolved
from mbcost.spec.catalogue.measured import TABLE_ENDINGS, YAML_ENDINGS
from mbcost.spec.catalogue.measurements import load_measurements, split_log
from mbcost.spec.catalogue.runnable import find_runnable
from mbcost.spec.device import MeasuredDevice
from mbcost.spec.dtype import DTYPES, dtype_of
from mbcost.spec.reading.text import read_file
from mbcost.spec.reading.writing import write_device
from mbcost.spec.shown import count

RUNTIMES = ("onnxruntime", "torch")
MINUTES = "2"
_MEASURED = re.compile(r"^measured\s*:", re.MULTILINE)


def _complete(ctx: Any, incomplete: str) -> list[str]:
    """Return files, or networks if measurements are planned."""
    is_planned = ctx.params.get("plan") or ctx.params.get("run")
    return complete_network(ctx, incomplete) if is_planned else list_files(incomplete)


@share_options(
    known=lambda _: COLUMNS,
    output=Annotated[
        Optional[Path],
        Option(
            "--output -o",
            help="Write the device file if FILE ends with .yaml, else the answer [default: standard output].",
            metavar="FILE",
        ),
    ],
)
def calibrate(
    files: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[FILE|NET]...",
            help="A file of measurements, or logs as NET=FILE; with --plan and --run, networks to choose from "
            "[default: v1, v2, v3-large, v3-small].",
            complete=_complete,
        ),
    ] = None,
    *,
    plan: Annotated[
        Optional[int],
        Option(help=f"Choose N networks to measure [default: {USUAL_COUNT} with --run].", metavar="N"),
    ] = None,
    models: Annotated[
        Optional[Path],
        Option(help="Write the planned networks as ONNX to a new folder [default: none].", metavar="DIR"),
    ] = None,
    run: Annotated[
        Optional[str],
        Option(
            help="Measure the planned networks on this machine with this runtime [default: none].",
            metavar="|".join(RUNTIMES),
            complete=one_of(*RUNTIMES),
        ),
    ] = None,
    minutes: Annotated[
        Optional[str], Option(help=f"How many minutes --run measures [default: {MINUTES}].", metavar="M")
    ] = None,
    threads: Annotated[
        Optional[str],
        Option(help="Threads of the runtime [default: 1 with --run, else what FILE says].", metavar="N"),
    ] = None,
    name: Annotated[
        Optional[str], Option(help="What the device file calls the device [default: what FILE says].", metavar="TEXT")
    ] = None,
    runtime: Annotated[
        Optional[str], Option(help="The runtime with its version [default: what FILE says].", metavar="TEXT")
    ] = None,
    dtype: Annotated[
        Optional[str],
        Option(
            help="The dtype of the networks [default: what FILE says].",
            metavar="|".join(DTYPES),
            complete=one_of(*DTYPES),
        ),
    ] = None,
    view: View,
) -> int:
    """Turn measured latencies into a device, with the error that its predictions have.

    FILE is a device file, a table with the header `network,ms`, the output of benchncnn, or logs of TFLite's
    benchmark_model, onnxruntime_perf_test or trtexec, each as NET=FILE.

    \b
    Examples:
      mbcost calibrate --plan 8 --output mine.yaml --models models
      mbcost calibrate mine.yaml
      mbcost calibrate v1@0.25/128=a.log v2=b.log v1=c.log --output mine.yaml
      mbcost calibrate --run onnxruntime --minutes 2 --output mine.yaml
    """
    keep_inputs(view.output, *(log[1] if (log := split_log(file)) else file for file in files or ()))
    refuse_models(
        files or (),
        "a plan varies alpha and resolution, so it names tables; for a measurement, write it as a row of the file",
    )
    saved, view = _split_output(view)
    destination = choose_destination(view, columns=COLUMNS)
    number_format = None if dtype is None else dtype_of(dtype).name
    description = _check_description({"device": name, "runtime": runtime, "dtype": number_format, "threads": threads})
    if plan is None and models is None and run is None:
        if minutes is not None:
            raise MbcostError("--minutes is for measuring here: add --run, or remove it")
        if not files:
            raise MbcostError("no file of measurements is given: name one, or add --plan 8 to choose what to measure")
        return _show(load_measurements(files, description), saved, destination)
    if run is None:
        planned = _plan(files or [], plan, name)
        _write_models(planned, models)
        _write_plan(replace(planned, **description), saved, destination)
        return 0
    duration, number = _check_run(run, minutes, description, saved)
    planned = _plan(files or [], plan, name)
    _write_models(planned, models)
    measured = measure_here(planned, run, number, duration)
    return _show(replace(measured, device=name or measured.device), saved, destination)


def _check_description(stated: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the fields of a device that are stated, each as a device file can have it: one line that is not blank.

    Raises:
        MbcostError: one of them is something else.
    """
    description = {key: value for key, value in stated.items() if value is not None}
    for key, value in description.items():
        if not value.strip() or not value.isprintable():
            option = "name" if key == "device" else key
            raise MbcostError(f"{option} is {value!r}: it must be one line of text that is not blank")
    return description


def _check_run(run: str, minutes: str | None, description: Mapping[str, str], saved: Path | None) -> tuple[float, int]:
    """Return how many minutes to measure, and with how many threads; what cannot work is refused before any work.

    Raises:
        MbcostError: an option is wrong, contradicts --run, or the measurements would not be kept.
    """
    choose("runtime", run, RUNTIMES)
    duration, number = parse_minutes(MINUTES if minutes is None else minutes), _read_threads(description.get("threads"))
    for key in ("runtime", "dtype"):
        if key in description:
            raise MbcostError(f"--{key} describes what was measured elsewhere, and --run states its own: remove it")
    if saved is None:
        raise MbcostError("the measurements would be lost: add --output with the name of a device file, mine.yaml")
    return duration, number


def _write_models(planned: MeasuredDevice, models: Path | None) -> None:
    if models is not None:
        names = write_models([find_runnable(row) for row in planned.measured], models)
        write_message(f"{models} has {', '.join(names)}")


def _split_output(view: View) -> tuple[Path | None, View]:
    """Return the device file that is written, if one is, and the options for the answer.

    Raises:
        MbcostError: the file exists already, or cannot be written.
    """
    if view.output is None or view.output.suffix.lower() not in YAML_ENDINGS:
        return None, view
    file = choose_file(view.output)
    if file is not None and file.is_file():
        raise MbcostError(f"{file} exists, and measurements in it would be lost: name a new file, or remove it")
    return file, replace(view, output=None)


def _plan(texts: Sequence[str], number: int | None, device: str | None) -> MeasuredDevice:
    """Return the networks to measure: those of a device file, or chosen ones."""
    if len(texts) == 1 and _is_device_file(texts[0]):
        if number is not None:
            raise MbcostError(f"{texts[0]} has the networks already, and --plan would choose others: keep one")
        planned = load_measurements(texts)
        resolve_measured(planned, planned=True)
        rows = [replace(row, milliseconds=None) for row in planned.measured]
        return replace(planned, device=device or planned.device, measured=tuple(dict.fromkeys(rows)))
    with show_work("choosing networks"):
        return plan_device(USUAL_COUNT if number is None else number, texts, device or NAME)


def _is_device_file(text: str) -> bool:
    """Return whether a text is the path of a device file or a table, and not that of a network."""
    path = Path(text)
    if path.suffix.lower() in TABLE_ENDINGS:
        return True
    return path.suffix.lower() in YAML_ENDINGS and path.is_file() and _MEASURED.search(read_file(path)) is not None


def _read_threads(text: str | None) -> int:
    if text is None:
        return 1
    if re.fullmatch("[0-9]{1,15}", text) is None or int(text) < 1:
        raise MbcostError(f"threads is '{text}': with --run it must be a whole number of at least 1")
    return int(text)


def _write_plan(planned: MeasuredDevice, saved: Path | None, destination: Destination) -> None:
    if destination.style != "text" or (saved is None and destination.file is not None):
        raise MbcostError("a plan is a device file: add --output with a name that ends with .yaml, or remove --format")
    write(write_device(planned), saved)
    if saved is not None:
        write_message(f"{saved} has {count(planned.measured, 'network')}: write the milliseconds after each name")


def _show(measured: MeasuredDevice, saved: Path | None, destination: Destination) -> int:
    """Write the device file, if one is wanted, and the page of the device."""
    resolved = resolve_measured(measured)
    if saved is not None:
        write(write_device(measured), saved)
        if len(resolved.measured) < LEAST_POINTS:
            write_message(f"{saved} has {count(resolved.measured, 'network')}")
    with show_work(f"calibrating {measured.name}"):
        page = make_page(calibrate_resolved(resolved), list_candidates())
        table, answer = as_table(page), as_json(page)
    write_doubts(resolved.notes, destination)
    emit(table, answer, destination, "rows")
    return 0
