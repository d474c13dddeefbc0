"""How the estimated latency of a network divides over the rows of its cost table."""

from __future__ import annotations

from dataclasses import fields

from mbcost.analytic.network import Network
from mbcost.questions.latency.calibrate import Calibration
from mbcost.questions.latency.rates import select_kinds
from mbcost.questions.latency.work import Channels, Sizes, describe_network, measure_grid


def split_latency(calibration: Calibration, network: Network) -> list[tuple[str, float]]:
    """Return the milliseconds of each row of the cost table; their sum is the network's estimate.

    Only whole networks were measured, so no error is known for a single row. Rates of work that occurs together, such
    as depthwise multiply-adds and the maps that they read, are determined only in sum.
    """
    import numpy as np

    structure, batch = calibration.structure, calibration.device.batch
    rates = np.array(calibration.rates) * select_kinds(structure)
    channels, sizes = describe_network(network)
    milliseconds = []
    for index, step in enumerate(network.steps):
        one = Channels(**{field.name: (getattr(channels, field.name)[index],) for field in fields(Channels)})
        size = Sizes(**{field.name: (getattr(sizes, field.name)[index],) for field in fields(Sizes)})
        work = measure_grid([one], [size], structure.lanes, batch)[0, 0]
        milliseconds.append((step.name, float(work @ rates)))
    return milliseconds
