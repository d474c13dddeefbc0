"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import complete_network
from mbcost.spec.catalogue.library import load_conventions


def complete_convention(incomplete: str) -> list[str]:
    """Return the conventions that the shell can complete a word to."""
    return [name for name in load_conventions() if name.startswith(incomplete)]


Net = Annotated[
    str,
    typer.Argument(
        metavar="NET",
        help="NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL. - reads standard input.",
        autocompletion=complete_network,
    ),
]
Alpha = Annotated[Optional[str], typer.Option(help="Width multiplier [default: 1].", metavar="ALPHA")]
Res = Annotated[Optional[str], typer.Option(help="Input size in pixels [default: the table's own].", metavar="N|HxW")]
Rho = Annotated[Optional[str], typer.Option(help="Resolution multiplier, instead of --res.", metavar="RHO")]
Impl = Annotated[
    Optional[str],
    typer.Option(
        help="Implementation: whose rules of rounding, scaling and padding [default: official].", metavar="IMPL"
    ),
]
Classes = Annotated[
    Optional[int], typer.Option(help="Number of outputs of the classifier [default: 1000].", metavar="N")
]
HeadText = Annotated[
    Optional[str],
    typer.Option(
        "--head",
        help="Your own head instead of the table's: widths of dense layers, bn, first flatten or pool; or none.",
        metavar="512,bn,26",
    ),
]
InChannels = Annotated[
    Optional[int], typer.Option(help="Number of channels of the input [default: the table's own].", metavar="N")
]
ConventionName = Annotated[
    Optional[str],
    typer.Option(
        "--convention",
        help="Convention: how params and mult-adds are counted [default: macs].",
        metavar="NAME",
        autocompletion=complete_convention,
    ),
]
Format = Annotated[
    Optional[str],
    typer.Option(
        "--format",
        "-f",
        help="Format: text, csv, json, markdown or latex [default: by the ending of --output, else text].",
        metavar="FORMAT",
    ),
]
Output = Annotated[
    Optional[Path],
    typer.Option("--output", "-o", help="Write to FILE atomically [default: standard output].", metavar="FILE"),
]
Force = Annotated[bool, typer.Option("--force", help="Start work that is above the limit of this command.")]
