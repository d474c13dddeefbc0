"""`mbcost export`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Optional

from mbcost.analytic.reference import Settings
from mbcost.cli.arguments import choose_top, parse_arguments, parse_reference, parse_resolution
from mbcost.cli.completers import complete_network, one_of
from mbcost.cli.files import choose_file, write
from mbcost.cli.options import HeadText, Kwargs, NoTop, Output
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work
from mbcost.errors import MbcostError, unknown
from mbcost.questions.networks import Asked, read_model
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
from mbcost.spec.catalogue.runnable import find_runnable
from mbcost.spec.device import MeasuredNetwork
from mbcost.spec.forms import find_form
from mbcost.spec.reading.flat import to_yaml
from mbcost.spec.reading.graph import to_yaml as write_graph
from mbcost.spec.table import Row, Spec

STYLES = ("yaml", "graph")
ONNX = ".onnx"
"""The ending of the name of a file that is written as ONNX."""
IMAGENET_RESOLUTION = (224, 224)
"""The usual resolution of ImageNet, for a model that has no table."""


def export(
    net: Annotated[
        Optional[str],
        Argument(metavar="[NET]", help="A built-in network [default: --from MODEL].", complete=complete_network),
    ] = None,
    model: Annotated[
        Optional[str],
        Option(
            "--from",
            metavar="MODEL",
            help="MODULE:FACTORY, ./FILE.py:FACTORY or a model file [default: NET].",
        ),
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
        str,
        Option(
            "--format -f",
            help="Format: yaml, or graph, the YAML of every operator and tensor [default: yaml; graph for a file].",
            metavar="FORMAT",
            complete=one_of(*STYLES),
        ),
    ] = "yaml",
    output: Output = None,
) -> int:
    """Write a network as YAML: the spec of a built-in one, or a flat list of the layers of a PyTorch model, or a graph.

    A list states every number for one resolution, so that other commands can read it without torch. A graph has the
    operators and tensors of a model or of its file, so that it has memory, too. With --output FILE.onnx, a built-in
    network becomes a file with random weights, for measuring.

    \b
    Examples:
      mbcost export v2 --output mine.yaml
      mbcost export v2 --head 512,bn,26 --output mine.yaml
      mbcost export v2@0.5/160 --output v2.onnx
      mbcost export --from torchvision.models:mobilenet_v2 -o mobilenet_v2.yaml
      mbcost export --from model.tflite -o graph.yaml
    """
    if style not in STYLES:
        raise unknown("format", style, STYLES)
    file = choose_file(output)
    if (net is None) == (model is None):
        raise MbcostError("export needs either a built-in network or --from MODEL: give one of them")
    if model is not None:
        if head is not None or no_top:
            option = "--no-top" if head is None else "--head"
            raise MbcostError(f"{option} applies to a built-in network only: change the model instead")
        source = _Source(model, parse_arguments(kwargs or []), res, in_channels)
        write(
            source.write_graph(name) if style == "graph" or find_form(model) else source.write_list(name, kwargs), file
        )
        return 0
    if file is not None and file.suffix.lower() == ONNX:
        _refuse({"--kwargs": kwargs, "--name": name}, "a built-in network as ONNX has no such setting")
        _write_onnx(str(net), MeasuredNetwork(str(net), None, None, in_channels, "", head, not no_top), res, file)
        return 0
    built_in = None if is_path(str(net)) else find_network(str(net))
    if built_in is None:
        raise _not_built_in(str(net))
    settings = {"--res": res, "--in-channels": in_channels, "--kwargs": kwargs, "--name": name}
    _refuse(settings, "export writes a built-in table as published")
    if style != "yaml":
        raise MbcostError(f"--format {style} applies to --from MODEL only: {built_in} is a table")
    text = (specs_folder() / f"{built_in}.yaml").read_text(encoding="utf-8")
    own = head is None and not no_top
    write(text if own else _replace_rows(text, choose_top(load_spec(built_in), head, top=not no_top)), file)
    return 0


@dataclass(frozen=True)
class _Source:
    """A model of the user, and what it reads."""

    model: str
    arguments: dict[str, object]
    resolution: str | None
    channels: int | None

    def write_graph(self, name: str | None) -> str:
        """Return the graph of the model, or of its file, as YAML."""
        size = None if self.resolution is None else parse_resolution(self.resolution)
        asked = Asked(Settings(resolution=size, in_channels=self.channels), arguments=self.arguments)
        with show_work(f"reading {self.model}"):
            graph = read_model(self.model, asked)
        return write_graph(graph if name is None else replace(graph, name=name))

    def write_list(self, name: str | None, words: list[str] | None) -> str:
        """Return the flat list of the layers of the model as YAML."""
        resolution = IMAGENET_RESOLUTION if self.resolution is None else parse_resolution(self.resolution)
        require_torch()
        with show_work(f"loading {self.model} and running it once"):
            traced = trace_target(self.model, self.arguments, resolution, 3 if self.channels is None else self.channels)
        source = " ".join([self.model, *(words or [])])
        return to_yaml(flatten(traced, name or self.model.rpartition(":")[2], source))


def _refuse(settings: Mapping[str, object], reason: str) -> None:
    if unused := [option for option, value in settings.items() if value is not None and value != []]:
        raise MbcostError(f"{unused[0]} applies to --from MODEL only: {reason}")


def _write_onnx(net: str, entry: MeasuredNetwork, res: str | None, file: Path) -> None:
    """Write a network with random weights as ONNX."""
    if is_path(parse_reference(net).name) and find_form(net) is not None:
        raise MbcostError(f"{net} is a file of a model already: name a network such as v2@0.5/160")
    network = find_runnable(entry)
    if res is not None:
        network = replace(network, resolution=parse_resolution(res))
    require_torch()
    from mbcost.measured.onnx_file import write_onnx

    with show_work(f"writing {file.name}"):
        try:
            write_onnx(network, file)
        except OSError as error:
            raise MbcostError(f"cannot write {file}: {error.strerror or error}: choose a different folder") from None


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
