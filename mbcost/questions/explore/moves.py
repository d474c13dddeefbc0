"""How a slider moves: by steps, to published values, to its ends, and to a value that is typed or clicked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mbcost.errors import MbcostError, choose
from mbcost.questions.explore.state import Setting, State, alpha_steps, normalize
from mbcost.questions.explore.subject import SLIDERS, USUAL_CLASSES, Scope, default_classes
from mbcost.spec.catalogue.reference import parse_alpha, parse_resolution
from mbcost.spec.scaling import check_alpha, check_whole

SIDE_STEP = 32
"""The pixels of a step of the resolution: what the strides of a MobileNet multiply to."""
LARGEST_SIDE = 4096
"""The end of the slider of the resolution; a larger one can be typed."""
LONGEST_ENTRY = 24
ENTRIES = {"alpha": "0123456789.", "resolution": "0123456789x", "classes": "0123456789"}
"""Sliders of numbers -> the characters of their numbers."""


def move(state: State, scope: Scope, count: int) -> State:
    """Return the state after `count` steps of the slider with the focus; negative steps lower it."""
    setting, slider = state.setting, state.focus
    if slider == "alpha":
        steps = alpha_steps(setting, scope)
        assert steps is not None, "a fixed network has no alpha to move"
        find = steps.find_above if count > 0 else steps.find_below
        return _set(state, scope, alpha=find(setting.alpha, abs(count)))
    if slider == "resolution":
        return _set(state, scope, resolution=_step_sides(_sides(setting, scope), count))
    if slider == "classes":
        return _set(state, scope, classes=max(1, _classes(setting, scope) + count))
    names = scope.list_choices(slider, setting.net)
    index = names.index(_current(setting, scope, slider)) + count
    return choose_value(state, scope, slider, names[min(max(index, 0), len(names) - 1)])


def jump(state: State, scope: Scope, direction: int) -> State:
    """Return the state at the next published value of the slider above (1) or below (-1); at a choice, one step."""
    setting, slider = state.setting, state.focus
    spec = scope.find(setting.net).spec
    if slider not in ENTRIES or spec is None:
        return move(state, scope, direction)
    if slider == "alpha":
        alpha = _next(spec.published_alphas, setting.alpha, direction)
        return state if alpha is None else _set(state, scope, alpha=alpha)
    if slider == "classes":
        classes = _next(tuple(USUAL_CLASSES), _classes(setting, scope), direction)
        return state if classes is None else _set(state, scope, classes=int(classes))
    side = _next(list_published_sides(setting, scope), max(_sides(setting, scope)), direction)
    return state if side is None else _set(state, scope, resolution=(int(side), int(side)))


def go_to_end(state: State, scope: Scope, direction: int) -> State:
    """Return the state at the last (1) or first (-1) value of the slider."""
    setting, slider = state.setting, state.focus
    if slider == "alpha":
        steps = alpha_steps(setting, scope)
        assert steps is not None, "a fixed network has no alpha to move"
        return _set(state, scope, alpha=steps.snap(steps.high if direction > 0 else steps.low))
    if slider == "resolution":
        side = LARGEST_SIDE if direction > 0 else SIDE_STEP
        return _set(state, scope, resolution=(side, side))
    if slider == "classes":
        return _set(state, scope, classes=max(USUAL_CLASSES) if direction > 0 else 1)
    names = scope.list_choices(slider, setting.net)
    return choose_value(state, scope, slider, names[-1 if direction > 0 else 0])


def choose_value(state: State, scope: Scope, slider: str, text: str, *, snap: bool = False) -> State:
    """Return the state with the value that is typed or clicked for a slider.

    Args:
        state: the state before.
        scope: the networks to choose from.
        slider: one of `SLIDERS`.
        text: the value as users type it.
        snap: whether an alpha stands for all alphas that give the same network.

    Raises:
        MbcostError: the text is not a value of the slider.
    """
    if slider == "alpha":
        alpha = parse_alpha(text)
        check_alpha(alpha)
        steps = alpha_steps(state.setting, scope) if snap else None
        return _set(state, scope, alpha=alpha if steps is None else steps.snap(alpha))
    if slider == "resolution":
        return _set(state, scope, resolution=parse_resolution(text))
    if slider == "classes":
        if re.fullmatch("[0-9]+", text) is None:
            raise MbcostError(f"classes is '{text}': it must be a whole number")
        return _set(state, scope, classes=check_whole(int(text), "classes"))
    name = choose(slider, text, scope.list_choices(slider, state.setting.net))
    return _set(state, scope, **{"net" if slider == "network" else slider: name})


def move_focus(state: State, count: int) -> State:
    """Return the state with the focus on a slider below, or above for a negative count; the ends are joined."""
    return replace(state, focus=SLIDERS[(SLIDERS.index(state.focus) + count) % len(SLIDERS)])


def list_published_sides(setting: Setting, scope: Scope) -> tuple[int, ...]:
    """Return the published resolutions of the network, or its own if none is published."""
    spec = scope.find(setting.net).spec
    if spec is None:
        return ()
    return spec.published_resolutions or (max(spec.resolution),)


def _set(state: State, scope: Scope, **changed: object) -> State:
    setting = replace(state.setting, **changed)  # type: ignore[arg-type]  # the callers name fields of the setting
    spec = scope.find(setting.net).spec
    setting = setting if spec is None else normalize(setting, spec)
    return replace(state, setting=setting, first=0 if setting.net != state.setting.net else state.first)


def _sides(setting: Setting, scope: Scope) -> tuple[int, int]:
    spec = scope.find(setting.net).spec
    assert spec is not None, "a fixed network has no resolution to move"
    return setting.resolution or spec.resolution


def _classes(setting: Setting, scope: Scope) -> int:
    spec = scope.find(setting.net).spec
    assert spec is not None, "a fixed network has no classes to move"
    return setting.classes or default_classes(spec)


def _current(setting: Setting, scope: Scope, slider: str) -> str:
    if slider == "implementation":
        spec = scope.find(setting.net).spec
        assert spec is not None, "a fixed network has no implementation to choose"
        return setting.implementation or spec.default_implementation
    return setting.net if slider == "network" else setting.convention


def _step_sides(sides: tuple[int, int], count: int) -> tuple[int, int]:
    """Return the sides after `count` steps to multiples of `SIDE_STEP`, within the ends of the slider."""
    height, width = (_step_side(side, count) for side in sides)
    return height, width


def _step_side(side: int, count: int) -> int:
    start = side // SIDE_STEP if count > 0 else -(-side // SIDE_STEP)
    target = max(SIDE_STEP, (start + count) * SIDE_STEP)
    return max(side, min(target, LARGEST_SIDE)) if count > 0 else min(side, target)


def _next(values: Sequence[float], current: float, direction: int) -> float | None:
    """Return the value next to the current one; None if there is none in this direction."""
    if direction > 0:
        return min((value for value in values if value > current), default=None)
    return max((value for value in values if value < current), default=None)
