"""Completion: what the last word of a command line can become.

A shell runs `mbcost __complete WORD... =LAST`, where LAST is the word before the cursor, which can be empty, and the
others are complete. The answer is one candidate per line, then perhaps a tab and a description. The line `:files` means
that the shell may complete files, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from mbcost.cli.group import build_command, build_root
from mbcost.cli.registry import COMMANDS, Subgroup, summary_of
from mbcost.cli.shells import SHELLS

FILES = ":files"
FILE_PARAMETERS = frozenset({"output", "rows", "model", "net", "networks", "nets", "first", "second", "files"})
"""Parameters whose values can be files; if nothing else matches, the shell completes those."""


@dataclass(frozen=True)
class Candidate:
    """What a word can become, and what it is."""

    value: str
    description: str = ""


@dataclass
class Line:
    """The complete words of a command line, by the parameters of the command."""

    command: Any
    """The click command."""
    options: dict[str, list[str]] = field(default_factory=dict)
    """The values of each option that is given, by the name of the parameter."""
    arguments: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    waiting: Any = None
    """The option whose value is the incomplete word."""
    only_arguments: bool = False
    """Whether `--` was given."""
    known: Any = None
    """What lists the columns of the command, if it states them: see `share_options`."""

    def read(self, words: Iterable[str]) -> Line:
        """Read the complete words, and return the line."""
        options = options_of(self.command)
        self.words += words
        for word in self.words:
            name, equals, value = word.partition("=")
            if self.waiting is not None:
                self.options.setdefault(self.waiting.name, []).append(word)
                self.waiting = None
            elif self.only_arguments or not (word in options or (equals and name in options) or word == "--"):
                self.arguments += [] if word[:1] == "-" and word[1:2] not in ("", *"@/:=") else [word]
            elif word == "--":
                self.only_arguments = True
            elif equals and name in options:
                self.options.setdefault(options[name].name, []).append(value)
            else:
                self.options.setdefault(options[word].name, [])
                self.waiting = None if options[word].is_flag else options[word]
        return self

    def context(self, name: str) -> click.Context:
        """Return the context in which completers find the words, also those that are flags."""
        context = click.Context(self.command, info_name=name, obj=self.known)
        context.args = list(self.words)
        context.params.update({name: True for name, values in self.options.items() if not values})
        context.params.update(
            {
                param.name: values if param.multiple else values[-1]
                for param in self.command.params
                if (values := self.options.get(param.name))
            }
        )
        rest = list(self.arguments)
        for param in arguments_of(self.command):
            taken, rest = (rest, []) if param.nargs == -1 else (rest[:1], rest[1:])
            if taken:
                context.params[param.name] = taken if param.nargs == -1 else taken[0]
        return context

    def argument(self) -> Any:
        """Return the argument that the incomplete word belongs to, or None if the command takes no more."""
        params = arguments_of(self.command)
        index = min(len(self.arguments), len(params) - 1)
        has_room = bool(params) and (index == len(self.arguments) or params[index].nargs == -1)
        return params[index] if has_room else None


def options_of(command: Any) -> Mapping[str, Any]:
    """Return the options of a command by their names, such as `--output` and `-o`."""
    return {name: param for param in _params_of(command) if param.param_type_name == "option" for name in param.opts}


def arguments_of(command: Any) -> list[Any]:
    """Return the arguments of a command in order."""
    return [param for param in command.params if param.param_type_name == "argument"]


def _params_of(command: Any) -> list[Any]:
    return list(command.get_params(click.Context(command)))


def answer(words: Sequence[str]) -> str:
    """Return the text for a shell that completes the last of `words`."""
    *before, last = words or [""]
    lines = [
        f"{candidate.value}\t{candidate.description}" if candidate.description else candidate.value
        for candidate in complete(before, last.removeprefix("="))
    ]
    return "".join(f"{line}\n" for line in lines)


def complete(before: Sequence[str], incomplete: str) -> list[Candidate]:
    """Return what the incomplete word can become after the words before it; `FILES` stands for any file."""
    words = [word for word in before if word not in ("--verbose", "--traceback")]
    if words[:1] == ["help"]:
        return _complete_names(COMMANDS_BY_NAME, incomplete) if len(words) == 1 else []
    if not words or words[0] not in COMMANDS:
        return _complete_root(words, incomplete)
    target = COMMANDS[words[0]].load()
    if not isinstance(target, Subgroup):
        return _complete_command(target, words[0], words[1:], incomplete)
    summaries = {name: summary_of(command.__doc__ or "") for name, command in target.commands.items()}
    if words[1:2] and words[1] in target.commands:
        name = f"{words[0]} {words[1]}"
        return _complete_command(target.commands[words[1]], name, words[2:], incomplete)
    named = _complete_names(summaries, incomplete) if len(words) == 1 else []
    if words[0] == "compare":  # `nets` can be left out
        networks = _complete_command(target.commands["nets"], "compare nets", words[1:], incomplete)
        return named + [candidate for candidate in networks if not (named and candidate.value == FILES)]
    return named


COMMANDS_BY_NAME: Mapping[str, str] = {name: command.summary for name, command in COMMANDS.items()}


def _complete_root(words: Sequence[str], incomplete: str) -> list[Candidate]:
    if words and words[-1] in ("--show-completion", "--install-completion"):
        return _complete_names(dict.fromkeys(SHELLS, ""), incomplete)
    if words and words[0] not in options_of(build_root()):
        return []
    if incomplete.startswith("-"):
        return _complete_option(Line(build_root()), incomplete)
    return _complete_names({**COMMANDS_BY_NAME, "help": "Show the help of a command."}, incomplete)


def _complete_command(target: Callable[..., int], name: str, words: Sequence[str], incomplete: str) -> list[Candidate]:
    command = build_command(target)
    line = Line(command, known=getattr(target, "known", None)).read(words)
    option, equals, value = incomplete.partition("=")
    if line.waiting is not None:
        return _complete_value(line, name, line.waiting, incomplete)
    if incomplete.startswith("--") and equals and option in options_of(command):
        candidates = _complete_value(line, name, options_of(command)[option], value)
        return [Candidate(f"{option}={candidate.value}") for candidate in candidates if candidate.value != FILES]
    if incomplete.startswith("-") and incomplete[1:2] not in tuple("@/:=") and not line.only_arguments:
        return _complete_option(line, incomplete)
    param = line.argument()
    return [] if param is None else _complete_value(line, name, param, incomplete)


def _complete_value(line: Line, name: str, param: Any, incomplete: str) -> list[Candidate]:
    context = line.context(name)
    given = context.params.get(param.name, [])
    values = [
        item.value
        for item in param.shell_complete(context, incomplete)
        if item.type == "plain" and not (isinstance(given, list) and item.value in given)
    ]
    if not values and param.name in FILE_PARAMETERS:
        return [Candidate(FILES)]
    return [Candidate(value) for value in values]


def _complete_option(line: Line, incomplete: str) -> list[Candidate]:
    """Return the options that the line does not have yet, by their long names, or by the short one that is typed."""
    return [
        Candidate(opt, summary_of(param.help or ""))
        for param in _params_of(line.command)
        if param.param_type_name == "option" and not param.hidden
        if param.multiple or param.name not in line.options
        for opt in sorted(param.opts, key=len, reverse=True)[: None if incomplete in param.opts else 1]
        if opt.startswith(incomplete)
    ]


def _complete_names(names: Mapping[str, str], incomplete: str) -> list[Candidate]:
    return [Candidate(name, text) for name, text in names.items() if name.startswith(incomplete)]
