"""Which networks to measure, chosen before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.questions.latency.priors import NOISE, Prior
from mbcost.questions.latency.work import KINDS, MULTIPLY_ADDS, describe_network, measure_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOUBTED_LANES = 32
"""Networks are also chosen to tell a device that computes this many channels together from one that does not."""
_LEAST_SHARE = 0.03
"""The expected share of a kind of work, at least, so that each is looked at."""
_DOUBT = 0.1
"""The deviation of the share of work in lanes, which is expected to be 0."""
_ROUNDS = 30


@dataclass(frozen=True)
class Design:
    """Networks, by what measuring one of them would say of the others. No timing is needed for that."""

    networks: tuple[Network, ...]
    work: NDArray[Any]
    """Relative to the expected time, as multiples of its mean, [networks, kinds]."""
    deviations: NDArray[Any]
    """The standard deviations of the shares of the time, [kinds]."""

    def choose(self, targets: Sequence[int], count: int, known: Sequence[int] = ()) -> list[int]:
        """Return which networks to measure, the most informative first.

        Greedy I-optimal design: each next network is the one that lowers the mean variance of the predictions for all
        targets most.

        Args:
            targets: the networks whose latency matters, and from which the choice is made.
            count: how many to choose, at most as many as there are.
            known: the networks that are measured already.
        """
        variances, rows = self._learn_all(known), self.work[list(targets)]
        chosen: list[int] = []
        for _ in range(min(count, len(targets))):
            spread = rows @ variances @ rows.T
            gains = (spread**2).mean(axis=0) / (NOISE**2 + spread.diagonal())
            gains[chosen] = -1
            chosen.append(int(gains.argmax()))
            variances = _learn(variances, rows[chosen[-1]])
        return [targets[index] for index in chosen]

    def estimate_error(self, targets: Sequence[int], known: Sequence[int], *, left_out: bool = False) -> float:
        """Return the expected relative error of predictions, as the root of its mean square, with noise.

        Args:
            targets: the networks that are predicted.
            known: those that are measured.
            left_out: whether each target is known, and is predicted by the others.
        """
        import numpy as np

        rows = self.work[list(targets)]
        spread = np.einsum("ij,jk,ik->i", rows, self._learn_all(known), rows)
        if left_out:
            leverage = np.minimum(spread / NOISE**2, 0.999)
            spread = spread / (1 - leverage)  # Sherman and Morrison
        return float(np.sqrt((NOISE**2 + spread).mean()))

    def _learn_all(self, known: Sequence[int]) -> NDArray[Any]:
        import numpy as np

        variances: NDArray[Any] = np.diag(self.deviations**2)
        for index in known:
            variances = _learn(variances, self.work[index])
        return variances


def plan_measurements(networks: Sequence[Network], count: int, prior: Prior, batch: int = 1) -> list[Network]:
    """Return the networks to measure, from those whose latency matters, the most informative first.

    Args:
        networks: at least one.
        count: how many to choose, at most as many as there are.
        prior: the expected shares of the time.
        batch: the number of images that are computed together.
    """
    design = make_design(networks, prior, batch)
    return [networks[index] for index in design.choose(range(len(networks)), count)]


def make_design(networks: Sequence[Network], prior: Prior, batch: int = 1) -> Design:
    """Return networks by their work. The kinds of work are those of `KINDS`, then `MULTIPLY_ADDS` in lanes."""
    import numpy as np

    described = [describe_network(network) for network in networks]
    doubted = [list(KINDS).index(kind) for kind in MULTIPLY_ADDS]
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
    return Design(
        tuple(networks),
        np.divide(relative, means, out=np.zeros_like(relative), where=means > 0),
        NOISE / np.sqrt(strengths),
    )


def _learn(variances: NDArray[Any], row: NDArray[Any]) -> NDArray[Any]:
    """Return the variances of the shares after one more network is measured."""
    import numpy as np

    product = variances @ row
    learned: NDArray[Any] = variances - np.outer(product, product) / (NOISE**2 + row @ product)
    return learned
