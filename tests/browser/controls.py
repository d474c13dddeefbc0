"""Use every control of the page in one way: by keyboard, with a mouse, or with a finger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.browser.audit import ask
from tests.browser.driver import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Page

WAYS = ("keyboard", "mouse", "finger")
MOST = 300
"""More controls than this are not a page but a loop, in which using a control makes new ones."""
MOMENT = 250
"""Milliseconds for which an effect is waited for, before it is asked whether there was a download."""
DRAG = 60
"""Pixels by which a slider is dragged."""
STEPS = 4


@dataclass(frozen=True)
class Control:
    """A control that is in view."""

    element: ElementHandle
    kind: str
    """`slider`, `select`, `box`, `field` or `button`."""
    name: str
    value: str


def try_controls(page: Page, way: str) -> tuple[list[str], list[str]]:
    """Use every control, also those that appear meanwhile, and return their names and what is wrong."""
    ask(page, "watchDeeds()")
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    names: list[str] = []
    faults: list[str] = []
    for control in _list_controls(page):
        if "skip" in control.name and way != "keyboard":  # it is hidden until it has the focus
            continue
        if _is_gone(page, control):
            continue
        names.append(control.name)
        before, saved = ask(page, "readEffects()"), len(downloads)
        faults += [f"{control.name}: {fault}" for fault in _use(page, control, way)]
        if not _has_effect(page, control, before, downloads, saved):
            faults.append(f"{control.name}: no effect by {way}")
    return names, faults


def _is_gone(page: Page, control: Control) -> bool:
    """Return whether the control before it, whose effect can take a moment, has taken it away."""
    if control.element.is_visible():
        return False
    page.locator("main.is-moving").wait_for(state="detached")
    return not control.element.is_visible()


def _list_controls(page: Page) -> Iterator[Control]:
    for _ in range(MOST):
        handle = page.evaluate_handle("audit.nextControl()")
        answer = handle.get_properties()
        if not answer:
            return
        element = answer["element"].as_element()
        assert element is not None
        yield Control(element, *(str(answer[key].json_value()) for key in ("kind", "name", "value")))
    raise AssertionError(f"there are more than {MOST} controls")


def _has_effect(page: Page, control: Control, before: str, downloads: list[str], saved: int) -> bool:
    """Wait for an effect of a control, or for a download beyond the first `saved` ones."""
    if "skip" in control.name:  # it moves the focus, and nothing else
        return bool(page.evaluate("!document.activeElement.matches('.skip, body')"))
    tries = range(1000 * PATIENCE // MOMENT)
    return any(len(downloads) > saved or ask(page, f"awaitEffect({json.dumps(before)}, {MOMENT})") for _ in tries)


def _use(page: Page, control: Control, way: str) -> Iterator[str]:
    """Use a control, and yield what keeps a person from it."""
    if way == "keyboard":
        control.element.focus()
        yield from _press(page, control)
    else:
        yield from _point(page, control, way)


def _press(page: Page, control: Control) -> Iterator[str]:
    match control.kind:
        case "slider":
            before = ask(page, "readEffects()")
            page.keyboard.press("ArrowRight")
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            if ask(page, "readEffects()") == before:  # it was at its end
                page.keyboard.press("ArrowLeft")
        case "select":
            _choose_next(page, control)
        case "field":
            page.keyboard.press("Control+A")
            page.keyboard.type(_other_value(control.value))
            page.keyboard.press("Enter")
        case "box":
            page.keyboard.press("Space")
        case _:
            page.keyboard.press("Enter")
    yield from ()


def _point(page: Page, control: Control, way: str) -> Iterator[str]:
    """Click or tap in the middle of a control; drag a slider."""
    aim = control.element.evaluate(_AIM, [control.kind, DRAG])
    if aim is not None and not aim["isOnTop"]:
        # What is far from the screen gets its size when the page is at rest: a person waits and looks again.
        page.locator("main.is-moving").wait_for(state="detached")
        aim = control.element.evaluate(_AIM, [control.kind, DRAG])
    if aim is None:
        yield "it has no area"
        return
    x, y = aim["x"], aim["y"]
    if not aim["isOnTop"]:
        yield f"something is over it at {x:.0f}, {y:.0f}"
    if control.kind == "slider":
        _drag(page, way, (x, y), (x + DRAG if x < 2 * DRAG else x - DRAG, y))
    elif way == "finger":
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)
    if control.kind == "select":
        page.keyboard.press("Escape")  # the list of options is drawn outside of the page
        _choose_next(page, control)
    elif control.kind == "field":
        page.keyboard.press("Control+A")
        page.keyboard.type(_other_value(control.value))
        page.keyboard.press("Enter")


def _drag(page: Page, way: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one point, move in steps to another, and let go."""
    points = [
        tuple(first + (last - first) * step / STEPS for first, last in zip(start, end, strict=True))
        for step in range(STEPS + 1)
    ]
    if way == "mouse":
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*end, steps=STEPS)
        page.mouse.up()
        return
    session = page.context.new_cdp_session(page)
    for number, (x, y) in enumerate(points):
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


_AIM = """(element, [kind, drag]) => {
  element.scrollIntoViewIfNeeded?.();
  const {left, top, width, height} = element.getBoundingClientRect();
  if (width < 1 || height < 1) return null;
  const [x, y] = [left + (kind === 'slider' && width > 2 * drag ? 0.3 : 0.5) * width, top + height / 2];
  const upper = document.elementFromPoint(x, y);
  const labels = [...element.labels ?? []];
  const isOnTop = element.contains(upper) || upper?.contains(element) || labels.some((label) => label.contains(upper));
  return {x, y, isOnTop};
}"""
"""Scroll to an element. Return its middle, or of a long slider a point from which it can be dragged, and whether it is
what one sees there; null if it has no area."""


def _choose_next(page: Page, control: Control) -> None:
    is_last = control.element.evaluate("(select) => select.selectedIndex === select.length - 1")
    control.element.focus()
    page.keyboard.press("ArrowUp" if is_last else "ArrowDown")


def _other_value(value: str) -> str:
    """A value of the same kind that is not the present one."""
    if value in ("", "0"):
        return "100"
    try:
        number: Any = int(value)
    except ValueError:
        return "0.5" if value != "0.5" else "0.75"
    return str(number + 32)
