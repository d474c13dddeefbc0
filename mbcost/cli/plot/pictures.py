"""`mbcost plot`: pictures by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Optional

from mbcost.cli.arguments import (
    NOTHING_TO_SWEEP,
    NetworkOptions,
    parse_alpha,
    parse_list,
    parse_reference,
    parse_resolution,
    refuse_models,
    resolve_network,
    scale_resolution,
)
from mbcost.cli.completers import complete_network, complete_resolution, names_of
from mbcost.cli.group import CommandGroup
from mbcost.cli.options import TABLES_ONLY, ConventionName, Force, Net, RhoList, alpha_list, share_options
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.plot.files import Picture, check_picture, save_picture
from mbcost.cli.plot.fit import fit
from mbcost.cli.registry import Subgroup
from mbcost.cli.work import announce_work, begin_work
from mbcost.errors import MbcostError, choose
from mbcost.present.plot.accuracy import draw_accuracy
from mbcost.present.plot.activations import draw_activations
from mbcost.present.plot.blocks import draw_blocks
from mbcost.present.plot.compare import draw_comparison
from mbcost.present.plot.fit import name_latency_axis
from mbcost.present.plot.layers import draw_layers
from mbcost.present.plot.sweep import draw_sweep
from mbcost.questions.accuracy.curves import Costs, list_accuracy_points, trace_accuracy
from mbcost.questions.compare.compare import compare_totals
from mbcost.questions.latency.grid import predict_milliseconds
from mbcost.questions.latency.summaries import calibrate_device
from mbcost.questions.plot import (
    EXAMPLES,
    compute_cost_grid,
    count_mult_adds,
    describe_block,
    profile_layers,
    sample_activations,
)
from mbcost.questions.work import Work
from mbcost.spec.catalogue.checkpoints import OFFICIAL, load_recipes
from mbcost.spec.catalogue.library import load_convention
from mbcost.spec.catalogue.measured import list_devices

ALPHAS, RESOLUTIONS = "0.25:1.4:0.05", "96:256:16"
"""What a sweep draws if nothing is stated."""
MOST_PLANNED = 1_000_000
"""The number of blocks that are planned without --force; a network has some dozens."""
LAYERS_PER_SECOND = 500
"""Layers that are drawn per second."""


class PictureGroup(CommandGroup):
    """Pictures by name."""

    kind = "picture"


def _plot() -> None:
    """Draw pictures as SVG, PNG or PDF; needs pip install 'mbcost[plot]'.

    Each picture has its own options: `mbcost plot layers --help` lists those of layers.

    \b
    Examples:
      mbcost plot layers v2 --output layers.svg
      mbcost plot sweep v2 --output sweep.pdf
      mbcost plot compare v1 v2 v3-large --output compare.png
    """


@share_options()
def layers(
    net: Net,
    output: Picture,
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
) -> int:
    """Multiply-adds, params and activations along a network.

    \b
    Examples:
      mbcost plot layers v2 --output layers.svg
      mbcost plot layers v3-large@0.75/160:torchvision --output layers.png
    """
    check_picture(output)
    network = resolve_network(net, options)
    announce_work(len(network.steps), "layers", rate=LAYERS_PER_SECOND)
    save_picture(draw_layers(profile_layers(network, load_convention(convention))), output)
    return 0


@share_options(
    **TABLES_ONLY,
    alpha=alpha_list(ALPHAS),
    res=Annotated[
        Optional[str],
        Option(
            "--res", metavar="LIST", help=f"Sizes of the square input, in the same form [default: {RESOLUTIONS}].",
            complete=complete_resolution,
        ),
    ],
    rho=RhoList,
)  # fmt: skip
def sweep(
    net: Net,
    output: Picture,
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
    force: Force = False,
) -> int:
    """Multiply-adds over width multiplier and resolution, with lines of equal cost.

    At most 20,000 points are drawn. Without --force, at most 1,000,000 blocks of networks are planned.

    \b
    Examples:
      mbcost plot sweep v2 --output sweep.svg
      mbcost plot sweep v1:keras --alpha 0.25:1:0.01 --res 96:224:4 -o sweep.png
    """
    check_picture(output)
    refuse_models([net], NOTHING_TO_SWEEP)
    alphas = sorted({parse_alpha(value, in_list=True) for value in parse_list(options.alpha or ALPHAS, "alpha")})
    reference = parse_reference(net)
    if reference.alpha is not None or reference.resolution is not None:
        raise MbcostError(
            f"'{net}' has an alpha or a resolution, but a sweep varies them: use --alpha and --res instead"
        )
    network = resolve_network(net, replace(options, alpha=None, res=None, rho=None))
    if network.spec.is_flat:
        raise MbcostError(f"{net} is a flat list of layers, which has no alpha to sweep: use a table of blocks")
    if options.rho is None:
        sizes = [parse_resolution(value) for value in parse_list(options.res or RESOLUTIONS, "res")]
    elif options.res is None:
        sizes = [scale_resolution(network.spec, value) for value in parse_list(options.rho, "rho")]
    else:
        raise MbcostError("rho and a resolution are both given: remove one, rho multiplies the table's own resolution")
    sides = sorted({_check_side(size) for size in sizes})
    blocks = len(alphas) * sum(row.repeats for row in network.spec.rows)
    begin_work(
        Work(blocks, "blocks of networks to plan", 15_000, MOST_PLANNED, "use larger steps of alpha"), force=force
    )
    grid = compute_cost_grid(
        network.spec, network.implementation, load_convention(convention), alphas, sides,
        classes=network.classes, in_channels=network.in_channels,
    )  # fmt: skip
    save_picture(draw_sweep(grid), output)
    return 0


def accuracy(
    output: Picture,
    nets: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET]...",
            help="Networks with released checkpoints [default: all].",
            complete=complete_network,
        ),
    ] = None,
    convention: ConventionName = None,
    recipe: Annotated[
        str,
        Option(help="Recipe with which the checkpoints were trained.", metavar="NAME", complete=names_of(load_recipes)),
    ] = OFFICIAL,
    device: Annotated[
        Optional[str],
        Option(
            help="Device, or file of measurements, whose milliseconds are drawn [default: mult-adds].",
            metavar="NAME",
            complete=names_of(list_devices),
        ),
    ] = None,
) -> int:
    """Published and estimated top-1 accuracy against mult-adds, or against milliseconds on a device.

    Points are released checkpoints. A curve is the highest estimate at each cost, with its 90% interval.

    \b
    Examples:
      mbcost plot accuracy --output accuracy.svg
      mbcost plot accuracy v1 v2 --output accuracy.pdf
      mbcost plot accuracy --device pixel1-tflite --output accuracy.svg
    """
    check_picture(output)
    if device is not None and convention is not None:
        raise MbcostError("--convention counts mult-adds, and --device draws milliseconds: remove one")
    counts, recipes = load_convention(convention), load_recipes()
    trained = recipes[choose("recipe", recipe, recipes)]
    costs: Costs = partial(count_mult_adds, counts)
    axis = f"mult-adds, 1000 classes, convention {counts.name}"
    if device is not None:
        calibration = calibrate_device(device)
        costs, axis = partial(predict_milliseconds, calibration), name_latency_axis(calibration)
    points = list_accuracy_points(trained, costs, nets or ())
    save_picture(draw_accuracy(points, trace_accuracy(trained, costs, nets or ()), axis), output)
    return 0


@share_options()
def compare(
    networks: Annotated[
        list[str],
        Argument(metavar="NET...", help="Networks, top to bottom.", complete=complete_network),
    ],
    output: Picture,
    options: NetworkOptions,
    *,
    convention: ConventionName = None,
) -> int:
    """Networks side by side: multiply-adds, params and activations.

    \b
    Examples:
      mbcost plot compare v1 v2 v3-large v3-small --output compare.svg
      mbcost plot compare v2@0.5 v2@0.75 v2 --res 160 --output compare.pdf
    """
    check_picture(output)
    resolved = [resolve_network(net, options) for net in networks]
    save_picture(draw_comparison(compare_totals(resolved, load_convention(convention))), output)
    return 0


def activations(output: Picture) -> int:
    """Sigmoid and swish, with the hard forms that MobileNetV3 uses.

    \b
    Examples:
      mbcost plot activations --output activations.svg
    """
    check_picture(output)
    save_picture(draw_activations(sample_activations()), output)
    return 0


def blocks(
    output: Picture,
    chosen: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET=BLOCK]...",
            help="Blocks <stage>.<repeat> of networks [default: one block each of ResNet-50, V1, V2 and V3].",
            complete=complete_network,
        ),
    ] = None,
) -> int:
    """Blocks drawn to the scale of their channels.

    \b
    Examples:
      mbcost plot blocks --output blocks.svg
      mbcost plot blocks v2=2.1 v2@0.5=2.1 --output blocks.png
    """
    check_picture(output)
    convention = load_convention()
    references = [_parse_block(text) for text in chosen] if chosen else EXAMPLES
    shapes = [describe_block(resolve_network(net), block, convention) for net, block in references]
    save_picture(draw_blocks(shapes), output)
    return 0


def _check_side(size: tuple[int, int]) -> int:
    height, width = size
    if height != width:
        raise MbcostError(f"res is '{height}x{width}', but a sweep has square inputs: write one number such as 160")
    return height


def _parse_block(text: str) -> tuple[str, str]:
    net, separator, block = text.rpartition("=")
    if not separator:
        raise MbcostError(f"'{text}' is not a block: write NET=BLOCK, such as v2=2.1")
    return net, block


PICTURES: Mapping[str, Callable[..., int]] = {
    "layers": layers,
    "sweep": sweep,
    "fit": fit,
    "accuracy": accuracy,
    "compare": compare,
    "activations": activations,
    "blocks": blocks,
}
PLOT = Subgroup(_plot, PICTURES, PictureGroup)
