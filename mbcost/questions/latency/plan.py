"""Plans of measurements: the networks from which they choose, and the plan as a device without latencies.

References keep the words in which they were typed, such as the path of a file, so that a plan can be read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import MbcostError
from mbcost.questions.latency.calibrate import LEAST_FOR_INTERVAL
from mbcost.questions.latency.design import plan_measurements
from mbcost.questions.latency.measured import PIPED
from mbcost.questions.latency.priors import choose_prior
from mbcost.spec.catalogue.library import load_flat, load_spec
from mbcost.spec.catalogue.reference import parse_reference, reference_text
from mbcost.spec.device import MeasuredDevice, MeasuredNetwork
from mbcost.spec.shown import count as count_items

DEFAULT_NETS = ("v1", "v2", "v3-large", "v3-small")
"""The networks from which a plan chooses if none is named."""
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


def list_candidates(texts: Sequence[str] = ()) -> list[Network]:
    """Return the networks that references mean; a reference without alpha or resolution means all published ones.

    Args:
        texts: references such as `v2`, `v2@0.5` or `v2@0.5/160`; by default `DEFAULT_NETS`.

    Raises:
        MbcostError: a network is unknown, cannot be built, or is on standard input.

    >>> len(list_candidates(["v2"])), len(list_candidates(["v2@0.5", "v2/160", "v2@1.4/96:keras"]))
    (30, 11)
    """
    return list(spell_candidates(texts).values())


def spell_candidates(texts: Sequence[str] = ()) -> dict[str, Network]:
    """Return the networks of `list_candidates` by references in the words of `texts`, such as the path of a file.

    Raises:
        MbcostError: a network is unknown, cannot be built, or is on standard input.
    """
    candidates: dict[str, Network] = {}
    for text in texts or DEFAULT_NETS:
        if text.startswith(PIPED):
            raise MbcostError("a plan cannot have the network on standard input: write the path of a file")
        known = list(candidates.values())
        candidates |= {_spell(text, network): network for network in _expand(text) if network not in known}
    return candidates


def _expand(text: str) -> Iterator[Network]:
    reference = parse_reference(text)
    if load_flat(reference.name) is not None:
        yield resolve_reference(text)
        return
    spec = load_spec(reference.name)
    alphas = spec.published_alphas if reference.alpha is None else (reference.alpha,)
    sizes = [(size, size) for size in spec.published_resolutions] or [spec.resolution]
    if reference.resolution is not None:
        sizes = [reference.resolution]
    for alpha, size in product(alphas, sizes):
        yield resolve_reference(text, Settings(alpha=alpha, resolution=size))


def _spell(text: str, network: Network) -> str:
    """Return the reference to a network in the words of the reference from which it comes."""
    if network.spec.is_flat:
        return text
    given = parse_reference(text)
    return reference_text(given.name, network.alpha, network.resolution, given.implementation)
