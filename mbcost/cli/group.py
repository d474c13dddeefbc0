"""The command group: a command's module is imported, and its parameters are built, only when the command is used."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Optional

import click

from mbcost import __version__
from mbcost.cli.exits import FAILED
from mbcost.cli.parameters import ClickArgument, Option, make_callback, make_params
from mbcost.cli.registry import COMMANDS, COMMANDS_BY_TOPIC, MEANINGS, Subgroup, summary_of
from mbcost.cli.streams import is_broken_pipe, write_out
from mbcost.errors import STANDARD_INPUT, MbcostError


def run_group(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return its exit code.

    Raises:
        MbcostError: the arguments are wrong, or the command cannot run.
        KeyboardInterrupt: the user stopped the command.
    """
    if arguments[:1] == ["help"]:
        arguments = [*(word for word in arguments[1:] if word != "help"), "--help"]
    words = _make_readable(_name_shell(arguments)) or ["--help"]
    try:
        result = run_command(build_root(), words, typed=arguments)
    except _CommandError as error:
        raise error.cause from None
    except OSError as error:  # click writes the help itself
        if is_broken_pipe(error):
            return 0
        raise MbcostError(
            f"cannot write to standard output: {error.strerror}: redirect it to a different file"
        ) from None
    except click.UsageError as error:
        named = [word for word in arguments[:1] if word in COMMANDS]  # click has no context yet while it reads options
        path = error.ctx.command_path if error.ctx else " ".join(["mbcost", *named])
        from mbcost.cli.usage import describe_usage_error

        raise MbcostError(describe_usage_error(error, path, arguments)) from None
    except MbcostError as error:
        from mbcost.cli.usage import improve

        raise improve(error, arguments) from None
    if not arguments:  # the help is shown, but no command was given
        return FAILED
    return result


def run_command(command: click.Command, words: Sequence[str], typed: Sequence[str] = ()) -> int:
    """Run a click command and return its exit code; click's own `main` would also handle errors and signals.

    Args:
        command: the command.
        words: its arguments.
        typed: the same as the user typed them, which reports show: the `obj` of click's context.

    Raises:
        click.UsageError: the words are wrong.
    """
    try:
        with command.make_context("mbcost", list(words), obj=tuple(typed)) as context:
            return int(command.invoke(context))
    except click.exceptions.Exit as end:  # the help or the version is shown
        return end.exit_code


def _make_readable(arguments: Sequence[str]) -> list[str]:
    """Give standard input a name where click would take it for an option, as in `-@0.5/96` and `-=2.1`.

    >>> _make_readable(["table", "-@0.5", "--output", "-@0.5"])
    ['table', '<stdin>@0.5', '--output', '-@0.5']
    """
    return [
        f"{STANDARD_INPUT}{word[1:]}"
        if word[:1] == "-" and word[1:2] in tuple("@/:=") and before not in ("--output", "-o")
        else word
        for before, word in zip(["", *arguments], arguments, strict=False)
    ]


def _name_shell(arguments: Sequence[str]) -> list[str]:
    """Write the name of the user's shell after an option that takes one and has none."""
    words: list[str] = []
    for word, following in zip(arguments, [*arguments[1:], "-"], strict=False):
        words.append(word)
        if word in ("--show-completion", "--install-completion") and following.startswith("-"):
            from mbcost.cli.shells import detect_shell

            words.append(detect_shell())
        if not word.startswith("-"):  # these options come before the command
            return [*words, *arguments[len(words) :]]
    return words


class _CommandError(Exception):
    """An OSError of a command, distinguished from those of click when it writes a help text."""

    def __init__(self, cause: OSError) -> None:
        self.cause = cause
        super().__init__()


class SafeCommand(click.Command):
    """A command whose own errors are not mistaken for click's, and whose help describes its arguments."""

    known: Any = None
    """Lists the columns of its table, if it does not answer at once: see `share_options`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Do as click does, but refuse a long option with one hyphen.

        Raises:
            MbcostError: there is one.
        """
        if any(word[:1] == "-" and word[1:2].isalpha() and len(word) > 2 for word in args):
            from mbcost.cli.usage import check_hyphens

            check_hyphens(args, self.params)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Do as click does.

        Raises:
            _CommandError: the command ended with an OSError.
        """
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise _CommandError(error) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Describe the arguments, then the options."""
        arguments = [param.get_help_record(ctx) for param in self.params if isinstance(param, ClickArgument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        options = [param for param in self.get_params(ctx) if not isinstance(param, ClickArgument)]
        records = [record for param in options if (record := param.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl(records)


class CommandGroup(click.Group):
    """Commands by name, listed in the help with their whole summary."""

    kind = "command"
    """What an error message calls a name."""
    slips: Mapping[str, str] = {}
    """What people write when they mean a name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands' names in the order of the help; click would sort them."""
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Do as click does, but suggest similar names for an unknown one.

        Raises:
            MbcostError: the name is unknown.
        """
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            meanings = {slip: name for slip, name in self.slips.items() if name in names}
            from mbcost.cli.usage import describe_unknown_command

            raise MbcostError(describe_unknown_command(self.kind, args, names, meanings))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands with their summaries, which are wrapped where click would cut them off."""
        for topic, names in self.list_topics(ctx).items():
            with formatter.section(topic):
                formatter.write_dl([(name, self.summarize(ctx, name)) for name in names])

    def list_topics(self, ctx: Any) -> Mapping[str, Sequence[str]]:
        """Return the names of the commands under the headings of the help."""
        return {"Commands": self.list_commands(ctx)}

    def summarize(self, ctx: Any, name: str) -> str:
        """Return the summary of one command."""
        command: Any = self.get_command(ctx, name)
        return summary_of(command.help)


class LazyGroup(CommandGroup):
    """The commands of `COMMANDS`. Each is imported when it is used; listing them imports none."""

    @property
    def slips(self) -> Mapping[str, str]:  # type: ignore[override]  # computed, where others state it
        """The commands by what other programs call them."""
        return {slip: name for name, slips in MEANINGS.items() for slip in slips.split()}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands' names in the order of the help."""
        return list(COMMANDS)

    def list_topics(self, ctx: Any) -> Mapping[str, Sequence[str]]:  # noqa: ARG002  # the other group's signature
        """Return the commands by what they are for."""
        return {topic: list(commands) for topic, commands in COMMANDS_BY_TOPIC.items()}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click's signature
        """Return the command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = build_command(COMMANDS[cmd_name].load())
        command.name = cmd_name
        return command

    def summarize(self, ctx: Any, name: str) -> str:  # noqa: ARG002  # the other group's signature
        """Return the summary that the registry states."""
        return COMMANDS[name].summary


def build_command(target: Callable[..., int] | Subgroup) -> click.Command:
    """Return the click command of a function, or the click group of a subgroup."""
    if isinstance(target, Subgroup):
        group: click.Group = target.click_class(help=inspect.getdoc(target.root), no_args_is_help=False)
        for name, function in target.commands.items():
            group.add_command(build_command(function), name)
        return group
    command = SafeCommand(None, params=make_params(target), callback=make_callback(target), help=inspect.getdoc(target))
    command.known = getattr(target, "known", None)
    return command


def build_root() -> click.Group:
    """Return the click group of all commands."""
    return LazyGroup(
        params=make_params(_root),
        help=inspect.getdoc(_root),
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        write_out(f"mbcost {__version__}\n")
        raise click.exceptions.Exit


def _show_completion(shell: str | None) -> None:
    if shell is not None:
        from mbcost.cli.shells import script_of

        write_out(script_of(shell))
        raise click.exceptions.Exit


def _install_completion(shell: str | None) -> None:
    if shell is not None:
        from pathlib import Path

        from mbcost.cli.shells import install

        write_out(f"{install(shell, Path.home())}\n")
        raise click.exceptions.Exit


def _root(
    version: Annotated[  # its callback acts
        bool, Option("--version -V", callback=_show_version, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[  # these two are read before click, so that they can stand anywhere
        bool, Option("--verbose", help="Write long messages whole. Can also follow the command.")
    ] = False,
    traceback: Annotated[bool, Option("--traceback", help="Show where an error of mbcost itself happened.")] = False,
    show_completion: Annotated[
        Optional[str],
        Option(
            callback=_show_completion,
            metavar="SHELL",
            help="Print the completion for bash, zsh, fish or powershell [default: your shell].",
        ),
    ] = None,
    install_completion: Annotated[
        Optional[str],
        Option(
            callback=_install_completion,
            metavar="SHELL",
            help="Install the completion for a shell [default: your shell].",
        ),
    ] = None,
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
      mbcost verify ./net.py:make v2
    """
