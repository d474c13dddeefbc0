"""What is wrong with a command line, in the words of the other messages, for the errors of the option parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mbcost.errors import suggestion

SLIPS: Mapping[str, str] = {
    "--width": "--alpha", "--width-mult": "--alpha", "--width-multiplier": "--alpha", "--multiplier": "--alpha",
    "--resolution": "--res", "--size": "--res", "--input-size": "--res", "--image-size": "--res",
    "--num-classes": "--classes", "--implementation": "--impl", "--channels": "--in-channels",
}  # fmt: skip
"""Options of other programs -> what mbcost calls them."""


def describe_usage_error(error: Any, command: str) -> str:
    """Return one line that says what is wrong with the arguments, and what to do.

    Args:
        error: an error of typer's option parser, whose classes are click's.
        command: the words that name the command, such as `mbcost table`.
    """
    describe = _DESCRIPTIONS.get(type(error).__name__)
    message = None if describe is None else describe(error)
    if message is None:
        text = " ".join(error.format_message().split()).rstrip(".")
        message = text[:1].lower() + text[1:]
    return message if message.endswith("?") else f"{message} (try '{command} --help')"


def _describe_unknown_option(error: Any) -> str:
    name = error.option_name
    options = [] if error.ctx is None else [option for param in error.ctx.command.params for option in param.opts]
    meant = {slip: option for slip, option in SLIPS.items() if option in options}
    remedy = suggestion(name, [option for option in options if option.startswith("--")], meant)
    return f"unknown option '{name}': {remedy}" if remedy.endswith("?") else f"unknown option '{name}'"


def _describe_option_usage(error: Any) -> str:
    if "does not take a value" in error.message:
        return f"{error.option_name} does not take a value: remove what follows '='"
    return f"{error.option_name} needs a value"


def _describe_missing(error: Any) -> str | None:
    if error.param is None:
        return None
    kind = "argument" if error.param.param_type_name == "argument" else "option"
    name = error.param.make_metavar(ctx=error.ctx) if kind == "argument" else error.param.opts[0]
    return f"the {kind} {name} is missing"


def _describe_bad_value(error: Any) -> str | None:
    if error.param is None:
        return None
    name = error.param.name.replace("_", "-")
    if match := re.fullmatch(r"'(.*)' is not a valid (?:int|integer)( range)?\.", error.message, re.DOTALL):
        return f"{name} is '{match[1]}': it must be a whole number"
    if match := re.fullmatch(r"(-?\d+) is not in the range x>=(\d+)\.", error.message):
        return f"{name} is {match[1]}: it must be at least {match[2]}"
    return None


def _describe_usage(error: Any) -> str | None:
    match = re.fullmatch(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)\.?", error.message, re.DOTALL)
    return f"unexpected argument '{match[1]}': remove it" if match else None


_DESCRIPTIONS: Mapping[str, Callable[[Any], str | None]] = {
    "NoSuchOption": _describe_unknown_option,
    "BadOptionUsage": _describe_option_usage,
    "MissingParameter": _describe_missing,
    "BadParameter": _describe_bad_value,
    "UsageError": _describe_usage,
}
"""The name of an error's class -> what describes it, or None if it has a form that is not known."""
