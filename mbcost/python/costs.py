"""What networks cost, how they differ, and who counts them how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError, unknown
from mbcost.python.networks import NetworkLike, as_names, network
from mbcost.spec.catalogue.library import as_convention, load_conventions

if TYPE_CHECKING:
    from mbcost.questions.compare.compare import SideBySide
    from mbcost.questions.compare.diff import NetworkDiff
    from mbcost.questions.cost.formula import Formula
    from mbcost.questions.cost.ledger import Ledger
    from mbcost.spec.convention import Convention


def conventions() -> tuple[Convention, ...]:
    """Return every counting convention, the default `macs` first.

    >>> [convention.name for convention in conventions()][:3]
    ['macs', 'flops2', 'fvcore']
    """
    return tuple(load_conventions().values())


def compare(*networks: NetworkLike, convention: Convention | str | None = None) -> SideBySide:
    """Compare the totals of networks, as `mbcost compare` does.

    Args:
        networks: at least one; ratios are to the first.
        convention: how params and mult-adds are counted, a convention or its name; by default `macs`.

    Returns:
        `.totals`, one per network with `.network`, `.params`, `.mult_adds` and `.activations` (output elements of
        convolutions and linear layers), and `.ratio(totals, quantity)`, an exact fraction.

    Raises:
        MbcostError: no network is given, one cannot be built, or the convention is unknown.

    >>> answer = compare("v1", "v2", "v3-large")
    >>> [totals.mult_adds for totals in answer.totals]
    [568740352, 300774272, 216589760]
    """
    from mbcost.questions.compare.compare import compare_totals

    if not networks:
        raise MbcostError("compare needs a network: give at least one")
    return compare_totals([network(net) for net in networks], as_convention(convention))


def diff(first: NetworkLike, second: NetworkLike, *, convention: Convention | str | None = None) -> NetworkDiff:
    """Compare two networks layer by layer, as `mbcost diff` does.

    The work grows with the product of their numbers of layers if they do not come from one table.

    Args:
        first: the first network.
        second: the second network; all differences are second minus first.
        convention: how params and mult-adds are counted; by default `macs`.

    Returns:
        `.layers`, those that differ, each with `.first` and `.second` (names), `.changes`, `.params`, `.mult_adds` and
        `.activations`; `.same`, the number of equal layers; and the sums `.params`, `.mult_adds` and `.activations`.

    Raises:
        MbcostError: a network cannot be built, or the convention is unknown.

    >>> answer = diff("v3-large@0.5", "v3-large@0.5:torchvision")
    >>> answer.params, answer.layers[0].changes[0].feature
    (-954944, 'output')
    """
    from mbcost.questions.compare.diff import diff_networks

    return diff_networks(network(first), network(second), as_convention(convention))


def ledger(
    net: NetworkLike,
    *,
    conventions: Sequence[Convention | str] | None = None,
    quantity: str = "mult_adds",
    zeros: bool = False,
) -> Ledger:
    """Return the raw counts of a network, which sum to each convention's total, as `mbcost ledger` does.

    Args:
        net: the network.
        conventions: the conventions, themselves or by name; by default all current ones, but no tool for another
            framework than PyTorch or Keras.
        quantity: `mult_adds` or `params`.
        zeros: whether to include the lines that add nothing.

    Returns:
        `.lines`, one per raw count with `.count`, `.value` and `.amounts` (one per convention); `.totals`, one per
        convention; and `.differences`, line by line, if there are exactly two.

    Raises:
        MbcostError: the network cannot be built, the quantity or a convention is unknown, or one is given twice.

    >>> answer = ledger("v2:torchvision", conventions=["fvcore", "ptflops"])
    >>> answer.totals
    (314193216, 320300008)
    """
    from mbcost.questions.cost.ledger import QUANTITIES, build_ledger, choose_conventions

    if quantity not in QUANTITIES:
        raise unknown("quantity", quantity, QUANTITIES)
    chosen = choose_conventions(as_names(conventions, "conventions"))
    return build_ledger(network(net), chosen, quantity, zeros=zeros)


def formula(net: NetworkLike, layer: str) -> Formula:
    """Return the equations of one layer's cost, as `mbcost formula` does.

    Args:
        net: the network.
        layer: the name of a layer, such as `2.1.expand`.

    Returns:
        `.mult_adds` and `.weights`, each with `.letters`, `.numbers` and `.value` (None for a layer without weights),
        and their closed forms in alpha and rho.

    Raises:
        MbcostError: the network cannot be built, or has no such layer.

    >>> formula("v1", "1.1.depthwise").mult_adds.numbers
    '3·3 · 32 · 112·112'
    """
    from mbcost.questions.cost.formula import derive_formula

    return derive_formula(network(net), layer)
