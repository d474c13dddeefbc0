"""What is wrong with a command line, in the words of the other messages, for the errors of the option parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mbcost.cli.hints import (
    COLUMNS,
    HELP,
    NEEDLESS,
    NETWORK_OPTIONS,
    find_begun,
    find_command,
    find_option,
    find_similar,
    is_number,
    is_reference,
    join_unit,
    options_of,
    read_slips,
)
from mbcost.cli.output import ENDINGS
from mbcost.cli.parameters import make_params
from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.cli.typography import find_typography, join_value
from mbcost.errors import MbcostError, SpecError, ask_for, unknown
from mbcost.spec.catalogue.library import is_file


def describe_usage_error(error: Any, command: str, words: Sequence[str] = ()) -> str:
    """Return one line that says what is wrong with the arguments, and what to do.

    Args:
        error: an error of click's option parser.
        command: the words that name the command, such as `mbcost table`.
        words: the whole command line.
    """
    message = join_value(words) or _describe(error, command, words)
    return find_typography(words, message) or message


def improve(error: MbcostError, words: Sequence[str]) -> MbcostError:
    """Return an error that says which character of the command line is wrong, if that is the cause; else the same."""
    if isinstance(error, SpecError):
        return error
    message = str(error)
    hint = join_value(words, message) or find_typography(words, message, is_usage=False)
    return error if hint is None else MbcostError(hint)


def _describe(error: Any, command: str, words: Sequence[str]) -> str:
    if error.ctx is not None and words and f"-{words[0]}" in list_options(error.ctx.command.params):
        return f"unknown option '{words[0]}': did you mean '-{words[0]}'?"
    if type(error).__name__ == "UsageError" and (joined := join_unit(words)):
        return f"write a number and its unit as one word: '{joined}' (try '{command} --help')"
    describe = _DESCRIPTIONS.get(type(error).__name__)
    message = None if describe is None else describe(error)
    if message is None:
        text = " ".join(error.format_message().split()).rstrip(".")
        message = text[:1].lower() + text[1:]
    return message if message.endswith("?") else f"{message} (try '{command} --help')"


def check_hyphens(words: Sequence[str], params: Sequence[Any]) -> None:
    """Refuse a long option with one hyphen, such as `-output`, which the parser would read as `-o utput`.

    Args:
        words: the words after the command.
        params: the parameters of the command.

    Raises:
        MbcostError: there is one.
    """
    options = list_options(params)
    values = {option for param in params if not getattr(param, "is_flag", True) for option in param.opts}
    end = words.index("--") if "--" in words else len(words)
    for before, word in zip(["", *words], words[:end], strict=False):
        name = word.partition("=")[0]
        long = f"-{name}".lower()
        if re.fullmatch(r"-[A-Za-z][A-Za-z0-9-]+", name) and before not in values:
            meant = long if long in options else read_slips(options).get(long)
            if meant is not None:
                raise MbcostError(f"unknown option '{name}': did you mean '{meant}'?")


def list_options(params: Sequence[Any]) -> list[str]:
    """Return the options of a command that its help shows."""
    return [option for param in options_of(params) for option in param.opts]


def describe_unknown_command(kind: str, words: Sequence[str], names: Sequence[str], slips: Mapping[str, str]) -> str:
    """Return one line about the first of `words`, which is not one of the names; `slips` is what people may write."""
    word = words[0]
    if kind == "command" and (line := find_command(words, names)):
        return f"unknown command '{word}': did you mean '{line}'?"
    if kind == "picture" and is_reference(word):
        networks = [other for other in words if not other.startswith("-") and is_reference(other)]
        picture = "layers" if len(networks) == 1 else "compare"
        return f"unknown picture '{word}': did you mean 'mbcost plot {picture} {' '.join(networks)}'?"
    if similar := find_similar(word, names, slips):
        return f"unknown {kind} '{word}': {ask_for(similar)}"
    return str(unknown(kind, word, names))


def _describe_unknown_option(error: Any) -> str:
    params = [] if error.ctx is None else error.ctx.command.params
    remedy = _find_option_remedy(error.option_name.lower().replace("_", "-"), error.ctx, params)
    return f"unknown option '{error.option_name}'{remedy and f': {remedy}'}"


def _find_option_remedy(written: str, ctx: Any, params: Sequence[Any]) -> str:
    """Return what to do about an option that is unknown; empty if that cannot be told."""
    options = list_options(params)
    arguments = [param for param in params if param.param_type_name == "argument"]
    named = next((param for param in arguments if written == f"--{param.name}" != "--net"), None)
    if named and written not in read_slips(options):
        return f"write {named.make_metavar().strip('[]')} without it, as an argument"
    if written in NETWORK_OPTIONS and arguments:
        return "write the network without it, as an argument"
    reason = next((reason for reason, names in NEEDLESS.items() if written in names.split()), None)
    is_here = reason and (not reason.startswith("--") or reason.split()[0] in options)
    if is_here and written not in (*options, *read_slips(options)):
        return f"{reason}: remove it"
    similar = _find_meant_options(written, ctx, options)
    if similar:
        return ask_for(similar)
    if ctx is not None and ctx.parent is None:
        example = f" --columns {COLUMNS[written[2:]]}" if written[2:] in COLUMNS else ""
        return f"name a command first, such as 'mbcost table v2{example}'"
    if written in ("--version", "--show-completion", "--install-completion"):
        return f"it comes without a command: 'mbcost {written}'"
    others = list(_find_commands_with(written))
    return f"it is an option of {others[0]}{' and other commands' * (len(others) > 1)}" if others else ""


def _find_meant_options(written: str, ctx: Any, options: Sequence[str]) -> list[str]:
    if len(written) == len("-a"):
        begun = [option for option in options if option.startswith(f"-{written}")]
        meant = [option for slip, option in read_slips(options).items() if slip.startswith(f"-{written}")]
        return begun or list(dict.fromkeys(meant))
    long, slips = [option for option in options if option[:2] == "--"], read_slips(options)
    if ctx is None or any(written.rstrip("s") == option.rstrip("s") for option in (*long, *slips)):
        return find_similar(written, long, slips)
    value = find_option(written.lstrip("-"), ctx)
    if value is None:
        return find_similar(written, long, slips)
    return [value, *(["--convention NAME"] if "flops" in written and "--convention" in options else [])]


def _find_commands_with(option: str) -> Iterator[str]:
    """Yield the commands that have an option."""
    for name, command in COMMANDS.items():
        target = command.load()
        functions = target.commands.values() if isinstance(target, Subgroup) else [target]
        if any(option in list_options(make_params(function)) for function in functions):
            yield name


def _describe_option_usage(error: Any) -> str:
    if "does not take a value" in error.message:
        return f"{error.option_name} does not take a value: remove what follows '='"
    return f"{error.option_name} needs a value"


def _describe_missing(error: Any) -> str | None:
    if error.param is None:
        return None
    kind = "argument" if error.param.param_type_name == "argument" else "option"
    name = error.param.make_metavar(ctx=error.ctx) if kind == "argument" else error.param.opts[0]
    example = None if error.ctx is None else _find_example(error.param.name, error.ctx)
    return f"the {kind} {name} is missing" + (f", as in '{example}'" if example else "")


def _find_example(name: str, ctx: Any) -> str | None:
    """Return a command line with the parameter that is missing: with what is given, or else the first of the help."""
    if parts := re.fullmatch(r"(.+?)[./:,]([0-9]+\.[0-9]+\.[a-z.]+)", str(ctx.params.get("net"))):
        return f"{ctx.command_path} {parts[1]} {parts[2]}"
    if name == "layer" and (net := ctx.params.get("net")):
        (param,) = (param for param in ctx.command.params if param.name == name)
        layers = [item.value for item in param.shell_complete(ctx, "")]
        layer = next((layer for layer in layers if layer.endswith(".depthwise")), next(iter(layers), None))
        return f"{ctx.command_path} {net} {layer}" if layer else None
    return next((line.strip() for line in (ctx.command.help or "").splitlines() if line.startswith("  mbcost ")), None)


def _describe_bad_value(error: Any) -> str | None:
    if error.param is None:
        return None
    name = error.param.name.replace("_", "-")
    if type(error.param.type).__name__ == "FuncParamType":  # what `whole_number` refuses
        return f"{name} is '{error.message}': it must be a whole number"
    if match := re.fullmatch(r"'(.*)' is not a valid (?:int|integer)( range)?\.", error.message, re.DOTALL):
        return f"{name} is '{match[1]}': it must be a whole number"
    if match := re.fullmatch(r"(-?\d+) is not in the range x>=(\d+)\.", error.message):
        return f"{name} is {match[1]}: it must be at least {match[2]}"
    return None


def _describe_usage(error: Any) -> str | None:
    if error.message.startswith("Missing command") and error.ctx is not None:
        names = error.ctx.command.list_commands(error.ctx)
        return f"the {error.ctx.command.kind} is missing: choose from {', '.join(names)}"
    match = re.fullmatch(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)\.?", error.message, re.DOTALL)
    if match is None:
        return None
    words = match[1].split()
    remedy = _find_remedy(words, error.ctx) if words and error.ctx is not None else "remove it"
    return f"unexpected argument '{match[1]}': {remedy}"


def _find_remedy(words: Sequence[str], ctx: Any) -> str:
    """Return what to do about arguments that a command does not take."""
    word, options = words[0], list_options(ctx.command.params)
    key, equals, value = word.partition("=")
    option = f"--{key.lower().replace('_', '-')}"
    if word.lower() in HELP:
        return f"did you mean '{ctx.command_path} --help'?"
    if equals and (meant := option if option in options else read_slips(options).get(option)):
        return f"did you mean '{meant} {value}'?"
    if ctx.params.get("columns") and word.lower() in COLUMNS:
        return f"did you mean '--columns {ctx.params['columns']},{COLUMNS[word.lower()]}'?"
    if meant := _find_bare_option(words, options):
        return f"did you mean '{meant}'?"
    if word[:1] in ("@", "/", ":") or is_number(word):
        return "write it with the network, such as v2@0.75/160"
    if "--output" in options and word.lower().endswith((*ENDINGS, ".yaml", ".txt", ".svg")) and not is_file(word):
        return f"did you mean '--output {word}'?"
    networks = [str(given) for name in ("net", "first", "second") if (given := ctx.params.get(name))]
    if any("=" not in given for given in ctx.params.get("kwargs") or ()):
        return "write --kwargs NAME=VALUE as one word"
    if is_reference(word) and networks and "model" not in ctx.params:
        return _order_networks([*networks, *words], word, ctx)
    meant_options = [find_option(other, ctx) or find_begun(other, ctx) for other in words]
    if meant_options[0]:
        first = meant_options[0]
        same = [other.split()[1] for other in meant_options[1:] if other and other.split()[0] == first.split()[0]]
        return f"did you mean '{','.join([first, *same])}'?"
    return "remove it"


def _find_bare_option(words: Sequence[str], options: Sequence[str]) -> str | None:
    """Return the option that a word without two hyphens means, such as `alpha` or `/alpha:0.75`, with its value."""
    name, _, value = words[0].lower().lstrip("/").partition(":")
    option = f"--{name.replace('_', '-')}"
    meant = option if option in options else read_slips(options).get(option)
    return meant and " ".join(filter(None, [meant, value, *words[1:2]]))


def _order_networks(networks: Sequence[str], word: str, ctx: Any) -> str:
    """Return what to do about a network too many, or one that does not come first."""
    if not is_reference(networks[0]) and ctx.info_name != "explain":
        return f"the network comes first: '{ctx.command_path} {word}'"
    if ctx.info_name == "explain":
        return "give one number and one network; further numbers follow --mult-adds and --params"
    return f"remove it, or did you mean '{' '.join(['mbcost compare', *networks])}'?"


_DESCRIPTIONS: Mapping[str, Callable[[Any], str | None]] = {
    "NoSuchOption": _describe_unknown_option,
    "BadOptionUsage": _describe_option_usage,
    "MissingParameter": _describe_missing,
    "BadParameter": _describe_bad_value,
    "UsageError": _describe_usage,
}
"""The name of an error's class -> what describes it, or None if it has a form that is not known."""
