"""What is wrong with a command line, in the words of the other messages, for the errors of the option parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mbcost.errors import MbcostError, suggestion

MEANINGS: Mapping[str, str] = {
    "--alpha": "width width-mult width-multiplier multiplier depth-multiplier",
    "--res": "resolution size input-size image-size img-size imgsz input-resolution input-shape shape",
    "--rho": "resolution-multiplier res-mult",
    "--impl": "implementation library framework rules",
    "--classes": "num-classes n-classes outputs",
    "--in-channels": "channels input-channels num-channels in-chans chans",
    "--no-top": "no-head no-classifier backbone exclude-top features-only",
    "--columns": "column cols fields select",
    "--sort": "sort-by order order-by",
    "--by": "group-by level per",
    "--convention": "counting counter tool counted-by",
    "--format": "fmt json csv markdown latex",
    "--output": "out out-file output-file file save save-as",
    "--dtype": "data-type type precision bits",
    "--allocator": "allocation memory-model",
    "--ram": "memory sram peak max-ram max-memory",
    "--flash": "rom storage max-flash max-size",
    "--mult-adds": "macs flops madds max-macs max-flops max-mult-adds",
    "--params": "parameters max-params",
    "--min-top1": "top1 accuracy min-accuracy",
    "--max-latency": "latency time",
    "--limit": "top top-k count number most max-results",
    "--rank": "rank-by objective",
    "--quantity": "what kind",
    "--force": "yes",
}  # fmt: skip
"""An option -> what other programs, and other commands, call it, without the two hyphens."""
SLIPS: Mapping[str, str] = {f"--{slip}": option for option, slips in MEANINGS.items() for slip in slips.split()}
NETWORK_OPTIONS = ("--net", "--network", "--model", "--arch", "--spec")
"""Options of other programs for what is an argument here."""


def describe_usage_error(error: Any, command: str) -> str:
    """Return one line that says what is wrong with the arguments, and what to do.

    Args:
        error: an error of click's option parser.
        command: the words that name the command, such as `mbcost table`.
    """
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
            meant = long if long in options else SLIPS.get(long)
            if meant in options:
                raise MbcostError(f"unknown option '{name}': did you mean '{meant}'?")


def list_options(params: Sequence[Any]) -> list[str]:
    """Return the options of a command that its help shows."""
    return [option for param in params if not getattr(param, "hidden", False) for option in param.opts]


def _describe_unknown_option(error: Any) -> str:
    params = [] if error.ctx is None else error.ctx.command.params
    name, options = error.option_name, list_options(params)
    if name.lower() in NETWORK_OPTIONS and any(param.param_type_name == "argument" for param in params):
        return f"unknown option '{name}': write the network without it, as an argument"
    meant = {slip: option for slip, option in SLIPS.items() if option in options}
    remedy = suggestion(name.replace("_", "-"), [option for option in options if option.startswith("--")], meant)
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
    if type(error.param.type).__name__ == "FuncParamType":  # what `whole_number` refuses
        return f"{name} is '{error.message}': it must be a whole number"
    if match := re.fullmatch(r"'(.*)' is not a valid (?:int|integer)( range)?\.", error.message, re.DOTALL):
        return f"{name} is '{match[1]}': it must be a whole number"
    if match := re.fullmatch(r"(-?\d+) is not in the range x>=(\d+)\.", error.message):
        return f"{name} is {match[1]}: it must be at least {match[2]}"
    return None


def _describe_usage(error: Any) -> str | None:
    match = re.fullmatch(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)\.?", error.message, re.DOTALL)
    if match is None:
        return None
    if re.fullmatch(r"[0-9.]+( [0-9x]+)?", match[1]):
        return f"unexpected argument '{match[1]}': write it with the network, such as v2@0.75/160"
    return f"unexpected argument '{match[1]}': remove it"


_DESCRIPTIONS: Mapping[str, Callable[[Any], str | None]] = {
    "NoSuchOption": _describe_unknown_option,
    "BadOptionUsage": _describe_option_usage,
    "MissingParameter": _describe_missing,
    "BadParameter": _describe_bad_value,
    "UsageError": _describe_usage,
}
"""The name of an error's class -> what describes it, or None if it has a form that is not known."""
