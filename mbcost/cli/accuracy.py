"""`mbcost accuracy`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network, names_of
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.present.accuracy import as_json, as_table
from mbcost.questions.accuracy.estimate import estimate_accuracies
from mbcost.spec.catalogue.checkpoints import load_recipes


@share_options()
def accuracy(
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help="Networks [default: none, which shows what was released and how well it is estimated].",
            complete=complete_network,
        ),
    ] = None,
    recipe: Annotated[
        Optional[str],
        Option(
            help="Recipe of training [default: the one with which the network's implementation was trained].",
            metavar="NAME",
            complete=names_of(load_recipes),
        ),
    ] = None,
    *,
    options: NetworkOptions,
    view: View,
) -> int:
    """Estimate the ImageNet accuracy of networks, with an interval, from released checkpoints.

    An estimate is between released alphas and resolutions, for networks trained with the recipe of the checkpoints.

    \b
    Examples:
      mbcost accuracy v2@0.6/176
      mbcost accuracy v1@0.6 v2@0.75/160 v2@0.6:paddleclas
      mbcost accuracy
    """
    destination = choose_destination(view)
    answer = estimate_accuracies([resolve_network(net, options) for net in networks or ()], recipe)
    names = networks or () if options == NetworkOptions() else ()
    emit(as_table(answer), as_json(answer, names), destination, "estimates" if answer.estimates else "surfaces")
    return 0
