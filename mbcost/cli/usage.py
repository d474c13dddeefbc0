"""What is wrong with a command line, in the words of the other messages, for the errors of the option parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mbcost.cli.hints import (
    COLUMNS,
    NEEDLESS,
    NETWORK_OPTIONS,
    blame_unit,
    find_command,
    find_option,
    find_similar,
    is_reference,
    join_unit,
    list_options,
    read_slips,
)
from mbcost.cli.parameters import make_params
from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.cli.remedies import find_answer, find_example, find_limit, find_remedy, write_elsewhere
from mbcost.cli.typography import find_typography, join_value
from mbcost.errors import MbcostError, SpecError, ask_for, unknown


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
    hint = hint or find_limit(words, message) or blame_unit(words, message)
    return error if hint is None else MbcostError(hint)


def _describe(error: Any, command: str, words: Sequence[str]) -> str:
    if error.ctx is not None and words and f"-{words[0]}" in list_options(error.ctx.command.params):
        return f"unknown option '{words[0]}': did you mean '-{words[0]}'?"
    if type(error).__name__ == "UsageError" and (joined := join_unit(words)):
        return f"write a number and its unit as one word: '{joined}' (try '{command} --help')"
    name = type(error).__name__
    if name == "NoSuchOption":
        message: str | None = _describe_unknown_option(error, words)
    else:
        message = _DESCRIPTIONS[name](error) if name in _DESCRIPTIONS else None
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


def _describe_unknown_option(error: Any, words: Sequence[str]) -> str:
    params = [] if error.ctx is None else error.ctx.command.params
    remedy = _find_option_remedy(error.option_name.lower().replace("_", "-"), error.ctx, params, words)
    return f"unknown option '{error.option_name}'{remedy and f': {remedy}'}"


def _find_option_remedy(written: str, ctx: Any, params: Sequence[Any], words: Sequence[str]) -> str:
    """Return what to do about an option that is unknown; empty if that cannot be told."""
    options = list_options(params)
    arguments = [param for param in params if param.param_type_name == "argument"]
    named = next((param for param in arguments if written == f"--{param.name}" != "--net"), None)
    if named and written not in read_slips(options):
        return f"write {named.make_metavar().strip('[]')} without it, as an argument"
    if written in NETWORK_OPTIONS and arguments and f"{written}s" not in options:
        return "write the network without it, as an argument"
    command = "" if ctx is None else ctx.command_path.removeprefix("mbcost ")
    if (answer := find_answer(command, written)) is not None:
        return answer
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
    if written[2:] in COLUMNS:
        network = next((word for word in words[1:] if word[:1] != "-" and is_reference(word)), "v2")
        return ask_for([f"mbcost table {network} --columns {COLUMNS[written[2:]]}"])
    others = list(_find_commands_with(written))
    if not others:
        return ""
    line = write_elsewhere(others[0], written, words)
    more = " and other commands" if len(others) > 1 else ""
    return f"it is an option of {others[0]}{more}" + (f": '{line}'" if line else "")


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
    """Yield the commands that have an option, groups of commands last."""
    targets = {name: command.load() for name, command in COMMANDS.items()}
    for name, target in sorted(targets.items(), key=lambda item: isinstance(item[1], Subgroup)):
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
    example = None if error.ctx is None else find_example(error.param.name, error.ctx)
    return f"the {kind} {name} is missing" + (f", as in '{example}'" if example else "")


def _describe_bad_value(error: Any) -> str | None:
    if error.param is None:
        return None
    name, option = error.param.name.replace("_", "-"), error.param.opts[0]
    if option.startswith("--") and option != f"--{name}":  # such as --in, which the code calls inputs
        name = option
    if type(error.param.type).__name__ == "FuncParamType":  # what `whole_number` refuses
        return f"{name} is '{error.message}': it must be a whole number"
    return None


def _describe_usage(error: Any) -> str | None:
    if error.message.startswith("Missing command") and error.ctx is not None:
        names = error.ctx.command.list_commands(error.ctx)
        return f"the {error.ctx.command.kind} is missing: choose from {', '.join(names)}"
    match = re.fullmatch(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)\.?", error.message, re.DOTALL)
    if match is None:
        return None
    words = match[1].split()
    remedy = find_remedy(words, error.ctx) if words and error.ctx is not None else "remove it"
    return f"unexpected argument '{match[1]}': {remedy}"


_DESCRIPTIONS: Mapping[str, Callable[[Any], str | None]] = {
    "BadOptionUsage": _describe_option_usage,
    "MissingParameter": _describe_missing,
    "BadParameter": _describe_bad_value,
    "UsageError": _describe_usage,
}
"""The name of an error's class -> what describes it, or None if it has a form that is not known."""
