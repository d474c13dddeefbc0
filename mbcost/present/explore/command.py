"""The command line that prints the table of a setting."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mbcost.errors import escape
from mbcost.present.names import alpha_cell, resolution_text
from mbcost.questions.explore.state import Setting
from mbcost.questions.explore.subject import Scope


def command_text(setting: Setting, scope: Scope) -> str:
    """Spell the command that prints the table of a setting, for a POSIX shell; what is not printable is escaped.

    >>> from mbcost.questions.explore.subject import Subject
    >>> command_text(Setting("v2", 0.75, (160, 160), convention="fvcore"), Scope(Subject("v2")))
    'mbcost table v2 --alpha 0.75 --res 160 --convention fvcore'
    """
    return escape(shlex.join(list_words(setting, scope)))


def list_words(setting: Setting, scope: Scope) -> list[str]:
    """Return the words of the command that prints the table of a setting."""
    options = [*(_list_fixed(scope) if scope.find(setting.net).network else _list_settings(setting, scope))]
    options += [] if setting.convention == "macs" else ["--convention", setting.convention]
    options += [] if setting.by == "layer" else ["--by", setting.by]
    options += ["--sort", "mult-adds"] if setting.by_cost else []
    if setting.net.startswith("-"):
        return ["mbcost", "table", *options, "--", setting.net]
    return ["mbcost", "table", setting.net, *options]


def _list_fixed(scope: Scope) -> tuple[str, ...]:
    return scope.words


def _list_settings(setting: Setting, scope: Scope) -> Iterator[str]:
    """Yield the options of a table, without those that are its own anyway."""
    if setting.alpha != 1:
        yield from ("--alpha", alpha_cell(setting.alpha))
    if setting.resolution is not None:
        yield from ("--res", resolution_text(setting.resolution))
    if setting.implementation is not None:
        yield from ("--impl", setting.implementation)
    if setting.classes is not None:
        yield from ("--classes", str(setting.classes))
    if scope.settings.head is not None:
        yield from ("--head", scope.settings.head)
    if scope.settings.in_channels is not None:
        yield from ("--in-channels", str(scope.settings.in_channels))
    if not scope.settings.top:
        yield "--no-top"
