"""`mbcost export`."""

from __future__ import annotations

import re
from typing import Annotated, Optional

from mbcost.cli.arguments import choose_top, parse_arguments, parse_reference, parse_resolution
from mbcost.cli.completers import complete_network, one_of
from mbcost.cli.files import choose_file, write
from mbcost.cli.options import HeadText, Kwargs, NoTop, Output
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work
from mbcost.errors import MbcostError, unknown
from mbcost.questions.verify.export import flatten
from mbcost.questions.verify.verify import require_torch, trace_target
from mbcost.spec.catalogue.library import (
    NETWORKS,
    find_network,
    is_file,
    is_path,
    load_spec,
    specs_folder,
    unknown_network,
)
from mbcost.spec.reading.flat import to_yaml
from mbcost.spec.table import Row, Spec

IMAGENET_RESOLUTION = (224, 224)
"""The usual resolution of ImageNet, for a model that has no table."""


def export(
    net: Annotated[
        Optional[str],
        Argument(metavar="[NET]", help="A built-in network [default: --from MODEL].", complete=complete_network),
    ] = None,
    model: Annotated[
        Optional[str],
        Option("--from", metavar="MODEL", help="MODULE:FACTORY or ./FILE.py:FACTORY [default: NET]."),
    ] = None,
    head: HeadText = None,
    no_top: NoTop = False,
    res: Annotated[Optional[str], Option(help="Input size in pixels [default: 224].", metavar="N|HxW")] = None,
    in_channels: Annotated[
        Optional[int],
        Option(help="Number of channels of the input [default: 3].", metavar="N"),
    ] = None,
    kwargs: Kwargs = None,
    name: Annotated[
        Optional[str], Option(help="The name of the list [default: that of the factory].", metavar="NAME")
    ] = None,
    style: Annotated[
        str, Option("--format -f", help="Format: yaml.", metavar="FORMAT", complete=one_of("yaml"))
    ] = "yaml",
    output: Output = None,
) -> int:
    """Write a network as YAML: the spec of a built-in one, or a flat list of the layers of a PyTorch model.

    The list states every number for one resolution, so that other commands can read it without torch.

    \b
    Examples:
      mbcost export v2 --output mine.yaml
      mbcost export v2 --head 512,bn,26 --output mine.yaml
      mbcost export --from torchvision.models:mobilenet_v2 -o mobilenet_v2.yaml
    """
    if style != "yaml":
        raise unknown("format", style, ("yaml",))
    file = choose_file(output)
    if (net is None) == (model is None):
        raise MbcostError("export needs either a built-in network or --from MODEL: give one of them")
    if model is None:
        built_in = None if is_path(str(net)) else find_network(str(net))
        if built_in is None:
            raise _not_built_in(str(net))
        settings = {"--res": res, "--in-channels": in_channels, "--kwargs": kwargs, "--name": name}
        if unused := [option for option, value in settings.items() if value is not None and value != []]:
            raise MbcostError(f"{unused[0]} applies to --from MODEL only: export writes a built-in table as published")
        text = (specs_folder() / f"{built_in}.yaml").read_text(encoding="utf-8")
        own = head is None and not no_top
        write(text if own else _replace_rows(text, choose_top(load_spec(built_in), head, top=not no_top)), file)
        return 0
    if head is not None or no_top:
        option = "--no-top" if head is None else "--head"
        raise MbcostError(f"{option} applies to a built-in network only: change the model instead")
    resolution = IMAGENET_RESOLUTION if res is None else parse_resolution(res)
    channels = 3 if in_channels is None else in_channels
    require_torch()
    with show_work(f"loading {model} and running it once"):
        traced = trace_target(model, parse_arguments(kwargs or []), resolution, channels)
    source = " ".join([model, *(kwargs or [])])
    write(to_yaml(flatten(traced, name or model.rpartition(":")[2], source)), file)
    return 0


def _replace_rows(text: str, spec: Spec) -> str:
    """Return the text of a built-in table, one line per row, with the rows of the spec's own head, if it has one.

    A comment states the number of classes, which is an option and not a part of a table.
    """
    top = load_spec(spec.name).find_top()
    lines = text.splitlines(keepends=True)
    published = load_spec(spec.name).rows
    first, end = published[top].position[0] - 1, published[-1].position[0]
    kept = lines[first : first + 1] if spec.rows[top : top + 1] == published[top : top + 1] else []
    made = [_row_line(row, text) for row in spec.rows[top + len(kept) :]]
    classes = "" if spec.classes is None else f"  # build it with --classes {spec.classes}"
    made[-1:] = [f"{line}{classes}" for line in made[-1:]]
    return "".join([*lines[:first], *kept, *(f"{line}\n" for line in made), *lines[end:]])


def _row_line(row: Row, text: str) -> str:
    """Return the row of a head as a line of the table; only its operator and its width fill cells."""
    (columns,) = re.findall(r"^columns: *\[(.*?)\]", text, re.MULTILINE)
    cells = {"operator": row.operator, "c": row.c}
    values = (cells.get(column.strip()) for column in columns.split(","))
    return f"  - [{', '.join('~' if value is None else str(value) for value in values)}]"


def _not_built_in(net: str) -> MbcostError:
    reference = parse_reference(net)
    if reference.name in NETWORKS:
        return MbcostError(f"export writes a built-in table as published: write '{reference.name}' alone")
    if reference.name == "-" or is_path(reference.name):
        if reference.name.endswith((".yaml", ".yml")) and not is_file(reference.name):
            line = f"mbcost export v2 --output {reference.name}"
            return MbcostError(f"{reference.name} would be the output, and no network is named: did you mean '{line}'?")
        return MbcostError(
            f"export does not read files such as {reference.name}: name a built-in network, or a model after --from"
        )
    return unknown_network(net)
