"""How accurate networks would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbcost.python.arguments import checked
from mbcost.python.networks import NetworkLike, network

if TYPE_CHECKING:
    from mbcost.questions.accuracy.estimate import Accuracy


@checked
def accuracy(*networks: NetworkLike, recipe: str | None = None) -> Accuracy:
    """Estimate the ImageNet accuracy of networks from released checkpoints, as `mbcost accuracy` does.

    Args:
        networks: the networks; without any, the answer has only surfaces.
        recipe: how the networks would be trained, `tf-slim` or `paddleclas`; by default the recipe that trained the
            network's implementation.

    Returns:
        `.estimates`, one per network with `.top1`, `.low` and `.high` (percent, with the ends of the 90 % interval),
        `.exact` (whether it is a released checkpoint's, so that it is published), `.recipe`, `.nearest` checkpoints,
        and `.reason`, which says why a number is None; `.surfaces`, one per recipe and network, with `.left_out` and
        `.left_out_alpha` (errors in percentage points, `.mean` and `.worst`) and `.predict(alphas, resolutions)`, which
        takes arrays.

    Raises:
        MbcostError: a network cannot be built, or the recipe is unknown.

    >>> answer = accuracy("v2@0.75/160", "v2@0.6/176")
    >>> [(round(estimate.top1, 1), estimate.exact) for estimate in answer.estimates]
    [(66.4, True), (64.9, False)]
    """
    from mbcost.questions.accuracy.estimate import estimate_accuracies

    return estimate_accuracies([network(net) for net in networks], recipe)
