"""`mbcost ledger`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import complete_convention, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.errors import MbcostError, unknown
from mbcost.present.cost.ledger import as_json, as_table
from mbcost.questions.cost.ledger import QUANTITIES, build_ledger
from mbcost.spec.catalogue.library import load_convention, load_conventions


@share_options()
def ledger(
    net: Net,
    options: NetworkOptions,
    *,
    convention: Annotated[
        Optional[str],
        typer.Option(
            help="Only these conventions; two also get their difference line by line "
            "[default: all current ones, but no tool for another framework than PyTorch or Keras].",
            metavar="A,B,C",
            autocompletion=complete_convention,
        ),
    ] = None,
    quantity: Annotated[
        str,
        typer.Option(
            help="The quantity that is counted.",
            metavar="mult-adds|params",
            autocompletion=one_of(*(name.replace("_", "-") for name in QUANTITIES)),
        ),
    ] = "mult-adds",
    zeros: Annotated[bool, typer.Option("--zeros", help="Also show the lines that add nothing.")] = False,
    view: View,
) -> int:
    """Show the raw counts of a network, which sum to each convention's total.

    \b
    Examples:
      mbcost ledger v2:torchvision
      mbcost ledger v2:torchvision --convention fvcore,ptflops
      mbcost ledger v3-large --quantity params
    """
    destination = choose_destination(view)
    if quantity.replace("-", "_") not in QUANTITIES:
        raise unknown("quantity", quantity, (name.replace("_", "-") for name in QUANTITIES))
    names = _current() if convention is None else parse_list(convention, "convention")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise MbcostError(f"convention '{repeated[0]}' is given twice: remove one")
    conventions = [load_convention(name) for name in names]
    network = resolve_network(net, options)
    answer = build_ledger(network, conventions, quantity.replace("-", "_"), zeros=zeros)
    emit(as_table(answer, merge=convention is None), as_json(answer), destination)
    return 0


def _current() -> list[str]:
    """Return the conventions that are shown by default: current ones that can count models of PyTorch or Keras."""
    return [
        name
        for name, known in load_conventions().items()
        if not known.earlier and known.framework in (None, "torch", "keras")
    ]
