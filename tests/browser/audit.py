"""What every state of the page is checked for: axe-core's rules, the width, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.driver import give_up
from tools import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROBES = Path(__file__).with_name("audit.js")
AXE = ROOT / "page" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""axe-core's tags (https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md)."""
_RUN_AXE = """async (tags) => {
  const {violations} = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return violations.flatMap(({id, help, nodes}) =>
    nodes.map(({target, failureSummary}) => `${id} (${help}): ${target.join(' ')}: ${failureSummary}`));
}"""


def list_violations(page: Page) -> list[str]:
    """Return every element that breaks a rule of axe-core, with the rule and what to do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_read_axe()} }}")
    violations: list[str] = page.evaluate(_RUN_AXE, list(RULES))
    return violations


def list_wide_elements(page: Page) -> list[str]:
    """Return the elements for which the page scrolls sideways, after a line with both widths; empty if not."""
    wide: list[str] = ask(page, "listWide()")
    return wide


def list_keyboard_faults(page: Page) -> list[str]:
    """Go through the page with Tab, and return what is wrong: an empty list if nothing is.

    Every visible control has to get the focus once, in the order of the document, with a visible mark and in view.
    After the last one the focus has to leave the page.
    """
    expected: list[str] = ask(page, "listStops()")
    ask(page, "focusStart()")
    reached: list[str] = []
    faults: list[str] = []
    for _ in range(len(expected) + 1):
        page.keyboard.press("Tab")
        focus: dict[str, Any] | None = ask(page, "readFocus()")
        if focus is None:
            break
        reached.append(focus["element"])
        faults += [] if focus["isMarked"] else [f"no visible focus: {focus['element']}"]
        faults += [] if focus["isInView"] else [f"focused out of view: {focus['element']}"]
    else:
        faults.append(f"Tab does not leave the page: after {reached[-1:]}")
    return [*faults, *_list_misses(expected, reached)]


def _list_misses(expected: list[str], reached: list[str]) -> Iterator[str]:
    yield from (f"Tab does not reach {stop}" for stop in expected if stop not in reached)
    yield from (f"Tab reaches what is hidden: {stop}" for stop in reached if stop not in expected)
    yield from (f"Tab reaches twice: {stop}" for stop in sorted(set(reached)) if reached.count(stop) > 1)
    if sorted(expected) == sorted(reached) and expected != reached:
        wrong = next(stop for stop, other in zip(reached, expected, strict=True) if stop != other)
        yield f"Tab is not in the order of the document: {wrong}"


def ask(page: Page, question: str) -> Any:
    """Return what a function of `audit.js` answers."""
    answer = page.evaluate(f"'audit' in window ? Promise.resolve(audit.{question}).then((value) => ({{value}})) : null")
    if answer is None:
        page.evaluate(f"() => {{ window.audit = {PROBES.read_text(encoding='utf-8').split('*/', 1)[1]} }}")
        return page.evaluate(f"audit.{question}")
    return answer["value"]


@cache
def _read_axe() -> str:
    """The text of axe-core, from the development dependencies of `page/`."""
    if not AXE.is_file():
        give_up("axe-core is not installed: run `make page`")
    return AXE.read_text(encoding="utf-8")
