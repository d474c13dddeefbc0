"""`mbcost explain`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import (
    complete_alpha,
    complete_implementation,
    complete_network,
    complete_resolution,
    names_of,
    one_of,
)
from mbcost.cli.options import Force, open_option, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import track
from mbcost.cli.work import begin_work
from mbcost.errors import MbcostError, unknown
from mbcost.present.arrangement import UNSORTED
from mbcost.present.explain.explain import COLUMNS, DETAILS, as_json, as_table
from mbcost.present.explain.of_file import COLUMNS as FILE_COLUMNS
from mbcost.present.explain.of_file import as_json as file_json
from mbcost.present.explain.of_file import as_table as tabulate_file
from mbcost.questions.explain.effort import measure_search
from mbcost.questions.explain.explain import explain as explain_query
from mbcost.questions.explain.of_file import explain_file
from mbcost.questions.explain.query import Claim, make_query, parse_number
from mbcost.questions.explain.readings import QUANTITIES
from mbcost.questions.explain.rows import name_networks, read_rows
from mbcost.questions.explain.trials import Trial
from mbcost.questions.networks import is_model
from mbcost.spec.catalogue.library import find_network, load_conventions
from mbcost.spec.quantity import read_quantity
from mbcost.spec.scaling import check_whole


@share_options(
    known=lambda _: COLUMNS,
    alpha=open_option("Width multiplier", "ALPHA", complete=complete_alpha),
    res=open_option("Input size in pixels", "N|HxW", complete=complete_resolution),
    rho=open_option("Resolution multiplier, instead of --res", "RHO"),
    impl=open_option("Implementation", "IMPL", complete=complete_implementation),
    classes=open_option("Outputs of the classifier", "N", int),
)
def explain(
    number: Annotated[
        Optional[str],
        Argument(metavar="[NUMBER]", help="The number as printed, such as 314M [default: the numbers of the options]."),
    ] = None,
    net: Annotated[
        Optional[str],
        Argument(
            metavar="[NET]",
            help="What is known of the network: NAME@ALPHA/RES:IMPL [default: open].",
            complete=complete_network,
        ),
    ] = None,
    *,
    options: NetworkOptions,
    convention: Annotated[
        Optional[str],
        Option(
            help="The convention that counts it [default: open].",
            metavar="NAME",
            complete=names_of(load_conventions),
        ),
    ] = None,
    quantity: Annotated[
        Optional[str],
        Option(
            help="What the number counts: mult-adds, params, activations, bytes or activation-bytes [default: open].",
            metavar="QUANTITY",
            complete=one_of(*(name.replace("_", "-") for name in QUANTITIES)),
        ),
    ] = None,
    mult_adds: Annotated[
        Optional[str],
        Option(
            "--mult-adds",
            help="Mult-adds of the network, alone or with other numbers [default: none].",
            metavar="NUMBER",
        ),
    ] = None,
    params: Annotated[
        Optional[str],
        Option(help="Parameters of the network, alone or with other numbers [default: none].", metavar="NUMBER"),
    ] = None,
    rows: Annotated[
        Optional[str],
        Option(
            help="A table: CSV with network, alpha, resolution, mult_adds, params; - is standard input "
            "[default: none].",
            metavar="FILE",
        ),
    ] = None,
    limit: Annotated[int, Option(help="Number of explanations to list.", metavar="N")] = 10,
    deep: Annotated[
        bool, Option("--deep", help="Also try two mistakes at once, changed rows of the table, powers of 1024.")
    ] = False,
    force: Force = False,
    view: View,
) -> int:
    """Find the networks and conventions that give a printed number, the simplest explanation first.

    What you give is kept, what you leave open is searched. For each explanation, chance is the share of similar random
    numbers that would get an equally simple explanation. The exit code is 0 if an explanation gives the digits, else 1.
    A search of more than 10,000,000 counts, about 8 minutes, or one whose arrays exceed 320 MB, needs --force.

    \b
    Examples:
      mbcost explain 314M v2 --alpha 1 --res 224
      mbcost explain v2@1.4/224 --mult-adds 610.1M --params 6.11M
      mbcost explain 4,242,920 --quantity params
      mbcost explain 2,929,242 v2:keras --quantity params --head 512,bn,26
      mbcost explain --rows table.csv
      mbcost explain 9.7M model.tflite
    """
    model = next((text for text in (number, net) if text is not None and is_model(text)), None)
    own = (FILE_COLUMNS, FILE_COLUMNS) if model else (COLUMNS, DETAILS)
    destination = choose_destination(view, (), *own)
    if destination.style == "json" and destination.sort is not None:
        raise MbcostError(UNSORTED)  # its explanations are named by their rank
    check_whole(limit, "limit")
    if quantity is not None and quantity.replace("-", "_") not in QUANTITIES:
        raise unknown("quantity", quantity, (name.replace("_", "-") for name in QUANTITIES))
    if model is not None and rows is not None:
        raise MbcostError(f"--rows is a table of many networks, and {model} is one: give its numbers as options")
    networks = _networks(number, net, quantity, {"mult_adds": mult_adds, "params": params}, rows)
    if model is not None:
        ((_, (claim, *_)), *_) = networks
        file_answer = explain_file(resolve_network(model, options), claim, convention, limit, deep=deep)
        emit(tabulate_file(file_answer), file_json(file_answer), destination)
        return 0 if file_answer.fits else 1
    settings = options.parse()
    queries = [make_query(name, claims, settings, convention, deep=deep, force=force) for name, claims in networks]
    begin_work(measure_search(queries, force=force), force=force)
    answers = [explain_query(query, limit, _track if deep else iter) for query in queries]
    emit(as_table(answers), as_json(answers), destination)
    return 0 if all(answer.fits for answer in answers) else 1


def _networks(
    number: str | None, net: str | None, quantity: str | None, options: Mapping[str, str | None], rows: str | None
) -> list[tuple[str | None, list[Claim]]]:
    """Return what to explain, network by network: the numbers of a table, or those of the command line."""
    texts: list[tuple[str | None, str]] = [(name, text) for name, text in options.items() if text is not None]
    if number is not None and net is None and (texts or rows is not None) and read_quantity(number) is None:
        number, net = None, number  # the numbers are options, so the only argument is the network
    if (
        number is not None
        and read_quantity(number) is None
        and (is_model(number) or find_network(re.split("[@/:]", number)[0]))
    ):
        raise MbcostError(f"the number comes first: mbcost explain {net or '314M'} {number}")
    if rows is not None and (number is not None or texts):
        raise MbcostError("--rows and a number are both given: remove the number, the table has the numbers")
    if quantity is not None and number is None:
        raise MbcostError(f"--quantity {quantity} is given without NUMBER: remove it")
    if rows is not None:
        return name_networks(read_rows(rows), net)
    if number is not None:
        texts.insert(0, (None if quantity is None else quantity.replace("-", "_"), number))
    if not texts:
        raise MbcostError("explain needs a number: give NUMBER, --mult-adds, --params or --rows")
    return [(net, [Claim(None, None, tuple((name, parse_number(text, name)) for name, text in texts))])]


def _track(trials: Iterator[Trial]) -> Iterable[Trial]:
    return track("building networks", trials)
