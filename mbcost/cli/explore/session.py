"""What happens between the terminal and the state: which state is shown, and which of its lines have to be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from mbcost.present.explore.command import command_text
from mbcost.present.explore.line import find_target
from mbcost.present.explore.screen import Frame, draw
from mbcost.questions.explore.keys import Room, click, press
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import Scope

P = ParamSpec("P")
T = TypeVar("T")
WHEEL = 3
"""The rows of one turn of the wheel."""


def _guard(act: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T | None]:
    """Return the method with every error that nobody foresaw kept in the session, so that the terminal is restored."""

    @wraps(act)
    def guarded(session: Session, /, *arguments: P.args, **named: P.kwargs) -> T | None:
        try:
            return act(session, *arguments, **named)
        except Exception as error:  # shown after the terminal is restored, see `_guard`
            session.error = error
            return None

    return guarded


class Session:
    """An exploration: its state, and the lines that the terminal shows."""

    def __init__(self, state: State, scope: Scope, *, blocks: bool) -> None:
        self.state = state
        self.scope = scope
        self.blocks = blocks
        self.frame = Frame((), Room())
        self.error: Exception | None = None
        """An error that nobody foresaw, which ends the exploration."""

    @property
    def result(self) -> State | Exception | None:
        """What the exploration ended with; None while it goes on."""
        return self.error or (self.state if self.state.end else None)

    @property
    def command(self) -> str:
        """The command that prints the table of what is shown."""
        return command_text(self.state.setting, self.scope)

    @_guard
    def take_key(self, key: str) -> None:
        """Go on to the state after a key."""
        self.state = press(self.state, key, self.scope, self.frame.room)

    @_guard
    def take_click(self, x: int, y: int) -> None:
        """Go on to the state after a click on a cell; without anything to click there, nothing happens."""
        target = find_target(self.frame.lines[y], x) if y < len(self.frame.lines) else None
        if self.state.help_line is not None:
            self.take_key("enter")
        elif target is not None:
            self.state = click(self.state, target, self.scope)

    @_guard
    def take_wheel(self, key: str) -> None:
        """Scroll the table by a turn of the wheel, in the direction of a key."""
        self.state = replace(self.state, entry="")
        for _ in range(WHEEL if self.state.help_line is None else 0):
            self.take_key(key)

    @_guard
    def redraw(self, width: int, height: int) -> list[int]:
        """Draw the state for a terminal of this size, and return the numbers of the lines that have changed."""
        before = self.frame.lines
        self.frame = draw(self.state, self.scope, width, height, blocks=self.blocks)
        return [y for y, line in enumerate(self.frame.lines) if y >= len(before) or before[y] != line]
