"""Which networks to measure, chosen before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.questions.latency.priors import NOISE, Prior
from mbcost.questions.latency.work import KINDS, describe_network, measure_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOUBTED_LANES = 32
"""Networks are also chosen to tell a device that computes this many channels together from one that does not."""
_DOUBTED_KINDS = ("dense", "depthwise")
_LEAST_SHARE = 0.03
"""The expected share of a kind of work, at least, so that each is looked at."""
_DOUBT = 0.1
"""The deviation of the share of work in lanes, which is expected to be 0."""
_ROUNDS = 30


def plan_measurements(
    networks: Sequence[Network], count: int, prior: Prior, *, known: Sequence[Network] = (), batch: int = 1
) -> list[Network]:
    """Return the networks to measure, the most telling first.

    Greedy I-optimal design: each next network is the one that lowers the mean variance of the predictions for all
    networks most. No timing is needed, because the variances follow from the work alone.

    Args:
        networks: those whose latency matters, and from which the choice is made.
        count: how many to choose, at most as many as there are.
        prior: the expected shares of the time.
        known: networks that are measured already.
        batch: the number of images that are computed together.
    """
    import numpy as np

    everything = [*networks, *known]
    work, deviations = _relate_work(everything, prior, batch)
    variances = np.diag(deviations**2)
    target = work[: len(networks)]
    for index in range(len(networks), len(everything)):
        variances = _learn(variances, work[index])
    chosen: list[int] = []
    for _ in range(min(count, len(networks))):
        spread = target @ variances @ target.T
        gains = (spread**2).mean(axis=0) / (NOISE**2 + spread.diagonal())
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        variances = _learn(variances, target[chosen[-1]])
    return [networks[index] for index in chosen]


def measure_doubt(
    networks: Sequence[Network], known: Sequence[Network], prior: Prior, batch: int = 1, *, left_out: bool = False
) -> float:
    """Return the expected relative error of predictions, as the root of its mean square, with noise.

    Args:
        networks: those that are predicted.
        known: those that are measured.
        prior: the expected shares of the time.
        batch: the number of images that are computed together.
        left_out: whether each network is predicted by the known ones except itself.
    """
    import numpy as np

    work, deviations = _relate_work([*networks, *known], prior, batch)
    variances = np.diag(deviations**2)
    for row in work[len(networks) :]:
        variances = _learn(variances, row)
    target = work[: len(networks)]
    spread = np.einsum("ij,jk,ik->i", target, variances, target)
    if left_out:
        share = np.minimum(spread / NOISE**2, 0.999)  # the leverage; Sherman and Morrison give the variance without it
        spread = spread / (1 - share)
    return float(np.sqrt((NOISE**2 + spread).mean()))


def _learn(variances: NDArray[Any], row: NDArray[Any]) -> NDArray[Any]:
    """Return the variances of the shares after one more network is measured."""
    import numpy as np

    product = variances @ row
    learned: NDArray[Any] = variances - np.outer(product, product) / (NOISE**2 + row @ product)
    return learned


def _relate_work(networks: Sequence[Network], prior: Prior, batch: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the work relative to the expected time, as multiples of its mean, and the deviations of the shares.

    The kinds of work are those of `KINDS`, then `_DOUBTED_KINDS` in lanes.
    """
    import numpy as np

    described = [describe_network(network) for network in networks]
    doubted = [list(KINDS).index(kind) for kind in _DOUBTED_KINDS]
    work = np.hstack([measure_work(described, 1, batch), measure_work(described, DOUBTED_LANES, batch)[:, doubted]])
    occurs = work.mean(axis=0) > 0
    shares = np.maximum([*prior.shares, *[_LEAST_SHARE] * len(doubted)], _LEAST_SHARE) * occurs
    shares /= shares.sum()
    rates = np.divide(shares, work.mean(axis=0), out=np.zeros(len(shares)), where=occurs)
    for _ in range(_ROUNDS):  # until the mean shares of the time are those that are expected
        actual = (work * rates / (work @ rates)[:, None]).mean(axis=0)
        rates = np.divide(rates * shares, actual, out=np.zeros(len(shares)), where=actual > 0)
    relative = work / (work @ rates)[:, None]
    means = relative.mean(axis=0)
    strengths = np.array([*prior.strengths, *[(NOISE / _DOUBT) ** 2] * len(doubted)])
    return np.divide(relative, means, out=np.zeros_like(relative), where=means > 0), NOISE / np.sqrt(strengths)
