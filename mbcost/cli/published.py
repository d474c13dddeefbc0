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
from mbcost.questions.published.verdicts import verdicts
from mbcost.spec.catalogue.published import load_published


def published(
    net: Annotated[
        Optional[str],
        typer.Argument(metavar="[NET]", help="Only figures of this network.", autocompletion=complete_network),
    ] = None,
    source: Annotated[Optional[str], typer.Option(help="Only figures of this source.", metavar="NAME")] = None,
    status: Annotated[
        Optional[str], typer.Option(help="Only figures with this verdict.", metavar="exact|erratum|open|out-of-scope")
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="One row a source.")] = False,
    style: Format = "text",
    output: Output = None,
) -> int:
    """Every published figure with our number and a verdict.

    exact: a network as published, counted by a convention, gives the printed digits, in one way for all rows of its
    table. erratum: it does not, and a known mistake does, on evidence better than chance. open: nothing does.

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
    papers = {paper_of(each) for each in figures if source in (None, each.source.name)}
    asked = [each for each in figures if paper_of(each) in papers and net in (None, each.net)]
    answer = [
        each
        for each in verdicts(asked, partial(track, "explaining"))
        if wanted in (None, each.status) and source in (None, each.figure.source.name)
    ]
    emit(summary_table(answer) if summary else as_table(answer), as_json(answer), style, output)
    return 0
