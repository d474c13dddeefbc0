"""A function's annotations become click's parameters, and the function gets values of its own types."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import click
import pytest

from mbcost.cli.group import build_command, run_command
from mbcost.cli.parameters import Argument, Option

SEEN: list[dict[str, Any]] = []


def command(
    nets: Annotated[list[str], Argument("NET...", "Networks.")],
    *,
    count: Annotated[int, Option(help="A count.", metavar="N")] = 10,
    side: Annotated[Optional[int], Option(help="A side [default: none].", metavar="D")] = None,
    output: Annotated[Optional[Path], Option("--output -o", help="A file [default: none].", metavar="FILE")] = None,
    no_top: Annotated[bool, Option(help="A switch.")] = False,
    words: Annotated[Optional[list[str]], Option("--word", help="Words [default: none].", metavar="W")] = None,
) -> int:
    """Do nothing."""
    SEEN.append({"nets": nets, "count": count, "side": side, "output": output, "no_top": no_top, "words": words})
    return 1


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("a b", {"nets": ["a", "b"]}),
        ("a --count 21k --side 3", {"count": 21000, "side": 3}),
        ("-o x/y a --no-top", {"output": Path("x/y"), "no_top": True}),
        ("--word=b a --word c", {"words": ["b", "c"]}),
    ],
)
def test_a_command_gets_the_values_in_its_own_types(line: str, changed: dict[str, Any]) -> None:
    defaults = {"nets": ["a"], "count": 10, "side": None, "output": None, "no_top": False, "words": None}
    assert run_command(build_command(command), line.split()) == 1
    assert SEEN.pop() == {**defaults, **changed}


@pytest.mark.parametrize("line", ["", "a --count x", "a --side 1.5", "a --no-top=1", "a --nosuch", "a -o"])
def test_wrong_words_are_usage_errors(line: str) -> None:
    with pytest.raises(click.UsageError):
        run_command(build_command(command), line.split())
    assert SEEN == []


def test_the_help_describes_arguments_and_options_with_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(build_command(command), ["--help"]) == 0
    assert " ".join(capsys.readouterr().out.split()) == (
        "Usage: mbcost [OPTIONS] NET... Do nothing. Arguments: NET... Networks. [required] "
        "Options: --count N A count. [default: 10] --side D A side [default: none]. "
        "-o, --output FILE A file [default: none]. --no-top A switch. --word W Words [default: none]. "
        "--help Show this message and exit."
    )
