"""`mbcost verify`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Optional

from mbcost.cli.arguments import (
    NetworkOptions,
    choose_form,
    parse_arguments,
    parse_reference,
    pick_network,
    resolve_network,
)
from mbcost.cli.completers import complete_network
from mbcost.cli.files import write
from mbcost.cli.options import Force, Kwargs, format_option, share_options
from mbcost.cli.output import View, check_whole_table, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import show_work, track
from mbcost.cli.streams import spool_standard_input
from mbcost.errors import STANDARD_INPUT, MbcostError
from mbcost.present.verify.verify import COLUMNS, as_json, as_table, render_github, render_junit
from mbcost.questions.networks import read_file
from mbcost.questions.verify.candidates import list_candidates
from mbcost.questions.verify.prove_file import check_provable
from mbcost.questions.verify.verify import (
    add_proof,
    identify_model,
    is_file_of_model,
    open_target,
    read_traced,
    require_torch,
    trace_file,
    verify_model,
)
from mbcost.spec.catalogue.library import find_network
from mbcost.spec.observed import TracedModel

SHOWN = 20
"""The differences that text lists at most."""


REPORTS = {"github": render_github, "junit": render_junit}
"""Formats for pipelines, in addition to those that every command has."""


@share_options(known=lambda _: COLUMNS, style=format_option(*REPORTS), kwargs=None)
def verify(
    model: Annotated[
        str,
        Argument(
            metavar="MODEL",
            help="FILE.onnx, .tflite, .keras, .h5 or .pt2, or MODULE:FACTORY or ./FILE.py:FACTORY, where FACTORY is a "
            "function, a class or a model.",
        ),
    ],
    net: Annotated[
        Optional[str],
        Argument(
            metavar="[NET]",
            help="The expected network: NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL [default: --find].",
            complete=complete_network,
        ),
    ] = None,
    *,
    spec: Annotated[Optional[list[str]], Option("--spec --net", hidden=True, complete=complete_network)] = None,
    find: Annotated[
        bool,
        Option("--find", help="Find the closest network: try every value of the options that are not given."),
    ] = False,
    allow_unknown: Annotated[
        bool, Option("--allow-unknown", help="Let a file pass that has operators which are not counted.")
    ] = False,
    options: NetworkOptions,
    kwargs: Kwargs = None,
    prove: Annotated[
        bool,
        Option("--prove", help="If the layers are equal, run both with the same weights and compare their results."),
    ] = False,
    every: Annotated[
        bool, Option("--all --verbose", help=f"List every difference; text lists at most {SHOWN} without it.")
    ] = False,
    force: Force = False,
    view: View,
) -> int:
    """Check your own PyTorch model against a network: what differs, what it costs, which known mistake it is.

    The model runs once, in eval mode, without computing activations if possible, and is left unchanged. The exit code
    is 0 if its layers are those of the network, 1 if they differ, and 2 if the model could not run.

    \b
    Examples:
      mbcost verify torchvision.models:mobilenet_v2 v2
      mbcost verify ./net.py:make v2@0.75:torchvision --kwargs width_mult=0.75
      mbcost verify ./net.py:make --find
      mbcost verify ./net.py:make v2@0.75:torchvision --prove
      mbcost verify ./net.py:make v2 --format github
    """
    destination = choose_destination(view, tuple(REPORTS), COLUMNS)
    options = replace(options, allow_unknown=allow_unknown)
    if destination.style in REPORTS:
        check_whole_table(destination)
    arguments = parse_arguments(kwargs or [])
    if spec and len(spec) > 1:
        raise MbcostError(f"--spec is given twice, as {spec[0]} and {spec[1]}: remove one")
    net = pick_network(net, spec[0] if spec else None, "--spec")
    if net is None and find_network(model):
        raise MbcostError(f"'{model}' is a network: name the model first, as in mbcost verify ./net.py:make {model}")
    find = find or net is None
    if net is not None and ":" in net and find_network(model):
        raise MbcostError(f"the model comes before the network: mbcost verify {net} {model}")
    _check_model(model, options, prove=prove)
    if not find:
        network = resolve_network(net or "", replace(options, form=None, inputs=None))
        module, traced = _open(model, arguments, options, network.resolution, network.in_channels, force=force)
        named = options.impl or parse_reference(net or "").implementation
        answer = verify_model(network, traced, _track, any_epsilon=named is None)
    else:
        candidates = list_candidates(net, options.parse())
        module, traced = _open(model, arguments, options, candidates.resolution, candidates.in_channels, force=force)
        answer = identify_model(
            candidates.specs,
            traced,
            alpha=candidates.alpha,
            implementation=candidates.implementation,
            classes=candidates.classes,
            watch=_track,
        )
        named = candidates.implementation
    if prove:
        with show_work(f"running {model} and {answer.network.label} on random images"):
            answer = add_proof(answer, module, any_implementation=named is None, force=force)
    if destination.style in REPORTS:
        write(REPORTS[destination.style](answer, prove=prove), destination.file)
    else:
        count = len(answer.layers)
        lists = {"layers": range(count), "loose": range(count, count + len(answer.model.loose))}
        emit(as_table(answer, prove=prove), as_json(answer), replace(destination, most=None if every else SHOWN), lists)
    return 0 if answer.equal else 1


def _check_model(model: str, options: NetworkOptions, *, prove: bool) -> None:
    """Refuse a model that cannot be read or proved, before anything takes time.

    Raises:
        MissingLibrary: torch is not installed, and the model is in Python.
        MbcostError: the format of standard input is not stated, or there is no proof of such a model.
    """
    if model == "-":
        if prove or options.form is None:
            raise MbcostError(
                "a model on standard input needs --type, such as --type onnx, and is not proved: name a file"
            )
    elif not is_file_of_model(model):
        require_torch()
    elif prove:
        check_provable(model)


def _open(
    model: str,
    arguments: dict[str, object],
    options: NetworkOptions,
    resolution: tuple[int, int],
    in_channels: int,
    *,
    force: bool,
) -> tuple[Any, TracedModel]:
    """Return a model and its layers: a file of a model, or a model in Python, which reads an image of this size."""
    if model == "-" or is_file_of_model(model):
        if arguments:
            raise MbcostError(f"{model} is a file and takes no arguments: remove --kwargs")
        form = choose_form(model, options.form)
        if form is None:
            return model, read_traced(model, options.ask())
        known = NetworkOptions(res=options.res, inputs=options.inputs).ask()
        with spool_standard_input() as path:
            return model, trace_file(read_file(path, STANDARD_INPUT, form, known), options.ask())
    with show_work(f"loading {model} and running it once"):
        return open_target(model, arguments, resolution, in_channels, force=force)


def _track(candidates: Iterable[Any]) -> Iterable[Any]:
    return track("trying networks", candidates)
