"""`mbcost explore`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Annotated, Optional

from mbcost.cli.arguments import NetworkOptions, parse_reference, resolve_network
from mbcost.cli.completers import complete_network
from mbcost.cli.explore.running import run
from mbcost.cli.options import ConventionName, share_options
from mbcost.cli.parameters import Argument
from mbcost.cli.streams import is_terminal, read_screen, write_out
from mbcost.errors import MbcostError, MissingLibrary
from mbcost.present.explore.command import command_text
from mbcost.questions.explore.state import begin
from mbcost.questions.explore.subject import make_scope
from mbcost.questions.networks import is_model
from mbcost.spec.catalogue.library import load_convention

DEFAULT = "v2"
OwnNet = Annotated[
    Optional[str],
    Argument(
        metavar="[NET]",
        help="The network to start with: NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL; or a model: "
        f"FILE.onnx, .tflite, .keras, .h5 or .pt2, MODULE:FACTORY or ./FILE.py:FACTORY [default: {DEFAULT}].",
        complete=complete_network,
    ),
]


@share_options(form=None)
def explore(
    net: OwnNet = None,
    *,
    options: NetworkOptions,
    convention: ConventionName = None,
) -> int:
    """Change alpha, resolution and the rest with the arrow keys, full screen; needs pip install 'mbcost[explore]'.

    The costs follow every key. `?` shows the keys, and `q` quits and prints the command of what was shown.

    \b
    Examples:
      mbcost explore
      mbcost explore v3-large@0.75/160 --classes 10
      mbcost explore ./mynet.yaml --convention fvcore
    """
    net = DEFAULT if net is None else net
    is_file = is_model(net)
    name = net if is_file else parse_reference(net).name
    _refuse_standard_input(name)
    counting = load_convention(convention)
    network = resolve_network(net, options)
    if find_spec("textual") is None:
        raise MissingLibrary("textual", "explore")
    _check_terminal(net)
    settings = options.parse()
    scope = make_scope(name, network, settings, tuple(_list_fixed_words(options)) if is_file else ())
    last = run(begin(network, scope, counting.name), scope, blocks=read_screen().blocks)
    write_out(f"{command_text(last.setting, scope)}\n")
    return 0


def _refuse_standard_input(name: str) -> None:
    """Refuse a network on standard input, which the keys come from.

    Raises:
        MbcostError: it is.
    """
    if name == "-" or _is_standard_input(name):
        raise MbcostError(
            f"{name} cannot be explored: standard input has the keys that you press: save the table and name its file"
        )


def _is_standard_input(name: str) -> bool:
    """Return whether a name is another one of what the keys come from, such as /dev/stdin."""
    try:
        return name == "/dev/tty" or os.path.samestat(os.stat(name), os.fstat(0))  # noqa: PTH116  # a Path refuses a long name
    except (OSError, ValueError):
        return False


def _check_terminal(net: str) -> None:
    """Refuse everything that is not a terminal.

    Raises:
        MbcostError: a standard stream is a pipe or a file, or the terminal cannot place a character.
    """
    is_dumb = os.environ.get("TERM") == "dumb"
    if is_dumb or not all(map(is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        subject = "this terminal (TERM is dumb)" if is_dumb else "a pipe or a file"
        table = shlex.join(["mbcost", "table", net])
        raise MbcostError(f"explore is for a terminal, and cannot draw on {subject}: use {table}")


def _list_fixed_words(options: NetworkOptions) -> Iterator[str]:
    """Yield the options of a file of a model, or of a factory, for the command that prints its table."""
    if options.res is not None:
        yield from ("--res", options.res)
    if options.in_channels is not None:
        yield from ("--in-channels", str(options.in_channels))
    for shape in options.inputs or ():
        yield from ("--input", shape)
    for argument in options.kwargs or ():
        yield from ("--kwargs", argument)
