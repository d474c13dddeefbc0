"""`mbcost table`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.options import Alpha, Classes, ConventionName, Format, HeadText, Impl, InChannels, Net, Output, Res, Rho
from mbcost.cli.output import choose_destination, emit
from mbcost.errors import unknown
from mbcost.present.cost.table import as_json, as_table
from mbcost.questions.cost.table import GROUPINGS, tabulate_costs
from mbcost.spec.catalogue.library import load_convention


def table(
    net: Net,
    alpha: Alpha = None,
    res: Res = None,
    rho: Rho = None,
    impl: Impl = None,
    classes: Classes = None,
    head: HeadText = None,
    in_channels: InChannels = None,
    no_top: Annotated[bool, typer.Option("--no-top", help="Leave out the global pool and what follows it.")] = False,
    by: Annotated[str, typer.Option(help="One row per layer, block or stage.", metavar="layer|block|stage")] = "layer",
    columns: Annotated[Optional[str], typer.Option(help="Columns to show, in order.", metavar="A,B,C")] = None,
    sort: Annotated[
        Optional[str], typer.Option(help="Sort by this column; numbers come largest first.", metavar="COLUMN")
    ] = None,
    convention: ConventionName = None,
    style: Format = None,
    output: Output = None,
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
    destination = choose_destination(style, output)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    network = resolve_network(
        net,
        NetworkOptions(
            alpha=alpha,
            res=res,
            rho=rho,
            impl=impl,
            classes=classes,
            head=head,
            in_channels=in_channels,
            top=not no_top,
        ),
    )
    costs = tabulate_costs(network, load_convention(convention), by)
    chosen = None if columns is None else parse_list(columns, "columns")
    emit(as_table(costs, chosen, sort), as_json(costs), destination)
    return 0
