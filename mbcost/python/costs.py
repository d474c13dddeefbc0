"""What networks cost, how they differ, and who counts them how."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mbcost.errors import MbcostError, choose
from mbcost.python.arguments import checked
from mbcost.python.networks import NetworkLike, Size, as_alpha, as_rho, make_settings, network, resolve_network
from mbcost.spec.catalogue import library
from mbcost.spec.catalogue.library import as_convention, load_conventions
from mbcost.spec.convention import Convention

if TYPE_CHECKING:
    from mbcost.questions.compare.compare import SideBySide
    from mbcost.questions.compare.diff import NetworkDiff
    from mbcost.questions.compare.residuals import ResidualBlock
    from mbcost.questions.compare.separable import LayerComparison, NetworkComparison
    from mbcost.questions.cost.formula import Formula
    from mbcost.questions.cost.ledger import Ledger

load_convention = checked(library.load_convention)


@checked
def conventions() -> tuple[Convention, ...]:
    """Return every counting convention, the default `macs` first.

    >>> [convention.name for convention in conventions()][:3]
    ['macs', 'flops2', 'fvcore']
    """
    return tuple(load_conventions().values())


@checked
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


@checked
def standard_vs_dws(
    net: NetworkLike | None = None,
    *,
    kernel: int | None = None,
    inputs: int | None = None,
    outputs: int | None = None,
    feature: int | None = None,
    stride: int | None = None,
    alpha: float | None = None,
    rho: float | Fraction | None = None,
    resolution: Size | None = None,
    implementation: str | None = None,
) -> LayerComparison | NetworkComparison:
    """Compare the standard and the depthwise separable form, as `mbcost compare standard-vs-dws` does.

    Without arguments, it is the V1 paper's table 3: one layer, then with alpha 0.75, then also with rho 0.714.

    Args:
        net: a whole network; by default one layer.
        kernel: the side of the layer's kernel; by default 3.
        inputs: its input channels; by default 512.
        outputs: its output channels; by default 512.
        feature: the side of its input map; by default 14.
        stride: its stride; by default 1.
        alpha: the width multiplier.
        rho: the resolution multiplier.
        resolution: height and width of the network's input in pixels; by default the table's own.
        implementation: whose rules of rounding, scaling and padding the network follows; by default the official ones.

    Returns:
        For a layer, `.forms`, the standard form first, each with `.title`, `.params` and `.mult_adds`; `.ratio`, the
        exact ratio of the first two, and `.formula`, 1/N + 1/K². For a network, `.blocks`, each with `.name`,
        `.standard` and `.separable` (raw counts), `.ratio` and `.formula`.

    Raises:
        MbcostError: no layer or network can be built, or a size of a layer and a network are both given.

    >>> [form.mult_adds for form in standard_vs_dws().forms]
    [462422016, 52283392, 29578752, 15091200]
    """
    from mbcost.questions.compare.separable import compare_as_printed, compare_with_standard

    given = {"kernel": kernel, "inputs": inputs, "outputs": outputs, "feature": feature, "stride": stride}
    sizes = {name: size for name, size in given.items() if size is not None}
    if net is not None:
        if sizes:
            raise MbcostError(f"{next(iter(sizes))} describes one layer, and a network is given: keep one")
        settings = make_settings(alpha=alpha, resolution=resolution, rho=rho, implementation=implementation)
        return compare_with_standard(resolve_network(net, settings))
    for name, value in (("resolution", resolution), ("implementation", implementation)):
        if value is not None:
            raise MbcostError(f"{name} needs a network: give one, or use feature for one layer")
    return compare_as_printed(sizes, None if alpha is None else as_alpha(alpha), None if rho is None else as_rho(rho))


@checked
def residual_vs_inverted(
    *, channels: int = 64, feature: int = 14, expansion: int = 6, reduction: int = 4
) -> tuple[ResidualBlock, ...]:
    """Compare ResNet's bottleneck and inverted residuals, as `mbcost compare residual-vs-inverted` does.

    Args:
        channels: input and output channels.
        feature: the side of the map.
        expansion: the expansion factor of the inverted residuals.
        reduction: the divisor of ResNet's bottleneck.

    Returns:
        ResNet's bottleneck, V2's inverted residual, and V3's with squeeze-and-excite, each with `.title`, `.widths`,
        `.tally` (raw counts) and `.largest_map` (elements).

    Raises:
        MbcostError: a size is below 1 or too large, or the reduction does not divide the channels.

    >>> [(block.widths, block.tally.conv_macs) for block in residual_vs_inverted()][:2]
    [((64, 16, 16, 64), 852992), ((64, 384, 384, 64), 10311168)]
    """
    from mbcost.questions.compare.residuals import compare_residuals_of_v3

    return compare_residuals_of_v3(channels=channels, feature=feature, expansion=expansion, reduction=reduction)


@checked
def diff(
    first: NetworkLike, second: NetworkLike, *, convention: Convention | str | None = None, force: bool = False
) -> NetworkDiff:
    """Compare two networks layer by layer, as `mbcost diff` does.

    The work grows with the product of their numbers of layers if they do not come from one table.

    Args:
        first: the first network.
        second: the second network; all differences are second minus first.
        convention: how params and mult-adds are counted; by default `macs`.
        force: whether more than 20,000,000 pairs of layers may be compared.

    Returns:
        `.layers`, those that differ, each with `.first` and `.second` (names), `.changes`, `.params`, `.mult_adds` and
        `.activations`; `.same`, the number of equal layers; and the sums `.params`, `.mult_adds` and `.activations`.

    Raises:
        MbcostError: a network cannot be built, or the convention is unknown.

    >>> answer = diff("v3-large@0.5", "v3-large@0.5:torchvision")
    >>> answer.params, answer.layers[0].changes[0].feature
    (-954944, 'output')
    """
    from mbcost.questions.compare.diff import diff_networks, measure_diff

    pair = network(first), network(second)
    measure_diff(*pair).check(force=force)
    return diff_networks(*pair, as_convention(convention))


@checked
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

    counted = choose("quantity", quantity, QUANTITIES)
    return build_ledger(network(net), choose_conventions(conventions), counted, zeros=zeros)


@checked
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
