"""What holds for the options of every command: the same names, defaults in every help, slips, 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import click
import pytest

from mbcost.cli.group import build_command
from mbcost.cli.hints import MEANINGS, NETWORK_OPTIONS
from mbcost.cli.registry import COMMANDS, Subgroup
from tests.cli.conftest import Mbcost

NETWORK = {"--alpha", "--res", "--rho", "--impl", "--classes", "--head", "--in-channels", "--no-top"}
VIEW = {"--columns", "--sort", "--format", "--output"}
CONVENTION = {"--convention"}
OUTPUT = {"--output"}
HAVE: dict[str, set[str]] = {
    "table": NETWORK | VIEW | CONVENTION,
    "show": VIEW,  # as printed, so that there is nothing to choose
    "nets": VIEW | CONVENTION,
    "explore": NETWORK | CONVENTION,  # a screen has no format
    "page": NETWORK | OUTPUT,  # the page has every convention
    "plot layers": NETWORK | CONVENTION | OUTPUT,  # pictures have no columns, and their ending is their format
    "plot sweep": NETWORK | CONVENTION | OUTPUT,
    "plot fit": NETWORK | CONVENTION | OUTPUT,
    "plot accuracy": CONVENTION | OUTPUT,  # of released checkpoints
    "plot compare": NETWORK | CONVENTION | OUTPUT,
    "plot activations": OUTPUT,
    "plot blocks": OUTPUT,  # each block has its own reference
    "compare nets": NETWORK | VIEW | CONVENTION,
    "compare standard-vs-dws": {"--alpha", "--res", "--rho", "--impl"} | VIEW,  # neither top nor classes are compared
    "compare residual-vs-inverted": VIEW,
    "diff": NETWORK | VIEW | CONVENTION,
    "check": VIEW,
    "lock": VIEW | CONVENTION,  # a reference states the whole network
    "validate": NETWORK | VIEW,  # raw counts are compared
    "verify": NETWORK | VIEW,  # raw counts are compared
    "published": VIEW,  # what was built and how it was counted is the answer
    "fit": NETWORK | VIEW | CONVENTION,
    "sweep": NETWORK | VIEW | CONVENTION,
    "memory": NETWORK | VIEW,  # bytes, not mult-adds
    "accuracy": NETWORK | VIEW,  # nothing is counted
    "latency": NETWORK | VIEW,  # milliseconds
    "calibrate": VIEW,
    "devices": VIEW,
    "roofline": NETWORK | VIEW,  # what hardware does, not what a tool counts
    "explain": NETWORK | VIEW | CONVENTION,
    "ledger": NETWORK | VIEW | CONVENTION,
    "formula": NETWORK | VIEW,  # an equation counts multiply-adds
    "conventions": VIEW,
    "new": OUTPUT,
    "schema": OUTPUT,
    "export": {"--res", "--head", "--in-channels", "--no-top", "--format", "--output"},  # a spec has no alpha
}
"""The shared options of each command, with the reason where some are missing."""


@cache
def commands() -> dict[str, Any]:
    """Return the click command of every command, also of those inside groups."""
    found: dict[str, Any] = {}
    for name, command in COMMANDS.items():
        target = command.load()
        if isinstance(target, Subgroup):
            found |= {f"{name} {part}": build_command(function) for part, function in target.commands.items()}
        else:
            found[name] = build_command(target)
    return found


def names_of(command: Any) -> set[str]:
    """Return the options that the help of a command shows."""
    return {opt for param in command.params if not getattr(param, "hidden", False) for opt in param.opts}


def test_every_command_has_the_shared_options_that_make_sense_for_it() -> None:
    shared = NETWORK | VIEW | CONVENTION
    assert {name: names_of(command) & shared for name, command in commands().items()} == HAVE


@pytest.mark.parametrize("name", HAVE)
def test_the_help_of_a_command_states_every_default_in_lines_of_at_most_80_characters(
    name: str, mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = mbcost(*name.split(), "--help").out
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert "{" not in shown.splitlines()[0]
    command = commands()[name]
    for param in command.params:
        if not getattr(param, "hidden", False) and not getattr(param, "is_flag", False):
            _, text = param.get_help_record(click.Context(command))
            assert "".join(text.split()) in "".join(shown.split())
            assert re.search(r"\[(default: .+|required)\]", text), param.opts
            assert param.default is None or param.required or f"[default: {param.default}]" in text, param.opts


@pytest.mark.parametrize("words", [[], ["plot"], ["compare"]])
def test_the_help_of_a_group_has_lines_of_at_most_80_characters(
    words: list[str], mbcost: Mbcost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = mbcost(*words, "--help").out
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert "..." not in shown.partition("\n\n")[2].replace("NET...", "")


def list_slips(name: str) -> Iterator[str]:
    """Yield a slip of every option of a command in three spellings; for a few commands, all slips."""
    own = {opt for param in commands()[name].params for opt in param.opts}
    for option in sorted(MEANINGS.keys() & own):
        slips = [slip for slip in MEANINGS[option].split() if f"--{slip}" not in own]
        yield from [f"--{slips[0]}", f"--{slips[0]}".upper(), f"-{slips[0]}"]
        yield from (f"--{slip}" for slip in slips if name in ("fit", "explain"))


@pytest.mark.parametrize("name", HAVE)
def test_a_slip_is_answered_with_the_option_that_is_meant(name: str, mbcost: Mbcost) -> None:
    command = commands()[name]
    for slip in list_slips(name):
        meant = {option for option, slips in MEANINGS.items() if slip.lstrip("-").lower() in slips.split()}
        result = mbcost(*name.split(), slip, "1")
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"mbcost: error: unknown option '{slip}': did you mean '")
        assert any(f"'{option}'" in result.err for option in meant & names_of(command)), result.err
    if any(param.param_type_name == "argument" for param in command.params):
        for option in NETWORK_OPTIONS:
            if not any(word in param.opts for param in command.params for word in (option, f"{option}s")):
                assert "as an argument" in mbcost(*name.split(), option, "v2").err


@pytest.mark.parametrize(
    ("positional", "named"),
    [
        ("fit v1 v2 --alpha 1 --res 96 --ram 1MiB", "fit --net v1 --net v2 --alpha 1 --res 96 --ram 1MiB"),
        ("compare standard-vs-dws v1", "compare standard-vs-dws --net v1"),
    ],
)
def test_a_network_is_an_argument_and_its_older_option_means_the_same(
    positional: str, named: str, mbcost: Mbcost
) -> None:
    assert mbcost(*positional.split()) == mbcost(*named.split())
    assert mbcost(*positional.split()).code == 0
    assert "--net" not in mbcost(*positional.split()[:2], "--help").out


@pytest.mark.parametrize(
    "words", ["sweep v2 --alpha 1", "fit v2 --alpha 1 --ram 1MiB", "table v2", "memory v2", "diff v2 v2"]
)
def test_a_resolution_multiplier_is_the_resolution_that_it_gives(words: str, mbcost: Mbcost) -> None:
    assert mbcost(*words.split(), "--rho", "0.714") == mbcost(*words.split(), "--res", "160")
