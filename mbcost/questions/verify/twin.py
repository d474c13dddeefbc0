"""Which built-in network has exactly the layers of a file?"""

from __future__ import annotations

from dataclasses import replace

from mbcost.analytic.network import Network, resolve
from mbcost.errors import MbcostError
from mbcost.questions.verify.from_graph import describe_graph, fold_norms
from mbcost.questions.verify.identify import find_closest
from mbcost.spec.catalogue.library import NETWORKS, load_spec
from mbcost.spec.tally import Tally


def find_twin(network: Network) -> Network:
    """Return the network of a file with the built-in network that has its layers as `twin`, if there is one.

    The two have the same convolutions, fully connected layers and norms, or these norms folded into biases, and as many
    elements through each activation, residual addition and multiplication. What the weights are is not compared. A
    network that is not a file, or that has operators that are not known, stays as it is.
    """
    if network.graph is None or network.not_counted or network.twin is not None:
        return network
    model = describe_graph(network.graph)
    specs = [load_spec(name) for name in NETWORKS]
    try:
        tried = list(map(fold_norms, specs)) if model.folded else specs
        matches = find_closest(tried, model, None, None, None)
    except MbcostError:  # no built-in network can be built at its size or with its channels
        return network
    expected = _list_functions(network.tally())
    for match in matches:
        if match.exact and _list_functions(match.network.tally()) == expected:
            return replace(network, twin=_unfold(match.network))
    return network


def _unfold(network: Network) -> Network:
    """Return the built-in network with its norms."""
    return resolve(
        load_spec(network.spec.name),
        alpha=network.alpha,
        resolution=network.resolution,
        implementation=network.implementation,
        classes=network.classes,
        in_channels=network.in_channels,
    )


def _list_functions(tally: Tally) -> tuple[int, ...]:
    """Return the elements through everything that has no weights and is counted.

    A hard sigmoid is a ReLU6 and a multiplication, as which a file can spell it.
    """
    hard = tally.hard_sigmoid_elements
    return (
        tally.relu_elements, tally.relu6_elements + hard, tally.hard_swish_elements, tally.swish_elements,
        tally.sigmoid_elements, tally.multiplies + hard, tally.adds,
    )  # fmt: skip
