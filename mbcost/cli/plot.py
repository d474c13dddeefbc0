"""`mbcost plot`: pictures by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import (
    complete_network,
    network_of,
    parse_alpha,
    parse_list,
    parse_reference,
    parse_resolution,
)
from mbcost.cli.group import CommandGroup, Subgroup
from mbcost.cli.options import Alpha, Classes, ConventionName, Impl, InChannels, Net, Res, Rho
from mbcost.cli.output import check_output, into
from mbcost.errors import MbcostError
from mbcost.present.plot.accuracy import SIZE as ACCURACY_SIZE
from mbcost.present.plot.accuracy import draw_accuracy
from mbcost.present.plot.activations import SIZE as ACTIVATIONS_SIZE
from mbcost.present.plot.activations import draw_activations
from mbcost.present.plot.blocks import draw_blocks
from mbcost.present.plot.blocks import size_of as size_of_blocks
from mbcost.present.plot.canvas import ENDINGS, Draw, render
from mbcost.present.plot.compare import draw_compare
from mbcost.present.plot.compare import size_of as size_of_comparison
from mbcost.present.plot.layers import SIZE as LAYERS_SIZE
from mbcost.present.plot.layers import draw_layers
from mbcost.present.plot.sweep import SIZE as SWEEP_SIZE
from mbcost.present.plot.sweep import draw_sweep
from mbcost.questions import plot as pictures
from mbcost.questions.compare.nets import side_by_side
from mbcost.spec.catalogue.checkpoints import load_checkpoints
from mbcost.spec.catalogue.library import load_convention

Picture = Annotated[
    Path, typer.Option("--output", help="The file to write, .svg, .png or .pdf, whole or not at all.", metavar="FILE")
]


class PictureGroup(CommandGroup):
    """Pictures by name."""

    kind = "picture"


def _plot() -> None:
    """Pictures as SVG, PNG or PDF, by the ending of the file's name; needs matplotlib: pip install 'mbcost[plot]'.

    \b
    Examples:
      mbcost plot layers v2 --output layers.svg
      mbcost plot sweep v2 --output sweep.pdf
      mbcost plot compare v1 v2 v3-large --output compare.png
    """


def layers(
    net: Net,
    output: Picture,
    alpha: Alpha = None,
    res: Res = None,
    rho: Rho = None,
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    convention: ConventionName = None,
) -> int:
    """Multiply-adds, params and activations along a network.

    \b
    Examples:
      mbcost plot layers v2 --output layers.svg
      mbcost plot layers v3-large@0.75/160:torchvision --output layers.png
    """
    check_picture(output)
    network = network_of(net, alpha=alpha, res=res, rho=rho, impl=impl, classes=classes, in_channels=in_channels)
    _save(draw_layers(pictures.profile(network, load_convention(convention))), LAYERS_SIZE, output)
    return 0


def sweep(
    net: Net,
    output: Picture,
    alpha: Annotated[
        str, typer.Option(help="Width multipliers, a,b,c or start:stop:step.", metavar="LIST")
    ] = "0.25:1.4:0.05",
    res: Annotated[str, typer.Option(help="Sides of the input, the same way.", metavar="LIST")] = "96:256:16",
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    convention: ConventionName = None,
) -> int:
    """Multiply-adds over width multiplier and resolution, with lines of equal cost.

    \b
    Examples:
      mbcost plot sweep v2 --output sweep.svg
      mbcost plot sweep v1:keras --alpha 0.25:1:0.01 --res 96:224:4 --output sweep.png
    """
    check_picture(output)
    alphas = sorted({parse_alpha(value) for value in parse_list(alpha, "alpha")})
    sides = sorted({_side(value) for value in parse_list(res, "res")})
    reference = parse_reference(net)
    if reference.alpha is not None or reference.resolution is not None:
        raise MbcostError(f"'{net}' states an alpha or a resolution: a sweep takes them from --alpha and --res")
    network = network_of(net, impl=impl, classes=classes, in_channels=in_channels)
    if network.spec.is_flat:
        raise MbcostError(f"{net} is a list of layers with every number worked out: it has no alpha to sweep")
    grid = pictures.cost_grid(
        network.spec, network.implementation, load_convention(convention), alphas, sides,
        classes=network.classes, in_channels=network.in_channels,
    )  # fmt: skip
    _save(draw_sweep(grid), SWEEP_SIZE, output)
    return 0


def accuracy(
    output: Picture,
    nets: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[NET]...", help="Networks with released checkpoints [default: all]."),
    ] = None,
    convention: ConventionName = None,
) -> int:
    """Published top-1 of the released checkpoints against the multiply-adds of their networks.

    \b
    Examples:
      mbcost plot accuracy --output accuracy.svg
      mbcost plot accuracy v1 v2 --output accuracy.pdf
    """
    check_picture(output)
    counted = load_convention(convention)
    points = pictures.accuracy_points(load_checkpoints(), counted, nets or ())
    _save(draw_accuracy(points, counted.name), ACCURACY_SIZE, output)
    return 0


def compare(
    networks: Annotated[
        list[str],
        typer.Argument(metavar="NET...", help="Networks, top to bottom.", autocompletion=complete_network),
    ],
    output: Picture,
    alpha: Alpha = None,
    res: Res = None,
    impl: Impl = None,
    classes: Classes = None,
    convention: ConventionName = None,
) -> int:
    """Networks side by side: multiply-adds, params and activations.

    \b
    Examples:
      mbcost plot compare v1 v2 v3-large v3-small --output compare.svg
      mbcost plot compare v2@0.5 v2@0.75 v2 --res 160 --output compare.pdf
    """
    check_picture(output)
    resolved = [network_of(net, alpha=alpha, res=res, impl=impl, classes=classes) for net in networks]
    answer = side_by_side(resolved, load_convention(convention))
    _save(draw_compare(answer), size_of_comparison(answer), output)
    return 0


def activations(output: Picture) -> int:
    """Sigmoid and swish beside the hard forms that MobileNetV3 uses.

    \b
    Examples:
      mbcost plot activations --output activations.svg
    """
    check_picture(output)
    _save(draw_activations(pictures.activation_pairs()), ACTIVATIONS_SIZE, output)
    return 0


def blocks(
    output: Picture,
    chosen: Annotated[
        Optional[list[str]],
        typer.Argument(
            metavar="[NET=BLOCK]...",
            help="Blocks as <stage>.<repeat> of a network [default: one each of ResNet-50, V1, V2 and V3].",
        ),
    ] = None,
) -> int:
    """Blocks to the scale of their channels.

    \b
    Examples:
      mbcost plot blocks --output blocks.svg
      mbcost plot blocks v2=2.1 v2@0.5=2.1 --output blocks.png
    """
    check_picture(output)
    convention = load_convention()
    wanted = [_block(text) for text in chosen] if chosen else pictures.EXAMPLES
    shapes = [pictures.block_shape(network_of(net), block, convention) for net, block in wanted]
    _save(draw_blocks(shapes), size_of_blocks(shapes), output)
    return 0


def check_picture(output: Path) -> None:
    """Refuse a file that cannot be written or whose ending says no format, before any work is done.

    Raises:
        MbcostError: the ending, or the folder, is not there.
    """
    if _ending(output) not in ENDINGS:
        endings = f"{', '.join(f'.{ending}' for ending in ENDINGS[:-1])} or .{ENDINGS[-1]}"
        raise MbcostError(f"cannot draw '{output}': the name of the file must end in {endings}")
    check_output("text", output)


def _ending(output: Path) -> str:
    return output.suffix[1:].lower()


def _save(draw: Draw, size: tuple[float, float], output: Path) -> None:
    picture = render(draw, size, _ending(output))
    with into(output) as path:
        path.write_bytes(picture)


def _side(text: str) -> int:
    height, width = parse_resolution(text)
    if height != width:
        raise MbcostError(f"res is '{text}': a sweep has square inputs, write one number")
    return height


def _block(text: str) -> tuple[str, str]:
    net, separator, block = text.rpartition("=")
    if not separator:
        raise MbcostError(f"'{text}' is no block: write NET=BLOCK, such as v2=2.1")
    return net, block


PICTURES: Mapping[str, Callable[..., int]] = {
    "layers": layers,
    "sweep": sweep,
    "accuracy": accuracy,
    "compare": compare,
    "activations": activations,
    "blocks": blocks,
}
PLOT = Subgroup(_plot, PICTURES, PictureGroup)
