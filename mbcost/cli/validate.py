"""`mbcost validate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import (
    choose_top,
    complete_network,
    parse_alpha,
    parse_list,
    parse_reference,
    parse_resolution,
    pick_setting,
)
from mbcost.cli.options import Force, HeadText, Output
from mbcost.cli.output import check_output, emit, write
from mbcost.cli.progress import track
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError
from mbcost.present.names import bytes_text
from mbcost.present.validate import as_json, as_table, render_github, render_junit
from mbcost.questions.validate.campaign import (
    TOOLS,
    ComparisonRequest,
    Plan,
    Subject,
    collect,
    count_comparisons,
    estimate,
    plan,
    run,
)
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.scaling import alpha_text

RATE = 10**10
"""Multiply-adds of real models per second, about."""
PLANNED_PER_SECOND = 300
"""Comparisons whose effort is estimated per second, about."""
MOST_COMPARISONS = 100_000
"""At most so many are planned without `--force`."""
MOST_MULT_ADDS = 10**14
"""At most so many are computed without `--force`: about three hours."""
MOST_BYTES = 2**32
"""The largest model, weights and maps together, that runs without `--force`."""
STYLES = {"junit": render_junit, "github": render_github}
"""Formats for pipelines, in addition to those that every command has."""


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
    head: HeadText = None,
    against: Annotated[
        str, typer.Option(metavar="LIST", help="fvcore, torch, torchvision, timm, keras, transformers, or all.")
    ] = ",".join(TOOLS),
    style: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, csv, json, markdown, latex, junit or github.")
    ] = "text",
    force: Force = False,
    output: Output = None,
) -> int:
    """Compare the formulas with real models, layer by layer, to the last integer.

    fvcore and torch measure our own PyTorch model of the same spec. The models of the libraries are traced. The exit
    code is 0 if everything is equal, 1 if a value differs, and 2 if the comparison could not run.

    \b
    Examples:
      mbcost validate
      mbcost validate v2 --alpha 0.35:1.4:0.35 --res 97,224,160x224
      mbcost validate v3-large --against torchvision,timm
      mbcost validate v2 --head 512,bn,26
      mbcost validate --against all --format junit --output report.xml
    """
    check_output(style, output, extra=tuple(STYLES))
    alphas = [] if alpha is None else [parse_alpha(part) for part in parse_list(alpha, "alpha")]
    resolutions = [] if res is None else [parse_resolution(part) for part in parse_list(res, "res")]
    request = ComparisonRequest(parse_list(against, "against"), alphas, resolutions, impl)
    subjects = list(_list_subjects(networks or [], request, head))
    begin_work(
        count_comparisons(subjects, request), "comparisons to plan", rate=PLANNED_PER_SECOND, bound=MOST_COMPARISONS,
        force=force, remedy="compare fewer networks",
    )  # fmt: skip
    planned = plan(subjects, request)
    _check_effort(planned, force=force)
    # A library can have several models of one network, so the progress bar counts planned comparisons.
    answer = collect(planned, track("comparing", run(planned), len(planned.cases)))
    if style in STYLES:
        write(STYLES[style](answer), output)
    else:
        emit(as_table(answer), as_json(answer), style, output)
    return 0 if answer.passed else 1


def _check_effort(planned: Plan, *, force: bool) -> None:
    """Refuse models that the machine may not hold, and announce or refuse long work, before any of it is done."""
    effort = estimate(planned)
    case = effort.largest
    if case is not None and effort.bytes > MOST_BYTES and not force:
        model = f"{case.spec.name} at alpha {alpha_text(case.alpha)} and {case.resolution[0]}x{case.resolution[1]}"
        raise MbcostError(
            f"{model} takes at least {bytes_text(effort.bytes)} of memory: use a smaller resolution or alpha, or add "
            f"--force to exceed the limit of {bytes_text(MOST_BYTES)}"
        )
    remedy = "compare fewer or smaller networks"
    begin_work(effort.mult_adds, "multiply-adds", rate=RATE, bound=MOST_MULT_ADDS, force=force, remedy=remedy)


def _list_subjects(networks: list[str], request: ComparisonRequest, head: str | None) -> Iterator[Subject]:
    for name in networks or NETWORKS:
        reference = parse_reference(name)
        pick_setting("alpha", name, reference.alpha, *(request.alphas if reference.alpha is not None else ()))
        resolutions = request.resolutions if reference.resolution else ()
        pick_setting("the resolution", name, reference.resolution, *resolutions)
        pick_setting("the implementation", name, reference.implementation, request.implementation)
        spec = choose_top(load_spec(reference.name), head)
        yield Subject(spec, reference.alpha, reference.resolution, reference.implementation, named=bool(networks))
