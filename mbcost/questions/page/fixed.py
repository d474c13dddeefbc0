"""A network that exists at one size only, such as a file of a model: its rows as they are."""

from __future__ import annotations

from typing import Any

from mbcost.analytic.layers import Conv2d, Linear
from mbcost.analytic.memory.allocators import WITHOUT_OFFSETS
from mbcost.analytic.network import Network
from mbcost.errors import MbcostError
from mbcost.questions.cost.formula import name_equation
from mbcost.questions.cost.table import tabulate_costs
from mbcost.questions.device.memory import DEFAULT_DTYPE, compute_memory
from mbcost.questions.page.tables import EXACT, bound_costs, refuse_large
from mbcost.spec.catalogue.library import load_convention
from mbcost.spec.tally import counts_of


def describe_fixed(network: Network, name: str, reason: str) -> dict[str, Any]:
    """Return the rows of a network with its raw counts.

    Args:
        network: a file of a model, a list of layers, or a table at one alpha and resolution.
        name: how the page calls it.
        reason: why it is shown at one size only.

    Raises:
        MbcostError: a count is so large that a browser does not represent it exactly.
    """
    spec = network.spec
    if bound_costs(network.tally()) >= EXACT:
        raise refuse_large(spec.name)
    return {
        "name": name,
        "title": spec.display_title,
        "source": spec.source,
        "channels": network.in_channels,
        "resolution": list(network.resolution),
        "alphas": [network.alpha],
        "resolutions": [network.resolution[0]],
        "classes": network.classes,
        "has_classes": False,
        "default_implementation": network.implementation,
        "operators": [row.operator for row in spec.rows],
        "implementations": {network.implementation: {"source": spec.source}},
        "fixed": {"reason": reason, **_describe_rows(network)},
    }


def _describe_rows(network: Network) -> dict[str, Any]:
    rows = []
    for row, step in zip(tabulate_costs(network, load_convention()).rows, network.steps, strict=True):
        lead = step.lead
        rows.append(
            {
                "name": row.name,
                "stage": row.printed.stage,
                "operator": row.operator,
                "kernel": row.kernel,
                "stride": row.stride,
                "groups": row.groups,
                "input": row.input,
                "output": row.output,
                "counts": [[index, count] for index, count in enumerate(counts_of(step.tally)) if count],
                "equation": name_equation(lead) if isinstance(lead, Conv2d | Linear) else None,
            }
        )
    return {"alpha": network.alpha, "rows": rows, **_describe_memory(network)}


def _describe_memory(network: Network) -> dict[str, Any]:
    """Return the live bytes of every row, with one byte per number, or why they are not known."""
    try:
        memory = compute_memory(network, WITHOUT_OFFSETS, activations_dtype=DEFAULT_DTYPE)
    except MbcostError as error:
        return {"live": None, "why_no_memory": str(error), "flash": None}
    columns = zip(*(row.live for row in memory.rows), strict=True)
    return {"live": [list(column) for column in columns], "why_no_memory": "", "flash": memory.flash.total}
