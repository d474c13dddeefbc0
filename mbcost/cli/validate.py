"""`mbcost validate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import complete_network, parse_alpha, parse_list, parse_reference, parse_resolution, pick_one
from mbcost.cli.options import Output
from mbcost.cli.output import check_output, emit, write
from mbcost.cli.progress import track
from mbcost.present import validate as present
from mbcost.questions.validate.campaign import TOOLS, Subject, campaign, plan, run
from mbcost.spec.catalogue.library import NETWORKS, load_spec

STYLES = {"junit": present.junit, "github": present.github}
"""Formats for pipelines, beside those that every command has."""


def validate(
    networks: Annotated[
        Optional[list[str]],
        typer.Argument(
            metavar="[NET]...", help="Networks [default: every built-in one].", autocompletion=complete_network
        ),
    ] = None,
    alpha: Annotated[
        Optional[str],
        typer.Option(metavar="LIST", help="Width multipliers, a,b,c or start:stop:step [default: published]."),
    ] = None,
    res: Annotated[
        Optional[str],
        typer.Option(metavar="LIST", help="Input sizes, N or HxW, as a list or range [default: published]."),
    ] = None,
    impl: Annotated[
        Optional[str], typer.Option(metavar="IMPL", help="Implementation [default: official, and a library's own].")
    ] = None,
    against: Annotated[
        str, typer.Option(metavar="LIST", help="fvcore, torch, torchvision, timm, keras, transformers, or all.")
    ] = ",".join(TOOLS),
    style: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, csv, json, markdown, latex, junit or github.")
    ] = "text",
    output: Output = None,
) -> int:
    """Compare the formulas with real models, layer by layer, to the last integer.

    fvcore and torch measure our own PyTorch model of the same spec; the libraries are compared model against model.
    Exit 0 when everything is equal, 1 when something differs, 2 when it could not run.

    \b
    Examples:
      mbcost validate
      mbcost validate v2 --alpha 0.35:1.4:0.35 --res 97,224,160x224
      mbcost validate v3-large --against torchvision,timm
      mbcost validate --against all --format junit --output report.xml
    """
    check_output(style, output, more=tuple(STYLES))
    alphas = [] if alpha is None else [parse_alpha(part) for part in parse_list(alpha, "alpha")]
    resolutions = [] if res is None else [parse_resolution(part) for part in parse_list(res, "res")]
    planned = plan(
        list(_subjects(networks or [], alphas, resolutions, impl)),
        against=parse_list(against, "against"),
        alphas=alphas,
        resolutions=resolutions,
        implementation=impl,
    )
    # A library can have several models of one network, so the bar counts comparisons as they are planned.
    answer = campaign(planned, track("comparing", run(planned), len(planned.cases)))
    if style in STYLES:
        write(STYLES[style](answer), output)
    else:
        emit(present.as_table(answer), present.as_json(answer), style, output)
    return 0 if answer.passed else 1


def _subjects(
    networks: list[str], alphas: list[float], resolutions: list[tuple[int, int]], impl: str | None
) -> Iterator[Subject]:
    for name in networks or NETWORKS:
        reference = parse_reference(name)
        pick_one("alpha", name, reference.alpha, *(alphas if reference.alpha is not None else ()))
        pick_one("the resolution", name, reference.resolution, *(resolutions if reference.resolution else ()))
        pick_one("the implementation", name, reference.implementation, impl)
        spec = load_spec(reference.name)
        yield Subject(spec, reference.alpha, reference.resolution, reference.implementation, named=bool(networks))
