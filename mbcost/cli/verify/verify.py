"""`mbcost verify`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Optional

import typer

from mbcost.cli.arguments import (
    Reference,
    complete_network,
    network_of,
    parse_alpha,
    parse_reference,
    parse_resolution,
    pick_one,
)
from mbcost.cli.options import Alpha, Classes, Format, Impl, InChannels, Output, Res
from mbcost.cli.output import check_output, emit
from mbcost.cli.progress import track
from mbcost.errors import MbcostError
from mbcost.present.verify import as_json, as_table
from mbcost.questions.verify.verify import identify, read
from mbcost.questions.verify.verify import verify as ask
from mbcost.spec.catalogue.library import NETWORKS, load_spec

Kwargs = Annotated[
    Optional[list[str]],
    typer.Option(metavar="K=V", help="An argument of the factory, a Python literal or text; can be repeated."),
]


def verify(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="MODULE:FACTORY or ./FILE.py:FACTORY; a function, a class or a model."),
    ],
    spec: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="NET",
            help="What it should be: NAME or FILE.yaml, then @ALPHA, /RES and :IMPL as needed.",
            autocompletion=complete_network,
        ),
    ] = None,
    find: Annotated[bool, typer.Option("--find", help="Find out which network it is: try what is not given.")] = False,
    alpha: Alpha = None,
    res: Res = None,
    impl: Impl = None,
    classes: Classes = None,
    in_channels: InChannels = None,
    kwargs: Kwargs = None,
    style: Format = "text",
    output: Output = None,
) -> int:
    """Is your own PyTorch model the network? What differs, what it costs, and which known mistake it is.

    The model runs once, in eval mode, without computing activations where it lets, and stays as it was. Exit 0 when
    its layers are those of the network, 1 when they differ, 2 when it could not run.

    \b
    Examples:
      mbcost verify torchvision.models:mobilenet_v2 --spec v2
      mbcost verify ./net.py:make --spec v2@0.75:torchvision --kwargs width_mult=0.75
      mbcost verify ./net.py:make --find
    """
    check_output(style, output)
    arguments = parse_arguments(kwargs or [])
    given = spec or []
    if len(given) > 1:
        raise MbcostError(f"--spec gives {given[0]} and {given[1]}: keep one")
    net = given[0] if given else None
    if net is None and not find:
        raise MbcostError("what should the model be? name it, --spec NET, or ask for it, --find")
    if not find:
        network = network_of(net or "", alpha=alpha, res=res, impl=impl, classes=classes, in_channels=in_channels)
        answer = ask(network, read(model, arguments, network.resolution, network.in_channels), _track)
    else:
        reference = Reference("") if net is None else parse_reference(net)
        specs = [load_spec(name) for name in (NETWORKS if net is None else (reference.name,))]
        said = net or "all networks"
        size = pick_one("the resolution", said, reference.resolution, None if res is None else parse_resolution(res))
        found = read(model, arguments, size or specs[0].resolution, in_channels or specs[0].channels)
        multiplier = pick_one("alpha", said, reference.alpha, None if alpha is None else parse_alpha(alpha))
        rules = pick_one("the implementation", said, reference.implementation, impl)
        answer = identify(
            specs,
            found,
            alpha=multiplier,
            implementation=rules,
            classes=classes,
            watch=_track,
        )
    emit(as_table(answer), as_json(answer), style, output)
    return 0 if answer.equal else 1


def parse_arguments(words: list[str]) -> dict[str, object]:
    """`width_mult=0.75` -> a keyword argument; a value that is no Python literal is text.

    Raises:
        MbcostError: a word has another form, or a name comes twice.

    >>> parse_arguments(["width_mult=0.75", "norm=none"])
    {'width_mult': 0.75, 'norm': 'none'}
    """
    import ast

    arguments: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and key.isidentifier()):
            raise MbcostError(f"--kwargs '{word}' is no argument: write NAME=VALUE")
        if key in arguments:
            raise MbcostError(f"--kwargs gives {key} twice: keep one")
        try:
            arguments[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            arguments[key] = value
    return arguments


def _track(candidates: Iterable[Any]) -> Iterable[Any]:
    return track("trying networks", candidates)
