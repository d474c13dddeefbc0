"""`mbcost export`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mbcost.cli.arguments import complete_network, parse_reference, parse_resolution
from mbcost.cli.options import InChannels, Output
from mbcost.cli.output import check_output, write
from mbcost.cli.verify.verify import Kwargs, parse_arguments
from mbcost.errors import MbcostError, unknown
from mbcost.questions.verify.export import flatten
from mbcost.questions.verify.verify import trace_target
from mbcost.spec.catalogue.library import NETWORKS, is_path, specs_folder
from mbcost.spec.reading.flat import to_yaml

IMAGENET_RESOLUTION = (224, 224)
"""The usual resolution of ImageNet, for a model that has no table."""


def export(
    net: Annotated[
        Optional[str],
        typer.Argument(metavar="[NET]", help="A built-in network.", autocompletion=complete_network),
    ] = None,
    model: Annotated[
        Optional[str], typer.Option("--from", metavar="MODEL", help="MODULE:FACTORY or ./FILE.py:FACTORY.")
    ] = None,
    res: Annotated[Optional[str], typer.Option(help="Input size in pixels [default: 224].", metavar="N|HxW")] = None,
    in_channels: InChannels = None,
    kwargs: Kwargs = None,
    name: Annotated[
        Optional[str], typer.Option(help="The name of the list [default: that of the factory].", metavar="NAME")
    ] = None,
    style: Annotated[str, typer.Option("--format", help="yaml.", metavar="FORMAT")] = "yaml",
    output: Output = None,
) -> int:
    """Write a network as YAML: the spec of a built-in one, or a flat list of the layers of your own PyTorch model.

    The list states every number for one resolution, so that other commands can read it without torch.

    \b
    Examples:
      mbcost export v2 --output mine.yaml
      mbcost export --from torchvision.models:mobilenet_v2 --output mobilenet_v2.yaml
    """
    if style != "yaml":
        raise unknown("format", style, ("yaml",))
    check_output("text", output)
    if (net is None) == (model is None):
        raise MbcostError("export needs either a built-in network or --from MODEL: give one of them")
    if model is None:
        if net not in NETWORKS:
            raise _not_built_in(str(net))
        settings = {"--res": res, "--in-channels": in_channels, "--kwargs": kwargs, "--name": name}
        if unused := [option for option, value in settings.items() if value is not None and value != []]:
            raise MbcostError(f"{unused[0]} applies to --from MODEL only: export writes a built-in table as published")
        write((specs_folder() / f"{net}.yaml").read_text(encoding="utf-8"), output)
        return 0
    resolution = IMAGENET_RESOLUTION if res is None else parse_resolution(res)
    traced = trace_target(model, parse_arguments(kwargs or []), resolution, 3 if in_channels is None else in_channels)
    source = " ".join([model, *(kwargs or [])])
    write(to_yaml(flatten(traced, name or model.rpartition(":")[2], source)), output)
    return 0


def _not_built_in(net: str) -> MbcostError:
    reference = parse_reference(net)
    if reference.name in NETWORKS:
        return MbcostError(f"export writes a built-in table as published: write '{reference.name}' alone")
    if reference.name == "-" or is_path(reference.name):
        return MbcostError(
            f"export does not read files such as {reference.name}: name a built-in network, or a model after --from"
        )
    return unknown("network", net, NETWORKS)
