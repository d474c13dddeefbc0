"""What each key does: a pure function from a state to the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mbcost.errors import MbcostError
from mbcost.questions.cost.table import GROUPINGS
from mbcost.questions.explore.moves import (
    ENTRIES,
    LONGEST_ENTRY,
    choose_value,
    go_to_end,
    jump,
    move,
    move_focus,
)
from mbcost.questions.explore.state import State
from mbcost.questions.explore.subject import Scope

MANY = 10
"""The steps of a shifted arrow key."""


COPIED = "the command is in the clipboard, if your terminal allows it"
"""The message of the key that copies; whoever reads the keys does it."""


@dataclass(frozen=True)
class Room:
    """How many lines the table has, or the help, and how many of them the screen shows."""

    shown: int = 0
    total: int = 0


@dataclass(frozen=True)
class Click:
    """A click on a value of a slider."""

    slider: str
    value: str
    """As users type it; empty to move only the focus."""


def press(state: State, key: str, scope: Scope, room: Room = Room()) -> State:
    """Return the state after a key: a printable character, or a name such as `left`, `shift+left` and `pageup`.

    A key without a meaning changes nothing. What cannot be done is a message in the state.
    """
    state = replace(state, message="")
    if key == "ctrl+c":
        return replace(state, end="interrupted")
    if state.help_line is not None:
        return replace(state, help_line=_turn_page(state.help_line, key, room))
    if state.entry or key in ENTRIES.get(state.focus, ""):
        return _type(state, key, scope, room)
    return _press(state, key, scope, room)


def _turn_page(line: int, key: str, room: Room) -> int | None:
    """Return the first line of the next page of the help; None if there is none, or for a key that ends things."""
    following = line + room.shown
    return following if following < room.total and key not in ("q", "escape", "ctrl+q") else None


def click(state: State, target: Click, scope: Scope) -> State:
    """Return the state after a click, which also moves the focus."""
    state = replace(state, focus=target.slider, entry="", message="", help_line=None)
    why = scope.find(state.setting.net).why_fixed(target.slider)
    if why or not target.value:
        return replace(state, message=f"{target.slider}: {why}" if why else "")
    try:
        return choose_value(state, scope, target.slider, target.value, snap=True)
    except MbcostError as error:
        return replace(state, message=str(error))


def _press(state: State, key: str, scope: Scope, room: Room) -> State:
    if key in _SLIDES:
        why = scope.find(state.setting.net).why_fixed(state.focus)
        return replace(state, message=f"{state.focus}: {why}") if why else _SLIDES[key](state, scope)
    if key in _SCROLLS:
        most = max(0, room.total - room.shown)
        return replace(state, first=min(max(0, min(state.first, most) + _SCROLLS[key](room)), most))
    return _OTHERS[key](state) if key in _OTHERS else state


def _type(state: State, key: str, scope: Scope, room: Room) -> State:
    """Return the state after a key while a number is typed: every other key first completes the number."""
    why = scope.find(state.setting.net).why_fixed(state.focus)
    if why:
        return replace(state, entry="", message=f"{state.focus}: {why}")
    if key in ENTRIES[state.focus]:
        return replace(state, entry=(state.entry + key)[:LONGEST_ENTRY])
    if key in ("escape", "backspace", "ctrl+h"):
        return replace(state, entry="" if key == "escape" else state.entry[:-1])
    try:
        done = choose_value(replace(state, entry=""), scope, state.focus, state.entry)
    except MbcostError as error:
        return replace(state, entry="", message=str(error))
    return done if key == "enter" else _press(done, key, scope, room)


def _regroup(state: State) -> State:
    names = list(GROUPINGS)
    by = names[(names.index(state.setting.by) + 1) % len(names)]
    return replace(state, setting=replace(state.setting, by=by), first=0)


def _sort(state: State) -> State:
    return replace(state, setting=replace(state.setting, by_cost=not state.setting.by_cost), first=0)


_SLIDES: Mapping[str, Callable[[State, Scope], State]] = {
    "left": lambda state, scope: move(state, scope, -1),
    "right": lambda state, scope: move(state, scope, 1),
    "shift+left": lambda state, scope: move(state, scope, -MANY),
    "shift+right": lambda state, scope: move(state, scope, MANY),
    "pageup": lambda state, scope: jump(state, scope, 1),
    "pagedown": lambda state, scope: jump(state, scope, -1),
    "home": lambda state, scope: go_to_end(state, scope, -1),
    "end": lambda state, scope: go_to_end(state, scope, 1),
}
_SCROLLS: Mapping[str, Callable[[Room], int]] = {
    "j": lambda _: 1,
    "k": lambda _: -1,
    "d": lambda room: max(1, room.shown // 2),
    "u": lambda room: -max(1, room.shown // 2),
    "g": lambda room: -room.total,
    "G": lambda room: room.total,
}
_OTHERS: Mapping[str, Callable[[State], State]] = {
    "up": lambda state: move_focus(state, -1),
    "down": lambda state: move_focus(state, 1),
    "tab": lambda state: move_focus(state, 1),
    "shift+tab": lambda state: move_focus(state, -1),
    "b": _regroup,
    "s": _sort,
    "?": lambda state: replace(state, help_line=0),
    "y": lambda state: replace(state, message=COPIED),
    "q": lambda state: replace(state, end="quit"),
    "ctrl+q": lambda state: replace(state, end="quit"),
    "escape": lambda state: replace(state, end="quit"),
}
KEYS = (*_SLIDES, *_SCROLLS, *_OTHERS, "enter", "backspace", "ctrl+c")
"""The keys that do something, besides the characters of numbers."""
