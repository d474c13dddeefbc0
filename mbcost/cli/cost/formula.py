"""`mbcost formula`."""

from __future__ import annotations

from typing import Annotated

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_layer
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument
from mbcost.present.cost.formula import as_json, as_table
from mbcost.questions.cost.formula import derive_formula


@share_options()
def formula(
    net: Net,
    layer: Annotated[
        str,
        Argument(
            metavar="LAYER",
            help="The name of a layer as in `mbcost table`, such as 2.1.expand.",
            complete=complete_layer,
        ),
    ],
    options: NetworkOptions,
    view: View,
) -> int:
    """Show the equation of a layer, with its closed form in alpha and rho.

    \b
    Examples:
      mbcost formula v1 1.1.depthwise
      mbcost formula v2@0.75/160 2.1.expand
    """
    destination = choose_destination(view)
    network = resolve_network(net, options)
    answer = derive_formula(network, layer)
    emit(as_table(answer), as_json(answer), destination)
    return 0
