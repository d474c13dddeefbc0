"""`mbcost diff`."""

from __future__ import annotations

from typing import Annotated

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network
from mbcost.cli.options import ConventionName, Force, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument
from mbcost.cli.work import begin_work
from mbcost.present.compare.diff import as_json, as_table
from mbcost.questions.compare.diff import diff_networks, measure_diff
from mbcost.spec.catalogue.library import load_convention


@share_options()
def diff(
    first: Annotated[str, Argument(metavar="A", help="The first network.", complete=complete_network)],
    second: Annotated[
        str,
        Argument(metavar="B", help="The second network; differences are B minus A.", complete=complete_network),
    ],
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
    force: Force = False,
    view: View,
) -> int:
    """Compare two networks layer by layer, with the cost of each difference.

    The two can also be implementations of one network. The differences sum to the difference of the totals. The exit
    code is 0 if the two are equal and 1 if they differ.

    \b
    Examples:
      mbcost diff v3-large@0.5 v3-large@0.5:torchvision
      mbcost diff v2 ./my-v2.yaml
    """
    destination = choose_destination(view)
    networks = [resolve_network(net, options) for net in (first, second)]
    begin_work(measure_diff(*networks), force=force)
    answer = diff_networks(networks[0], networks[1], load_convention(convention))
    emit(as_table(answer), as_json(answer), destination, "layers")
    return 1 if answer.layers else 0
