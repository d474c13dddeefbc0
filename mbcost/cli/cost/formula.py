"""`mbcost formula`."""

from __future__ import annotations

from typing import Annotated

import typer

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.options import Alpha, Classes, Format, HeadText, Impl, InChannels, Net, Output, Res, Rho
from mbcost.cli.output import choose_destination, emit
from mbcost.present.cost.formula import as_json, as_table
from mbcost.questions.cost.formula import derive_formula


def formula(
    net: Net,
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help="The name of a layer as in `mbcost table`, such as 2.1.expand.")
    ],
    alpha: Alpha = None,
    res: Res = None,
    rho: Rho = None,
    impl: Impl = None,
    classes: Classes = None,
    head: HeadText = None,
    in_channels: InChannels = None,
    style: Format = None,
    output: Output = None,
) -> int:
    """Show the equation of a layer, with its closed form in alpha and rho.

    \b
    Examples:
      mbcost formula v1 1.1.depthwise
      mbcost formula v2@0.75/160 2.1.expand
    """
    destination = choose_destination(style, output)
    network = resolve_network(
        net,
        NetworkOptions(alpha=alpha, res=res, rho=rho, impl=impl, classes=classes, head=head, in_channels=in_channels),
    )
    answer = derive_formula(network, layer)
    emit(as_table(answer), as_json(answer), destination)
    return 0
