"""The family of a network: which kinds of blocks it has, and what is inside them."""

from __future__ import annotations

from mbcost.analytic.layers import Activation, Conv2d
from mbcost.analytic.network import Network
from mbcost.spec.operators import ACTIVE

Family = tuple[str, ...]
"""Words that two networks share exactly if a device computes them from the same parts."""


def name_family(network: Network) -> Family:
    """Return the kinds of blocks of a network, and what else is inside them.

    Networks of one family differ in alpha, resolution, depth and widths. An error that was measured with some of them
    holds for the others; for other families it does not.

    >>> from mbcost.analytic.network import resolve
    >>> from mbcost.spec.catalogue.library import load_spec
    >>> name_family(resolve(load_spec("v2"))), name_family(resolve(load_spec("v1"), alpha=0.5))
    (('bottleneck',), ('separable',))
    >>> name_family(resolve(load_spec("v3-large"))) == name_family(resolve(load_spec("v3-small")))
    True
    """
    spec = network.spec
    if spec.is_flat:
        return ("a list of layers", *sorted({step.lead.operator for step in network.steps}))
    operators = {row.operator for row in spec.rows} & ACTIVE
    blocks = operators - {"conv"} or operators
    return (*sorted(blocks), *_describe_insides(network))


def _describe_insides(network: Network) -> list[str]:
    """Return what blocks can have beside their convolutions of 3x3 with ReLU."""
    leads = [(step, step.lead) for step in network.steps]
    insides = []
    if any(isinstance(lead, Conv2d) and lead.operator == "depthwise" and max(lead.kernel) > 3 for _, lead in leads):
        insides.append("large kernels")
    if any(lead.operator == "multiply" for _, lead in leads):
        insides.append("squeeze-and-excite")
    functions = {layer.function for layer in network.layers if isinstance(layer, Activation)}
    insides += [words for function, words in _FUNCTIONS.items() if function in functions]
    return insides


_FUNCTIONS = {"hard_swish": "hard swish", "swish": "swish"}
