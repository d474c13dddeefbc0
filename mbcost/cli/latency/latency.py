"""`mbcost latency`."""

from __future__ import annotations

import os
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network, names_of, names_or_files, one_of
from mbcost.cli.files import keep_inputs
from mbcost.cli.latency.doubts import write_doubts
from mbcost.cli.options import share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.errors import MbcostError, unknown
from mbcost.present.latency.latency import as_json, as_table, layers_table, list_doubts
from mbcost.present.latency.words import label_text
from mbcost.questions.latency.latency import predict_latencies
from mbcost.spec.catalogue.measured import list_devices, list_profiles

GROUPINGS = ("network", "layer")


@share_options()
def latency(
    networks: Annotated[
        list[str],
        Argument(
            metavar="NET...",
            help="NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL.",
            complete=complete_network,
        ),
    ],
    *,
    device: Annotated[
        str,
        Option(
            help="A device of mbcost devices, or a file of measurements.",
            metavar="NAME|FILE",
            complete=names_or_files(list_devices),
        ),
    ],
    like: Annotated[
        Optional[str],
        Option(
            help="Scale this profile of a runtime by the one to seven networks of FILE "
            "[default: the device's own measurements].",
            metavar="PROFILE",
            complete=names_of(list_profiles),
        ),
    ] = None,
    options: NetworkOptions,
    by: Annotated[
        str,
        Option(
            help="One row per network, or per layer of one network.",
            metavar="network|layer",
            complete=one_of(*GROUPINGS),
        ),
    ] = "network",
    view: View,
) -> int:
    """Estimate the milliseconds of networks on a measured device, with the error that such estimates have.

    The interval contains the latency of four of five networks. There is one if at least 8 networks were measured, if
    one of them has the same kinds of blocks, and if the estimate is inside of the measured range. Otherwise the reason
    is shown.

    \b
    Examples:
      mbcost latency v2@0.75/160 --device pixel2-tflite
      mbcost latency v1 v2 v3-large --device mine.yaml
      mbcost latency v2 --device mine.csv --like ncnn-4t
      mbcost latency v2@0.5 --device stm32h747-cubeai --by layer
    """  # fmt: skip
    # The matrices are small, and starting a thread per processor takes longer than all that is computed with them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    keep_inputs(view.output, device, *networks)
    destination = choose_destination(view)
    if by not in GROUPINGS:
        raise unknown("grouping", by, GROUPINGS)
    if by == "layer" and like is not None:
        raise MbcostError("--by layer: a profile does not have layers: remove --like, or remove --by")
    if by == "layer" and len(networks) > 1:
        raise MbcostError("--by layer: it shows one network: name only one, or remove --by")
    resolved = [resolve_network(net, options) for net in networks]
    answer = predict_latencies(resolved, device, like)
    names = networks if options == NetworkOptions() else [label_text(network) for network in resolved]
    write_doubts(list_doubts(answer), destination)
    if by == "network" or answer.calibration is None:
        emit(as_table(answer), as_json(answer, names), destination, "estimates")
        return 0
    from mbcost.questions.latency.by_layer import split_latency

    layers = split_latency(answer.calibration, resolved[0])
    emit(layers_table(answer, layers), as_json(answer, names, layers), destination, "layers")
    return 0
