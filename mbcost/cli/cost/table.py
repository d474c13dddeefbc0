"""`mbcost table`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, parse_list, resolve_network
from mbcost.cli.completers import names_or_files, one_of
from mbcost.cli.files import keep_inputs
from mbcost.cli.options import ConventionName, Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Option
from mbcost.errors import unknown
from mbcost.present.cost.table import Times, as_json, as_table, sort_costs
from mbcost.questions.cost.table import GROUPINGS, CostTable, tabulate_costs
from mbcost.spec.catalogue.library import load_convention


def _list_devices() -> tuple[str, ...]:
    from mbcost.spec.catalogue.measured import list_devices  # no table without a device needs it

    return list_devices()


@share_options()
def table(
    net: Net,
    options: NetworkOptions,
    *,
    device: Annotated[
        Optional[str],
        Option(
            help="Add estimated milliseconds on a device of mbcost devices, or in a file [default: none].",
            metavar="NAME|FILE",
            complete=names_or_files(_list_devices),
        ),
    ] = None,
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
    keep_inputs(view.output, device)
    destination = choose_destination(replace(view, columns=None, sort=None))
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    network = resolve_network(net, options)
    costs = tabulate_costs(network, load_convention(convention), by)
    chosen = None if view.columns is None else parse_list(view.columns, "columns")
    times = None if device is None else _estimate(costs, device)
    shown = sort_costs(costs, view.sort, times)
    emit(as_table(costs, chosen, view.sort, times), as_json(shown, times), destination)
    return 0


def _estimate(costs: CostTable, device: str) -> Times:
    """Return the milliseconds of every row on a device, with what is known of their error."""
    from mbcost.present.latency.latency import note_errors
    from mbcost.questions.latency.by_layer import split_latency
    from mbcost.questions.latency.latency import predict_latencies

    answer = predict_latencies([costs.network], device)
    assert answer.calibration is not None, "only a profile does not have a calibration"
    milliseconds = dict.fromkeys((row.name for row in costs.rows), 0.0)
    for name, time in split_latency(answer.calibration, costs.network):
        milliseconds[next(row for row in milliseconds if name == row or name.startswith(f"{row}."))] += time
    return Times(answer.device.name, milliseconds, answer.estimates[0].milliseconds, note_errors(answer))
