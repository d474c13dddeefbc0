"""The rates of a device: how long each kind of work takes, by least squares of the relative error.

    t = sum over the kinds of work of  work x rate,   rate >= 0

in milliseconds for one run. Two things are known before any rate is: which channels are computed together (`lanes`),
and whether norms and activations are layers of their own (`unfused`). They are found from the latencies, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mbcost.analytic.network import Network
from mbcost.questions.latency.priors import Prior
from mbcost.questions.latency.solve import solve_nonnegative
from mbcost.questions.latency.work import (
    KINDS,
    MULTIPLY_ADDS,
    SEPARATE,
    Channels,
    Sizes,
    describe_network,
    measure_work,
)
from mbcost.spec.device import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_GAIN = 2.0
"""By how much the log-likelihood of left-out latencies must grow before another structure is believed, as in AIC."""


@dataclass(frozen=True)
class Structure:
    """What the device does with layers, beyond its rates."""

    lanes: int = 1
    """The number of channels that are computed together: channels take the time of the next multiple."""
    unfused: bool = False
    """Whether norms and activations are layers that read and write their map."""


@dataclass(frozen=True)
class Sample:
    """Networks that were measured on a device, as arrays."""

    networks: tuple[Network, ...]
    milliseconds: NDArray[Any]
    """[networks]"""
    prior: Prior
    batch: int = 1
    lanes: int | None = None
    """What the user states about the structure; None if it has to be found."""
    unfused: bool | None = None

    def __len__(self) -> int:
        return len(self.networks)

    @cached_property
    def structures(self) -> tuple[Structure, ...]:
        """The structures that are possible, the simplest first."""
        lanes = LANES if self.lanes is None else (self.lanes,)
        unfused = (False, True) if self.unfused is None else (self.unfused,)
        return tuple(Structure(lane, separate) for separate in unfused for lane in lanes)

    @cached_property
    def work(self) -> dict[int, NDArray[Any]]:
        """The work per millisecond, [networks, kinds], by lanes."""
        return {
            lanes: measure_work(self.described, lanes, self.batch) / self.milliseconds[:, None]
            for lanes in dict.fromkeys(structure.lanes for structure in self.structures)
        }

    @cached_property
    def described(self) -> list[tuple[Channels, Sizes]]:
        """What alpha and resolution decide of each network's work."""
        return [describe_network(network) for network in self.networks]

    @property
    def mult_adds(self) -> NDArray[Any]:
        """The multiply-adds of one run, [networks], in float64."""
        columns = [list(KINDS).index(kind) for kind in MULTIPLY_ADDS]
        work: NDArray[Any] = measure_work(self.described, 1, self.batch)[:, columns].sum(axis=1)
        return work

    def relative_work(self, structure: Structure) -> NDArray[Any]:
        """Return the work per millisecond that takes time under a structure, [networks, kinds]."""
        work: NDArray[Any] = self.work[structure.lanes] * select_kinds(structure)
        return work


def select_kinds(structure: Structure) -> NDArray[Any]:
    """Return 1 for every kind of work that takes time under a structure, else 0, [kinds]."""
    import numpy as np

    return np.array([float(structure.unfused or kind not in SEPARATE) for kind in KINDS])


def fit_rates(work: NDArray[Any], used: NDArray[Any], prior: Prior) -> NDArray[Any]:
    """Return the rates that explain each of many sets of networks, [sets, kinds], in milliseconds per unit of work.

    The sum of squared relative errors is minimized, together with the squared distance of each kind's mean share of
    the time from its share on other devices. That keeps rates plausible which a few networks do not determine.

    Args:
        work: the work per measured millisecond, [networks, kinds].
        used: which networks belong to each set, [sets, networks].
        prior: the shares on other devices.
    """
    import numpy as np

    scale = work.mean(axis=0)
    scale = np.where(scale > 0, scale, 1)
    shares, weights = work / scale, used.astype(np.float64)
    sums = weights @ shares
    means = sums / weights.sum(axis=1, keepdims=True)
    count, kinds = len(used), work.shape[1]
    squares = (weights @ (shares[:, :, None] * shares[:, None, :]).reshape(len(work), -1)).reshape(count, kinds, kinds)
    # The rate of a kind of work that no network of the set has cannot be known; it is 0.
    missing = means <= 0
    strength = np.array(prior.strengths)
    squares[:, np.arange(kinds), np.arange(kinds)] += np.where(missing, 1, strength * means**2)
    products = np.where(missing, -1, sums + strength * np.array(prior.shares) * means)
    # Sets that differ in few networks mostly have the same positive rates: those of the first set are tried first.
    first = solve_nonnegative(squares[:1], products[:1], ~missing[:1]) > 0
    return solve_nonnegative(squares, products, first & ~missing) / scale


def predict_left_out(sample: Sample, used: NDArray[Any]) -> tuple[NDArray[Any], list[Structure]]:
    """Return what each of many sets of networks predicts for all networks, and the structure that each set chooses.

    The structure is chosen within the set: by the errors for its networks when each is left out. So a prediction for a
    network that is not in the set has not seen it in any way.

    Args:
        sample: the measured networks.
        used: which networks belong to each set, [sets, networks]; at least two each.

    Returns:
        The predicted time as a multiple of the measured one, [sets, networks], and a structure per set.
    """
    import numpy as np

    count, size = used.shape
    inner = (used[:, None, :] & ~np.eye(size, dtype=bool)).reshape(count * size, size)
    # Sets without one network, of which each leaves out a different second one, are the same pairs twice.
    distinct, indices = np.unique(inner, axis=0, return_inverse=True)
    indices = indices.reshape(-1)  # numpy 2.0 returned a column
    scores, predictions = [], []
    for structure in sample.structures:
        work = sample.relative_work(structure)
        predictions.append(fit_rates(work, used, sample.prior) @ work.T)
        if len(sample.structures) == 1:
            scores.append(np.zeros(count))
            continue
        rates = fit_rates(work, distinct, sample.prior)[indices].reshape(count, size, -1)
        left_out = np.abs(take_logarithm((rates * work).sum(axis=2)))
        scores.append((left_out * used).sum(axis=1) / used.sum(axis=1))
    chosen = choose_structures(np.array(scores), used.sum(axis=1))
    return np.array(predictions)[chosen, np.arange(count)], [sample.structures[index] for index in chosen.tolist()]


def choose_structures(scores: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
    """Return the index of the structure that each set chooses, [sets].

    With n networks and a mean error e that follows an exponential distribution, the log-likelihood is -n log e. The
    simplest structure is kept unless a different one raises it by `LEAST_GAIN`.

    Args:
        scores: the mean absolute logarithm of the left-out errors, [structures, sets]; the simplest structure first.
        counts: the number of networks, [sets].
    """
    import numpy as np

    logarithms = np.log(np.maximum(scores, 1e-12))
    best = logarithms.argmin(axis=0)
    gains = counts * (logarithms[0] - logarithms[best, np.arange(len(counts))])
    chosen: NDArray[Any] = np.where(gains > LEAST_GAIN, best, 0)
    return chosen


def take_logarithm(ratios: NDArray[Any]) -> NDArray[Any]:
    """Return the logarithm of predicted times divided by measured ones; a prediction of 0 counts as a millionth."""
    import numpy as np

    logarithms: NDArray[Any] = np.log(np.maximum(ratios, 1e-6))
    return logarithms


def leave_each_out(used: Sequence[bool] | NDArray[Any]) -> NDArray[Any]:
    """Return one set per network: the networks that are used, without this one, [networks, networks]."""
    import numpy as np

    flags = np.asarray(used, dtype=bool)
    sets: NDArray[Any] = flags[None, :] & ~np.eye(len(flags), dtype=bool)
    return sets
