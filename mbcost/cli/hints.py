"""What was probably meant by words that are refused: values without an option, units apart, other names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click

from mbcost.errors import LONGEST_QUERY, MbcostError
from mbcost.spec.catalogue.library import find_network, is_path, load_conventions
from mbcost.spec.quantity import Quantity, read_quantity

MEANINGS: Mapping[str, str] = {
    "--alpha": "width width-mult width-multiplier multiplier depth-multiplier",
    "--res": "resolution size input-size image-size img-size imgsz input-resolution input-shape shape "
    "img input-res input hw",
    "--rho": "resolution-multiplier res-mult",
    "--impl": "implementation library framework rules",
    "--classes": "num-classes n-classes nc",
    "--in-channels": "channels input-channels num-channels in-chans chans gray grayscale",
    "--no-top": "no-head no-classifier backbone exclude-top features-only",
    "--columns": "column cols fields select metric metrics",
    "--sort": "sort-by order order-by",
    "--by": "group-by level per depth",
    "--convention": "counting counter tool counted-by",
    "--format": "fmt",
    "--output": "out out-file output-file file save save-as to export write",
    "--dtype": "data-type type precision bits",
    "--allocator": "allocation memory-model",
    "--ram": "memory sram peak max-ram max-memory",
    "--flash": "rom storage max-flash max-size",
    "--params": "parameters max-params",
    "--min-top1": "top1 accuracy min-accuracy acc min-acc",
    "--max-latency": "latency time",
    "--limit": "top top-k count number most max-results",
    "--rank": "rank-by objective",
    "--quantity": "what kind",
    "--force": "yes",
    "--source": "paper page",
    "--status": "verdict",
    "--peak-macs": "gflops flops tops peak-flops compute",
    "--bandwidth": "bw gbps memory-bandwidth",
    "--against": "with library framework",
    "--like": "profile runtime-profile",
    "--minutes": "duration",
    "--plan": "points",
    "--mult-adds": "macs flops madds max-macs max-flops max-mult-adds budget target",
}  # fmt: skip
"""An option -> what other programs, and other commands, call it, without the two hyphens."""
NEEDLESS: Mapping[str, str] = {
    "costs are those of one image": "--batch --batch-size --bs",
    "costs do not depend on the values of the weights": "--pretrained --weights --checkpoint --ckpt",
    "nothing runs, so no device is needed": "--cuda --gpu --cpu",
    "tables are per layer, unless --by groups them": "--per-layer --print-per-layer-stat --print-per-layer --layers",
    "mbcost nets and mbcost conventions list what there is": "--list --list-models --models",
    "numbers are exact": "--units --unit --human-readable --human --mega",
    "colours are switched by NO_COLOR and FORCE_COLOR": "--color --colour --no-color --no-colour",
    "messages are on standard error only": "--quiet --silent",
    "specs are always checked strictly": "--strict --pedantic --werror",
    "every table ends with its total": "--total --summary",
    "--sort mult-adds shows the most expensive rows first": "--limit --top --top-k --first --most --rank --rank-by",
}
"""Why an option of other programs is not needed -> its names."""
NETWORK_OPTIONS = ("--net", "--network", "--model", "--arch", "--spec")
"""Options of other programs for what is an argument here."""
VALUES: Mapping[str, str] = {
    "md": "markdown", "tex": "latex", "txt": "text", "excel": "csv", "xlsx": "csv", "htm": "html", "ndjson": "jsonl",
    "fp32": "float32", "fp16": "float16", "half": "float16", "i8": "int8", "u8": "int8", "uint8": "int8",
    "quantized": "int8", "pytorch": "torchvision", "tf": "keras", "tensorflow": "keras",
    "layers": "layer", "blocks": "block", "stages": "stage",
}  # fmt: skip
"""A word -> the value of an option that it means."""
COLUMNS: Mapping[str, str] = {
    "flops": "mult-adds", "macs": "mult-adds", "madds": "mult-adds", "mult-adds": "mult-adds", "params": "params",
    "parameters": "params", "activations": "activations",
}  # fmt: skip
"""A word -> the column that it means."""
FORMATS = ("csv", "html", "json", "latex", "markdown", "md", "tex")
HELP = ("help", "?", "/?", "-?", "/h", "/help", "usage", "man")
UNITS: Mapping[str, tuple[str, ...]] = {
    "explain": ("", "mult_adds", "operations", "params"),
    "--mult-adds": ("", "mult_adds", "operations"),
    "--params": ("", "params"),
    "--ram": ("", "bytes"),
    "--flash": ("", "bytes"),
    "--max-latency": ("seconds",),
    "--min-top1": ("percent",),
    "--peak-macs": ("", "mult_adds"),
    "--bandwidth": ("bytes",),
}
"""What a number follows -> the units that it can have, as `read_quantity` names them."""
CLOSE = 0.7
"""How similar a word must be to a choice to be suggested, where 1 is equal."""
CLOSE_TO_SHORT = 0.6
"""The same for a word of at most three letters."""
CLOSE_TO_MEANING = 0.8
"""The same for a word that only means a choice: there are many, so one is similar to almost anything."""

LONGEST_SHORT = 3
"""The letters of a short word."""

_NUMBER = re.compile(r"x?[0-9.]+x?|[0-9]+x[0-9]+")
_OPEN_OPTIONS = frozenset({"columns", "sort", "alpha", "res", "rho", "spec"})
"""Options whose values are not a few fixed words."""


def join_unit(words: Sequence[str]) -> str | None:
    """Return the first number and its unit as one word, if they are two and the unit can be meant there.

    >>> join_unit(["explain", "314", "M", "v2"]), join_unit(["table", "v2", "--classes", "10", "m"])
    ('314M', None)
    """
    for before, number, unit in zip(["explain", *words], words, words[1:], strict=False):
        units = UNITS.get(before)
        if units is None or not unit[:1].isalpha() or not isinstance(read_quantity(number), Quantity):
            continue
        joined = read_quantity(number + unit)
        if isinstance(joined, Quantity) and joined.unit in units:
            return number + unit
    return None


def blame_unit(words: Sequence[str], message: str) -> str | None:
    """Return what to do about a number whose unit is a word of its own, if the message speaks of the unit alone."""
    joined = join_unit(words)
    unit = joined and re.sub("^[^A-Za-z]+", "", joined)
    if not unit or re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", message) is None:
        return None
    return f"write a number and its unit as one word: '{joined}'"


def is_number(word: str) -> bool:
    """Return whether a word is a number, such as an alpha, a resolution or a cost."""
    return _NUMBER.fullmatch(word) is not None or isinstance(read_quantity(word), Quantity)


def is_reference(word: str) -> bool:
    """Return whether a word names a network or a file of one."""
    name = re.split("[@/:]", word)[0]
    try:
        return bool(name) and (find_network(name) is not None or is_path(word) or word.endswith((".yaml", ".yml")))
    except MbcostError:  # an alias of several networks
        return True


def is_model(word: str) -> bool:
    """Return whether a word names a model of PyTorch, as `mbcost verify` reads it."""
    source, colon, factory = word.rpartition(":")
    return bool(colon) and factory.isidentifier() and (source.endswith(".py") or "." in source)


def find_option(word: str, ctx: Any) -> str | None:
    """Return the option, with its value, that a bare value means: `json` means `--format json`."""
    lower = word.lower()
    if lower in COLUMNS and (meant := _find_column(COLUMNS[lower], ctx)):
        return meant
    offers = [
        (item.value, f"{param.opts[0]} {item.value}")
        for param in options_of(ctx.command.params)
        if param.name not in _OPEN_OPTIONS
        for item in param.shell_complete(ctx, "")
    ]
    equal = [text for value, text in offers if value.lower() in (lower, VALUES.get(lower))]
    return next(iter(equal), None)


def _find_column(column: str, ctx: Any) -> str | None:
    """Return the option that shows a column: that of the quantity, or that of the columns if the table has it."""
    params = {param.name: param for param in options_of(ctx.command.params)}
    if "quantity" in params and any(item.value == column for item in params["quantity"].shell_complete(ctx, "")):
        return f"--quantity {column}"
    return f"--columns {column}" if "columns" in params and column in list_shown(ctx) else None


def list_shown(ctx: Any) -> list[str]:
    """Return the columns that a command offers before a word is typed: those of its example."""
    name = ctx.command_path.removeprefix("mbcost ")
    trial = click.Context(ctx.command, info_name=name, obj=getattr(ctx.command, "known", None))
    (param,) = (param for param in ctx.command.params if param.name == "columns")
    return [item.value for item in param.shell_complete(trial, "")]


def find_begun(word: str, ctx: Any) -> str | None:
    """Return the device, with its option, that a word begins: `stm32` means `--device stm32h743`."""
    for param in options_of(ctx.command.params):
        offers = param.shell_complete(ctx, word.lower()) if param.name == "device" else []
        if values := [item.value for item in offers if not is_path(item.value)]:
            return f"{param.opts[0]} {values[0]}"
    return None


def options_of(params: Iterable[Any]) -> list[Any]:
    """Return those parameters that are options and that the help shows."""
    return [param for param in params if param.param_type_name == "option" and not getattr(param, "hidden", False)]


def list_options(params: Sequence[Any]) -> list[str]:
    """Return the options of a command that its help shows."""
    return [option for param in options_of(params) for option in param.opts]


def read_slips(options: Sequence[str]) -> dict[str, str]:
    """Return what other programs, and other commands, call the options of a command."""
    return {f"--{slip}": option for option, slips in MEANINGS.items() if option in options for slip in slips.split()}


def find_similar(word: str, choices: Iterable[str], meanings: Mapping[str, str]) -> list[str]:
    """Return the choices that a word can mean: the same in capitals or as a plural, what it begins, or similar ones."""
    own = {choice.lower().lstrip("-"): choice for choice in choices}
    others = {slip.lstrip("-"): choice for slip, choice in meanings.items()}
    query = word[:LONGEST_QUERY].lower().lstrip("-")
    for names in (own, others):
        for exact in (query, f"{query}s", query.removesuffix("s")):
            if exact in names:
                return [names[exact]]
    cutoff = CLOSE_TO_SHORT if len(query) <= LONGEST_SHORT else CLOSE
    begun = [choice for name, choice in own.items() if query and name.startswith(query)]
    similar = begun or [own[match] for match in get_close_matches(query, own, cutoff=cutoff)]
    meant = [others[match] for match in get_close_matches(query, others, cutoff=CLOSE_TO_MEANING)]
    return list(dict.fromkeys(similar or meant))


def find_command(words: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the command line that is meant by words whose first is not a command, if that can be told."""
    word, rest = words[0], [word for word in words[1:] if not word.startswith("-")]
    lower = word.lower()
    network = next((other for other in rest if is_reference(other)), "v2")
    if lower in ("mbcost", "mbcost.exe") and words[1:]:
        return " ".join(["mbcost", *words[1:]])
    if lower in ("version", "ver"):
        return "mbcost --version"
    if lower in HELP:
        return "mbcost --help"
    if lower in FORMATS:
        return f"mbcost table {network} --format {VALUES.get(lower, lower)}"
    if lower in load_conventions():
        return f"mbcost table {network} --convention {lower}"
    if is_model(word):
        return f"mbcost verify {word} {network}"
    if is_reference(word):
        command = next((other for other in rest if other in names), "table")
        return f"mbcost {command} {word}"
    if isinstance(read_quantity(word), Quantity):
        return f"mbcost explain {join_unit(words) or word}"
    return None
