"""`mbcost compare`: two comparisons by name, and any networks side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import NetworkOptions, parse_alpha, parse_rho, pick_network, refuse_models, resolve_network
from mbcost.cli.completers import complete_network
from mbcost.cli.group import CommandGroup
from mbcost.cli.options import Alpha, ConventionName, Impl, Res, Rho, share_options
from mbcost.cli.output import View, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.registry import Subgroup
from mbcost.errors import MbcostError, unknown
from mbcost.present.compare import residuals, separable
from mbcost.present.compare.compare import as_json, as_table
from mbcost.questions.compare.compare import compare_totals
from mbcost.questions.compare.residuals import compare_residuals_of_v3
from mbcost.questions.compare.separable import compare_as_printed, compare_with_standard
from mbcost.spec.catalogue.library import find_network, is_path, load_convention
from mbcost.spec.scaling import check_whole

MEANINGS: Mapping[str, str] = {
    **dict.fromkeys(("standard", "depthwise", "separable", "dws", "dw"), "standard-vs-dws"),
    **dict.fromkeys(("residual", "residuals", "inverted", "bottleneck"), "residual-vs-inverted"),
}
"""A word -> the comparison that it means."""


class ComparisonGroup(CommandGroup):
    """Comparisons by name; arguments that do not start with such a name are networks."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as click does, with `nets` inserted if the first argument does not name a comparison."""
        if not args or args[0] not in (*self.commands, "-h", "--help"):
            self._check_slip(args)
            args = ["nets", *args]
        return super().parse_args(ctx, args)

    def _check_slip(self, args: list[str]) -> None:
        """Refuse a first word that is almost the name of a comparison.

        Raises:
            MbcostError: it is, and it is not a network.
        """
        word = args[0] if args else ""
        error = unknown("comparison or network", word, self.commands, MEANINGS)
        if str(error).endswith("?") and not is_path(word) and find_network(re.split("[@/:]", word)[0]) is None:
            raise error


def _compare() -> None:
    """Compare convolutions, blocks or networks.

    Each comparison has its own options: `mbcost compare nets --help` lists those of networks side by side.

    \b
    Examples:
      mbcost compare standard-vs-dws
      mbcost compare standard-vs-dws v1
      mbcost compare residual-vs-inverted --channels 64 --feature 28
      mbcost compare v1 v2@0.75 v3-large/192 v3-large@0.75:torchvision
    """


@share_options()
def nets(
    networks: Annotated[
        list[str],
        Argument(metavar="NET...", help="Networks; ratios are to the first.", complete=complete_network),
    ],
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
    view: View,
) -> int:
    """Networks side by side, with ratios to the first.

    The word `nets` can be left out.
    """
    destination = choose_destination(view)
    resolved = [resolve_network(net, options) for net in networks]
    answer = compare_totals(resolved, load_convention(convention))
    emit(as_table(answer, is_sorted=view.sort is not None), as_json(answer), destination, "networks")
    return 0


@share_options()
def standard_vs_dws(
    net: Annotated[
        Optional[str],
        Argument(metavar="[NET]", help="A whole network [default: one layer].", complete=complete_network),
    ] = None,
    named: Annotated[Optional[str], Option("--net", hidden=True, complete=complete_network)] = None,
    *,
    kernel: Annotated[Optional[int], Option(metavar="K", help="Side of the kernel [default: 3].")] = None,
    inputs: Annotated[Optional[int], Option("--in", metavar="M", help="Input channels [default: 512].")] = None,
    outputs: Annotated[Optional[int], Option("--out", metavar="N", help="Output channels [default: 512].")] = None,
    feature: Annotated[Optional[int], Option(metavar="D", help="Side of the input map [default: 14].")] = None,
    stride: Annotated[Optional[int], Option(metavar="S", help="Stride [default: 1].")] = None,
    alpha: Alpha = None,
    rho: Rho = None,
    res: Res = None,
    impl: Impl = None,
    view: View,
) -> int:
    """Standard and depthwise separable convolution.

    Without options this is the V1 paper's table 3: one layer, then with alpha = 0.75, then also with rho = 0.714. The
    options describe a different layer, or NET a network.
    """
    destination = choose_destination(view)
    net = pick_network(net, named)
    options = {"kernel": kernel, "inputs": inputs, "outputs": outputs, "feature": feature, "stride": stride}
    sizes = {name: size for name, size in options.items() if size is not None}
    if net is not None:
        if sizes:
            option = next(iter(sizes)).removesuffix("puts")
            raise MbcostError(f"--{option} describes one layer and {net} is a whole network: keep one")
        refuse_models([net], "its form is what it is: name the table from which it is built")
        network = resolve_network(net, NetworkOptions(alpha=alpha, res=res, rho=rho, impl=impl))
        answer = compare_with_standard(network)
        emit(separable.network_table(answer), separable.network_json(answer), destination, "blocks")
        return 0
    for name, value in (("res", res), ("impl", impl)):
        if value is not None:
            raise MbcostError(f"--{name} needs a network: name it, or use --feature for one layer")
    for name, size in sizes.items():
        check_whole(size, {"inputs": "--in", "outputs": "--out"}.get(name, name))
    comparison = compare_as_printed(
        sizes, None if alpha is None else parse_alpha(alpha), None if rho is None else parse_rho(rho)
    )
    emit(separable.layer_table(comparison), separable.layer_json(comparison), destination, "forms")
    return 0


@share_options()
def residual_vs_inverted(
    channels: Annotated[int, Option(metavar="C", help="Input and output channels.")] = 64,
    feature: Annotated[int, Option(metavar="D", help="Side of the map.")] = 14,
    expansion: Annotated[int, Option(metavar="T", help="Expansion factor of the inverted residual.")] = 6,
    reduction: Annotated[int, Option(metavar="R", help="Divisor of ResNet's bottleneck.")] = 4,
    *,
    view: View,
) -> int:
    """ResNet's bottleneck and inverted residuals.

    The blocks are ResNet's bottleneck, V2's inverted residual, and V3's with squeeze-and-excite. The defaults are those
    of the 64-channel stage in V2's table.
    """
    destination = choose_destination(view)
    blocks = compare_residuals_of_v3(channels=channels, feature=feature, expansion=expansion, reduction=reduction)
    emit(residuals.as_table(blocks, feature), residuals.as_json(blocks, feature), destination, "blocks")
    return 0


COMPARISONS: Mapping[str, Callable[..., int]] = {
    "nets": nets,
    "standard-vs-dws": standard_vs_dws,
    "residual-vs-inverted": residual_vs_inverted,
}
COMPARE = Subgroup(_compare, COMPARISONS, ComparisonGroup)
