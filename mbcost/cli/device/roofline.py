"""`mbcost roofline`."""

from __future__ import annotations

from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import names_of, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Option
from mbcost.cli.quantities import parse_bandwidth, parse_peak
from mbcost.errors import unknown
from mbcost.present.device.roofline import as_json, as_table
from mbcost.questions.device.roofline import choose_machine, compute_roofline
from mbcost.spec.catalogue.devices import load_devices
from mbcost.spec.dtype import DTYPES

GROUPINGS = ("layer", "kind")


@share_options()
def roofline(
    net: Net,
    *,
    peak_macs: Annotated[
        Optional[str],
        Option(
            help="Peak of the arithmetic in multiply-adds per second: 1e9, 960M [default: the device's].",
            metavar="RATE",
        ),
    ] = None,
    bandwidth: Annotated[
        Optional[str],
        Option(
            help="Bandwidth of the memory in bytes per second: 2GB/s, 2GiB/s [default: the device's].", metavar="RATE"
        ),
    ] = None,
    device: Annotated[
        Optional[str],
        Option(
            help="A device whose data sheet states both rates [default: the two rates].",
            metavar="NAME",
            complete=names_of(load_devices),
        ),
    ] = None,
    dtype: Annotated[
        Optional[str],
        Option(
            help="Dtype of weights and feature maps [default: the device's first, or float32].",
            metavar="|".join(DTYPES),
            complete=one_of(*DTYPES),
        ),
    ] = None,
    options: NetworkOptions,
    by: Annotated[
        str,
        Option(help="One row per layer or per kind of layer.", metavar="layer|kind", complete=one_of(*GROUPINGS)),
    ] = "layer",
    view: View,
) -> int:
    """Show a lower bound of the time per layer, from the limits of arithmetic and memory.

    \b
    Examples:
      mbcost roofline v2 --peak-macs 1e9 --bandwidth 2GB/s
      mbcost roofline v2@0.35/96 --device stm32h743 --by kind
      mbcost roofline v3-large --device jetson-nano --dtype float32
    """
    destination = choose_destination(view)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    machine, number_format = choose_machine(
        device,
        dtype,
        None if peak_macs is None else parse_peak(peak_macs),
        None if bandwidth is None else parse_bandwidth(bandwidth),
    )
    network = resolve_network(net, options)
    answer = compute_roofline(network, machine, number_format)
    emit(as_table(answer, by), as_json(answer), destination, {"layer": "layers", "kind": "kinds"}[by])
    return 0
