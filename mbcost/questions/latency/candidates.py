"""The networks from which a plan chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from mbcost.analytic.network import Network
from mbcost.analytic.reference import Settings, resolve_reference
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import load_flat, load_spec
from mbcost.spec.catalogue.reference import parse_reference

DEFAULT_NETS = ("v1", "v2", "v3-large", "v3-small")
"""The networks that are planned if none is named."""


def list_candidates(texts: Sequence[str] = ()) -> list[Network]:
    """Return the networks that references mean; a reference without alpha or resolution means all published ones.

    Args:
        texts: references such as `v2`, `v2@0.5` or `v2@0.5/160`; by default `DEFAULT_NETS`.

    Raises:
        MbcostError: a network is unknown or cannot be built.

    >>> len(list_candidates(["v2"])), len(list_candidates(["v2@0.5", "v2/160", "v2@1.4/96:keras"]))
    (30, 11)
    """
    candidates: list[Network] = []
    for text in texts or DEFAULT_NETS:
        candidates += [network for network in _expand(text) if network not in candidates]
    return candidates


def check_count(count: int, candidates: Sequence[Network]) -> None:
    """Check that as many networks can be chosen.

    Raises:
        MbcostError: the number is below 1 or above the number of candidates.
    """
    if count < 1:
        raise MbcostError(f"plan is {count}: it must be at least 1")
    if count > len(candidates):
        total = len(candidates)
        known = f"{total} network{'s' * (total != 1)}"
        raise MbcostError(f"plan is {count}, but only {known} can be chosen: name more networks, or plan fewer")


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
