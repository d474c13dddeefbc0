"""The command group: every command's module is imported, and its parameters are built, only when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mbcost import __version__
from mbcost.cli.arguments import STANDARD_INPUT
from mbcost.cli.streams import INTERRUPTED
from mbcost.errors import MbcostError, suggestion

# typer carries a click of its own since 0.26 and uses the installed one before: its public BadParameter leads to
# the base class of every usage error in both.
UsageError: type[Any] = typer.BadParameter.__bases__[0]

COMMANDS = {
    "table": "mbcost.cli.cost.table",
    "compare": "mbcost.cli.compare.compare",
    "diff": "mbcost.cli.compare.diff",
    "memory": "mbcost.cli.device.memory",
    "formula": "mbcost.cli.cost.formula",
    "ledger": "mbcost.cli.cost.ledger",
    "conventions": "mbcost.cli.cost.conventions",
    "explain": "mbcost.cli.explain.explain",
    "published": "mbcost.cli.published",
    "validate": "mbcost.cli.validate",
    "check": "mbcost.cli.check.check",
    "schema": "mbcost.cli.check.schema",
    "new": "mbcost.cli.check.new",
    "roofline": "mbcost.cli.device.roofline",
    "plot": "mbcost.cli.plot",
    "verify": "mbcost.cli.verify.verify",
    "export": "mbcost.cli.verify.export",
    "sweep": "mbcost.cli.search.sweep",
    "fit": "mbcost.cli.search.fit",
    "nets": "mbcost.cli.cost.nets",
    "show": "mbcost.cli.cost.show",
}


def run_group(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; every expected failure ends as one line on standard error."""
    command = typer.main.get_command(_app())
    try:
        result = command.main(
            [_readable(word) for word in arguments] or ["--help"], prog_name="mbcost", standalone_mode=False
        )
    except MbcostError as error:
        return _fail(str(error))
    except OSError as error:  # typer writes its help itself
        return _fail(f"cannot write to standard output: {error.strerror}")
    except UsageError as error:
        context = getattr(error, "ctx", None)
        named = [word for word in arguments[:1] if word in COMMANDS]  # click knows no context while it reads options
        path = context.command_path if context else " ".join(["mbcost", *named])
        message = " ".join(error.format_message().split()).rstrip(".")
        return _fail(f"{message} (try '{path} --help')")
    if result == INTERRUPTED:  # what typer makes of Ctrl-C
        raise KeyboardInterrupt
    if not arguments:  # the help is shown, but nothing was asked
        return 2
    return result if isinstance(result, int) else 0


def _readable(word: str) -> str:
    """`-@0.5/96` and `-=2.1` would be taken for options: standard input before them gets a name for typer."""
    return f"{STANDARD_INPUT}{word[1:]}" if word[:1] == "-" and word[1:2] in ("@", "/", ":", "=") else word


def build_command(function: Callable[..., int]) -> Any:
    """The click command of one function."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    return typer.main.get_command(app)


class LazyGroup(TyperGroup):
    """Commands by name, each built when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click's signature
        """Every command's name, in the order in which help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click's signature
        """The command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name]).build()
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As click does, with the near names for one that is not known."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise MbcostError(f"unknown command '{args[0]}': {suggestion(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


def _app() -> typer.Typer:
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None)
    app.callback()(_root)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"mbcost {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[  # its callback acts
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Exact cost of MobileNets: params and multiply-adds, layer by layer, checked against real models.

    NET is NAME or FILE.yaml, then optionally @ALPHA, /RES and :IMPL, e.g. v2@0.75/160:torchvision.

    \b
    Examples:
      mbcost table v2 --alpha 0.75 --res 160
      mbcost compare standard-vs-dws
      mbcost compare v1 v2@0.75 v3-large/192
      mbcost ledger v2:torchvision --convention fvcore,ptflops
      mbcost explain 314M v2
      mbcost validate
      mbcost verify ./net.py:make --spec v2
    """


def _fail(message: str) -> int:
    for line in message.splitlines():
        print(f"mbcost: error: {line}", file=sys.stderr)
    return 2
