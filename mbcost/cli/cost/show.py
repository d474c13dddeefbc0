"""`mbcost show`."""

from __future__ import annotations

from typing import Annotated

from mbcost.analytic.network import resolve
from mbcost.cli.arguments import parse_reference, refuse_models
from mbcost.cli.completers import complete_network
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument
from mbcost.errors import MbcostError
from mbcost.present.cost.show import as_json, as_table
from mbcost.spec.catalogue.library import load_spec


@share_options()
def show(
    net: Annotated[str, Argument(metavar="NET", help="NAME or FILE.yaml.", complete=complete_network)],
    view: View,
) -> int:
    """Show a network's table as its paper prints it, at alpha 1.

    \b
    Examples:
      mbcost show v2
      mbcost show v3-large --format latex
    """
    destination = choose_destination(view)
    refuse_models([net], "show prints the tables of papers: use mbcost table")
    reference = parse_reference(net)
    if (reference.alpha, reference.resolution, reference.implementation) != (None, None, None):
        raise MbcostError(f"'{net}' has settings, but show prints the table as published: write '{reference.name}'")
    spec = load_spec(reference.name)
    network = resolve(spec)
    emit(as_table(network), as_json(network), destination, "" if network.spec.shown_as == "layers" else "rows")
    return 0
