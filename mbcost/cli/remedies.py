"""What to do about arguments that a command does not take, or that are missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mbcost.cli.hints import COLUMNS, HELP, find_begun, find_option, is_number, is_reference, list_options, read_slips
from mbcost.cli.output import ENDINGS
from mbcost.cli.parameters import make_params
from mbcost.cli.registry import COMMANDS, Subgroup
from mbcost.errors import ask_for
from mbcost.spec.catalogue.library import is_file
from mbcost.spec.quantity import Quantity, read_quantity

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "fit": {
        **dict.fromkeys(
            ("--board", "--mcu", "--chip", "--target-device"),
            "state what the device has, as in 'mbcost fit --ram 320KiB --flash 1MiB'",
        ),
        "--phone": "phones are devices now, as in 'mbcost fit --max-latency 30ms --device pixel1-tflite'",
    },
    "memory": dict.fromkeys(
        ("--peak", "--peaks", "--peak-memory", "--peak-bytes", "--max"), "did you mean '--by allocator'?"
    ),
}
"""A command -> options that it has under no similar name -> what to do instead."""
LIMITS: Mapping[str, tuple[str, ...]] = {
    "bytes": ("--ram", "--flash"),
    "mult_adds": ("--mult-adds",),
    "operations": ("--mult-adds",),
    "params": ("--params",),
    "seconds": ("--max-latency",),
    "percent": ("--min-top1",),
    "": ("--mult-adds", "--params"),
}
"""The unit of a number -> the options of `mbcost fit` that it can limit."""

_LIMIT = re.compile(r"(?:(?P<name>[A-Za-z][A-Za-z0-9_-]*)\s*)?(?:[<>=]=|[<>=:≤≥])?\s*(?P<value>.*)", re.DOTALL)


def find_answer(command: str, option: str) -> str | None:
    """Return what to do about an option that a command has under no similar name; None if that is not known."""
    return ANSWERS.get(command, {}).get(option)


def find_limit(words: Sequence[str], message: str) -> str | None:
    """Return what is wrong with the first word of `mbcost fit` that is a limit without its option.

    >>> find_limit(["fit", "ram<320KiB"], "unknown network 'ram<320KiB': choose from v1")
    "'ram<320KiB' is not a network: did you mean '--ram 320KiB'?"
    """
    if words[:1] != ["fit"] or not message.startswith("unknown network "):
        return None
    known = [option for options in LIMITS.values() for option in options]
    for word in words[1:]:
        match = _LIMIT.fullmatch(word)
        limit = read_quantity(match["value"]) if match else None
        if match is None or not isinstance(limit, Quantity):
            continue
        name = match["name"] and f"--{match['name']}".lower().replace("_", "-")
        if name is not None:
            options = tuple(filter(known.__contains__, [read_slips(known).get(name, name)]))
        else:
            options = LIMITS.get(limit.unit, ()) if limit.unit or limit.prefix else ()
        if options and any(f"'{text}'" in message for text in (word, match["name"])):
            meant = ask_for(f"{option} {match['value']}" for option in options)
            return f"'{word}' is not a network: {meant}"
    return None


def write_elsewhere(command: str, option: str, words: Sequence[str]) -> str | None:
    """Return the command line of a different command that has an option, with the network and the value of `words`."""
    target = COMMANDS[command].load()
    network = next((word for word in words[1:] if not word.startswith("-") and is_reference(word)), None)
    if network is None or isinstance(target, Subgroup):
        return None
    params = make_params(target)
    if params[0].name not in ("net", "networks"):
        return None
    (meant,) = (param for param in params if option in param.opts)
    parts = [network, option]
    if not getattr(meant, "is_flag", False):
        parts.append(_find_value(option, words) or str(meant.metavar))
    return " ".join(["mbcost", command, *parts])


def _find_value(option: str, words: Sequence[str]) -> str | None:
    """Return the value that follows an option."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name.lower().replace("_", "-") == option:
            return value if equals else following
    return None


def find_remedy(words: Sequence[str], ctx: Any) -> str:
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
    is_picture = ctx.parent is not None and ctx.parent.info_name == "plot"
    line = ["mbcost", *["plot"] * is_picture, "compare", *networks]
    if is_picture and (output := ctx.params.get("output")):
        line += ["--output", str(output)]
    return f"remove it, or did you mean '{' '.join(line)}'?"


def find_example(name: str, ctx: Any) -> str | None:
    """Return a command line with the parameter that is missing: with what is given, or else the first of the help."""
    if parts := re.fullmatch(r"(.+?)[./:,]([0-9]+\.[0-9]+\.[a-z.]+)", str(ctx.params.get("net"))):
        return f"{ctx.command_path} {parts[1]} {parts[2]}"
    if name == "layer" and (net := ctx.params.get("net")):
        (param,) = (param for param in ctx.command.params if param.name == name)
        layers = [item.value for item in param.shell_complete(ctx, "")]
        layer = next((layer for layer in layers if layer.endswith(".depthwise")), next(iter(layers), None))
        if layer:
            return f"{ctx.command_path} {net} {layer}"
    pages = [
        context.command.help or "" for context in (ctx, ctx.parent) if context and (context is ctx or context.parent)
    ]
    lines = [line.strip() for page in pages for line in page.splitlines()]
    return next((line for line in lines if line.startswith("mbcost ")), None)
