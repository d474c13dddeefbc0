"""How long networks take on measured devices."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mbcost.python.arguments import checked
from mbcost.python.networks import NetworkLike, network

if TYPE_CHECKING:
    from mbcost.questions.latency.calibrate import Calibration
    from mbcost.questions.latency.latency import Latencies
    from mbcost.questions.latency.summaries import Summary


@checked
def latency(*networks: NetworkLike, device: str | os.PathLike[str], like: str | None = None) -> Latencies:
    """Estimate the milliseconds of networks on a measured device, as `mbcost latency` does; it needs numpy.

    Args:
        networks: the networks.
        device: the name of a device that `devices` lists, or the path of a file of measurements.
        like: the name of a runtime's profile, which one to seven measured networks of the device scale.

    Returns:
        `.estimates`, one per network with `.milliseconds`, `.low` and `.high` (the ends of the 80 % interval),
        `.reason` (why these are None), `.measured`, `.nearest` and `.error`, a share; `.left_out`, the errors of the
        device's networks when the others predict them, with `.mean`, `.p90`, `.worst` and `.within_10`, all shares.

    Raises:
        MbcostError: a network cannot be built, a name is unknown, or the device has too few measurements.

    >>> (estimate,) = latency("v1@0.6/176", device="pixel2-tflite").estimates
    >>> round(estimate.milliseconds), estimate.low < estimate.milliseconds < estimate.high
    (42, True)
    """
    from mbcost.questions.latency.latency import predict_latencies

    return predict_latencies([network(net) for net in networks], os.fspath(device), like)


@checked
def calibrate(device: str | os.PathLike[str]) -> Calibration:
    """Return what the measurements of a device say, as `mbcost calibrate` does; it needs numpy.

    Args:
        device: the path of a device file, or of a table with the header `network,ms`; or the name of a device that
            `devices` lists.

    Returns:
        `.points`, one per measured network with `.row`, `.milliseconds`, `.predicted` (by the other networks) and
        `.suspicious`; `.left_out` and `.mult_adds_alone`, each with `.mean`, `.p90`, `.worst` and `.within_10`, all of
        them shares; `.left_out_alpha`, `.left_out_resolution` and `.left_out_family`; and `.structure`.

    Raises:
        MbcostError: the file is not valid, a name is unknown, or too few networks are measured.

    >>> device = calibrate("pixel2-tflite")
    >>> device.left_out.mean < 0.04 < device.mult_adds_alone.mean
    True
    """
    from mbcost.questions.latency.summaries import calibrate_device

    return calibrate_device(os.fspath(device))


@checked
def devices() -> tuple[Summary, ...]:
    """Return the devices that were measured, as `mbcost devices` does.

    Returns:
        One per device, with `.name`, `.device`, `.runtime`, `.dtype`, `.threads`, `.points` (how many networks),
        `.left_out` and `.mult_adds_alone`.

    >>> [device.points for device in devices() if device.name == "pixel2-tflite"]
    [17]
    """
    from mbcost.questions.latency.summaries import list_summaries

    return tuple(list_summaries())
