"""`mbcost explain`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import (
    Reference,
    complete_network,
    parse_alpha,
    parse_reference,
    parse_resolution,
    pick_one,
)
from mbcost.cli.explain.rows import Claim, read_rows
from mbcost.cli.options import Format, InChannels, Output
from mbcost.cli.output import check_output, emit
from mbcost.cli.progress import track
from mbcost.errors import MbcostError, unknown
from mbcost.present.explain import as_json, as_table
from mbcost.questions.explain.answer import explain as ask
from mbcost.questions.explain.facts import Fact, Query
from mbcost.questions.explain.readings import QUANTITIES
from mbcost.questions.explain.trials import Trial
from mbcost.spec.catalogue.library import load_spec
from mbcost.spec.printed import parse_printed
from mbcost.spec.scaling import check_alpha, check_whole


def explain(
    number: Annotated[
        Optional[str],
        typer.Argument(metavar="[NUMBER]", help="The number as it is printed, such as 314M or 0.57GFLOPs."),
    ] = None,
    net: Annotated[
        Optional[str],
        typer.Argument(
            metavar="[NET]",
            help="The network, as far as it is known: NAME@ALPHA/RES:IMPL.",
            autocompletion=complete_network,
        ),
    ] = None,
    alpha: Annotated[Optional[str], typer.Option(help="Width multiplier [default: open].", metavar="ALPHA")] = None,
    res: Annotated[Optional[str], typer.Option(help="Input size in pixels [default: open].", metavar="N|HxW")] = None,
    impl: Annotated[Optional[str], typer.Option(help="Whose rules [default: open].", metavar="IMPL")] = None,
    classes: Annotated[
        Optional[int], typer.Option(help="Outputs of the classifier [default: open].", metavar="N")
    ] = None,
    in_channels: InChannels = None,
    quantity: Annotated[
        Optional[str], typer.Option(help="What the number is.", metavar="|".join(QUANTITIES).replace("_", "-"))
    ] = None,
    mult_adds: Annotated[
        Optional[str], typer.Option("--mult-adds", help="Mult-adds, beside other facts.", metavar="NUMBER")
    ] = None,
    params: Annotated[Optional[str], typer.Option(help="Parameters, beside other facts.", metavar="NUMBER")] = None,
    rows: Annotated[
        Optional[str],
        typer.Option(
            help="A table: CSV with net, alpha, resolution, mult_adds, params; - is standard input.", metavar="FILE"
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many explanations.", metavar="N", min=1)] = 10,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also two mistakes at once, changed rows of the table, powers of 1024.")
    ] = False,
    style: Format = "text",
    output: Output = None,
) -> int:
    """Which network, counted how, gives a printed number: the simplest explanations first.

    What is given is kept, what is left open is searched. Each explanation says how many random numbers would be
    explained as cheaply. Exit 0 when something gives the digits, 1 when nothing does.

    \b
    Examples:
      mbcost explain 314M v2 --alpha 1 --res 224
      mbcost explain v2@1.4/224 --mult-adds 610.1M --params 6.11M
      mbcost explain 4,242,920 --quantity params
      mbcost explain --rows table.csv
    """
    check_output(style, output)
    if quantity is not None and quantity.replace("-", "_") not in QUANTITIES:
        raise unknown("quantity", quantity, (name.replace("_", "-") for name in QUANTITIES))
    networks = _networks(number, net, quantity, {"mult_adds": mult_adds, "params": params}, rows)
    queries = [_query(name, claims, alpha, res, impl, classes, in_channels, deep=deep) for name, claims in networks]
    answers = [ask(query, limit, _track if deep else iter) for query in queries]
    emit(as_table(answers), as_json(answers), style, output)
    return 0 if all(answer.fits for answer in answers) else 1


def _networks(
    number: str | None, net: str | None, quantity: str | None, options: Mapping[str, str | None], rows: str | None
) -> list[tuple[str | None, list[Claim]]]:
    """What is to be explained, network by network: the numbers of a table, or those of the command line."""
    texts: list[tuple[str | None, str]] = [(name, text) for name, text in options.items() if text is not None]
    if number is not None and net is None and (texts or rows is not None) and not number[:1].isdigit():
        number, net = None, number  # the numbers are options, so the one argument is the network
    if rows is not None and (number is not None or texts):
        raise MbcostError("--rows and a number are both given: keep one, the table has the numbers")
    if quantity is not None and number is None:
        raise MbcostError(f"--quantity {quantity} is about NUMBER, and none is given: leave it out")
    if rows is not None:
        networks = read_rows(rows)
        if net is not None and any(name is not None for name, _ in networks):
            raise MbcostError(f"the network is given twice, as '{net}' and in the table: keep one")
        return [(name or net, claims) for name, claims in networks]
    if number is not None:
        texts.insert(0, (None if quantity is None else quantity.replace("-", "_"), number))
    if not texts:
        raise MbcostError("there is no number to explain: give one, --mult-adds, --params or --rows")
    return [(net, [Claim(None, None, tuple((name, parse_printed(text, name)) for name, text in texts))])]


def _track(trials: Iterator[Trial]) -> Iterable[Trial]:
    return track("building networks", trials)


def _query(
    net: str | None,
    claims: list[Claim],
    alpha: str | None,
    res: str | None,
    impl: str | None,
    classes: int | None,
    in_channels: int | None,
    *,
    deep: bool,
) -> Query:
    """The facts of one network; what the reference and the options fix holds for all of them."""
    reference = Reference("") if net is None else parse_reference(net)
    spec = None if net is None else load_spec(reference.name)
    text = net or "the table"
    multiplier = pick_one("alpha", text, reference.alpha, None if alpha is None else parse_alpha(alpha))
    size = pick_one("the resolution", text, reference.resolution, None if res is None else parse_resolution(res))
    implementation = pick_one("the implementation", text, reference.implementation, impl)
    if multiplier is not None:
        check_alpha(multiplier)
    if spec is not None and implementation is not None:
        spec.implementation(implementation)
    for value, what in ((classes, "classes"), (in_channels, "in-channels")):
        if value is not None:
            check_whole(value, what)
    facts = tuple(
        Fact(
            printed,
            quantity or printed.quantity,
            multiplier if claim.alpha is None else claim.alpha,
            size if claim.resolution is None else claim.resolution,
            claim.row,
        )
        for claim in claims
        for quantity, printed in claim.numbers
    )
    return Query(facts, spec, implementation, classes, in_channels, deep)
