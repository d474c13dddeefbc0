"""`mbcost validate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Optional

from mbcost.cli.arguments import (
    NetworkOptions,
    choose_top,
    parse_alpha,
    parse_list,
    parse_reference,
    parse_resolution,
    pick_setting,
    refuse_models,
    scale_resolution,
)
from mbcost.cli.completers import complete_implementation, complete_network, list_of
from mbcost.cli.files import write
from mbcost.cli.options import TABLES_ONLY, Force, RhoList, alpha_list, format_option, res_list, share_options
from mbcost.cli.output import View, check_whole_table, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import track
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError
from mbcost.present.validate import as_json, as_table, list_groups, render_github, render_junit, tabulate_differences
from mbcost.questions.validate.campaign import (
    TOOLS,
    WITNESSES,
    Campaign,
    Subject,
    collect,
    run,
)
from mbcost.questions.validate.effort import measure_planning, measure_running
from mbcost.questions.validate.planning import ComparisonRequest, plan
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.scaling import check_whole
from mbcost.spec.table import Spec

STYLES = {"junit": render_junit, "github": render_github}
"""Formats for pipelines, in addition to those that every command has."""


@share_options(
    known=lambda _: as_table(Campaign((), ())).columns,
    alpha=alpha_list("published"),
    res=res_list("published"),
    **TABLES_ONLY,
    rho=RhoList,
    impl=Annotated[
        Optional[str],
        Option(
            metavar="IMPL",
            help="Implementation [default: official, and a library's own].",
            complete=complete_implementation,
        ),
    ],
    style=format_option(*STYLES),
)
def validate(
    networks: Annotated[
        Optional[list[str]],
        Argument(metavar="[NET]...", help="Networks [default: every built-in one].", complete=complete_network),
    ] = None,
    *,
    options: NetworkOptions,
    against: Annotated[
        str,
        Option(
            metavar="LIST",
            help="fvcore, torch, torchvision, timm, keras, transformers, or all.",
            complete=list_of(*WITNESSES, "all"),
        ),
    ] = ",".join(TOOLS),
    force: Force = False,
    view: View,
) -> int:
    """Compare the formulas with real models, layer by layer, to the last integer.

    fvcore and torch measure our own PyTorch model of the same spec. The models of the libraries are traced. The exit
    code is 0 if everything is equal, 1 if a value differs, and 2 if the comparison could not run. All published alphas
    and resolutions of one network take a minute or more; v2@1/224 is one of each and takes seconds.

    \b
    Examples:
      mbcost validate v2@1/224
      mbcost validate
      mbcost validate v2 --alpha 0.35:1.4:0.35 --res 97,224,160x224
      mbcost validate v3-large --against torchvision,timm
      mbcost validate v2 --head 512,bn,26
      mbcost validate --against all --format junit --output report.xml
    """
    refuse_models(networks or (), "validate compares tables with PyTorch: use mbcost verify to compare it with a table")
    nothing = Campaign((), ())
    columns = (as_table(nothing).columns, tabulate_differences(nothing).columns)
    destination = choose_destination(view, tuple(STYLES), *columns)
    if destination.style in STYLES:
        check_whole_table(destination)
    alphas = (
        []
        if options.alpha is None
        else [parse_alpha(part, in_list=True) for part in parse_list(options.alpha, "alpha")]
    )
    resolutions = [] if options.res is None else [parse_resolution(part) for part in parse_list(options.res, "res")]
    request = ComparisonRequest(parse_list(against, "against"), alphas, resolutions, options.impl)
    subjects = list(_list_subjects(networks or [], request, options))
    begin_work(measure_planning(subjects, request), force=force)
    planned = plan(subjects, request)
    begin_work(measure_running(planned, force=force), force=force)
    # A library can have several models of one network, so the progress bar counts planned comparisons.
    answer = collect(planned, track("comparing", run(planned), len(planned.cases)))
    if destination.style in STYLES:
        write(STYLES[destination.style](answer), destination.file)
    else:
        emit(as_table(answer), as_json(answer), destination, {"comparisons": list_groups(answer)})
    return 0 if answer.passed else 1


def _list_subjects(networks: list[str], request: ComparisonRequest, options: NetworkOptions) -> Iterator[Subject]:
    for name in networks or NETWORKS:
        reference = parse_reference(name)
        pick_setting("alpha", name, reference.alpha, *(request.alphas if reference.alpha is not None else ()))
        resolutions = request.resolutions if reference.resolution else ()
        pick_setting("the resolution", name, reference.resolution, *resolutions)
        pick_setting("the implementation", name, reference.implementation, request.implementation)
        spec = _change_spec(load_spec(reference.name), options)
        sizes: tuple[tuple[int, int] | None, ...] = (reference.resolution,)
        if options.rho is not None:
            if reference.resolution is not None or request.resolutions:
                raise MbcostError(
                    "rho and a resolution are both given: remove one, rho multiplies the table's own resolution"
                )
            sizes = tuple(dict.fromkeys(scale_resolution(spec, rho) for rho in parse_list(options.rho, "rho")))
        for size in sizes:
            yield Subject(spec, reference.alpha, size, reference.implementation, named=bool(networks))


def _change_spec(spec: Spec, options: NetworkOptions) -> Spec:
    """Return the table with the top, the classes and the input channels that the options state.

    Raises:
        MbcostError: the options contradict each other, or a number is not positive.
    """
    changed = choose_top(spec, options.head, options.classes, top=options.top)
    if options.classes is not None:
        changed = replace(changed, classes=check_whole(options.classes, "classes"))
    if options.in_channels is not None:
        changed = replace(changed, channels=check_whole(options.in_channels, "in-channels"))
    return changed
