"""Plans of measurements as devices without latencies, whose networks are spelled so that they can be read back."""

from __future__ import annotations

from collections.abc import Sequence

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import LEAST_FOR_INTERVAL
from mbcost.questions.latency.candidates import spell_candidates
from mbcost.questions.latency.design import plan_measurements
from mbcost.questions.latency.priors import choose_prior
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import count as count_items

USUAL_COUNT = LEAST_FOR_INTERVAL
"""The number of networks that is planned if none is given: the fewest for which an interval is possible."""
NAME = "my device"
STATISTIC = "minimum of many runs"


def plan_device(count: int = USUAL_COUNT, texts: Sequence[str] = (), device: str = NAME) -> MeasuredDevice:
    """Return a device whose networks are to be measured, the most informative first.

    Args:
        count: how many networks.
        texts: from which the choice is made: references, where one without alpha or resolution means all published
            ones; by default `DEFAULT_NETS`.
        device: what the file will call the device.

    Raises:
        MbcostError: a network is unknown, or `count` is below 1 or above the number of candidates.

    >>> [row.network for row in plan_device(2, ["v1", "v2@0.5"]).measured]
    ['v1@0.5/160', 'v2@0.5/128']
    """
    candidates = spell_candidates(texts)
    references, networks = list(candidates), list(candidates.values())
    _check_count(count, networks)
    chosen = plan_measurements(networks, count, choose_prior(device))
    rows = tuple(MeasuredNetwork(references[networks.index(network)], None) for network in chosen)
    return MeasuredDevice(NAME, device, statistic=STATISTIC, measured=rows)


def _check_count(count: int, networks: Sequence[Network]) -> None:
    if count < 1:
        raise MbcostError(f"plan is {count}: it must be at least 1")
    if count > len(networks):
        known = count_items(networks, "network")
        raise MbcostError(f"plan is {count}, but only {known} can be chosen: name more networks, or plan fewer")
