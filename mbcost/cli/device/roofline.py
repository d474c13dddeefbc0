"""`mbcost roofline`."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import names_of, one_of
from mbcost.cli.options import Net, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.quantities import parse_bandwidth, parse_peak
from mbcost.errors import MbcostError, unknown
from mbcost.present.device.roofline import as_json, as_table
from mbcost.questions.device.roofline import Machine, compute_roofline
from mbcost.spec.catalogue.devices import Device, load_device, load_devices
from mbcost.spec.dtype import DTYPES, dtype_of

GROUPINGS = ("layer", "kind")


@share_options()
def roofline(
    net: Net,
    *,
    peak_macs: Annotated[
        Optional[str],
        typer.Option(
            help="Peak of the arithmetic in multiply-adds per second: 1e9, 960M [default: the device's].",
            metavar="RATE",
        ),
    ] = None,
    bandwidth: Annotated[
        Optional[str],
        typer.Option(
            help="Bandwidth of the memory in bytes per second: 2GB/s, 2GiB/s [default: the device's].", metavar="RATE"
        ),
    ] = None,
    device: Annotated[
        Optional[str],
        typer.Option(
            help="A device whose data sheet states both rates [default: the two rates].",
            metavar="NAME",
            autocompletion=names_of(load_devices),
        ),
    ] = None,
    dtype: Annotated[
        Optional[str],
        typer.Option(
            help="Dtype of weights and feature maps [default: the device's first, or float32].",
            metavar="|".join(DTYPES),
            autocompletion=one_of(*DTYPES),
        ),
    ] = None,
    options: NetworkOptions,
    by: Annotated[
        str,
        typer.Option(
            help="One row per layer or per kind of layer.", metavar="layer|kind", autocompletion=one_of(*GROUPINGS)
        ),
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
    known = None if device is None else load_device(device)
    number_format = dtype_of(dtype or (next(iter(known.peak)) if known else "float32"))
    machine = _choose_machine(
        known,
        number_format.name,
        None if peak_macs is None else parse_peak(peak_macs),
        None if bandwidth is None else parse_bandwidth(bandwidth),
    )
    network = resolve_network(net, options)
    answer = compute_roofline(network, machine, number_format)
    emit(as_table(answer, by), as_json(answer), destination)
    return 0


def _choose_machine(device: Device | None, dtype: str, peak: Fraction | None, bandwidth: Fraction | None) -> Machine:
    """Return the device, or the machine with the rates given instead of a device.

    Raises:
        MbcostError: a rate is missing, both a device and a rate are given, or no source states its peak in `dtype`.
    """
    if device is None:
        if peak is None or bandwidth is None:
            missing = "--peak-macs" if peak is None else "--bandwidth"
            raise MbcostError(f"{missing} is missing: give both --peak-macs and --bandwidth, or a --device")
        return Machine("the machine", peak, bandwidth)
    if peak is not None or bandwidth is not None:
        raise MbcostError("--device and a rate are both given: remove the rate, because the device states both rates")
    if dtype not in device.peak:
        raise MbcostError(f"the peak of {device.name} in {dtype} is not known: use {' or '.join(device.peak)}")
    source = f"{device.source}; {device.how}"
    return Machine(device.title, Fraction(device.peak[dtype]), Fraction(device.bandwidth), source)
