"""`mbcost check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from mbcost.cli.arguments import refuse_models
from mbcost.cli.completers import complete_network
from mbcost.cli.files import write
from mbcost.cli.options import format_option, share_options
from mbcost.cli.output import View, check_whole_table, choose_destination, emit
from mbcost.cli.parameters import Argument
from mbcost.cli.streams import read_screen
from mbcost.errors import STANDARD_INPUT, MbcostError
from mbcost.present.check.check import as_json, as_table, render_annotations, render_junit, render_text
from mbcost.questions.check import CONTRADICTION, check_files
from mbcost.spec.catalogue.library import find_network, is_file, is_path, specs_folder
from mbcost.spec.reading.text import read_file, read_standard_input

REPORTS = {"github": render_annotations, "junit": render_junit}
"""Formats for pipelines, in addition to those that every command has."""
STYLES = ("text", *REPORTS)
"""Formats that are not tables."""


@share_options(known=lambda _: as_table(()).columns, style=format_option(*REPORTS))
def check(
    files: Annotated[
        list[str],
        Argument(
            metavar="FILE...",
            help="Specs to check; - reads standard input.",
            complete=complete_network,
        ),
    ],
    view: View,
) -> int:
    """Check specs for mistakes: show every problem at once, with its line and what to do.

    Exit 0 if all specs are fine, 1 if a valid spec contradicts itself, 2 if a file is not a valid spec.

    \b
    Examples:
      mbcost check mynet.yaml
      mbcost check nets/*.yaml --format github
      mbcost check nets/*.yaml --output report.xml
    """
    destination = choose_destination(view, extra=STYLES)
    if destination.style in STYLES:
        check_whole_table(destination)
    refuse_models(files, "check reads tables in YAML: use mbcost table, or mbcost verify to compare it with a table")
    checked_files = check_files(map(_origin, files), _read)
    if destination.style == "text":
        width = None if destination.file else read_screen().width
        write(render_text(checked_files, width), destination.file)
    elif destination.style in REPORTS:
        write(REPORTS[destination.style](checked_files), destination.file)
    else:
        emit(as_table(checked_files), as_json(checked_files), destination, "problems")
    kinds = {finding.kind for checked in checked_files for finding in checked.findings}
    return 2 if kinds - {CONTRADICTION} else len(kinds)


def _origin(name: str) -> str:
    """Return what messages call a file; the name of a built-in network means its file."""
    if name == "-":
        return STANDARD_INPUT
    network = None if is_file(name) or is_path(name) else find_network(name)
    return name if network is None else str(specs_folder() / f"{network}.yaml")


def _read(origin: str) -> str:
    if not is_file(origin) and is_file(f"{origin}.yaml"):
        raise MbcostError(f"No such file or directory: did you mean '{origin}.yaml'?")
    return read_standard_input() if origin == STANDARD_INPUT else read_file(Path(origin))
