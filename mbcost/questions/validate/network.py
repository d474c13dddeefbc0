"""Does every witness agree with one network, at its own settings?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mbcost.analytic.network import Network
from mbcost.errors import MbcostError, choose
from mbcost.questions.validate.campaign import LIBRARIES, WITNESSES, Subject, collect, run
from mbcost.questions.validate.comparison import Validation
from mbcost.questions.validate.effort import measure_running
from mbcost.questions.validate.planning import ComparisonRequest, plan


def validate_network(network: Network, against: Sequence[str], *, force: bool = False) -> Validation:
    """Compare a network with every witness in `against`, at its own settings.

    Raises:
        MbcostError: a witness is unknown, cannot build the network, or builds it by different rules; or the model is so
            large that the user has to lift the limits of `effort`, with `force`.
        MissingLibrary: a witness is not installed.
    """
    spec = network.spec
    against = tuple(choose("witness", name, WITNESSES) for name in against)
    if spec.is_flat:
        raise MbcostError(f"{spec.name} is a flat list of layers: name a spec with rows and implementations instead")
    if not spec.has_top and (libraries := [name for name in against if name in LIBRARIES]):
        raise MbcostError(f"{libraries[0]} builds {spec.name} with its top only: compare with fvcore or torch")
    planned = plan(
        [Subject(spec, network.alpha, network.resolution, network.implementation)], ComparisonRequest(against)
    )
    cases = tuple(replace(case, classes=network.classes, in_channels=network.in_channels) for case in planned.cases)
    planned = replace(planned, cases=cases)
    measure_running(planned, force=force).check(force=force)
    campaign = collect(planned, run(planned))
    return Validation(campaign.checks, campaign.differences)
