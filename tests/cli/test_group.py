"""The registry states of each command what the command states itself, and listing the commands imports none."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

from mbcost.cli.registry import COMMANDS, COMMANDS_BY_TOPIC, Subgroup, summary_of
from tests.cli.conftest import Mbcost


def unwrap(text: str) -> str:
    """Return the text without spaces and line breaks: help is wrapped, also at hyphens."""
    return "".join(text.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_registry_states_the_first_sentence_of_the_help_of_a_command(name: str, mbcost: Mbcost) -> None:
    target = COMMANDS[name].load()
    docstring = inspect.getdoc(target.root if isinstance(target, Subgroup) else target)
    assert docstring is not None
    assert COMMANDS[name].summary == summary_of(docstring)
    assert unwrap(COMMANDS[name].summary) in unwrap(mbcost(name, "--help").out)


def test_a_summary_is_one_whole_sentence_that_keeps_its_abbreviations() -> None:
    text = "Show params, e.g. of v2,\nrow by row. Totals follow.\n\nMore."
    assert summary_of(text) == "Show params, e.g. of v2, row by row."
    assert summary_of("Is it right? Say so.") == "Is it right?"
    assert all(re.fullmatch(r"[A-Z].*[.?]", command.summary) for command in COMMANDS.values())


def test_the_help_lists_every_command_under_its_topic_with_its_whole_summary(mbcost: Mbcost) -> None:
    topics = [
        f"{topic}:" + "".join(f"{name} {command.summary}" for name, command in commands.items())
        for topic, commands in COMMANDS_BY_TOPIC.items()
    ]
    shown = mbcost("--help").out
    assert unwrap(shown).endswith(unwrap("".join(topics)))
    assert mbcost("-h").out == mbcost("help").out == shown
    assert mbcost("help", "table").out == mbcost("table", "-h").out == mbcost("table", "--help").out


@pytest.mark.parametrize(("group", "name"), [("plot", "sweep"), ("compare", "standard-vs-dws")])
def test_the_help_of_a_group_lists_its_commands_with_their_whole_summaries(
    mbcost: Mbcost, group: str, name: str
) -> None:
    target = COMMANDS[group].load()
    assert isinstance(target, Subgroup)
    assert name in target.commands
    summaries = {key: summary_of(str(inspect.getdoc(function))) for key, function in target.commands.items()}
    listed = mbcost(group, "--help").out.partition("\nCommands:\n")[2]
    assert unwrap(listed) == unwrap("".join(f"{key} {summary}" for key, summary in summaries.items()))


def test_the_help_of_the_program_imports_no_command() -> None:
    code = "import sys; from mbcost.cli import run; run(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name for name in process.stderr.split() if name.startswith("mbcost")}
    shared = {
        "mbcost.cli.exits",
        "mbcost.cli.group",
        "mbcost.cli.parameters",
        "mbcost.cli.registry",
        "mbcost.cli.streams",
    }
    assert imported == {"mbcost", "mbcost.cli", "mbcost.errors", *shared}
    assert not {"yaml", "rich"} & set(process.stderr.split())
