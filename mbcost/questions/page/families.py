"""The family of a table's networks at every alpha of the page."""

from __future__ import annotations

from mbcost.analytic.network import resolve
from mbcost.analytic.symbolic.step_functions import TableSteps
from mbcost.errors import MbcostError
from mbcost.questions.latency.family import Family, name_family
from mbcost.spec.table import Spec


def trace_family(spec: Spec, implementation: str, steps: TableSteps) -> tuple[tuple[float, Family], ...]:
    """Return the families of a table's networks with the first alpha of each, in order of alpha.

    The family says which layers there are, so it changes only where the kind of a block does, such as where a depthwise
    layer has a single channel.

    Args:
        spec: the table.
        implementation: the name of one of its implementations.
        steps: its blocks at every alpha.

    >>> from mbcost.analytic.symbolic.step_functions import trace_steps
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> v2 = load_spec("v2")
    >>> trace_family(v2, "official", trace_steps(v2, v2.implementation("official"), 3, 0.1, 1.4))
    ((0.1, ('bottleneck',)),)
    """
    families: list[tuple[float, Family]] = []
    side = max(spec.resolution)
    for start in sorted({start for block in steps.blocks for start in block.kinds.starts}):
        try:
            family = name_family(resolve(spec, alpha=start, resolution=side, implementation=implementation))
        except MbcostError:  # the page says why there is no network
            continue
        if not families or families[-1][1] != family:
            families.append((start, family))
    return tuple(families)
