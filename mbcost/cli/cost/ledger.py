"""`mbcost ledger`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import complete_convention, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Option
from mbcost.errors import unknown
from mbcost.present.cost.ledger import as_json, as_table
from mbcost.questions.cost.ledger import QUANTITIES, build_ledger, choose_conventions


@share_options()
def ledger(
    net: Net,
    options: NetworkOptions,
    *,
    convention: Annotated[
        Optional[str],
        Option(
            help="Only these conventions; two also get their difference line by line "
            "[default: all current ones, but no tool for another framework than PyTorch or Keras].",
            metavar="A,B,C",
            complete=complete_convention,
        ),
    ] = None,
    quantity: Annotated[
        str,
        Option(
            help="The quantity that is counted.",
            metavar="mult-adds|params",
            complete=one_of(*(name.replace("_", "-") for name in QUANTITIES)),
        ),
    ] = "mult-adds",
    zeros: Annotated[bool, Option("--zeros", help="Also show the lines that add nothing.")] = False,
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
    conventions = choose_conventions(None if convention is None else parse_list(convention, "convention"))
    network = resolve_network(net, options)
    answer = build_ledger(network, conventions, quantity.replace("-", "_"), zeros=zeros)
    emit(as_table(answer, merge=convention is None), as_json(answer), destination, "lines")
    return 0
