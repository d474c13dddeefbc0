"""What a shell can complete a word to: the values of options, and the parts of a reference to a network.

Each function gets the words before the incomplete one as values of the command's parameters, in `ctx.params`. None of
them fails: a network that cannot be read has nothing to offer. Standard input is never read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from mbcost.cli.parameters import Completer
from mbcost.errors import MbcostError
from mbcost.spec.catalogue.library import (
    NETWORKS,
    families,
    find_network,
    load_conventions,
    load_family,
    load_spec,
    read_names,
)
from mbcost.spec.forms import FORMS
from mbcost.spec.scaling import alpha_text
from mbcost.spec.table import Spec

LARGEST_FILE = 1_000_000
"""The bytes of the largest file that is read while a word is completed."""
TABLES = (".yaml", ".yml")
"""The endings of specs in files."""
SHORTEST_ALIAS = 3
"""The letters that are typed before aliases are offered: there are many."""
_PARTS = re.compile("[-_. ]")
SEPARATORS = "@/:"
"""What follows the name of a network: an alpha, a resolution, an implementation."""


def one_of(*names: str) -> Completer:
    """Return the function that completes one of these names."""

    def complete(_: click.Context, incomplete: str) -> list[str]:
        return _matching(names, incomplete)

    return complete


def list_of(*names: str) -> Completer:
    """Return the function that completes a list `a,b,c` of these names."""

    def complete(_: click.Context, incomplete: str) -> list[str]:
        return _complete_list(names, incomplete)

    return complete


def names_of(load: Callable[[], Iterable[str]]) -> Completer:
    """Return the function that completes one of the names that `load` returns."""

    def complete(_: click.Context, incomplete: str) -> list[str]:
        return _matching(load(), incomplete)

    return complete


def names_or_files(load: Callable[[], Iterable[str]]) -> Completer:
    """Return the function that completes one of the names that `load` returns, or the path of a file."""

    def complete(_: click.Context, incomplete: str) -> list[str]:
        return [*_matching(load(), incomplete), *list_files(incomplete)]

    return complete


def complete_network(_: click.Context, incomplete: str) -> list[str]:
    """Return built-in networks and specs in files; after a name, what can follow its `@`, `/` or `:`."""
    name, separator, rest = split_reference(incomplete)
    if not separator:
        names = _matching(NETWORKS, incomplete)
        aliases = list(list_aliases(incomplete, names)) if len(incomplete) >= SHORTEST_ALIAS else []
        return [*names, *aliases, *list_files(incomplete, (*TABLES, *FORMS))]
    offers = _SETTINGS[separator]
    return [f"{name}{separator}{value}" for spec in _load(name) for value in _matching(offers(spec), rest)]


def list_aliases(incomplete: str, offered: Collection[str]) -> Iterator[str]:
    """Yield one title or alias, as it is typed so far, of each network that is not offered by its own name.

    Capitals, `-` and `_` make no difference in the name of a network, so `mobilenet_` becomes `mobilenet_v2`.
    """
    typed = _PARTS.sub("", incomplete).lower()
    for network in NETWORKS:
        for alias in (incomplete, *read_names(network)) if network not in offered else ():
            rest = _find_rest(alias, typed)
            if alias is not incomplete and re.fullmatch(r"[\w.-]+", rest) is None:
                continue
            word = incomplete + (rest.lower().replace("-", "_") if "_" in incomplete else rest.lower())
            with suppress(MbcostError):  # an alias of several networks
                if find_network(word) == network:
                    yield word
                    break


def _find_rest(alias: str, typed: str) -> str:
    """Return the end of an alias after what is typed of it; empty if it does not begin like this."""
    for end in range(len(alias) + 1):
        start = _PARTS.sub("", alias[:end]).lower()
        if start == typed:
            return alias[end:].strip("-_. ").replace(" ", "-")
        if not typed.startswith(start):
            break
    return ""


def split_reference(text: str) -> tuple[str, str, str]:
    """Return a reference without its last setting, the character that begins the setting, and the setting.

    >>> split_reference("v2@0.75/16"), split_reference("./nets/my"), split_reference("v2@")
    (('v2@0.75', '/', '16'), ('./nets/my', '', ''), ('v2', '@', ''))
    """
    end = max(map(text.rfind, SEPARATORS))
    name = text[:end]
    if end < 1 or not _name_of(name):
        return text, "", ""
    return name, text[end], text[end + 1 :]


def _name_of(reference: str) -> str:
    """Return the name or file of a network at the start of a reference; empty if there is none."""
    ends = [len(reference), *(end for end, character in enumerate(reference) if character in SEPARATORS)]
    for end in sorted(ends, reverse=True):
        name = reference[:end]
        with suppress(MbcostError):  # an alias of two networks
            if find_network(name) is not None or os.path.isfile(name):  # noqa: PTH113  # a Path refuses a long name
                return name
    return ""


def _load(reference: str) -> Iterator[Spec]:
    """Yield the spec that a reference names, if it can be read."""
    name = _name_of(reference)
    if not name or (find_network(name) is None and Path(name).stat().st_size > LARGEST_FILE):
        return
    with suppress(MbcostError):
        yield load_spec(name)


def _list_alphas(spec: Spec) -> list[str]:
    return [alpha_text(alpha) for alpha in spec.published_alphas]


def _list_resolutions(spec: Spec) -> list[str]:
    own = "x".join(map(str, dict.fromkeys(spec.resolution)))
    return [str(side) for side in spec.published_resolutions] or [own]


def _list_implementations(spec: Spec) -> list[str]:
    return list(spec.implementations)


_SETTINGS: dict[str, Callable[[Spec], list[str]]] = {
    "@": _list_alphas,
    "/": _list_resolutions,
    ":": _list_implementations,
}


def named_networks(ctx: click.Context) -> list[str]:
    """Return the networks among the words of a command line."""
    words: list[str] = []
    for name in ("net", "networks", "first", "second", "nets"):
        value = ctx.params.get(name)
        words += value if isinstance(value, list) else [value] if value else []
    return words


def _load_named(ctx: click.Context) -> list[Spec]:
    return [spec for word in named_networks(ctx) for spec in _load(word)]


def complete_alpha(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the published alphas of the networks on the command line."""
    return _complete_list([alpha for spec in _load_named(ctx) for alpha in _list_alphas(spec)], incomplete)


def complete_resolution(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the published resolutions of the networks on the command line."""
    return _complete_list([side for spec in _load_named(ctx) for side in _list_resolutions(spec)], incomplete)


def complete_implementation(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the implementations of the networks on the command line; of all built-in ones if there is none."""
    specs = _load_named(ctx)
    names = [name for spec in specs for name in spec.implementations]
    if not named_networks(ctx):
        names = [name for family in families() for name in load_family(family)]
    return _matching(names, incomplete)


def complete_convention(_: click.Context, incomplete: str) -> list[str]:
    """Return the conventions, as the last part of a list."""
    return _complete_list(load_conventions(), incomplete)


def complete_columns(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the columns of the command's table, as the last part of a list."""
    return _complete_list(_list_columns(ctx), incomplete)


def complete_column(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the columns of the command's table."""
    return _matching(_list_columns(ctx), incomplete)


def _list_columns(ctx: click.Context) -> tuple[str, ...]:
    from mbcost.cli.columns import list_columns

    return tuple(key.replace("_", "-") for key in list_columns(ctx))


def complete_layer(ctx: click.Context, incomplete: str) -> list[str]:
    """Return the layers of the network on the command line."""
    from mbcost.cli.arguments import NetworkOptions, resolve_network

    given = {name: ctx.params.get(name) for name in ("impl", "head", "classes")}
    for word in named_networks(ctx):
        if any(_load(word)):
            with suppress(MbcostError, ValueError):
                classes = given["classes"]
                options = NetworkOptions(
                    impl=given["impl"], head=given["head"], classes=int(classes) if classes else None
                )
                return _matching([step.name for step in resolve_network(word, options).steps], incomplete)
    return []


def list_files(incomplete: str, endings: tuple[str, ...] = TABLES) -> list[str]:
    """Return the files that a path can be completed to, by default specs, and the folders, which end with a slash."""
    folder, _, start = incomplete.rpartition("/")
    shown = f"{folder}/" if "/" in incomplete else ""
    names = []
    with suppress(OSError), os.scandir(os.path.expanduser(shown) or ".") as entries:  # noqa: PTH111  # keeps `./`
        for entry in entries:
            if entry.name.startswith(start) and (start or not entry.name.startswith(".")):
                if entry.is_dir() and shown:
                    names.append(f"{shown}{entry.name}/")
                elif entry.name.lower().endswith(endings):
                    names.append(shown + entry.name)
    return sorted(names)


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _complete_list(names: Iterable[str], incomplete: str) -> list[str]:
    """Complete the last part of `a,b,c`; names that are in the list already are not offered again."""
    before, comma, last = incomplete.rpartition(",")
    given = {word.lstrip("+") for word in before.split(",")}
    rest = [name for name in names if name.lstrip("+") not in given]
    return [f"{before}{comma}{name}" for name in _matching(rest, last)]
