"""`mbcost lock`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Optional

from mbcost import __version__
from mbcost.analytic.memory.allocators import ALLOCATORS
from mbcost.analytic.network import Network
from mbcost.cli.arguments import NetworkOptions, resolve_network
from mbcost.cli.completers import complete_network, one_of
from mbcost.cli.files import choose_file, keep_inputs, write
from mbcost.cli.options import ConventionName, format_option, share_options
from mbcost.cli.output import View, check_whole_table, choose_destination, emit
from mbcost.cli.parameters import Argument, Option
from mbcost.cli.progress import track
from mbcost.cli.quantities import parse_count, parse_milliseconds, parse_size
from mbcost.errors import STANDARD_INPUT, MbcostError, choose, escape
from mbcost.present.lock import COLUMNS_OF_CHECK, DATA, as_json, as_table, describe_lock, render_github, render_junit
from mbcost.questions.lock.compare import Rules, check_lock
from mbcost.questions.lock.entries import Resolve, lock_networks
from mbcost.questions.networks import is_factory
from mbcost.spec.catalogue.library import is_file, load_convention
from mbcost.spec.catalogue.measured import list_devices
from mbcost.spec.dtype import DTYPES, dtype_of
from mbcost.spec.lock import Budgets, Lock, Terms
from mbcost.spec.reading.budgets import Grammar, read_budgets
from mbcost.spec.reading.lock import parse_lock, write_lock
from mbcost.spec.reading.project import find_project
from mbcost.spec.reading.text import read_file, read_standard_input

FILE = "costs.lock"
"""The lock that is written or checked if none is named."""
ENDING = ".lock"
"""A word with this ending is a lock and not a network."""
REPORTS = {"github": render_github, "junit": render_junit}
"""Formats for pipelines, in addition to those that every command has."""
SHOWN = 20
"""The differences that text lists at most."""


Destination = Annotated[
    Optional[Path],
    Option(
        "--output -o",
        help=f"Write the lock, or with --check the report, to FILE atomically [default: {FILE}, or standard output].",
        metavar="FILE",
    ),
]


@share_options(known=lambda _: COLUMNS_OF_CHECK, style=format_option(*REPORTS), output=Destination)
def lock(
    networks: Annotated[
        Optional[list[str]],
        Argument(
            metavar="[NET|FILE.lock]...",
            help=f"Networks to write [default: those of the lock]; with --check a lock [default: {FILE}] and those of "
            "its networks to check [default: all].",
            complete=complete_network,
        ),
    ] = None,
    *,
    check: Annotated[bool, Option("--check", help="Compute the networks of the lock again, and compare.")] = False,
    allow_unknown: Annotated[
        bool, Option("--allow-unknown", help="Let networks pass that have operators which are not counted.")
    ] = False,
    convention: ConventionName = None,
    allocator: Annotated[
        Optional[str],
        Option(
            help="Allocation model of the peak memory [default: that of the lock, else naive].",
            metavar="NAME",
            complete=one_of(*ALLOCATORS),
        ),
    ] = None,
    dtype: Annotated[
        Optional[str],
        Option(
            help="Dtype of weights and activations [default: that of the lock, else int8].",
            metavar="|".join(DTYPES),
            complete=one_of(*DTYPES),
        ),
    ] = None,
    run_code: Annotated[
        bool, Option("--run-code", help="Import the models in Python, MODULE:FACTORY, that the lock itself names.")
    ] = False,
    every: Annotated[
        bool, Option("--all", help=f"List every difference; text lists at most {SHOWN} without it.")
    ] = False,
    view: View,
) -> int:
    """Write the costs of networks to a lock file, or check that they have not changed and are within budgets.

    Budgets are in the section budgets of the lock and in [tool.mbcost] of pyproject.toml. A lock that is written again
    keeps them. The exit code of --check is 0 if nothing differs and no budget is exceeded, 1 if something does, and 2
    if a network cannot be computed.

    \b
    Examples:
      mbcost lock v2@0.35/96 mynet.yaml
      mbcost lock --output nets/costs.lock
      mbcost lock --check
      mbcost lock --check nets/costs.lock --format github
    """
    words = networks or []
    names, locks = ([word for word in words if _is_lock(word, check=check) == ends] for ends in (False, True))
    if len(locks) > 1:
        raise MbcostError(f"two locks are given, {locks[0]} and {locks[1]}: remove one")
    if not check and "-" in names:
        raise MbcostError("standard input cannot be locked: name a file")
    given = {"convention": convention, "allocator": allocator, "dtype": dtype}
    changed = {name: value for name, value in given.items() if value is not None}
    if not check:
        if locks:
            remedy = f"add --check, or --output {locks[0]} to write it"
            raise MbcostError(f"{locks[0]} is a lock and not a network: {remedy}")
        unused = {"--allow-unknown": allow_unknown, "--all": every}
        return _write(names, changed, view, unused, run_code=run_code)
    if changed:
        _check_terms(replace(Terms(), **changed))
        raise MbcostError(f"--{next(iter(changed))} is that of the lock: remove it, or remove --check")
    resolve = partial(_resolve, typed=names, run_code=run_code)
    return _check(locks[0] if locks else FILE, names, view, resolve, allow_unknown=allow_unknown, every=every)


def _write(
    names: list[str], changed: Mapping[str, str], view: View, unused: Mapping[str, bool], *, run_code: bool
) -> int:
    of_a_table = {"--format": view.style, "--columns": view.columns, "--sort": view.sort, "--fragment": view.fragment}
    for option, value in {**of_a_table, **unused}.items():
        if value:
            raise MbcostError(f"{option} is for --check: remove it, or add --check")
    output = Path(FILE) if view.output is None else view.output
    keep_inputs(output, *names)
    target = choose_file(output)
    if target is not None and not target.name.endswith(ENDING):
        raise MbcostError(f"{target} is not a name of a lock: end it with {ENDING}, by which --check knows it")
    before = None if target is None or not is_file(str(target)) else _read_lock(str(target))
    if not names and before is None:
        raise MbcostError(f"no network is named: write one, as in mbcost lock v2 --output {output}")
    terms = _check_terms(replace(Terms() if before is None else before.terms, **changed))
    for name in names:
        _check_name(name)
    resolve = partial(_resolve, typed=names, run_code=run_code)
    locked = lock_networks(track("locking", names or list(before.networks if before else ())), resolve, terms)
    budgets, kept = (Budgets(), "") if before is None else (before.budgets, before.kept)
    new = Lock(terms, locked, __version__, budgets, kept)
    write(write_lock(new, GRAMMAR), target)
    if target is not None:
        dropped = tuple(name for name in (before.networks if before else ()) if name not in locked)
        write(describe_lock(new, escape(str(target)), dropped))
    return 0


def _check(file: str, names: list[str], view: View, resolve: Resolve, *, allow_unknown: bool, every: bool) -> int:
    # The matrices of an estimate are small, and starting a thread per processor takes longer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    keep_inputs(view.output, file, *names)
    destination = choose_destination(view, tuple(REPORTS), COLUMNS_OF_CHECK, DATA)
    if destination.style in REPORTS:
        check_whole_table(destination)
    if file != "-" and not is_file(file):
        raise MbcostError(f"{file}: No such file: write it first, as in mbcost lock v2 --output {file}")
    lock, file = _read_lock(file), STANDARD_INPUT if file == "-" else file
    _locate_error(file, lock.terms)
    rules = Rules(_read_project(), allow_unknown, __version__)
    answer = check_lock(file, lock, names, resolve, rules, partial(track, "checking"))
    if destination.style in REPORTS:
        write(REPORTS[destination.style](answer), destination.file)
    else:
        emit(as_table(answer), as_json(answer), replace(destination, most=None if every else SHOWN), "differences")
    return 0 if answer.passed else 2 if answer.failed else 1


def _resolve(name: str, *, typed: Sequence[str], run_code: bool) -> Network:
    """Return the network that a reference means. Code is only run if the user names it: a lock can be a stranger's.

    Raises:
        MbcostError: the reference does not mean a network, or it means code that nobody allowed.
    """
    if is_factory(name) and not run_code and name not in typed:
        raise MbcostError(f"{name} is code, and a lock alone does not start it: add --run-code if you trust the lock")
    return resolve_network(name, NetworkOptions())


def _check_name(name: str) -> None:
    """Refuse a name that a lock cannot have.

    Raises:
        MbcostError: the name is not text.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        raise MbcostError(f"'{escape(name)}' is not UTF-8, which a lock is: rename the file") from None


def _is_lock(word: str, *, check: bool) -> bool:
    """Return whether a word names a lock and not a network."""
    return word.endswith(ENDING) or (check and word == "-")


def _read_lock(file: str) -> Lock:
    if file == "-":
        return parse_lock(read_standard_input(), STANDARD_INPUT, __version__, GRAMMAR)
    return parse_lock(read_file(Path(file)), file, __version__, GRAMMAR)


def _check_terms(terms: Terms) -> Terms:
    """Return the terms with the names that they mean.

    Raises:
        MbcostError: a name is unknown.
    """
    allocator = choose("allocator", terms.allocator, ALLOCATORS)
    return Terms(load_convention(terms.convention).name, allocator, dtype_of(terms.dtype).name)


def _locate_error(file: str, terms: Terms) -> None:
    try:
        _check_terms(terms)
    except MbcostError as error:
        raise MbcostError(f"{file}: {error}") from None


def _read_project() -> Budgets:
    """Return the budgets of the nearest pyproject.toml with a table of mbcost.

    Raises:
        SpecError: the file is not valid.
    """
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        return Budgets()
    project = find_project(folder)
    return Budgets() if project is None else read_budgets(project[1], project[0], GRAMMAR)


def _choose_device(text: str) -> str:
    return text if is_file(text) else choose("device", text, list_devices())


GRAMMAR = Grammar(
    limits={
        "max-params": lambda text: parse_count(text, "params"),
        "max-mult-adds": lambda text: parse_count(text, "mult-adds"),
        "max-peak": lambda text: parse_size(text, "the size"),
        "max-flash": lambda text: parse_size(text, "the size"),
        "max-latency": lambda text: parse_milliseconds(text, "the time"),
    },
    words={
        "allocator": lambda text: choose("allocator", text, ALLOCATORS),
        "dtype": lambda text: dtype_of(text).name,
        "device": _choose_device,
    },
)
"""How the values of budgets are read."""
