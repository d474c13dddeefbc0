"""Plans of measurements as devices without latencies, whose networks are spelled so that they can be read back."""

from __future__ import annotations

from collections.abc import Sequence

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.latency.candidates import DEFAULT_NETS, check_count, list_candidates
from mbcost.questions.latency.measured import PIPED
from mbcost.questions.latency.plan import plan_measurements
from mbcost.questions.latency.priors import choose_prior
from mbcost.spec.catalogue.reference import parse_reference, reference_text
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork

USUAL_COUNT = 8
"""With fewer networks, no interval can be given."""
NAME = "my device"
STATISTIC = "minimum of many runs"


def plan_device(count: int = USUAL_COUNT, texts: Sequence[str] = (), device: str = NAME) -> MeasuredDevice:
    """Return a device whose networks are to be measured, the most telling first.

    Args:
        count: how many networks.
        texts: from which the choice is made: references, where one without alpha or resolution means all published
            ones; by default `DEFAULT_NETS`.
        device: what the file will call the device.

    Raises:
        MbcostError: a network is unknown, or there are fewer than `count`.

    >>> [row.network for row in plan_device(2, ["v1", "v2@0.5"]).measured]
    ['v1@0.5/160', 'v2@0.5/128']
    """
    candidates: list[Network] = []
    references: list[str] = []
    for text in texts or DEFAULT_NETS:
        if text.startswith(PIPED):
            raise MbcostError("a plan cannot have the network on standard input: write the path of a file")
        for network in list_candidates([text]):
            if network not in candidates:
                candidates.append(network)
                references.append(_spell(text, network))
    check_count(count, candidates)
    chosen = plan_measurements(candidates, count, choose_prior(device))
    rows = tuple(MeasuredNetwork(references[candidates.index(network)], None) for network in chosen)
    return MeasuredDevice(NAME, device, statistic=STATISTIC, measured=rows)


def _spell(text: str, network: Network) -> str:
    """Return the reference to a network in the words of the reference from which it comes, such as a path."""
    if network.spec.is_flat:
        return text
    given = parse_reference(text)
    return reference_text(given.name, network.alpha, network.resolution, given.implementation)
