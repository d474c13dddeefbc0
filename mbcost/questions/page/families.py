"""The family of a table's networks at every alpha of the page."""

from __future__ import annotations

from mbcost.analytic.network import resolve
from mbcost.analytic.symbolic.step_functions import TableSteps
from mbcost.errors import MbcostError
from mbcost.questions.latency.family import Family, name_family
from mbcost.spec.table import Spec


def trace_family(
    spec: Spec, implementation: str, in_channels: int, steps: TableSteps
) -> tuple[tuple[float, Family], ...]:
    """Return the families of a table's networks with the first alpha of each, in order of alpha.

    The family says which layers there are, so it changes only where the kind of a block does, such as where a depthwise
    layer has a single channel.

    Args:
        spec: the table.
        implementation: the name of one of its implementations.
        in_channels: the channels of the input.
        steps: its blocks at every alpha.

    >>> from mbcost.analytic.symbolic.step_functions import trace_steps
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = load_spec("v2")
    >>> trace_family(v2, "official", 3, trace_steps(v2, v2.implementation("official"), 3, 0.1, 1.4))
    ((0.1, ('bottleneck',)),)
    """
    families: list[tuple[float, Family]] = []
    for start in sorted({start for block in steps.blocks for start in block.kinds.starts}):
        try:
            network = resolve(spec, alpha=start, implementation=implementation, in_channels=in_channels)
        except MbcostError:  # the table gives no network at this alpha
            continue
        family = name_family(network)
        if not families or families[-1][1] != family:
            families.append((start, family))
    return tuple(families)
