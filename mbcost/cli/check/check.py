"""`mbcost check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mbcost.cli.arguments import complete_network
from mbcost.cli.options import Output
from mbcost.cli.output import check_output, emit, write
from mbcost.present.check import check as present
from mbcost.questions.check import CONTRADICTION, check_files
from mbcost.spec.catalogue.library import NETWORKS, specs_folder
from mbcost.spec.reading.text import STANDARD_INPUT, read_file, read_standard_input

STYLES = {"text": present.text, "github": present.github}
"""Formats that are no table."""


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Specs; - reads standard input.",
            autocompletion=complete_network,
            show_default=False,
        ),
    ],
    style: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, csv, json, markdown, latex or github.")
    ] = "text",
    output: Output = None,
) -> int:
    """Is a spec right? Every problem at once, each with its place, its line and what to do.

    Exit 0 when all are fine, 1 when a readable table contradicts itself, 2 when a file is no valid spec.

    \b
    Examples:
      mbcost check mynet.yaml
      mbcost check nets/*.yaml --format github
    """
    check_output(style, output, more=tuple(STYLES))
    answer = check_files(map(_origin, files), _text)
    if style in STYLES:
        write(STYLES[style](answer), output)
    else:
        emit(present.as_table(answer), present.as_json(answer), style, output)
    kinds = {finding.kind for checked in answer for finding in checked.findings}
    return 2 if kinds - {CONTRADICTION} else len(kinds)


def _origin(name: str) -> str:
    """What a file is called in messages; the name of a built-in network stands for its file."""
    if name in NETWORKS and not Path(name).is_file():
        return str(specs_folder() / f"{name}.yaml")
    return STANDARD_INPUT if name == "-" else name


def _text(origin: str) -> str:
    return read_standard_input() if origin == STANDARD_INPUT else read_file(Path(origin))
