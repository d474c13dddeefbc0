"""`mbcost published`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import refuse_models
from mbcost.cli.completers import names_of, one_of
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import track
from mbcost.errors import MbcostError
from mbcost.present.published import as_json, as_table, errata_json, errata_table, summary_table
from mbcost.present.table import Column
from mbcost.questions.published.corrections import correct_cells, correct_figures, list_errata
from mbcost.questions.published.verdict import STATUSES
from mbcost.questions.published.verdicts import judge_chosen, judge_figures, make_filter
from mbcost.spec.catalogue.published import load_published


def _list_sources() -> list[str]:
    return list(dict.fromkeys(figure.source.name for figure in load_published()))


def _list_networks() -> list[str]:
    return list(dict.fromkeys(figure.net for figure in load_published()))


def _list_columns(given: Mapping[str, Any]) -> Sequence[Column[Any]]:
    """Return the columns of the answer, given the options."""
    if given.get("errata"):
        return errata_table((), ()).columns
    return (summary_table(()) if given.get("summary") else as_table(())).columns


@share_options(known=_list_columns)
def published(
    net: Annotated[
        Optional[str],
        Argument(
            metavar="[NET]",
            help="Show only figures of this network [default: all].",
            complete=names_of(_list_networks),
        ),
    ] = None,
    *,
    source: Annotated[
        Optional[str],
        Option(
            help="Show only figures of this source [default: all].",
            metavar="NAME",
            complete=names_of(_list_sources),
        ),
    ] = None,
    status: Annotated[
        Optional[str],
        Option(
            help="Show only figures with this verdict: exact, erratum, open or out-of-scope [default: all].",
            metavar="VERDICT",
            complete=one_of(*(status.replace(" ", "-") for status in STATUSES)),
        ),
    ] = None,
    summary: Annotated[bool, Option("--summary", help="Print one row per source.")] = False,
    errata: Annotated[
        bool, Option("--errata", help="Print what the sources print wrong, what is right, and the proof.")
    ] = False,
    view: View,
) -> int:
    """Show every published figure with our number and a verdict.

    exact: an unmodified network, counted by a convention, gives the printed digits, in the same way for all rows of
    the table. erratum: it does not, but a known mistake does, with evidence better than chance. open: nothing does.

    \b
    Examples:
      mbcost published --summary
      mbcost published v1 --source slim_v1_md
      mbcost published --status open
      mbcost published --errata
    """
    destination = choose_destination(view, columns=_list_columns({"errata": errata, "summary": summary}))
    if errata and (summary or status is not None):
        raise MbcostError(f"--errata and {'--summary' if summary else '--status'} are different answers: keep one")
    if net is not None:
        refuse_models([net], "papers do not print it: use mbcost explain NUMBER for a number that somebody printed")
    chosen = make_filter(net, source, status)
    if errata:
        figures = load_published()
        asked = [figure for figure in figures if chosen.has(figure)]
        # A wrong figure is looked for in every source.
        named = {figure.net for figure in list_errata(asked)}
        verdicts = judge_figures([figure for figure in figures if figure.net in named], partial(track, "explaining"))
        corrections = [item for item in correct_figures(verdicts) if item.figure in asked]
        cells = correct_cells(asked)
        count = len(corrections)
        lists = {"figures": range(count), "cells": range(count, count + len(cells))}
        emit(errata_table(corrections, cells), errata_json(corrections, cells), destination, lists)
        return 0
    verdicts = judge_chosen(chosen, partial(track, "explaining"))
    table = summary_table(verdicts) if summary else as_table(verdicts)
    emit(table, as_json(verdicts), destination, "summary" if summary else "figures")
    return 0
