"""`mbcost published`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import complete_network
from mbcost.cli.options import Format, Output
from mbcost.cli.output import check_output, emit
from mbcost.cli.progress import track
from mbcost.errors import unknown
from mbcost.present.published import as_json, as_table, summary_table
from mbcost.questions.published.verdict import STATUSES, paper_of
from mbcost.questions.published.verdicts import judge_figures
from mbcost.spec.catalogue.published import load_published


def published(
    net: Annotated[
        Optional[str],
        typer.Argument(metavar="[NET]", help="Show only figures of this network.", autocompletion=complete_network),
    ] = None,
    source: Annotated[Optional[str], typer.Option(help="Show only figures of this source.", metavar="NAME")] = None,
    status: Annotated[
        Optional[str],
        typer.Option(help="Show only figures with this verdict.", metavar="exact|erratum|open|out-of-scope"),
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Print one row per source.")] = False,
    style: Format = "text",
    output: Output = None,
) -> int:
    """Show every published figure with our number and a verdict.

    exact: an unmodified network, counted by a convention, gives the printed digits, in the same way for all rows of
    the table. erratum: it does not, but a known mistake does, with evidence better than chance. open: nothing does.

    \b
    Examples:
      mbcost published --summary
      mbcost published v1 --source slim_v1_md
      mbcost published --status open
    """
    check_output(style, output)
    figures = load_published()
    sources = dict.fromkeys(figure.source.name for figure in figures)
    nets = dict.fromkeys(figure.net for figure in figures)
    if source is not None and source not in sources:
        raise unknown("source", source, sources)
    if net is not None and net not in nets:
        raise unknown("network", net, nets)
    wanted = None if status is None else status.replace("-", " ")
    if wanted is not None and wanted not in STATUSES:
        raise unknown("verdict", str(status), (name.replace(" ", "-") for name in STATUSES))
    papers = {paper_of(figure) for figure in figures if source in (None, figure.source.name)}
    relevant = [figure for figure in figures if paper_of(figure) in papers and net in (None, figure.net)]
    verdicts = [
        verdict
        for verdict in judge_figures(relevant, partial(track, "explaining"))
        if wanted in (None, verdict.status) and source in (None, verdict.figure.source.name)
    ]
    emit(summary_table(verdicts) if summary else as_table(verdicts), as_json(verdicts), style, output)
    return 0
