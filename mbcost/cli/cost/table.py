"""`mbcost table`."""

from __future__ import annotations

from typing import Annotated

from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import one_of
from mbcost.cli.options import ConventionName, Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Option
from mbcost.errors import unknown
from mbcost.present.cost.table import as_json, as_table, sort_costs
from mbcost.questions.cost.table import GROUPINGS, tabulate_costs
from mbcost.spec.catalogue.library import load_convention


@share_options()
def table(
    net: Net,
    options: NetworkOptions,
    *,
    by: Annotated[
        str,
        Option(help="One row per layer, block or stage.", metavar="|".join(GROUPINGS), complete=one_of(*GROUPINGS)),
    ] = "layer",
    convention: ConventionName = None,
    view: View,
) -> int:
    """Show the params and multiply-adds of a network, row by row.

    \b
    Examples:
      mbcost table v2 --alpha 0.75 --res 160
      mbcost table v3-large@0.75:torchvision --by stage
      mbcost table v2:keras --head 512,bn,26
      mbcost table v1 --columns layer,output,mult-adds --sort mult-adds
      mbcost table ./mynet.yaml --format json | jq .totals
    """
    destination = choose_destination(View(style=view.style, output=view.output))
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    network = resolve_network(net, options)
    costs = tabulate_costs(network, load_convention(convention), by)
    chosen = None if view.columns is None else parse_list(view.columns, "columns")
    emit(as_table(costs, chosen, view.sort), as_json(sort_costs(costs, view.sort)), destination)
    return 0
